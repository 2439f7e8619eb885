"""Owns the relaxation: how good fractions of pairs could be, as a bound in exact whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcher.assignment.effort import Effort
from matcher.assignment.model import Bits, Ints, Model, Row

Floats = NDArray[np.float64]

SCALE = 1 << 16
"""Prices are rounded to so many parts of one; whatever they are, the bound that they give holds."""

_NEAREST = 12
_MOST_NEW = 4
_TOLERANCE = 1e-6
_MOST_ROUNDS = 40


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A bound of the weights of any pairs that keep the rows, and what each pair adds to it.

    Attributes:
        bound: times `SCALE`: no pairs that keep the rows come to more.
        spare: shape (p,), times `SCALE`: pairs with a pair of spare s < 0 come to bound + s at
            most, and those without a pair of spare s > 0 come to bound - s at most.
        used: shape (p,), the pairs of which the relaxation makes a part.
    """

    bound: int
    spare: Ints
    used: Bits


class Table:
    """Rows as a matrix, shape (r, p), with their bounds."""

    def __init__(self, model: Model, rows: Sequence[Row]) -> None:
        from scipy.sparse import csc_array

        self.model = model
        which = np.repeat(np.arange(len(rows)), [len(row.pairs) for row in rows])
        pairs = np.concatenate([np.empty(0, np.int64), *(row.pairs for row in rows)])
        weights = np.concatenate([np.empty(0, np.int64), *(row.weights for row in rows)])
        self.matrix: Any = csc_array((weights, (which, pairs)), (len(rows), model.size))
        lows = [-np.inf if row.low is None else row.low for row in rows]
        highs = [np.inf if row.high is None else row.high for row in rows]
        self.lows, self.highs = np.array(lows, np.float64), np.array(highs, np.float64)

    def kept(self, taken: Bits) -> bool:
        """Tell whether pairs, shape (p,), keep all rows."""
        sums = self.matrix @ taken.astype(np.int64)
        return bool(((self.lows <= sums) & (sums <= self.highs)).all())


def relax(
    table: Table, open: Bits, weights: Ints, start: Bits, effort: Effort, *, elastic: bool = False
) -> Relaxed | None:
    """Solve the linear relaxation over the open pairs, column by column (Dantzig and Wolfe).

    The prices of the rows that HiGHS gives are rounded, and the bound is computed from them anew
    in whole numbers (Lagrange), so that no rounding of the library can make it wrong.

    Args:
        table: the rows.
        open: shape (p,), the pairs that may be made.
        weights: shape (p,), what is to be the most.
        start: shape (p,), pairs to begin with; with them the rows can be kept, or else `elastic`.
        effort: ends the search; what was found by then holds.
        elastic: whether rows may be broken at a price of 1 for each unit. Where all weights are 0
            and the bound is below 0, no pairs keep the rows.

    Returns:
        None where nothing was found in time.
    """
    tried = start & open
    best: Relaxed | None = None
    for _ in range(_MOST_ROUNDS):
        if effort.over:
            break
        columns = np.flatnonzero(tried)
        solved = _solve(table, columns, weights[columns], effort, elastic=elastic)
        if solved is None:
            break
        made, prices, value = solved
        found = _bound(table, open, weights, prices, columns[made > _TOLERANCE])
        best = found if best is None or found.bound < best.bound else best
        missed = open & ~tried & (found.spare > 0)
        if not missed.any() or (elastic and value >= -_TOLERANCE):
            break
        tried = tried | _dearest(table.model, missed, found.spare, _MOST_NEW)
    return best


def begin_with(model: Model, open: Bits, values: Ints) -> Bits:
    """Choose the pairs to begin with, shape (p,): the dearest of each applicant."""
    return _dearest(model, open, values, _NEAREST)


def _dearest(model: Model, among: Bits, values: Ints, most: int) -> Bits:
    """Choose so many of the dearest of some pairs for each applicant; shape (p,)."""
    pairs = np.flatnonzero(among)
    order = pairs[np.lexsort((-model.fits[pairs], -values[pairs], model.applicants[pairs]))]
    mine = model.applicants[order]
    rank = np.arange(len(order)) - np.searchsorted(mine, mine)
    chosen = np.zeros(model.size, np.bool_)
    chosen[order[rank < most]] = True
    return chosen


def competitive(model: Model, open: Bits, relaxed: Relaxed, most: int) -> Bits:
    """Choose the pairs, shape (p,), that cost the relaxation least: so many of each applicant."""
    return (relaxed.used & open) | _dearest(model, open, relaxed.spare, most)


def _solve(
    table: Table, columns: Ints, weights: Ints, effort: Effort, *, elastic: bool
) -> tuple[Floats, Floats, float] | None:
    """Solve over some columns; give what is made of each, the price of each row, and the value."""
    from scipy.optimize import linprog
    from scipy.sparse import csc_array, eye_array, hstack, vstack

    matrix = table.matrix[:, columns].astype(np.float64)
    same = table.lows == table.highs
    up, down = np.isfinite(table.highs) & ~same, np.isfinite(table.lows) & ~same
    over = vstack([matrix[up], -matrix[down]])
    even = matrix[same]
    costs = -weights.astype(np.float64)
    bounds = np.tile([0.0, 1.0], (len(columns), 1))
    if elastic:
        rows, equal = over.shape[0], even.shape[0]
        over = hstack([over, -eye_array(rows), csc_array((rows, 2 * equal))])
        even = hstack([even, csc_array((equal, rows)), eye_array(equal), -eye_array(equal)])
        slack = rows + 2 * equal
        costs = np.concatenate([costs, np.ones(slack)])
        bounds = np.concatenate([bounds, np.tile([0.0, np.inf], (slack, 1))])
    found = linprog(
        costs,
        A_ub=over.tocsc(),
        b_ub=np.concatenate([table.highs[up], -table.lows[down]]),
        A_eq=even.tocsc(),
        b_eq=table.lows[same],
        bounds=bounds,
        method="highs-ds",
        options={"time_limit": max(effort.left, 0.1)},
    )
    if found.status != 0:
        return None
    prices = np.zeros(len(table.lows))
    cut = int(up.sum())
    prices[up] -= found.ineqlin.marginals[:cut]
    prices[down] += found.ineqlin.marginals[cut:]
    prices[same] = -found.eqlin.marginals
    return found.x[: len(columns)], prices, -float(found.fun)


def _bound(table: Table, open: Bits, weights: Ints, prices: Floats, used: Ints) -> Relaxed:
    """Compute the bound that prices give: each row at its price, each pair at what is left."""
    exact = np.rint(prices * SCALE).astype(np.int64)
    exact[(exact > 0) & ~np.isfinite(table.highs)] = 0
    exact[(exact < 0) & ~np.isfinite(table.lows)] = 0
    spare: Ints = weights * SCALE - table.matrix.T @ exact
    sides = np.where(exact > 0, table.highs, np.where(exact < 0, table.lows, 0.0)).astype(np.int64)
    bound = int((sides * exact).sum() + np.maximum(spare[open], 0).sum())
    chosen = np.zeros(len(open), np.bool_)
    chosen[used] = True
    return Relaxed(bound, spare, chosen)
