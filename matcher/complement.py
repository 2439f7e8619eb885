"""Owns how two startups complement each other: by the features and the ranker that score pairs.

The model knows pairs of a startup and a partner. So each of the two is read once as the startup and
once as the partner, and the mean of both scores counts. Nothing of it was calibrated: these are
points, and no probability goes with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from index import FACET_PAIRS, Candidate, SearchIndex, with_evidence
from index.passages import PROFILE_FACETS
from matcher.additive import Ranker, score
from matcher.features import FEATURE_NAMES, pair_features
from matcher.needs import own_words
from matcher.pairs import TOPICAL_COSINE, Pair, Scene
from matcher.phrases import phrase
from matcher.words import Commonness, commonness_in, telling_words, text_of
from profiles import Partner, Programme, Side, Startup
from profiles.taxonomy import Names

UNIT = 1024

_SOUGHT = ("text_seeks_offers", "text_seeks_is", "text_is_seeks")

_AS_PARTNER = (
    *("id", "name", "aliases", "summary", "offering", "seeking", "region", "sectors"),
    *("seeks", "offers", "conflicts", "website"),
)


@dataclass(frozen=True, slots=True)
class Complement:
    """How two startups complement each other.

    Attributes:
        points: in 1/1024 point, 0 or more: the mean of the scores of both readings, rounded down.
        parts: what features add to it, in points, the most first.
        words: the rare words that what one seeks and what the other does and offers share.
        joined: whether what one seeks is near what the other is or offers, or both work in one
            sector.
    """

    points: int
    parts: tuple[tuple[Names, float], ...]
    words: Names
    joined: bool


def complements(
    pairs: Sequence[tuple[Startup, Startup]],
    index: SearchIndex,
    ranker: Ranker,
    programme: Programme,
    on: date,
) -> list[Complement]:
    """Tell how the two of each of n pairs of startups complement each other, on a day.

    What is not known of one counts nothing, as in any list; what retrieval alone knows (words by
    BM25, the past) is not known here.
    """
    scene = Scene(index.history, on, programme, (), commonness=commonness_in(index))
    there = _read(pairs, index, scene)
    back = _read([(b, a) for a, b in pairs], index, scene)
    both = [ranker.contributions(pair_features(some)) for some in (there, back)]
    sums = [score(points) for points in both]
    means = (both[0] + both[1]) / 2
    return [
        Complement(
            int((sums[0][row] + sums[1][row]) * UNIT) // 2,
            _parts(means[row]),
            _words(a, b, scene.commonness),
            _joins(there[row]) or _joins(back[row]),
        )
        for row, (a, b) in enumerate(pairs)
    ]


def read_as_partner(startup: Startup) -> Partner:
    """Read a startup as a partner of no kind: what it is, offers and seeks stays as it is."""
    return Partner(**{name: getattr(startup, name) for name in _AS_PARTNER})


def _read(pairs: Sequence[tuple[Startup, Startup]], index: SearchIndex, scene: Scene) -> list[Pair]:
    """Make pairs of which the second is read as a partner, with the cosines of their texts."""
    partners = {b.id: read_as_partner(b) for _, b in pairs}
    near = with_evidence([Candidate(b.id, {}) for _, b in pairs], _cosines(pairs, index))
    return [
        Pair(a, partners[b.id], candidate, scene)
        for (a, b), candidate in zip(pairs, near, strict=True)
    ]


def _cosines(
    pairs: Sequence[tuple[Startup, Startup]], index: SearchIndex
) -> dict[str, NDArray[np.float64]]:
    """Give the cosines of the facets of n pairs, shape (n,) each; NaN where a text is missing."""
    vectors = {
        (end, facet): index.facets[Side.STARTUP, facet].vectors_at(
            index.roster.numbers(pair[end].id for pair in pairs)
        )
        for end in (0, 1)
        for facet in PROFILE_FACETS
    }
    return {
        name: np.einsum("nd,nd->n", vectors[0, own], vectors[1, theirs]).astype(np.float64)
        for name, (own, theirs) in FACET_PAIRS.items()
    }


def _joins(pair: Pair) -> bool:
    evidence = pair.candidate.evidence
    near = max(evidence.get(name, 0.0) for name in _SOUGHT) >= TOPICAL_COSINE
    return near or bool(pair.shared_sectors)


def _parts(points: NDArray[np.float64]) -> tuple[tuple[Names, float], ...]:
    """Name what features add, the most first; what adds nothing is left out."""
    order = sorted(np.flatnonzero(points), key=lambda column: (-points[column], column))
    return tuple(
        (phrase(f"name.{FEATURE_NAMES[column]}"), float(points[column])) for column in order
    )


def _words(a: Startup, b: Startup, commonness: Commonness) -> Names:
    """Name the rare words that what one seeks shares with what the other says of itself."""
    found = [
        telling_words(text_of(one.seeking), own_words(other), commonness)
        for one, other in ((a, b), (b, a))
        if one.seeking
    ]
    return Names(*(_together(one.in_(lang) for one in found) for lang in ("en", "ko")))


def _together(told: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(word for one in told for word in one.split(", ") if word))
