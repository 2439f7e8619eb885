"""Owns the lists of records, and the adding of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from apiflask import APIBlueprint
from flask import Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from index import Filters
from profiles import AnyProfile, Partner, Programme, Record, Side, validate
from profiles.api_keys import Scope
from profiles.taxonomy import sectors
from service.api.asked import (
    PartnerListQuery,
    ProgrammeListQuery,
    StartupListQuery,
    TieListQuery,
)
from service.api.bodies import public_json, read_object
from service.api.calls import Call, add
from service.api.cursors import page, place, sequence
from service.api.guard import maker
from service.api.problems import problem_types
from service.editing import add_tie, refuse_unknown
from service.queries import EditQuery, ListQuery, TieQuery, read_page, read_query, read_ties
from service.security import dari
from service.submission import new_id, submit

open_calls = APIBlueprint("open", __name__, tag="open")
staff_calls = APIBlueprint("staff_api", __name__, tag="records")

_NEW = {
    "name": {"ko": "소노아이", "en": "SonoEye"},
    "summary": {"en": "Handheld ultrasound that reads its own pictures."},
    "region": "KR-27",
    "sectors": ["medical_imaging"],
}
_TIE = {"kind": "pilot", "a": "sonoeye", "b": "samsung-medison", "valid_from": "2026-03-01"}
_PARTNER = {"name": "Daegu Hospital", "kind": "hospital", "region": "KR-27"}
_PROGRAMME = {"id": "bridge-2027", "name": {"en": "Bridge 2027"}, "kind": "contest"}
_READ = {"read": ("getStartup", "id", "$response.body#/id")}


@add(
    open_calls, "POST", "/startups",
    Call("submitStartup", "Hand in a startup.", None, keyed=Scope.SUBMIT, body="Startup",
         answer="StartupShown",
         status=201, sent=_NEW, links={
             **_READ,
             "matches": ("matchStartup", "id", "$response.body#/id"),
             "missing": ("missingStartup", "id", "$response.body#/id"),
         }),
)  # fmt: skip
def submit_startup() -> ResponseReturnValue:
    """Hand in a startup; with a key, under the key's name."""
    return _added(submit(dari(), read_object(request), by=maker("public API")))


@add(
    staff_calls, "POST", "/partners",
    Call("addPartner", "Add a partner.", Scope.WRITE, query=EditQuery, body="Partner",
         answer="Partner", status=201,
         sent=_PARTNER, links={
             "read": ("getPartner", "id", "$response.body#/id"),
             "matches": ("matchPartner", "id", "$response.body#/id"),
         }),
    endpoint="add_partner",
)  # fmt: skip
def add_partner() -> ResponseReturnValue:
    """Add a partner."""
    raw = read_object(request)
    named = raw.get("id") not in (None, "")
    partner = validate(Partner, raw if named else {**raw, "id": new_id().replace("s-", "p-", 1)})
    dari().writer.put(partner, new=True, by=maker())
    return _added(partner)


@add(
    staff_calls, "POST", "/ties",
    Call("addTie", "Add a tie between two profiles.", Scope.WRITE, query=EditQuery, body="Tie",
         answer="Tie",
         status=201, sent=_TIE, links={"read": ("getTie", "id", "$response.body#/id")}),
    endpoint="add_tie",
)  # fmt: skip
def add_one_tie() -> ResponseReturnValue:
    """Add a tie."""
    return _added(add_tie(dari(), read_object(request), by=maker()))


@add(
    staff_calls, "POST", "/programmes",
    Call("addProgramme", "Add a programme.", Scope.WRITE, query=EditQuery, body="Programme",
         answer="Programme",
         status=201, sent=_PROGRAMME,
         links={"read": ("getProgramme", "id", "$response.body#/id")}),
    endpoint="add_programme",
)  # fmt: skip
def add_programme() -> ResponseReturnValue:
    """Add a programme whose partners exist."""
    raw = read_object(request)
    named = raw.get("id") not in (None, "")
    programme = validate(Programme, raw if named else {**raw, "id": new_id()})
    refuse_unknown(dari().store, "programme", programme)
    dari().store.add_programme(programme, by=maker())
    return _added(programme)


def _added(record: Record) -> ResponseReturnValue:
    side = record.side.value if hasattr(record, "side") else type(record).__name__.lower()
    answer = jsonify(public_json(record))
    answer.set_etag("1")
    where = url_for(f"records.{side}", id=record.id)  # type: ignore[attr-defined]
    return answer, 201, {"Location": where}


@add(
    open_calls, "GET", "/sectors",
    Call("listSectors", "List the sectors of the taxonomy.", None, answer="SectorList"),
)  # fmt: skip
def list_sectors() -> Response:
    """List the sectors of the taxonomy."""
    return jsonify(
        items=[
            {"code": s.code, "name": {"en": s.name.en, "ko": s.name.ko}, "parent": s.parent}
            for s in sectors().values()
        ]
    )


