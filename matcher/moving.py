"""Owns weights that a person moves for the moment: a ranker whose families count more or less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matcher.additive import LEAST_POINTS, RESOLUTION, Doubles, Ranker
from matcher.calibration import Calibration
from matcher.families import FAMILIES, family
from matcher.features import FEATURE_NAMES
from profiles import DariError

FACTORS = (0.0, 0.5, 1.0, 2.0)
"""By how much a family may be moved."""


class MovedError(DariError):
    """A family that is not there, or a factor that is none of those allowed."""


@dataclass(frozen=True)
class Moved:
    """A ranker whose points are multiplied by family; it is kept nowhere.

    `factors` names the families that do not count as the model has them. Its version says so, it
    has no calibration, and its contributions are whole multiples of 1/1024 point again, so that
    they sum to the score exactly.
    """

    base: Ranker
    factors: Mapping[str, float]

    @property
    def version(self) -> str:
        """Name the model, and what was moved: `model~past:2~text:0.5`."""
        moved = (f"~{name}:{self.factors[name]:g}" for name in FAMILIES if name in self.factors)
        return "".join([self.base.version, *moved])

    @property
    def calibration(self) -> Calibration | None:
        """None: what such scores came to was never measured."""
        return None

    @cached_property
    def _by_column(self) -> Doubles:
        """The factor of each of f features, shape (f,)."""
        return np.array([self.factors.get(family(name), 1.0) for name in FEATURE_NAMES])

    def contributions(self, features: NDArray[np.float32]) -> Doubles:
        """Give what each of f features adds to the score of n pairs, shape (n, f), in points."""
        moved = self.base.contributions(features) * self._by_column
        rounded: Doubles = np.round(moved * RESOLUTION) / RESOLUTION
        return np.where(rounded < LEAST_POINTS, 0.0, rounded)


def moved(ranker: Ranker, factors: Mapping[str, float]) -> Ranker:
    """Give a ranker as a person moved it; one of which nothing was moved as it is.

    Raises:
        MovedError: if a family is not there, or a factor is none of `FACTORS`.
    """
    for name, factor in factors.items():
        if name not in FAMILIES or factor not in FACTORS:
            raise MovedError(
                value=f"{name}: {factor}",
                rule="A weight is moved by family, to 0, 0.5, 1 or 2 times what the model gives.",
                remedy=f"Name one of {', '.join(FAMILIES)}, and one of these factors.",
            )
    others = {name: factor for name, factor in factors.items() if factor != 1.0}
    return Moved(ranker, others) if others else ranker


def most_points(ranker: Ranker) -> float:
    """Give the most that a ranker's points can come to."""
    every = np.ones((1, len(FEATURE_NAMES)), np.float32)
    return float(ranker.contributions(every).sum())
