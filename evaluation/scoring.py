"""Owns the scored run: its value on every query and measure, and what follows for a slice."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.bootstrap import clustered_intervals
from evaluation.dataset import TestSet
from evaluation.measures import Column, evaluate
from evaluation.paired import randomisation_test
from evaluation.runs import Run
from evaluation.slices import FEWEST_CLUSTERS

Floats = NDArray[np.float64]

DIGITS = 6
PRIMARY = "nDCG@10"
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Figure:
    """The mean of a measure over n queries, with the 95% interval of the bootstrap over clusters.

    `low` and `high` are None where there are fewer than two clusters.
    """

    value: float
    low: float | None
    high: float | None
    n: int

    def as_json(self) -> dict[str, float | int | None]:
        """Give the figure as an object, rounded to six digits."""
        return {
            "value": rounded(self.value),
            "low": rounded(self.low),
            "high": rounded(self.high),
            "n": self.n,
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean of first minus second over n paired queries, its 95% interval and its chance.

    `p` is of the paired randomisation test over clusters, `holm` the same corrected for how many
    were made together. Both are None, and there is no verdict, with fewer than
    `FEWEST_CLUSTERS` clusters.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    clusters: int
    p: float | None
    holm: float | None

    @property
    def verdict(self) -> str:
        """Say "few" where nothing can be said, "even" within noise, else "ahead" or "behind"."""
        if self.holm is None:
            return "few"
        if self.holm > LEVEL:
            return "even"
        return "ahead" if self.value > 0 else "behind"

    def as_json(self) -> dict[str, float | int | str | None]:
        """Give the difference as an object, rounded to six digits."""
        return {
            "difference": rounded(self.value),
            "low": rounded(self.low),
            "high": rounded(self.high),
            "n": self.n,
            "clusters": self.clusters,
            "p": rounded(self.p),
            "holm": rounded(self.holm),
            "verdict": self.verdict,
        }


@dataclass(frozen=True, slots=True)
class Scored:
    """Runs measured on one test set: `values` has shape (systems, queries, measures)."""

    test_set: TestSet
    runs: tuple[Run, ...]
    measures: tuple[str, ...]
    queries: tuple[str, ...]
    clusters: tuple[str, ...]
    values: Floats

    @property
    def primary(self) -> str:
        """The measure that slices are told by: nDCG@10, or the first where that is missing."""
        return PRIMARY if PRIMARY in self.measures else self.measures[0]

    def rows(self, queries: Collection[str]) -> NDArray[np.int64]:
        """Give the rows of some queries."""
        return np.array([row for row, id in enumerate(self.queries) if id in queries], dtype=int)

    def figures(
        self, rows: NDArray[np.int64], seed: int, measures: Sequence[str] | None = None
    ) -> list[dict[str, Figure]]:
        """Average each system's measures over some queries, all from the same resamples.

        Only the given measures are told, all if none are named.
        """
        names = self.measures if measures is None else measures
        chosen = self.values[:, rows, :][:, :, [self.measures.index(name) for name in names]]
        flat = np.moveaxis(chosen, 1, 0).reshape(len(rows), -1)
        bounds = self._bounds(flat, rows, seed).reshape(len(self.runs), len(names), 2)
        return [
            {
                name: Figure(
                    float(chosen[system, :, at].mean()),
                    known(bounds[system, at, 0]),
                    known(bounds[system, at, 1]),
                    len(rows),
                )
                for at, name in enumerate(names)
            }
            for system in range(len(self.runs))
        ]

    def differences(
        self,
        first: int,
        seconds: Sequence[int],
        columns: Sequence[int],
        rows: NDArray[np.int64],
        seed: int,
    ) -> list[list[Difference]]:
        """Compare one run with others on some queries and measures; nothing is corrected yet."""
        if not seconds:
            return []
        gaps = self.values[[first], :, :] - self.values[list(seconds), :, :]
        chosen = gaps[:, rows, :][:, :, list(columns)]
        flat = np.moveaxis(chosen, 1, 0).reshape(len(rows), -1)
        names = [self.clusters[row] for row in rows]
        count = len(set(names))
        bounds = self._bounds(flat, rows, seed)
        chances: Sequence[float | None] = [None] * flat.shape[1]
        if count >= FEWEST_CLUSTERS:
            drawn = randomisation_test(flat, names, rng=np.random.default_rng(seed))
            chances = [float(p) for p in drawn]
        made = [
            Difference(
                float(flat[:, at].mean()),
                known(bounds[at, 0]),
                known(bounds[at, 1]),
                len(rows),
                count,
                chances[at],
                chances[at],
            )
            for at in range(flat.shape[1])
        ]
        size = len(columns)
        return [made[start : start + size] for start in range(0, len(made), size)]

    def _bounds(self, flat: Floats, rows: NDArray[np.int64], seed: int) -> Floats:
        names = [self.clusters[row] for row in rows]
        return clustered_intervals(flat, names, rng=np.random.default_rng(seed))


def score(test_set: TestSet, runs: Sequence[Run], measures: Sequence[str]) -> Scored:
    """Measure runs on every query of a test set.

    Raises:
        MeasureError: for a measure that is not known or cannot be computed.
        RunError: for a run of another test set.
    """
    names = tuple(dict.fromkeys(measures))
    queries = tuple(sorted(test_set.qrels))
    clusters = {query.id: query.cluster for query in test_set.queries}
    shape = (len(queries), len(names))
    tables = [evaluate(test_set.qrels, run, names) for run in runs]
    values = [table[Column.VALUE].to_numpy().reshape(shape) for table in tables]
    stacked = np.stack(values) if values else np.zeros((0, *shape))
    own = tuple(clusters[query] for query in queries)
    return Scored(test_set, tuple(runs), names, queries, own, stacked)


def rounded(value: float | None) -> float | None:
    """Round to six digits; what is not known stays so."""
    return None if value is None else round(value, DIGITS)


def known(bound: float) -> float | None:
    """Give None for a bound that is not there."""
    return None if math.isnan(bound) else float(bound)
