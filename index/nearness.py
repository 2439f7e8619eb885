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

_INFINITE = np.int64(np.float32(np.inf).view(np.int32))


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


def greatest(whose: Numbers, values: Scores, size: int) -> Scores:
    """Give the greatest of the values of each of `size` profiles, NaN for one without any."""
    greatest = np.full(size, -np.inf)
    np.maximum.at(greatest, whose, values)
    return np.where(greatest > -np.inf, greatest, np.nan)


def damped(whose: Numbers, values: Scores, size: int) -> Scores:
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
