"""Owns the features of a pair: one function for training and serving."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from index import Candidate, History
from matcher.eligibility import rules_met
from profiles import Partner, Programme, Startup, Text, Tie, TieKind
from profiles.taxonomy import country_of, distance_km, sector_relation

LEXICAL_HALF = 10.0
"""The BM25 score that counts one half."""

HISTORY_LEXICAL_HALF = 0.4
"""The damped BM25 score of past subjects, for a word of the startup's text, that counts one half.
"""

NEAR_KM = 40.0
"""The distance at which nearness has fallen to 1/e."""

TOPICAL_COSINE = 0.2
"""The cosine from which texts speak of related things (9 in 10 unrelated pairs stay below)."""

MANY_RULES = 3
"""The number of rules met from which a programme that nobody asked for counts in full."""

MANY_TIES = 50
"""The number of past ties from which activity counts in full."""

_NEARNESS = {"parent": 1.0, "related": 1.0, "complementary": 0.5, "sibling": 0.5}


@dataclass(frozen=True, slots=True)
class Scene:
    """What features may know beside the two profiles: the past before `as_of`, and programmes."""

    history: History
    as_of: date
    programme: Programme | None
    programmes: Sequence[Programme]
    name_of: Callable[[str], Text | str] = str
    """Names a profile that is neither of the pair, by its id."""


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
    def near_sectors(self) -> tuple[tuple[str, str, float], ...]:
        """The startup's other sectors with the partner's nearest one and how near it is (0..1]."""
        return tuple(
            (code, *near)
            for code in self.startup.sectors
            if code not in self.partner.sectors and (near := self._nearest(code))
        )

    def _nearest(self, code: str) -> tuple[str, float] | None:
        found = [(_nearness(code, b), b) for b in self.partner.sectors]
        best = max(found, key=lambda pair: pair[0], default=(0.0, ""))
        return (best[1], best[0]) if best[0] > 0 else None

    @cached_property
    def topical(self) -> bool:
        """Whether anything says that the two work on related things: sectors, texts, the past."""
        evidence = self.candidate.evidence
        cosines = [evidence.get(name, 0.0) for name in (*TEXT_FEATURES, "history")]
        return bool(self.shared_sectors or self.near_sectors) or max(cosines) >= TOPICAL_COSINE

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Where the partner works: its seat, then its sites."""
        seat = (self.partner.region,) if self.partner.region else ()
        return tuple(dict.fromkeys((*seat, *self.partner.sites)))

    @cached_property
    def distance(self) -> float | None:
        """Kilometres between the startup and the partner's nearest place in the same country."""
        here = self.startup.region
        if here is None:
            return None
        there = [p for p in self.places if country_of(p) == country_of(here)]
        found = [
            d for p in there if "-" in p and "-" in here and (d := distance_km(here, p)) is not None
        ]
        return min(found, default=None)

    @cached_property
    def pairing(self) -> Tie | None:
        """The policy pairing of the partner with the startup's region, valid on the day."""
        if self.startup.region is None:
            return None
        pairings = self.scene.history.pairings(self.partner.id, self.scene.as_of)
        return next((tie for tie in pairings if tie.region == self.startup.region), None)

    @cached_property
    def shared_programme(self) -> tuple[Programme, int] | None:
        """The programme that both fit with the most rules met, and how many those are."""
        asked = self.scene.programme
        programmes = [asked] if asked else self.scene.programmes
        found = [
            (met, programme)
            for programme in programmes
            if self.partner.id in programme.partners
            and (met := rules_met(self.startup, programme)) is not None
            and (met > 0 or asked)
        ]
        best = max(found, key=lambda pair: pair[0], default=None)
        return (best[1], best[0]) if best else None

    @cached_property
    def prior_ties(self) -> list[Tie]:
        """What the two did together before the day."""
        ties = self.scene.history.between(self.startup.id, self.partner.id)
        return [
            tie
            for tie in ties
            if tie.kind not in (TieKind.CONFLICT, TieKind.PAIRING)
            and (tie.valid_from is None or tie.valid_from < self.scene.as_of)
        ]

    @cached_property
    def past_ties(self) -> int:
        """How many ties the partner had with others than this startup before the day."""
        whole = self.scene.history.count(self.partner.id, self.scene.as_of)
        return whole - len(self.prior_ties)


@cache
def _nearness(a: str, b: str) -> float:
    """Score how near two sectors are; there are few, so all that is asked is kept."""
    return _NEARNESS.get(sector_relation(a, b), 0.0)


def _sector(pair: Pair) -> Mapping[str, float]:
    if not pair.startup.sectors or not pair.partner.sectors:
        return {"sector_unknown": 1.0}
    n = len(pair.startup.sectors)
    near = sum(nearness for *_, nearness in pair.near_sectors)
    return {"sector_same": len(pair.shared_sectors) / n, "sector_near": near / n}


