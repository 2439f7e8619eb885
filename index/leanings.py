"""Owns what a past leans towards: its middle, and the areas of work that it is in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.areas import Areas
from index.columns import Numbers
from index.nearness import damped
from index.postings import Scores

ENOUGH = 3
"""The number of subjects from which the middle of a past counts in full."""

_ROUNDED = 9
"""Decimals of what is summed up, so that the order of the terms is not seen in it."""

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Leanings:
    """How the pasts of n profiles lean towards what is sought; NaN where that is not known.

    `focus` is the cosine of what is sought with the mean of a profile's past subjects, below 0 as
    0, by thirds for fewer than `ENOUGH` subjects; `area` the damped sum of the cosines with those
    that a startup had a part in, in the directions of `Areas`, as `Near.cosines` is. Shape (n,)
    each.
    """

    focus: Scores
    area: Scores

    @classmethod
    def unknown(cls, size: int) -> Leanings:
        """Give those of profiles of which nothing is known."""
        return cls(np.full(size, np.nan), np.full(size, np.nan))


def focus(sums: Doubles, sizes: Numbers, sought: Doubles) -> Scores:
    """Work out `Leanings.focus`.

    Args:
        sums: of each profile's past subjects, shape (n, d).
        sizes: how many these are, shape (n,).
        sought: vectors (n, d), or (1, d) for all.
    """
    lengths = np.sqrt(np.vecdot(sums, sums))
    cosines = np.vecdot(sums, sought) / np.where(lengths > 0, lengths, 1.0)
    found = np.maximum(0.0, cosines) * np.minimum(1.0, sizes / ENOUGH)
    return np.where(sizes > 0, np.round(found, _ROUNDED), np.nan)


def area(
    whose: Numbers,
    about: Numbers,
    subjects: Doubles,
    sought: Doubles,
    areas: Areas | None,
    size: int,
) -> Scores:
    """Work out `Leanings.area`; it is unknown where there are no areas.

    Args:
        whose: places of n profiles, one for each of their m subjects, shape (m,).
        about: the place of the subject of each, shape (m,).
        subjects: vectors (s, d).
        sought: vectors (n, d), a row of NaN where nothing is sought, or (1, d) for all.
        areas: in the space of these vectors.
        size: how many profiles there are, n.
    """
    if areas is None:
        return np.full(size, np.nan)
    asked = np.broadcast_to(areas.of(sought) @ areas.of(subjects).T, (size, len(subjects)))
    summed = damped(whose, np.round(asked[whose, about], _ROUNDED), size)
    return np.where(np.isnan(sought).any(axis=1), np.nan, summed)


def added(whose: Numbers, about: Numbers, subjects: Doubles, size: int) -> tuple[Doubles, Numbers]:
    """Add up the subjects of each of n profiles, shape (n, d), and count them, shape (n,).

    `whose` and `about` are as in `area`.
    """
    order = np.argsort(whose, kind="stable")
    first = np.flatnonzero(np.diff(whose[order], prepend=-1))
    sums = np.zeros((size, subjects.shape[1]))
    if len(first):
        sums[whose[order][first]] = np.add.reduceat(subjects[about[order]], first)
    return sums, np.bincount(whose, minlength=size)
