"""Owns the calls on duplicates: proposals, merges and their undoing, profiles kept apart."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from profiles import StaleEdit
from profiles.apart import (
    Apart,
    Stored,
    apart_pairs,
    count_apart,
    count_proposals,
    keep_apart,
    stored_proposals,
    withdraw_apart,
)
from profiles.api_keys import Scope
from profiles.fusing import differing
from profiles.merges import Merge
from profiles.merging import find_merge, recent_merges
from service.api.asked import ApartBody, MergeBody, PairQuery
from service.api.bodies import public_json, read_body
from service.api.calls import Call, add
from service.api.cursors import PageQuery, page, place
from service.api.guard import maker
from service.api.problems import problem
from service.failures import failure
from service.queries import EditQuery, read_query
from service.security import dari

identity_calls = APIBlueprint("identity_api", __name__, tag="duplicates")

_PAIR = {"a": "sonoeye", "b": "sonoeye-inc", "note": "Two firms of one name."}
_MERGE = {"keep": "sonoeye", "drop": "sonoeye-inc", "keep_revision": 1, "drop_revision": 1}


@add(
    identity_calls, "GET", "/duplicates",
    Call("listDuplicates", "List profiles that may be one firm, the likeliest first.", Scope.READ,
         query=PageQuery, answer="ProposalPage"),
)  # fmt: skip
def duplicates() -> ResponseReturnValue:
    """List the stored proposals."""
    query = read_query(PageQuery, request.args, strict=True)
    start = place(query)
    after = (float(start[0]), str(start[1]), str(start[2])) if start else None
    found = stored_proposals(dari().store, limit=query.limit + 1, after=after)
    shown = found[: query.limit]
    last = shown[-1].proposal if len(found) > query.limit else None
    following = [last.score, last.a, last.b] if last else None
    items = [_proposal_json(one) for one in shown]
    return page(items, query, following, total=count_proposals(dari().store))


@add(
    identity_calls, "GET", "/duplicates/pair",
    Call("comparePair", "Show two profiles of one side with their revisions and differences.",
         Scope.READ, query=PairQuery, answer="Pair", problems=(404,)),
)  # fmt: skip
def pair() -> Response:
    """Show two profiles side by side."""
    query = read_query(PairQuery, request.args, strict=True)
    store = dari().store
    (one, at), (other, then) = store.get_with_revision(query.a), store.get_with_revision(query.b)
    unlike = [d.field for d in differing(one, other)] if one.side is other.side else []
    return jsonify(
        a=public_json(one),
        b=public_json(other),
        a_revision=at,
        b_revision=then,
        differing=unlike,
    )


@add(
    identity_calls, "GET", "/merges",
    Call("listMerges", "List the merges, undone ones too, the newest first.", Scope.READ,
         query=PageQuery, answer="MergePage"),
)  # fmt: skip
def merges() -> ResponseReturnValue:
    """List the merges."""
    query = read_query(PageQuery, request.args, strict=True)
    found = recent_merges(dari().store, query.limit + 1, before=place(query))
    shown = found[: query.limit]
    following = shown[-1].number if len(found) > query.limit else None
    return page([_merge_json(one) for one in shown], query, following)


@add(
    identity_calls, "POST", "/merges",
    Call("merge", "Merge a profile into another of its side.", Scope.WRITE, query=EditQuery,
         body=MergeBody, answer="Merge", status=201, sent=_MERGE, problems=(404,)),
)  # fmt: skip
def merge() -> ResponseReturnValue:
    """Merge two profiles as they were read."""
    read_query(EditQuery, request.args, strict=True)
    body = read_body(MergeBody, request)
    try:
        made = dari().writer.merge(
            body.keep,
            body.drop,
            by=maker(),
            base=(body.keep_revision, body.drop_revision),
            choices=body.choices,
        )
    except StaleEdit as error:
        known = failure(412)
        return problem(409, known.heading, known.text, kind="stale", id=error.value)
    return jsonify(_merge_json(made)), 201


@add(
    identity_calls, "POST", "/merges/<int:number>/undo",
    Call("undoMerge", "Undo a merge; both profiles stand by themselves again.", Scope.WRITE,
         query=EditQuery, answer="Merge", problems=(404,)),
)  # fmt: skip
def undo(number: int) -> Response:
    """Undo a merge."""
    read_query(EditQuery, request.args, strict=True)
    find_merge(dari().store, str(number))
    return jsonify(_merge_json(dari().writer.unmerge(number, by=maker())))


@add(
    identity_calls, "GET", "/kept-apart",
    Call("listApart", "List the pairs that are kept apart, the newest first.", Scope.READ,
         query=PageQuery, answer="ApartPage"),
)  # fmt: skip
def apart() -> ResponseReturnValue:
    """List the pairs that are kept apart."""
    query = read_query(PageQuery, request.args, strict=True)
    start = place(query)
    after = (datetime.fromisoformat(start[0]), str(start[1]), str(start[2])) if start else None
    found = apart_pairs(dari().store, limit=query.limit + 1, after=after)
    shown = found[: query.limit]
    last = shown[-1] if len(found) > query.limit else None
    following = [last.at.isoformat(), last.a, last.b] if last else None
    items = [_apart_json(one) for one in shown]
    return page(items, query, following, total=count_apart(dari().store))


@add(
    identity_calls, "POST", "/kept-apart",
    Call("keepApart", "Keep two profiles apart for good: they are two firms.", Scope.WRITE,
         query=EditQuery, body=ApartBody, answer="Apart", status=201, sent=_PAIR, problems=(404,)),
)  # fmt: skip
def set_apart() -> ResponseReturnValue:
    """Keep two profiles apart."""
    read_query(EditQuery, request.args, strict=True)
    body = read_body(ApartBody, request)
    made = keep_apart(dari().store, body.a, body.b, by=maker(), note=body.note)
    return jsonify(_apart_json(made)), 201


@add(
    identity_calls, "DELETE", "/kept-apart",
    Call("letMeet", "Withdraw that two profiles are kept apart.", Scope.WRITE, query=PairQuery,
         status=204),
)  # fmt: skip
def let_meet() -> Response:
    """Withdraw that two profiles are kept apart."""
    query = read_query(PairQuery, request.args, strict=True)
    withdraw_apart(dari().store, query.a, query.b)
    return Response(status=204)


def _proposal_json(one: Stored) -> dict[str, Any]:
    found = one.proposal
    reasons = [{"code": r.code, "text": {"en": r.text.en, "ko": r.text.ko}} for r in found.reasons]
    pair = {"side": one.side.value, "a": found.a, "b": found.b, "score": found.score}
    return {**pair, "reasons": reasons, "found_at": one.found_at.isoformat()}


def _merge_json(one: Merge) -> dict[str, Any]:
    return {
        "number": one.number,
        "side": one.side.value,
        "kept": one.kept,
        "dropped": one.dropped,
        "by": one.by,
        "at": one.at.isoformat(),
        "undone_by": one.undone_by,
        "undone_at": one.undone_at.isoformat() if one.undone_at else None,
    }


def _apart_json(one: Apart) -> dict[str, Any]:
    return {"a": one.a, "b": one.b, "by": one.by, "at": one.at.isoformat(), "note": one.note}
