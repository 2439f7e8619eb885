"""Owns what is to be scheduled: who comes, when and where meetings can be, who wishes for whom."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matcher.assignment import NOT_ELIGIBLE, canonical

End = Literal["a", "b"]
"""The two sides of an event: who asks (guests, startups) and who sits (hosts, partners)."""

MOST_WISH = 3
BREAK = 10
"""Meetings with less than so many minutes between them are in a row."""

Pair = tuple[str, str]
Fits = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Person:
    """One who meets others, or a delegation that stays together.

    Attributes:
        id: its own among all persons.
        side: the side that it is on; it meets persons of the other side alone.
        least: the fewest meetings that it must have.
        most: the most; None where nothing bounds it.
        away: the slots in which it cannot meet.
        online: whether it takes part from afar, so that no way lies between two rooms.
    """

    id: str
    side: End
    least: int = 0
    most: int | None = None
    away: frozenset[int] = frozenset()
    online: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which meetings can be: minutes since 1970 (UTC), and how many minutes it lasts."""

    start: int
    minutes: int

    @property
    def end(self) -> int:
        """The minute at which it is over."""
        return self.start + self.minutes


@dataclass(frozen=True, slots=True)
class Room:
    """A room or table, where one meeting can be at a time; `closed`: the slots without it."""

    id: str
    closed: frozenset[int] = frozenset()


class Meeting(NamedTuple):
    """Two persons who meet, at which slot, in which room."""

    a: str
    b: str
    slot: int
    room: str


