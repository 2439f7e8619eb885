"""Owns what a run does to those who are listed: how many are seen, how evenly, and from where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.bootstrap import clustered_intervals
from evaluation.dataset import TestSet
from evaluation.runs import Run
from evaluation.scoring import known, rounded
from evaluation.slices import place_of
from profiles.taxonomy import is_capital_area

Floats = NDArray[np.float64]

PLACES = 10
CURVE_POINTS = 50
CAPITAL, ELSEWHERE = "capital", "elsewhere"


@dataclass(frozen=True, slots=True)
class Share:
    """The share of attention that a group gets, with its 95% interval, beside its share of all.

    `fair` is what the group would get if each query showed its candidates by chance; `n` is how
    many candidates it has.
    """

    exposure: float
    low: float | None
    high: float | None
    fair: float
    n: int

    def as_json(self) -> dict[str, float | int | None]:
        """Give the share as an object, rounded to six digits."""
        numbers = {"exposure": self.exposure, "low": self.low, "high": self.high, "fair": self.fair}
        return {**{name: rounded(value) for name, value in numbers.items()}, "n": self.n}


@dataclass(frozen=True, slots=True)
class Exposure:
    """What the first ten places of a run's lists do to the candidates of the test set.

    `coverage` is the share of all candidates that are in some list; `gini` tells how unevenly
    attention is spread over them (0 evenly, 1 all on one); `curve` holds the cumulated share of
    attention of the least seen x of the candidates, shape (points, 2). `regions` are provinces of
    Korea, else countries. `capital` compares Seoul, Incheon and Gyeonggi with the rest of Korea,
    among candidates in Korea; it is empty where none is listed. Attention falls with the rank as
    1 / log2(rank + 1), and is one in all for each query that is answered (Singh and Joachims 2018).
    """

    candidates: int
    coverage: float
    gini: float
    regions: Mapping[str, Share]
    capital: Mapping[str, Share]
    curve: Floats

    def as_json(self) -> dict[str, Any]:
        """Give the exposure as one object."""
        return {
            "places": PLACES,
            "candidates": self.candidates,
            "coverage": rounded(self.coverage),
            "gini": rounded(self.gini),
            "regions": {name: share.as_json() for name, share in self.regions.items()},
            "capital": {name: share.as_json() for name, share in self.capital.items()},
        }


def exposure_of(test_set: TestSet, run: Run, *, seed: int = 0) -> Exposure:
    """Measure the attention that a run gives to candidates and to their regions."""
    ids = sorted(set().union(*test_set.candidates.values()))
    seen = _attention(test_set, run)
    totals = dict.fromkeys(ids, 0.0)
    for attention in seen.values():
        for id, share in attention.items():
            totals[id] += share
    places = {id: place_of(test_set.answers[id].region) for id in ids}
    korean = {id: _area(test_set.answers[id].region) for id in ids}
    within = {id: area for id, area in korean.items() if area}
    spread = np.sort(np.array(list(totals.values())))
    return Exposure(
        candidates=len(ids),
        coverage=float((spread > 0).mean()) if len(ids) else 0.0,
        gini=gini(spread),
        regions=_shares(test_set, seen, places, seed),
        capital=_shares(test_set, seen, within, seed),
        curve=_curve(spread),
    )


def gini(values: Floats) -> float:
    """Tell how unevenly n values of at least zero are spread: 0 evenly, (n - 1) / n all on one.

    Half the mean absolute difference of two values, over their mean (Gini 1912); 0 where there is
    nothing to spread.
    """
    ordered = np.sort(values)
    count, total = len(ordered), float(ordered.sum())
    if not count or total <= 0:
        return 0.0
    ranks = np.arange(1, count + 1)
    return float(2 * (ranks * ordered).sum() / (count * total) - (count + 1) / count)


def _attention(test_set: TestSet, run: Run) -> dict[str, dict[str, float]]:
    """Give each answered query's attention to its first places, one in all."""
    weights = 1 / np.log2(np.arange(2, PLACES + 2))
    seen = {}
    for query in sorted(test_set.qrels):
        allowed = test_set.candidates_of(query)
        shown = [id for id in run.ids(query)[:PLACES] if id in allowed]
        if shown:
            own = weights[: len(shown)] / weights[: len(shown)].sum()
            seen[query] = dict(zip(shown, own.tolist(), strict=True))
    return seen


def _shares(
    test_set: TestSet,
    seen: Mapping[str, Mapping[str, float]],
    groups: Mapping[str, str],
    seed: int,
) -> dict[str, Share]:
    """Give the share of each group of candidates, among the candidates that are in a group."""
    names = sorted(set(groups.values()))
    queries = sorted(seen)
    column = {name: at for at, name in enumerate(names)}
    got = np.zeros((len(queries), len(names)))
    fair = np.zeros((len(queries), len(names)))
    counted: dict[frozenset[str], Floats] = {}
    for row, query in enumerate(queries):
        for id, share in seen[query].items():
            if id in groups:
                got[row, column[groups[id]]] += share
        listed = test_set.candidates_of(query)
        if listed not in counted:
            counted[listed] = _counts(listed, groups, column)
        fair[row] = counted[listed]
    whole, possible = got.sum(), fair.sum()
    if not names or whole <= 0:
        return {}
    clusters = {query.id: query.cluster for query in test_set.queries}
    bounds = clustered_intervals(
        got,
        [clusters[query] for query in queries],
        got.sum(axis=1, keepdims=True),
        rng=np.random.default_rng(seed),
    )
    sizes = _counts(frozenset(groups), groups, column, share=False)
    return {
        name: Share(
            float(got[:, at].sum() / whole),
            known(bounds[at, 0]),
            known(bounds[at, 1]),
            float(fair[:, at].sum() / possible) if possible else 0.0,
            int(sizes[at]),
        )
        for name, at in column.items()
    }


def _counts(
    listed: frozenset[str],
    groups: Mapping[str, str],
    column: Mapping[str, int],
    *,
    share: bool = True,
) -> Floats:
    """Count the candidates of each group, or their shares of the whole list."""
    counts = np.zeros(len(column))
    for id in listed:
        if id in groups:
            counts[column[groups[id]]] += 1
    return counts / len(listed) if share else counts


def _curve(ordered: Floats) -> Floats:
    """Give points of the Lorenz curve, shape (points, 2), from (0, 0) to (1, 1)."""
    total = ordered.sum()
    if not len(ordered) or total <= 0:
        return np.array([[0.0, 0.0], [1.0, 1.0]])
    reached = np.concatenate([[0.0], np.cumsum(ordered) / total])
    at = np.unique(np.linspace(0, len(ordered), CURVE_POINTS).round().astype(int))
    return np.stack([at / len(ordered), reached[at]], axis=1)


def _area(region: str | None) -> str | None:
    capital = is_capital_area(region) if region else None
    return None if capital is None else CAPITAL if capital else ELSEWHERE
