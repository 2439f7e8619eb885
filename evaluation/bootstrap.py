"""Owns the uncertainty of a mean: bootstrap over clusters of queries."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

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
    if numbers.ndim != 1:
        raise ValueError(f"values of shape {numbers.shape}; there must be one dimension")
    ones = np.ones((len(numbers), 1))
    low, high = clustered_intervals(
        numbers[:, None], clusters, ones, rng=rng, level=level, resamples=resamples
    )[0]
    return float(low), float(high)


def clustered_intervals(
    values: Floats,
    clusters: Sequence[str] | NDArray[np.str_],
    weights: Floats | None = None,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 2000,
) -> Floats:
    """Bound m ratios of sums over n rows at once, all from the same resampled clusters.

    Column j is bounded as sum of values / sum of weights; with weights of one it is a mean. A
    resample whose weights sum to zero is left out of that column.

    Args:
        values: shape (n, m), finite.
        clusters: n names; rows of one name are not independent.
        weights: shape (n, m) or (n, 1), at least zero; ones if None.
        rng: where the draws come from.
        level: the share of resampled ratios between the bounds, in (0, 1).
        resamples: how many are drawn.

    Returns:
        shape (m, 2), low and high; NaN for fewer than two clusters, or without any weight.

    Raises:
        ValueError: if the shapes differ, a value is not finite, or `level` is outside (0, 1).
    """
    if not 0 < level < 1:
        raise ValueError("the level must lie between 0 and 1")
    bounds = np.full((values.shape[1], 2), math.nan)
    weights = np.ones((len(values), 1)) if weights is None else weights
    both = np.concatenate([values, weights], axis=1)
    drawn = resampled_sums(both, clusters, rng=rng, resamples=resamples)
    if drawn is None:
        return bounds
    for column in range(values.shape[1]):
        above = drawn[:, column]
        below = drawn[:, values.shape[1] + min(column, weights.shape[1] - 1)]
        ratios = above[below > 0] / below[below > 0]
        if len(ratios):
            bounds[column] = np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2])
    return bounds


def resampled_sums(
    values: Floats,
    clusters: Sequence[str] | NDArray[np.str_],
    *,
    rng: np.random.Generator,
    resamples: int = 2000,
) -> Floats | None:
    """Sum m columns over n rows in each of r resamples of whole clusters.

    Args:
        values: shape (n, m), finite.
        clusters: n names; rows of one name are drawn together.
        rng: where the draws come from.
        resamples: r.

    Returns:
        shape (r, m), or None for fewer than two clusters, which cannot be resampled.

    Raises:
        ValueError: if the shapes differ, or a value is not finite.
    """
    names, rows = np.unique(np.asarray(clusters, dtype=np.str_), return_inverse=True)
    if len(values) != len(rows):
        raise ValueError(f"{values.shape} values for {rows.shape} clusters")
    if not np.isfinite(values).all():
        raise ValueError("values must be finite")
    if len(names) < 2:
        return None
    sums = _sums(values, rows)
    return np.concatenate([part @ sums for part in _draws(len(names), rng, resamples)])


def _sums(values: Floats, rows: NDArray[np.int64]) -> Floats:
    """Sum the columns of (n, m) by cluster, (c, m); the order of the rows does not matter."""
    columns = []
    for numbers in values.T:
        order = np.lexsort((numbers, rows))
        columns.append(np.bincount(rows[order], weights=numbers[order]))
    return np.stack(columns, axis=1).astype(np.float64)


def _draws(count: int, rng: np.random.Generator, resamples: int) -> Iterator[Floats]:
    """Draw how often each of c clusters is in each of r resamples, in parts of shape (r, c)."""
    step = max(1, _CELLS // count)
    chances = np.full(count, 1 / count)
    for start in range(0, resamples, step):
        drawn = rng.multinomial(count, chances, size=min(step, resamples - start))
        yield drawn.astype(np.float64)
