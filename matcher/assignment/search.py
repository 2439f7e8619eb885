"""Owns a search under way: what is open and held, the best so far, and how good it may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

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
        hinted: whether it began with pairs that may well be the best.
        fixed: shape (p,), the pairs that every solution as good as the best has; they are no
            longer open, and the rows leave them out.
        sole: whether it was proven that no other pairs are as good by the aims that were raised.
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
    fixed: Bits | None = None
    sole: bool = False
    hinted: bool = False

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
        self,
        rows: Sequence[Row] = (),
        weights: Ints | None = None,
        *,
        open: Bits | None = None,
        even: bool = False,
        share: float = 1.0,
    ) -> Answer:
        """Ask for the best under what holds so far and the rows, and keep what was found.

        Args:
            rows: more bounds.
            weights: shape (p,), what is to be the most.
            open: shape (p,), the pairs that may be made, if not all that are open.
            even: whether the least spread is sought.
            share: of the effort that is left, how much it may take.
        """
        held = [*self.rows, *rows]
        among = self.open if open is None else open
        question = Question(held, among, weights, even, self.spread, self.fixed, self.best)
        seen = self.keep if self.tell else None
        answer = ask(self.model, question, self.effort, share=share, seen=seen)
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

    def close(self, free: Bits) -> None:
        """Fix all pairs as they are but those in which equally good solutions may differ.

        Args:
            free: shape (p,), the latter.
        """
        if self.best is None:
            return
        self.fixed = self.best & ~free
        self.open = free
        self.sole = not free.any()
        self.rows = [row for row in (_rest(one, free, self.fixed) for one in self.rows) if row]


def _rest(row: Row, free: Bits, fixed: Bits) -> Row | None:
    """Leave the fixed pairs out of a row; None where nothing is left to choose."""
    kept = free[row.pairs]
    if not kept.any():
        return None
    sure = int(row.weights[fixed[row.pairs]].sum())
    low, high = (None if bound is None else bound - sure for bound in (row.low, row.high))
    return Row(row.pairs[kept], row.weights[kept], low, high)
