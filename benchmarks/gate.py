"""Measures how often the gate's rule of gain would pass a model that differs by chance alone.

    python -m benchmarks.gate

Draws sets of queries, each its own cluster, on which two models are equally good: half of the
queries are answered alike, the others better or worse by skewed amounts, as nDCG differs. It takes
about ten seconds.
"""

from __future__ import annotations

import click
import numpy as np
from numpy.typing import NDArray

from evaluation import clustered_intervals, randomisation_test
from evaluation.scoring import LEVEL

SIZES = (5, 10, 20, 30, 60, 200)
SETS = 2_000


def draw(clusters: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw differences of expectation 0, shape (clusters, sets)."""
    shape = (clusters, SETS)
    alike = rng.random(shape) < 0.5
    apart = rng.beta(0.4, 1.2, shape) - rng.beta(0.4, 1.2, shape)
    return np.where(alike, 0.0, apart)


def main() -> None:
    """Print, for each number of clusters, how often the interval and the test err."""
    rng = np.random.default_rng(0)
    click.echo("clusters  interval holds 0  gain by interval  gain by both")
    for clusters in SIZES:
        gaps = draw(clusters, rng)
        names = [str(row) for row in range(clusters)]
        low, high = clustered_intervals(gaps, names, rng=np.random.default_rng(1)).T
        chances = randomisation_test(gaps, names, rng=np.random.default_rng(2))
        holds = ((low <= 0) & (high >= 0)).mean()
        both = ((low > 0) & (chances <= LEVEL)).mean()
        click.echo(f"{clusters:8} {holds:17.1%} {(low > 0).mean():17.1%} {both:13.1%}")


if __name__ == "__main__":
    main()
