"""Owns the lists that are pooled: what Dari and the baselines list for startups of a store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from evaluation.baselines import (
    bm25_run,
    dense_run,
    popularity_run,
    random_run,
    region_run,
    rule_run,
)
from evaluation.dataset import Query, TestSet
from evaluation.run_files import read_run
from evaluation.runs import Run
from evaluation.writing import Progress
from index import Encoder, Filters
from matcher import Matchmaker
from profiles import Partner, Side, Startup, Store
from profiles.judgements import JudgingError

DARI = "dari"
POOLED = (DARI, "bm25", "dense", "popularity")
"""The systems that are pooled where none is named: unlike each other, so that the pool is broad."""


def systems() -> tuple[str, ...]:
    """Name the systems whose lists can be pooled."""
    return (DARI, *_BASELINES)


def store_runs(
    store: Store,
    matchmaker: Matchmaker,
    encoder: Encoder,
    startups: Collection[str],
    names: Collection[str],
    *,
    depth: int,
    day: date,
    rng: np.random.Generator,
    progress: Progress | None = None,
) -> list[Run]:
    """List the best partners of startups by each of several systems, as they stand on a day.

    No list has a partner with which the startup is in conflict.

    Args:
        store: the installation's.
        matchmaker: what serves its users.
        encoder: for the dense baseline.
        startups: ids of startups that are held.
        names: which systems, among `systems()`.
        depth: how many places of each list are needed.
        day: ties up to and on it are known.
        rng: for the random baseline.
        progress: told of the way that has been gone.

    Raises:
        JudgingError: if another model is put in use meanwhile.
    """
    tell = progress or (lambda what, done, total: None)
    asked = _asked(store, startups, day)
    runs = []
    if DARI in names:
        runs.append(_dari(matchmaker, asked, depth, day, tell))
    for number, name in enumerate(one for one in _BASELINES if one in names):
        tell("Asking the baselines", number, len(names))
        runs.append(_BASELINES[name](asked, encoder, depth, rng))
    return runs


def pooled_run(path: Path, store: Store, startups: Collection[str], *, taken: set[str]) -> Run:
    """Read a TREC run of startups and partners that are held, for pooling.

    Merged ids are read as what they are now. The run is named by its tag, or by its file where that
    name is taken.

    Raises:
        RunFileError: as `read_run` does.
        JudgingError: for a candidate that is no partner, or a run that answers none of `startups`.
    """
    read = read_run(path)
    into = store.merged_into(read.rankings)
    wanted = {query: into.get(query, query) for query in read.rankings}
    kept = {q: ranking for q, ranking in read.rankings.items() if wanted[q] in startups}
    if not kept:
        raise JudgingError("run", "judging_run_queries", path, file=path.name)
    listed = {id for ranking in kept.values() for id, _ in ranking}
    moved = store.merged_into(listed)
    held = store.sides({moved.get(id, id) for id in listed})
    for id in sorted(listed):
        if held.get(moved.get(id, id)) is not Side.PARTNER:
            raise JudgingError("run", "judging_run", id, file=path.name)
    scores: dict[str, dict[str, float]] = {}
    for query, ranking in kept.items():
        found = scores.setdefault(wanted[query], {})
        for id, score in ranking:
            found.setdefault(moved.get(id, id), score)
    name = read.name if read.name not in taken else f"{read.name} ({path.stem})"
    while name in taken:
        name += "+"
    return Run.of(name, scores)


def _asked(store: Store, startups: Collection[str], day: date) -> TestSet:
    """Give the store as a test set that asks on the day after `day`, with nothing judged."""
    cut = day + timedelta(days=1)
    partners = {one.id: one for one in store.each(Side.PARTNER) if isinstance(one, Partner)}
    found = store.get_many(startups)
    asking = {id: one for id, one in sorted(found.items()) if isinstance(one, Startup)}
    queries = tuple(Query(id, id, cut, id) for id in asking)
    return TestSet(
        name="pool",
        cut=cut,
        startups=asking,
        partners=partners,
        ties=tuple(
            sorted(
                (tie for tie in store.ties() if tie.valid_from and tie.valid_from < cut),
                key=lambda tie: (tie.valid_from or date.min, tie.id),
            )
        ),
        queries=queries,
        qrels={query.id: {} for query in queries},
        candidates={id: _free(one, partners) for id, one in asking.items()},
    )


def _free(startup: Startup, partners: Mapping[str, Partner]) -> frozenset[str]:
    return frozenset(
        id
        for id, one in partners.items()
        if id not in startup.conflicts and startup.id not in one.conflicts
    )


def _dari(matchmaker: Matchmaker, asked: TestSet, depth: int, day: date, tell: Progress) -> Run:
    """List what Dari lists; all lists of a run are of one model, which it names."""
    scores: dict[str, dict[str, float]] = {}
    version = matchmaker.model_version
    for done, query in enumerate(asked.queries):
        tell("Asking Dari", done, len(asked.queries))
        filters = Filters(ids=asked.candidates_of(query.id))
        answer = matchmaker.match(query.id, depth, filters=filters, as_of=day)
        if answer.model_version != version:
            raise JudgingError("model", "judging_model", answer.model_version, before=version)
        scores[query.id] = {one.profile.id: one.score for one in answer.matches}
    return Run.of(f"{DARI} {version}", scores)


_Baseline = Callable[[TestSet, Encoder, int, np.random.Generator], Run]
_BASELINES: Mapping[str, _Baseline] = {
    "bm25": lambda asked, encoder, depth, rng: bm25_run(asked, depth=depth),
    "dense": lambda asked, encoder, depth, rng: dense_run(asked, encoder, depth=depth),
    "popularity": lambda asked, encoder, depth, rng: popularity_run(asked, depth=depth),
    "popularity_region": lambda asked, encoder, depth, rng: region_run(asked, depth=depth),
    "rule": lambda asked, encoder, depth, rng: rule_run(asked, depth=depth),
    "random": lambda asked, encoder, depth, rng: random_run(asked, rng=rng, depth=depth),
}


def sample(ids: Sequence[str], count: int, *, rng: np.random.Generator) -> list[str]:
    """Draw `count` ids by chance, without repeats; they come in order.

    Raises:
        JudgingError: if there are not so many.
    """
    if not 1 <= count <= len(ids):
        raise JudgingError("sample", "judging_sample", count, held=len(ids))
    drawn = rng.choice(len(ids), size=count, replace=False)
    return [sorted(ids)[row] for row in sorted(drawn)]
