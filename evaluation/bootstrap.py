"""Owns the uncertainty of a mean: bootstrap over clusters of queries."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

_CELLS = 4_000_000
"""Bounds the resampled counts that are in memory at once (32 MB)."""


def clustered_interval(
    values: ArrayLike,
    clusters: Sequence[str] | NDArray[np.str_],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 2000,
) -> tuple[float, float]:
    """Bound the mean of n values by the percentile bootstrap over whole clusters.

    Each resample draws as many clusters as there are, with replacement, and takes the mean of
    all values in them (Cameron, Gelbach and Miller 2008, "pairs cluster bootstrap"). The order
    of the values does not matter.

    Args:
        values: shape (n,), finite.
        clusters: n names; values of one name are not independent.
        rng: where the draws come from.
        level: the share of resampled means between the bounds, in (0, 1).
        resamples: how many means are drawn.

    Returns:
        (low, high); both NaN for fewer than two clusters, which say nothing about variation.

    Raises:
        ValueError: if the shapes differ, a value is not finite, or `level` is outside (0, 1).
    """
    numbers = np.asarray(values, dtype=np.float64)
    names, rows = np.unique(np.asarray(clusters, dtype=np.str_), return_inverse=True)
    if numbers.ndim != 1 or numbers.shape != rows.shape:
        raise ValueError(f"{numbers.shape} values for {rows.shape} clusters")
    if not np.isfinite(numbers).all() or not 0 < level < 1:
        raise ValueError("values must be finite and level between 0 and 1")
    if len(names) < 2:
        return math.nan, math.nan
    order = np.lexsort((numbers, rows))
    sums = np.bincount(rows[order], weights=numbers[order]).astype(np.float64)
    means = _resampled_means(sums, np.bincount(rows), rng, resamples)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _resampled_means(
    sums: NDArray[np.float64], sizes: NDArray[np.int64], rng: np.random.Generator, resamples: int
) -> NDArray[np.float64]:
    """Draw the means of `resamples` resamples of c clusters with these sums and sizes, (c,)."""
    count = len(sums)
    step = max(1, _CELLS // count)
    chances = np.full(count, 1 / count)
    parts = []
    for start in range(0, resamples, step):
        drawn = rng.multinomial(count, chances, size=min(step, resamples - start))
        parts.append((drawn @ sums) / (drawn @ sizes))
    return np.concatenate(parts)
