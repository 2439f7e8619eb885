"""Owns the cursors: where a list goes on, signed, so that nobody can make one up."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Annotated, Any, TypeVar

from flask import current_app, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer
from pydantic import StringConstraints

from profiles import FieldError, InvalidRecord
from profiles.fields import Plain
from profiles.record import Record
from service.queries import ListSize

LONGEST = 2_000
_SALT = "cursor of the API"
T = TypeVar("T")


class PageQuery(Record):
    """Which part of a list is asked for: up to `limit` items from where a `cursor` points."""

    cursor: Annotated[Plain, StringConstraints(max_length=LONGEST)] | None = None
    limit: ListSize = 50


def place(query: PageQuery) -> Any:
    """Read the place that a query's cursor points to; None at the beginning.

    Raises:
        InvalidRecord: if it was not made by this installation for this very list.
    """
    if query.cursor is None:
        return None
    try:
        kept, of = _signer().loads(query.cursor)
    except (BadSignature, ValueError, TypeError) as error:
        raise InvalidRecord([FieldError("cursor", "cursor", query.cursor)]) from error
    if of != _list_of(query):
        raise InvalidRecord([FieldError("cursor", "cursor", query.cursor)])
    return kept


def page(
    items: Sequence[Mapping[str, Any]], query: PageQuery, following: Any = None, **more: Any
) -> ResponseReturnValue:
    """Answer with a part of a list; `following` is the place after it, None at the end."""
    following_url = None
    if following is not None:
        asked = _asked(query) | {
            "cursor": _signer().dumps([following, _list_of(query)]),
            "limit": query.limit,
        }
        following_url = url_for(str(request.endpoint), **(request.view_args or {}), **asked)
    answer = jsonify(items=list(items), next=following_url, **more)
    if following_url:
        answer.headers.add("Link", f'<{following_url}>; rel="next"')
    return answer


def sequence(
    found: Sequence[T], query: PageQuery, key: Callable[[T], Any], shown: Callable[[T], Any]
) -> ResponseReturnValue:
    """Answer with a part of a short list in the ascending order of a key that no two share."""
    start = place(query)
    ordered = sorted(found, key=key)
    after = [one for one in ordered if start is None or key(one) > start]
    items, rest = after[: query.limit], after[query.limit :]
    following = key(items[-1]) if rest else None
    return page([shown(one) for one in items], query, following, total=len(ordered))


def _asked(query: PageQuery) -> dict[str, Any]:
    told = query.model_dump(mode="json", exclude_defaults=True, exclude={"cursor", "limit"})
    return {n: ",".join(v) if isinstance(v, (list, tuple)) else v for n, v in told.items()}


def _list_of(query: PageQuery) -> str:
    """Name the list that a cursor is of: what is asked for, but for where and how much."""
    named = [request.endpoint, sorted((request.view_args or {}).items()), _asked(query)]
    return sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:16]


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=_SALT)
