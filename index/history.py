"""Owns history as evidence: what each profile did with others, by the subjects of its ties."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from index.backend import Floats
from index.columns import Column, Mask, Numbers, Roster
from index.lexical import LexicalIndex, tokenise
from index.postings import Postings, Scores, Vocabulary
from profiles import Tie, TieKind

DAMPING = 0.8
"""What a profile's next nearest subject counts, of what the one before it counted.

The nearest alone says little of an organisation that does many things, and the plain sum only how
much it does.
"""

_NOT_HISTORY = frozenset({TieKind.PAIRING, TieKind.CONFLICT})
_ALWAYS_KNOWN = 0
"""The day of a tie without a date; the ordinals of dates begin at 1."""
_NEVER = np.iinfo(np.int32).max
_FEWEST_DEAD_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Near:
    """How near the pasts of n profiles are to a query; NaN for those without any.

    `nearest` is the greatest cosine of a subject, `cosines` and `words` the damped sums of cosines
    and of BM25 scores over all subjects, the latter for a word of the startup's text in the mean;
    each has shape (n,).
    """

    nearest: Scores
    cosines: Scores
    words: Scores

    def of(self, numbers: Numbers) -> Near:
        """Give those of some of the profiles."""
        return Near(self.nearest[numbers], self.cosines[numbers], self.words[numbers])


class _Subjects:
    """What ties were about: numbered, each with a vector, its words and its ties."""

    def __init__(self, dimension: int, vocabulary: Vocabulary | None) -> None:
        self.vocabulary = Vocabulary() if vocabulary is None else vocabulary
        self._number: dict[str, int] = {}
        self._key_of: dict[str, str] = {}
        self._ties: dict[str, set[str]] = {}
        self._vectors = Column(np.float32, dimension)
        self._words = Postings(self.vocabulary)
        self._since = Column(np.int32)

    def __len__(self) -> int:
        return len(self._number)

    def put(self, tie_id: str, text: str, vector: Floats) -> int:
        """Add a tie to the subject of a text; give the subject's number."""
        key = hashlib.sha256(text.encode()).hexdigest()[:24]
        self._key_of[tie_id] = key
        self._ties.setdefault(key, set()).add(tie_id)
        if key not in self._number:
            self._number[key] = self._words.add(tokenise(text))
            self._vectors.append(vector)
            self._since.append(_NEVER)
        return self._number[key]

    def remove(self, tie_id: str) -> None:
        """Take a tie away; its subject goes with its last tie."""
        key = self._key_of.pop(tie_id)
        self._ties[key].discard(tie_id)
        if not self._ties[key]:
            del self._ties[key]
            self._words.drop(self._number.pop(key))

    def number(self, tie_id: str) -> int:
        """Give the number of a tie's subject, -1 where it has none."""
        return self._number[self._key_of[tie_id]] if tie_id in self._key_of else -1

    def ties(self, tie_id: str) -> set[str]:
        """Give the ties that are about the same as a tie that has a subject."""
        return self._ties[self._key_of[tie_id]]

    def date(self, number: int, day: int) -> None:
        """Say since when a subject is known."""
        self._since.values[number] = day

    def known(self, before: int) -> Mask:
        """Mark the subjects that were known before a day."""
        marked: Mask = self._since.values < before
        return marked

    def vectors(self, numbers: Numbers) -> Floats:
        """Give the vectors of n subjects, shape (n, d)."""
        found: Floats = self._vectors.values[numbers]
        return found

    def cosines(self, queries: Floats, numbers: Numbers) -> Scores:
        """Give for each of n subjects the greatest cosine with any of q queries, shape (n,)."""
        if len(numbers) < len(self._vectors):
            wanted, place = np.unique(numbers, return_inverse=True)
        else:  # most are asked for, some of them often
            wanted, place = np.arange(len(self._vectors)), numbers
        # Row by row: a product of matrices rounds a row by where it stands, which is chance here.
        vectors = self._vectors.values[wanted]
        greatest: Scores = np.max([np.vecdot(vectors, query) for query in queries], axis=0)[place]
        return greatest.astype(np.float64)

    def scores(self, tokens: Sequence[str], before: int) -> Scores:
        """Score all subjects for tokens, as if only those known before a day were there."""
        return self._words.scores(tokens, self.known(before))

    def weights(self, numbers: Numbers, before: int) -> tuple[Scores, NDArray[np.int32], Numbers]:
        """Give what each token of some subjects counts, as `Postings.weights` does."""
        return self._words.weights(numbers, self.known(before))

    def compact(self) -> Numbers | None:
        """Forget what is gone, where that is half of all: give the new number of each, or None."""
        if self._words.dead < max(_FEWEST_DEAD_ROWS, len(self)):
            return None
        new = self._words.compact()
        for column in (self._vectors, self._since):
            column.replace(column.values[new >= 0])
        self._number = {key: int(new[number]) for key, number in self._number.items()}
        return new


