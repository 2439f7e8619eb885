"""Owns the fitting of a ranker: shapes that never fall, near those of a prior where data is thin.

For c contexts with their queries the fit is the least of

    sum over contexts of the mean loss of their queries + PULL x distance from the prior

where the loss of a query is the cross entropy of what was relevant and the softmax of the scores
of its pool, and the distance is the sum of squares by which the steps from knot to knot differ.
Both are convex, so there is one answer, whatever the start.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcher.additive import NOTHING, RESOLUTION, AdditiveRanker, Shape, known_features
from matcher.features import FEATURE_NAMES
from matcher.model_folders import said_of
from matcher.traits import RELATIONS
from profiles import DariError

Doubles = NDArray[np.float64]
Whole = NDArray[np.int64]

PULL = 1.0
"""How hard steps are held to the prior's, beside contexts that count 1 each."""

KNOTS = (0.1, 0.35, 0.6, 0.8, 0.92, 0.98, 0.998)
"""The shares of the values above 0 below which a line ends."""

NEAR_SECTORS = tuple(f"sector_{relation}" for relation in RELATIONS)

STRAIGHT = frozenset({"sector_same", *NEAR_SECTORS})
"""Shares of the sectors that a startup names. One more that is shared makes the shares of the
others less: as one straight line each, none steeper than that of the same, it never costs."""

WORDS = "lexical"

FIRST_WORDS = (0.03, 0.2)
"""Words in common are worth nothing up to the first value, and rise in one line to the second. Of
newcomers only a name is known, so a fit to them gives the first word in common all that it can; but
any list holds somebody with whom a heap of rare words has one in common."""

WHOLE = 100.0
"""The greatest possible sum of a model's points."""

NEWCOMERS = 0.2
"""What a query counts whose candidates have no past, one and all, beside 1 for the others: it tells
nothing of pasts, and is decided by the few words of names and places."""

FEWEST_CONTEXTS = 10
"""The fewest contexts with something relevant to rank that a model can be fitted to."""

_CLOSEST = 0.005
"""Knots nearer than this share of a feature's range are one."""

_STEPS = 500
_DIGITS = 4


class TrainingError(DariError):
    """Too little to learn from: `contexts` that tell something, fewer than are needed."""

    def __init__(self, contexts: int) -> None:
        rule, remedy = self.told("en")
        super().__init__(value=f"{contexts} such contexts", rule=rule, remedy=remedy)

    def told(self, lang: str) -> tuple[str, str]:
        """Give the rule and the remedy in `lang` ('en' or 'ko')."""
        return said_of("too_little", lang, fewest=FEWEST_CONTEXTS)


@dataclass(frozen=True, slots=True)
class _Lines:
    """m lines of shapes: line i belongs to a feature, begins at `starts` and is `widths` wide."""

    columns: Whole
    starts: Doubles
    widths: Doubles
    prior: Doubles
    """What the prior gives over each line, in its points."""


def fit(
    features: NDArray[np.float32],
    relevance: Whole,
    queries: Whole,
    clusters: Whole,
    *,
    prior: AdditiveRanker,
    weights: Doubles | None = None,
    pull: float = PULL,
) -> dict[str, Shape]:
    """Fit the shapes of a ranker to n pairs of some queries.

    A feature that never varies within a query keeps the prior's shape. The others are worth as
    many points together as the prior gives them together, so that what the data says nothing
    about keeps its worth beside them.

    Args:
        features: shape (n, f), as `pair_features` has them.
        relevance: shape (n,), grades from 0.
        queries: shape (n,), the query of each pair; pairs of one query stand together.
        clusters: shape (n,), what is not independent: a project counts once, however many ask.
        prior: the model to stay near.
        weights: shape (n,), what the query of each pair counts; 1 if None.
        pull: how hard.

    Returns:
        A shape for each feature that may be worth something; the greatest sum is 100 points.

    Raises:
        TrainingError: if fewer than ten clusters have something relevant beside something else.
    """
    counted = np.ones(len(features)) if weights is None else weights
    data = _Data.of(features, relevance, queries, clusters, counted)
    lines = _lines(data.features, _varying(data), prior)
    if not len(lines.columns):
        return _whole({name: prior.shape(name) for name in known_features()})
    basis = _basis(data.features, lines)
    scale = _scale(data, basis @ lines.prior.astype(np.float32))
    steps = _descend(data, basis, lines, scale, pull)
    return _whole(_in_order(_points(lines, steps, prior)))


