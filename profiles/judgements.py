"""Owns what a judging round is made of: pooled pairs, and the judgements that people gave."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, select

from profiles import rows
from profiles import tables as t
from profiles.errors import CodedError

Role = Literal["judge", "final"]
"""Who says it: one of the judges, or whoever settles what the judges disagree on."""

GRADES = (0, 1, 2, 3)


class JudgingError(CodedError):
    """What is wrong with a round or a judgement, in Korean and English."""


@dataclass(frozen=True, slots=True)
class Round:
    """A judging round: which systems its pairs come from, and how many judge each pair."""

    name: str
    instructions: str
    judges: int
    depth: int
    systems: tuple[str, ...]
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None = None
    closed_by: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether judges may still judge."""
        return self.closed_at is None


@dataclass(frozen=True, slots=True)
class Pooled:
    """A pair of a round; `systems` tells which systems listed it, and at which rank from 1.

    That is for the analysis of a round: no judge may see it.
    """

    id: int
    round: str
    startup: str
    partner: str
    systems: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one person said of a pair, once: a grade 0-3, or None where they passed it over.

    A later one of the same judge and role takes its place; the earlier ones stay.
    """

    id: int
    pair: int
    judge: str
    role: Role
    grade: int | None
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """A judgement with the pair that it is of, and whether its round is still open."""

    pair: Pooled
    judgement: Judgement | None
    is_open: bool


def read_round(row: Any) -> Round:
    """Read a row of the rounds."""
    return Round(**{**row._mapping, "systems": tuple(json.loads(row.systems))})


def read_pair(row: Any) -> Pooled:
    """Read a row of the pooled pairs."""
    return Pooled(row.id, row.round, row.startup, row.partner, json.loads(row.systems))


def read_judgement(row: Any) -> Judgement:
    """Read a row of the judgements."""
    return Judgement(**row._mapping)


def newest(given: Iterable[Judgement]) -> dict[tuple[int, Role, str], Judgement]:
    """Keep what counts: (pair, role, judge) → the newest judgement, from any order."""
    ordered = sorted(given, key=lambda one: one.id)
    return {(one.pair, one.role, one.judge): one for one in ordered}


def round_row(connection: Connection, name: str) -> Round:
    """Read one round.

    Raises:
        JudgingError: if there is none of this name.
    """
    row = next(rows.by_ids(connection, t.judging_rounds, t.judging_rounds.c.name, [name]), None)
    if row is None:
        raise JudgingError("round", "round_unknown", name)
    return read_round(row)


def pairs_naming(connection: Connection, ids: Collection[str]) -> list[Pooled]:
    """Read the pooled pairs that name one of `ids`, in their order."""
    found = {
        row.id: read_pair(row)
        for column in (t.pooled_pairs.c.startup, t.pooled_pairs.c.partner)
        for row in rows.by_ids(connection, t.pooled_pairs, column, ids)
    }
    return [found[id] for id in sorted(found)]


def judgements_of(connection: Connection, pairs: Collection[int]) -> list[Judgement]:
    """Read the judgements of pairs, former ones too, oldest first."""
    ordered = sorted(pairs)
    j = t.judgements.c
    found: list[Judgement] = []
    for start in range(0, len(ordered), rows.BATCH):
        some = j.pair.in_(ordered[start : start + rows.BATCH])
        found += map(read_judgement, connection.execute(select(t.judgements).where(some)))
    return sorted(found, key=lambda one: one.id)


def about(connection: Connection, ids: Collection[str]) -> tuple[Judged, ...]:
    """Read what is held of profiles in judging: their pairs, each with all judgements of it."""
    pairs = pairs_naming(connection, ids)
    names = {one.round for one in pairs}
    held = rows.by_ids(connection, t.judging_rounds, t.judging_rounds.c.name, names)
    is_open = {row.name: row.closed_at is None for row in held}
    given: dict[int, list[Judgement | None]] = {}
    for one in judgements_of(connection, [pair.id for pair in pairs]):
        given.setdefault(one.pair, []).append(one)
    return tuple(
        Judged(pair, judgement, is_open[pair.round])
        for pair in pairs
        for judgement in given.get(pair.id, [None])
    )


def forget(connection: Connection, ids: Collection[str]) -> None:
    """Delete the pairs that name erased profiles, with their judgements."""
    pairs = [one.id for one in pairs_naming(connection, ids)]
    rows.delete_by(connection, t.judgements, t.judgements.c.pair, pairs)
    rows.delete_by(connection, t.pooled_pairs, t.pooled_pairs.c.id, pairs)
