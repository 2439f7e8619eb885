"""Owns the ties themselves: by id, by end and by day, with the subjects of each."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import numpy as np

from index.backend import Floats
from index.columns import Numbers, Roster
from index.dealings import Dealings
from index.deeds import NEVER, Deeds
from index.postings import Vocabulary
from index.subjects import Subjects
from profiles import Tie, TieKind

_NOT_HISTORY = frozenset({TieKind.PAIRING, TieKind.CONFLICT})
_ALWAYS_KNOWN = 0
"""The day of a tie without a date; the ordinals of dates begin at 1."""


class PastTies:
    """Ties by id and by end, and their subjects with a vector and the words of each."""

    def __init__(
        self,
        dimension: int,
        *,
        roster: Roster | None = None,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        self._roster = Roster() if roster is None else roster
        self._ties: dict[str, Tie] = {}
        self._day: dict[str, int] = {}
        self._ties_of_end: dict[str, set[str]] = {}
        self._days_of_end: dict[str, list[int]] = {}
        self._subjects = Subjects(dimension, vocabulary)
        self._deeds = Deeds()
        self._dealings = Dealings()

    def __len__(self) -> int:
        return len(self._ties)

    @property
    def ties(self) -> Mapping[str, Tie]:
        """All ties by id."""
        return self._ties

    def put(self, tie: Tie, vector: Floats | None) -> None:
        """Add a tie, or replace it; `vector` (d,) is its subject's, None where it has none."""
        self.remove(tie.id)
        self._ties[tie.id] = tie
        if tie.kind not in _NOT_HISTORY:
            self._day[tie.id] = tie.valid_from.toordinal() if tie.valid_from else _ALWAYS_KNOWN
        numbers = [self._roster.hold(end) for end in {tie.a, tie.b}]
        for end in (tie.a, tie.b):
            self._ties_of_end.setdefault(end, set()).add(tie.id)
        if tie.id in self._day:
            a, b = self._roster.number(tie.a), self._roster.number(tie.b)
            self._dealings.put(tie.id, a, b, self._day[tie.id])
            for end in {tie.a, tie.b}:
                insort(self._days_of_end.setdefault(end, []), self._day[tie.id])
        if vector is None or tie.subject is None:
            return
        about = self._subjects.put(tie.id, tie.subject.joined, vector)
        if tie.id in self._day:
            for number in numbers:
                self._deeds.put(number, about, tie.id, self._day[tie.id])
            self._date_subject(about, self._subjects.ties(tie.id))

    def remove(self, tie_id: str) -> None:
        """Drop a tie; an id that is not there is passed over."""
        tie = self._ties.pop(tie_id, None)
        if tie is None:
            return
        about = self._subjects.number(tie_id)
        if about >= 0:
            self._remove_subject(tie, about)
        day = self._day.pop(tie_id, None)
        if day is not None:
            self._dealings.remove(tie_id)
        for end in {tie.a, tie.b}:
            if day is not None:
                days = self._days_of_end[end]
                del days[bisect_left(days, day)]
            self._ties_of_end[end].discard(tie_id)
            if not self._ties_of_end[end]:
                del self._ties_of_end[end]
                self._days_of_end.pop(end, None)
            self._roster.release(end)

    def of(self, id: str, before: date, *, apart_from: str | None = None) -> list[Tie]:
        """Give what a profile did with others (not `apart_from`) before a day, by tie id.

        Pairings and conflicts are not deeds. A tie without a date counts as known.
        """
        ties = [self._ties[tie_id] for tie_id in sorted(self._past(id, before))]
        return [tie for tie in ties if apart_from not in (tie.a, tie.b)]

    def count(self, id: str, before: date) -> int:
        """Count what a profile did with others before a day, as `of` gives it."""
        return bisect_left(self._days_of_end.get(id, ()), before.toordinal())

    def records(self, ids: Iterable[str], before: date) -> tuple[Numbers, Numbers]:
        """Tell how many ties n profiles had before a day, and the ordinal of the newest one's day.

        Both have shape (n,); the day is 0 where none has a date.
        """
        day, held = before.toordinal(), [self._days_of_end.get(id, ()) for id in ids]
        counts = [bisect_left(days, day) if days else 0 for days in held]
        newest = [days[n - 1] if n else 0 for days, n in zip(held, counts, strict=True)]
        return np.array(counts, np.int64), np.array(newest, np.int64)

    def between(self, a: str, b: str) -> list[Tie]:
        """Give all ties of any kind between two profiles, by id."""
        one, other = self._ties_of_end.get(a), self._ties_of_end.get(b)
        if not one or not other or one.isdisjoint(other):
            return []
        return [self._ties[tie_id] for tie_id in sorted(one & other)]

    def pairings(self, id: str, on: date) -> list[Tie]:
        """Give the policy pairings of a partner with regions that are valid on a day, by id.

        In a pairing `b` is the paired partner; `a` is the body that speaks for the region.
        """
        ties = (self._ties[t] for t in self._ties_of_end.get(id, ()) if t not in self._day)
        found = [t for t in ties if t.kind is TieKind.PAIRING and t.b == id and t.holds(on)]
        return sorted(found, key=lambda tie: tie.id)

    def conflicts(self, id: str, on: date) -> list[Tie]:
        """Give the conflicts of interest of a profile that hold on a day, by id."""
        ties = (self._ties[t] for t in self._ties_of_end.get(id, ()) if t not in self._day)
        found = [t for t in ties if t.kind is TieKind.CONFLICT and t.holds(on)]
        return sorted(found, key=lambda tie: tie.id)

    def together(self, id: str, others: Numbers, before: date) -> Numbers:
        """Count the ties before a day that a profile had with each of n others, shape (n,)."""
        ties = [self._ties[tie_id] for tie_id in self._past(id, before)]
        counted = Counter(other_end(tie, id) for tie in ties)
        ids = self._roster.ids(others) if counted else []
        return np.array([counted[other] for other in ids] or [0] * len(others), np.int64)

    @property
    def changes(self) -> int:
        """Count the changes of what anybody did; it grows with each."""
        return self._dealings.changes

    def vectors(self, id: str, before: date, *, newest: int) -> Floats:
        """Give the vectors (n, d) of a profile's newest past subjects."""
        numbers = dict.fromkeys(self._subjects.number(tie.id) for tie in self._newest(id, before))
        return self._subjects.vectors(np.array(list(numbers)[:newest], dtype=np.int64))

    def texts(self, id: str, before: date, *, newest: int) -> list[str]:
        """Give a profile's newest past subjects as texts, each once."""
        texts = (tie.subject.joined for tie in self._newest(id, before) if tie.subject)
        return list(dict.fromkeys(texts))[:newest]

    def vector(self, tie_id: str) -> Floats | None:
        """Give the vector (d,) of a tie's subject, None where it has none."""
        number = self._subjects.number(tie_id)
        return self._subjects.vectors(np.array([number]))[0] if number >= 0 else None

    def _known(self, row: int, before: date, apart_from: str | None = None) -> Iterator[str]:
        """Give the ties of a row before a day, but those with `apart_from`."""
        day = before.toordinal()
        for tie_id in self._deeds.ties(row):
            tie = self._ties[tie_id]
            if self._day[tie_id] < day and apart_from not in (tie.a, tie.b):
                yield tie_id

    def _past(self, id: str, before: date) -> list[str]:
        day = before.toordinal()
        ties = self._ties_of_end.get(id, ())
        return [tie_id for tie_id in ties if self._day.get(tie_id, day) < day]

    def _newest(self, id: str, before: date) -> list[Tie]:
        """Give a profile's past ties that have a subject, newest first."""
        ties = [self._ties[t] for t in self._past(id, before) if self._subjects.number(t) >= 0]
        return sorted(ties, key=lambda tie: (self._day[tie.id], tie.id), reverse=True)

    def _date_subject(self, about: int, ties: Iterable[str]) -> None:
        days = (self._day[tie_id] for tie_id in ties if tie_id in self._day)
        self._subjects.date(about, min(days, default=NEVER))

    def _remove_subject(self, tie: Tie, about: int) -> None:
        if tie.id in self._day:
            for end in {tie.a, tie.b}:
                self._deeds.remove(self._roster.number(end), about, tie.id, self._day)
        self._date_subject(about, self._subjects.ties(tie.id) - {tie.id})
        self._subjects.remove(tie.id)
        new = self._subjects.compact()
        if new is not None:
            self._deeds.renumber(new)


def other_end(tie: Tie, id: str) -> str:
    """Give the other end of a tie."""
    return tie.b if tie.a == id else tie.a
