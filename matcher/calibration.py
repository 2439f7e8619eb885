"""Owns calibration: what share of the pairs with a score came to something, as an interval."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from profiles import DariError

FILE = "calibration.json"
"""The file in the folder of a model that holds its calibration."""

RESAMPLES = 200
"""How often the clusters are drawn anew."""

CONFIDENCE = 0.9
"""The share of the resamples whose rates lie within the bounds at a score."""

SEED = 20_241_101

_HIGHEST = 1_000
_DIGITS = 4
_FIELDS = ("population", "until", "pairs", "positives", "clusters", "tenths", "low", "high")

Numbers = NDArray[np.float64]
Point = tuple[float, float]


class CalibrationError(DariError):
    """A calibration that cannot be made or read."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is known of what became of pairs; pairs of one cluster are not independent."""

    pairs: int
    positives: int
    clusters: int

    def reaches(self, other: Amount) -> bool:
        """Tell whether it is at least as much in each part."""
        return (
            self.pairs >= other.pairs
            and self.positives >= other.positives
            and self.clusters >= other.clusters
        )


LEAST = Amount(pairs=300, positives=30, clusters=50)
"""The least that a calibration may speak from: with 30 positives of independent clusters a rate is
known to about a third of itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Two rising step functions of the score: the bounds of the rate of pairs that came to be.

    `tenths` (k,) are the scores in tenths of a point at which the bounds may rise, rising; `low`
    and `high` have shape (k + 1,). Below a threshold `low` stands at the value before it, at and
    above it at its own; `high` stands at a threshold's value down to the one before it.
    `population` names those whom it was made of, `until` is the last day that counted.
    """

    population: str
    until: date
    amount: Amount
    tenths: NDArray[np.int64]
    low: Numbers
    high: Numbers

    @property
    def is_enough(self) -> bool:
        """Whether it rests on as much as `LEAST` asks for."""
        return self.amount.reaches(LEAST)

    def interval(self, score: float) -> tuple[float, float]:
        """Give the bounds, each 0 to 1, of the rate of pairs with a score in points."""
        low, high = self.intervals([score])[0]
        return float(low), float(high)

    def intervals(self, scores: ArrayLike) -> Numbers:
        """Give the bounds of n scores in points, shape (n, 2)."""
        asked = _in_tenths(scores)
        low = self.low[np.searchsorted(self.tenths, asked, side="right")]
        high = self.high[np.searchsorted(self.tenths, asked, side="left")]
        return np.stack([low, high], axis=1)


