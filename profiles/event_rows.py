"""Owns the rows of events: what an event and a participant are, read, written and forgotten."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import Connection, delete, or_, select, update

from profiles import rows
from profiles import tables as t
from profiles.errors import CodedError, FieldError, UnknownId
from profiles.event_plan import EventPlan
from profiles.merges import merged_ids

Side = Literal["a", "b"]


class EventState(StrEnum):
    """How far an event is: proposed by Dari, confirmed by staff, or called off."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class EventError(CodedError):
    """What is wrong with an event or with what is to be done to it, in Korean and English."""


class EventChanged(EventError):
    """Somebody else has changed an event since it was read."""

    def __init__(self, id: int) -> None:
        super().__init__("event", "event_changed", id)


class UnknownEvent(UnknownId):
    """A number that no event has."""

    def __init__(self, id: object) -> None:
        self._said = FieldError("event", "event_unknown", id)
        rule, remedy = self.told("en")
        super().__init__(value=id, rule=rule, remedy=remedy)

    def told(self, lang: str) -> tuple[str, str]:
        """Give the rule and the remedy in `lang` ('en' or 'ko')."""
        return self._said.rule(lang), self._said.remedy(lang)


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it stands: its number, its programme, its plan; `revision` counts changes.

    `off_at` is when it was called off; None while it is not.
    """

    id: int
    programme: str | None
    plan: EventPlan
    state: EventState
    revision: int
    made_at: datetime
    made_by: str
    off_at: datetime | None = None

    @property
    def starts(self) -> date:
        """Its first day."""
        return self.plan.days[0]


@dataclass(frozen=True, slots=True)
class Participant:
    """One who takes part, or a delegation that stays together.

    Attributes:
        id: its number.
        event: the event's.
        side: 'a' for guests, 'b' for hosts.
        profile: whom it speaks for, as it is now; None for one without a profile.
        organisation: the name of one without a profile.
        called: the name that the person is called by, kept only where it was given with consent.
        consent_at: when that consent was given.
        zone: the time zone of one who takes part from afar.
        online: whether it takes part from afar.
        least: the fewest meetings it is to have.
        most: the most.
        away: the slots in which it cannot meet, as '2027-05-19T10:00'.
        wishes: participant → 1 to 3.
        link: the number of its newest link, 0 where none was made.
    """

    id: int
    event: int
    side: Side
    profile: str | None
    organisation: str
    called: str
    consent_at: datetime | None
    zone: str | None
    online: bool
    least: int
    most: int | None
    away: frozenset[str] = frozenset()
    wishes: Mapping[int, int] = field(default_factory=dict)
    link: int = 0


def people_naming(connection: Connection, ids: Collection[str]) -> list[Participant]:
    """Read the participants that speak for profiles, oldest first."""
    found = rows.by_ids(connection, t.event_people, t.event_people.c.profile, ids)
    return read_people(connection, sorted(found, key=lambda row: row.id))


def forget_people(connection: Connection, profiles: Collection[str]) -> None:
    """Delete the participants of erased profiles and the wishes for them; end their meetings."""
    p = t.event_people.c
    gone = [row.id for row in rows.by_ids(connection, t.event_people, p.profile, profiles)]
    forget_some(connection, gone)


def forget_some(connection: Connection, gone: Collection[int]) -> None:
    """Delete participants, the wishes for them, and what was decided on them; end their meetings.

    A meeting that was not held stays as one that is cancelled, for the calendar of the other side
    to hear of it; in the place of who is gone it has a number below 0, which nobody has.
    """
    p = t.event_people.c
    for id in sorted(gone):
        _end_meetings(connection, id)
    its = select(p.event).where(p.id.in_(gone)).distinct()
    for event in sorted(connection.execute(its).scalars()):
        for one in people_rows(connection, event):
            left = {str(other): w for other, w in one.wishes.items() if other not in gone}
            if len(left) < len(one.wishes):
                write_person(connection, one.id, wishes=json.dumps(left))
        _drop_pairs(connection, event, gone)
    rows.delete_by(connection, t.event_people, p.id, gone)


def count_planned(connection: Connection, event: int) -> None:
    """Count a change of all planned meetings of an event, for calendars."""
    m = t.event_meetings.c
    its = update(t.event_meetings).where(m.event == event, m.state == "planned")
    connection.execute(its.values(sequence=m.sequence + 1, changed_at=rows.now()))


def _end_meetings(connection: Connection, gone: int) -> None:
    m = t.event_meetings
    its = select(m).where(or_(m.c.a == gone, m.c.b == gone))
    for row in connection.execute(its).all():
        own, other = (m.c.a, row.b) if row.a == gone else (m.c.b, row.a)
        one = m.c.id == row.id
        if row.state == "held" or other < 0:
            connection.execute(delete(m).where(one))
            continue
        left = update(m).where(one).values({own.name: -row.id, "state": "cancelled"})
        if row.state != "cancelled":
            left = left.values(sequence=row.sequence + 1, changed_at=rows.now())
        connection.execute(left)


def _drop_pairs(connection: Connection, event: int, gone: Collection[int]) -> None:
    held = event_row(connection, event)
    left = tuple(one for one in held.plan.chosen if not {one.a, one.b} & {*gone})
    if len(left) < len(held.plan.chosen):
        write_event(connection, held, plan=held.plan.model_copy(update={"chosen": left}))


def write_event(
    connection: Connection, held: Event, *, plan: EventPlan | None = None, **values: Any
) -> None:
    """Change the plan or columns of an event, and count the change."""
    told = kept_plan(plan) if plan else {}
    its = update(t.events).where(t.events.c.id == held.id)
    connection.execute(its.values(revision=held.revision + 1, **values, **told))


def kept_plan(plan: EventPlan) -> dict[str, Any]:
    """Give the columns of a plan."""
    return {"payload": plan.model_dump_json(exclude_defaults=True), "starts": plan.days[0]}


def event_row(connection: Connection, id: int) -> Event:
    """Read an event.

    Raises:
        UnknownEvent: if there is none of this number.
    """
    row = None
    if 0 < id < 1 << 63:
        row = connection.execute(select(t.events).where(t.events.c.id == id)).one_or_none()
    if row is None:
        raise UnknownEvent(id)
    return read_event(row)


def read_event(row: Any) -> Event:
    """Read a row of the events."""
    plan = EventPlan.model_validate_json(row.payload)
    state = EventState(row.state)
    made = (row.made_at, row.made_by)
    return Event(row.id, row.programme, plan, state, row.revision, *made, row.off_at)


def people_rows(connection: Connection, event: int) -> list[Participant]:
    """Read who takes part, side a first."""
    p = t.event_people
    its = select(p).where(p.c.event == event).order_by(p.c.side, p.c.id)
    return read_people(connection, connection.execute(its))


def person_row(connection: Connection, event: int, id: int) -> Participant:
    """Read a participant.

    Raises:
        EventError: if there is no such participant.
    """
    p = t.event_people
    its = select(p).where(p.c.event == event, p.c.id == id)
    found = read_people(connection, connection.execute(its) if 0 < id < 1 << 63 else ())
    if not found:
        raise EventError("people", "event_nobody", id)
    return found[0]


def read_people(connection: Connection, found: Any) -> list[Participant]:
    """Read rows of participants; a merged profile is the one that it is now."""
    held = list(found)
    into = merged_ids(connection, [row.profile for row in held if row.profile])
    return [
        Participant(**{
            **row._mapping,
            "profile": into.get(row.profile, row.profile),
            "away": frozenset(json.loads(row.away)),
            "wishes": {int(other): wish for other, wish in json.loads(row.wishes).items()},
        })
        for row in held
    ]  # fmt: skip


def write_person(connection: Connection, id: int, **values: Any) -> None:
    """Change columns of a participant."""
    its = update(t.event_people).where(t.event_people.c.id == id)
    connection.execute(its.values(**values))
