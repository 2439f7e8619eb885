"""Owns what the rules say to another way of giving out the places: which of them it would break."""

from __future__ import annotations

from collections.abc import Collection

from matcher.assignment.instance import Instance
from matcher.assignment.solution import Solution, Status

Pair = tuple[str, str]
"""The ids of an applicant and of a host."""

_Kind = tuple[object, ...]


class Exchanges:
    """Asks the checker of rules what a change of a solution would break beside what is broken.

    Applicants of the same groups and hosts, whom no rule names, are alike to every rule: what is
    known of one is not asked again for another.
    """

    def __init__(self, instance: Instance, solution: Solution) -> None:
        self._instance = instance
        self._pairs = frozenset(solution.pairs)
        self._known = _broken(instance, self._pairs)
        hosts: dict[str, list[str]] = {}
        for id, host in self._pairs:
            hosts.setdefault(id, []).append(host)
        named = {id for rule in instance.rules for id in rule.applicants}
        self._kinds = {
            one.id: (
                one.id if one.id in named else "",
                tuple(sorted((name, tuple(sorted(some))) for name, some in one.groups.items())),
                tuple(sorted(hosts.get(one.id, ()))),
            )
            for one in instance.applicants
        }
        self._asked: dict[tuple[_Kind, _Kind], tuple[str, ...]] = {}

    def breaks(
        self, *, without: Collection[Pair] = (), made: Collection[Pair] = ()
    ) -> tuple[str, ...]:
        """Name the rules that the solution would break without some pairs and with others.

        Rules of single pairs (eligibility, least fits) are not asked of: `preferences.allowed`.
        """
        key = (self._alike(without), self._alike(made))
        if key not in self._asked:
            pairs = self._pairs - set(without) | set(made)
            self._asked[key] = tuple(sorted(_broken(self._instance, pairs) - self._known))
        return self._asked[key]

    def _alike(self, pairs: Collection[Pair]) -> _Kind:
        return tuple(sorted((self._kinds[id], host) for id, host in pairs))


def _broken(instance: Instance, pairs: Collection[Pair]) -> set[str]:
    from matcher.assignment import check

    solution = Solution(Status.FEASIBLE, tuple(sorted(pairs)))
    return {one.rule_id for one in check(instance, solution)}
