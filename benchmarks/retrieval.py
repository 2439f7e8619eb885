"""Measures retrieval alone on a test set: what the pool holds, and what each part of it adds.

Usage: python -m benchmarks.retrieval FOLDER [--encoder NAME] [--tracks research large]
                                      [--scenes tests/service/scenes.yaml]

FOLDER is a test set, such as `dari convert cordis` makes (docs/evaluation.md). Values are means
over queries, with 95% intervals by bootstrap over clusters.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from evaluation import (
    Query,
    Run,
    TestSet,
    bm25_run,
    clustered_interval,
    evaluate,
    load,
    popularity_run,
)
from evaluation.system import asking
from index import WEIGHTS, Encoder, Filters, Follower, Retriever, Writer, fuse, load_encoder
from profiles import AnyProfile, Startup, Store, validate
from profiles.catalogue import load_catalogue

POOL = 200
EVERYONE = 10**9
MEASURES = ("R@200", "R@50", "nDCG@10")
RANK_CONSTANT = 60
"""The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)."""
TEXT = ("text_is_is", "text_seeks_offers", "text_is_seeks", "text_seeks_is")
BEFORE = (*TEXT, "lexical", "history")
PARTS: Mapping[str, tuple[str, ...]] = {
    "text of facets": TEXT,
    "words of profiles": ("lexical",),
    "history by vectors": ("history_all",),
    "history by words": ("history_lexical",),
}
SEED = 20241
SCENE_DAY = date(2026, 1, 1)

Evidence = Mapping[str, np.ndarray]
Fusion = Callable[[Sequence[str], Evidence], np.ndarray]


def main() -> None:
    """Print the table of systems, and the table of what is lost without each part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--encoder", help="a sentence-transformers model, by name or path")
    parser.add_argument("--tracks", nargs="*", default=["research", "large"])
    parser.add_argument("--scenes", type=Path, help="scenes over the catalogue, in YAML")
    given = parser.parse_args()
    test_set = load(given.folder)
    start = time.process_time()
    runs, took = collected(test_set, given.encoder, set(given.tracks))
    runs["BM25 of text and past"] = bm25_run(test_set, depth=POOL)
    runs["popularity"] = popularity_run(test_set, depth=POOL)
    for track in given.tracks:
        show(test_set, track, runs)
    print(
        f"\nRetrieval of {POOL}: {np.median(took):.1f} ms of CPU in the median, "
        f"{np.quantile(took, 0.95):.1f} in the 95th percentile."
    )
    if given.scenes:
        show_scenes(given.scenes, given.encoder)
    print(f"The whole took {time.process_time() - start:.0f} s of CPU.")


def systems() -> dict[str, tuple[Fusion, bool]]:
    """Give the ways to order candidates by name, and whether each looks at all of them."""
    shipped = dict(WEIGHTS)
    made: dict[str, tuple[Fusion, bool]] = {
        "shipped": (weighted(shipped), False),
        "before: reciprocal rank": (reciprocal(dict.fromkeys(BEFORE, 1.0)), True),
        "reciprocal rank, same weights": (reciprocal(shipped), True),
        "text and history added up": (added(shipped), False),
        "weights of the greatest": (relative(shipped), False),
        "vectors alone": (weighted(without(shipped, "lexical", "history_lexical")), False),
        "history by the nearest subject": (
            weighted(without(shipped, "history_all") | {"history": shipped["history_all"]}),
            True,
        ),
    }
    for part, names in PARTS.items():
        made[f"without {part}"] = (weighted(without(shipped, *names)), False)
    return made


def without(weights: Mapping[str, float], *names: str) -> dict[str, float]:
    """Give the weights without some of them."""
    return {name: weight for name, weight in weights.items() if name not in names}


def weighted(weights: Mapping[str, float]) -> Fusion:
    """Order by weighted evidence, as Dari does."""
    return lambda ids, evidence: fuse(evidence, weights)


def added(weights: Mapping[str, float]) -> Fusion:
    """Order by the plain sum of weighted evidence."""
    return lambda ids, evidence: np.sum(
        [fuse(evidence, {name: weight}) for name, weight in weights.items()], axis=0
    )


def relative(weights: Mapping[str, float]) -> Fusion:
    """Order by weighted evidence, each kind in proportion to the query's greatest."""

    def fused(ids: Sequence[str], evidence: Evidence) -> np.ndarray:
        known = {name: np.fmax(evidence[name], 0.0) for name in weights if name in evidence}
        shares = [weights[n] * values / (values.max() or 1.0) for n, values in known.items()]
        return np.sum(shares, axis=0)

    return fused


def reciprocal(weights: Mapping[str, float]) -> Fusion:
    """Order by weighted reciprocal ranks within the best 200 of each kind of evidence."""

    def fused(ids: Sequence[str], evidence: Evidence) -> np.ndarray:
        total = np.zeros(len(ids))
        for name, weight in weights.items():
            values = evidence.get(name, np.full(len(ids), np.nan))
            known = (
                np.flatnonzero(values > 0)
                if "lexical" in name
                else np.flatnonzero(~np.isnan(values))
            )
            best = sorted(known.tolist(), key=lambda place: (-values[place], ids[place]))[:POOL]
            total[best] += weight / (RANK_CONSTANT + 1 + np.arange(len(best)))
        return total

    return fused