def calibrate(
    scores: ArrayLike,
    labels: ArrayLike,
    clusters: Sequence[str] | None = None,
    *,
    population: str,
    until: date,
    rng: np.random.Generator | None = None,
    resamples: int = RESAMPLES,
) -> Calibration:
    """Learn the bounds from pairs that were held out of the training, and lie later in time.

    An inductive Venn-Abers predictor (Vovk, Petej and Fedorova 2015, Algorithms 1 to 4): the lower
    bound at a score is what isotonic regression gives there when one more pair with this score is
    added that came to nothing, the upper bound when one is added that came to be. One of the two
    knows the true outcome, so if pairs are exchangeable the expected bounds enclose the expected
    rate.

    Pairs of one cluster are not exchangeable with others, and the guarantee says nothing of how
    well the rate at a score is known. So each cluster weighs the same, shared equally by its pairs;
    the clusters are drawn anew `resamples` times; and the bounds are widened to where those of
    `CONFIDENCE` of the draws lie (a percentile bootstrap of clusters, at each score). With
    clusters of one pair each, the bounds of the paper lie within these.

    Args:
        scores: of n pairs, in points 0 to 100; they are compared in tenths of a point.
        labels: shape (n,), true where something came of the pair.
        clusters: what each pair belongs to; each is one of its own if None.
        population: names those whom the pairs are of; the calibration speaks for them alone.
        until: the last day on which an outcome counted.
        rng: draws the clusters; one of a fixed seed if None, so that the same pairs give the same.
        resamples: how often they are drawn; 0 gives the bounds of the paper.

    Raises:
        CalibrationError: if there is no pair, or the numbers are not of one length, or no scores.
    """
    given, came = np.asarray(scores, np.float64), np.asarray(labels, np.float64)
    names = np.arange(len(given)) if clusters is None else np.asarray(clusters)
    _check(given, came, names)
    tenths, level = np.unique(_in_tenths(given), return_inverse=True)
    _, cluster = np.unique(names, return_inverse=True)
    sizes = np.bincount(cluster)
    added = len(sizes) / len(given)
    drawn = _Drawn(level, came, cluster, 1.0 / sizes[cluster], len(tenths), added)
    low, high = drawn.bounds(np.ones(len(sizes), np.int64))
    if resamples:
        low, high = _widened(drawn, low, high, rng or np.random.default_rng(SEED), resamples)
    amount = Amount(len(given), int(came.sum()), len(sizes))
    bounds = _rounded(np.append(0.0, low), np.append(high, 1.0))
    return Calibration(population, until, amount, tenths, *bounds)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Pairs by the level of their score, with their cluster and weight; `added` is a mean one."""

    level: NDArray[np.int64]
    came: Numbers
    cluster: NDArray[np.int64]
    weight: Numbers
    levels: int
    added: float

    def bounds(self, times: NDArray[np.int64]) -> tuple[Numbers, Numbers]:
        """Give the bounds at each level, each cluster counted so many times, shape (c,)."""
        counted = self.weight * times[self.cluster]
        weight = np.bincount(self.level, counted, self.levels).astype(np.float64)
        came = np.bincount(self.level, counted * self.came, self.levels).astype(np.float64)
        return lower_bounds(came, weight, self.added), upper_bounds(came, weight, self.added)


def _widened(
    drawn: _Drawn, low: Numbers, high: Numbers, rng: np.random.Generator, resamples: int
) -> tuple[Numbers, Numbers]:
    """Widen bounds (k,) to where those of most draws of the clusters lie."""
    clusters = int(drawn.cluster.max()) + 1
    even = np.full(clusters, 1.0 / clusters)
    again = [drawn.bounds(rng.multinomial(clusters, even)) for _ in range(resamples)]
    tail = (1.0 - CONFIDENCE) / 2
    lows, highs = (np.array(bounds) for bounds in zip(*again, strict=True))
    return (
        np.minimum(low, np.quantile(lows, tail, axis=0)),
        np.maximum(high, np.quantile(highs, 1.0 - tail, axis=0)),
    )


def upper_bounds(came: Numbers, weight: Numbers, added: float = 1.0) -> Numbers:
    """Give isotonic regression's value at each of k levels when weight that came to be is added.

    `came` and `weight` (k,) are what came to be of the weight at each level, by rising score.
    Level i takes the slope, over the step that is added there, of the greatest convex minorant of
    the points (0, 0), (W_1, S_1), ... of cumulative sums in which that step (added, added) stands
    before level i + 1. The corners of the part that the later levels can still see are kept on a
    stack, so that all k levels take time in proportion to k.
    """
    across, up = np.cumsum(weight).tolist(), np.cumsum(came).tolist()
    corners: list[Point] = []
    for point in reversed([(-added, -added), (0.0, 0.0), *zip(across, up, strict=True)]):
        _push(corners, point)
    found = []
    for x, y in zip(across, up, strict=True):
        (x0, y0), (x1, y1) = corners[-1], corners[-2]
        found.append((y1 - y0) / (x1 - x0))
        before = (x - added, y - added)
        if _is_below(before, corners[-1], corners[-2]):
            corners.pop()
            _push(corners, before)
    return np.array(found)


def lower_bounds(came: Numbers, weight: Numbers, added: float = 1.0) -> Numbers:
    """Give isotonic regression's value at each of k levels when weight that failed is added."""
    failed = (weight - came)[::-1]
    found: Numbers = 1.0 - upper_bounds(failed, weight[::-1], added)[::-1]
    return found


def _push(corners: list[Point], point: Point) -> None:
    """Add a corner on the left of those on the stack, dropping those that are none with it."""
    while len(corners) > 1 and not _is_below(corners[-1], point, corners[-2]):
        corners.pop()
    corners.append(point)


def _is_below(point: Point, left: Point, right: Point) -> bool:
    """Tell whether a point lies below the line through two others."""
    across, up = right[0] - left[0], right[1] - left[1]
    return across * (point[1] - left[1]) < (point[0] - left[0]) * up


def _in_tenths(scores: ArrayLike) -> NDArray[np.int64]:
    return np.rint(np.asarray(scores, np.float64) * 10).astype(np.int64)


