"""Owns a pair: a startup and a partner, and what can be told of the two."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index import Candidate, History
from matcher.eligibility import rules_met
from matcher.traits import RELATIONS, Traits, languages_of, places_of, relation, traits_of
from matcher.words import Commonness, unknown_commonness
from profiles import (
    AnyProfile,
    Partner,
    Programme,
    ProgrammeKind,
    Startup,
    Text,
    Tie,
    TieKind,
)
from profiles.taxonomy import SectorRelation, country_of, distance_km

NEAR_KM = 40.0
"""The distance at which nearness has fallen to 1/e."""

MANY_SECTORS, MANY_SUPPORTS, MANY_STAGES, MANY_PLACES = 12, 6, 3, 8
"""How many a profile may name beside what the two share before that thins out what it says.

What the partners of the catalogue name stays within it, but for one or two.
"""

THINNING = 8
"""The power by which more than that thins out."""

TOPICAL_COSINE = 0.2
"""The cosine from which texts speak of related things (9 in 10 unrelated pairs stay below)."""

TEXT_FEATURES = ("text_is_is", "text_seeks_offers", "text_is_seeks", "text_seeks_is")

_ACROSS = (ProgrammeKind.BILATERAL, ProgrammeKind.CLUSTER_HUB)

Numbers = NDArray[np.integer[Any]]
Doubles = NDArray[np.float64]

_NOT_DEEDS = (TieKind.CONFLICT, TieKind.PAIRING)


@dataclass(frozen=True, slots=True)
class Scene:
    """What features may know beside the two profiles: the past before `as_of`, and programmes."""

    history: History
    as_of: date
    programme: Programme | None
    programmes: Sequence[Programme]
    name_of: Callable[[str], Text | str] = str
    """Names a profile that is neither of the pair, by its id."""
    traits_of: Callable[[AnyProfile], Traits] = traits_of
    """Gives the traits of a profile; whoever knows them already gives those."""
    known_pairings: Mapping[str, Sequence[Tie]] | None = None
    """The policy pairings on the day of all partners; history is asked if they are not given."""
    commonness: Commonness = unknown_commonness
    """Tells how common words are among all profiles."""

    def only_with(self, partners: Collection[str]) -> Scene:
        """Leave out the running programmes that have none of some partners."""
        some = set(partners)
        running = [one for one in self.programmes if not some.isdisjoint(one.partners)]
        return replace(self, programmes=running)

    def pairings(self, id: str) -> Sequence[Tie]:
        """Give the policy pairings of a partner that are valid on the day, by id."""
        if self.known_pairings is None:
            return self.history.pairings(id, self.as_of)
        return self.known_pairings[id]


@dataclass(frozen=True)
class Pair:
    """A startup and a partner, with the evidence that retrieval found for them."""

    startup: Startup
    partner: Partner
    candidate: Candidate
    scene: Scene

    @cached_property
    def shared_sectors(self) -> tuple[str, ...]:
        """The startup's sectors that the partner has."""
        return tuple(code for code in self.startup.sectors if code in self.partner.sectors)

    @cached_property
    def near_sectors(self) -> tuple[tuple[str, str, SectorRelation], ...]:
        """The startup's other sectors with the partner's nearest one and how that stands to it."""
        return tuple(
            (code, *near)
            for code in self.startup.sectors
            if code not in self.partner.sectors and (near := self._nearest(code))
        )

    def _nearest(self, code: str) -> tuple[str, SectorRelation] | None:
        found = [(b, relation(code, b)) for b in self.partner.sectors]
        near = [one for one in found if one[1] in RELATIONS]
        return min(near, key=lambda one: RELATIONS.index(one[1]), default=None)

    @cached_property
    def topical(self) -> bool:
        """Whether anything says that the two work on related things: sectors, texts, the past."""
        evidence = self.candidate.evidence
        cosines = [evidence.get(name, 0.0) for name in (*TEXT_FEATURES, "history")]
        return self._near_by_sector or max(cosines) >= TOPICAL_COSINE

    @property
    def _near_by_sector(self) -> bool:
        """Whether sectors meet; of one who names nearly all of them that says nothing."""
        most = max(len(self.startup.sectors), len(self.partner.sectors))
        few = most - len(self.shared_sectors) <= MANY_SECTORS
        return few and bool(self.shared_sectors or self.near_sectors)

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Where the partner works: its seat, then its sites."""
        return places_of(self.partner)

    @cached_property
    def distance(self) -> float | None:
        """Kilometres between the startup and the partner's nearest place in the same country."""
        return None if self.startup.region is None else _distance(self.startup.region, self.places)

    @cached_property
    def pairing(self) -> Tie | None:
        """The policy pairing of the partner with the startup's region, valid on the day."""
        if self.startup.region is None:
            return None
        pairings = self.scene.pairings(self.partner.id)
        return next((tie for tie in pairings if tie.region == self.startup.region), None)

    @cached_property
    def shared_programme(self) -> tuple[Programme, int] | None:
        """The programme that both fit with the most rules met, and how many those are."""
        return programmes_with(self.scene, self.startup, {self.partner.id}).get(self.partner.id)

    @cached_property
    def joining_programme(self) -> Programme | None:
        """The first running programme that joins a country of the partner's with the startup's."""
        found = joining(self.scene, self.startup.region) if self.startup.region else []
        theirs = {country_of(place) for place in self.places}
        return next((programme for programme, abroad in found if abroad & theirs), None)

    @cached_property
    def languages(self) -> list[str]:
        """The languages in which both say anything beside their names."""
        theirs = languages_of(self.partner)
        return [lang for lang in languages_of(self.startup) if lang in theirs]

    @cached_property
    def neighbours(self) -> list[str]:
        """The ids of those with whom both have ties before the day."""
        ends = self.startup.id, self.partner.id
        mine, theirs = (
            {end for tie in self.scene.history.of(id, self.scene.as_of) for end in (tie.a, tie.b)}
            for id in ends
        )
        return sorted((mine & theirs).difference(ends))

    @cached_property
    def last_day(self) -> date | None:
        """The newest day before the one that counts of a partner's tie with others."""
        ties = self.scene.history.of(self.partner.id, self.scene.as_of, apart_from=self.startup.id)
        return max((tie.valid_from for tie in ties if tie.valid_from), default=None)

    @cached_property
    def prior_ties(self) -> list[Tie]:
        """What the two did together before the day."""
        return prior_ties(self.scene, self.startup.id, self.partner.id)

    @cached_property
    def past_ties(self) -> int:
        """How many ties the partner had with others than this startup before the day."""
        whole = self.scene.history.count(self.partner.id, self.scene.as_of)
        return whole - len(self.prior_ties)


