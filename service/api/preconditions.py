"""Owns changes of what was read: If-Match, and the problem of one who has read an older state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response, jsonify, request
from werkzeug.exceptions import PreconditionRequired

from profiles import StaleEdit
from service.api.problems import Problem

Read = Callable[[], tuple[int, dict[str, Any]]]
"""Gives the revision of something, and it as JSON."""


@contextmanager
def as_read(read: Read) -> Iterator[int]:
    """Let a change through at the revision that its If-Match names; give that revision.

    Raises:
        PreconditionRequired: if the call names none.
        Problem: if it has been changed since.
    """
    revision, shown = read()
    if request.if_match.star_tag or not request.if_match:
        raise PreconditionRequired
    if str(revision) not in request.if_match:
        raise _stale(revision, shown)
    try:
        yield revision
    except StaleEdit as error:  # by one that came between the reading and the writing
        raise _stale(*read()) from error


def versioned(revision: int, shown: dict[str, Any]) -> Response:
    """Answer with something and its ETag."""
    answer = jsonify(shown)
    answer.set_etag(str(revision))
    return answer


def _stale(revision: int, shown: dict[str, Any]) -> Problem:
    tag = f'"{revision}"'
    return Problem("stale", sent={"ETag": tag}, etag=tag, current=shown)
