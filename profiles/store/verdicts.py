"""Owns the verdicts of the store."""

from __future__ import annotations

from dataclasses import replace

from profiles import merges, rows, verdicts
from profiles import tables as t
from profiles.database import reading, writing
from profiles.store.connection import SYSTEM, Connected
from profiles.verdicts import Verdict


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
