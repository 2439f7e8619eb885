"""Owns how much a shared word tells: little where many profiles of either side hold it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from index.lexical import LexicalIndex
from index.postings import Scores

MOST_COMMON = 0.08
"""The share of the profiles of a side from which a word tells nothing of a pair."""

FEW = 100
"""As many profiles as this hold a word's share at what all profiles, or texts elsewhere, have."""

UNSEEN = 0.005
"""The share of profiles that hold a word of which nothing is known."""


def telling(sides: Sequence[LexicalIndex], tokens: Sequence[str]) -> Scores:
    """Tell how much each of t tokens tells of a pair that shares it, shape (t,), from 0.

    It is the logarithm of how much rarer than `MOST_COMMON` the token is on the side where it is
    commoner: what many ask for is no evidence for any of those who say it, however rare it is
    among these. Shares of few profiles are drawn to that of all.
    """
    held = np.array([one.holding(tokens) for one in sides], np.float64)
    sizes = np.array([[len(one)] for one in sides], np.float64)
    together = (held.sum(axis=0) + FEW * UNSEEN) / (sizes.sum() + FEW)
    shares = (held + FEW * together) / (sizes + FEW)
    told: Scores = np.maximum(0.0, np.log(MOST_COMMON / shares.max(axis=0)))
    return told
