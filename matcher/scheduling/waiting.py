"""Owns the bound of the waits: what they cannot fall below, whoever meets when in whose place."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matcher.scheduling.instance import Instance, Pair, days, runs
from matcher.scheduling.pairing import total
from matcher.scheduling.search import Budget

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import CpModel

MOST_SPANS = 20_000
"""The most (person, first slot, last slot) of a day for which a bound is sought."""


def fewest_waits(
    instance: Instance, pairs: Collection[Pair], budget: Budget, seconds: float
) -> int:
    """Give what the slots waited cannot fall below, 0 or more, when these pairs meet.

    Each person is free to meet in any slot that one of its pairs allows: as often as it must, with
    its breaks, and in each slot no more of one side than there are rooms. Whom it meets there is
    left out, so that every schedule of these pairs is among what is searched. A person's day is a
    span from its first to its last meeting, of which there is one at most.

    Args:
        instance: what is to be solved.
        pairs: those that meet beside what is fixed.
        budget: what is left.
        seconds: the work for it.
    """
    relaxed = _Relaxed(instance, pairs)
    if relaxed.spans > MOST_SPANS:
        return 0
    relaxed.model.minimize(relaxed.waits())
    ran = budget.run(relaxed.model, seconds)
    return max(ran.bound(), 0) if ran.has_found else 0


class _Relaxed:
    """A model of who is busy when, without with whom."""

    def __init__(self, instance: Instance, pairs: Collection[Pair]) -> None:
        from ortools.sat.python import cp_model

        self.model: CpModel = cp_model.CpModel()
        self._instance = instance
        self._often = Counter(id for pair in pairs for id in pair)
        self._stand: dict[str, set[int]] = defaultdict(set)
        for one in instance.fixed:
            for id in (one.a, one.b):
                self._stand[id].add(one.slot)
        self._busy = {id: self._slots_of(id, pairs) for id in sorted(self._often)}
        self._bind()

    @property
    def spans(self) -> int:
        """How many spans there are to choose from."""
        by_day = (
            sum(slot in day for slot in busy)
            for busy in self._busy.values()
            for day in days(self._instance)
        )
        return sum(count * (count + 1) // 2 for count in by_day)

    def _slots_of(self, id: str, pairs: Collection[Pair]) -> dict[int, Any]:
        """Say for each slot whether a person is busy in it: a variable, or 1 for what is fixed."""
        free = {slot for pair in pairs if id in pair for slot in self._instance.common(*pair)}
        stand = self._stand[id]
        return {s: 1 if s in stand else self.model.new_bool_var("") for s in sorted(free | stand)}

    def _bind(self) -> None:
        by_slot: dict[tuple[int, str], list[Any]] = defaultdict(list)
        for id, busy in self._busy.items():
            self.model.add(total([*busy.values()]) == self._often[id] + len(self._stand[id]))
            self._bind_runs(busy)
            for slot, variable in busy.items():
                by_slot[slot, self._instance.person[id].side].append(variable)
        for (slot, _), its in by_slot.items():
            if len(its) > (rooms := len(self._instance.open_rooms(slot))):
                self.model.add(total(its) <= max(rooms, sum(isinstance(one, int) for one in its)))

    def _bind_runs(self, busy: Mapping[int, Any]) -> None:
        limit = self._instance.in_a_row
        if limit is None:
            return
        for run in runs(self._instance):
            for start in run[: max(len(run) - limit, 0)]:
                its = [busy[slot] for slot in range(start, start + limit + 1) if slot in busy]
                if len(its) > limit:
                    self.model.add(total(its) <= limit)

    def waits(self) -> Any:
        """Express the slots between the first and last meeting of a day without one."""
        return total([
            part
            for busy in self._busy.values()
            for day in days(self._instance)
            for part in self._waits_in([(slot, busy[slot]) for slot in day if slot in busy])
        ])

    def _waits_in(self, busy: Sequence[tuple[int, Any]]) -> list[Any]:
        """Choose one span or none that covers what is busy; give its length less that."""
        spans = {
            (first, last): self.model.new_bool_var("")
            for number, (first, _) in enumerate(busy)
            for last, _ in busy[number:]
        }
        self.model.add_at_most_one(spans.values())
        for slot, variable in busy:
            over = [span for (first, last), span in spans.items() if first <= slot <= last]
            self.model.add(total(over) >= variable)
        lengths = [(last - first + 1) * span for (first, last), span in spans.items()]
        return [*lengths, *(-1 * variable for _, variable in busy)]