def _rounded(low: Numbers, high: Numbers) -> tuple[Numbers, Numbers]:
    """Round the bounds outwards, so that they are written as they are."""
    scale = 10.0**_DIGITS
    low, high = np.floor(low * scale + 1e-6), np.ceil(high * scale - 1e-6)
    return np.clip(low / scale, 0.0, 1.0), np.clip(high / scale, 0.0, 1.0)


def _check(scores: Numbers, came: Numbers, clusters: NDArray[Any]) -> None:
    if not len(scores) == len(came) == len(clusters) > 0:
        _refuse_pairs(
            f"{len(scores)} scores, {len(came)} labels, {len(clusters)} clusters",
            "Each pair has a score, a label and a cluster, and there is at least one pair.",
        )
    wrong = scores[~((scores >= 0) & (scores * 10 <= _HIGHEST))]
    if len(wrong):
        _refuse_pairs(float(wrong[0]), "A score lies between 0 and 100 points.")
    if not np.isin(came, (0.0, 1.0)).all():
        _refuse_pairs("labels", "A label is true or false.")


def _refuse_pairs(value: object, rule: str) -> NoReturn:
    raise CalibrationError(value=value, rule=rule, remedy="Give the pairs of lists that were made.")


def write_calibration(calibration: Calibration, folder: Path) -> None:
    """Write a calibration into the folder of its model; the same gives the same bytes.

    Raises:
        CalibrationError: if it cannot be written.
    """
    said = {
        "population": calibration.population,
        "until": calibration.until.isoformat(),
        **asdict(calibration.amount),
        "tenths": calibration.tenths.tolist(),
        "low": calibration.low.tolist(),
        "high": calibration.high.tolist(),
    }
    path = folder / FILE
    try:
        path.write_text(json.dumps(said, ensure_ascii=False) + "\n", "utf-8", newline="\n")
    except OSError as error:
        raise CalibrationError(
            value=path,
            rule=f"The calibration cannot be written ({error.strerror}).",
            remedy="Name the folder of a model, which can be written.",
        ) from error


def read_calibration(folder: Path) -> Calibration | None:
    """Read the calibration of a model; None if its folder holds none.

    Raises:
        CalibrationError: if it cannot be read, or breaks the form.
    """
    path = folder / FILE
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(given, dict) or set(given) != set(_FIELDS):
            _refuse(path, f"The file must be an object with {', '.join(_FIELDS)}.")
        return _read(path, given)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, OverflowError) as error:
        _refuse(path, f"The calibration cannot be read: {type(error).__name__} {error}.")


def _read(path: Path, given: dict[str, Any]) -> Calibration:
    counts = [given[name] for name in ("pairs", "positives", "clusters")]
    if not all(type(count) is int and count >= 0 for count in counts):
        _refuse(path, "pairs, positives and clusters are whole numbers, 0 or more.")
    if not isinstance(given["population"], str) or not given["population"]:
        _refuse(path, "population names whom the calibration was made of.")
    tenths = np.array(given["tenths"])
    low, high = (np.array(given[name], np.float64) for name in ("low", "high"))
    if not _are_levels(tenths):
        _refuse(path, f"tenths are whole numbers that rise, from 0 to {_HIGHEST}.")
    if not _are_bounds(low, high, len(tenths)):
        _refuse(
            path,
            "low and high are one longer than tenths; they lie between 0 and 1, never fall, and "
            "at no score is low above high.",
        )
    day = date.fromisoformat(given["until"])
    return Calibration(given["population"], day, Amount(*counts), tenths, low, high)


def _are_levels(tenths: NDArray[Any]) -> bool:
    """Tell whether numbers are scores in tenths of a point, rising."""
    return bool(
        tenths.ndim == 1
        and len(tenths) > 0
        and tenths.dtype.kind == "i"
        and tenths[0] >= 0
        and tenths[-1] <= _HIGHEST
        and (np.diff(tenths) > 0).all()
    )


def _are_bounds(low: Numbers, high: Numbers, levels: int) -> bool:
    """Tell whether two step functions of so many levels bound a rate; NaN never does."""
    return low.shape == high.shape == (levels + 1,) and bool(
        all((np.diff(bound) >= 0).all() for bound in (low, high))
        and low[0] >= 0
        and high[-1] <= 1
        and (low[1:] <= high[:-1]).all()
    )


def _refuse(path: Path, rule: str) -> NoReturn:
    raise CalibrationError(
        value=path,
        rule=rule,
        remedy="Delete the file, and calibrate the model anew; docs/probability.md says how.",
    )