def collected(
    test_set: TestSet, encoder_name: str | None, tracks: set[str]
) -> tuple[dict[str, Run], list[float]]:
    """Answer every query by every way; give the runs, and what each retrieval took in ms of CPU."""
    found: dict[str, dict[str, dict[str, float]]] = {name: {} for name in systems()}
    took: list[float] = []
    encoder = load_encoder(encoder_name)
    for retriever, query, horizon in asked(test_set, encoder):
        if query.track not in tracks:
            continue
        profile = asking(test_set.startups[query.asker], query)
        prepared = retriever.query(profile, horizon)
        filters = Filters(ids=test_set.candidates_of(query.id))
        start = time.process_time()
        retriever.retrieve(prepared, POOL, filters=filters)
        took.append((time.process_time() - start) * 1_000)
        compared = {
            whole: retriever.evidence(prepared, EVERYONE if whole else POOL, filters=filters)
            for whole in (False, True)
        }
        for name, (fusion, whole) in systems().items():
            ids, evidence = compared[whole]
            scores = dict(zip(ids, fusion(ids, evidence).tolist(), strict=True))
            best = sorted(scores, key=lambda id, of=scores: (-of[id], id))[:POOL]
            found[name][query.id] = {id: scores[id] for id in best}
    return {name: Run.of(name, scores) for name, scores in found.items()}, took


def asked(test_set: TestSet, encoder: Encoder) -> Iterator[tuple[Retriever, Query, date]]:
    """Give each query with a retriever over a store that holds what was known on its day."""
    profiles = [*test_set.partners.values(), *test_set.startups.values()]
    with stored(encoder, profiles) as (store, writer):
        retriever = Retriever(Follower(store, encoder), encoder)
        written: set[str] = set()
        for horizon, queries in test_set.horizons().items():
            new = [tie for tie in test_set.ties_before(horizon) if tie.id not in written]
            writer.put_ties(new)
            written.update(tie.id for tie in new)
            for query in queries:
                yield retriever, query, horizon


@contextmanager
def stored(encoder: Encoder, profiles: Iterable[AnyProfile]) -> Iterator[tuple[Store, Writer]]:
    """Give a store in a temporary folder that holds the profiles."""
    with (
        TemporaryDirectory(prefix="dari-retrieval-") as folder,
        closing(Store.open(f"sqlite:///{Path(folder) / 'dari.sqlite3'}")) as store,
    ):
        store.migrate()
        writer = Writer(store, encoder)
        writer.put_many(profiles)
        yield store, writer


def show(test_set: TestSet, track: str, runs: Mapping[str, Run]) -> None:
    """Print the values of each system on a track, and the difference of the shipped one to it."""
    chosen = [query for query in test_set.queries if query.track == track]
    clusters = [query.cluster for query in chosen]
    qrels = {query.id: test_set.qrels[query.id] for query in chosen}
    values = {name: table(qrels, run) for name, run in runs.items()}
    print(f"\n{track}: {len(chosen)} queries in {len(set(clusters))} clusters\n")
    print("| system |" + "".join(f" {m} | shipped is ahead by |" for m in MEASURES))
    print("|---" * (1 + 2 * len(MEASURES)) + "|")
    for name, of_name in values.items():
        cells = []
        for measure in MEASURES:
            cells.append(stated(of_name[measure], clusters, sign=""))
            ahead = values["shipped"][measure] - of_name[measure]
            cells.append("" if name == "shipped" else stated(ahead, clusters, sign="+"))
        print(f"| {name} | " + " | ".join(cells) + " |")


def show_scenes(path: Path, encoder_name: str | None) -> None:
    """Print where the partners that a scene expects stand among all of the catalogue."""
    import yaml

    catalogue, encoder = load_catalogue(), load_encoder(encoder_name)
    ranks: dict[str, list[int]] = {name: [] for name in systems()}
    with stored(encoder, catalogue.partners) as (store, writer):
        writer.put_ties(catalogue.ties)
        retriever = Retriever(Follower(store, encoder), encoder)
        for scene in yaml.safe_load(path.read_text(encoding="utf-8")):
            for lang in ("en", "ko"):
                startup = validate(Startup, {"id": "x", **scene["form"], **scene[lang]})
                query = retriever.query(startup, SCENE_DAY)
                ids, evidence = retriever.evidence(query, EVERYONE)
                for name, (fusion, _) in systems().items():
                    scores = dict(zip(ids, fusion(ids, evidence).tolist(), strict=True))
                    order = sorted(scores, key=lambda id, of=scores: (-of[id], id))
                    place = {id: rank for rank, id in enumerate(order, start=1)}
                    expected = (one["any"] for one in scene["expect"])
                    ranks[name] += [min(place[id] for id in some) for some in expected]
    print(f"\nscenes over the catalogue: {len(ranks['shipped'])} expected partners or groups\n")
    print(
        "| system | mean of 1 / rank | among the first 10 | among the first 20 |\n|---|---|---|---|"
    )
    for name, of_name in ranks.items():
        rank = np.array(of_name)
        shares = [np.mean(1 / rank), np.mean(rank <= 10), np.mean(rank <= 20)]
        print(f"| {name} | " + " | ".join(f"{share:.3f}" for share in shares) + " |")


def table(qrels: Mapping[str, Mapping[str, int]], run: Run) -> dict[str, np.ndarray]:
    """Give the values of each measure, (queries,), in the order of the queries."""
    held = {query: run.rankings[query] for query in qrels if query in run.rankings}
    found = evaluate(qrels, Run(run.name, held), MEASURES)
    rows = {(query, measure): value for query, measure, value in found.iter_rows()}
    return {m: np.array([rows[query, m] for query in qrels]) for m in MEASURES}


def stated(values: np.ndarray, clusters: Sequence[str], *, sign: str) -> str:
    """Write a mean with its interval."""
    low, high = clustered_interval(values, clusters, rng=np.random.default_rng(SEED))
    return f"{np.mean(values):{sign}.3f} [{low:{sign}.3f} {high:{sign}.3f}]"


if __name__ == "__main__":
    main()
