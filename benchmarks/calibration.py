"""Measures what the bounds of a calibration are worth, where the true rates are known.

    python -m benchmarks.calibration [--draws 8] [FOLDER]

Lists are drawn whose pairs share the luck of their cluster; printed is the share of scores whose
true rate lies within the bounds: those of Venn-Abers alone, those that take each pair as
independent, and those that know of clusters. With the folder of a test set, Dari's own lists for it
are split into two halves of clusters, six times: one half calibrates, and printed is how often the
bounds enclose the rate of the other half in six ranges of scores.
"""

from __future__ import annotations

import argparse
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matcher import Calibration, calibrate

DAY = date(2025, 1, 1)
LISTS = ((300, 1, 0.0), (80, 20, 1.5), (150, 10, 1.0), (80, 20, 0.0))
CUTS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 1.0)
WAYS = {"Venn-Abers alone": (False, 0), "independent": (False, 200), "clusters": (True, 200)}

Numbers = NDArray[np.float64]
Pairs = tuple[Numbers, Numbers, NDArray[np.int64]]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=8)
    parser.add_argument("folder", nargs="?", type=Path)
    given = parser.parse_args()
    print(f"| clusters, pairs of each, shared luck | {' | '.join(WAYS)} |")
    print("|---|---:|---:|---:|")
    for lists in LISTS:
        found = [study(*lists, way=way, draws=given.draws)[0] for way in WAYS]
        print(f"| {', '.join(map(str, lists))} | {' | '.join(f'{one:.2f}' for one in found)} |")
    if given.folder is not None:
        halves(given.folder)


def drawn(rng: np.random.Generator, clusters: int, size: int, spread: float) -> Pairs:
    """Draw lists whose pairs share the luck of their cluster, `spread` of it in log-odds.

    Pairs of one cluster have scores near each other, as those of one list have.
    """
    cluster = np.repeat(np.arange(clusters), size)
    near = rng.gamma(3, 6, clusters)[cluster] + rng.normal(0, 2, len(cluster))
    scores = np.clip(np.round(near), 0, 100)
    odds = -3.5 + 0.12 * scores + rng.normal(0, spread, clusters)[cluster]
    labels = (rng.random(len(cluster)) < 1 / (1 + np.exp(-odds))).astype(float)
    return scores, labels, cluster


def truth(scores: Numbers, spread: float) -> Numbers:
    """Give the rate of all pairs with a score, over the luck of clusters."""
    luck = np.random.default_rng(5).normal(0, spread, 2_000)
    rates: Numbers = (1 / (1 + np.exp(3.5 - 0.12 * scores[:, None] - luck))).mean(axis=1)
    return rates


def made(pairs: Pairs, way: str) -> Calibration:
    """Calibrate in one of `WAYS`."""
    told, resamples = WAYS[way]
    names = [str(one) for one in pairs[2]] if told else None
    rng = np.random.default_rng(3)
    return calibrate(*pairs[:2], names, population="x", until=DAY, rng=rng, resamples=resamples)


def study(
    clusters: int, size: int, spread: float, *, way: str, draws: int = 8
) -> tuple[float, Numbers]:
    """Give the share of scores whose true rate the bounds enclose, and mean low, rate and high.

    The means are over pairs that were drawn later.
    """
    rng, covered, means = np.random.default_rng(11), [], []
    grid = np.arange(4.0, 44.0, 2.0)
    for _ in range(draws):
        one = made(drawn(rng, clusters, size, spread), way)
        low, high = one.intervals(grid).T
        rates = truth(grid, spread)
        covered.append(((low <= rates) & (rates <= high)).mean())
        later, came, _ = drawn(rng, clusters, size, spread)
        low, high = one.intervals(later).mean(axis=0)
        means.append([low, came.mean(), high])
    return float(np.mean(covered)), np.mean(means, axis=0)


def halves(folder: Path) -> None:
    """Print how often the bounds of one half of a test set's clusters hold for the other half."""
    pairs = listed(folder)
    rng = np.random.default_rng(3)
    splits = [rng.random(pairs[2].max() + 1) < 0.5 for _ in range(6)]
    print(f"\n{len(pairs[0]):,} pairs of {pairs[2].max() + 1} clusters, {pairs[1].sum():.0f} came")
    for way in WAYS:
        held = np.mean([_held(pairs, split[pairs[2]], way) for split in splits])
        print(f"{way}: the rate of the other half lies within the bounds in {held:.2f} of cases")


def listed(folder: Path) -> Pairs:
    """Give the pairs that Dari lists for the queries of a test set, 50 deep."""
    from evaluation import dari_run, load
    from index import load_encoder

    test_set = load(folder)
    run = dari_run(test_set, load_encoder(), depth=50)
    found = [
        (score, test_set.qrels[query.id].get(id, 0) > 0, query.cluster)
        for query in test_set.queries
        for id, score in run.rankings[query.id]
    ]
    scores, labels, clusters = zip(*found, strict=True)
    return np.array(scores), np.array(labels, float), np.unique(clusters, return_inverse=True)[1]


def _held(pairs: Pairs, half: NDArray[np.bool_], way: str) -> float:
    scores, labels, cluster = pairs
    one = made((scores[half], labels[half], cluster[half]), way)
    order = np.argsort(scores[~half], kind="stable")
    scores, labels = scores[~half][order], labels[~half][order]
    bounds = one.intervals(scores)
    ends = [int(cut * len(scores)) for cut in CUTS]
    held = []
    for start, end in pairwise(ends):
        low, high = bounds[start:end].mean(axis=0)
        held.append(low <= labels[start:end].mean() <= high)
    return float(np.mean(held))


if __name__ == "__main__":
    main()
