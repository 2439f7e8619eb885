"""Owns the agreement of judges: Krippendorff's alpha, its interval, and who differs from whom."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

Table = Mapping[str, Mapping[str, int]]
"""Unit → judge → grade; a judge who has not graded a unit is not in it."""

LEVELS = 4
"""How many grades there are: 0, 1, 2, 3."""

FEWEST_UNITS = 10
"""With fewer units that two have graded nothing is said about agreement."""

FEWEST_CLUSTERS = 5
"""With fewer clusters alpha has no interval: the bootstrap would not vary as samples do."""

RELIABLE, TENTATIVE = 0.8, 0.667
"""Krippendorff (2004), p. 241: from .800 on data are relied on; down to .667 with caution."""

Why = Literal["nobody", "one_judge", "too_few", "no_variance"]
Verdict = Literal["reliable", "tentative", "unreliable", "unsure"]


@dataclass(frozen=True, slots=True)
class Alpha:
    """Krippendorff's alpha: 1 is perfect agreement, 0 that of chance, below 0 is worse than that.

    `low` and `high` bound it with 95% confidence; NaN where there are too few clusters. `units` is
    the number of units that at least two have graded, `grades` that of the grades given of them.
    """

    value: float
    low: float
    high: float
    units: int
    grades: int

    @property
    def has_interval(self) -> bool:
        """Whether there are clusters enough for an interval."""
        return not math.isnan(self.low)

    @property
    def verdict(self) -> Verdict:
        """What can be said of the grades: its low end decides, where there is an interval."""
        low, high = (self.low, self.high) if self.has_interval else (self.value, self.value)
        if low >= TENTATIVE:
            return "reliable" if low >= RELIABLE else "tentative"
        return "unreliable" if high < TENTATIVE else "unsure"


@dataclass(frozen=True, slots=True)
class NoAlpha:
    """That nothing can be said about agreement, and why.

    'nobody': nothing was graded; 'one_judge': no unit was graded by two; 'too_few': fewer than
    `FEWEST_UNITS` were;
    'no_variance': all grades are the same, so that chance alone would agree.
    """

    why: Why
    units: int
    grades: int


def coincidences(grades: Mapping[str, int], levels: int = LEVELS) -> Floats:
    """Count the ordered pairs of grades within one unit, shape (levels, levels).

    Each pair of two judges counts 1 / (m - 1) for m grades (Krippendorff 2011, "Computing
    Krippendorff's alpha-reliability", step 2). Fewer than two grades give zeros.
    """
    if len(grades) < 2:
        return np.zeros((levels, levels))
    counts = np.bincount([*grades.values()], minlength=levels).astype(np.float64)
    found: Floats = (np.outer(counts, counts) - np.diag(counts)) / (len(grades) - 1)
    return found


def alpha_of(found: Floats) -> Floats:
    """Compute ordinal alpha of n coincidence matrices, shape (n, l, l) for l grades, as (n,).

    NaN where expected disagreement is zero: there all grades are one, and agreement has no
    meaning. The squared distance of two grades is that of their ranks: the grades given between
    them, and half of those at both (Krippendorff 2011, ordinal metric).
    """
    totals = found.sum(axis=2)
    pairable = totals.sum(axis=1)
    upto = np.cumsum(totals, axis=1)
    middle = upto - totals / 2
    distance = (middle[:, :, None] - middle[:, None, :]) ** 2
    observed = (found * distance).sum(axis=(1, 2))
    expected = (totals[:, :, None] * totals[:, None, :] * distance).sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        alpha: Floats = 1 - (pairable - 1) * observed / expected
    return np.where(expected > 0, alpha, math.nan)


def agreement(
    table: Table,
    clusters: Mapping[str, str],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 2_000,
) -> Alpha | NoAlpha:
    """Measure the agreement of judges by Krippendorff's alpha for ordinal grades.

    The interval is the percentile bootstrap over whole clusters of units, for the units of one
    cluster (the pairs of one startup) are not independent; resamples without variation are left
    out.

    Args:
        table: the grades 0-3, by unit and judge.
        clusters: unit → cluster.
        rng: where the draws come from.
        level: the share of resampled alphas between the bounds.
        resamples: how many are drawn.
    """
    shared = {unit: grades for unit, grades in sorted(table.items()) if len(grades) > 1}
    units, given = len(shared), sum(map(len, shared.values()))
    if not shared:
        return NoAlpha("one_judge" if any(table.values()) else "nobody", units, given)
    if units < FEWEST_UNITS:
        return NoAlpha("too_few", units, given)
    sums: dict[str, Floats] = {}
    for unit, grades in shared.items():
        cluster = clusters[unit]
        sums[cluster] = sums.get(cluster, 0) + coincidences(grades)
    found = np.stack([sums[cluster] for cluster in sorted(sums)])
    value = float(alpha_of(found.sum(axis=0, keepdims=True))[0])
    if math.isnan(value):
        return NoAlpha("no_variance", units, given)
    low, high = _bounds(found, rng, level, resamples)
    return Alpha(value, low, high, units, given)


def _bounds(
    found: Floats, rng: np.random.Generator, level: float, resamples: int
) -> tuple[float, float]:
    count = len(found)
    if count < FEWEST_CLUSTERS:
        return math.nan, math.nan
    drawn = rng.multinomial(count, np.full(count, 1 / count), size=resamples).astype(np.float64)
    alphas = alpha_of((drawn @ found.reshape(count, -1)).reshape(-1, LEVELS, LEVELS))
    known = alphas[~np.isnan(alphas)]
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def confusion(table: Table, one: str, other: str) -> Counts:
    """Count how often one judge gave a row's grade where the other gave a column's: (4, 4)."""
    found = np.zeros((LEVELS, LEVELS), dtype=np.int64)
    for grades in table.values():
        if one in grades and other in grades:
            found[grades[one], grades[other]] += 1
    return found


def spread(grades: Mapping[str, int]) -> tuple[int, float]:
    """Tell how far the grades of a unit lie apart: highest minus lowest, and their variance."""
    given = [*grades.values()]
    return max(given) - min(given), float(np.var(given))
