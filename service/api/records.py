"""Owns the calls on one record: reading it with its ETag, and replacing it under If-Match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import PreconditionRequired

from profiles import StaleEdit, differences
from profiles.exporting import PERSONAL
from service.api.bodies import public_json, read_object
from service.api.problems import problem
from service.editing import KINDS, Kept, Kind, read, replace, state
from service.failures import failure
from service.queries import EditQuery, read_query
from service.security import dari, require_token

record_calls = APIBlueprint("records", __name__, tag="staff")
record_calls.before_request(require_token)

_LONGEST_NUMBER = 9


def _add_calls(kind: Kind) -> None:
    """Add the reading and the replacing of one record of a kind."""

    @record_calls.get(f"/{kind}s/<path:id>", endpoint=kind)
    @record_calls.doc(operation_id=f"get{kind.capitalize()}", summary=f"Read one {kind}.")
    def read_one(id: str) -> ResponseReturnValue:
        return _answer(read(dari().store, kind, id)).make_conditional(request)

    @record_calls.put(f"/{kind}s/<path:id>", endpoint=f"replace_{kind}")
    @record_calls.doc(
        operation_id=f"replace{kind.capitalize()}",
        summary=f"Put new values in the place of those of one {kind}.",
    )
    def replace_one(id: str) -> ResponseReturnValue:
        query = read_query(EditQuery, request.args, strict=True)
        return _replace(read(dari().store, kind, id), f"{query.by or 'staff'} (API)")


for _kind in KINDS:
    _add_calls(_kind)


def _replace(kept: Kept, by: str) -> ResponseReturnValue:
    if request.if_match.star_tag or not request.if_match:
        raise PreconditionRequired
    raw = read_object(request)
    if str(kept.revision) not in request.if_match:
        return _stale(kept, raw)
    try:
        return _answer(replace(dari(), kept, raw, base=kept.revision, by=by))
    except StaleEdit:  # by one that came between the reading and the writing
        return _stale(read(dari().store, kept.kind, kept.id), raw)


def _answer(kept: Kept) -> Response:
    answer = jsonify(public_json(kept.record))
    answer.set_etag(str(kept.revision))
    return answer


def _stale(kept: Kept, raw: Mapping[str, Any]) -> Response:
    """Show what stands, what was sent, and each field in which they differ, with what it was."""
    current = public_json(kept.record)
    sent = {name: value for name, value in raw.items() if name not in PERSONAL}
    was = _base(kept)
    differing = [
        {
            "field": one.field,
            "base": was.get(one.field),
            "current": one.before,
            "sent": one.after,
        }
        for one in differences(current, {"id": kept.id, **sent})
    ]
    known = failure(412)
    answer = problem(
        412,
        known.heading,
        known.text,
        etag=f'"{kept.revision}"',
        current=current,
        sent=sent,
        differences=differing,
    )
    answer.set_etag(str(kept.revision))
    return answer


def _base(kept: Kept) -> Mapping[str, Any]:
    """Give the record as it was at the newest of the revisions that If-Match names."""
    tags = [tag for tag in request.if_match.as_set() if tag and tag.isdecimal()]
    numbers = [int(tag) for tag in tags if len(tag) <= _LONGEST_NUMBER]
    found = state(dari().store, kept.kind, kept.id, max(numbers)) if numbers else None
    return {name: value for name, value in (found or {}).items() if name not in PERSONAL}