def thinned(others: Numbers, many: int) -> Doubles:
    """Tell how much a share counts where so many others are named beside it, shape (n,), 0 to 1.

    Beyond `many` it falls with the eighth power: who ticks all says nothing of each. What is
    shared is not counted, so that naming one more that is wanted never costs.
    """
    found: Doubles = (many / np.maximum(others, many)) ** THINNING
    return found


class Nearness(NamedTuple):
    """How the places of a partner stand to a startup's region, each 0 to 1."""

    same: float
    near: float
    same_country: float


@lru_cache(maxsize=50_000)
def closeness(here: str, places: tuple[str, ...]) -> Nearness:
    """Tell how some places stand to a region; there are few such pairs, so they are kept."""
    same = here in places
    apart = None if same else _distance(here, places)
    near = math.exp(-apart / NEAR_KM) if apart is not None else 0.0
    at_home = any(country_of(place) == country_of(here) for place in places)
    told = float(thinned(np.array(len(places) - same), MANY_PLACES))
    return Nearness(told * same, told * near, float(at_home))


def _distance(here: str, places: Sequence[str]) -> float | None:
    there = [p for p in places if country_of(p) == country_of(here)]
    found = [
        d for p in there if "-" in p and "-" in here and (d := distance_km(here, p)) is not None
    ]
    return min(found, default=None)


def programmes_with(
    scene: Scene, startup: Startup, partners: Collection[str]
) -> dict[str, tuple[Programme, int]]:
    """Give, for each of some partners, the programme that both fit with the most rules met.

    Beside it stands how many rules those are. Of several it is the first; a partner without any
    is left out.
    """
    asked = scene.programme
    best: dict[str, tuple[Programme, int]] = {}
    for programme in [asked] if asked else scene.programmes:
        members = [id for id in programme.partners if id in partners]
        met = rules_met(startup, programme) if members else None
        if met is None or not (met > 0 or asked):
            continue
        for id in members:
            if id not in best or met > best[id][1]:
                best[id] = programme, met
    return best


def joining(scene: Scene, here: str) -> list[tuple[Programme, frozenset[str]]]:
    """Give the running programmes that join a region's country with others, and those countries.

    Such are bilateral platforms and cluster hubs that name both.
    """
    home, asked = country_of(here), scene.programme
    return [
        (one, frozenset(one.countries) - {home})
        for one in ([asked] if asked else scene.programmes)
        if one.kind in _ACROSS and home in one.countries
    ]


def prior_ties(scene: Scene, startup: str, partner: str) -> list[Tie]:
    """Give what a startup and a partner did together before the day, by id."""
    return [
        tie
        for tie in scene.history.between(startup, partner)
        if tie.kind not in _NOT_DEEDS and (tie.valid_from is None or tie.valid_from < scene.as_of)
    ]
