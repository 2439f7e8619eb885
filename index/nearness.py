"""Owns how near pasts are to a query: what a profile's many subjects are worth together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from index.columns import Numbers
from index.postings import Scores

DAMPING = 0.8
"""What a profile's next nearest subject counts, of what the one before it counted.

The nearest alone says little of an organisation that does many things, and the plain sum only how
much it does.
"""

FOREMOST = 3
"""How many of the nearest subjects are added up."""

_INFINITE = np.int64(np.float32(np.inf).view(np.int32))


@dataclass(frozen=True, slots=True)
class Near:
    """How near the pasts of n profiles are to a query; NaN for those without any.

    `nearest` is the greatest cosine of a subject, `cosines` and `words` the damped sums of cosines
    and of BM25 scores over all subjects, the latter for a word of the startup's text in the mean,
    `mean` the mean of the cosines and `foremost` the sum of the three greatest by three, where
    one below 0 counts as 0, and `word` the greatest such BM25 score; each has shape (n,).
    """

    nearest: Scores
    cosines: Scores
    words: Scores
    mean: Scores
    foremost: Scores
    word: Scores

    @classmethod
    def of_subjects(cls, whose: Numbers, cosines: Scores, words: Scores, size: int) -> Near:
        """Work it out of m subjects of `size` profiles: whose each is, and how near, (m,) each."""
        ordered = _Ordered.of(whose, cosines)
        return cls(
            greatest(whose, cosines, size),
            ordered.damped(size),
            _Ordered.of(whose, words).damped(size),
            ordered.mean(size),
            ordered.foremost(size),
            greatest(whose, words, size),
        )

    @classmethod
    def unknown(cls, size: int) -> Near:
        """Give that of profiles without any past."""
        return cls(*(np.full(size, np.nan) for _ in range(6)))


@dataclass(frozen=True, slots=True)
class NearPasts:
    """How near the pasts of those who have any are to a query: k numbers (k,), ascending."""

    numbers: Numbers
    near: Near

    @classmethod
    def of_subjects(cls, whose: Numbers, cosines: Scores, words: Scores, size: int) -> NearPasts:
        """Work it out of m subjects: whose each is, by numbers below `size`, and how near, (m,)."""
        has_any = np.zeros(size, dtype=bool)
        has_any[whose] = True
        numbers = np.flatnonzero(has_any)
        place = np.empty(size, np.int64)
        place[numbers] = np.arange(len(numbers))
        return cls(numbers, Near.of_subjects(place[whose], cosines, words, len(numbers)))

    def of(self, numbers: Numbers) -> Near:
        """Give those of n profiles by number; NaN for those without any."""
        there = np.append(self.numbers, -1)
        place = np.searchsorted(self.numbers, numbers)
        place[there[place] != numbers] = len(self.numbers)
        near = self.near
        columns = (near.nearest, near.cosines, near.words, near.mean, near.foremost, near.word)
        return Near(*(np.append(column, np.nan)[place] for column in columns))


def greatest(whose: Numbers, values: Scores, size: int) -> Scores:
    """Give the greatest of the values of each of `size` profiles, NaN for one without any."""
    greatest = np.full(size, -np.inf)
    np.maximum.at(greatest, whose, values)
    return np.where(greatest > -np.inf, greatest, np.nan)


def damped(whose: Numbers, values: Scores, size: int) -> Scores:
    """Add up the values of each of `size` profiles, each counting less than the one before it.

    Values below 0 count as 0; NaN is the sum of a profile without any.
    """
    return _Ordered.of(whose, values).damped(size)


@dataclass(frozen=True, slots=True)
class _Ordered:
    """Values >= 0 of float32, those of each profile beside each other and the greatest first.

    `at` names the k profiles that have any, `first` where those of each begin, `sizes` how many
    they are; `place` counts them from 0 in each. NaN is what a profile without any comes to.
    """

    at: Numbers
    first: Numbers
    sizes: Numbers
    place: Numbers
    values: Scores

    @classmethod
    def of(cls, whose: Numbers, values: Scores) -> _Ordered:
        # Bits of floats >= 0 have the order of the floats, so one sort of whole numbers puts the
        # profiles beside each other and the values of each in order.
        bits = np.fmax(values, 0).astype(np.float32).view(np.int32)
        keys = np.sort(whose << 32 | (_INFINITE - bits))
        whose, bits = keys >> 32, _INFINITE - (keys & 0xFFFFFFFF)
        first = np.flatnonzero(np.diff(whose, prepend=-1))
        sizes = np.diff(first, append=len(whose))
        place = np.arange(len(whose)) - np.repeat(first, sizes)
        ordered = bits.astype(np.int32).view(np.float32).astype(np.float64)
        return cls(whose[first], first, sizes, place, ordered)

    def damped(self, size: int) -> Scores:
        """Add up, each counting less than the one before it, shape (size,)."""
        return self._spread(self._added(self.values * DAMPING**self.place), size)

    def mean(self, size: int) -> Scores:
        """Give the mean, shape (size,)."""
        return self._spread(self._added(self.values) / self.sizes, size)

    def foremost(self, size: int) -> Scores:
        """Add up the greatest and divide by how many they are at most, shape (size,)."""
        counted = np.where(self.place < FOREMOST, self.values, 0.0)
        return self._spread(self._added(counted) / FOREMOST, size)

    def _added(self, values: Scores) -> Scores:
        added: Scores = np.add.reduceat(values, self.first) if len(self.first) else np.empty(0)
        return added

    def _spread(self, values: Scores, size: int) -> Scores:
        found = np.full(size, np.nan)
        found[self.at] = values
        return found
