"""Owns the features of a pair: one function for training and serving."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from index import evidence_for
from matcher.pairs import (
    MANY_SECTORS,
    MANY_STAGES,
    MANY_SUPPORTS,
    TEXT_FEATURES,
    TOPICAL_COSINE,
    Pair,
    Scene,
    closeness,
    joining,
    programmes_with,
    thinned,
)
from matcher.traits import (
    RELATIONS,
    Trait,
    Traits,
    Words,
    columns_of,
    near_sectors_in,
    sectors_in,
)
from profiles import AnyProfile
from profiles.taxonomy import country_of

LEXICAL_HALF = 4.0
"""The score of shared words that counts one half."""

HISTORY_LEXICAL_HALF = 0.4
"""The damped BM25 score of past subjects, for a word of the startup's text, that counts one half.
"""

HALVES: Mapping[str, float] = {
    "lexical": LEXICAL_HALF,
    "history_lexical": HISTORY_LEXICAL_HALF,
    "history_word": HISTORY_LEXICAL_HALF,
    "history_all": 1.0,
    "area": 1.0,
    "retrieval": 1.0,
    "neighbours": 1.0,
    "neighbours_linked": 10.0,
}
"""Of what has no bound, the value v that counts one half: v / (v + half)."""

MANY_RULES = 3
"""The number of rules met from which a programme that nobody asked for counts in full."""

MANY_TIES = 50
"""The number of past ties from which activity counts in full."""

MOST_TIES = 10_000
"""The number of past ties from which activity whatever it was about counts in full."""

MOST_ALIKE = 1_000
"""The number of those worked with who are like the startup from which they count in full."""

HALF_LIFE = 730.0
"""The days after which the newest tie counts one half of what it counted on its day."""

FEATURE_NAMES: tuple[str, ...] = (
    *TEXT_FEATURES,
    "lexical",
    "retrieval",
    "history",
    "history_mean",
    "history_top3",
    "history_all",
    "history_word",
    "history_lexical",
    "focus",
    "area",
    "sector_same",
    "sector_parent",
    "sector_related",
    "sector_complementary",
    "sector_sibling",
    "region_same",
    "region_paired",
    "region_near",
    "region_same_country",
    "region_joined",
    "support_fit",
    "wish_fit",
    "stage_fit",
    "readiness_fit",
    "kind_past",
    "programme",
    "prior_tie",
    "neighbours",
    "neighbours_linked",
    "activity",
    "activity_all",
    "recency",
    "countries",
    "past_region",
    "past_sector",
    "language",
    "seeking_unknown",
    "offering_unknown",
    "sought_unknown",
    "history_unknown",
    "focus_unknown",
    "area_unknown",
    "sector_unknown",
    "region_unknown",
    "support_unknown",
    "wish_unknown",
    "stage_unknown",
    "readiness_unknown",
    "kind_unknown",
    "neighbours_unknown",
    "recency_unknown",
    "countries_unknown",
    "past_region_unknown",
    "past_sector_unknown",
    "language_unknown",
)

_FLAGS_OF: Mapping[str, tuple[str, ...]] = {
    "text_seeks_offers": ("seeking_unknown", "offering_unknown"),
    "text_seeks_is": ("seeking_unknown",),
    "text_is_seeks": ("sought_unknown",),
    "past_region": ("past_region_unknown",),
    "past_sector": ("past_sector_unknown",),
}
"""The flags that say of a feature that it is unknown, where they are not of its first word."""

_OF_SUBJECTS = ("history_mean", "history_top3", "history_word", "history_all", "history_lexical")
_OF_PAST = {
    "focus": ("focus",),
    "area": ("area",),
    "neighbours": ("neighbours", "neighbours_linked"),
    "kind_past": ("kind_past",),
    "countries": ("countries",),
}

_OF_CIRCLE = ("past_region", "past_sector")

_COLUMN = {name: column for column, name in enumerate(FEATURE_NAMES)}

T = TypeVar("T", bound=Hashable)
Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Column = Numbers | Flags
Columns = Iterator[tuple[str, Column]]


def flags_of(name: str) -> tuple[str, ...]:
    """Name the features that are 1 where this one is unknown; none where it is always known."""
    flag = f"{name.partition('_')[0]}_unknown"
    return _FLAGS_OF.get(name, (flag,) if flag in _COLUMN else ())


def pair_features(pairs: Sequence[Pair]) -> NDArray[np.float32]:
    """Compute the features of n pairs, shape (n, f) in the order of `FEATURE_NAMES`.

    Values are cosines in [-1, 1] for texts and history, else shares in [0, 1]; docs/ranking.md says
    what each means. What is not known is 0 there, and 1 in the feature that says so
    (`..._unknown`).
    """
    values = np.zeros((len(pairs), len(FEATURE_NAMES)), dtype=np.float32)
    for scene, rows in _by_scene(pairs):
        for name, column in _Compared(scene, [pairs[row] for row in rows]).columns():
            values[rows, _COLUMN[name]] = column
    return values


class _Compared:
    """Pairs of one scene whose sides stand in columns, and the features that come of them."""

    def __init__(self, scene: Scene, pairs: Sequence[Pair]) -> None:
        self._scene = scene
        self._pairs = pairs
        startups, of_startup = _traits(scene, [pair.startup for pair in pairs])
        partners, of_partner = _traits(scene, [pair.partner for pair in pairs])
        self._startup_of = of_startup
        self._startups = columns_of(startups)[:, of_startup]
        self._partners = columns_of(partners)[:, of_partner]
        self._startup_ids = [pair.startup.id for pair in pairs]
        self._partner_ids = [pair.partner.id for pair in pairs]
        self._regions, self._region_of = _distinct([pair.startup.region for pair in pairs])
        self._places, places = _distinct([one.places for one in partners])
        self._places_of = places[of_partner]
        self._found = evidence_for([pair.candidate for pair in pairs])
        self._topical = np.zeros(len(pairs), dtype=bool)

    def columns(self) -> Columns:
        """Give each feature that is not zero for all, shape (n,)."""
        yield from self._text()
        yield from self._sector()
        yield from self._past()
        yield from self._record()
        yield from self._company()
        yield from self._region()
        yield from self._overlap("support", self._startups, self._partners)
        yield from self._overlap("wish", self._partners, self._startups)
        yield from self._stage()
        yield "programme", self._programmes()

    def _text(self) -> Columns:
        for name in TEXT_FEATURES:
            cosines = self._found(name, 0.0)
            self._topical |= cosines >= TOPICAL_COSINE
            yield name, cosines
        yield "lexical", _bounded("lexical", self._found("lexical", 0.0))
        yield "retrieval", _bounded("retrieval", self._found("fused", 0.0))
        own, theirs = self._startups[Trait.LANGUAGES], self._partners[Trait.LANGUAGES]
        yield "language", (own & theirs) != 0
        yield "language_unknown", (own == 0) | (theirs == 0)
        yield "seeking_unknown", self._startups[Trait.LACKS_SEEKING] != 0
        yield "offering_unknown", self._partners[Trait.LACKS_OFFERING] != 0
        yield "sought_unknown", self._partners[Trait.LACKS_SEEKING] != 0

    def _sector(self) -> Columns:
        own, theirs = sectors_in(self._startups), sectors_in(self._partners)
        count = _count(own)
        known = (count > 0) & (_count(theirs) > 0)
        apart = own & ~theirs
        others = np.maximum(_count(theirs & ~own), _count(apart))
        told = thinned(others, MANY_SECTORS)
        yield "sector_unknown", ~known
        yield "sector_same", told * _share(_count(own & theirs), count, known)
        few = others <= MANY_SECTORS
        for relation in RELATIONS:
            found = apart & near_sectors_in(self._partners, relation)
            yield f"sector_{relation}", told * _share(_count(found), count, known)
            apart = apart & ~found
        self._topical |= known & few & (_count(apart) < count)

    def _past(self) -> Columns:
        near = self._found("history", math.nan)
        known = ~np.isnan(near)
        self._topical |= known & (near >= TOPICAL_COSINE)
        yield "history", np.where(known, near, 0.0)
        yield "history_unknown", ~known
        for name in _OF_SUBJECTS:
            yield name, _bounded(name, np.where(known, self._found(name, 0.0), 0.0))

    def _record(self) -> Columns:
        together = self._together()
        counts, newest = self._records(together)
        dated, days = newest > 0, self._scene.as_of.toordinal() - newest
        yield "prior_tie", together > 0
        yield "activity", np.where(self._topical, _logarithmic(counts, MANY_TIES), 0.0)
        yield "activity_all", _logarithmic(counts, MOST_TIES)
        yield "recency", np.where(dated, 0.5 ** (days / HALF_LIFE), 0.0)
        yield "recency_unknown", ~dated

    def _company(self) -> Columns:
        for first, names in _OF_PAST.items():
            known = ~np.isnan(self._found(first, math.nan))
            yield flags_of(first)[0], ~known
            for name in names:
                yield name, _bounded(name, np.where(known, self._found(name, 0.0), 0.0))
        for name in _OF_CIRCLE:
            counts = self._found(name, math.nan)
            known = ~np.isnan(counts)
            yield f"{name}_unknown", ~known
            yield name, _logarithmic(np.where(known, counts, 0.0), MOST_ALIKE)

    def _region(self) -> Columns:
        here = np.array([region is not None for region in self._regions])[self._region_of]
        known = here & np.array([places != () for places in self._places])[self._places_of]
        asked = self._region_of * len(self._places) + self._places_of
        different, row = np.unique(asked, return_inverse=True)
        across = [self._across(region) for region in self._regions]
        found = [
            _stands(self._regions[region], self._places[places], across[region])
            for region, places in (divmod(key, len(self._places)) for key in different.tolist())
        ]
        same, near, same_country, joined = np.array(found)[row].T
        yield "region_unknown", ~known
        yield "region_paired", np.where(self._topical, 1.0, 0.5) * self._paired()
        yield "region_same", same
        yield "region_near", near
        yield "region_same_country", same_country
        yield "region_joined", joined

    def _across(self, region: str | None) -> frozenset[str]:
        """Give the countries with which running programmes join that of a region."""
        found = joining(self._scene, region) if region else []
        return frozenset(country for _, abroad in found for country in abroad)

    def _paired(self) -> Flags:
        """Mark the pairs of which the partner is paired with the startup's region, shape (n,)."""
        found = np.zeros(len(self._pairs), dtype=bool)
        for row, ties in enumerate(map(self._scene.pairings, self._partner_ids)):
            if ties:
                region = self._pairs[row].startup.region
                found[row] = region is not None and any(tie.region == region for tie in ties)
        return found

    def _together(self) -> NDArray[np.int64]:
        """Count what the two of each pair did together before the day, shape (n,)."""
        asking, others = self._startup_ids, self._partner_ids
        if len(set(asking)) > len(set(others)):
            asking, others = others, asking
        counts = {id: _deeds_with_others(self._scene, id) for id in set(asking)}
        if not any(counts.values()):
            return np.zeros(len(asking), np.int64)
        return np.array([counts[one][other] for one, other in zip(asking, others, strict=True)])

    def _records(self, together: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Count what each partner did with others, and give the newest day's ordinal, (n,) each.

        The day is 0 where none is known.
        """
        counts, newest = self._scene.history.records(self._partner_ids, self._scene.as_of)
        for row in np.flatnonzero(together).tolist():
            last = self._pairs[row].last_day
            newest[row] = last.toordinal() if last else 0
        return counts - together, newest

    def _programmes(self) -> Numbers:
        """Score the best programme that each pair fits, shape (n,)."""
        found = np.zeros(len(self._pairs))
        scene = self._scene.only_with(self._partner_ids)
        if not (scene.programme or scene.programmes):
            return found
        for number in range(1 + int(self._startup_of.max())):
            rows = np.flatnonzero(self._startup_of == number).tolist()
            partners = {self._partner_ids[row] for row in rows}
            best = programmes_with(scene, self._pairs[rows[0]].startup, partners)
            for row in rows if best else ():
                if (shared := best.get(self._partner_ids[row])) is not None:
                    found[row] = _of_programme(self._scene, shared[1])
        return found

    def _overlap(self, name: str, wanting: Words, giving: Words) -> Columns:
        wanted, given = wanting[Trait.SEEKS], giving[Trait.OFFERS]
        known = (wanted != 0) & (given != 0)
        yield f"{name}_unknown", ~known
        both = np.bitwise_count(wanted & given)
        apart = np.maximum(np.bitwise_count(given & ~wanted), np.bitwise_count(wanted & ~given))
        told = thinned(apart, MANY_SUPPORTS)
        yield f"{name}_fit", told * _share(both, np.bitwise_count(wanted), known)

    def _stage(self) -> Columns:
        own, taken = self._startups[Trait.STAGES], self._partners[Trait.STAGES]
        yield "stage_unknown", (own == 0) | (taken == 0)
        told = thinned(np.bitwise_count(taken & ~own), MANY_STAGES)
        yield "stage_fit", told * ((own & taken) != 0)
        ready, wanted = self._startups[Trait.TRL], self._partners[Trait.TRL]
        known = (ready > 0) & (wanted > 0)
        yield "readiness_unknown", ~known
        yield "readiness_fit", known & (ready >= wanted)


def _stands(
    here: str | None, places: tuple[str, ...], across: frozenset[str]
) -> tuple[float, float, float, float]:
    """Tell how places stand to a region: as `closeness`, and whether a programme joins the two."""
    if here is None:
        return 0.0, 0.0, 0.0, 0.0
    joined = bool(across) and any(country_of(place) in across for place in places)
    return *closeness(here, places), float(joined)


def _traits(scene: Scene, profiles: Sequence[AnyProfile]) -> tuple[list[Traits], NDArray[np.int64]]:
    """Give the traits of those of n profiles that differ, and the place among them of each."""
    different = {id(one): one for one in profiles}
    traits = list(map(scene.traits_of, different.values()))
    return traits, _distinct(list(map(id, profiles)))[1]


def _count(words: Words) -> NDArray[np.int64]:
    """Count the bits of n columns of w words, shape (n,)."""
    counted: NDArray[np.int64] = np.bitwise_count(words).sum(axis=0, dtype=np.int64)
    return counted


def _share(some: NDArray[Any], of: NDArray[Any], known: Flags) -> Numbers:
    """Divide where both are known; else it is 0."""
    return np.where(known, some / np.maximum(of, 1), 0.0)


def _bounded(name: str, values: Numbers) -> Numbers:
    """Bring what has no bound into 0 to 1; the rest stays as it is."""
    return values / (values + HALVES[name]) if name in HALVES else values


def _deeds_with_others(scene: Scene, id: str) -> Counter[str]:
    ties = scene.history.of(id, scene.as_of)
    return Counter(tie.b if tie.a == id else tie.a for tie in ties)


def _by_scene(pairs: Sequence[Pair]) -> Iterator[tuple[Scene, Sequence[int]]]:
    scenes = [id(pair.scene) for pair in pairs]
    for scene in set(scenes):
        rows = [row for row, one in enumerate(scenes) if one == scene]
        yield pairs[rows[0]].scene, rows


def _logarithmic(counts: NDArray[Any], most: int) -> Numbers:
    """Score counts by their logarithm, from `most` in full."""
    share: Numbers = np.minimum(1.0, np.log1p(counts) / math.log1p(most))
    return share


def _distinct(values: Sequence[T]) -> tuple[list[T], NDArray[np.int64]]:
    """Give the different ones of n values, and the place among them of each, shape (n,)."""
    place: dict[T, int] = {}
    rows = [place.setdefault(value, len(place)) for value in values]
    return list(place), np.array(rows, np.int64)


def _of_programme(scene: Scene, met: int) -> float:
    return 1.0 if scene.programme is not None else min(1.0, met / MANY_RULES)
