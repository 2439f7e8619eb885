"""Owns the features of a pair: one function for training and serving."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcher.pairs import (
    TEXT_FEATURES,
    TOPICAL_COSINE,
    Pair,
    Scene,
    closeness,
    programmes_with,
)
from matcher.traits import (
    Trait,
    Traits,
    Words,
    columns_of,
    levels,
    near_sectors_in,
    sectors_in,
)
from profiles import AnyProfile

LEXICAL_HALF = 10.0
"""The BM25 score that counts one half."""

HISTORY_LEXICAL_HALF = 0.4
"""The damped BM25 score of past subjects, for a word of the startup's text, that counts one half.
"""

MANY_RULES = 3
"""The number of rules met from which a programme that nobody asked for counts in full."""

MANY_TIES = 50
"""The number of past ties from which activity counts in full."""

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


_COLUMN = {name: column for column, name in enumerate(FEATURE_NAMES)}

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Column = Numbers | Flags
Columns = Iterator[tuple[str, Column]]


def pair_features(pairs: Sequence[Pair]) -> NDArray[np.float32]:
    """Compute the features of n pairs, shape (n, f) in the order of `FEATURE_NAMES`.

    Values are cosines in [-1, 1] for texts and history, else shares in [0, 1]. What is not known
    is 0 there, and 1 in the feature that says so (`..._unknown`).
    """
    values = np.zeros((len(pairs), len(FEATURE_NAMES)), dtype=np.float32)
    if pairs:
        for name, column in _Compared(pairs).columns():
            values[:, _COLUMN[name]] = column
    return values


class _Compared:
    """Pairs whose sides stand in columns, and the features that come of them."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self._pairs = pairs
        startups, of_startup = _traits(pairs[0].scene, [pair.startup for pair in pairs])
        partners, of_partner = _traits(pairs[0].scene, [pair.partner for pair in pairs])
        self._startups = columns_of(startups)[:, of_startup]
        self._partners = columns_of(partners)[:, of_partner]
        self._places = [partners[place].places for place in of_partner]
        self._evidence = [pair.candidate.evidence for pair in pairs]
        self._topical = np.zeros(len(pairs), dtype=bool)

    def columns(self) -> Columns:
        """Give each feature that is not zero for all, shape (n,)."""
        yield from self._text()
        yield from self._sector()
        yield from self._past()
        yield from self._region()
        yield from self._overlap("support", self._startups, self._partners)
        yield from self._overlap("wish", self._partners, self._startups)
        yield from self._stage()
        yield "programme", _programmes(self._pairs)

    def _text(self) -> Columns:
        for name in TEXT_FEATURES:
            cosines = self._found(name)
            self._topical |= cosines >= TOPICAL_COSINE
            yield name, cosines
        words = self._found("lexical")
        yield "lexical", words / (words + LEXICAL_HALF)
        yield "seeking_unknown", self._startups[Trait.LACKS_SEEKING] != 0
        yield "offering_unknown", self._partners[Trait.LACKS_OFFERING] != 0
        yield "sought_unknown", self._partners[Trait.LACKS_SEEKING] != 0

    def _sector(self) -> Columns:
        own, theirs = sectors_in(self._startups), sectors_in(self._partners)
        count = _count(own)
        known = (count > 0) & (_count(theirs) > 0)
        apart = own & ~theirs
        near = np.zeros(len(count))
        for level, value in enumerate(levels()):
            found = apart & near_sectors_in(self._partners, level)
            near += value * _count(found)
            apart = apart & ~found
        shared = _count(own & theirs)
        self._topical |= known & ((shared > 0) | (near > 0))
        yield "sector_unknown", ~known
        yield "sector_same", _share(shared, count, known)
        yield "sector_near", _share(near, count, known)

    def _past(self) -> Columns:
        near = self._found("history", absent=math.nan)
        known = ~np.isnan(near)
        words = np.where(known, self._found("history_lexical"), 0.0)
        self._topical |= known & (near >= TOPICAL_COSINE)
        together = _together(self._pairs)
        yield "prior_tie", together > 0
        yield "activity", _activities(self._pairs, together, self._topical)
        yield "history", np.where(known, near, 0.0)
        yield "history_unknown", ~known
        yield "history_lexical", words / (words + HISTORY_LEXICAL_HALF)

    def _region(self) -> Columns:
        here = [pair.startup.region for pair in self._pairs]
        known = np.array([
            a is not None and b != () for a, b in zip(here, self._places, strict=True)
        ])
        found = [
            closeness(region, places) if region else _NOWHERE
            for region, places in zip(here, self._places, strict=True)
        ]
        same, near, same_country = np.array(found).T
        yield "region_unknown", ~known
        yield "region_paired", np.where(self._topical, 1.0, 0.5) * _paired(self._pairs)
        yield "region_same", same
        yield "region_near", near
        yield "region_same_country", same_country

    def _overlap(self, name: str, wanting: Words, giving: Words) -> Columns:
        wanted, given = wanting[Trait.SEEKS], giving[Trait.OFFERS]
        known = (wanted != 0) & (given != 0)
        yield f"{name}_unknown", ~known
        both = np.bitwise_count(wanted & given)
        yield f"{name}_fit", _share(both, np.bitwise_count(wanted), known)

    def _stage(self) -> Columns:
        own, taken = self._startups[Trait.STAGES], self._partners[Trait.STAGES]
        yield "stage_unknown", (own == 0) | (taken == 0)
        yield "stage_fit", (own & taken) != 0

    def _found(self, name: str, *, absent: float = 0.0) -> Numbers:
        return np.array([evidence.get(name, absent) for evidence in self._evidence])


