"""Owns the calls on matches: lists, one pair, pairs side by side, and verdicts on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from matcher import helps_json, why_json
from profiles import AnyProfile, Side, Verdict
from profiles.api_keys import Scope
from service.api.asked import (
    AskPartnerQuery,
    AskStartupQuery,
    ComparePartnersQuery,
    CompareStartupsQuery,
    MatchPartnersQuery,
    MatchStartupsQuery,
    VerdictBody,
)
from service.api.bodies import read_body
from service.api.calls import Call, add
from service.api.cursors import PageQuery, page, place
from service.api.guard import maker
from service.queries import EditQuery, profile_on, read_match_query, read_query
from service.security import dari

match_calls = APIBlueprint("match_api", __name__, tag="matches")

_MATCH: dict[Side, Any] = {
    Side.STARTUP: MatchPartnersQuery,
    Side.PARTNER: MatchStartupsQuery,
}
_ASK: dict[Side, Any] = {Side.STARTUP: AskPartnerQuery, Side.PARTNER: AskStartupQuery}
_COMPARE: dict[Side, Any] = {Side.STARTUP: ComparePartnersQuery, Side.PARTNER: CompareStartupsQuery}
_VERDICT = {
    "candidate": "samsung-medison",
    "label": "good",
    "note": "They know each other's devices.",
    "shown_rank": 1,
    "model_version": "public-0a1b2c3d",
}


def _calls(side: Side) -> Iterator[tuple[str, str, Call, Callable[..., ResponseReturnValue]]]:
    """Give the calls on the matches of a profile of a side: method, what follows it, call, view."""
    others, name = f"{side.other}s", side.value.capitalize()
    candidate = ("candidate", "$response.body#/matches/0/id")
    yield "GET", "matches", Call(
        f"match{name}", f"Rank the {others} that fit a {side}, with reasons.", Scope.READ,
        query=_MATCH[side], answer="MatchList", links={"why": (f"why{name}", *candidate)},
    ), _matches  # fmt: skip
    yield "GET", "why", Call(
        f"why{name}", f"Tell the score and rank of one {side.other}, and what would change them.",
        Scope.READ, query=_ASK[side], answer="Why",
    ), _why  # fmt: skip
    yield "GET", "compare", Call(
        f"compare{name}", f"Put up to four {others} of a {side}'s list side by side.", Scope.READ,
        query=_COMPARE[side], answer="Comparison",
    ), _compare  # fmt: skip
    yield "GET", "missing", Call(
        f"missing{name}", f"Tell which empty fields of a {side} would raise its matches most.",
        Scope.READ, answer="Missing",
    ), _missing  # fmt: skip
    yield "GET", "verdicts", Call(
        f"verdictsOf{name}", f"List what was said of the matches of a {side}, the oldest first.",
        Scope.READ, query=PageQuery, answer="VerdictPage",
    ), _verdicts  # fmt: skip
    yield "POST", "verdicts", Call(
        f"addVerdictOf{name}", f"Say whether a shown match of a {side} is good or poor.",
        Scope.WRITE, query=EditQuery, body=VerdictBody, answer="Verdict", status=201, sent=_VERDICT,
    ), _add_verdict  # fmt: skip


def _matches(side: Side, id: str) -> Response:
    profile = profile_on(dari().store, side, id)
    query = read_match_query(_MATCH[side], request.args, dari().store, strict=True)
    found = dari().matchmaker.match(
        profile.id,
        query.k,
        programme=query.programme,
        filters=query.filters,
        as_of=query.as_of,
    )
    return jsonify(found.as_json())


def _asking(profile: AnyProfile, query: Any, candidate: str) -> dict[str, Any]:
    """Tell all of one pair."""
    told = dari().matchmaker.why(
        profile.id,
        profile_on(dari().store, profile.side.other, candidate).id,
        query.k,
        programme=query.programme,
        filters=query.filters,
        as_of=query.as_of,
    )
    return why_json(told)


def _why(side: Side, id: str) -> Response:
    profile = profile_on(dari().store, side, id)
    query = read_match_query(_ASK[side], request.args, dari().store, strict=True)
    return jsonify(_asking(profile, query, query.candidate))


def _compare(side: Side, id: str) -> Response:
    profile = profile_on(dari().store, side, id)
    query = read_match_query(_COMPARE[side], request.args, dari().store, strict=True)
    items = [_asking(profile, query, candidate) for candidate in query.candidates]
    return jsonify(query=profile.id, items=items)


def _missing(side: Side, id: str) -> Response:
    profile = profile_on(dari().store, side, id)
    return jsonify(helps_json(profile, dari().matchmaker.helpful(profile)))


def _add_verdict(side: Side, id: str) -> ResponseReturnValue:
    read_query(EditQuery, request.args, strict=True)
    profile = profile_on(dari().store, side, id)
    body = read_body(VerdictBody, request)
    candidate = profile_on(dari().store, side.other, body.candidate)
    verdict = Verdict(query=profile.id, **{**body.model_dump(), "candidate": candidate.id})
    dari().store.add_verdict(verdict, by=maker())
    return jsonify(_verdict_json(verdict)), 201


def _verdicts(side: Side, id: str) -> ResponseReturnValue:
    query = read_query(PageQuery, request.args, strict=True)
    start = int(place(query) or 0)
    found = dari().store.verdicts(profile_on(dari().store, side, id).id)
    items = [_verdict_json(one) for one in found[start : start + query.limit]]
    after = start + len(items)
    return page(items, query, after if after < len(found) else None, total=len(found))


def _verdict_json(one: Verdict) -> dict[str, Any]:
    return {**asdict(one), "at": one.at.isoformat()}


for _side in Side:
    for _method, _rest, _call, _view in _calls(_side):
        _endpoint = f"{_side}_{'verdict' if _method == 'POST' else _rest}"
        _rule = f"/{_side}s/<path:id>/{_rest}"
        add(match_calls, _method, _rule, _call, endpoint=_endpoint)(partial(_view, _side))
