"""Owns the running of Dari itself on a test set, through the code that serves its users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from evaluation.baselines import Advance
from evaluation.dataset import Query, TestSet
from evaluation.runs import Run
from index import Encoder, Filters, Follower, Writer
from matcher import Matchmaker, Ranker, load_ranker
from profiles import Profile, Store, Tie

POOL = 200

P = TypeVar("P", bound=Profile)


def dari_run(
    test_set: TestSet,
    encoder: Encoder,
    *,
    depth: int,
    ranker: Ranker | None = None,
    advance: Advance | None = None,
) -> Run:
    """Ask Dari for the best `depth` candidates of each query.

    The profiles and ties go into a store of their own in a temporary folder. A tie is written
    only once every query before it has been answered, so no query can see a later one.

    Raises:
        DariError: as the store, the index and the matchmaker do.
    """
    models = {"dari": ranker or load_ranker()}
    return dari_runs(test_set, encoder, models, depth=depth, advance=advance)[0]


def dari_runs(
    test_set: TestSet,
    encoder: Encoder,
    rankers: Mapping[str, Ranker],
    *,
    depth: int,
    advance: Advance | None = None,
) -> list[Run]:
    """Ask Dari as `dari_run` does, once with each ranker, over one store: name → run.

    `advance` is told of each answer, of which there are rankers times queries.

    Raises:
        DariError: as the store, the index and the matchmaker do.
    """
    scores: dict[str, dict[str, dict[str, float]]] = {name: {} for name in rankers}
    with _temporary_store() as store:
        writer = Writer(store, encoder)
        writer.put_many([*test_set.partners.values(), *test_set.startups.values()])
        follower = Follower(store, encoder, None)
        askers = {
            name: Matchmaker(store, follower, encoder, ranker) for name, ranker in rankers.items()
        }
        written = date.min
        for horizon, queries in test_set.horizons().items():
            writer.put_ties(_dated(test_set, written, horizon))
            written = horizon
            for query in queries:
                for name, matchmaker in askers.items():
                    scores[name][query.id] = _answer(matchmaker, test_set, query, horizon, depth)
                    if advance is not None:
                        advance(1)
    return [Run.of(name, found) for name, found in scores.items()]


def _answer(
    matchmaker: Matchmaker, test_set: TestSet, query: Query, horizon: date, depth: int
) -> dict[str, float]:
    """Give the fit scores of the profiles that Dari lists for a query."""
    answer = matchmaker.match(
        asking(test_set.askers[query.asker], query),
        k=depth,
        filters=Filters(ids=test_set.candidates_of(query.id)),
        as_of=horizon,
        pool=max(POOL, depth),
    )
    return {match.profile.id: match.score for match in answer.matches}


def asking(asker: P, query: Query) -> P:
    """Give the profile that asks, with what the query says of it."""
    said = {"seeking": query.seeking, "sectors": query.sectors, "region": query.region}
    return asker.model_copy(update={name: value for name, value in said.items() if value})


def _dated(test_set: TestSet, start: date, end: date) -> list[Tie]:
    return [tie for tie in test_set.ties_before(end) if tie.valid_from and tie.valid_from >= start]


@contextmanager
def _temporary_store() -> Iterator[Store]:
    with (
        TemporaryDirectory(prefix="dari-evaluate-") as folder,
        closing(Store.open(f"sqlite:///{Path(folder) / 'test-set.sqlite3'}")) as store,
    ):
        store.migrate()
        yield store
