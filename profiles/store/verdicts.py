"""Owns the verdicts of the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Select, select

from profiles import merges, rows, verdicts
from profiles import tables as t
from profiles.database import reading, writing
from profiles.kinds import Side, TieKind
from profiles.store.connection import SYSTEM, Connected
from profiles.verdicts import Verdict

OUTCOMES = (
    TieKind.COLLABORATION,
    TieKind.PILOT,
    TieKind.PROGRAMME,
    TieKind.CONTRACT,
    TieKind.INVESTMENT,
    TieKind.ACQUISITION,
)
"""The kinds of tie that say that something came of a pair; a pairing by policy does not."""

MOST_COUNTED = 20_000
"""The most verdicts, and the most ties, that are looked at to count what is known of pairs."""


class Experience(NamedTuple):
    """How many pairs have a verdict or an outcome, how many a good one, of how many startups."""

    pairs: int
    positives: int
    startups: int


class Verdicts(Connected):
    """What staff and partners have said of shown matches."""

    def add_verdict(self, verdict: Verdict, *, by: str = SYSTEM) -> int:
        """Keep a verdict as `by`, with its revision; give the newest seq.

        What has been merged is judged as what it is now. What `by` has said last of the pair, and
        says again word by word, is kept once.
        """
        with writing(self._engine) as connection:
            into = merges.merged_ids(connection, [verdict.query, verdict.candidate])
            query, candidate = (into.get(id, id) for id in (verdict.query, verdict.candidate))
            said = replace(verdict, query=query, candidate=candidate)
            if verdicts.is_repeated(connection, said, by):
                return rows.log(connection, [])
            verdicts.write(connection, said, by)
            return rows.log(connection, [("verdict", query)])

    def verdicts(self, query: str) -> list[Verdict]:
        """Read the verdicts on the matches of one profile, oldest first."""
        with reading(self._engine) as connection:
            found = list(rows.by_ids(connection, t.verdicts, t.verdicts.c.query, [query]))
        found.sort(key=lambda row: row.id)
        return [
            Verdict(**{name: getattr(row, name) for name in Verdict.__slots__}) for row in found
        ]

    def experience(self) -> Experience:
        """Count the pairs of a startup and a partner of which a verdict or an outcome tells.

        The last verdict on a pair counts, and an outcome more than any. Of more than
        `MOST_COUNTED` verdicts or ties the counts are of so many of them.
        """
        v = t.verdicts.c
        judged = select(v.query, v.candidate, v.label).order_by(v.id.desc()).limit(MOST_COUNTED)
        with reading(self._engine) as connection:
            told = [(row.query, row.candidate, row.label) for row in connection.execute(judged)]
            came = [(row.a, row.b) for row in connection.execute(_outcomes())]
            ids = {query for query, _, _ in told} | {candidate for _, candidate, _ in told}
            ends = {end for pair in came for end in pair}
            sides = rows.sides(connection, ids | ends)
        good: dict[tuple[str, str], bool] = {}
        for one, other, label in reversed(told):
            good |= dict.fromkeys(_as_pair(one, other, sides), label == "good")
        for one, other in came:
            good |= dict.fromkeys(_as_pair(one, other, sides), True)
        startups = {startup for startup, _ in good}
        return Experience(len(good), sum(good.values()), len(startups))


def _outcomes() -> Select[Any]:
    c = t.ties.c
    return select(c.a, c.b).where(c.kind.in_([kind.value for kind in OUTCOMES])).limit(MOST_COUNTED)


def _as_pair(one: str, other: str, sides: Mapping[str, str]) -> list[tuple[str, str]]:
    """Give the pair with its startup first, where one is a startup and the other a partner."""
    ends = {sides.get(one): one, sides.get(other): other}
    both = Side.STARTUP in ends and Side.PARTNER in ends
    return [(ends[Side.STARTUP], ends[Side.PARTNER])] if both else []
