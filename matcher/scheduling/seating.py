"""Owns the third step: in which room each meeting is, with hosts staying where they sit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from matcher.scheduling.instance import Instance, Meeting, Pair
from matcher.scheduling.timing import Place
from matcher.scheduling.zones import Zones


class Seating:
    """Gives rooms out, zone by zone: those who have the most meetings first, at one table.

    A host gets the fullest room that is free in all its slots; where there is none, the room that
    is free in the most of them, and so on for the rest. A zone has a room for every meeting of a
    slot, so that always some room is left.

    Args:
        instance: what is to be solved.
        zones: its zones.
        standing: meetings that keep their rooms.
    """

    def __init__(self, instance: Instance, zones: Zones, standing: Sequence[Meeting]) -> None:
        self._zones, self._standing = zones, standing
        self._place = instance.place
        self._free: dict[str, set[int]] = {
            room.id: set(range(len(instance.slots))) - room.closed for room in instance.rooms
        }
        self._homes: dict[str, list[str]] = defaultdict(list)
        for one in standing:
            self._free[one.room].discard(one.slot)
            self._homes[one.b].append(one.room)

    def seat(self, placed: Mapping[Pair, Place]) -> list[Meeting]:
        """Give every placed pair its room; the standing meetings come first."""
        by_host: dict[tuple[int, str], dict[int, str]] = defaultdict(dict)
        for (a, b), (slot, zone) in sorted(placed.items()):
            by_host[zone, b][slot] = a
        seated = list(self._standing)
        for (zone, b), guests in sorted(by_host.items(), key=lambda one: (-len(one[1]), one[0])):
            seated += self._sit(self._zones[zone], b, guests)
        return seated

    def _sit(self, rooms: Sequence[str], b: str, guests: Mapping[int, str]) -> list[Meeting]:
        left, seated = dict(guests), []
        while left:
            room = max(rooms, key=lambda one: self._worth(one, b, left))
            here = sorted(self._free[room] & left.keys())
            if not here:
                raise ValueError(f"a zone has fewer rooms than meetings at {sorted(left)}")
            for slot in here:
                seated.append(Meeting(left.pop(slot), b, slot, room))
                self._free[room].discard(slot)
                self._homes[b].append(room)
        return seated

    def _worth(self, room: str, b: str, left: Mapping[int, str]) -> tuple[int, bool, int, int]:
        """Say how good a room is.

        That is by the slots that it has for these, whether the host sits there already, and how
        little of it is left for others; of those as good, the first.
        """
        held = len(self._free[room] & left.keys())
        return held, room in self._homes[b], -len(self._free[room]), -self._place[room]
