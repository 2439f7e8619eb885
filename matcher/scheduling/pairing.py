"""Owns the first step: who meets whom, whatever the time; what it reaches bounds every schedule."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from matcher.scheduling.candidates import candidates, room_for
from matcher.scheduling.instance import Instance, Pair
from matcher.scheduling.measuring import entitled, weight
from matcher.scheduling.schedule import Aim
from matcher.scheduling.search import Best, Budget, Ran, forget_hints, improve

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import CpModel, IntVar


_PROBE = 0.5
"""The share of the work after which the highest steps of the worst-off are tried one by one."""


@dataclass(frozen=True, slots=True)
class Paired:
    """Pairs that may meet if there is time, and what no schedule can pass of each aim.

    `pairs` is None where none were found; `is_impossible` tells that there are none.
    """

    pairs: tuple[Pair, ...] | None
    bounds: dict[Aim, int]
    is_impossible: bool = False


@dataclass(frozen=True, slots=True)
class Levels:
    """What came of the levels of wishes.

    Attributes:
        found: by aim, in order; empty where nothing was found.
        ran: the last search that found something.
        is_impossible: whether it is proven that there is nothing.
    """

    found: Mapping[Aim, Best]
    ran: Ran | None
    is_impossible: bool = False

    @property
    def bounds(self) -> dict[Aim, int]:
        """What nothing can pass, of the aims that were sought."""
        return {aim: one.bound for aim, one in self.found.items()}


class Choice:
    """A model of which pairs meet, with what both its users ask of it.

    Args:
        instance: what is to be solved.
        pairs: those that may meet.
        model: where it is built.
        met: for each pair a variable that says whether it meets.
    """

    def __init__(
        self, instance: Instance, pairs: Sequence[Pair], model: CpModel, met: Sequence[IntVar]
    ) -> None:
        self.instance, self.pairs, self.model, self.met = instance, pairs, model, met
        self._of: dict[str, list[int]] = defaultdict(list)
        for number, (a, b) in enumerate(pairs):
            self._of[a].append(number)
            self._of[b].append(number)
        self._fixed = Counter(id for one in instance.fixed for id in (one.a, one.b))
        self._bind()

    def _bind(self) -> None:
        """Hold the limits of each person, and the pairs that must meet."""
        for person in self.instance.people:
            its = [self.met[number] for number in self._of[person.id]]
            had, most = self._fixed[person.id], room_for(self.instance, person)
            self.model.add(total(its) <= most - had)
            if person.least > had:
                self.model.add(total(its) >= person.least - had)
        known = {pair: number for number, pair in enumerate(self.pairs)}
        stands = {(one.a, one.b) for one in self.instance.fixed}
        for pair in sorted(self.instance.forced - stands):
            self.model.add(total([self.met[known[pair]]] if pair in known else []) == 1)

    def mutual(self) -> Any:
        """Express how many of two who wish for each other meet."""
        stand = sum(self.instance.is_mutual(one.a, one.b) for one in self.instance.fixed)
        both = [
            variable
            for pair, variable in zip(self.pairs, self.met, strict=True)
            if self.instance.is_mutual(*pair)
        ]
        return total(both) + stand

    def wishes(self) -> Any:
        """Express the sum of the weights."""
        stand = sum(weight(self.instance, one.a, one.b) for one in self.instance.fixed)
        weights = [weight(self.instance, *pair) for pair in self.pairs]
        return _weighted(self.met, weights) + stand

    def worst(self) -> Any:
        """Express how many wishes each person has met at least, or all that it could."""
        due = entitled(self.instance)
        steps = [self.model.new_bool_var("") for _ in range(max(due.values(), default=0))]
        for one, after in pairwise(steps):
            self.model.add_implication(after, one)
        for id, most in due.items():
            own, stand = self._wished(id)
            self.model.add(total(own) + stand >= total(steps[:most]))
        return total(steps)

    def _wished(self, id: str) -> tuple[list[IntVar], int]:
        """Give the variables of whom one wishes for, and how many of them stand already."""
        own = [
            self.met[number]
            for number in self._of[id]
            if (id, self._other(number, id)) in self.instance.wishes
        ]
        stand = [
            other
            for one in self.instance.fixed
            for other in ([one.b] if one.a == id else [one.a] if one.b == id else [])
            if (id, other) in self.instance.wishes
        ]
        return own, len(stand)

    def _other(self, number: int, id: str) -> str:
        a, b = self.pairs[number]
        return b if id == a else a

    def improve(
        self, budget: Budget, variables: Sequence[IntVar], seconds: float, before: Ran | None = None
    ) -> Levels:
        """Go through the levels of wishes, each holding those before it; end where none is found.

        Args:
            budget: what is left.
            variables: those that a solution consists of.
            seconds: the work for each search.
            before: a solution to begin with, if there is one.
        """
        found: dict[Aim, Best] = {}
        worst, wishes = self.worst(), self.wishes()
        for aim, expression in (
            (Aim.MUTUAL, self.mutual()), (Aim.WORST, worst), (Aim.WISHES, wishes)
        ):  # fmt: skip
            work = seconds * (_PROBE if aim is Aim.WORST else 1)
            best = improve(
                budget, self.model, variables, expression, most=True, seconds=work, before=before
            )
            if best is None and aim is Aim.WORST and before is not None:
                best = Best(before, 0, max(entitled(self.instance).values(), default=0))
            if best is None:
                return Levels(found, before, not found and budget.was_impossible)
            found[aim], before = best, best.ran
            if aim is Aim.WORST and best.value < best.bound:
                found[aim] = best = self._raise(budget, variables, worst, wishes, seconds, best)
                before = best.ran
        return Levels(found, before)

    def _raise(
        self,
        budget: Budget,
        variables: Sequence[IntVar],
        worst: Any,
        wishes: Any,
        seconds: float,
        best: Best,
    ) -> Best:
        """Try every step above what was found, the highest first.

        With the step held and the wishes sought, the search has a way to go that the step alone
        does not show it.
        """
        bound = best.bound
        for step in range(best.bound, best.value, -1):
            trial = self.model.clone()
            forget_hints(trial)
            trial.add(worst >= step)
            trial.maximize(wishes)
            ran = budget.run(trial, seconds)
            if ran.has_found:
                self.model.add(worst >= step)
                return Best(ran, step, bound)
            if ran.is_impossible and bound == step:
                bound = step - 1
        return Best(best.ran, best.value, bound)


class Relaxed:
    """A model of who meets whom without time, which every schedule keeps.

    Attributes:
        model: the model.
        met: for each pair whether it meets.
        choice: the rules and levels of it.
    """

    def __init__(self, instance: Instance, pairs: Sequence[Pair]) -> None:
        from ortools.sat.python import cp_model

        self.model = cp_model.CpModel()
        self.met = [self.model.new_bool_var("") for _ in pairs]
        self.choice = Choice(instance, pairs, self.model, self.met)
        places = sum(len(instance.open_rooms(slot)) for slot in range(len(instance.slots)))
        self.model.add(total(self.met) <= max(places - _in_open_rooms(instance), 0))


def _in_open_rooms(instance: Instance) -> int:
    return sum(one.room in instance.open_rooms(one.slot) for one in instance.fixed)


def choose_pairs(instance: Instance, budget: Budget, seconds: float) -> Paired:
    """Choose who meets whom, by time as far as each person's own slots and all rooms bound it.

    Args:
        instance: what is to be solved.
        budget: what is left.
        seconds: the work for each level.
    """
    pairs = candidates(instance)
    relaxed = Relaxed(instance, pairs)
    found = relaxed.choice.improve(budget, relaxed.met, seconds)
    bounds = _ceilings(instance, pairs) | found.bounds
    if found.ran is None:
        return Paired(None, bounds, found.is_impossible)
    ran = found.ran
    chosen = tuple(p for p, variable in zip(pairs, relaxed.met, strict=True) if ran.value(variable))
    return Paired(chosen, bounds)


def _ceilings(instance: Instance, pairs: Iterable[Pair]) -> dict[Aim, int]:
    """Give what nothing can pass, of levels that no search has come to."""
    every = [*pairs, *((one.a, one.b) for one in instance.fixed)]
    return {
        Aim.MUTUAL: sum(instance.is_mutual(*pair) for pair in every),
        Aim.WORST: max(entitled(instance).values(), default=0),
        Aim.WISHES: sum(weight(instance, *pair) for pair in every),
    }


def total(variables: Sequence[IntVar]) -> Any:
    """Express a sum."""
    from ortools.sat.python.cp_model import LinearExpr

    return LinearExpr.sum(list(variables))


def _weighted(variables: Sequence[IntVar], weights: Sequence[int]) -> Any:
    from ortools.sat.python.cp_model import LinearExpr

    return LinearExpr.weighted_sum(list(variables), list(weights))
