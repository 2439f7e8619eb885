"""Owns the comparison of two runs on one test set: how far apart, where, and by which pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evaluation.dataset import TestSet
from evaluation.measures import DEFAULT
from evaluation.paired import holm
from evaluation.runs import Reason, Run
from evaluation.scoring import Difference, Scored, rounded, score
from evaluation.slices import slices_of
from profiles import Text

MOST_MOVED = 10
MOST_REASONS = 3
_SHOWN_PLACES = 100


@dataclass(frozen=True, slots=True)
class MovedQuery:
    """A query on which the two runs are far apart in the primary measure."""

    query: str
    asker: str
    first: float
    second: float

    def as_json(self) -> dict[str, Any]:
        """Give the query as an object; values rounded to six digits."""
        values = {"first": rounded(self.first), "second": rounded(self.second)}
        return {"query": self.query, "asker": self.asker, **values}


@dataclass(frozen=True, slots=True)
class MovedPair:
    """A judged pair whose place differs; None where a run does not list it.

    `first_why` and `second_why` are the greatest reasons of each system, of one that gives any;
    None where it gives none.
    """

    query: str
    candidate: str
    name: Text
    asker: Text
    relevance: int
    first: int | None
    second: int | None
    first_why: tuple[Reason, ...] | None = None
    second_why: tuple[Reason, ...] | None = None

    @property
    def gain(self) -> float:
        """How much more the first run shows the pair, by reciprocal rank."""
        return (1 / self.first if self.first else 0.0) - (1 / self.second if self.second else 0.0)

    def as_json(self) -> dict[str, Any]:
        """Give the pair as an object."""
        return {
            "query": self.query,
            "candidate": self.candidate,
            "relevance": self.relevance,
            "first": self.first,
            "second": self.second,
            "first_reasons": _told(self.first_why),
            "second_reasons": _told(self.second_why),
        }


def _told(why: tuple[Reason, ...] | None) -> list[dict[str, Any]] | None:
    return None if why is None else [reason.as_json() for reason in why]


@dataclass(frozen=True, slots=True)
class Moved:
    """The queries and the relevant pairs on which two systems differ most."""

    first: str
    second: str
    queries: tuple[MovedQuery, ...]
    pairs: tuple[MovedPair, ...]

    def as_json(self) -> dict[str, Any]:
        """Give them as one object."""
        return {
            "first": self.first,
            "second": self.second,
            "queries": [one.as_json() for one in self.queries],
            "pairs": [one.as_json() for one in self.pairs],
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """First minus second: by measure on all queries, and by slice in the primary measure.

    The p values of all measures are corrected together, and those of all slices together.
    """

    dataset: str
    first: str
    second: str
    primary: str
    measures: Mapping[str, Difference]
    slices: Mapping[str, Mapping[str, Difference]]
    queries: tuple[MovedQuery, ...]
    pairs: tuple[MovedPair, ...]
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Give the comparison as one JSON document."""
        return {
            "dataset": self.dataset,
            "first": self.first,
            "second": self.second,
            "primary": self.primary,
            "measures": {name: one.as_json() for name, one in self.measures.items()},
            "slices": {
                dimension: {value: one.as_json() for value, one in found.items()}
                for dimension, found in self.slices.items()
            },
            "moved_queries": [one.as_json() for one in self.queries],
            "moved_pairs": [one.as_json() for one in self.pairs],
            "notes": list(self.notes),
        }


def compare_runs(
    test_set: TestSet,
    first: Run,
    second: Run,
    measures: Sequence[str] = DEFAULT,
    *,
    seed: int = 0,
    notes: Sequence[str] = (),
) -> Comparison:
    """Compare two runs on a test set.

    Raises:
        MeasureError: for a measure that is not known or cannot be computed.
        RunError: for a run of another test set.
    """
    scored = score(test_set, [first, second], measures)
    return compared(scored, 0, 1, seed=seed, notes=(*test_set.notes, *notes))


def compared(
    scored: Scored, first: int, second: int, *, seed: int, notes: Sequence[str] = ()
) -> Comparison:
    """Compare two runs that have been scored."""
    every = scored.rows(scored.queries)
    columns = range(len(scored.measures))
    whole = scored.differences(first, [second], columns, every, seed)[0]
    apart = moved(scored, first, second)
    return Comparison(
        dataset=scored.test_set.name,
        first=scored.runs[first].name,
        second=scored.runs[second].name,
        primary=scored.primary,
        measures=dict(zip(scored.measures, corrected(whole), strict=True)),
        slices={
            dimension: {value: found[0] for value, found in values.items()}
            for dimension, values in sliced(scored, first, [second], seed=seed).items()
        },
        queries=apart.queries,
        pairs=apart.pairs,
        notes=tuple(notes),
    )


