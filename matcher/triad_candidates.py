"""Owns who may be in a triad: startups of both sides, institutes, and what keeps others off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from index import FACET_PAIRS, Filters, SearchIndex
from matcher.bundle_words import say
from matcher.complement import UNIT, Complement, complements
from matcher.eligibility import Reason, partner_refusals, startup_refusals
from matcher.matchlist import Refused
from matcher.phrases import phrase
from matcher.sources import Sources
from profiles import (
    AnyProfile,
    Partner,
    PartnerKind,
    Programme,
    Side,
    Startup,
    TieKind,
)
from profiles.taxonomy import country_of

INSTITUTES = frozenset({PartnerKind.RESEARCH_INSTITUTE, PartnerKind.UNIVERSITY})
MOST_STARTUPS, MOST_INSTITUTES, MOST_PAIRS, MOST_TRIADS = 1_000, 100, 4_000, 20_000
"""How many are looked at: of startups and institutes the first by id, of the rest the best."""

HOME = "KR"

P = TypeVar("P", bound=AnyProfile)


class Possible(NamedTuple):
    """A triad that may be chosen: (home, abroad, institute), and its score in 1/1024 point."""

    ids: tuple[str, str, str]
    score: int


@dataclass(frozen=True, slots=True)
class Candidates:
    """Who may be in the triads of a programme.

    Attributes:
        on: the day that counts.
        home: the startups of the one side that the rules admit, by id.
        abroad: those of the other.
        institutes: the institutes that the rules admit, by id.
        refused: whom rules keep off, with the reasons.
        fits: (startup, institute) → points, of those that have a subject in common.
        complements: (home, abroad) → how they complement each other, of those that do.
        possible: all triads, the best first, then by ids.
        is_whole: whether nobody and no triad was left out because there are too many.
        model_version: the model that scored.
    """

    on: date
    home: Mapping[str, Startup]
    abroad: Mapping[str, Startup]
    institutes: Mapping[str, Partner]
    refused: tuple[Refused, ...]
    fits: Mapping[tuple[str, str], float]
    complements: Mapping[tuple[str, str], Complement]
    possible: tuple[Possible, ...]
    is_whole: bool
    model_version: str


def candidates_of(sources: Sources, programme: Programme, as_of: date | None) -> Candidates:
    """Gather who may be in the triads of a bilateral programme.

    Startups and institutes lie in its countries; its rules hold for each. In a triad both startups
    have a subject in common with the institute, one seeks what the other does or both work in one
    sector, and no two have a conflict of interest.
    """
    on = sources.matchmaker.day(programme, as_of)
    startups, whole = _startups(sources, programme)
    institutes, all_of_them = _institutes(sources, programme)
    refused = _refused(startups, lambda one: startup_refusals(one, programme))
    refused += _refused(institutes, lambda one: _institute_refusals(one, programme))
    off = {one.id for one in refused}
    home, abroad = _sides([one for one in startups if one.id not in off], programme)
    open_to = {one.id: one for one in institutes if one.id not in off}
    fits = _fits(sources, programme, open_to.values(), {**home, **abroad}, as_of)
    pairs, every = _pairs(home, abroad, sources.index, on)
    ranker = sources.matchmaker.ranker
    told = complements(pairs, sources.index, ranker, programme, on)
    known = {(a.id, b.id): one for (a, b), one in zip(pairs, told, strict=True) if one.joined}
    possible = _possible(known, fits, open_to)
    return Candidates(
        on,
        home,
        abroad,
        open_to,
        tuple(refused),
        fits,
        known,
        tuple(possible[:MOST_TRIADS]),
        whole and all_of_them and every and len(possible) <= MOST_TRIADS,
        ranker.version,
    )


def home_of(programme: Programme) -> str | None:
    """Give the country of the one side: Korea, else the first; None where there are not two."""
    countries = sorted({country_of(code) for code in programme.countries})
    if len(countries) < 2:
        return None
    return HOME if HOME in countries else countries[0]


def _startups(sources: Sources, programme: Programme) -> tuple[list[Startup], bool]:
    filters = Filters(regions=frozenset(programme.countries))
    ids = _admitted(sources.index, Side.STARTUP, filters) if programme.countries else []
    held = sources.store.get_many(ids[:MOST_STARTUPS])
    found = [one for _, one in sorted(held.items()) if isinstance(one, Startup)]
    return found, len(ids) <= MOST_STARTUPS


def _institutes(sources: Sources, programme: Programme) -> tuple[list[Partner], bool]:
    """Give the institutes of the countries, and all that are members, these first."""
    filters = Filters(kinds=INSTITUTES, regions=frozenset(programme.countries))
    near = _admitted(sources.index, Side.PARTNER, filters) if programme.countries else []
    ids = list(dict.fromkeys([*programme.partners, *near]))
    held = sources.store.get_many(ids)
    found = [held[id] for id in ids if id in held]
    known = [one for one in found if isinstance(one, Partner) and one.kind in INSTITUTES]
    return known[:MOST_INSTITUTES], len(known) <= MOST_INSTITUTES


def _admitted(index: SearchIndex, side: Side, filters: Filters) -> list[str]:
    """Give the ids of a side that pass the filters, ascending."""
    mask = index.admitted(side, filters).mask(len(index.roster))
    return sorted(index.roster.ids(np.flatnonzero(mask)))


def _refused(profiles: Sequence[P], reasons: Callable[[P], Sequence[Reason]]) -> list[Refused]:
    told = ((one, tuple(reasons(one))) for one in profiles)
    return [Refused(one.id, one.name, why) for one, why in told if why]


def _institute_refusals(institute: Partner, programme: Programme) -> list[Reason]:
    """Give what keeps an institute off: rules of the programme, its places, its country."""
    reasons = partner_refusals(institute, programme)
    if institute.capacity == 0:
        reasons.append(Reason("no_capacity", phrase("refusal.no_capacity")))
    if institute.region is None:
        reasons.append(Reason("institute_unknown", say("institute_unknown")))
    elif country_of(institute.region) not in {country_of(one) for one in programme.countries}:
        reasons.append(Reason("institute_country", say("institute_country")))
    return reasons


def _sides(
    startups: Iterable[Startup], programme: Programme
) -> tuple[dict[str, Startup], dict[str, Startup]]:
    here: dict[str, Startup] = {}
    there: dict[str, Startup] = {}
    home = home_of(programme)
    for one in startups:
        (here if one.region and country_of(one.region) == home else there)[one.id] = one
    return here, there


def _fits(
    sources: Sources,
    programme: Programme,
    institutes: Iterable[Partner],
    startups: Mapping[str, Startup],
    as_of: date | None,
) -> dict[tuple[str, str], float]:
    """Score the pairs of startups and institutes as the institutes' lists do, in points."""
    if not startups:
        return {}
    filters = Filters(ids=frozenset(startups))
    found: dict[tuple[str, str], float] = {}
    for one in institutes:
        scored = sources.matchmaker.scores(
            one, len(startups), programme=programme.id, filters=filters, as_of=as_of
        )
        found |= {
            (placed.profile.id, one.id): placed.score
            for placed in scored.standing
            if placed.topical
        }
    return found


