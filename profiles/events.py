"""Owns the work on events in the store: opening, proposing, changing and listing them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from profiles import rows
from profiles import tables as t
from profiles.database import reading, writing
from profiles.errors import FieldError, InvalidRecord
from profiles.event_plan import EventPlan
from profiles.event_rows import (
    Event,
    EventChanged,
    EventError,
    EventState,
    Participant,
    Side,
    UnknownEvent,
    count_planned,
    event_row,
    kept_plan,
    read_event,
    write_event,
)
from profiles.store import SYSTEM, Store
from profiles.validation import validate

__all__ = [
    "Event", "EventChanged", "EventError", "EventState", "Participant", "Side", "UnknownEvent",
    "change_event", "events", "fill_series", "get_event", "open_event",
]  # fmt: skip


def open_event(
    store: Store,
    plan: Mapping[str, Any] | EventPlan,
    *,
    programme: str | None = None,
    state: EventState = EventState.CONFIRMED,
    by: str = SYSTEM,
) -> Event:
    """Open an event.

    Raises:
        InvalidRecord: if its plan breaks a rule, or the programme is not held.
    """
    said = plan if isinstance(plan, EventPlan) else _read_plan(plan)
    with writing(store.engine) as connection:
        return _open(connection, said, programme, state, by)


def _read_plan(plan: Mapping[str, Any]) -> EventPlan:
    """Read a plan; a break that does not end after it begins is refused, for it would be none.

    The record itself takes one, so that a plan that was kept with such a break can be read.
    """
    said = validate(EventPlan, plan)
    odd = [f"{one.begins}-{one.ends}" for one in said.breaks if one.begins >= one.ends]
    if odd:
        raise InvalidRecord([FieldError("breaks", "event_break", one) for one in odd])
    return said


def fill_series(
    store: Store,
    programme: str,
    missing: Callable[[Sequence[Event]], Iterable[Mapping[str, Any]]],
    *,
    of: Collection[str],
    by: str = SYSTEM,
) -> list[Event]:
    """Keep what a series lacks as proposals; whoever asks at the same time finds them.

    Args:
        store: where the events are.
        programme: that of the new ones.
        missing: is given the events of the series that are not called off, and gives the plans
            of those that it lacks.
        of: the programmes whose events belong to the series.
        by: who proposes.

    Raises:
        InvalidRecord: if a plan breaks a rule, or the programme is not held.
    """
    with writing(store.engine) as connection:
        held = [one for one in _read(connection, of) if one.state is not EventState.CANCELLED]
        plans = [validate(EventPlan, plan) for plan in missing(held)]
        return [_open(connection, one, programme, EventState.PROPOSED, by) for one in plans]


def change_event(
    store: Store,
    id: int,
    *,
    plan: Mapping[str, Any] | EventPlan | None = None,
    state: EventState | None = None,
    base: int | None = None,
) -> Event:
    """Change the plan or the state of an event.

    Where it is called off, or is on again, the planned meetings count that as a change of theirs.
    When it was called off is kept for as long as it is.

    Raises:
        InvalidRecord: if the plan breaks a rule; EventChanged if it was changed since `base`.
        UnknownEvent: if there is none.
    """
    said = plan if plan is None or isinstance(plan, EventPlan) else _read_plan(plan)
    with writing(store.engine) as connection:
        held = event_row(connection, id)
        if base is not None and base != held.revision:
            raise EventChanged(id)
        to = state or held.state
        values: dict[str, Any] = {"state": to.value}
        if (is_off := to is EventState.CANCELLED) is not (held.state is EventState.CANCELLED):
            values["off_at"] = rows.now() if is_off else None
            count_planned(connection, id)
        write_event(connection, held, plan=said, **values)
        return event_row(connection, id)


def get_event(store: Store, id: int) -> Event:
    """Read an event.

    Raises:
        UnknownEvent: if there is none of this number.
    """
    with reading(store.engine) as connection:
        return event_row(connection, id)


def events(store: Store, programmes: str | Collection[str] | None = None) -> list[Event]:
    """Read the events, or those of a programme or some, the next first and the latest last."""
    some = (programmes,) if isinstance(programmes, str) else programmes
    with reading(store.engine) as connection:
        return _read(connection, some)


def _read(connection: Connection, programmes: Collection[str] | None) -> list[Event]:
    e = t.events.c
    where = () if programmes is None else (e.programme.in_(programmes),)
    found = connection.execute(select(t.events).where(*where).order_by(e.starts, e.id))
    return [read_event(row) for row in found]


def _open(
    connection: Connection, plan: EventPlan, programme: str | None, state: EventState, by: str
) -> Event:
    _refuse_no_programme(connection, programme)
    values = {"programme": programme, "state": state.value, "revision": 1, "made_by": by}
    made = insert(t.events).values(**values, **kept_plan(plan), made_at=rows.now())
    return event_row(connection, connection.execute(made.returning(t.events.c.id)).scalar_one())


def _refuse_no_programme(connection: Connection, programme: str | None) -> None:
    known = select(t.programmes.c.id).where(t.programmes.c.id == programme)
    if programme is not None and connection.execute(known).first() is None:
        raise EventError("programme", "event_no_programme", programme)