@add(
    open_calls, "GET", "/problems",
    Call("listProblems", "List the types of problems.", None, answer="ProblemTypeList"),
)  # fmt: skip
def list_problems() -> Response:
    """List the types of problems."""
    return jsonify(items=list(problem_types().values()))


@add(
    open_calls, "GET", "/problems/<code>",
    Call("getProblem", "Tell what a type of problem means.", None, answer="ProblemType",
         problems=(404,)),
)  # fmt: skip
def one_problem(code: str) -> Response:
    """Tell what a type of problem means."""
    known = problem_types().get(code)
    if known is None:
        raise NotFound
    return jsonify(known)


def _add_lists(side: Side, model: type[StartupListQuery]) -> None:
    kinds = f"{side}s"
    shown = "StartupPage" if side is Side.STARTUP else "PartnerPage"
    call = Call(
        f"list{kinds.capitalize()}", f"List {kinds} by id.", Scope.READ, query=model, answer=shown
    )

    @add(staff_calls, "GET", f"/{kinds}", call, endpoint=kinds)
    def listed() -> ResponseReturnValue:
        query = read_query(model, request.args, strict=True)
        found = _filtered(side, query) if _filters(query) else None
        return _whole(side, query) if found is None else _part(found, side, query)


_add_lists(Side.STARTUP, StartupListQuery)
_add_lists(Side.PARTNER, PartnerListQuery)


def _whole(side: Side, query: StartupListQuery) -> ResponseReturnValue:
    asked = ListQuery(q=query.q, cursor=place(query), limit=query.limit)
    found = read_page(dari().store, dari().names, side, asked)
    similar = [public_json(item) for item in found.similar]
    items = [public_json(item) for item in found.items]
    return page(items, query, found.cursor, total=found.total, similar=similar)


def _filters(query: StartupListQuery) -> Filters | None:
    kinds = frozenset(getattr(query, "kind", ()))
    if not (query.region or query.sector or kinds):
        return None
    return Filters(kinds=kinds, regions=frozenset(query.region), sectors=frozenset(query.sector))


def _filtered(side: Side, query: StartupListQuery) -> list[str]:
    """Give the ids of a side's profiles that pass the filters, ascending."""
    import numpy as np

    index = dari().follower.catch_up()
    chosen = index.admitted(side, cast(Filters, _filters(query)))
    numbers = np.flatnonzero(chosen.mask(len(index.roster)))
    ids = sorted(index.roster.ids(numbers.tolist()))
    return _named(side, ids, query.q) if query.q else ids


_CHUNK = 500


def _named(side: Side, ids: Sequence[str], text: str) -> list[str]:
    parts = (ids[at : at + _CHUNK] for at in range(0, len(ids), _CHUNK))
    read: Callable[..., list[AnyProfile]] = dari().store.page
    return [one.id for some in parts for one in read(side, ids=some, text=text, limit=_CHUNK)]


def _part(ids: Sequence[str], side: Side, query: StartupListQuery) -> ResponseReturnValue:
    start = place(query)
    after = [id for id in ids if start is None or id > start]
    wanted = after[: query.limit]
    held = dari().store.get_many(wanted)
    items = [public_json(held[id]) for id in wanted if id in held]
    following = wanted[-1] if len(after) > len(wanted) else None
    return page(items, query, following, total=len(ids), similar=[])


@add(
    staff_calls, "GET", "/ties",
    Call("listTies", "List the ties of a profile by id.", Scope.READ, query=TieListQuery,
         answer="TiePage"),
)  # fmt: skip
def ties() -> ResponseReturnValue:
    """List the ties of a profile by id; of a merged one, those of the one that it is now."""
    query = read_query(TieListQuery, request.args, strict=True)
    into = dari().store.merged_into([query.profile])
    query = query.model_copy(update={"profile": into.get(query.profile, query.profile)})
    asked = TieQuery(profile=query.profile, cursor=place(query), limit=query.limit)
    found = read_ties(dari().store, asked)
    items = [public_json(item) for item in found.items]
    return page(items, query, found.cursor, total=found.total)


@add(
    staff_calls, "GET", "/programmes",
    Call("listProgrammes", "List the programmes with their facts by id.", Scope.READ,
         query=ProgrammeListQuery, answer="ProgrammePage"),
)  # fmt: skip
def programmes() -> ResponseReturnValue:
    """List the programmes with their facts."""
    query = read_query(ProgrammeListQuery, request.args, strict=True)
    found = [
        one
        for one in dari().store.programmes()
        if (not query.kind or one.kind in query.kind)
        and (query.partner is None or query.partner in one.partners)
    ]
    return sequence(found, query, lambda one: one.id, public_json)
