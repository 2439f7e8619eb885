"""Owns the proof of the rooms: at these times, hosts cannot sit in fewer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matcher.scheduling.instance import Instance, Meeting
from matcher.scheduling.measuring import tables_of
from matcher.scheduling.pairing import total
from matcher.scheduling.search import Budget, Ran, improve
from matcher.scheduling.zones import Zones

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import IntVar

MOST_CHOICES = 10_000
"""The most (meeting, room) for which the fewest rooms are sought to the end."""


def fewest_rooms(
    instance: Instance, zones: Zones, seated: Sequence[Meeting], budget: Budget, seconds: float
) -> tuple[list[Meeting], int]:
    """Seat hosts in as few rooms as can be, without another time or zone of any meeting.

    Args:
        instance: what is to be solved; what is fixed keeps its room.
        zones: its zones.
        seated: the meetings as they sit now.
        budget: what is left.
        seconds: the work for it.

    Returns:
        the meetings, and what the rooms beyond the first of each host cannot fall below.
    """
    if not tables_of(seated):
        return list(seated), 0
    choices = _Choices(instance, zones, seated)
    if len(choices.sits) > MOST_CHOICES:
        return list(seated), 0
    hosts = len({one.b for one in seated})
    best = improve(
        budget, choices.model, [*choices.sits.values()], choices.rooms() - hosts, most=False,
        seconds=seconds, before=None,
    )  # fmt: skip
    if best is None:
        return list(seated), 0
    better = best.value < tables_of(seated)
    return choices.read(best.ran) if better else list(seated), max(best.bound, 0)


class _Choices:
    """A model of which room each meeting is in.

    Attributes:
        model: the model.
        sits: by (meeting, room) whether it is there.
    """

    def __init__(self, instance: Instance, zones: Zones, seated: Sequence[Meeting]) -> None:
        from ortools.sat.python import cp_model

        self.model = cp_model.CpModel()
        self._seated = sorted(seated)
        zone_of = {room: zone for zone in zones for room in zone}
        fixed = set(instance.fixed)
        self.sits: dict[tuple[int, str], IntVar] = {}
        self._homes: dict[tuple[str, str], IntVar] = {}
        by_place: dict[tuple[int, str], list[IntVar]] = defaultdict(list)
        for number, one in enumerate(self._seated):
            rooms = (one.room,) if one in fixed else zone_of[one.room]
            for room in self._open(instance, one, rooms):
                by_place[one.slot, room].append(self._sit(number, one, room))
            its = [self.sits[number, room] for room in rooms if (number, room) in self.sits]
            self.model.add_exactly_one(its)
        for its in by_place.values():
            self.model.add_at_most_one(its)

    def _open(self, instance: Instance, one: Meeting, rooms: Collection[str]) -> list[str]:
        """Give the rooms that are there; where a meeting sits already is one of them."""
        there = {*instance.open_rooms(one.slot), one.room}
        return [room for room in rooms if room in there]

    def _sit(self, number: int, one: Meeting, room: str) -> IntVar:
        sits = self.sits[number, room] = self.model.new_bool_var("")
        if (one.b, room) not in self._homes:
            self._homes[one.b, room] = self.model.new_bool_var("")
        self.model.add_implication(sits, self._homes[one.b, room])
        self.model.add_hint(sits, room == one.room)
        return sits

    def rooms(self) -> Any:
        """Express in how many rooms hosts sit."""
        return total([*self._homes.values()])

    def read(self, ran: Ran) -> list[Meeting]:
        """Read where each meeting is."""
        found: Mapping[int, str] = {
            number: room for (number, room), sits in self.sits.items() if ran.value(sits)
        }
        return [one._replace(room=found[number]) for number, one in enumerate(self._seated)]
