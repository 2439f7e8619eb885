"""Owns the names of staff in cases: who looks after one, and who did what; taking a name out."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Connection, or_, select, update

from profiles import rows
from profiles import tables as t
from profiles.cases import Case, read_case


def of_person(connection: Connection, names: Collection[str]) -> tuple[Case, ...]:
    """Read the cases that somebody looks or looked after, or did something to, oldest first."""
    c, e = t.cases.c, t.case_events.c
    did = select(e.case).where(e.by.in_(names))
    its = or_(c.owner.in_(names), c.opened_by.in_(names), c.id.in_(did))
    found = {row.id: read_case(row) for row in connection.execute(select(t.cases).where(its))}
    once = {row.case for row, told in _handed_on(connection) if {*told} & {*names}}
    for row in rows.by_ids(connection, t.cases, c.id, once - found.keys()):
        found[row.id] = read_case(row)
    return tuple(found[id] for id in sorted(found))


def owners_once(connection: Connection) -> set[str]:
    """Name who looked after some case at some time."""
    return {name for _, told in _handed_on(connection) for name in told if name}


def erase_names(connection: Connection, names: Collection[str], nobody: str) -> None:
    """Put a name that tells nothing in the place of persons' names in all cases."""
    c, e = t.cases.c, t.case_events.c
    for column in (c.owner, c.opened_by, e.by):
        its = update(column.table).where(column.in_(names))
        connection.execute(its.values({column.name: nobody}))
    for row, told in list(_handed_on(connection)):
        if {*told} & {*names}:
            owner = [nobody if name in names else name for name in told]
            data = json.dumps({**json.loads(row.data), "owner": owner}, ensure_ascii=False)
            connection.execute(update(t.case_events).where(e.id == row.id).values(data=data))


def _handed_on(connection: Connection) -> Iterator[tuple[Any, list[str | None]]]:
    """Give the events by which a case was handed on, each with the two owners."""
    e = t.case_events.c
    changed = select(t.case_events).where(e.kind == "changed").order_by(e.id)
    for row in connection.execute(changed):
        told = json.loads(row.data).get("owner")
        if told:
            yield row, told
