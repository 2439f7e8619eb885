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
        hint: shape (p,), pairs to begin with.
    """

    rows: Sequence[Row]
    open: Bits
    weights: Ints | None = None
    even: bool = False
    spread: int | None = None
    hint: Bits | None = None


def ask(
    model: Model, question: Question, effort: Effort, seen: Callable[[Bits], None] | None = None
) -> Answer:
    """Search until the best is proven, or until the effort is spent.

    One worker with a fixed seed and a limit in deterministic time: the same question has the same
    answer on every machine, unless the clock or a person ends it.

    Args:
        model: whose pairs are asked about.
        question: what is asked.
        effort: what may be spent; what the search took is subtracted.
        seen: is told each better choice of pairs.
    """
    from ortools.sat.python import cp_model

    cp = cp_model.CpModel()
    pairs = np.flatnonzero(question.open)
    made = {int(p): cp.new_bool_var("") for p in pairs}
    for row in question.rows:
        _bound(cp, made, row)
    if question.hint is not None:
        for p, variable in made.items():
            cp.add_hint(variable, bool(question.hint[p]))
    if question.weights is not None:
        cp.maximize(_sum(made, np.arange(model.size), question.weights))
    if question.even or question.spread is not None:
        spread = _spread(cp, model, made)
        if question.spread is not None:
            cp.add(spread <= question.spread)
        if question.even:
            cp.minimize(spread)
    return _solve(cp, made, model.size, effort, seen)


def _sum(made: dict[int, cp_model.IntVar], pairs: Ints, weights: Ints) -> cp_model.LinearExprT:
    from ortools.sat.python import cp_model

    kept = [
        (made[p], w) for p, w in zip(pairs.tolist(), weights.tolist(), strict=True) if p in made
    ]
    return cp_model.LinearExpr.weighted_sum([one for one, _ in kept], [w for _, w in kept])


def _bound(cp: cp_model.CpModel, made: dict[int, cp_model.IntVar], row: Row) -> None:
    from ortools.sat.python import cp_model

    low = cp_model.INT_MIN if row.low is None else row.low
    high = cp_model.INT_MAX if row.high is None else row.high
    kept = [p in made for p in row.pairs.tolist()]
    if not any(kept):  # nothing to choose: the sum is 0
        if not low <= 0 <= high:
            cp.add_bool_or([])
        return
    cp.add_linear_constraint(_sum(made, row.pairs, row.weights), low, high)


def _spread(
    cp: cp_model.CpModel, model: Model, made: dict[int, cp_model.IntVar]
) -> cp_model.LinearExprT:
    """Bound the share of places filled of every host, in 1/1000 rounded down, from both sides."""
    top, bottom = cp.new_int_var(0, THOUSAND, ""), cp.new_int_var(0, THOUSAND, "")
    for host, high in enumerate(model.capacities.tolist()):
        if high:
            mine = np.flatnonzero(model.hosts == host)
            filled = THOUSAND * _sum(made, mine, np.ones(len(mine), np.int64))
            cp.add(high * top + high - 1 >= filled)
            cp.add(high * bottom <= filled)
    cp.add(bottom <= top)
    return top - bottom


def _solve(
    cp: cp_model.CpModel,
    made: dict[int, cp_model.IntVar],
    size: int,
    effort: Effort,
    seen: Callable[[Bits], None] | None,
) -> Answer:
    from ortools.sat.python import cp_model

    pairs, variables = np.array([*made], np.int64), [*made.values()]

    def taken(value: Callable[[cp_model.IntVar], int | bool]) -> Bits:
        chosen = np.zeros(size, np.bool_)
        chosen[pairs] = [bool(value(one)) for one in variables]
        return chosen

    class Better(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            if seen is not None:
                seen(taken(self.value))

    solver = cp_model.CpSolver()
    limits = solver.parameters
    limits.num_workers, limits.random_seed = 1, 0
    limits.linearization_level = 2  # without a relaxation, too few places take for ever to prove
    limits.max_deterministic_time, limits.max_time_in_seconds = effort.steps, effort.left
    with effort.watched(solver.stop_search):
        ended = solver.solve(cp, Better() if seen else None)
    effort.steps -= solver.deterministic_time
    status = _STATUS[solver.status_name(ended)]
    if status not in {Status.OPTIMAL, Status.FEASIBLE}:
        return Answer(status, np.zeros(size, np.bool_), 0, 0)
    return Answer(
        status,
        taken(solver.value),
        round(solver.objective_value),
        round(solver.best_objective_bound),
    )


_STATUS = {
    "OPTIMAL": Status.OPTIMAL,
    "FEASIBLE": Status.FEASIBLE,
    "INFEASIBLE": Status.INFEASIBLE,
    "UNKNOWN": Status.UNKNOWN,
}
