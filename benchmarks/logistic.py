"""Compares Dari's ranker with a logistic regression on the same pools, learned from the same folds.

Usage: python -m benchmarks.logistic FOLDER [--own] [--also FOLDER ...] [--out DIR]

FOLDER is a test set (docs/evaluation.md). Its past is made into windows or folds (evaluation.past).
Each is ranked by models that were fitted to all the others; with --own the models are fitted to all
of them, and rank the queries of the set itself. The past of --also is learned from beside it, as
`dari train` does, and never ranked. Told are the measures of each, and the paired difference with
its interval by bootstrap over clusters. --out writes the runs of --own, for `dari evaluate --run`
and `dari compare`.

The regression comes twice: on what a pair plainly has (`PLAIN`), and on all features, what is
unknown included. It may give evidence a negative weight, which Dari's ranker never does.
"""

from __future__ import annotations

import argparse
from functools import partial, reduce
from pathlib import Path

import numpy as np

from benchmarks.ranking import Model, Scores, additive, compare, joined, logistic, only, run
from evaluation import Examples, examples, load, windows
from evaluation.examples import beside
from evaluation.folder import write_runs
from index import load_encoder
from matcher import FEATURE_NAMES

PLAIN = (
    "text_is_is", "text_seeks_offers", "text_is_seeks", "text_seeks_is", "lexical",
    "history", "history_mean", "history_top3",
    "sector_same", "sector_parent", "sector_related", "sector_complementary", "sector_unknown",
    "region_same", "region_paired", "region_near", "region_same_country", "region_unknown",
    "stage_fit", "readiness_fit", "support_fit", "kind_past",
    "prior_tie", "neighbours", "activity", "recency", "countries", "language",
)  # fmt: skip
"""Evidence by facet, the nearest past, how sectors and regions relate, fit, ties and activity.
Without what was made for Dari's ranker: fused and damped sums, the middle of a past, areas of
work, two steps of ties, whom a partner worked with and where."""

MODELS = {
    "dari": additive,
    "logistic-plain": partial(logistic, names=PLAIN),
    "logistic-all": logistic,
}
"""Each fits a model to examples; the first is compared with the others."""


def main() -> None:
    """Print the measures of all models, and how far Dari's is ahead of each regression."""
    given = _parsed()
    sets, encoder = [load(folder) for folder in (given.folder, *given.also)], load_encoder()
    found = [windows(one) for one in sets]
    taught, *others = (examples(of_set, encoder) for of_set in found)
    print(f"{sets[0].name}: {len(found[0])} windows, {len(taught.names):,} queries")
    _tell_varying(taught)
    if not given.own:
        ranked = {name: crossed(name, taught, others) for name in MODELS}
        compare(joined(found[0]), [run(name, taught, scores) for name, scores in ranked.items()])
        return
    asked = examples([sets[0]], encoder)
    runs = [run(name, asked, fitted(name, taught, others)(asked.features)) for name in MODELS]
    compare(sets[0], runs)
    if given.out:
        write_runs(sets[0], runs, given.out)


def fitted(name: str, taught: Examples, others: list[Examples]) -> Model:
    """Fit a model to examples and those of other sets beside them."""
    return MODELS[name](reduce(beside, others, taught))


def crossed(name: str, taught: Examples, others: list[Examples]) -> Scores:
    """Rank each window by a model that was fitted to the others, shape (n,)."""
    scores = np.zeros(len(taught.relevance))
    window = np.array(taught.windows)[taught.queries]
    for number in sorted(set(taught.windows)):
        here = window == number
        scores[here] = fitted(name, only(taught, ~here), others)(taught.features[here])
    return scores


def _tell_varying(taught: Examples) -> None:
    varying = np.ptp(taught.features, axis=0) > 0
    plain = varying[[FEATURE_NAMES.index(name) for name in PLAIN]]
    print(f"{plain.sum()} of {len(PLAIN)} plain features vary, {varying.sum()} of all\n")


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--own", action="store_true", help="rank the queries of the set itself")
    parser.add_argument("--also", type=Path, nargs="+", default=[], help="learn from these too")
    parser.add_argument("--out", type=Path, help="write the runs of --own into this folder")
    return parser.parse_args()


if __name__ == "__main__":
    main()