@dataclass(frozen=True, slots=True)
class _Data:
    """The pairs of queries in which something is relevant, and something is not.

    `starts` (q,) are the rows where queries begin, `weights` (q,) what each counts, and `wanted`
    (n,) the share of a query's relevance that a pair has.
    """

    features: NDArray[np.float32]
    starts: Whole
    sizes: Whole
    weights: Doubles
    wanted: Doubles

    @classmethod
    def of(
        cls,
        features: NDArray[np.float32],
        relevance: Whole,
        queries: Whole,
        clusters: Whole,
        counted: Doubles,
    ) -> _Data:
        grades = relevance.astype(np.float64)
        _, starts, sizes = np.unique(queries, return_index=True, return_counts=True)
        right = np.add.reduceat(grades > 0, starts, dtype=np.int64) if len(starts) else sizes
        tells = (right > 0) & (right < sizes)
        names = clusters[starts][tells]
        if len(np.unique(names)) < FEWEST_CONTEXTS:
            raise TrainingError(len(np.unique(names)))
        rows = np.repeat(tells, sizes)
        kept = sizes[tells]
        begins = np.concatenate([[0], np.cumsum(kept)[:-1]])
        _, place, often = np.unique(names, return_inverse=True, return_counts=True)
        total = np.repeat(np.add.reduceat(grades[rows], begins), kept)
        unknown = features[rows, FEATURE_NAMES.index("history_unknown")] > 0
        new = np.logical_and.reduceat(unknown, begins)
        weights = counted[starts][tells] * np.where(new, NEWCOMERS, 1.0) / often[place]
        return cls(features[rows], begins, kept, weights, grades[rows] / total)

    def loss(self, scores: Doubles) -> tuple[float, Doubles]:
        """Give the loss of n scores, and how it changes with each."""
        highest = np.repeat(np.maximum.reduceat(scores, self.starts), self.sizes)
        powers = np.exp(scores - highest)
        sums = np.repeat(np.add.reduceat(powers, self.starts), self.sizes)
        weights = np.repeat(self.weights, self.sizes)
        log_shares = scores - highest - np.log(sums)
        value = -float(np.sum(weights * self.wanted * log_shares))
        return value, weights * (powers / sums - self.wanted)


def _varying(data: _Data) -> list[int]:
    """Give the features that may be worth something and differ between pairs of one query."""
    known = set(known_features())
    values = np.maximum(data.features, 0)
    high = np.maximum.reduceat(values, data.starts, axis=0)
    low = np.minimum.reduceat(values, data.starts, axis=0)
    differ = np.any(high > low, axis=0).tolist()
    return [c for c, name in enumerate(FEATURE_NAMES) if name in known and differ[c]]


def _lines(features: NDArray[np.float32], columns: list[int], prior: AdditiveRanker) -> _Lines:
    found: list[tuple[int, float, float, float]] = []
    for column in columns:
        shape = prior.shape(FEATURE_NAMES[column])
        knots = _bends(FEATURE_NAMES[column], features[:, column], shape)
        worth = shape.at_values(np.array(knots))
        for at, (start, end) in enumerate(pairwise(knots)):
            found.append((column, start, end - start, worth[at + 1] - worth[at]))
    table = np.array(found, dtype=np.float64).reshape(len(found), 4)
    return _Lines(table[:, 0].astype(np.int64), *table[:, 1:].T)


def _bends(name: str, values: NDArray[np.float32], prior: Shape) -> list[float]:
    """Choose where a feature's lines begin and end, rising."""
    if name in STRAIGHT:
        return [0.0, 1.0]
    knots = _knots(values, prior)
    if name != WORDS:
        return knots
    return [*FIRST_WORDS, *(knot for knot in knots if knot > FIRST_WORDS[-1] + _CLOSEST)]


def _knots(values: NDArray[np.float32], prior: Shape) -> list[float]:
    """Choose where lines end: where the prior's do, and at some quantiles of what is above 0."""
    above = np.unique(values[values > 0]).astype(np.float64)  # repeated queries move no knot
    several = len(above) > len(KNOTS)
    quantiles: list[float] = np.quantile(above, KNOTS).tolist() if several else []
    bends = prior.at if prior.most > 0 else ()
    top = max(float(above.max()), *bends, 0.0)
    inner = sorted({round(float(one), _DIGITS) for one in (*quantiles, *bends) if one > 0})
    top = round(top + 0.5 * 10.0**-_DIGITS, _DIGITS)
    knots = [0.0]
    for knot in inner:
        if knot - knots[-1] > _CLOSEST * top and top - knot > _CLOSEST * top:
            knots.append(knot)
    return [*knots, top]


