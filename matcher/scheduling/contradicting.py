"""Owns why there is no schedule: the fewest rules that contradict one another, each verified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matcher.assignment import Status
from matcher.scheduling.candidates import candidates
from matcher.scheduling.instance import Instance, Pair
from matcher.scheduling.pairing import Choice, Relaxed
from matcher.scheduling.rules import Rule, rules_of, without
from matcher.scheduling.search import Budget, Ran, Stop
from matcher.scheduling.timing import Timetable

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import CpModel

_SHARE = 0.1


class NotContradictory(ValueError):
    """An instance that has a schedule, or of which it is not known whether it has one."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Rules that cannot all hold.

    Attributes:
        rules: they contradict one another, and without any one of them there is a schedule of
            what they ask; where `is_smallest` is not set, time ran out before that was known.
        is_smallest: whether each of them was verified to be needed.
    """

    rules: tuple[Rule, ...]
    is_smallest: bool = True


def contradiction(
    instance: Instance, *, seconds: float = 30.0, stop: Stop | None = None
) -> Contradiction:
    """Find the fewest rules that contradict one another, none of which can be left out.

    Rules are taken away half by half as long as the rest has no schedule (QuickXplain; Junker
    2004). Each answer is a search of its own, without any trust in a solver's own explanation.

    Args:
        instance: one for which `schedule` says that there is none.
        seconds: how much work it may be, and how long it may take.
        stop: asked several times a second whether somebody wants the end.

    Raises:
        NotContradictory: if it has a schedule, or none can be excluded within the time.
    """
    search = _Search(instance, Budget(seconds, stop), seconds)
    rules = rules_of(instance)
    if not search.is_impossible(rules):
        raise NotContradictory(instance.digest)
    return Contradiction(tuple(sorted(search.needed([], rules))), search.is_sure)


class _Search:
    def __init__(self, instance: Instance, budget: Budget, seconds: float) -> None:
        self._instance, self._budget, self._seconds = instance, budget, seconds
        self._every = frozenset(rules_of(instance))
        self.is_sure = True

    def needed(
        self, held: Sequence[Rule], rules: Sequence[Rule], *, new: bool = False
    ) -> set[Rule]:
        """Give the rules of `rules` that are needed beside those `held`, to contradict them."""
        if new and self.is_impossible(held):
            return set()
        if len(rules) == 1:
            return set(rules)
        half = len(rules) // 2
        first, second = rules[:half], rules[half:]
        of_second = self.needed([*held, *first], second, new=True)
        of_first = self.needed([*held, *sorted(of_second)], first, new=bool(of_second))
        return of_first | of_second

    def is_impossible(self, rules: Sequence[Rule]) -> bool:
        """Tell whether it is proven that no schedule keeps these rules."""
        status = feasibility(
            without(self._instance, self._every - set(rules)), self._budget, self._seconds * _SHARE
        )
        self.is_sure &= status is not Status.UNKNOWN
        return status is Status.INFEASIBLE


def feasibility(instance: Instance, budget: Budget, seconds: float) -> Status:
    """Tell whether any schedule keeps all rules: whom nothing forces to meet is left out.

    First pairs without time, whose contradiction is one; then these pairs in time; then both.
    """
    pairs = _that_must(instance)
    relaxed = Relaxed(instance, pairs)
    ran = budget.run(relaxed.model, seconds)
    if not ran.has_found:
        return _told(ran)
    some = [p for p, variable in zip(pairs, relaxed.met, strict=True) if ran.value(variable)]
    ran = budget.run(_placing(instance, some, optional=False), seconds)
    if ran.has_found or len(some) == len(pairs):
        return _told(ran)
    return _told(budget.run(_placing(instance, pairs, optional=True), seconds))


def _placing(instance: Instance, pairs: Sequence[Pair], *, optional: bool) -> CpModel:
    from ortools.sat.python import cp_model

    timetable = Timetable(instance, pairs, cp_model.CpModel(), optional=optional)
    Choice(instance, pairs, timetable.model, timetable.met)
    return timetable.model


def _told(ran: Ran) -> Status:
    if ran.has_found:
        return Status.FEASIBLE
    return Status.INFEASIBLE if ran.is_impossible else Status.UNKNOWN


def _that_must(instance: Instance) -> list[Pair]:
    """Keep the pairs without which a rule could not hold: forced ones, and of who needs some."""
    need = {one.id for one in instance.people if one.least}
    return [p for p in candidates(instance) if p in instance.forced or need & {*p}]
