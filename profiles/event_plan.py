"""Owns the plan of an event: where and when it is, its slots and rooms, and its rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from profiles.fields import Day, LongText, Name, Plain, RegionCode, Whole, read_list
from profiles.record import Record

MOST_DAYS = 5
MOST_SLOTS = 120
MOST_ROOMS = 200
AWAKE = (time(8), time(22))
"""Between which hours of their own clock those who take part from afar can meet."""

_OF_DAY = r"^([01]\d|2[0-3]):[0-5]\d$"


def _read_clock(value: Any) -> Any:
    if not (isinstance(value, str) and re.fullmatch(_OF_DAY, value, re.ASCII)):
        raise PydanticCustomError("event_clock", "no time of day")
    return value


_Clock = Annotated[str, BeforeValidator(_read_clock), StringConstraints(pattern=_OF_DAY)]
"""A time of day; the pattern is there for the JSON schema."""


def _read_zone(value: Any) -> Any:
    from profiles.case_meetings import zones  # which needs the store, as the store needs this

    if value not in zones():
        raise PydanticCustomError("event_zone", "no zone")
    return value


def _in_order(days: tuple[date, ...]) -> tuple[date, ...]:
    return tuple(sorted(set(days)))


Zone = Annotated[str, BeforeValidator(_read_zone)]
Days = Annotated[
    tuple[Day, ...],
    BeforeValidator(read_list),
    Field(min_length=1, max_length=MOST_DAYS),
    AfterValidator(_in_order),
]


class Break(Record):
    """A time without meetings, as '12:00' to '13:00'."""

    begins: _Clock
    ends: _Clock


def _read_break(value: Any) -> Any:
    """Read a break that is written in one text, as '12:00-13:00'."""
    if not isinstance(value, str):
        return value
    begins, dash, ends = value.partition("-")
    if not dash:
        raise PydanticCustomError("event_break", "no begin and end")
    return {"begins": begins.strip(), "ends": ends.strip()}


class Table(Record):
    """A room or table, and the hall that it is in; rooms without one are in one hall."""

    name: Annotated[Plain, StringConstraints(max_length=80)]
    hall: Annotated[Plain, StringConstraints(max_length=80)] = ""
    closed: tuple[str, ...] = ()


class Chosen(Record):
    """A pair that staff have decided on: it must meet, or must not."""

    a: int
    b: int
    rule: Literal["forced", "forbidden"]


class EventPlan(Record):
    """Where and when an event is, and by which rules its meetings are made.

    Attributes:
        name: what it is called.
        country: where it is held.
        place: the venue.
        zone: the time zone there (IANA).
        days: its days, at most five.
        opens: when the first meeting of a day begins.
        closes: when the last one is over.
        minutes: how long a meeting lasts.
        gap: the minutes between two.
        breaks: times without meetings.
        rooms: the rooms and tables.
        walk: the minutes from one hall to another.
        in_a_row: the most meetings of one without a break.
        fill: whether those meet, too, of whom neither has asked for the other.
        side_a: what the side of the guests is called.
        side_b: what the side of the hosts is called.
        note: what all who come are told.
        chosen: pairs that must meet, or must not.
    """

    name: Name
    country: RegionCode | None = None
    place: Annotated[Plain, StringConstraints(max_length=300)] = ""
    zone: Zone = "Asia/Seoul"
    days: Days
    opens: _Clock = "10:00"
    closes: _Clock = "17:00"
    minutes: Annotated[Whole, Field(ge=5, le=240)] = 25
    gap: Annotated[Whole, Field(ge=0, le=120)] = 5
    breaks: Annotated[
        tuple[Annotated[Break, BeforeValidator(_read_break)], ...], Field(max_length=10)
    ] = ()
    rooms: Annotated[tuple[Table, ...], Field(max_length=MOST_ROOMS)] = ()
    walk: Annotated[Whole, Field(ge=0, le=240)] = 0
    in_a_row: Annotated[Whole, Field(ge=1, le=50)] | None = None
    fill: bool = True
    side_a: Name | None = None
    side_b: Name | None = None
    note: LongText | None = None
    chosen: tuple[Chosen, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.opens >= self.closes:
            raise PydanticCustomError("event_hours", "hours", {"field": "closes"})
        if len({one.name for one in self.rooms}) < len(self.rooms):
            raise PydanticCustomError("event_rooms", "two rooms of one name", {"field": "rooms"})
        if not 1 <= len(self.starts) * len(self.days) <= MOST_SLOTS:
            raise PydanticCustomError(
                "event_slots", "number of slots", {"field": "days", "limit": MOST_SLOTS}
            )
        return self

    @property
    def starts(self) -> tuple[str, ...]:
        """When meetings begin on each day, as '10:00'."""
        return tuple(f"{at:%H:%M}" for at in self._clocks())

    def _clocks(self) -> Iterator[datetime]:
        at, ends = _on(self.opens), _on(self.closes)
        lasts = timedelta(minutes=self.minutes)
        pauses = sorted((_on(one.begins), _on(one.ends)) for one in self.breaks)
        while at + lasts <= ends:
            pause = next((end for begin, end in pauses if at < end and begin < at + lasts), None)
            if pause is None:
                yield at
            at = pause or at + lasts + timedelta(minutes=self.gap)

    @property
    def slots(self) -> tuple[str, ...]:
        """All slots by the clock there, as '2027-05-19T10:00', in time."""
        return tuple(f"{day.isoformat()}T{start}" for day in self.days for start in self.starts)

    def moment(self, slot: str) -> datetime:
        """Give the moment (UTC) at which a slot begins."""
        return datetime.fromisoformat(slot).replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def asleep(self, zone: str) -> frozenset[str]:
        """Name the slots that are at night by the clock of another zone."""
        lasts = timedelta(minutes=self.minutes)
        found = set()
        for slot in self.slots:
            begins = self.moment(slot).astimezone(ZoneInfo(zone))
            ends = begins + lasts
            same_day = begins.date() == ends.date()
            if not (same_day and AWAKE[0] <= begins.time() and ends.time() <= AWAKE[1]):
                found.add(slot)
        return frozenset(found)

    def room(self, name: str) -> Table | None:
        """Give a room by its name."""
        return next((one for one in self.rooms if one.name == name), None)


def _on(clock: str) -> datetime:
    return datetime.combine(date(2000, 1, 1), time.fromisoformat(clock))
