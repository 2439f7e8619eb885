"""Owns which rules hide each other: each alone costs nothing, without all of them there is more.

The best is never worse with fewer rules, so whatever changes without some rules changes without
more of them too. That is why a set of rules can be made smaller one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from matcher.assignment.effort import Effort
from matcher.assignment.instance import Instance
from matcher.assignment.rulebook import without
from matcher.assignment.solution import Solution
from matcher.assignment.solving import solve

_LEAST_SECONDS = 0.01
_FEWEST_LEFT = 4
"""Among how many further searches, at the least, what is left of the time is shared."""

Ids = frozenset[str]


class OutOfTime(Exception):
    """That the time of the search for prices is over."""


@dataclass
class Runs:
    """An instance solved without some of its rules, each set of them once.

    Attributes:
        instance: what was solved.
        solution: its solution, with all levels.
        effort: how long all of it may take.
        stop: asked whether to end early.
        planned: how many searches are to come, as far as is known.
    """

    instance: Instance
    solution: Solution
    effort: Effort
    stop: Callable[[], bool] | None = None
    planned: int = _FEWEST_LEFT
    known: dict[Ids, Solution] = field(default_factory=dict)

    def free(self, ids: Ids) -> Solution:
        """Solve without some rules.

        Raises:
            OutOfTime: if the time is over before anything was found.
        """
        if not ids:
            return self.solution
        if ids not in self.known:
            self.known[ids] = self._solved(ids)
        return self.known[ids]

    def _solved(self, ids: Ids) -> Solution:
        if self.effort.over:
            raise OutOfTime
        share = max(self.effort.left / max(self.planned, _FEWEST_LEFT), _LEAST_SECONDS)
        self.planned -= 1
        aims = [level.aim for level in self.solution.levels]
        bare = without(self.instance, ids)
        found = solve(bare, seconds=share, aims=aims, hint=self.solution, stop=self.stop)
        if not found.levels:
            raise OutOfTime
        return found

    def changes(self, ids: Ids, beside: Ids = frozenset()) -> bool:
        """Tell whether a level changes without some rules, where those `beside` are gone anyway."""
        with_, bare = self.free(beside), self.free(ids | beside)
        return [one.value for one in bare.levels] != [one.value for one in with_.levels]


def hidden(runs: Runs, priced: Sequence[str], silent: Collection[str]) -> tuple[list[Ids], Ids]:
    """Find sets of rules that hide each other, and the rules that do not bind.

    Args:
        runs: the instance.
        priced: the rules without one of which a level changes.
        silent: those without one of which none does.

    Returns:
        sets of two and more rules, each of them needed: without fewer of them less changes; and
        the rules that are in none of them. Where the time is over the latter are left out.
    """
    found: list[Ids] = []
    left = frozenset(silent)
    try:
        while runs.changes(left):
            found.append(_fewest(runs, left))
            left -= found[-1]
        for id in priced:
            beside = frozenset({id})
            if left and runs.changes(left, beside):
                some = _fewest(runs, left, beside)
                found.append(some | beside)
                left -= some
    except OutOfTime:
        return found, frozenset()
    return found, left


def _fewest(runs: Runs, ids: Ids, beside: Ids = frozenset()) -> Ids:
    """Leave out of a set of rules without which a level changes those that are needless for it."""
    for id in sorted(ids):
        if len(ids) > 1 and runs.changes(ids - {id}, beside):
            ids -= {id}
    return ids
