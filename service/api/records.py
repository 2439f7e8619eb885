"""Owns the calls on one record: reading it with its ETag, and changing it under If-Match."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import PreconditionRequired

from profiles import StaleEdit, Step, differences
from profiles.api_keys import Scope
from profiles.exporting import PERSONAL
from profiles.histories import history_page
from profiles.privacy import Appearance
from service.api.asked import EraseQuery
from service.api.bodies import public_json, read_object
from service.api.calls import Call, add
from service.api.cursors import PageQuery, page, place
from service.api.guard import maker
from service.api.problems import problem
from service.editing import KINDS, Kept, Kind, read, remove, replace, state
from service.failures import failure
from service.privacy import erase, erase_and_prove
from service.queries import EditQuery, read_query
from service.security import dari

record_calls = APIBlueprint("records", __name__, tag="one record")

PATCH = "application/merge-patch+json"
_LONGEST_NUMBER = 9


def _calls(kind: Kind) -> Iterator[tuple[str, str, Call, Callable[..., ResponseReturnValue]]]:
    """Give the calls on one record of a kind: method, endpoint, call, view."""
    name = kind.capitalize()
    own = kind == "startup"
    shown, sent = ("StartupShown", "StartupReplaced") if own else (name, name)
    yield "GET", kind, Call(
        f"get{name}", f"Read one {kind}.", Scope.READ, answer=shown, etag="read"
    ), _read_one  # fmt: skip
    yield "PUT", f"replace_{kind}", Call(
        f"replace{name}", f"Put new values in the place of those of one {kind}.", Scope.WRITE,
        query=EditQuery, etag="change", answer=shown, body=sent,
    ), _replace_one  # fmt: skip
    yield "PATCH", f"change_{kind}", Call(
        f"change{name}", f"Change some fields of one {kind} (JSON Merge Patch, RFC 7396).",
        Scope.WRITE, query=EditQuery, etag="change", answer=shown, body="Patch",
        takes=(PATCH, "application/json"), sent={"source": "A page that says so"},
    ), _change_one  # fmt: skip
    yield "GET", f"{kind}_history", Call(
        f"historyOf{name}", f"Tell who changed what of a {kind}, the newest first.", Scope.READ,
        query=PageQuery, answer="StepPage",
    ), _history  # fmt: skip


def _read_one(kind: Kind, id: str) -> ResponseReturnValue:
    return _answer(read(dari().store, kind, id)).make_conditional(request)


def _replace_one(kind: Kind, id: str) -> ResponseReturnValue:
    read_query(EditQuery, request.args, strict=True)
    return _replace(read(dari().store, kind, id), maker())


def _change_one(kind: Kind, id: str) -> ResponseReturnValue:
    read_query(EditQuery, request.args, strict=True)
    return _patch(read(dari().store, kind, id), maker())


def _add_removal(kind: Kind) -> None:
    """Add the deleting of a tie or programme."""
    call = Call(
        f"remove{kind.capitalize()}",
        f"Delete one {kind}; a line without content stays in its history.",
        Scope.WRITE,
        query=EditQuery,
        etag="change",
        status=204,
    )

    @add(record_calls, "DELETE", f"/{kind}s/<path:id>", call, endpoint=f"remove_{kind}")
    def remove_one(id: str) -> ResponseReturnValue:
        read_query(EditQuery, request.args, strict=True)
        return _remove(read(dari().store, kind, id), maker())


def _add_erasure(kind: Kind) -> None:
    """Add the erasing of a profile."""
    call = Call(
        f"erase{kind.capitalize()}",
        f"Erase one {kind} with all that is held about it; `prove` then searches for traces of it.",
        Scope.ADMIN,
        query=EraseQuery,
        etag="change",
        answer="Erased",
    )

    @add(record_calls, "DELETE", f"/{kind}s/<path:id>", call, endpoint=f"erase_{kind}")
    def erase_one(id: str) -> ResponseReturnValue:
        query = read_query(EraseQuery, request.args, strict=True)
        return _erase(read(dari().store, kind, id), maker(), prove=query.prove == "yes")


def _replace(kept: Kept, by: str) -> ResponseReturnValue:
    _require_tag()
    return _put(kept, read_object(request), by)


def _patch(kept: Kept, by: str) -> ResponseReturnValue:
    _require_tag()
    return _put(kept, merge_patch(public_json(kept.record), read_object(request)), by)


def merge_patch(held: Any, patch: Any) -> Any:
    """Apply a JSON Merge Patch (RFC 7396): null takes a field away, an object changes its own."""
    if not isinstance(patch, Mapping):
        return patch
    made = dict(held) if isinstance(held, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            made.pop(name, None)
        else:
            made[name] = merge_patch(made.get(name), value)
    return made


def _put(kept: Kept, raw: Mapping[str, Any], by: str) -> ResponseReturnValue:
    if not is_current(kept):
        return _stale(kept, raw)
    try:
        return _answer(replace(dari(), kept, raw, base=kept.revision, by=by))
    except StaleEdit:  # by one that came between the reading and the writing
        return _stale(read(dari().store, kept.kind, kept.id), raw)


def _remove(kept: Kept, by: str) -> ResponseReturnValue:
    _require_tag()
    if not is_current(kept):
        return _stale(kept, public_json(kept.record))
    try:
        remove(dari(), kept, base=kept.revision, by=by)
    except StaleEdit:
        again = read(dari().store, kept.kind, kept.id)
        return _stale(again, public_json(again.record))
    return Response(status=204)


def _erase(kept: Kept, by: str, *, prove: bool) -> ResponseReturnValue:
    _require_tag()
    if not is_current(kept):
        return _stale(kept, public_json(kept.record))
    named: list[Appearance]
    more: dict[str, Any] = {"proof": None}
    if prove:
        named, left, proof = erase_and_prove(dari(), kept.id, by=by, tell=lambda _: None)
        more = {"proof": proof.as_json()}
    else:
        named, left = erase(dari(), [kept.id], by=by, tell=lambda _: None)
    stood = [{"kind": one.kind, "id": one.id, "field": one.field} for one in named]
    return jsonify(id=kept.id, stood_in=stood, left=left, **more)


def _require_tag() -> None:
    if request.if_match.star_tag or not request.if_match:
        raise PreconditionRequired


def is_current(kept: Kept) -> bool:
    """Tell whether If-Match names the revision at which a record stands."""
    return str(kept.revision) in request.if_match


def _history(kind: Kind, id: str) -> ResponseReturnValue:
    """Answer with a part of a history.

    It grows at its newest end, so a cursor counts from the oldest: what comes meanwhile moves
    nothing.
    """
    query = read_query(PageQuery, request.args, strict=True)
    older = place(query)
    store = dari().store
    total = history_page(store, kind, id, limit=1).total
    offset = max(0, total - int(older)) if older is not None else 0
    found = history_page(store, kind, id, offset=offset, limit=query.limit)
    left = found.total - offset - len(found.steps)
    items = [step_json(one) for one in found.steps]
    return page(items, query, left if left > 0 and items else None, total=found.total)


def step_json(one: Step) -> dict[str, Any]:
    """Write a step of a history without personal data."""
    made = one.revision
    changes = [
        {"field": c.field, "before": c.before, "after": c.after}
        for c in one.changes
        if c.field not in PERSONAL
    ]
    return {
        "kind": made.kind,
        "id": made.id,
        "revision": made.number,
        "at": made.at.isoformat(),
        "by": made.by,
        "erased": made.payload is None,
        "merged_into": made.merged_into,
        "changes": changes,
        "verdict": dict(made.payload) if made.kind == "verdict" and made.payload else None,
    }


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
        kind="stale",
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


for _kind in KINDS:
    for _method, _endpoint, _call, _view in _calls(_kind):
        _rule = f"/{_kind}s/<path:id>{'/history' if _view is _history else ''}"
        add(record_calls, _method, _rule, _call, endpoint=_endpoint)(partial(_view, _kind))
    if _kind in {"startup", "partner"}:
        _add_erasure(_kind)
    else:
        _add_removal(_kind)
