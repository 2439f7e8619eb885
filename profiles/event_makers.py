"""Owns the names of staff in events: who opened one, who made a schedule; taking a name out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select, update

from profiles import tables as t

Did = tuple[int, str, datetime]
"""The number of an event, what was done ('opened' or 'scheduled'), and when (UTC)."""


def of_person(connection: Connection, names: Collection[str]) -> tuple[Did, ...]:
    """Tell which events somebody opened or scheduled, by their numbers."""
    e, s = t.events.c, t.event_schedules.c
    opened = connection.execute(select(e.id, e.made_at).where(e.made_by.in_(names)))
    made = connection.execute(select(s.event, s.at).where(s.by.in_(names)))
    did = [(id, "opened", at) for id, at in opened] + [(id, "scheduled", at) for id, at in made]
    return tuple(sorted(did))


def erase_names(connection: Connection, names: Collection[str], nobody: str) -> None:
    """Put a name that tells nothing in the place of persons' names in all events."""
    for column in (t.events.c.made_by, t.event_schedules.c.by):
        its = update(column.table).where(column.in_(names))
        connection.execute(its.values({column.name: nobody}))
