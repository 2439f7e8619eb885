"""Owns how a model is searched: one order of search, a budget of work, a word to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import CpModel, CpSolver, IntVar

Stop = Callable[[], bool]
Progress = Callable[[str, int, int], None]
"""Told what is being done, how many steps of it are done, and how many there are."""

_LOOK_S = 0.1
_LEAST_S = 0.05


class Budget:
    """The work that may be done in all.

    CP-SAT counts its work by itself, the same on every machine (`deterministic_time`, of which an
    ordinary core does one to three a second): that ends a search. The clock is the brake beside it.

    Args:
        seconds: how long it may take; 0 or more.
        stop: asked now and then whether somebody wants the end.

    Attributes:
        was_impossible: whether the last search has proven that there is nothing.
    """

    def __init__(self, seconds: float, stop: Stop | None = None) -> None:
        import_module("ortools.sat.python.cp_model")  # what it takes is no work of the search
        self._begun = time.monotonic()
        self._until = self._begun + seconds
        self._stop = stop or (lambda: False)
        self.was_impossible = False

    @property
    def left(self) -> float:
        """How many seconds are left, 0 or more."""
        return max(self._until - time.monotonic(), 0.0)

    @property
    def spent(self) -> float:
        """How many seconds have gone."""
        return time.monotonic() - self._begun

    @property
    def is_over(self) -> bool:
        """Whether the time is over, or somebody wants the end."""
        return self.left <= 0 or self._stop()

    def run(self, model: CpModel, seconds: float) -> Ran:
        """Search a model for so much work at most, and give what came of it."""
        from ortools.sat.python import cp_model

        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 0
        solver.parameters.linearization_level = 2
        solver.parameters.max_deterministic_time = max(seconds, _LEAST_S)
        solver.parameters.max_time_in_seconds = max(self.left, _LEAST_S)
        if self.is_over:
            return Ran(cp_model.UNKNOWN, solver)
        with self._watched(solver):
            status = solver.solve(model)
            ran = Ran(status, solver, float(solver.response_proto.deterministic_time))
        self.was_impossible = ran.is_impossible
        return ran

    @contextmanager
    def _watched(self, solver: CpSolver) -> Iterator[None]:
        """Stop the search as soon as somebody wants it."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(_LOOK_S):
                if self._stop():
                    solver.stop_search()

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@dataclass(frozen=True, slots=True)
class Ran:
    """How a search ended; `work` is what it was, as CP-SAT counts it: on every machine the same."""

    status: Any
    solver: CpSolver
    work: float = 0.0

    @property
    def has_found(self) -> bool:
        """Whether there is a solution."""
        from ortools.sat.python import cp_model

        return self.status in (cp_model.OPTIMAL, cp_model.FEASIBLE)

    @property
    def is_impossible(self) -> bool:
        """Whether it is proven that there is none."""
        from ortools.sat.python import cp_model

        return bool(self.status == cp_model.INFEASIBLE)

    def value(self, expression: Any) -> int:
        """Give the value of an expression in the solution."""
        return int(self.solver.value(expression))

    def bound(self) -> int:
        """Give the bound of what was optimised, as a whole number on the side of the optimum."""
        return round(self.solver.best_objective_bound)


@dataclass(frozen=True, slots=True)
class Best:
    """What came of one level: the search, its value, and the bound that nothing can pass."""

    ran: Ran
    value: int
    bound: int


def improve(
    budget: Budget,
    model: CpModel,
    variables: Sequence[IntVar],
    expression: Any,
    *,
    most: bool,
    seconds: float,
    before: Ran | None,
) -> Best | None:
    """Optimise one level, hold it, and hint its solution to the next; None where none was found.

    Args:
        budget: what is left.
        model: the model; it is given the objective, the level and the hint.
        variables: those that a solution consists of.
        expression: what is to be the most, or the fewest.
        most: which of both.
        seconds: the work for it.
        before: the solution of the level before, if there is one.
    """
    if before is not None:
        hint(model, variables, before)
    (model.maximize if most else model.minimize)(expression)
    ran = budget.run(model, seconds)
    if not ran.has_found:
        return None
    value = ran.value(expression)
    if most:
        model.add(expression >= value)
    else:
        model.add(expression <= value)
    return Best(ran, value, ran.bound())


def hint(model: CpModel, variables: Sequence[IntVar], ran: Ran) -> None:
    """Hint the values of a solution."""
    forget_hints(model)
    for variable in variables:
        model.add_hint(variable, ran.value(variable))


def forget_hints(model: CpModel) -> None:
    """Take all hints out of a model."""
    model.clear_hints()  # type: ignore[no-untyped-call]  # OR-Tools has no type for it
