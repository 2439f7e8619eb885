"""Owns the questions to HiGHS: the best of some pairs by branching over the relaxation."""

from __future__ import annotations

from math import floor

import numpy as np

from matcher.assignment.cpsat import Answer
from matcher.assignment.effort import Effort
from matcher.assignment.model import Bits, Ints
from matcher.assignment.relax import Table
from matcher.assignment.solution import Status

_NODES = 300
"""How many parts one search looks at, at most: a limit that every machine counts alike."""

_ROUNDING = 1e-9
_LEAST_ROUNDING = 1e-6
_LEAST_SECONDS = 0.1


def ask_mip(table: Table, open: Bits, weights: Ints, effort: Effort, *, gap: float = 0.0) -> Answer:
    """Search the open pairs for the most of the weights that keep the rows.

    Pairs are taken only if they keep every row in whole numbers. The bound is that of HiGHS,
    rounded away from what was found.

    Args:
        table: the rows.
        open: shape (p,), the pairs that may be made.
        weights: shape (p,), whole numbers of 0 or more.
        effort: what may be spent; the clock alone ends a search before its parts are counted.
        gap: how far from the bound is good enough, as a share of it.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    columns = np.flatnonzero(open)
    none = np.zeros(len(open), np.bool_)
    if not len(columns):
        return Answer(Status.UNKNOWN, none, 0, 0)
    matrix = table.matrix[:, columns].astype(np.float64)
    found = milp(
        -weights[columns].astype(np.float64),
        constraints=LinearConstraint(matrix, table.lows, table.highs),
        bounds=Bounds(0, 1),
        integrality=np.ones(len(columns)),
        options={
            "node_limit": _NODES,
            "time_limit": max(effort.left, _LEAST_SECONDS),
            "mip_rel_gap": gap,
        },
    )
    if found.x is None:
        return Answer(Status.INFEASIBLE if found.status == 2 else Status.UNKNOWN, none, 0, 0)
    taken = none.copy()
    taken[columns[np.rint(found.x) > 0]] = True
    if not table.kept(taken):
        return Answer(Status.UNKNOWN, none, 0, 0)
    status = Status.OPTIMAL if found.status == 0 else Status.FEASIBLE
    value = int(weights[taken].sum())
    return Answer(status, taken, value, max(_above(-float(found.mip_dual_bound)), value))


def _above(bound: float) -> int:
    """Round a bound away from what was found."""
    return floor(bound + _ROUNDING * abs(bound) + _LEAST_ROUNDING)