def moved(scored: Scored, first: int, second: int) -> Moved:
    """Find what differs most between two runs that have been scored."""
    one, other = scored.runs[first], scored.runs[second]
    return Moved(
        one.name,
        other.name,
        tuple(_moved_queries(scored, first, second)),
        tuple(_moved_pairs(scored.test_set, one, other)),
    )


def sliced(
    scored: Scored, first: int, seconds: Sequence[int], *, seed: int
) -> dict[str, dict[str, list[Difference]]]:
    """Compare one run with others on every slice, in the primary measure.

    For each of the others, the p values of all its slices are corrected together.
    """
    column = [scored.measures.index(scored.primary)]
    slices = slices_of(scored.test_set)
    keys = [(dimension, value) for dimension, values in slices.items() for value in values]
    made: list[list[Difference]] = [
        [
            one[0]
            for one in scored.differences(
                first, seconds, column, scored.rows(slices[dimension][value]), seed
            )
        ]
        for dimension, value in keys
    ]
    for at in range(len(seconds)):
        for row, one in zip(made, corrected([row[at] for row in made]), strict=True):
            row[at] = one
    found: dict[str, dict[str, list[Difference]]] = {dimension: {} for dimension in slices}
    for (dimension, value), row in zip(keys, made, strict=True):
        found[dimension][value] = row
    return found


def corrected(differences: Sequence[Difference]) -> list[Difference]:
    """Correct the p values of differences that are looked at together (Holm)."""
    tested = [row for row, one in enumerate(differences) if one.p is not None]
    chances = holm([one.p for one in differences if one.p is not None])
    made = list(differences)
    for row, chance in zip(tested, chances, strict=True):
        made[row] = replace(made[row], holm=chance)
    return made


def _moved_queries(scored: Scored, first: int, second: int) -> Iterable[MovedQuery]:
    """Give the queries that are furthest apart, best for the first run and for the second."""
    at = scored.measures.index(scored.primary)
    askers = {query.id: query.asker for query in scored.test_set.queries}
    found = [
        MovedQuery(query, askers[query], float(a), float(b))
        for query, a, b in zip(
            scored.queries, scored.values[first, :, at], scored.values[second, :, at], strict=True
        )
        if a != b
    ]
    return _both_ends(found, [one.first - one.second for one in found])


def _moved_pairs(test_set: TestSet, first: Run, second: Run) -> Iterable[MovedPair]:
    """Give the relevant pairs whose reciprocal rank differs most, either way.

    Of a candidate in one cluster, whose queries share text and answers, the one that moved most.
    """
    asked = {query.id: query for query in test_set.queries}
    found: dict[tuple[str, str], MovedPair] = {}
    for query in sorted(test_set.qrels):
        ranks = [_ranks(run, query) for run in (first, second)]
        for candidate, grade in test_set.qrels[query].items():
            places = ranks[0].get(candidate), ranks[1].get(candidate)
            if grade > 0 and places[0] != places[1]:
                pair = MovedPair(
                    query,
                    candidate,
                    test_set.answers[candidate].name,
                    test_set.askers[asked[query].asker].name,
                    grade,
                    *places,
                    _why(first, query, candidate),
                    _why(second, query, candidate),
                )
                key = asked[query].cluster, candidate
                found[key] = max(found.get(key, pair), pair, key=lambda one: abs(one.gain))
    return _both_ends(list(found.values()), [one.gain for one in found.values()])


def _why(run: Run, query: str, candidate: str) -> tuple[Reason, ...] | None:
    """Give the greatest reasons of a run for a pair: none for one that it does not list."""
    if run.reasons is None:
        return None
    return run.reasons.get(query, {}).get(candidate, ())[:MOST_REASONS]


def _ranks(run: Run, query: str) -> dict[str, int]:
    return {id: rank for rank, id in enumerate(run.ids(query)[:_SHOWN_PLACES], start=1)}


def _both_ends(items: Sequence[Any], gains: Sequence[float]) -> list[Any]:
    """Keep up to ten items that speak for the first run, then up to ten for the second."""
    order = sorted(range(len(items)), key=lambda row: (-gains[row], row))
    up = [items[row] for row in order if gains[row] > 0][:MOST_MOVED]
    order = sorted(range(len(items)), key=lambda row: (gains[row], row))
    return up + [items[row] for row in order if gains[row] < 0][:MOST_MOVED]
