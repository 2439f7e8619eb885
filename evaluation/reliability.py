"""Owns calibration: whether of the pairs that were given a chance, that share was relevant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.bootstrap import clustered_intervals, resampled_sums
from evaluation.dataset import TestSet
from evaluation.runs import Run
from evaluation.scoring import Figure, known, rounded
from evaluation.slices import FEWEST_CLUSTERS

Floats = NDArray[np.float64]

MOST_BINS = 10
FEWEST_RELEVANT = 10
"""With fewer relevant pairs than this nothing is said of calibration."""

_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs of like chances: what was said of them on average, and what share was relevant.

    `low` and `high` bound that share (95%, bootstrap over clusters); None with fewer than
    `FEWEST_CLUSTERS` clusters.
    """

    chance: float
    share: float
    low: float | None
    high: float | None
    n: int
    clusters: int

    def as_json(self) -> dict[str, float | int | None]:
        """Give the bin as an object, rounded to six digits."""
        numbers = {"chance": self.chance, "share": self.share, "low": self.low, "high": self.high}
        counts = {"n": self.n, "clusters": self.clusters}
        return {**{name: rounded(value) for name, value in numbers.items()}, **counts}


@dataclass(frozen=True, slots=True)
class Reliability:
    """How a system's chances compare with what was relevant.

    `pairs` of the `listed` pairs have a chance. `brier` is the mean squared distance of chance and
    truth (Brier 1950); it is `reliability` - `resolution` + `uncertainty` + `within` (Murphy 1973,
    with the spread within bins of Stephenson et al. 2008), of which `uncertainty` is what the same
    chance for all would cost. `ece` is the mean distance of chance and share over the bins,
    weighted by their pairs. `gap` is the mean chance minus the share of relevant pairs. `n` of a
    figure is the number of pairs; intervals are bootstrapped over clusters with the bins held.
    """

    pairs: int
    listed: int
    relevant: int
    clusters: int
    chance: Figure
    share: Figure
    gap: Figure
    brier: Figure
    reliability: float
    resolution: float
    uncertainty: float
    within: float
    ece: Figure
    bins: tuple[Bin, ...]

    @property
    def verdict(self) -> str:
        """Say "few" where nothing can be said, else whether chances are "high", "low" or "even"."""
        low, high = self.gap.low, self.gap.high
        few = self.clusters < FEWEST_CLUSTERS or self.relevant < FEWEST_RELEVANT
        if few or low is None or high is None:
            return "few"
        return "high" if low > 0 else "low" if high < 0 else "even"

    def as_json(self) -> dict[str, Any]:
        """Give the calibration as one object."""
        figures = ("chance", "share", "gap", "brier", "ece")
        parts = ("reliability", "resolution", "uncertainty", "within")
        return {
            "pairs": self.pairs,
            "listed": self.listed,
            "relevant": self.relevant,
            "clusters": self.clusters,
            **{name: getattr(self, name).as_json() for name in figures},
            **{name: rounded(getattr(self, name)) for name in parts},
            "verdict": self.verdict,
            "bins": [one.as_json() for one in self.bins],
        }


def reliability_of(test_set: TestSet, run: Run, *, seed: int = 0) -> Reliability:
    """Compare the chances of a run with the judgements; a pair nobody judged is not relevant.

    Raises:
        ValueError: for a run that gives no chance.
    """
    clusters = {query.id: query.cluster for query in test_set.queries}
    said = [
        (chance, test_set.qrels[query].get(candidate, 0) > 0, clusters[query])
        for query, found in sorted((run.chances or {}).items())
        for candidate, chance in sorted(found.items())
    ]
    if not said:
        raise ValueError(f"{run.name} gives no chance")
    chances, truths, names = (list(column) for column in zip(*said, strict=True))
    listed = sum(map(len, run.rankings.values()))
    return _measured(np.array(chances, float), np.array(truths, float), names, listed, seed)


def _measured(
    chances: Floats, truths: Floats, clusters: Sequence[str], listed: int, seed: int
) -> Reliability:
    """Measure n chances against n truths (0 or 1), shapes (n,)."""
    columns = {
        "chance": chances,
        "share": truths,
        "gap": chances - truths,
        "brier": (chances - truths) ** 2,
    }
    stacked = np.stack(list(columns.values()), axis=1)
    bounds = clustered_intervals(stacked, clusters, rng=np.random.default_rng(seed))
    figures = {
        name: Figure(float(values.mean()), known(low), known(high), len(chances))
        for (name, values), (low, high) in zip(columns.items(), bounds, strict=True)
    }
    held = _membership(chances)
    sizes = held.sum(axis=0)
    weights = sizes / len(chances)
    apart = (held.T @ chances - held.T @ truths) / sizes
    base, shares = truths.mean(), (held.T @ truths) / sizes
    reliability = float(weights @ apart**2)
    resolution = float(weights @ (shares - base) ** 2)
    uncertainty = float(base * (1 - base))
    return Reliability(
        pairs=len(chances),
        listed=listed,
        relevant=int(truths.sum()),
        clusters=len(set(clusters)),
        **figures,
        reliability=reliability,
        resolution=resolution,
        uncertainty=uncertainty,
        within=figures["brier"].value - (reliability - resolution + uncertainty),
        ece=_expected_error(chances - truths, held, clusters, seed),
        bins=_bins(chances, truths, held, clusters, seed),
    )


def _membership(chances: Floats) -> Floats:
    """Put n chances into up to ten bins of like size, shape (n, bins) of 0 and 1.

    Equal chances stay in one bin, so that there may be fewer bins, of unlike size.
    """
    inner = np.sort(chances)[np.arange(1, MOST_BINS) * len(chances) // MOST_BINS]
    places = np.searchsorted(np.unique(inner), chances, side="right")
    held: Floats = (places[:, None] == np.unique(places)[None, :]).astype(np.float64)
    return held


def _expected_error(gaps: Floats, held: Floats, clusters: Sequence[str], seed: int) -> Figure:
    """Average the distances of the bins' chances and shares, by how many pairs they hold."""
    value = float(np.abs(held.T @ gaps).sum() / len(gaps))
    ones = np.ones((len(gaps), 1))
    flat = np.concatenate([held * gaps[:, None], ones], axis=1)
    drawn = resampled_sums(flat, clusters, rng=np.random.default_rng(seed))
    if drawn is None:
        return Figure(value, None, None, len(gaps))
    errors = np.abs(drawn[:, :-1]).sum(axis=1) / drawn[:, -1]
    low, high = np.quantile(errors, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return Figure(value, float(low), float(high), len(gaps))


def _bins(
    chances: Floats, truths: Floats, held: Floats, clusters: Sequence[str], seed: int
) -> tuple[Bin, ...]:
    bounds = clustered_intervals(
        held * truths[:, None], clusters, held, rng=np.random.default_rng(seed)
    )
    names = np.array(clusters)
    made = []
    for column in range(held.shape[1]):
        rows = held[:, column] > 0
        count = len(np.unique(names[rows]))
        low, high = bounds[column] if count >= FEWEST_CLUSTERS else (np.nan, np.nan)
        means = float(chances[rows].mean()), float(truths[rows].mean())
        made.append(Bin(*means, known(low), known(high), int(rows.sum()), count))
    return tuple(made)
