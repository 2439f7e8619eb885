"""Owns who did something about what, and since when."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from index.columns import Column, Mask, Numbers

NEVER = np.iinfo(np.int32).max
"""The day of what has not happened: after all days."""


class Deeds:
    """A row for each profile and subject, with the day since which it is known."""

    def __init__(self) -> None:
        self._row: dict[tuple[int, int], int] = {}
        self._ties: list[set[str]] = []
        self._whose = Column(np.int64)
        self._about = Column(np.int64)
        self._since = Column(np.int32)
        self._unused: list[int] = []

    def put(self, whose: int, about: int, tie_id: str, day: int) -> None:
        """Add a tie to the row of a profile and a subject."""
        row = self._row.get((whose, about))
        if row is None:
            row = self._row[whose, about] = self._new(whose, about)
        self._ties[row].add(tie_id)
        self._since.values[row] = min(day, int(self._since.values[row]))

    def remove(self, whose: int, about: int, tie_id: str, day_of: Mapping[str, int]) -> None:
        """Take a tie away; the row goes with its last tie."""
        row = self._row[whose, about]
        self._ties[row].discard(tie_id)
        self._since.values[row] = min((day_of[t] for t in self._ties[row]), default=NEVER)
        if not self._ties[row]:
            del self._row[whose, about]
            self._unused.append(row)

    def rows(self, before: int, among: Mask | None) -> Numbers:
        """Give the rows known before a day, of the profiles that are marked."""
        known = self._since.values < before
        return np.flatnonzero(known if among is None else known & among[self._whose.values])

    def rows_of(self, whose: int, before: int) -> Numbers:
        """Give the rows of one profile known before a day."""
        return np.flatnonzero((self._whose.values == whose) & (self._since.values < before))

    def whose(self, rows: Numbers) -> Numbers:
        """Give the profile of each row."""
        found: Numbers = self._whose.values[rows]
        return found

    def about(self, rows: Numbers) -> Numbers:
        """Give the subject of each row."""
        found: Numbers = self._about.values[rows]
        return found

    def ties(self, row: int) -> Collection[str]:
        """Give the ties of a row."""
        return self._ties[row]

    def row(self, whose: int, about: int) -> int:
        """Give the row of a profile and a subject, which must be there."""
        return self._row[whose, about]

    def renumber(self, new: Numbers) -> None:
        """Take the new numbers of the subjects."""
        self._about.replace(new[self._about.values])
        self._row = {(w, int(new[a])): row for (w, a), row in self._row.items()}

    def _new(self, whose: int, about: int) -> int:
        if self._unused:
            row = self._unused.pop()
            self._ties[row] = set()
        else:
            row = self._whose.append(whose)
            self._about.append(about)
            self._since.append(NEVER)
            self._ties.append(set())
        self._whose.values[row], self._about.values[row] = whose, about
        self._since.values[row] = NEVER
        return row
