"""Owns the running of Dari itself on a test set, through the code that serves its users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from evaluation.baselines import Advance
from evaluation.dataset import Query, TestSet
from evaluation.runs import Reason, Run
from index import Encoder, Filters, Follower, Writer
from matcher import Matchmaker, Probability, Ranker, load_ranker
from profiles import Profile, Store, Tie

POOL = 200
NAME = "dari"
"""How Dari is called where one ranker speaks for it."""

P = TypeVar("P", bound=Profile)


def dari_run(
    test_set: TestSet,
    encoder: Encoder,
    *,
    depth: int,
    ranker: Ranker | None = None,
    advance: Advance | None = None,
) -> Run:
    """Ask Dari for the best `depth` candidates of each query, with the ranker that ships if None.

    Raises:
        DariError: as the store, the index and the matchmaker do.
    """
    rankers = {NAME: ranker or load_ranker()}
    return dari_runs(test_set, encoder, rankers, depth=depth, advance=advance)[0]


def dari_runs(
    test_set: TestSet,
    encoder: Encoder,
    rankers: Mapping[str, Ranker],
    *,
    depth: int,
    advance: Advance | None = None,
) -> list[Run]:
    """Ask Dari for the best `depth` candidates of each query, with each of some named rankers.

    The profiles and ties go into a store of their own in a temporary folder (`in_turn`). `advance`
    is told of each answer, of which there are rankers times queries.

    Raises:
        DariError: as the store, the index and the matchmaker do.
    """
    answers: dict[str, dict[str, _Answer]] = {name: {} for name in rankers}
    with temporary_store() as store:
        follower = Follower(store, encoder, None)
        population = test_set.population
        matchmakers = {
            name: Matchmaker(store, follower, encoder, ranker, population=population)
            for name, ranker in rankers.items()
        }
        for horizon, query in in_turn(test_set, store, encoder):
            for name, matchmaker in matchmakers.items():
                answer = _answer(matchmaker, test_set, query, horizon, depth)
                answers[name][query.id] = answer
                if advance is not None:
                    advance(1)
    return [_run(name, found) for name, found in answers.items()]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What Dari answers to one query, by candidate."""

    scores: Mapping[str, float]
    reasons: Mapping[str, tuple[Reason, ...]]
    chances: Mapping[str, float]


def _run(name: str, answers: Mapping[str, _Answer]) -> Run:
    return Run.of(
        name,
        {query: answer.scores for query, answer in answers.items()},
        reasons={query: answer.reasons for query, answer in answers.items()},
        chances={query: one.chances for query, one in answers.items() if one.chances} or None,
    )


def _answer(
    matchmaker: Matchmaker, test_set: TestSet, query: Query, horizon: date, depth: int
) -> _Answer:
    """Give what Dari says of the profiles that it lists for a query; reasons of relevant ones."""
    answer = matchmaker.match(
        asking(test_set.askers[query.asker], query),
        k=depth,
        filters=Filters(ids=test_set.candidates_of(query.id)),
        as_of=horizon,
        pool=max(POOL, depth),
    )
    right = {id for id, grade in test_set.qrels[query.id].items() if grade > 0}
    return _Answer(
        {match.profile.id: match.score for match in answer.matches},
        {
            match.profile.id: tuple(
                Reason(one.feature, one.points, one.phrase) for one in match.contributions
            )
            for match in answer.matches
            if match.profile.id in right
        },
        {
            match.profile.id: (match.probability.low + match.probability.high) / 2
            for match in answer.matches
            if isinstance(match.probability, Probability)
        },
    )


def asking(asker: P, query: Query) -> P:
    """Give the profile that asks, with what the query says of it."""
    said = {"seeking": query.seeking, "sectors": query.sectors, "region": query.region}
    return asker.model_copy(update={name: value for name, value in said.items() if value})


def in_turn(test_set: TestSet, store: Store, encoder: Encoder) -> Iterator[tuple[date, Query]]:
    """Give each query with its horizon once all that it may know stands in an empty store.

    A tie is written only once every query before it has been taken, so no query can see a later
    one.
    """
    writer = Writer(store, encoder)
    writer.put_many([*test_set.partners.values(), *test_set.startups.values()])
    written = date.min
    for horizon, queries in test_set.horizons().items():
        writer.put_ties(_dated(test_set, written, horizon))
        written = horizon
        for query in queries:
            yield horizon, query


def _dated(test_set: TestSet, start: date, end: date) -> list[Tie]:
    """Give the ties from a day until before another."""
    return [tie for tie in test_set.ties_before(end) if tie.valid_from and tie.valid_from >= start]


@contextmanager
def temporary_store() -> Iterator[Store]:
    """Give an empty store in a temporary folder, which goes with it."""
    with (
        TemporaryDirectory(prefix="dari-evaluate-") as folder,
        closing(Store.open(f"sqlite:///{Path(folder) / 'test-set.sqlite3'}")) as store,
    ):
        store.migrate()
        yield store