def _basis(features: NDArray[np.float32], lines: _Lines) -> NDArray[np.float32]:
    """Give how far each pair has gone along each line, shape (n, m), from 0 to 1."""
    gone = np.empty((len(features), len(lines.columns)), np.float32, order="F")
    for line, column in enumerate(lines.columns):
        values = (features[:, column] - np.float32(lines.starts[line])) / np.float32(
            lines.widths[line]
        )
        np.clip(values, 0.0, 1.0, out=gone[:, line])
    return gone


def _scale(data: _Data, points: NDArray[np.float32]) -> float:
    """Find what one point of the prior is worth in the softmax."""
    from scipy.optimize import minimize_scalar

    scores = points.astype(np.float64)
    found = minimize_scalar(lambda one: data.loss(one * scores)[0], bounds=(0.0, 10.0))
    return float(found.x)


def _descend(
    data: _Data, basis: NDArray[np.float32], lines: _Lines, scale: float, pull: float
) -> Doubles:
    """Find the steps of all lines, none below 0."""
    from scipy.optimize import minimize

    centre = scale * lines.prior

    def cost(steps: Doubles) -> tuple[float, Doubles]:
        value, slope = data.loss((basis @ steps.astype(np.float32)).astype(np.float64))
        away = steps - centre
        held = pull * away
        down = (slope.astype(np.float32) @ basis).astype(np.float64)
        return value + float(held @ away), down + 2 * held

    limits = [(0.0, None)] * len(centre)
    options = {"maxiter": _STEPS, "ftol": 1e-9, "gtol": 1e-4}
    found: Any = minimize(cost, centre, jac=True, method="L-BFGS-B", bounds=limits, options=options)
    steps: Doubles = found.x
    return steps


def _points(lines: _Lines, steps: Doubles, prior: AdditiveRanker) -> dict[str, Shape]:
    """Make shapes of the steps; what did not vary keeps the prior's."""
    shapes = {name: prior.shape(name) for name in known_features()}
    learned = [FEATURE_NAMES[column] for column in dict.fromkeys(lines.columns.tolist())]
    budget = sum(shapes[name].most for name in learned)
    factor = budget / max(float(steps.sum()), 1e-12)
    for name in learned:
        mine = lines.columns == FEATURE_NAMES.index(name)
        at = [*lines.starts[mine], lines.starts[mine][-1] + lines.widths[mine][-1]]
        worth = [0.0, *np.cumsum(steps[mine] * factor)]
        shapes[name] = _plain(at, worth)
    return shapes


def _plain(at: list[float], worth: list[float]) -> Shape:
    """Make a shape without the knots at which nothing bends."""
    kept = [0]
    for here in range(1, len(at) - 1):
        before, after = kept[-1], here + 1
        left = (worth[here] - worth[before]) / (at[here] - at[before])
        right = (worth[after] - worth[here]) / (at[after] - at[here])
        if abs(left - right) > 1e-3:
            kept.append(here)
    kept.append(len(at) - 1)
    if worth[-1] <= 0:
        return NOTHING
    return Shape(tuple(at[k] for k in kept), tuple(worth[k] for k in kept))


def _in_order(shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """Let a near sector be worth no more than the same one."""
    most = shapes["sector_same"].most
    held = {name: shapes[name] for name in NEAR_SECTORS if shapes[name].most > most}
    return {
        **shapes,
        **{
            name: Shape(one.at, tuple(most / one.most * worth for worth in one.points))
            for name, one in held.items()
        },
    }


def _whole(shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """Scale shapes so that the greatest possible sum is 100 points."""
    total = sum(shape.most for shape in shapes.values())
    factor = WHOLE / total if total > 0 else 1.0
    return {
        name: Shape(
            tuple(round(float(one), _DIGITS) for one in shape.at),
            tuple(_below(float(one) * factor) for one in shape.points),
        )
        for name, shape in shapes.items()
    }


def _below(points: float) -> float:
    """Round down to what contributions are rounded to, so that no sum of many exceeds the whole."""
    whole = math.floor(points * RESOLUTION + 1e-6) / RESOLUTION
    return math.floor(whole * 10.0**_DIGITS + 1e-6) / 10.0**_DIGITS
