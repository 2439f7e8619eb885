"""Owns the calls of the API: those open to everybody and those of staff."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from matcher import helps_json, why_json
from profiles import Side
from profiles.taxonomy import sectors
from service.api.bodies import page_json, public_json, read_object
from service.queries import (
    WHY_QUERIES,
    ListQuery,
    PartnerMatchQuery,
    StartupMatchQuery,
    TieQuery,
    ask_why,
    profile_on,
    read_match_query,
    read_page,
    read_query,
    read_ties,
)
from service.security import dari, require_token
from service.submission import submit

open_calls = APIBlueprint("open", __name__, tag="open")
staff_calls = APIBlueprint("staff_api", __name__, tag="staff")
staff_calls.before_request(require_token)


@open_calls.post("/startups")
@open_calls.doc(operation_id="submitStartup")
def submit_startup() -> ResponseReturnValue:
    """Hand in a startup."""
    startup = submit(dari(), read_object(request), by="public API")
    where = url_for("records.startup", id=startup.id)
    return jsonify(public_json(startup)), 201, {"Location": where}


@open_calls.get("/sectors")
@open_calls.doc(operation_id="listSectors")
def list_sectors() -> Response:
    """List the sectors of the taxonomy."""
    return jsonify(
        items=[
            {"code": s.code, "name": {"en": s.name.en, "ko": s.name.ko}, "parent": s.parent}
            for s in sectors().values()
        ]
    )


_WHY = "Tell the score and rank of one {}, and what would change them."
_MISSING = "Tell which empty fields of a {} would raise its matches most."


def _add_calls(side: Side, model: type[StartupMatchQuery]) -> None:
    """Add the list of a side's profiles, and the matches of one, which are asked for as `model`."""
    kinds, others = f"{side}s", f"{side.other}s"
    ranked = f"Rank the {others} that fit a {side}, with reasons."

    @staff_calls.get(f"/{kinds}", endpoint=kinds)
    @staff_calls.doc(operation_id=f"list{kinds.capitalize()}", summary=f"List {kinds} by id.")
    def listed() -> Response:
        query = read_query(ListQuery, request.args, strict=True)
        page = read_page(dari().store, dari().names, side, query)
        return jsonify(page_json(page, f"staff_api.{kinds}", query))

    @staff_calls.get(f"/{kinds}/<path:id>/why", endpoint=f"{side}_why")
    @staff_calls.doc(operation_id=f"why{side.capitalize()}", summary=_WHY.format(others[:-1]))
    def why(id: str) -> Response:
        profile = profile_on(dari().store, side, id)
        query = read_match_query(WHY_QUERIES[side], request.args, dari().store, strict=True)
        profile_on(dari().store, side.other, query.candidate)
        return jsonify(why_json(ask_why(dari().matchmaker, profile, query)))

    @staff_calls.get(f"/{kinds}/<path:id>/missing", endpoint=f"{side}_missing")
    @staff_calls.doc(operation_id=f"missing{side.capitalize()}", summary=_MISSING.format(side))
    def missing(id: str) -> Response:
        profile = profile_on(dari().store, side, id)
        return jsonify(helps_json(profile, dari().matchmaker.helpful(profile)))

    @staff_calls.get(f"/{kinds}/<path:id>/matches", endpoint=f"{side}_matches")
    @staff_calls.doc(operation_id=f"match{side.capitalize()}", summary=ranked)
    def matches(id: str) -> Response:
        profile = profile_on(dari().store, side, id)
        query = read_match_query(model, request.args, dari().store, strict=True)
        found = dari().matchmaker.match(
            profile.id, query.k, programme=query.programme, filters=query.filters
        )
        return jsonify(found.as_json())


_add_calls(Side.STARTUP, PartnerMatchQuery)
_add_calls(Side.PARTNER, StartupMatchQuery)


@staff_calls.get("/ties")
@staff_calls.doc(operation_id="listTies")
def ties() -> Response:
    """List the ties of a profile by id; of a merged one, those of the one that it is now."""
    query = read_query(TieQuery, request.args, strict=True)
    into = dari().store.merged_into([query.profile])
    query = query.model_copy(update={"profile": into.get(query.profile, query.profile)})
    page = read_ties(dari().store, query)
    return jsonify(page_json(page, "staff_api.ties", query))


@staff_calls.get("/programmes")
@staff_calls.doc(operation_id="listProgrammes")
def programmes() -> Response:
    """List the programmes with their facts."""
    return jsonify(items=[public_json(one) for one in dari().store.programmes()])