_NOWHERE = (0.0, 0.0, 0.0)


def _traits(scene: Scene, profiles: Sequence[AnyProfile]) -> tuple[list[Traits], list[int]]:
    """Give the traits of those of n profiles that differ, and the place among them of each."""
    different = {id(one): one for one in profiles}
    place = {key: place for place, key in enumerate(different)}
    return [scene.traits_of(one) for one in different.values()], [place[id(p)] for p in profiles]


def _count(words: Words) -> NDArray[np.int64]:
    """Count the bits of n columns of w words, shape (n,)."""
    counted: NDArray[np.int64] = np.bitwise_count(words).sum(axis=0, dtype=np.int64)
    return counted


def _share(some: NDArray[Any], of: NDArray[Any], known: Flags) -> Numbers:
    """Divide where both are known; else it is 0."""
    return np.where(known, some / np.maximum(of, 1), 0.0)


def _together(pairs: Sequence[Pair]) -> NDArray[np.int64]:
    """Count what the two of each pair did together before the day, shape (n,)."""
    counts: dict[tuple[int, str], Counter[str]] = {}
    few_startups = len({pair.startup.id for pair in pairs}) < len({
        pair.partner.id for pair in pairs
    })
    found = []
    for pair in pairs:
        ends = pair.startup.id, pair.partner.id
        own, other = ends if few_startups else ends[::-1]
        key = id(pair.scene), own
        if key not in counts:
            counts[key] = _deeds_with_others(pair.scene, own)
        found.append(counts[key][other])
    return np.array(found)


def _deeds_with_others(scene: Scene, id: str) -> Counter[str]:
    ties = scene.history.of(id, scene.as_of)
    return Counter(tie.b if tie.a == id else tie.a for tie in ties)


def _activities(pairs: Sequence[Pair], together: NDArray[np.int64], topical: Flags) -> Numbers:
    """Score what each partner did with others, shape (n,); where the topic is another, it is 0."""
    found = np.zeros(len(pairs))
    for row in np.flatnonzero(topical).tolist():
        scene, partner = pairs[row].scene, pairs[row].partner
        found[row] = _active(scene.history.count(partner.id, scene.as_of) - together[row])
    return found


@lru_cache(maxsize=10_000)
def _active(ties: int) -> float:
    return min(1.0, math.log1p(ties) / math.log1p(MANY_TIES))


def _paired(pairs: Sequence[Pair]) -> Flags:
    """Mark the pairs of which the partner is paired with the startup's region."""
    found = np.zeros(len(pairs), dtype=bool)
    for row, pair in enumerate(pairs):
        region = pair.startup.region
        if region is not None and (ties := pair.scene.pairings(pair.partner.id)):
            found[row] = any(tie.region == region for tie in ties)
    return found


def _programmes(pairs: Sequence[Pair]) -> Numbers:
    """Score the best programme that each pair fits, shape (n,)."""
    found = np.zeros(len(pairs))
    groups: dict[tuple[int, int], list[int]] = {}
    for row, pair in enumerate(pairs):
        groups.setdefault((id(pair.scene), id(pair.startup)), []).append(row)
    for rows in groups.values():
        scene, startup = pairs[rows[0]].scene, pairs[rows[0]].startup
        best = programmes_with(scene, startup, {pairs[row].partner.id for row in rows})
        for row in rows if best else ():
            found[row] = _of_programme(scene, best.get(pairs[row].partner.id))
    return found


def _of_programme(scene: Scene, shared: tuple[object, int] | None) -> float:
    if shared is None:
        return 0.0
    return 1.0 if scene.programme is not None else min(1.0, shared[1] / MANY_RULES)
