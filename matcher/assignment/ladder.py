"""Owns the search level by level: each aim is raised, then held while the next one is raised."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from matcher.assignment.cpsat import Answer, Question, ask
from matcher.assignment.effort import Effort
from matcher.assignment.levels import loosest, reached
from matcher.assignment.model import Bits, Ints, Model, Row
from matcher.assignment.solution import Aim, Level, Solution, Status


@dataclass
class Climb:
    """A search under way.

    Attributes:
        model: what is solved.
        effort: what may be spent.
        aims: what is sought, in this order.
        tell: is told each solution that is better.
        rows: what must hold, the levels reached so far included.
        spread: the most that the spread may be; None before it was sought.
        open: shape (p,), the pairs that may still be made.
        best: shape (p,), the pairs of the best solution; None before one is found.
        bounds: what is known of each aim that was sought.
        contradicts: whether it was proven that no pairs keep all rules.
    """

    model: Model
    effort: Effort
    aims: Sequence[Aim]
    tell: Callable[[Solution], None] | None
    rows: list[Row]
    open: Bits
    best: Bits | None
    bounds: dict[Aim, int] = field(default_factory=dict)
    spread: int | None = None
    contradicts: bool = False

    @property
    def solution(self) -> Solution:
        """What stands now; `optimal` where each bound is reached."""
        if self.best is None:
            return Solution(Status.UNKNOWN, seconds=self.effort.spent)
        levels = tuple(self._level(aim, self.best) for aim in self.aims)
        proven = len(self.bounds) == len(self.aims) and all(
            one.value == one.bound for one in levels
        )
        status = Status.OPTIMAL if proven else Status.FEASIBLE
        return Solution(status, self.model.pairs_of(self.best), levels, self.effort.spent)

    def _level(self, aim: Aim, best: Bits) -> Level:
        bound = self.bounds[aim] if aim in self.bounds else loosest(self.model, aim)
        return Level(aim, reached(self.model, best, aim), bound)

    def ask(
        self, rows: Sequence[Row] = (), weights: Ints | None = None, *, even: bool = False
    ) -> Answer:
        """Ask for the best under what holds so far and the rows, and keep what was found."""
        held = [*self.rows, *rows]
        question = Question(held, self.open, weights, even, self.spread, self.best)
        answer = ask(self.model, question, self.effort, self.keep if self.tell else None)
        if answer.found:
            self.keep(answer.taken)
        return answer

    def value(self, aim: Aim) -> int:
        """What the best solution comes to by an aim; 0 before one is found."""
        return 0 if self.best is None else reached(self.model, self.best, aim)

    def keep(self, taken: Bits) -> None:
        """Take pairs as the best, where they are no worse than those before."""
        if self.best is None or self._order(taken) > self._order(self.best):
            self.best = taken
            if self.tell:
                self.tell(self.solution)

    def _order(self, taken: Bits) -> list[int]:
        return [
            reached(self.model, taken, aim) * (-1 if aim is Aim.SPREAD else 1) for aim in self.aims
        ]


def climb(
    model: Model,
    aims: Sequence[Aim],
    effort: Effort,
    *,
    hint: Bits | None = None,
    tell: Callable[[Solution], None] | None = None,
) -> Climb:
    """Raise each aim in its order; stop where the effort is spent or the rules contradict."""
    every = np.ones(model.size, np.bool_)
    search = Climb(model, effort, aims, tell, [*model.everything], every, None)
    first = ask(model, Question(search.rows, every, hint=hint), effort)
    search.contradicts = first.status is Status.INFEASIBLE
    if first.found:
        search.keep(first.taken)
        for aim in aims:
            if effort.over:
                break
            _RAISE[aim](search)
    return search


def _most(search: Climb, aim: Aim, weights: Ints) -> None:
    """Raise a sum of weights (p,), and hold it."""
    answer = search.ask(weights=weights)
    if answer.found:
        search.bounds[aim] = answer.bound
    search.rows.append(Row(_every(search), weights, search.value(aim)))


def _every(search: Climb) -> Ints:
    return np.arange(search.model.size)


def _placed(search: Climb) -> None:
    _most(search, Aim.PLACED, np.ones(search.model.size, np.int64))


def _total(search: Climb) -> None:
    _most(search, Aim.TOTAL, search.model.fits)


def _worst(search: Climb) -> None:
    """Raise the least fit by halving the fits that it may be, and close what lies below."""
    model = search.model
    some = Row(_every(search), np.ones(model.size, np.int64), 1)
    steps = np.unique(model.fits[search.open])
    low = int(np.searchsorted(steps, search.value(Aim.WORST)))
    high = len(steps) - 1
    whole = search.open
    while low < high and not search.effort.over:
        middle = (low + high + 1) // 2
        search.open = whole & (model.fits >= steps[middle])
        answer = search.ask([some])
        if answer.status is Status.INFEASIBLE:
            high = middle - 1
        elif answer.found:
            low = int(np.searchsorted(steps, search.value(Aim.WORST)))
        else:
            break
    search.bounds[Aim.WORST] = int(steps[high]) if search.value(Aim.PLACED) else 0
    search.open = whole & (model.fits >= search.value(Aim.WORST))


def _even(search: Climb) -> None:
    """Lower the spread, and hold it."""
    answer = search.ask(even=True)
    if answer.found:
        search.bounds[Aim.SPREAD] = answer.bound
    search.spread = search.value(Aim.SPREAD)


_RAISE: Mapping[Aim, Callable[[Climb], None]] = {
    Aim.PLACED: _placed,
    Aim.WORST: _worst,
    Aim.TOTAL: _total,
    Aim.SPREAD: _even,
}
