"""Owns the test set: what is known before the cut, what is asked, and what was right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from evaluation.runs import Qrels
from profiles import AnyProfile, Partner, Side, Startup, Text, Tie

DATASET = "dataset.json"
STARTUPS = "startups.jsonl"
PARTNERS = "partners.jsonl"
TIES = "ties.jsonl"
QUERIES = "queries.jsonl"
QRELS = "qrels.txt"
CANDIDATES = "candidates.jsonl"

ALL = "all"
"""The slice of all queries; no track may have this name."""


@dataclass(frozen=True, slots=True)
class Query:
    """A profile that looks for others on a day; queries of one `cluster` are not independent.

    `asker` is the id of a startup that looks for partners, or, in a test set that has been turned
    round, of a partner that looks for startups.
    """

    id: str
    asker: str
    date: date
    cluster: str
    seeking: Text | None = None
    sectors: tuple[str, ...] = ()
    region: str | None = None
    track: str | None = None


@dataclass(frozen=True, slots=True)
class TestSet:
    """What is known before the cut, what is asked, and which answers were right.

    `side` is the side that asks: startups look for partners, or the other way round where the set
    has been turned (`evaluation.turning`). `notes` are sentences for the reader of a report: what
    was passed over, and what limits it.
    """

    __test__: ClassVar[bool] = False

    name: str
    cut: date
    startups: Mapping[str, Startup]
    partners: Mapping[str, Partner]
    ties: tuple[Tie, ...]
    queries: tuple[Query, ...]
    qrels: Qrels
    candidates: Mapping[str, frozenset[str]]
    licence: str | None = None
    source: str | None = None
    language: str | None = None
    cluster: str | None = None
    notes: tuple[str, ...] = ()
    side: Side = Side.STARTUP

    @property
    def askers(self) -> Mapping[str, AnyProfile]:
        """The profiles of the side that asks, by id."""
        return self.startups if self.side is Side.STARTUP else self.partners

    @property
    def answers(self) -> Mapping[str, AnyProfile]:
        """The profiles of the side that is listed, by id."""
        return self.partners if self.side is Side.STARTUP else self.startups

    @property
    def tracks(self) -> tuple[str, ...]:
        """The names of the tracks, in order."""
        return tuple(sorted({query.track for query in self.queries if query.track}))

    @property
    def population(self) -> str:
        """The name of those whom it is of, by which a calibration knows them: source, or name.

        Earlier and later windows of one source are of one population. The source of a store's own
        history is the store's own name.
        """
        return self.source or self.name

    def horizons(self) -> dict[date, list[Query]]:
        """Group the queries by the day before which a tie must lie to be used, in order.

        That day is the query's own or the cut, whichever is earlier.
        """
        grouped: dict[date, list[Query]] = {}
        for query in self.queries:
            grouped.setdefault(min(query.date, self.cut), []).append(query)
        return dict(sorted(grouped.items()))

    def candidates_of(self, query: str) -> frozenset[str]:
        """Give the profiles that a query may be answered from."""
        return self.candidates[query]

    def ties_before(self, day: date) -> list[Tie]:
        """Give the ties dated before a day, by date and id."""
        return [tie for tie in self.ties if tie.valid_from is not None and tie.valid_from < day]
