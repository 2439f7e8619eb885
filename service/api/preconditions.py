"""Owns changes of what was read: If-Match, and the problem of one who has read an older state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

from flask import Response, jsonify, request
from werkzeug.exceptions import PreconditionRequired

from profiles import StaleEdit
from profiles.events import EventChanged
from service.api.problems import Problem

V = TypeVar("V")
Read: TypeAlias = Callable[[], tuple[V, dict[str, Any]]]
"""Gives the version of something, such as its revision, and it as JSON."""


@contextmanager
def as_read(read: Read[V], version_of: Callable[[str], str] = str) -> Iterator[V]:
    """Let a change through at the version that its If-Match names; give that version.

    Args:
        read: reads what is to be changed.
        version_of: gives the version that an ETag names, where ETags tell more than that.

    Raises:
        PreconditionRequired: if the call names none.
        Problem: if it has been changed since.
    """
    version, shown = read()
    if request.if_match.star_tag or not request.if_match:
        raise PreconditionRequired
    if str(version) not in {version_of(tag or "") for tag in request.if_match}:
        raise _stale(version, shown)
    try:
        yield version
    except (StaleEdit, EventChanged) as error:  # by one that came after the reading
        raise _stale(*read()) from error


def versioned(revision: int, shown: dict[str, Any]) -> Response:
    """Answer with something and its ETag."""
    answer = jsonify(shown)
    answer.set_etag(str(revision))
    return answer


def _stale(version: object, shown: dict[str, Any]) -> Problem:
    tag = f'"{version}"'
    return Problem("stale", sent={"ETag": tag}, etag=tag, current=shown)
