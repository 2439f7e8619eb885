"""Owns triads: joint projects of a startup of each of two countries and an institute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from index import Filters
from matcher.budget import Budget, budget_of
from matcher.bundle_words import say
from matcher.complement import UNIT, Complement
from matcher.matchlist import Match
from matcher.needs import sentence_of
from matcher.packing import Option, Packed, pack, reserves
from matcher.sources import Sources
from matcher.triad_candidates import Candidates, Possible, candidates_of, home_of
from profiles import Partner, Programme, ProgrammeKind, Startup
from profiles.errors import CodedError
from profiles.fields import Day, Whole
from profiles.record import Record
from profiles.taxonomy import Names, country_of, region_names

RESERVES = 10
_CAUTIONS = ("sanction", "export control", "제재", "수출통제", "수출 통제")


class TriadsAsked(Record):
    """What is asked of the triads of a programme.

    Attributes:
        each: what a project asks for from each side, in the currency of the programme; a fifth of
            what a side gives where it is not said.
        projects: how many there are at most; as many as there is money for where it is not said.
        most: how many an organisation may be in.
        as_of: the day whose past and conflicts count.
    """

    each: Annotated[Whole, Field(ge=1)] | None = None
    projects: Annotated[Whole, Field(ge=1, le=100)] | None = None
    most: Annotated[Whole, Field(ge=1, le=10)] = 1
    as_of: Day | None = None


@dataclass(frozen=True, slots=True)
class Triad:
    """A joint project: who is in it, and its points, which are the sum of three pairs'."""

    home: Startup
    abroad: Startup
    institute: Partner
    home_fit: float
    abroad_fit: float
    complement: Complement

    @property
    def points(self) -> float:
        """The sum of the three pairs' points."""
        return self.home_fit + self.abroad_fit + self.complement.points / UNIT

    @property
    def ids(self) -> tuple[str, str, str]:
        """The ids of the three."""
        return self.home.id, self.abroad.id, self.institute.id


@dataclass(frozen=True, slots=True)
class Chosen:
    """A triad that is funded, with the reasons of both startups' fits with the institute."""

    triad: Triad
    home: Match
    abroad: Match


@dataclass(frozen=True, slots=True)
class Waiting:
    """A triad in reserve, and the funded ones in whose place it could step."""

    triad: Triad
    instead_of: tuple[Triad, ...]


@dataclass(frozen=True, slots=True)
class Triads:
    """The triads of a programme, and all that they were chosen from."""

    programme: Programme
    asked: TriadsAsked
    budget: Budget
    candidates: Candidates
    packed: Packed
    chosen: tuple[Chosen, ...]
    reserves: tuple[Waiting, ...]
    missing: tuple[Names, ...]
    caution: Names | None


def triads_of(sources: Sources, programme_id: str, asked: TriadsAsked) -> Triads:
    """Choose the triads of a bilateral programme.

    Raises:
        UnknownId: if there is no such programme.
        InvalidRecord: if it is not bilateral, or a project asks for more than a side gives.
    """
    programme = sources.store.programme(programme_id)
    if programme.kind is not ProgrammeKind.BILATERAL:
        raise CodedError("programme", "not_bilateral", programme.id)
    budget = budget_of(programme, asked.each, asked.projects)
    found = candidates_of(sources, programme, asked.as_of)
    options = [Option(one.ids, one.score) for one in found.possible]
    packed = pack(options, projects=budget.projects, most=asked.most)
    waiting = reserves(options, packed, projects=budget.projects, most=asked.most, count=RESERVES)
    shown = {*packed.rows, *(one.row for one in waiting)}
    triads = {row: _triad(found, found.possible[row]) for row in shown}
    return Triads(
        programme,
        asked,
        budget,
        found,
        packed,
        tuple(_chosen(sources, programme, found, triads[row]) for row in packed.rows),
        tuple(
            Waiting(triads[one.row], tuple(triads[row] for row in one.instead_of))
            for one in waiting
        ),
        _missing(programme, budget, found),
        caution_of(programme),
    )


def caution_of(programme: Programme) -> Names | None:
    """Give what the programme itself says of sanctions and export control; None where it is silent.

    One sentence in each language.
    """
    return sentence_of(
        programme.summary, lambda said: any(one in said.casefold() for one in _CAUTIONS)
    )


def _triad(found: Candidates, one: Possible) -> Triad:
    home, abroad, institute = one.ids
    return Triad(
        found.home[home],
        found.abroad[abroad],
        found.institutes[institute],
        found.fits[home, institute],
        found.fits[abroad, institute],
        found.complements[home, abroad],
    )


def _chosen(sources: Sources, programme: Programme, found: Candidates, triad: Triad) -> Chosen:
    """Explain both startups' fits as the list of the institute does."""
    startups = triad.home.id, triad.abroad.id
    its_list = sources.matchmaker.match(
        triad.institute.id,
        len(startups),
        programme=programme.id,
        filters=Filters(ids=frozenset(startups)),
        as_of=found.on,
    )
    by_id = {match.profile.id: match for match in its_list.matches}
    return Chosen(triad, *(by_id[id] for id in startups))


def _missing(programme: Programme, budget: Budget, found: Candidates) -> tuple[Names, ...]:
    """Say what a programme lacks for triads, and of whom nobody is admitted."""
    if home_of(programme) is None:
        return (say("missing_countries"),)
    lacks = []
    if budget.side is None:
        lacks.append(say("missing_money", projects=budget.projects))
    if programme.trl_min is None:
        lacks.append(say("missing_trl"))
    home = home_of(programme)
    for startups, is_home in ((found.home, True), (found.abroad, False)):
        if not startups:
            lacks.append(say("missing_startups", country=_countries(programme, home, is_home)))
    if not found.institutes:
        lacks.append(say("missing_institutes"))
    if found.home and found.abroad and found.institutes and not found.possible:
        lacks.append(say("missing_subject"))
    return tuple(lacks)


def _countries(programme: Programme, home: str | None, is_home: bool) -> Names:
    codes = sorted({country_of(one) for one in programme.countries})
    some = [code for code in codes if (code == home) is is_home]
    return region_names(some)
