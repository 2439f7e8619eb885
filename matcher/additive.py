"""Owns the additive model: shapes of features whose points sum to the score exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from matcher.calibration import Calibration
from matcher.features import FEATURE_NAMES

Doubles = NDArray[np.float64]

RESOLUTION = 1024
"""Contributions are whole multiples of 1/1024 point: binary fractions, so that they add up to the
score without a rounding error in any order."""

LEAST_POINTS = 0.05
"""A contribution below this is none: a reason that would be shown as 0.0 is no reason."""

UNKNOWN = "_unknown"
"""Ends the name of a feature that says that something is not known; it is worth nothing."""


class Ranker(Protocol):
    """Scores pairs by their features."""

    @property
    def version(self) -> str:
        """Name the model and its content."""

    @property
    def calibration(self) -> Calibration | None:
        """What the model's scores came to; None where that is not known."""

    def contributions(self, features: NDArray[np.float32]) -> Doubles:
        """Give what each of f features adds to the score of n pairs, shape (n, f), in points."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a feature is worth by its value: straight lines between knots, never falling.

    `at` are k >= 1 rising values, the first at least 0, and `points` what the feature is worth
    there, the first 0. Below the first knot it is worth nothing, above the last as much as there.
    """

    at: tuple[float, ...]
    points: tuple[float, ...]

    @property
    def most(self) -> float:
        """The greatest worth."""
        return self.points[-1]

    def at_values(self, values: Doubles) -> Doubles:
        """Give what n values are worth, shape (n,)."""
        worth: Doubles = np.interp(values, self.at, self.points)
        return worth


NOTHING = Shape((0.0,), (0.0,))
"""The shape of a feature that is worth nothing."""


@dataclass(frozen=True, slots=True)
class AdditiveRanker:
    """score = sum over features of a shape: straight lines between knots.

    `starts`, `widths` and `steps` have shape (k, f): line j of a feature begins at `starts`, is
    `widths` wide and adds `steps` points over its width.
    """

    version: str
    shapes: Mapping[str, Shape]
    starts: Doubles
    widths: Doubles
    steps: Doubles
    calibration: Calibration | None = None

    @classmethod
    def of(cls, version: str, shapes: Mapping[str, Shape]) -> Self:
        """Make a ranker of the shapes of features; one without a shape is worth nothing."""
        held = [shapes.get(name, NOTHING) for name in FEATURE_NAMES]
        lines = max(1, *(len(shape.at) - 1 for shape in held))
        starts, steps = np.zeros((2, lines, len(held)))
        widths = np.ones((lines, len(held)))
        for column, shape in enumerate(held):
            for line in range(len(shape.at) - 1):
                starts[line, column] = shape.at[line]
                widths[line, column] = shape.at[line + 1] - shape.at[line]
                steps[line, column] = shape.points[line + 1] - shape.points[line]
        return cls(version, dict(shapes), starts, widths, steps)

    @property
    def points(self) -> Doubles:
        """The most that each of f features can add, shape (f,)."""
        most: Doubles = self.steps.sum(axis=0)
        return most

    def shape(self, feature: str) -> Shape:
        """Give the shape of a feature."""
        return self.shapes.get(feature, NOTHING)

    def contributions(self, features: NDArray[np.float32]) -> Doubles:
        """Give what each of f features adds to the score of n pairs, shape (n, f), in points."""
        values = features.astype(np.float64)
        total = np.zeros_like(values)
        for start, width, step in zip(self.starts, self.widths, self.steps, strict=True):
            total += step * np.clip((values - start) / width, 0.0, 1.0)
        rounded: Doubles = np.round(total * RESOLUTION) / RESOLUTION
        return np.where(rounded < LEAST_POINTS, 0.0, rounded)


def score(contributions: Doubles) -> Doubles:
    """Sum contributions (n, f) to scores (n,), in points."""
    total: Doubles = contributions.sum(axis=1)
    return total


def known_features() -> tuple[str, ...]:
    """Give the features that may be worth something: all but those that mark the unknown."""
    return tuple(name for name in FEATURE_NAMES if not name.endswith(UNKNOWN))


def is_shape(at: Sequence[float], points: Sequence[float], most: float) -> bool:
    """Tell whether knots make a shape: from 0 points, rising values, points that never fall."""
    rising = all(a < b for a, b in pairwise(at))
    never_falling = all(a <= b for a, b in pairwise(points))
    return (
        0 < len(at) == len(points)
        and all(map(math.isfinite, [*at, *points]))
        and at[0] >= 0
        and points[0] == 0
        and points[-1] <= most
        and rising
        and never_falling
    )
