"""Compares rankers on the same pools: additive, logistic, boosted trees, LambdaMART, cold start.

Usage: python -m benchmarks.ranking FOLDER [--own]        (pip install "dari[ranking-peers]")

FOLDER is a test set (docs/evaluation.md). Its past is made into windows or folds (evaluation.past);
each is ranked by models that were fitted to all the others. With --own the models are fitted to all
of them, and rank the queries of the set itself: so a quarter held out before the cut is looked at.
Times are CPU time of one thread.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluation import Examples, Run, TestSet, examples, holm, load, windows
from evaluation.scoring import Scored, score
from index import load_encoder
from matcher import FEATURE_NAMES, AdditiveRanker, cold_start
from matcher import score as total
from matcher.training import fit

MEASURES = ("nDCG@10", "P@10", "R@50", "RR")
SEED = 20_241_101
MOST = 1_000
SHOWN = 20
TREES = 150

Scores = NDArray[np.float64]
Model = Callable[[NDArray[np.float32]], Scores]
Rows = NDArray[np.bool_]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--own", action="store_true")
    parser.add_argument("--only", nargs="+", choices=list(FITTERS), default=list(FITTERS))
    given = parser.parse_args()
    test_set, encoder = load(given.folder), load_encoder()
    found = windows(test_set)
    print(f"{test_set.name}: {len(found)} windows, {found[0].name} to {found[-1].name}\n")
    taught = examples(found, encoder)
    print(f"{len(taught.names):,} queries, {len(taught.relevance):,} pairs\n")
    if given.own:
        asked, past = examples([test_set], encoder), test_set
        ranked = {name: FITTERS[name](taught)(asked.features) for name in given.only}
    else:
        asked, past = taught, joined(found)
        ranked = {name: crossed(FITTERS[name], taught) for name in given.only}
    compare(past, [run(name, asked, scores) for name, scores in ranked.items()])
    speed(taught, given.only)


def crossed(fitter: Callable[[Examples], Model], taught: Examples) -> Scores:
    """Rank each window by a model that was fitted to the others, shape (n,)."""
    scores = np.zeros(len(taught.relevance))
    window = np.array(taught.windows)[taught.queries]
    for number in sorted(set(taught.windows)):
        here = window == number
        scores[here] = fitter(only(taught, ~here))(taught.features[here])
    return scores


def only(taught: Examples, rows: Rows) -> Examples:
    """Keep some rows; what is held by query stays, and is not looked at by a fit."""
    return replace(
        taught,
        features=taught.features[rows],
        relevance=taught.relevance[rows],
        queries=taught.queries[rows],
        clusters=taught.clusters[rows],
        weights=taught.weights[rows],
    )


def joined(found: Sequence[TestSet]) -> TestSet:
    """Make one set of the queries of all windows, to be measured together."""
    return replace(
        found[0],
        queries=tuple(query for one in found for query in one.queries),
        qrels={id: judged for one in found for id, judged in one.qrels.items()},
        candidates={id: ids for one in found for id, ids in one.candidates.items()},
    )


def run(name: str, asked: Examples, scores: Scores) -> Run:
    """Make a run of the scores of all pairs."""
    found: dict[str, dict[str, float]] = {}
    for row, number in enumerate(asked.queries.tolist()):
        found.setdefault(asked.names[number], {})[asked.candidates[row]] = float(scores[row])
    return Run.of(name, found)


def compare(test_set: TestSet, runs: Sequence[Run]) -> None:
    """Print each run on each track, and how far the first is from the others."""
    scored = score(test_set, runs, MEASURES)
    tracks = [*test_set.tracks, None] if len(test_set.tracks) > 1 else [None]
    print(f"| track | queries | model | {' | '.join(MEASURES)} |")
    print("|---|---|---|" + "---|" * len(MEASURES))
    for track in tracks:
        rows = rows_of(scored, track)
        for one, figures in zip(runs, scored.figures(rows, SEED), strict=True):
            said = (f"{f.value:.3f} {between(f.low, f.high)}" for f in figures.values())
            print(f"| {track or 'all'} | {len(rows)} | {one.name} | {' | '.join(said)} |")
    print(f"\n| {runs[0].name} minus | track | {' | '.join(MEASURES)} |")
    print("|---|---|" + "---|" * len(MEASURES))
    others = list(range(1, len(runs)))
    for track in tracks:
        gaps = scored.differences(
            0, others, list(range(len(MEASURES))), rows_of(scored, track), SEED
        )
        chances = [corrected([g.p for g in column]) for column in zip(*gaps, strict=True)]
        for place, (other, row) in enumerate(zip(others, gaps, strict=True)):
            said = (
                f"{g.value:+.3f} {between(g.low, g.high, '+')} {chances[at][place]}"
                for at, g in enumerate(row)
            )
            print(f"| {runs[other].name} | {track or 'all'} | {' | '.join(said)} |")


def between(low: float | None, high: float | None, sign: str = "") -> str:
    """Tell an interval, or that one cluster has none."""
    return "[none]" if low is None or high is None else f"[{low:{sign}.3f} {high:{sign}.3f}]"


def corrected(chances: Sequence[float | None]) -> list[str]:
    """Tell p of each, corrected for all that have one; with few clusters there is none."""
    told = iter(holm([p for p in chances if p is not None]))
    return ["few" if p is None else f"p {next(told):.3f}" for p in chances]


def rows_of(scored: Scored, track: str | None) -> NDArray[np.int64]:
    """Give the rows of a track, or all."""
    return scored.rows({q.id for q in scored.test_set.queries if track in (None, q.track)})


def speed(taught: Examples, names: Sequence[str]) -> None:
    """Print how long fitting takes, and scoring 1,000 pairs with the parts of the best 20."""
    pool = np.resize(taught.features, (MOST, taught.features.shape[1])).astype(np.float32)
    print(f"\n| model | fitting | scoring {MOST:,} | and the parts of {SHOWN} |\n|---|---|---|---|")
    for name in names:
        start = time.process_time()
        model = FITTERS[name](taught)
        took = time.process_time() - start
        plain = milliseconds(lambda model=model: model(pool))
        parts = PARTS.get(name)
        more = milliseconds(lambda parts=parts: parts(pool[:SHOWN])) if parts else None
        told = "none" if more is None else f"{plain + more:.2f} ms"
        print(f"| {name} | {took:.1f} s | {plain:.2f} ms | {told} |")


def milliseconds(work: Callable[[], object]) -> float:
    """Give the median CPU time of some work."""
    times = []
    for _ in range(30):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return float(np.median(times)) * 1e3


PARTS: dict[str, Callable[[NDArray[np.float32]], object]] = {}
"""What gives the parts of a score, of the model that was fitted last."""


def additive(taught: Examples) -> Model:
    """Fit what Dari ships."""
    shapes = fit(
        taught.features, taught.relevance, taught.queries, taught.clusters, prior=cold_start(),
        weights=taught.weights,
    )  # fmt: skip
    ranker = AdditiveRanker.of("additive", shapes)
    PARTS["additive"] = lambda features: None  # the score is made of them
    return lambda features: total(ranker.contributions(features))


def cold(_: Examples) -> Model:
    """Take the weights that were set by hand."""
    ranker = cold_start()
    PARTS["cold start"] = lambda features: None
    return lambda features: total(ranker.contributions(features))


def logistic(taught: Examples, names: Sequence[str] = FEATURE_NAMES) -> Model:
    """Fit a logistic regression on some features, or all, what is unknown included."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    columns = [FEATURE_NAMES.index(name) for name in names]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    seen, right = taught.features[:, columns], taught.relevance > 0
    model.fit(seen, right, logisticregression__sample_weight=weights(taught))
    return lambda features: np.asarray(model.decision_function(features[:, columns]), np.float64)


