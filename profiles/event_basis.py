"""Owns what a schedule is searched from, by which it is told whether that has changed since."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, select

from profiles import tables as t
from profiles.database import reading
from profiles.event_rows import EventError, Participant, event_row, people_rows
from profiles.store import Store


@dataclass(frozen=True, slots=True)
class Basis:
    """What a schedule is searched from.

    Attributes:
        revision: of the event: its plan and state.
        people: a digest of who takes part, how, when, and with which wishes; "" where a change of
            them stands beside the schedule, as on the day.
        held: a digest of the meetings that took place.
    """

    revision: int
    people: str
    held: str


def basis_of(store: Store, event: int) -> Basis:
    """Read what a schedule of an event is searched from, at one moment.

    Raises:
        UnknownEvent: if there is none.
    """
    with reading(store.engine, repeatable=True) as connection:
        return _basis(connection, event)


def refuse_changed(connection: Connection, event: int, since: Basis) -> None:
    """Refuse a schedule whose basis has changed while it was searched.

    Raises:
        EventError: if so; it says what has changed.
    """
    now = _basis(connection, event)
    if now.revision != since.revision:
        raise EventError("schedule", "event_plan_meanwhile", event)
    if since.people and now.people != since.people:
        raise EventError("schedule", "event_people_meanwhile", event)
    if now.held != since.held:
        raise EventError("schedule", "event_held_meanwhile", event)


def _basis(connection: Connection, event: int) -> Basis:
    m = t.event_meetings.c
    its = select(m.a, m.b, m.slot, m.room).where(m.event == event, m.state == "held")
    held = sorted(tuple(row) for row in connection.execute(its))
    people = [_told(one) for one in people_rows(connection, event)]
    return Basis(event_row(connection, event).revision, _digest(people), _digest(held))


def _told(one: Participant) -> list[object]:
    """Give what of a participant a schedule depends on: neither its name nor its link."""
    how = [one.id, one.side, one.profile, one.online, one.zone, one.least, one.most]
    return [*how, sorted(one.away), sorted(one.wishes.items())]


def _digest(told: object) -> str:
    return sha256(repr(told).encode()).hexdigest()
