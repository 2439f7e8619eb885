"""Owns the shortening of waits part by part: a few meetings are placed anew, others stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

import numpy as np

from matcher.scheduling.instance import Instance, Meeting, Pair
from matcher.scheduling.measuring import waits_by_person
from matcher.scheduling.search import Budget
from matcher.scheduling.seating import Seating
from matcher.scheduling.timing import Place, Timetable
from matcher.scheduling.zones import Zones

_FEW = 20
"""About how many meetings are placed anew where they are those of persons who know one another."""

_SLOTS = 5
"""In how many slots all meetings are placed anew, among these slots."""

_ROUND_S = 0.25
_OVERHEAD_S = 0.05
"""The most work of the search of a part, and what making it counts for."""


class Loosening:
    """Pairs in their slots, and the search of parts that leaves every rule whole.

    A part is the meetings of one who waits and of some whom it meets, or all meetings of a few
    slots, in turn (large neighbourhood search).

    Args:
        instance: what is to be solved; what is fixed stays.
        zones: its zones.
        places: where each pair meets.
        random: which parts are tried.
    """

    def __init__(
        self,
        instance: Instance,
        zones: Zones,
        places: Mapping[Pair, Place],
        random: np.random.Generator,
    ) -> None:
        self._instance, self._zones, self._random = instance, zones, random
        self.places = dict(places)
        self._of: dict[str, list[Pair]] = defaultdict(list)
        for pair in sorted(places):
            for id in pair:
                self._of[id].append(pair)

    def loosen(self, budget: Budget, seconds: float, floor: int = 0) -> None:
        """Search parts until all wait no longer than a floor, or so much work is done."""
        while seconds > 0 and not budget.is_over:
            waits = self._waits()
            if sum(waits.values()) <= floor:
                return
            for part, among in self._parts([id for id in sorted(waits) if waits[id]]):
                seconds -= self._search(part, among, budget)

    def _waits(self) -> Mapping[str, int]:
        stand = [(id, one.slot) for one in self._instance.fixed for id in (one.a, one.b)]
        placed = [(id, slot) for pair, (slot, _) in self.places.items() for id in pair]
        return waits_by_person(self._instance, [*stand, *placed])

    def _parts(self, waiting: list[str]) -> Iterator[tuple[set[Pair], Collection[int]]]:
        """Give parts to be searched, each with the slots that it may use."""
        every = range(len(self._instance.slots))
        for _ in range(2):
            yield self._around(waiting[self._random.integers(len(waiting))]), every
        some = self._random.permutation(len(every))[:_SLOTS].tolist()
        yield {pair for pair, (slot, _) in self.places.items() if slot in some}, some

    def _around(self, id: str) -> set[Pair]:
        """Give the meetings of one, and of some whom it meets, directly or not."""
        part, known = set(self._of[id]), {id}
        while len(part) < _FEW:
            others = sorted({one for pair in part for one in pair} - known)
            if not others:
                break
            other = others[self._random.integers(len(others))]
            known.add(other)
            part |= set(self._of[other])
        return part

    def _search(self, part: set[Pair], among: Collection[int], budget: Budget) -> float:
        """Place a part anew, if that is as good; give the work that it was."""
        from ortools.sat.python import cp_model

        if not part:
            return _OVERHEAD_S
        model, pairs = cp_model.CpModel(), sorted(part)
        timetable = Timetable(self._rest(part, among), pairs, model, optional=False)
        for (number, slot, zone), variable in timetable.at.items():
            model.add_hint(variable, self.places[pairs[number]] == (slot, zone))
        model.minimize(timetable.holes({id for pair in part for id in pair}))
        ran = budget.run(model, _ROUND_S)
        if ran.has_found:
            self._take(timetable.placed(ran))
        return ran.work + _OVERHEAD_S

    def _take(self, placed: Mapping[Pair, Place]) -> None:
        """Take other places, unless persons wait longer with them."""
        before, held = sum(self._waits().values()), {pair: self.places[pair] for pair in placed}
        self.places.update(placed)
        if sum(self._waits().values()) > before:
            self.places.update(held)

    def _rest(self, part: set[Pair], among: Collection[int]) -> Instance:
        """Give the instance in which all other meetings stand; of strangers the rooms alone."""
        ids = {id for pair in part for id in pair}
        others = {pair: place for pair, place in self.places.items() if pair not in part}
        seated = Seating(self._instance, self._zones, self._instance.fixed).seat(others)
        stand = tuple(one for one in seated if {one.a, one.b} & ids)
        shut = _rooms_of(set(seated) - set(stand))
        away = frozenset(range(len(self._instance.slots))) - frozenset(among)
        return self._instance.but(
            people=tuple(replace(one, away=one.away | away) for one in self._instance.people),
            rooms=tuple(replace(one, closed=one.closed | shut[one.id])
                        for one in self._instance.rooms),
            fixed=stand,
        )  # fmt: skip


def _rooms_of(meetings: Collection[Meeting]) -> Mapping[str, set[int]]:
    taken: dict[str, set[int]] = defaultdict(set)
    for one in meetings:
        taken[one.room].add(one.slot)
    return taken
