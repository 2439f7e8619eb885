"""Owns who dealt with whom, and since when: what the ties of many say of a pair."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.columns import Column, Numbers
from index.deeds import NEVER
from index.postings import Scores

CHANCE = 5.0
"""Ties that are added to those by chance, so that a few alone prove little."""

_ROUNDED = 9
"""Decimals that sums of shares are kept to, so that what was taken out leaves exactly nothing."""

Counts = NDArray[np.int64]
Others = tuple[Numbers, NDArray[np.int32]]
"""Whom a profile dealt with, ascending, and the day of the first tie with each; shape (m,) both."""
_NOBODY: Others = np.empty(0, np.int64), np.empty(0, np.int32)


@dataclass(frozen=True, slots=True)
class Acquainted:
    """How the circles of n profiles meet that of the one who asks; NaN where one has none.

    `shared` is the sum over whom both dealt with, `linked` that over two of them, one on either
    side, who dealt with each other (Adamic and Adar 2003: who deals with many counts less);
    `kind` the share of a startup's other partners that are of the partner's kind. Shape (n,) each.
    """

    shared: Scores
    linked: Scores
    kind: Scores


@dataclass(frozen=True, slots=True)
class Worked:
    """How often those of each of p places worked with those of each other.

    `counts` has shape (p, p), each tie both ways, and `ends` its sums, shape (p,).
    """

    counts: Counts
    ends: Counts

    @classmethod
    def of(cls, counts: Counts) -> Worked:
        """Make it of counts alone."""
        return cls(counts, counts.sum(axis=1))

    def best(self, here: Sequence[int], there: Sequence[tuple[int, ...]], apart: Counts) -> Scores:
        """Hold the ties of any of some places with any of those of n others against chance.

        Args:
            here: places.
            there: the places of each of the others.
            apart: how many ties are left out, shape (n,).

        Returns:
            The greatest of `against_chance`, NaN where there is none, shape (n,).
        """
        kept: dict[tuple[tuple[int, ...], int], float] = {}
        found = np.full(len(there), np.nan)
        for at, (places, less) in enumerate(zip(there, apart.tolist(), strict=True)):
            asked = places, less
            if asked not in kept:
                pairs = [(a, b) for a in here for b in places]
                kept[asked] = max((self.against_chance(a, b, less) for a, b in pairs), default=-1.0)
            found[at] = kept[asked]
        return np.where(found >= 0, found, np.nan)

    def against_chance(self, here: int, there: int, apart: int = 0) -> float:
        """Hold the ties of two places against chance: c / (c + e + `CHANCE`).

        c are the ties that there are, but `apart` of them, e those that there would be if each
        place had as many as it has, and with anybody. It is -1 where a place has no tie.
        """
        two = 2 if here == there else 1
        found = max(0, int(self.counts[here, there]) // two - apart)
        mine, theirs = (int(self.ends[place]) - two * apart for place in (here, there))
        chance = mine * theirs / max(1, 2 * two * (int(self.ends.sum()) // 2 - apart))
        return found / (found + chance + CHANCE) if mine > 0 and theirs > 0 else -1.0


class Dealings:
    """A row for each tie that is a deed: its ends and its day, and what was last asked of them."""

    def __init__(self) -> None:
        self._row: dict[str, int] = {}
        self._unused: list[int] = []
        self._ends = Column(np.int64, 2)
        self._day = Column(np.int32)
        self._others: dict[int, Others] = {}
        self.changes = 0

    def put(self, tie_id: str, a: int, b: int, day: int) -> None:
        """Add a tie by the numbers of its ends."""
        row = self._unused.pop() if self._unused else self._ends.append((a, b))
        self._day.grow(len(self._ends))
        self._ends.values[row], self._day.values[row] = (a, b), day
        self._row[tie_id] = row
        self._forget(a, b)

    def remove(self, tie_id: str) -> None:
        """Take a tie away."""
        row = self._row.pop(tie_id)
        self._day.values[row] = NEVER
        self._unused.append(row)
        self._forget(*self._ends.values[row].tolist())

    def others(self, number: int, ties: Callable[[], Iterable[str]], before: int) -> Numbers:
        """Give the numbers of those whom a profile dealt with before a day, each once, ascending.

        `ties` gives the ids of its ties, where they were not read since the last change.
        """
        held = self._others.get(number)
        if held is None:
            held = self._others[number] = self._read(number, ties())
        numbers, since = held
        return numbers[since < before]

    def between(self, place: Numbers, size: int, before: int) -> Counts:
        """Count the ties before a day between places, shape (size, size), each tie both ways.

        Args:
            place: of each profile by number, below `size`; -1 where it is not known.
            size: how many places there are.
            before: the day.
        """
        ends = self._ends.values[self._day.values < before]
        a, b = place[ends[:, 0]], place[ends[:, 1]]
        known = (a >= 0) & (b >= 0)
        counted = np.bincount(a[known] * size + b[known], minlength=size * size)
        one_way = counted.reshape(size, size)
        return one_way + one_way.T

    def _read(self, number: int, ties: Iterable[str]) -> Others:
        known = [self._row[tie_id] for tie_id in ties if tie_id in self._row]
        if not known:  # so it is with most
            return _NOBODY
        rows = np.array(known, np.int64)
        ends, days = self._ends.values[rows], self._day.values[rows]
        others = np.where(ends[:, 0] == number, ends[:, 1], ends[:, 0])
        order = np.lexsort((days, others))
        numbers, first = np.unique(others[order], return_index=True)
        return numbers, days[order][first]

    def _forget(self, a: int, b: int) -> None:
        self._others.pop(a, None)
        self._others.pop(b, None)
        self.changes += 1


def acquainted(
    asking: int,
    own: Numbers,
    candidates: Numbers,
    others: Sequence[Numbers],
    circle: Callable[[Numbers], tuple[Numbers, Numbers]],
    weight: Callable[[Numbers], Scores],
    size: int,
) -> tuple[Scores, Scores]:
    """Tell how the circles of n candidates meet that of the one who asks, shape (n,) each.

    What the two did with each other is in neither, whoever of them asks.

    Args:
        asking: the number of who asks.
        own: whom it dealt with, shape (m,).
        candidates: numbers, shape (n,).
        others: whom each candidate dealt with.
        circle: gives for m profiles whom each dealt with: the place of each, and the other.
        weight: gives what m profiles count, shape (m,).
        size: above every number.
    """
    if not len(own):
        return np.zeros(len(candidates)), np.zeros(len(candidates))
    whose, other = flat(others)
    mine = np.zeros(size)
    mine[own] = weight(own)
    place, reached = circle(own)
    near = _added(reached, mine[own][place], size)
    near[asking] = 0.0
    theirs = np.zeros(size)
    met = np.unique(other[near[other] > 0])
    theirs[met] = weight(met)
    shared = _added(whose, mine[other], len(candidates))
    linked = _added(whose, near[other] * theirs[other], len(candidates))
    around = _added(whose, theirs[other], len(candidates))
    linked -= mine[candidates] * around  # the ways that lead over the candidate itself
    return shared, np.maximum(0.0, np.round(linked, _ROUNDED))


def _added(places: Numbers, values: Scores, size: int) -> Scores:
    return np.bincount(places, values, minlength=size).astype(np.float64)


def flat(of_each: Sequence[Numbers]) -> tuple[Numbers, Numbers]:
    """Put the numbers of n profiles one after the other: the place of each, and the number."""
    if not of_each:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    whose = np.repeat(np.arange(len(of_each)), [len(one) for one in of_each])
    return whose, np.concatenate(of_each)