def boosted(taught: Examples) -> Model:
    """Fit scikit-learn's gradient boosting, monotone."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=TREES, learning_rate=0.05, max_leaf_nodes=15, min_samples_leaf=50,
        monotonic_cst=rising(), random_state=SEED,
    )  # fmt: skip
    model.fit(taught.features, taught.relevance > 0, sample_weight=weights(taught))
    return lambda features: np.asarray(model.decision_function(features), np.float64)


def lambdamart(taught: Examples, *, monotone: bool = True) -> Model:
    """Fit LightGBM's LambdaMART, with exact TreeSHAP parts."""
    import lightgbm

    settings = {
        "objective": "lambdarank", "learning_rate": 0.05, "num_leaves": 15, "lambda_l2": 5.0,
        "min_data_in_leaf": 50, "lambdarank_truncation_level": 30, "num_threads": 1,
        "seed": SEED, "deterministic": True, "verbose": -1,
    } | ({"monotone_constraints": rising()} if monotone else {})  # fmt: skip
    sizes = np.unique(taught.queries, return_counts=True)[1]
    data = lightgbm.Dataset(taught.features, taught.relevance, group=sizes, weight=weights(taught))
    model = lightgbm.train(settings, data, TREES)
    name = "LambdaMART" if monotone else "LambdaMART, free"
    PARTS[name] = lambda features: model.predict(features, pred_contrib=True)
    return lambda features: np.asarray(model.predict(features), np.float64)


def weights(taught: Examples) -> Scores:
    """Let each cluster count once, beside what its set counts, shape (n,)."""
    _, starts, sizes = np.unique(taught.queries, return_index=True, return_counts=True)
    _, place, often = np.unique(taught.clusters[starts], return_inverse=True, return_counts=True)
    return taught.weights * np.repeat(1.0 / often[place], sizes)


def rising() -> list[int]:
    """Let no more of anything known lower a score."""
    return [0 if name.endswith("_unknown") else 1 for name in FEATURE_NAMES]


FITTERS: dict[str, Callable[[Examples], Model]] = {
    "additive": additive,
    "cold start": cold,
    "logistic": logistic,
    "boosted trees": boosted,
    "LambdaMART": lambdamart,
    "LambdaMART, free": lambda taught: lambdamart(taught, monotone=False),
}


if __name__ == "__main__":
    main()
