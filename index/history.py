"""Owns history as evidence: what each profile did with others, by the subjects of its ties."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from index.areas import Areas
from index.backend import Floats
from index.columns import Mask, Numbers, Roster
from index.dealings import Acquainted, Dealings, Worked, acquainted, flat
from index.deeds import NEVER, Deeds
from index.leanings import Leanings, added, area, focus
from index.lexical import LexicalIndex, tokenise
from index.nearness import Near, greatest
from index.postings import Scores, Vocabulary
from index.subjects import Subjects
from profiles import Tie, TieKind

Kinds = NDArray[np.int8]

_NOT_HISTORY = frozenset({TieKind.PAIRING, TieKind.CONFLICT})
_ALWAYS_KNOWN = 0
"""The day of a tie without a date; the ordinals of dates begin at 1."""


class History:
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

    def near(
        self,
        queries: Floats,
        text: str,
        before: date,
        *,
        among: Mask | None = None,
        apart_from: str | None = None,
    ) -> Near:
        """Tell how near each profile's past subjects are to q >= 1 queries (q, d) and to a text.

        Only ties before the day count: later ones are in no score and in no statistic. Cosines
        below 0 count as 0 in the sum.

        Args:
            queries: vectors; of each subject the nearest of them counts.
            text: whose words are looked for in the subjects.
            before: the day.
            among: by number of the roster, for whom it is asked; for all if not given.
            apart_from: who asks: what was done with it alone is no evidence from elsewhere.

        Returns:
            By number of the roster, n = its length.
        """
        day, size = before.toordinal(), len(self._roster)
        rows = self._rows(before, among, apart_from)
        whose, about = self._deeds.whose(rows), self._deeds.about(rows)
        cosines = self._subjects.cosines(queries, about)
        tokens = tokenise(text)
        words = self._subjects.scores(tokens, day)[about] / max(1, len(tokens))
        return Near.of_subjects(whose, cosines, words, size)

    def near_to(
        self,
        id: str,
        vectors: Sequence[Floats],
        documents: LexicalIndex,
        candidates: Numbers,
        before: date,
    ) -> Near:
        """Tell how near n others are to one profile's past subjects: `near` from the other end.

        What the profile did with one of them alone does not count for that one.

        Args:
            id: whose past it is.
            vectors: those of the candidates by facet, (n, d) each, a row of NaN where one has none.
            documents: the candidates' words.
            candidates: their numbers in the roster, shape (n,).
            before: the day.
        """
        day, size = before.toordinal(), len(candidates)
        rows = [row for _, row in self._told(id, before)]
        if not rows or not size:
            return Near.unknown(size)
        about = self._about(rows)
        counts = self._elsewhere(id, rows, candidates, before)
        cosines = self._cosines_with(vectors, about)
        words = documents.sums(candidates, *self._subjects.weights(about, day), len(about))
        words /= np.maximum(1, documents.lengths(candidates))[:, None]
        whose = np.nonzero(counts)[0]
        return Near.of_subjects(whose, cosines[counts], words[counts], size)

    def leanings(
        self,
        sought: Floats,
        numbers: Numbers,
        before: date,
        *,
        startups: Mask,
        areas: Areas | None,
        apart_from: str | None = None,
    ) -> Leanings:
        """Tell how the pasts of n profiles lean towards what is sought.

        Args:
            sought: the vector (d,) of what is sought.
            numbers: of the profiles in the roster, shape (n,).
            before: the day.
            startups: who is a startup, by number of the roster.
            areas: in the space of the vectors, if there are any.
            apart_from: who asks: what was done with it alone does not count.
        """
        size, place = len(numbers), np.full(len(self._roster), -1)
        place[numbers] = np.arange(size)
        rows = self._rows(before, place >= 0, apart_from)
        if not len(rows):
            return Leanings.unknown(size)
        told, about = np.unique(self._deeds.about(rows), return_inverse=True)
        whose = place[self._deeds.whose(rows)]
        subjects = self._subjects.vectors(told).astype(np.float64)
        wanted = sought.astype(np.float64)[None, :]
        sums, sizes = added(whose, about, subjects, size)
        joined = self._with_startups(told, before, startups)[about]
        within = area(whose[joined], about[joined], subjects, wanted, areas, size)
        return Leanings(focus(sums, sizes, wanted), within)

    def leanings_to(
        self,
        id: str,
        sought: Floats,
        candidates: Numbers,
        before: date,
        *,
        startups: Mask,
        areas: Areas | None,
    ) -> Leanings:
        """Tell how one profile's past leans towards what n others seek: `leanings` from its end.

        `sought` (n, d) holds a row of NaN where one of them seeks nothing; the rest is as in
        `near_to`.
        """
        rows = [row for _, row in self._told(id, before)]
        if not rows or not len(candidates):
            return Leanings.unknown(len(candidates))
        told = self._about(rows)
        subjects = self._subjects.vectors(told).astype(np.float64)
        counts = self._elsewhere(id, rows, candidates, before)
        wanted = sought.astype(np.float64)
        near = focus(counts @ subjects, counts.sum(axis=1), wanted)
        whose, about = np.nonzero(counts & self._with_startups(told, before, startups))
        return Leanings(near, area(whose, about, subjects, wanted, areas, len(wanted)))

    def acquainted(
        self, id: str, candidates: Numbers, before: date, kinds: Kinds, kind: int = 0
    ) -> Acquainted:
        """Tell how the circles of n others meet a profile's, without what the two did together.

        Args:
            id: who asks.
            candidates: the numbers of the others in the roster, shape (n,).
            before: the day.
            kinds: the kinds of partners by number of the roster; 0 is unknown, or no partner.
            kind: what kind of partner asks; 0 is unknown, or a startup.
        """
        day, asking = before.toordinal(), self._roster.number(id)
        own = self._others(asking, day)
        others = [self._others(number, day) for number in candidates.tolist()]
        share = _shares_of_kind(asking, own, candidates, others, kinds, kind)
        shared, linked = acquainted(
            asking,
            own,
            candidates,
            others,
            lambda numbers: flat([self._others(number, day) for number in numbers.tolist()]),
            lambda numbers: self._rarity(numbers, before),
            len(self._roster),
        )
        together = np.isin(candidates, own)
        elsewhere = (len(own) > together) & (np.array([len(o) for o in others], int) > together)
        known = np.where(elsewhere, 0.0, np.nan)
        return Acquainted(shared + known, linked + known, share)

    def circle(self, id: str, before: date) -> Numbers:
        """Give the numbers of those whom a profile dealt with before a day, ascending."""
        return self._others(self._roster.number(id), before.toordinal())

    def circles(self, candidates: Numbers, before: date) -> tuple[Numbers, Numbers]:
        """Give whom n profiles dealt with before a day: the place of each, and the other."""
        day = before.toordinal()
        return flat([self._others(number, day) for number in candidates.tolist()])

    def worked(self, place: Numbers, size: int, before: date) -> Worked:
        """Count the ties before a day between places; `Dealings.between` says the arguments."""
        return Worked.of(self._dealings.between(place, size, before.toordinal()))

    def together(self, id: str, others: Numbers, before: date) -> Numbers:
        """Count the ties before a day that a profile had with each of n others, shape (n,)."""
        ties = [self._ties[tie_id] for tie_id in self._past(id, before)]
        counted = Counter(_other(tie, id) for tie in ties)
        ids = self._roster.ids(others) if counted else []
        return np.array([counted[other] for other in ids] or [0] * len(others), np.int64)

    @property
    def changes(self) -> int:
        """Count the changes of what anybody did; it grows with each."""
        return self._dealings.changes

    def nearest_ties(
        self, queries: Floats, numbers: Numbers, before: date, *, apart_from: str | None = None
    ) -> list[Tie | None]:
        """Give for n profiles the past tie whose subject is nearest to any of q queries (q, d).

        Where several are, it is the first by id that is not with `apart_from`; None where a
        profile has no past subject with others.
        """
        wanted = np.zeros(len(self._roster), dtype=bool)
        wanted[numbers] = True
        rows = self._rows(before, wanted, apart_from)
        whose, about = self._deeds.whose(rows), self._deeds.about(rows)
        cosines = self._subjects.cosines(queries, about)
        best = cosines == greatest(whose, cosines, len(wanted))[whose]
        first: dict[int, str] = {}
        for row, number in zip(rows[best].tolist(), whose[best].tolist(), strict=True):
            tie_id = min(self._known(row, before, apart_from))
            first[number] = min(tie_id, first.get(number, tie_id))
        return [self._ties[first[n]] if n in first else None for n in numbers.tolist()]

    def nearest_ties_to(
        self, id: str, vectors: Sequence[Floats], candidates: Numbers, before: date
    ) -> list[Tie | None]:
        """Give for n others the past tie of a profile whose subject is nearest to them.

        `vectors` and `candidates` are as in `near_to`. Where several are nearest, it is the first
        by id; None where the profile has no past subject with others than that one.
        """
        ties = self._told(id, before)
        if not ties or not len(candidates):
            return [None] * len(candidates)
        rows = [row for _, row in ties]
        counts = self._elsewhere(id, rows, candidates, before)
        cosines = np.where(counts, self._cosines_with(vectors, self._about(rows)), -np.inf)
        best: list[int] = np.argmax(cosines, axis=1).tolist()
        known: list[bool] = np.any(counts, axis=1).tolist()
        return [
            self._told_to(other, ties[column][0], ties[column][1], before) if some else None
            for other, column, some in zip(self._roster.ids(candidates), best, known, strict=True)
        ]

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

    def _with_startups(self, subjects: Numbers, before: date, startups: Mask) -> Mask:
        """Mark which of n subjects a startup had a part in before a day, shape (n,)."""
        rows = self._deeds.rows(before.toordinal(), startups)
        return np.isin(subjects, self._deeds.about(rows))

    def _others(self, number: int, day: int) -> Numbers:
        """Give the numbers of those whom a profile dealt with before a day, ascending."""
        if number < 0:
            return np.empty(0, np.int64)
        return self._dealings.others(
            number, lambda: self._ties_of_end.get(self._roster.id(number), ()), day
        )

    def _rarity(self, numbers: Numbers, before: date) -> Scores:
        counts = self.records(self._roster.ids(numbers.tolist()), before)[0]
        return 1.0 / np.log1p(np.maximum(1, counts))

    def _cosines_with(self, vectors: Sequence[Floats], about: Numbers) -> Scores:
        """Give the cosines of n candidates with m subjects, (n, m); a facet's NaN loses."""
        subjects = self._subjects.vectors(about)
        found: Scores = np.fmax.reduce([one @ subjects.T for one in vectors]).astype(np.float64)
        return found

    def _about(self, rows: Sequence[int]) -> Numbers:
        return self._deeds.about(np.array(rows, np.int64))

    def _told(self, id: str, before: date) -> list[tuple[str, int]]:
        """Give the first tie and the row of each of a profile's past subjects, by tie id."""
        rows = self._deeds.rows_of(self._roster.number(id), before.toordinal()).tolist()
        return sorted((min(self._known(row, before)), row) for row in rows)

    def _told_to(self, other: str, first: str, row: int, before: date) -> Tie:
        """Give the first tie of a row that is not with another profile."""
        tie = self._ties[first]
        is_own = other in (tie.a, tie.b)
        return self._ties[min(self._known(row, before, other))] if is_own else tie

    def _known(self, row: int, before: date, apart_from: str | None = None) -> Iterator[str]:
        """Give the ties of a row before a day, but those with `apart_from`."""
        day = before.toordinal()
        for tie_id in self._deeds.ties(row):
            tie = self._ties[tie_id]
            if self._day[tie_id] < day and apart_from not in (tie.a, tie.b):
                yield tie_id

    def _rows(self, before: date, among: Mask | None, apart_from: str | None) -> Numbers:
        """Give the rows known before a day, of the profiles that are marked, as `near` needs."""
        rows = self._deeds.rows(before.toordinal(), among)
        own = [] if apart_from is None else self._own_rows(apart_from, before)
        return rows[~np.isin(rows, own)] if own else rows

    def _own_rows(self, id: str, before: date) -> list[int]:
        """Give the rows of others that hold nothing before a day but what they did with `id`."""
        found = set()
        for tie_id in self._past(id, before):
            tie, about = self._ties[tie_id], self._subjects.number(tie_id)
            if about >= 0:
                found.add(self._deeds.row(self._roster.number(_other(tie, id)), about))
        return [row for row in found if not any(self._known(row, before, id))]

    def _elsewhere(
        self, id: str, rows: Sequence[int], candidates: Numbers, before: date
    ) -> NDArray[np.bool_]:
        """Mark (n, m) which of m past subjects of a profile are not with one of n others alone."""
        place = {number: at for at, number in enumerate(candidates.tolist())}
        counts = np.ones((len(candidates), len(rows)), dtype=bool)
        for column, row in enumerate(rows):
            others = {_other(self._ties[tie_id], id) for tie_id in self._known(row, before)}
            if len(others) == 1 and (number := self._roster.number(others.pop())) in place:
                counts[place[number], column] = False
        return counts

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


def _shares_of_kind(
    asking: int,
    own: Numbers,
    candidates: Numbers,
    others: Sequence[Numbers],
    kinds: Kinds,
    kind: int,
) -> Scores:
    """Give for n pairs what share of the startup's other partners is of the partner's kind."""
    if kind:
        whose, other = flat(others)
        counted = (kinds[other] > 0) & (other != asking)
        known = np.bincount(whose[counted], minlength=len(candidates))
        alike = np.bincount(whose[counted & (kinds[other] == kind)], minlength=len(candidates))
    else:
        together, theirs = np.isin(candidates, own), kinds[candidates]
        by_kind = np.bincount(kinds[own], minlength=1 + int(kinds.max(initial=0)))
        by_kind[0] = 0
        known = np.where(theirs > 0, by_kind.sum() - together, 0)
        alike = np.where(theirs > 0, by_kind[theirs] - together, 0)
    return np.where(known > 0, alike / np.maximum(1, known), np.nan)


def _other(tie: Tie, id: str) -> str:
    return tie.b if tie.a == id else tie.a