def _region(pair: Pair) -> Mapping[str, float]:
    here = pair.startup.region
    if here is None:
        return {"region_unknown": 1.0}
    paired = {"region_paired": _paired(pair)}
    if not pair.places:
        return {"region_unknown": 1.0, **paired}
    same = here in pair.places
    apart = None if same else pair.distance
    near = math.exp(-apart / NEAR_KM) if apart is not None else 0.0
    at_home = any(country_of(place) == country_of(here) for place in pair.places)
    return {
        "region_same": float(same),
        **paired,
        "region_near": near,
        "region_same_country": float(at_home),
    }


def _paired(pair: Pair) -> float:
    """Count a pairing in full where the two have a subject in common, else one half."""
    if pair.pairing is None:
        return 0.0
    return 1.0 if pair.topical else 0.5


def _support(pair: Pair) -> Mapping[str, float]:
    startup, partner = pair.startup, pair.partner
    return {
        **_overlap("support", startup.seeks, partner.offers),
        **_overlap("wish", partner.seeks, startup.offers),
    }


def _overlap(name: str, wanted: Sequence[str], given: Sequence[str]) -> dict[str, float]:
    if not wanted or not given:
        return {f"{name}_unknown": 1.0}
    return {f"{name}_fit": len(set(wanted) & set(given)) / len(wanted)}


def _stage(pair: Pair) -> Mapping[str, float]:
    if pair.startup.stage is None or not pair.partner.stages:
        return {"stage_unknown": 1.0}
    return {"stage_fit": float(pair.startup.stage in pair.partner.stages)}


def _policy(pair: Pair) -> Mapping[str, float]:
    shared = pair.shared_programme
    if shared is None:
        return {"programme": 0.0}
    asked = pair.scene.programme is not None
    return {"programme": 1.0 if asked else min(1.0, shared[1] / MANY_RULES)}


def _past(pair: Pair) -> Mapping[str, float]:
    found = {
        "prior_tie": float(bool(pair.prior_ties)),
        "activity": _activity(pair) if pair.topical else 0.0,
    }
    near = pair.candidate.evidence.get("history")
    if near is None:
        return {**found, "history_unknown": 1.0}
    words = pair.candidate.evidence.get("history_lexical", 0.0)
    return {**found, "history": near, "history_lexical": words / (words + HISTORY_LEXICAL_HALF)}


def _activity(pair: Pair) -> float:
    return min(1.0, math.log1p(pair.past_ties) / math.log1p(MANY_TIES))


def _text(pair: Pair) -> Mapping[str, float]:
    evidence = pair.candidate.evidence
    words = evidence.get("lexical", 0.0)
    found = {name: evidence[name] for name in TEXT_FEATURES if name in evidence}
    lacking = {
        "seeking_unknown": pair.startup.seeking,
        "offering_unknown": pair.partner.offering,
        "sought_unknown": pair.partner.seeking,
    }
    unknown = {name: 1.0 for name, text in lacking.items() if text is None}
    return {**found, **unknown, "lexical": words / (words + LEXICAL_HALF)}


TEXT_FEATURES = ("text_is_is", "text_seeks_offers", "text_is_seeks", "text_seeks_is")

FEATURE_NAMES: tuple[str, ...] = (
    *TEXT_FEATURES,
    "lexical",
    "history",
    "history_lexical",
    "sector_same",
    "sector_near",
    "region_same",
    "region_paired",
    "region_near",
    "region_same_country",
    "support_fit",
    "wish_fit",
    "stage_fit",
    "programme",
    "prior_tie",
    "activity",
    "seeking_unknown",
    "offering_unknown",
    "sought_unknown",
    "history_unknown",
    "sector_unknown",
    "region_unknown",
    "support_unknown",
    "wish_unknown",
    "stage_unknown",
)

_SIGNALS: tuple[Callable[[Pair], Mapping[str, float]], ...] = (
    _text,
    _past,
    _sector,
    _region,
    _support,
    _stage,
    _policy,
)
_COLUMN = {name: column for column, name in enumerate(FEATURE_NAMES)}


def pair_features(pairs: Sequence[Pair]) -> NDArray[np.float32]:
    """Compute the features of n pairs, shape (n, f) in the order of `FEATURE_NAMES`.

    Values are cosines in [-1, 1] for texts and history, else shares in [0, 1]. What is not known
    is 0 there, and 1 in the feature that says so (`..._unknown`).
    """
    values = np.zeros((len(pairs), len(FEATURE_NAMES)), dtype=np.float32)
    for row, pair in enumerate(pairs):
        for signal in _SIGNALS:
            for name, value in signal(pair).items():
                values[row, _COLUMN[name]] = value
    return values