class _Deeds:
    """Who did something about what, and since when: a row for each such two."""

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
        self._since.values[row] = min((day_of[t] for t in self._ties[row]), default=_NEVER)
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
            self._since.append(_NEVER)
            self._ties.append(set())
        self._whose.values[row], self._about.values[row] = whose, about
        self._since.values[row] = _NEVER
        return row


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
        self._subjects = _Subjects(dimension, vocabulary)
        self._deeds = _Deeds()

    def __len__(self) -> int:
        return len(self._ties)

    @property
    def ties(self) -> Mapping[str, Tie]:
        """All ties by id."""
        return self._ties

    @property
    def vocabulary(self) -> Vocabulary:
        """The numbers of the words of subjects."""
        return self._subjects.vocabulary

    @property
    def subjects(self) -> int:
        """How many different subjects the ties have."""
        return len(self._subjects)

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

    def between(self, a: str, b: str) -> list[Tie]:
        """Give all ties of any kind between two profiles, by id."""
        shared = self._ties_of_end.get(a, set()) & self._ties_of_end.get(b, set())
        return [self._ties[tie_id] for tie_id in sorted(shared)]

    def pairings(self, id: str, on: date) -> list[Tie]:
        """Give the policy pairings of a partner with regions that are valid on a day, by id.

        In a pairing `b` is the paired partner; `a` is the body that speaks for the region.
        """
        ties = (self._ties[t] for t in self._ties_of_end.get(id, ()) if t not in self._day)
        found = [t for t in ties if t.kind is TieKind.PAIRING and t.b == id and t.holds(on)]
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
        return Near(
            _greatest(whose, cosines, size),
            _damped(whose, cosines, size),
            _damped(whose, words, size),
        )

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
            return Near(*(np.full(size, np.nan) for _ in range(3)))
        about = self._about(rows)
        counts = self._elsewhere(id, rows, candidates, before)
        cosines = self._cosines_with(vectors, about)
        words = documents.sums(candidates, *self._subjects.weights(about, day), len(about))
        words /= np.maximum(1, documents.lengths(candidates))[:, None]
        whose = np.nonzero(counts)[0]
        return Near(
            _greatest(whose, cosines[counts], size),
            _damped(whose, cosines[counts], size),
            _damped(whose, words[counts], size),
        )

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
        best = cosines == _greatest(whose, cosines, len(wanted))[whose]
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
        best = np.argmax(cosines, axis=1).tolist()
        others, some_count = self._roster.ids(candidates), np.any(counts, axis=1).tolist()
        return [
            self._told_to(other, ties[column], before) if some else None
            for other, column, some in zip(others, best, some_count, strict=True)
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

    def _cosines_with(self, vectors: Sequence[Floats], about: Numbers) -> Scores:
        """Give the cosines of n candidates with m subjects, (n, m); a facet's NaN loses."""
        subjects = self._subjects.vectors(about)
        greatest: Scores = np.fmax.reduce([one @ subjects.T for one in vectors]).astype(np.float64)
        return greatest

    def _about(self, rows: Sequence[int]) -> Numbers:
        return self._deeds.about(np.array(rows, np.int64))

    def _told(self, id: str, before: date) -> list[tuple[str, int]]:
        """Give the first tie and the row of each of a profile's past subjects, by tie id."""
        rows = self._deeds.rows_of(self._roster.number(id), before.toordinal()).tolist()
        return sorted((min(self._known(row, before)), row) for row in rows)

    def _told_to(self, other: str, told: tuple[str, int], before: date) -> Tie:
        """Give the first tie of a row that is not with another profile."""
        first, row = told
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
        self._subjects.date(about, min(days, default=_NEVER))

    def _remove_subject(self, tie: Tie, about: int) -> None:
        if tie.id in self._day:
            for end in {tie.a, tie.b}:
                self._deeds.remove(self._roster.number(end), about, tie.id, self._day)
        self._date_subject(about, self._subjects.ties(tie.id) - {tie.id})
        self._subjects.remove(tie.id)
        new = self._subjects.compact()
        if new is not None:
            self._deeds.renumber(new)


def _other(tie: Tie, id: str) -> str:
    return tie.b if tie.a == id else tie.a


def _greatest(whose: Numbers, values: Scores, size: int) -> Scores:
    """Give the greatest of the values of each of `size` profiles, NaN for one without any."""
    greatest = np.full(size, -np.inf)
    np.maximum.at(greatest, whose, values)
    return np.where(greatest > -np.inf, greatest, np.nan)


def _damped(whose: Numbers, values: Scores, size: int) -> Scores:
    """Add up the values of each of `size` profiles, each counting less than the one before it.

    The values are those >= 0, greatest first, of float32; NaN is the sum of a profile without any.
    """
    if not len(whose):
        return np.full(size, np.nan)
    # Bits of floats >= 0 have the order of the floats, so one sort of whole numbers puts the
    # profiles beside each other and the values of each in order.
    bits = np.fmax(values, 0).astype(np.float32).view(np.int32)
    keys = np.sort(whose << 32 | (_INFINITE - bits))
    whose, bits = keys >> 32, _INFINITE - (keys & 0xFFFFFFFF)
    first = np.flatnonzero(np.diff(whose, prepend=-1))
    sizes = np.diff(first, append=len(whose))
    place = np.arange(len(whose)) - np.repeat(first, sizes)
    shares = bits.astype(np.int32).view(np.float32) * DAMPING**place
    sums = np.full(size, np.nan)
    sums[whose[first]] = np.add.reduceat(shares, first)
    return sums


_INFINITE = np.int64(np.float32(np.inf).view(np.int32))
