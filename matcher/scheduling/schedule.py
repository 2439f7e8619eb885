"""Owns the answer: who meets when and where, how good that is, and how good it could be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from matcher.assignment import Status
from matcher.levels import gap_of, levels_from_json, levels_json
from matcher.scheduling.instance import Meeting


class Aim(StrEnum):
    """What is sought, in this order; each level holds what those before it have reached.

    Of a new schedule. `mutual`: meetings of two who wish for each other (the most). `worst`: how
    many of the wished-for each person meets at least, or all of them where it has fewer (the
    most). `wishes`: the sum of `weight` over the meetings (the most). `holes`: slots that persons
    wait between two meetings of a day (the fewest). `tables`: rooms beyond the first that persons
    of side b sit in (the fewest).

    Of a change. `cancelled`: meetings that are given up (the fewest). `moved`: those at another
    time (the fewest). `rooms`: those in another room at the same time (the fewest).
    """

    MUTUAL = "mutual"
    WORST = "worst"
    WISHES = "wishes"
    HOLES = "holes"
    TABLES = "tables"
    CANCELLED = "cancelled"
    MOVED = "moved"
    ROOMS = "rooms"

    @property
    def is_most(self) -> bool:
        """Whether more of it is better."""
        return self in (Aim.MUTUAL, Aim.WORST, Aim.WISHES)


@dataclass(frozen=True, slots=True)
class Level:
    """What was reached of one aim, and the bound that nothing can pass."""

    aim: Aim
    value: int
    bound: int

    @property
    def is_best(self) -> bool:
        """Whether nothing is better."""
        return self.value == self.bound

    @property
    def gap(self) -> float:
        """How far the value may be from the best, as a share of the larger of both, 0 to 1."""
        return gap_of(self)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule.

    Attributes:
        status: how the search ended; `optimal` where every level is proven.
        meetings: by slot, then by room.
        levels: what was reached, by aim in their order; empty where nothing was found.
        seconds: how long it took; never part of what is compared.
    """

    status: Status
    meetings: tuple[Meeting, ...] = ()
    levels: tuple[Level, ...] = ()
    seconds: float = 0.0

    def level(self, aim: Aim) -> Level:
        """Give the level of an aim."""
        return next(one for one in self.levels if one.aim is aim)

    def as_json(self) -> dict[str, Any]:
        """Give it as plain values, without the time that it took."""
        return {
            "status": self.status.value,
            "meetings": [list(one) for one in self.meetings],
            "levels": levels_json(self.levels),
        }


def schedule_from_json(held: Mapping[str, Any]) -> Schedule:
    """Read what `Schedule.as_json` gave."""
    return Schedule(
        Status(held["status"]),
        tuple(Meeting(*one) for one in held["meetings"]),
        levels_of(held["levels"]),
    )


def levels_of(held: Iterable[Mapping[str, Any]]) -> tuple[Level, ...]:
    """Read the levels that `Schedule.as_json` gave."""
    return levels_from_json(held, Level, Aim)


def in_order(meetings: list[Meeting]) -> tuple[Meeting, ...]:
    """Give meetings by slot, then by room and persons."""
    return tuple(sorted(meetings, key=lambda one: (one.slot, one.room, one.a, one.b)))


def status_of(levels: tuple[Level, ...]) -> Status:
    """Tell how a search ended that has found something."""
    return Status.OPTIMAL if all(one.is_best for one in levels) else Status.FEASIBLE
