"""Owns the questions to CP-SAT: the best pairs under a model's bounds, and how good they may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from matcher.assignment.effort import Effort
from matcher.assignment.model import Bits, Ints, Model, Row
from matcher.assignment.solution import Status

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

THOUSAND = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """What CP-SAT found.

    Attributes:
        status: `optimal`, `feasible`, `infeasible` or `unknown`.
        taken: shape (p,), the pairs that are made; none where nothing was found.
        value: what the pairs come to.
        bound: what nothing can pass.
    """

    status: Status
    taken: Bits
    value: int
    bound: int

    @property
    def found(self) -> bool:
        """Whether there are pairs."""
        return self.status in {Status.OPTIMAL, Status.FEASIBLE}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the most of the weights, or the least spread, under the rows.

    Attributes:
        rows: the bounds.
        open: shape (p,), the pairs that may be made.
        weights: shape (p,), what is to be the most; None where any pairs will do.
        even: whether the spread is to be the least; then there are no weights.
        spread: the most that the spread may be; None where any will do.
        fixed: shape (p,), pairs that are made anyhow and no longer open; rows leave them out.
        hint: shape (p,), pairs to begin with.
    """

    rows: Sequence[Row]
    open: Bits
    weights: Ints | None = None
    even: bool = False
    spread: int | None = None
    fixed: Bits | None = None
    hint: Bits | None = None


def ask(
    model: Model,
    question: Question,
    effort: Effort,
    *,
    share: float = 1.0,
    seen: Callable[[Bits], None] | None = None,
) -> Answer:
    """Search until the best is proven, or until the effort is spent.

    One worker with a fixed seed and a limit in deterministic time: the same question has the same
    answer on every machine, unless the clock or a person ends it.

    Args:
        model: whose pairs are asked about.
        question: what is asked.
        effort: what may be spent; what the search took is subtracted.
        share: of the effort that is left, how much it may take.
        seen: is told each better choice of pairs.
    """
    from ortools.sat.python import cp_model

    cp = cp_model.CpModel()
    made = _Made(cp, question.open, question.fixed)
    for row in question.rows:
        _bound(cp, made, row)
    if question.hint is not None:
        for variable, value in zip(made.variables, question.hint[made.pairs], strict=True):
            cp.add_hint(variable, bool(value))
    if question.weights is not None:
        cp.maximize(made.sum(made.pairs, question.weights[made.pairs]))
    if question.even or question.spread is not None:
        spread = _spread(cp, model, made)
        if question.spread is not None:
            cp.add(spread <= question.spread)
        if question.even:
            cp.minimize(spread)
    return _solve(cp, made, effort, share, seen)


class _Made:
    """The variables that say which pairs are made: one for each open pair."""

    def __init__(self, cp: cp_model.CpModel, open: Bits, fixed: Bits | None) -> None:
        self.open = open
        self.fixed = np.zeros_like(open) if fixed is None else fixed
        self.pairs = np.flatnonzero(open)
        self.variables = [cp.new_bool_var("") for _ in self.pairs]
        self._place = np.cumsum(open) - 1

    def sum(self, pairs: Ints, weights: Ints) -> cp_model.LinearExprT:
        """Add up the weights of the pairs that are made, of those that are open."""
        from ortools.sat.python import cp_model

        kept = self.open[pairs]
        variables = [self.variables[place] for place in self._place[pairs[kept]]]
        return cp_model.LinearExpr.weighted_sum(variables, weights[kept].tolist())

    def taken(self, value: Callable[[cp_model.IntVar], int | bool]) -> Bits:
        """Read which pairs are made; shape (p,)."""
        chosen = self.fixed.copy()
        chosen[self.pairs] = [bool(value(one)) for one in self.variables]
        return chosen


def _bound(cp: cp_model.CpModel, made: _Made, row: Row) -> None:
    from ortools.sat.python import cp_model

    low = cp_model.INT_MIN if row.low is None else row.low
    high = cp_model.INT_MAX if row.high is None else row.high
    if made.open[row.pairs].any():
        cp.add_linear_constraint(made.sum(row.pairs, row.weights), low, high)
    elif not low <= 0 <= high:  # nothing to choose: the sum is 0
        cp.add_bool_or([])


def _spread(cp: cp_model.CpModel, model: Model, made: _Made) -> cp_model.LinearExprT:
    """Bound the share of places filled of every host, in 1/1000 rounded down, from both sides."""
    top, bottom = cp.new_int_var(0, THOUSAND, ""), cp.new_int_var(0, THOUSAND, "")
    hosts = model.hosts[made.pairs]
    fixed = np.bincount(model.hosts[made.fixed], minlength=len(model.capacities))
    for host, high in enumerate(model.capacities.tolist()):
        if high:
            mine = made.pairs[hosts == host]
            filled = THOUSAND * (made.sum(mine, np.ones(len(mine), np.int64)) + int(fixed[host]))
            cp.add(high * top + high - 1 >= filled)
            cp.add(high * bottom <= filled)
    cp.add(bottom <= top)
    return top - bottom


def _solve(
    cp: cp_model.CpModel,
    made: _Made,
    effort: Effort,
    share: float,
    seen: Callable[[Bits], None] | None,
) -> Answer:
    from ortools.sat.python import cp_model

    class Better(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            if seen is not None:
                seen(made.taken(self.value))

    solver = cp_model.CpSolver()
    limits = solver.parameters
    limits.num_workers, limits.random_seed = 1, 0
    limits.linearization_level = 2  # without a relaxation, too few places take for ever to prove
    limits.max_deterministic_time = max(effort.steps * share, 0.0)
    limits.max_time_in_seconds = effort.left
    with effort.watched(solver.stop_search):
        ended = solver.solve(cp, Better() if seen else None)
    effort.steps -= solver.deterministic_time
    status = _STATUS[solver.status_name(ended)]
    if status not in {Status.OPTIMAL, Status.FEASIBLE}:
        return Answer(status, np.zeros(len(made.open), np.bool_), 0, 0)
    return Answer(
        status,
        made.taken(solver.value),
        round(solver.objective_value),
        round(solver.best_objective_bound),
    )


_STATUS = {
    "OPTIMAL": Status.OPTIMAL,
    "FEASIBLE": Status.FEASIBLE,
    "INFEASIBLE": Status.INFEASIBLE,
    "UNKNOWN": Status.UNKNOWN,
}
