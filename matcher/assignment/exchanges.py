"""Owns what the rules say to another way of giving out the places: which of them it would break."""

from __future__ import annotations

from collections.abc import Collection

from matcher.assignment.instance import Instance
from matcher.assignment.solution import Solution, Status

Pair = tuple[str, str]
"""The ids of an applicant and of a host."""


class Exchanges:
    """Asks the checker of rules what a change of a solution would break beside what is broken."""

    def __init__(self, instance: Instance, solution: Solution) -> None:
        self._instance = instance
        self._pairs = frozenset(solution.pairs)
        self._known = _broken(instance, self._pairs)
        self._asked: dict[frozenset[Pair], tuple[str, ...]] = {}

    def breaks(
        self, *, without: Collection[Pair] = (), made: Collection[Pair] = ()
    ) -> tuple[str, ...]:
        """Name the rules that the solution would break without some pairs and with others."""
        pairs = self._pairs - set(without) | set(made)
        if pairs not in self._asked:
            self._asked[pairs] = tuple(sorted(_broken(self._instance, pairs) - self._known))
        return self._asked[pairs]


def _broken(instance: Instance, pairs: Collection[Pair]) -> set[str]:
    from matcher.assignment import check

    solution = Solution(Status.FEASIBLE, tuple(sorted(pairs)))
    return {one.rule_id for one in check(instance, solution)}
