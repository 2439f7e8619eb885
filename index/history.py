"""Owns history as evidence: what each profile did with others, by the subjects of its ties."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from index.areas import Areas
from index.backend import Floats
from index.columns import Mask, Numbers
from index.dealings import Acquainted, Worked, acquainted, flat
from index.leanings import Leanings, added, area, focus
from index.lexical import LexicalIndex, tokenise
from index.nearness import Near, NearPasts, greatest
from index.past_ties import PastTies, other_end
from index.postings import Scores
from profiles import Tie

Kinds = NDArray[np.int8]


class History(PastTies):
    """What the ties say of pairs before a day, apart from what these did with one another."""

    _asked_last: tuple[tuple[bytes, int, int], list[Numbers]] | None = None

    def near(
        self,
        queries: Floats,
        text: str,
        before: date,
        *,
        among: Mask | None = None,
        apart_from: str | None = None,
    ) -> NearPasts:
        """Tell how near each profile's past subjects are to q >= 1 queries (q, d) and to a text.

        Only ties before the day count: later ones are in no score and in no statistic. Cosines
        below 0 count as 0 in the sum.

        Args:
            queries: vectors; of each subject the nearest of them counts.
            text: whose words are looked for in the subjects.
            before: the day.
            among: by number of the roster, for whom it is asked; for all if not given.
            apart_from: who asks: what was done with it alone is no evidence from elsewhere.
        """
        day, size = before.toordinal(), len(self._roster)
        rows = self._rows(before, among, apart_from)
        whose, about = self._deeds.whose(rows), self._deeds.about(rows)
        cosines = self._subjects.cosines(queries, about)
        tokens = tokenise(text)
        words = self._subjects.scores(tokens, day)[about] / max(1, len(tokens))
        return NearPasts.of_subjects(whose, cosines, words, size)

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
        size, place = len(numbers), np.empty(len(self._roster), np.int64)
        place[numbers] = np.arange(size)
        asked = np.zeros(len(self._roster), dtype=bool)
        asked[numbers] = True
        rows = self._rows(before, asked, apart_from)
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
        others = self._others_of(candidates, day)
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
        return flat(self._others_of(candidates, before.toordinal()))

    def worked(self, place: Numbers, size: int, before: date) -> Worked:
        """Count the ties before a day between places; `Dealings.between` says the arguments."""
        return Worked.of(self._dealings.between(place, size, before.toordinal()))

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

    def _others_of(self, candidates: Numbers, day: int) -> list[Numbers]:
        """Give whom each of n profiles dealt with, as `_others` does.

        What was asked last is kept until a tie changes: one list asks it of its candidates thrice.
        """
        asked = candidates.tobytes(), day, self.changes
        kept = self._asked_last
        if kept is None or kept[0] != asked:
            kept = asked, [self._others(number, day) for number in candidates.tolist()]
            self._asked_last = kept
        return kept[1]

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
                found.add(self._deeds.row(self._roster.number(other_end(tie, id)), about))
        return [row for row in found if not any(self._known(row, before, id))]

    def _elsewhere(
        self, id: str, rows: Sequence[int], candidates: Numbers, before: date
    ) -> NDArray[np.bool_]:
        """Mark (n, m) which of m past subjects of a profile are not with one of n others alone."""
        place = {number: at for at, number in enumerate(candidates.tolist())}
        counts = np.ones((len(candidates), len(rows)), dtype=bool)
        for column, row in enumerate(rows):
            others = {other_end(self._ties[tie_id], id) for tie_id in self._known(row, before)}
            if len(others) == 1 and (number := self._roster.number(others.pop())) in place:
                counts[place[number], column] = False
        return counts


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
