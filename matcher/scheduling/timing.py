"""Owns the second step: at which slot and in which zone each pair meets."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from matcher.scheduling.instance import Instance, Pair, days, runs
from matcher.scheduling.pairing import total
from matcher.scheduling.search import Ran
from matcher.scheduling.zones import zones

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import CpModel, IntVar

Place = tuple[int, int]
"""A slot and a zone."""


class Timetable:
    """A model of when pairs meet.

    Args:
        instance: what is to be solved; what is fixed stands.
        pairs: those that are to be placed.
        model: where it is built.
        optional: whether a pair may be left out; `met` says of each whether it is in.

    Attributes:
        at: by (pair, slot, zone), in numbers, whether it meets there.
        met: whether a pair meets at all, in the order of the pairs.
    """

    def __init__(
        self, instance: Instance, pairs: Sequence[Pair], model: CpModel, *, optional: bool
    ) -> None:
        self.instance, self.pairs, self.model = instance, pairs, model
        self.zones = zones(instance)
        self.zone_of = {room: number for number, zone in enumerate(self.zones) for room in zone}
        self._taken = _taken(instance)
        self._rooms = self._open_rooms()
        self.at: dict[tuple[int, int, int], IntVar] = {}
        self.met = [self._new(number, optional=optional) for number in range(len(pairs))]
        self._busy = self._by_person()
        self._bind()

    @property
    def variables(self) -> list[IntVar]:
        """The variables that a solution consists of."""
        return list(self.at.values())

    def placed(self, ran: Ran) -> dict[Pair, Place]:
        """Read where each pair meets in a solution."""
        return {
            self.pairs[number]: (slot, zone)
            for (number, slot, zone), variable in self.at.items()
            if ran.value(variable)
        }

    def holes(self, ids: Collection[str] | None = None) -> Any:
        """Express the slots that persons, or some, wait between two meetings of a day."""
        return total([
            hole
            for id in (self._ids() if ids is None else sorted(ids))
            for day in days(self.instance)
            for hole in self._holes(id, day)
        ])

    def _ids(self) -> list[str]:
        return sorted(self._busy)

    def _holes(self, id: str, day: range) -> Iterator[IntVar]:
        its = [slot for slot in day if self._busy_in(id, slot)]
        if len(its) < 2:
            return
        span = range(its[0], its[-1] + 1)
        busy = {slot: total(self._busy_in(id, slot)) for slot in span}
        before, after = self._ever(busy, span), self._ever(busy, span[::-1])
        for slot in span[1:-1]:
            hole = self.model.new_bool_var("")
            self.model.add(hole >= before[slot] + after[slot] - 1 - busy[slot])
            yield hole

    def _ever(self, busy: Mapping[int, Any], span: range) -> dict[int, Any]:
        """Say for each slot whether one has met up to it, in this direction."""
        found: dict[int, Any] = {}
        last: Any = 0
        for slot in span:
            found[slot] = self.model.new_bool_var("")
            self.model.add(found[slot] >= busy[slot])
            self.model.add(found[slot] >= last)
            last = found[slot]
        return found

    def _new(self, number: int, *, optional: bool) -> Any:
        """Make the variables of a pair: one for each slot and zone that it may meet in."""
        a, b = self.pairs[number]
        its = []
        for slot in self.instance.common(a, b):
            if (a, slot) in self._taken or (b, slot) in self._taken:
                continue
            for zone in range(len(self.zones)):
                if self._rooms[slot, zone]:
                    self.at[number, slot, zone] = variable = self.model.new_bool_var("")
                    its.append(variable)
        if not optional:
            self.model.add_exactly_one(its)
            return self.model.new_constant(1)
        met = self.model.new_bool_var("")
        self.model.add(total(its) == met)
        return met

    def _open_rooms(self) -> Mapping[Place, int]:
        """Count for each slot and zone the rooms that are there, and not taken."""
        used: dict[int, set[str]] = defaultdict(set)
        for one in self.instance.fixed:
            used[one.slot].add(one.room)
        return {
            (slot, number): len(set(self.instance.open_rooms(slot)) & set(zone) - used[slot])
            for slot in range(len(self.instance.slots))
            for number, zone in enumerate(self.zones)
        }

    def _by_person(self) -> dict[str, dict[int, dict[int, list[Any]]]]:
        """Give by person, slot and zone the variables (1 for what is fixed) of its meetings."""
        busy: Any = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
        for (number, slot, zone), variable in self.at.items():
            for id in self.pairs[number]:
                busy[id][slot][zone].append(variable)
        for one in self.instance.fixed:
            for id in (one.a, one.b):
                busy[id][one.slot][self.zone_of[one.room]].append(1)
        return {id: {s: dict(z) for s, z in sorted(by.items())} for id, by in sorted(busy.items())}

    def _busy_in(self, id: str, slot: int) -> list[Any]:
        return [one for its in self._busy[id].get(slot, {}).values() for one in its]

    def _bind(self) -> None:
        self._bind_rooms()
        for id in self._ids():
            for slot in self._busy[id]:
                its = self._busy_in(id, slot)
                if len(its) > 1:
                    self.model.add(total(its) <= 1)
            self._bind_runs(id)
            if not self.instance.person[id].online:
                self._bind_ways(id)

    def _bind_rooms(self) -> None:
        held: dict[Place, list[IntVar]] = defaultdict(list)
        for (_, slot, zone), variable in self.at.items():
            held[slot, zone].append(variable)
        for place, its in held.items():
            if len(its) > (rooms := self._rooms[place]):
                self.model.add(total(its) <= rooms)

    def _bind_runs(self, id: str) -> None:
        """Give a person its break after so many meetings in a row."""
        limit = self.instance.in_a_row
        if limit is None:
            return
        for run in runs(self.instance):
            for start in run[: max(len(run) - limit, 0)]:
                its = [one for slot in range(start, start + limit + 1)
                       for one in self._busy_in(id, slot)]  # fmt: skip
                if len(its) > limit:
                    self.model.add(total(its) <= limit)

    def _bind_ways(self, id: str) -> None:
        """Leave a person the time to walk from one zone to another."""
        if len(self.zones) == 1:
            return
        for before, after in combinations(sorted(self._busy[id]), 2):
            time = self.instance.gap(before, after)
            for zone, its in self._busy[id][before].items():
                far = [one for other, far in self._busy[id][after].items()
                       if self._way(zone, other) > time for one in far]  # fmt: skip
                if far:
                    self.model.add(total(its) + total(far) <= 1)

    def _way(self, zone: int, other: int) -> int:
        return 0 if zone == other else self.instance.way(self.zones[zone][0], self.zones[other][0])


def _taken(instance: Instance) -> Counter[tuple[str, int]]:
    return Counter((id, one.slot) for one in instance.fixed for id in (one.a, one.b))
