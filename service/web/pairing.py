"""Owns the pages of the regional planner: the plan, one region, and further districts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from apiflask import APIBlueprint
from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from pydantic import Field
from werkzeug.exceptions import NotFound

from index import Filters
from matcher import Line, Match, lines_of
from matcher.districts import SORTS, propose_districts
from matcher.pairing import Plan, Row, plan_regions
from matcher.roots import Paired, pairings_of
from profiles import AnyProfile, Partner, Tie
from profiles.fields import Day, Regions, Whole
from profiles.record import Record
from profiles.taxonomy import provinces
from service import labels
from service.language import language
from service.planning import members_told, plan_sentence, points, proposal_sentence
from service.queries import read_query
from service.security import dari, require_session
from service.web.geography import GAP, SIZE, TILES

pairing = APIBlueprint("pairing", __name__, enable_openapi=False)
pairing.before_request(require_session)

_SHOWN = 10
_REASONS = 4
_SECONDS = 10.0
_MOST_REGIONS = len(TILES)
_MOST_DISTRICTS = 6


class PlanQuery(Record):
    """What a plan is asked for."""

    as_of: Day | None = None
    most: Annotated[Whole, Field(ge=1, le=_MOST_REGIONS)] = 2
    region: Regions = ()


class DistrictQuery(Record):
    """What a proposal of districts is asked for."""

    as_of: Day | None = None
    most: Annotated[Whole, Field(ge=1, le=_MOST_DISTRICTS)] = 3
    capital: Annotated[Whole, Field(ge=0, le=1)] = 0
    region: Regions = ()


class DayQuery(Record):
    """Which day is asked about."""

    as_of: Day | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """Who looks at the startups of a region, and what it sees first, with the reasons."""

    who: Partner
    matches: Sequence[tuple[Match, Sequence[Line]]]


@dataclass(frozen=True, slots=True)
class Tile:
    """A region on the map of a plan: its corner, its names, and whether the plan keeps it."""

    row: Row
    x: int
    y: int
    colour: int
    label: str


@pairing.get("/planner")
def planner() -> ResponseReturnValue:
    """Show a plan of regional pairings beside those of a day."""
    query = read_query(PlanQuery, request.args, strict=False)
    day = _day(query.as_of)
    plan = plan_regions(
        dari().store, as_of=day, most=query.most, keep=query.region, seconds=_SECONDS
    )
    drawn = {"tiles": _tiles(plan), "size": SIZE, "width": 4 * SIZE + 3 * GAP}
    drawn["height"] = 6 * SIZE + 5 * GAP
    told = {"said": plan_sentence(plan, language()), "points": points}
    return render_template("planner.html", plan=plan, query=query, day=day, **drawn, **told)


@pairing.get("/planner/regions/<code>")
def region(code: str) -> ResponseReturnValue:
    """Show what the centre of a region sees first: its company, and its own startups."""
    day = _day(read_query(DayQuery, request.args, strict=False).as_of)
    if code not in provinces():
        raise NotFound
    paired = pairings_of(dari().store, code, day)
    names = dari().store.get_many([end for tie in _all_of(paired) for end in (tie.a, tie.b)])
    lists = [_own_list(one, code, day) for one in _those_who_look(paired.held, names)]
    told = {"paired": paired, "names": names, "lists": lists}
    return render_template("planner_region.html", code=code, day=day, **told)


@pairing.get("/planner/districts")
def proposals() -> ResponseReturnValue:
    """Propose further special districts, and say why the others are left."""
    query = read_query(DistrictQuery, request.args, strict=False)
    day, left_out = _day(query.as_of), [code for code in query.region if code in provinces()]
    found = propose_districts(
        dari().store,
        as_of=day,
        most=query.most,
        balanced=not query.capital,
        left_out=left_out,
        seconds=_SECONDS,
    )
    shown = {id for one in found.chosen for held in one.members.values() for id in held}
    told = {"sorts": SORTS, "members_told": members_told, "names": dari().store.get_many(shown)}
    told["ended"] = proposal_sentence(found, language())
    return render_template("planner_districts.html", found=found, query=query, day=day, **told)


def _day(asked: date | None) -> date:
    return asked or dari().settings.today()


def _tiles(plan: Plan) -> list[Tile]:
    return [_tile(row) for row in plan.rows if row.region.code in TILES]


def _tile(row: Row) -> Tile:
    column, line = TILES[row.region.code]
    name = row.planned.name.in_(language()) if row.planned else gettext("no company")
    what = gettext("as on the day") if row.is_kept else gettext("differs from the day")
    label = f"{labels.region(row.region.code)}: {name} ({what})"
    colour = 1 if row.is_kept else 4
    return Tile(row, column * (SIZE + GAP), line * (SIZE + GAP), colour, label)


def _all_of(paired: Paired) -> tuple[Tie, ...]:
    return (*paired.held, *paired.ended, *paired.coming)


def _those_who_look(held: Sequence[Tie], names: Mapping[str, AnyProfile]) -> list[Partner]:
    """Give the bodies of a region, then its companies, each once."""
    ids = dict.fromkeys([*(tie.a for tie in held), *(tie.b for tie in held)])
    return [one for id in ids if isinstance(one := names.get(id), Partner)]


def _own_list(who: Partner, code: str, day: date) -> Listed:
    own = Filters(regions=frozenset({code}))
    found = dari().matchmaker.match(who.id, _SHOWN, filters=own, as_of=day)
    return Listed(who, [(one, lines_of(one.contributions)[:_REASONS]) for one in found.matches])
