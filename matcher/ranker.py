"""Owns the ranker: an additive model whose contributions sum to the score exactly."""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn, Protocol

import numpy as np
from numpy.typing import NDArray

from matcher.calibration import Calibration, read_calibration
from matcher.features import FEATURE_NAMES
from profiles import DariError

Doubles = NDArray[np.float64]

RESOLUTION = 1024
"""Contributions are whole multiples of 1/1024 point: binary fractions, so that they add up to the
score without a rounding error in any order."""

MOST_POINTS = 100

LEAST_POINTS = 0.05
"""A contribution below this is none: a reason that would be shown as 0.0 is no reason."""

_UNKNOWN = "_unknown"


class ModelError(DariError):
    """A model file that does not fit the features, or breaks the rules of a model."""


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
class AdditiveRanker:
    """score = sum of points x shape(value); the weights stand in one file."""

    version: str
    points: Doubles
    floor: Doubles
    ceiling: Doubles
    calibration: Calibration | None = None

    def contributions(self, features: NDArray[np.float32]) -> Doubles:
        """Give what each of f features adds to the score of n pairs, shape (n, f), in points."""
        shape = (features.astype(np.float64) - self.floor) / (self.ceiling - self.floor)
        points = self.points * np.clip(shape, 0.0, 1.0)
        rounded: Doubles = np.round(points * RESOLUTION) / RESOLUTION
        return np.where(rounded < LEAST_POINTS, 0.0, rounded)


def score(contributions: Doubles) -> Doubles:
    """Sum contributions (n, f) to scores (n,), in points."""
    total: Doubles = contributions.sum(axis=1)
    return total


def load_ranker(path: Path | None = None) -> AdditiveRanker:
    """Read a weights file, or a folder with one and its calibration; without a path what ships.

    Raises:
        ModelError: if it names a feature that does not exist, or leaves one out, or would give
            points for something unknown.
        CalibrationError: if the calibration in the folder cannot be read.
    """
    if path is not None and path.is_dir():
        calibration = read_calibration(path)
        alone = load_ranker(path / "weights.toml")
        return replace(alone, version=path.name, calibration=calibration)
    try:
        text = (
            path.read_text(encoding="utf-8")
            if path
            else files("matcher").joinpath("weights.toml").read_text(encoding="utf-8")
        )
        raw = tomllib.loads(text)
        name, given = str(raw["name"]), raw["features"]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
        _refuse(path, f"The weights file cannot be read: {error}.")
    _check(path, given)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    columns = [_column(given.get(feature)) for feature in FEATURE_NAMES]
    points, floor, ceiling = (
        np.array(column, dtype=np.float64) for column in zip(*columns, strict=True)
    )
    return AdditiveRanker(f"{name}-{digest}", points, floor, ceiling)


def _column(weight: Mapping[str, Any] | None) -> tuple[float, float, float]:
    if weight is None:
        return 0.0, 0.0, 1.0
    return float(weight["points"]), float(weight["floor"]), float(weight["ceiling"])


def _check(path: Path | None, given: Mapping[str, Any]) -> None:
    known = [name for name in FEATURE_NAMES if not name.endswith(_UNKNOWN)]
    if not isinstance(given, dict):
        _refuse(path, "`features` is a table of features.")
    if set(given) != set(known):
        _refuse(path, f"The features differ from those computed: {_difference(given, known)}.")
    for name, weight in given.items():
        if not isinstance(weight, dict) or set(weight) != {"points", "floor", "ceiling"}:
            _refuse(path, f"{name} needs points, floor and ceiling.")
        if not all(type(number) in (int, float) for number in weight.values()):
            _refuse(path, f"{name} needs numbers.")
        finite = weight["points"] <= MOST_POINTS and weight["ceiling"] < math.inf
        if not finite or not weight["points"] >= 0 or not 0 <= weight["floor"] < weight["ceiling"]:
            _refuse(path, f"{name} needs points from 0 to 100 and 0 <= floor < ceiling.")


def _difference(given: Mapping[str, Any], known: Sequence[str]) -> str:
    return ", ".join(sorted(set(given).symmetric_difference(known)))


def _refuse(path: Path | None, rule: str) -> NoReturn:
    raise ModelError(
        value=path or "matcher/weights.toml",
        rule=rule,
        remedy="Mend the file; matcher/weights.toml in the project shows the form.",
    )