def _pairs(
    home: Mapping[str, Startup], abroad: Mapping[str, Startup], index: SearchIndex, on: date
) -> tuple[list[tuple[Startup, Startup]], bool]:
    """Give the pairs of both sides without a conflict of interest; of too many, the nearest."""
    free = [
        (a, b)
        for a, b in product(home.values(), abroad.values())
        if not _in_conflict(a, b, index, on)
    ]
    if len(free) <= MOST_PAIRS:
        return free, True
    near = _nearness([*home], [*abroad], index)
    at_home, at_abroad = ({id: row for row, id in enumerate(ids)} for ids in (home, abroad))
    free.sort(key=lambda pair: (-near[at_home[pair[0].id], at_abroad[pair[1].id]], pair[0].id))
    return free[:MOST_PAIRS], False


def _in_conflict(a: Startup, b: Startup, index: SearchIndex, on: date) -> bool:
    if b.id in a.conflicts or a.id in b.conflicts:
        return True
    between = index.history.between(a.id, b.id)
    return any(tie.kind is TieKind.CONFLICT and tie.holds(on) for tie in between)


def _nearness(home: list[str], abroad: list[str], index: SearchIndex) -> NDArray[np.float32]:
    """Give the greatest cosine of any facets of n and m startups, shape (n, m); unknown is -1."""
    best = np.full((len(home), len(abroad)), -1.0, np.float32)
    rows = [index.roster.numbers(ids) for ids in (home, abroad)]
    for own, theirs in {*FACET_PAIRS.values(), *((b, a) for a, b in FACET_PAIRS.values())}:
        one = index.facets[Side.STARTUP, own].vectors_at(rows[0])
        other = index.facets[Side.STARTUP, theirs].vectors_at(rows[1])
        best = np.fmax(best, one @ other.T)
    return best


def _possible(
    known: Mapping[tuple[str, str], Complement],
    fits: Mapping[tuple[str, str], float],
    institutes: Iterable[str],
) -> list[Possible]:
    ids = list(institutes)
    found = [
        Possible(
            (a, b, one),
            complement.points + round(fits[a, one] * UNIT) + round(fits[b, one] * UNIT),
        )
        for (a, b), complement in known.items()
        for one in ids
        if (a, one) in fits and (b, one) in fits
    ]
    return sorted(found, key=lambda one: (-one.score, one.ids))
