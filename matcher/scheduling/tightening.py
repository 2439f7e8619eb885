"""Owns the exchange of slots by which persons wait less: chains that keep every rule."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from matcher.scheduling.instance import Instance, Pair, days
from matcher.scheduling.person import can_walk, is_rested
from matcher.scheduling.search import Budget
from matcher.scheduling.timing import Place
from matcher.scheduling.zones import Zones

LOOKS_PER_S = 25_000
"""How many chains are looked at for a second of work; a core looks at more."""


class Board:
    """Pairs in their slots, and the exchanges between two slots that leave every rule whole.

    A meeting that goes to another slot pushes whom its two persons meet there into the slot that
    it came from, and so on: as the two sides meet each other only, such a chain ends, and nobody is
    ever at two meetings at once (Kempe's chains, of edge colouring).

    Args:
        instance: what is to be solved; what is fixed stays.
        zones: its zones.
        places: where each pair meets.
    """

    def __init__(self, instance: Instance, zones: Zones, places: Mapping[Pair, Place]) -> None:
        self._instance, self._zones = instance, zones
        self.places = dict(places)
        self._zone_of = {room: number for number, zone in enumerate(zones) for room in zone}
        self._day = {slot: number for number, day in enumerate(days(instance)) for slot in day}
        self._busy: dict[str, dict[int, Pair | None]] = defaultdict(dict)
        self._standing: dict[str, dict[int, int]] = defaultdict(dict)
        self._used: Counter[Place] = Counter()
        for pair, (slot, zone) in places.items():
            self._used[slot, zone] += 1
            for id in pair:
                self._busy[id][slot] = pair
        self._stand()
        self._rooms = {
            (slot, number): len(set(zone) & set(instance.open_rooms(slot)))
            for slot in range(len(instance.slots))
            for number, zone in enumerate(zones)
        }

    def _stand(self) -> None:
        for one in self._instance.fixed:
            zone = self._zone_of[one.room]
            self._used[one.slot, zone] += 1
            for id in (one.a, one.b):
                self._busy[id][one.slot] = None
                self._standing[id][one.slot] = zone

    def tighten(self, budget: Budget, looks: int) -> None:
        """Carry out exchanges that shorten the waits until none does, or so many were looked at."""
        better = True
        while better and looks > 0:
            better = False
            for pair in sorted(self.places):
                if looks <= 0 or budget.is_over:
                    return
                looks -= len(self._instance.slots)
                better |= any(self._exchange(pair, to) for to in range(len(self._instance.slots)))

    def _exchange(self, pair: Pair, to: int) -> bool:
        """Carry out the exchange that brings a pair to a slot, if that is good and allowed."""
        chain = self._chain(pair, to)
        if chain is None:
            return False
        ids = {id for one in chain for id in one}
        before = sum(self._waits(id) for id in ids)
        origins = {one: self.places[one] for one in chain}
        other = {to: origins[pair][0], origins[pair][0]: to}
        moves = {one: (other[slot], zone) for one, (slot, zone) in origins.items()}
        self._put(moves)
        good = sum(self._waits(id) for id in ids) < before and self._is_allowed(ids, moves)
        if not good:
            self._put(origins)
        return good

    def _chain(self, pair: Pair, to: int) -> list[Pair] | None:
        """Give the meetings that change their slots; None where one is fixed, or somebody away."""
        origin = self.places[pair][0]
        if origin == to:
            return None
        chain, open_ends = [pair], [(pair, to)]
        while open_ends:
            one, goes = open_ends.pop()
            for id in one:
                if goes in self._instance.person[id].away:
                    return None
                if goes not in self._busy[id]:
                    continue
                pushed = self._busy[id][goes]
                if pushed is None:
                    return None
                if pushed not in chain:
                    chain.append(pushed)
                    open_ends.append((pushed, origin if goes == to else to))
        return chain

    def _put(self, moves: Mapping[Pair, Place]) -> None:
        for one in moves:
            slot, zone = self.places[one]
            self._used[slot, zone] -= 1
            for id in one:
                del self._busy[id][slot]
        for one, (slot, zone) in moves.items():
            self.places[one] = (slot, zone)
            self._used[slot, zone] += 1
            for id in one:
                self._busy[id][slot] = one

    def _waits(self, id: str) -> int:
        by_day: dict[int, list[int]] = defaultdict(list)
        for slot in self._busy[id]:
            by_day[self._day[slot]].append(slot)
        return sum(max(its) - min(its) + 1 - len(its) for its in by_day.values())

    def _is_allowed(self, ids: set[str], moves: Mapping[Pair, Place]) -> bool:
        if any(self._used[place] > self._rooms[place] for place in moves.values()):
            return False
        return all(is_rested(self._instance, self._busy[id]) and self._can_walk(id) for id in ids)

    def _can_walk(self, id: str) -> bool:
        if len(self._zones) == 1 or self._instance.person[id].online:
            return True
        stops = [(slot, self._zone(id, slot)) for slot in sorted(self._busy[id])]
        return can_walk(self._instance, stops, self._way)

    def _zone(self, id: str, slot: int) -> int:
        pair = self._busy[id][slot]
        return self._standing[id][slot] if pair is None else self.places[pair][1]

    def _way(self, zone: int, other: int) -> int:
        if zone == other:
            return 0
        return self._instance.way(self._zones[zone][0], self._zones[other][0])
