"""Owns the whole way from a test set's folder to the report on Dari and its baselines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from evaluation.baselines import Advance, bm25_run, popularity_run, random_run
from evaluation.loading import load
from evaluation.measures import DEFAULT, depth_of
from evaluation.report import Report, report_on
from evaluation.system import dari_run
from index import Encoder, load_encoder
from matcher import Ranker

Progress = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is."""

SEED = 20_241_101


def evaluate_folder(
    folder: Path,
    encoder: Encoder | None = None,
    measures: Sequence[str] = DEFAULT,
    progress: Progress | None = None,
    *,
    ranker: Ranker | None = None,
    seed: int = SEED,
) -> Report:
    """Run Dari, random, popularity and BM25 on a test set, and report on them.

    Args:
        folder: the test set.
        encoder: the encoder that Dari runs with; the one that ships with it if None.
        measures: names as ir-measures has them.
        progress: told of the way that has been gone.
        ranker: the ranker that Dari runs with; the one that ships with it if None.
        seed: where the random baseline and the bootstrap start from.

    Raises:
        DatasetError: for a folder that breaks the format.
        MeasureError: for a measure that is not known.
        DariError: as Dari does.
    """
    tell = progress or _silent
    depth = depth_of(measures)
    tell("Reading the test set", 0, 1)
    test_set = load(folder)
    total = len(test_set.queries)
    runs = [
        dari_run(
            test_set,
            encoder or load_encoder(),
            depth=depth,
            ranker=ranker,
            advance=_counting(tell, "Asking Dari", total),
        ),
        random_run(test_set, rng=np.random.default_rng(seed), depth=depth),
        popularity_run(test_set, depth=depth),
        bm25_run(test_set, depth=depth, advance=_counting(tell, "Asking BM25", total)),
    ]
    tell("Measuring", 0, 1)
    report = report_on(test_set, runs, measures, seed=seed)
    tell("Done", 1, 1)
    return report


def _counting(tell: Progress, description: str, total: int) -> Advance:
    """Make a callback that adds up what it is told and passes the sum on."""
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        tell(description, done, total)

    tell(description, 0, total)
    return advance


def _silent(description: str, done: int, total: int) -> None:
    pass