@dataclass(frozen=True, eq=False)
class Instance:
    """What is to be solved.

    Attributes:
        people: all persons, by ascending id.
        slots: the slots, in time; no two overlap.
        rooms: the rooms and tables, by ascending id.
        fits: shape (n, m) for the n persons of side a and the m of side b, each by ascending id;
            in 1/1024 point and 0 or more; -1 where rules forbid the pair. Read-only.
        travel: shape (r, r), minutes from room to room. Read-only.
        wishes: (who wishes, for whom) → 1 to 3; whoever is not named is not wished for.
        forced: (a, b) that must meet.
        forbidden: (a, b) that must not.
        fixed: meetings that stand as they are.
        in_a_row: the most meetings that one has without a break; None: as many as there are.
        fill: whether those may meet, too, of whom neither wishes for the other.
    """

    people: tuple[Person, ...]
    slots: tuple[Slot, ...]
    rooms: tuple[Room, ...]
    fits: Fits
    travel: Fits
    wishes: Mapping[Pair, int] = field(default_factory=dict)
    forced: frozenset[Pair] = frozenset()
    forbidden: frozenset[Pair] = frozenset()
    fixed: tuple[Meeting, ...] = ()
    in_a_row: int | None = None
    fill: bool = True

    def __post_init__(self) -> None:
        for what, ids in (("people", list(self.person)), ("rooms", list(self.place))):
            if ids != sorted(ids) or len(ids) != len(getattr(self, what)):
                raise ValueError(f"{what} are not in ascending order of distinct ids")
        if any(one.end > two.start for one, two in zip(self.slots, self.slots[1:], strict=False)):
            raise ValueError("slots overlap, or are not in the order of time")
        shapes = (len(self.a), len(self.b)), (len(self.rooms), len(self.rooms))
        for table, shape in zip((self.fits, self.travel), shapes, strict=True):
            if table.shape != shape or table.dtype != np.int64:
                raise ValueError(f"a table has shape {table.shape}, and not {shape} of int64")
            table.setflags(write=False)
        self._refuse_strangers()

    def _refuse_strangers(self) -> None:
        pairs = {*self.forced, *self.forbidden, *((one.a, one.b) for one in self.fixed)}
        for a, b in pairs:
            if a not in self.row or b not in self.column:
                raise ValueError(f"{(a, b)} is no pair of the two sides")
        for (one, other), wish in self.wishes.items():
            sides = {self.person[one].side, self.person[other].side}
            if len(sides) == 1 or not 1 <= wish <= MOST_WISH:
                raise ValueError(f"{one} wishes for {other}: {wish}")

    @cached_property
    def person(self) -> Mapping[str, Person]:
        """The persons by id."""
        return {one.id: one for one in self.people}

    @cached_property
    def place(self) -> Mapping[str, int]:
        """The numbers of the rooms by id."""
        return {one.id: number for number, one in enumerate(self.rooms)}

    @cached_property
    def a(self) -> tuple[str, ...]:
        """The ids of the n rows."""
        return tuple(one.id for one in self.people if one.side == "a")

    @cached_property
    def b(self) -> tuple[str, ...]:
        """The ids of the m columns."""
        return tuple(one.id for one in self.people if one.side == "b")

    @cached_property
    def row(self) -> Mapping[str, int]:
        """The rows by id."""
        return {id: number for number, id in enumerate(self.a)}

    @cached_property
    def column(self) -> Mapping[str, int]:
        """The columns by id."""
        return {id: number for number, id in enumerate(self.b)}

    def fit(self, a: str, b: str) -> int:
        """Give the fit of a pair in 1/1024 point, -1 where rules forbid it."""
        return int(self.fits[self.row[a], self.column[b]])

    def wish(self, one: str, other: str) -> int:
        """Give how much one wishes for the other, 0 to 3."""
        return self.wishes.get((one, other), 0)

    def is_mutual(self, a: str, b: str) -> bool:
        """Tell whether both wish for each other."""
        return (a, b) in self.wishes and (b, a) in self.wishes

    def common(self, a: str, b: str) -> list[int]:
        """Give the slots in which neither is away."""
        away = self.person[a].away | self.person[b].away
        return [slot for slot in range(len(self.slots)) if slot not in away]

    def open_rooms(self, slot: int) -> list[str]:
        """Name the rooms that are there in a slot."""
        return [one.id for one in self.rooms if slot not in one.closed]

    def gap(self, before: int, after: int) -> int:
        """Give the minutes between the end of a slot and the start of a later one."""
        return self.slots[after].start - self.slots[before].end

    def way(self, one: str, other: str) -> int:
        """Give the minutes from a room to another."""
        return int(self.travel[self.place[one], self.place[other]])

    def as_json(self) -> dict[str, Any]:
        """Give all of it as plain values, the same for the same instance."""
        return {
            "people": [
                {"id": one.id, "side": one.side, "least": one.least, "most": one.most,
                 "away": sorted(one.away), "online": one.online}
                for one in self.people
            ],
            "slots": [[one.start, one.minutes] for one in self.slots],
            "rooms": [{"id": one.id, "closed": sorted(one.closed)} for one in self.rooms],
            "fits": self.fits.tolist(),
            "travel": self.travel.tolist(),
            "wishes": [[*pair, wish] for pair, wish in sorted(self.wishes.items())],
            "forced": sorted(map(list, self.forced)),
            "forbidden": sorted(map(list, self.forbidden)),
            "fixed": sorted(map(list, self.fixed)),
            "in_a_row": self.in_a_row,
            "fill": self.fill,
        }  # fmt: skip

    @property
    def digest(self) -> str:
        """The SHA-256 of `as_json` in its one form, in hexadecimal digits."""
        return hashlib.sha256(canonical(self.as_json())).hexdigest()

    def but(self, **changed: Any) -> Instance:
        """Give the instance with some attributes changed."""
        return replace(self, **changed)


def runs(instance: Instance) -> list[range]:
    """Give the longest stretches of slots with less than a break between one and the next."""
    found, begun = [], 0
    for slot in range(1, len(instance.slots) + 1):
        if slot == len(instance.slots) or instance.gap(slot - 1, slot) >= BREAK:
            found.append(range(begun, slot))
            begun = slot
    return found


def days(instance: Instance) -> list[range]:
    """Give the slots of each day: a pause of four hours or more parts two days."""
    found, begun = [], 0
    for slot in range(1, len(instance.slots) + 1):
        if slot == len(instance.slots) or instance.gap(slot - 1, slot) >= NIGHT:
            found.append(range(begun, slot))
            begun = slot
    return found


NIGHT = 240
"""The minutes without a slot from which on a new day begins."""

__all__ = [
    "BREAK", "MOST_WISH", "NIGHT", "NOT_ELIGIBLE", "End", "Fits", "Instance", "Meeting", "Pair",
    "Person", "Room", "Slot", "days", "runs",
]  # fmt: skip
