"""Owns the paired test of two runs, and the correction for testing several times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROUNDS = 10_000
_CLOSE = 1e-12
"""Sums that differ by no more than this share of all that was added are taken as equal."""
_CELLS = 4_000_000
"""Bounds the signs that are in memory at once (32 MB)."""


def randomisation_test(
    differences: Floats,
    clusters: Sequence[str],
    *,
    rng: np.random.Generator,
    rounds: int = ROUNDS,
) -> Floats:
    """Tell how often chance alone parts two runs as far as they are, both ways.

    If the runs were exchangeable, the sign of each cluster's sum of differences would be a matter
    of chance (Smucker, Allan and Carterette 2007, with clusters in the place of queries). All
    2^c signs are tried where they are no more than `rounds`, else `rounds` are drawn, and the one
    observed counts among them (Phipson and Smyth 2010), so that p is never 0.

    Args:
        differences: shape (n, m), of n queries by m measures.
        clusters: n names; the signs of one name are drawn together.
        rng: where the signs come from.
        rounds: how many are drawn.

    Returns:
        shape (m,), p in (0, 1].
    """
    names, rows = np.unique(np.asarray(clusters, dtype=np.str_), return_inverse=True)
    sums = np.zeros((len(names), differences.shape[1]))
    np.add.at(sums, rows, differences)
    least = np.abs(sums.sum(axis=0)) - _CLOSE * np.abs(sums).sum(axis=0)
    exact = 2 ** len(names) <= rounds
    parts = [_all_signs(len(names))] if exact else _signs(len(names), rounds, rng)
    reached = sum((np.abs(signs @ sums) >= least).sum(axis=0) for signs in parts)
    chances: Floats = reached / 2 ** len(names) if exact else (1 + reached) / (1 + rounds)
    return chances


def _all_signs(count: int) -> Floats:
    numbers = np.arange(2**count)[:, None] >> np.arange(count)[None, :]
    return np.where(numbers & 1, 1.0, -1.0)


def _signs(count: int, rounds: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Draw the signs of c clusters in r rounds, in parts of shape (r, c)."""
    step = max(1, _CELLS // count)
    for start in range(0, rounds, step):
        drawn = rng.integers(0, 2, size=(min(step, rounds - start), count))
        yield drawn.astype(np.float64) * 2 - 1


def holm(chances: Sequence[float]) -> list[float]:
    """Correct p values for their number (Holm 1979): the chance of one false finding among all."""
    count = len(chances)
    corrected = [0.0] * count
    highest = 0.0
    for place, row in enumerate(sorted(range(count), key=lambda row: chances[row])):
        highest = max(highest, min(1.0, (count - place) * chances[row]))
        corrected[row] = highest
    return corrected
