"""Owns the meetings of an event as calendars count them, and the revisions of its schedule."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, func, insert, or_, select, update

from profiles import rows
from profiles import tables as t
from profiles.database import reading, writing
from profiles.event_basis import Basis, refuse_changed
from profiles.event_plan import EventPlan
from profiles.event_rows import (
    EventChanged,
    EventError,
    event_row,
    people_rows,
    person_row,
    write_event,
    write_person,
)
from profiles.store import SYSTEM, Store


class MeetingState(StrEnum):
    """What became of a meeting."""

    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"


class Booked(NamedTuple):
    """Two participants by number, the slot ('2027-05-19T10:00') and the room that they meet in."""

    a: int
    b: int
    slot: str
    room: str


@dataclass(frozen=True, slots=True)
class EventMeeting:
    """A meeting of an event; `uid` and `sequence` are those of the calendar (RFC 5545).

    `a` or `b` is below 0 in a cancelled one of whose two one takes no part any more.
    """

    id: int
    event: int
    a: int
    b: int
    slot: str
    room: str
    state: MeetingState
    uid: str
    sequence: int
    changed_at: datetime

    @property
    def booked(self) -> Booked:
        """What a schedule says of it."""
        return Booked(self.a, self.b, self.slot, self.room)

    @property
    def is_on(self) -> bool:
        """Whether it is not cancelled."""
        return self.state is not MeetingState.CANCELLED

    def other(self, person: int) -> int:
        """Give whom one of its two meets."""
        return self.b if person == self.a else self.a


@dataclass(frozen=True, slots=True)
class ScheduleRevision:
    """A schedule as it was made: by whom, when, with its levels, its meetings and what it changed.

    `record` names participants by number only.
    """

    id: int
    event: int
    number: int
    at: datetime
    by: str
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Day:
    """What a change on the day does beside its meetings.

    Attributes:
        revision: that of the event which the schedule was fitted to.
        plan: what the event's plan is now; None where it stays.
        away: participant → the slots that it is away in, beside those known.
        back: participant → the slots that it is not away in any more.
    """

    revision: int
    plan: EventPlan | None = None
    away: Mapping[int, Collection[str]] = field(default_factory=dict)
    back: Mapping[int, Collection[str]] = field(default_factory=dict)


def keep_schedule(
    store: Store,
    event: int,
    booked: Collection[Booked],
    record: Mapping[str, Any],
    *,
    base: int | None = None,
    since: Basis | None = None,
    day: Day | None = None,
    by: str = SYSTEM,
) -> ScheduleRevision:
    """Keep a schedule as the newest: what is new, moved or cancelled is so for calendars, too.

    Args:
        store: where the event is.
        event: its number.
        booked: the meetings that are to be; a pair meets once.
        record: what is told of the schedule, as JSON can say it.
        base: the number of the schedule that it was made from; 0 where there was none.
        since: what it was searched from, which must still be so.
        day: the change on the day that it was fitted to, kept with it or not at all.
        by: who made it.

    Raises:
        EventError: if another schedule has come since `base`, what it was searched from has
            changed since, another plan has come since that of `day`, or one who meets is gone.
    """
    with writing(store.engine) as connection:
        known = {one.id for one in people_rows(connection, event)}
        if any({one.a, one.b} - known for one in booked):
            raise EventError("people", "event_person_gone", event)
        number = _newest(connection, event)
        if base is not None and base != number:
            raise EventError("schedule", "event_schedule_changed", event)
        if since is not None:
            refuse_changed(connection, event, since)
        if day is not None:
            _keep_day(connection, event, day)
        _book(connection, event, booked)
        s = t.event_schedules
        said = json.dumps(dict(record), ensure_ascii=False)
        values = {"event": event, "number": number + 1, "at": rows.now(), "by": by, "record": said}
        connection.execute(insert(s).values(**values))
        its = select(s).where(s.c.event == event, s.c.number == number + 1)
        return _read_schedule(connection.execute(its).one())


def mark_held(store: Store, event: int, id: int, *, held: bool = True) -> None:
    """Note that a meeting took place, or take that back.

    Raises:
        EventError: if there is no such meeting, or it is cancelled.
    """
    state = MeetingState.HELD if held else MeetingState.PLANNED
    m = t.event_meetings.c
    its = (m.event == event, m.id == id, m.state != MeetingState.CANCELLED.value)
    with writing(store.engine) as connection:
        done = connection.execute(update(t.event_meetings).where(*its).values(state=state.value))
        if not done.rowcount:
            raise EventError("meeting", "event_no_meeting", id)


def meetings_of(store: Store, event: int, *, cancelled: bool = False) -> list[EventMeeting]:
    """Read the meetings of an event by slot and room; those that are cancelled, too, if asked."""
    m = t.event_meetings
    its = select(m).where(m.c.event == event).order_by(m.c.slot, m.c.room, m.c.id)
    with reading(store.engine) as connection:
        found = [_read_meeting(row) for row in connection.execute(its)]
    return [one for one in found if cancelled or one.is_on]


def schedules_of(store: Store, event: int) -> list[ScheduleRevision]:
    """Read the schedules of an event, the newest first."""
    s = t.event_schedules
    its = select(s).where(s.c.event == event).order_by(s.c.number.desc())
    with reading(store.engine) as connection:
        return [_read_schedule(row) for row in connection.execute(its)]


def meetings_naming(connection: Connection, people: Collection[int]) -> list[EventMeeting]:
    """Read the meetings of participants, oldest first."""
    m = t.event_meetings
    its = select(m).where(or_(m.c.a.in_(people), m.c.b.in_(people))).order_by(m.c.id)
    return [_read_meeting(row) for row in connection.execute(its)]


def _keep_day(connection: Connection, event: int, day: Day) -> None:
    held = event_row(connection, event)
    if held.revision != day.revision:
        raise EventChanged(event)
    if day.plan is not None:
        write_event(connection, held, plan=day.plan)
    for id in {*day.away, *day.back} & {one.id for one in people_rows(connection, event)}:
        away = {*person_row(connection, event, id).away, *day.away.get(id, ())}
        write_person(connection, id, away=json.dumps(sorted(away - {*day.back.get(id, ())})))


def _book(connection: Connection, event: int, booked: Iterable[Booked]) -> None:
    m = t.event_meetings
    found = connection.execute(select(m).where(m.c.event == event))
    held = {(row.a, row.b): _read_meeting(row) for row in found}
    wanted = {(one.a, one.b): one for one in booked}
    for pair, one in wanted.items():
        if pair not in held:
            _add(connection, event, one)
        elif held[pair].booked != one or not held[pair].is_on:
            _change(connection, held[pair], slot=one.slot, room=one.room, state="planned")
    for pair, was in held.items():
        if pair not in wanted and was.is_on:
            _change(connection, was, state="cancelled")


def _add(connection: Connection, event: int, one: Booked) -> None:
    values = {"event": event, "state": "planned", "uid": f"{uuid4()}@dari", "sequence": 0}
    made = insert(t.event_meetings).values(**values, **one._asdict(), changed_at=rows.now())
    connection.execute(made)


def _change(connection: Connection, was: EventMeeting, **values: str) -> None:
    counted = {"sequence": was.sequence + 1, "changed_at": rows.now()}
    its = update(t.event_meetings).where(t.event_meetings.c.id == was.id)
    connection.execute(its.values(**values, **counted))


def _newest(connection: Connection, event: int) -> int:
    s = t.event_schedules.c
    found = connection.execute(select(func.max(s.number)).where(s.event == event)).scalar()
    return int(found or 0)


def _read_meeting(row: Any) -> EventMeeting:
    return EventMeeting(**{**row._mapping, "state": MeetingState(row.state)})


def _read_schedule(row: Any) -> ScheduleRevision:
    return ScheduleRevision(**{**row._mapping, "record": json.loads(row.record)})
