"""Owns the search by CP-SAT for what bundles and triads choose: the same answer on any machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from profiles.errors import CodedError

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import CpModel, IntVar, LinearExprT

_SECONDS = 30.0
"""The emergency brake; what ends a search before it is its effort."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to: which variables are true, the value, and what nothing can pass."""

    rows: tuple[int, ...]
    value: int
    bound: int


def greatest(model: CpModel, choices: list[IntVar], aim: LinearExprT, effort: float) -> Found:
    """Search for the greatest value of an aim that has a solution with no choice made.

    One worker in a fixed order, and a limit in deterministic time, so that the same model gives
    the same choices on any machine.

    Args:
        model: with its rules.
        choices: n variables of it, each 0 or 1.
        aim: what is to be as great as can be, a whole number.
        effort: the limit in deterministic time, in which a unit is about a second.

    Raises:
        CodedError: if nothing was found before the limit.
    """
    from ortools.sat.python import cp_model

    model.maximize(aim)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = effort
    solver.parameters.max_time_in_seconds = _SECONDS
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise CodedError("most", "search_stopped", solver.status_name(status))
    rows = tuple(row for row, choice in enumerate(choices) if solver.boolean_value(choice))
    return Found(rows, round(solver.objective_value), round(solver.best_objective_bound))


def first_of(model: CpModel, choices: list[IntVar], effort: float) -> tuple[int, ...]:
    """Give, of the solutions that a model still has, one of those that choose the first rows.

    They are those with the least sum of the places that are chosen; so equal ones stand in the
    order of their rows.
    """
    places = sum(place * choice for place, choice in enumerate(choices, start=1))
    return greatest(model, choices, -places, effort).rows
