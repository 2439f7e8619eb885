"""Owns the calibration of a ranker on a test set: what came of the pairs that it would list."""

from __future__ import annotations

from evaluation.baselines import Advance
from evaluation.dataset import TestSet
from evaluation.system import dari_run
from index import Encoder
from matcher import Calibration, Ranker, calibrate

DEPTH = 50
"""How far down each list pairs are taken: as far as a page shows them."""


def calibration_of(
    window: TestSet, encoder: Encoder, ranker: Ranker, *, advance: Advance | None = None
) -> Calibration:
    """Calibrate a ranker on the lists that it gives for the queries of a test set.

    The lists are made as serving makes them. The window must lie after everything that the ranker
    was fitted to: its own training pairs would make it look surer than it is. A pair came to
    something where it is relevant; one that nobody judged did not, as far as is recorded. Queries
    of one cluster are not independent, and are counted so.

    Raises:
        CalibrationError: if no list holds a pair.
        DariError: as the store, the index and the matchmaker do.
    """
    run = dari_run(window, encoder, depth=DEPTH, ranker=ranker, advance=advance)
    pairs = [
        (score, window.qrels.get(query.id, {}).get(id, 0) > 0, query.cluster)
        for query in window.queries
        for id, score in run.rankings.get(query.id, ())
    ]
    scores, labels, clusters = zip(*pairs, strict=True) if pairs else ((), (), ())
    until = max((query.date for query in window.queries), default=window.cut)
    return calibrate(scores, labels, clusters, population=window.population, until=until)
