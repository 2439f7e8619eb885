"""Owns with whom partners have open cases on a day, which take places of theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, or_, select

from profiles import tables as t
from profiles.database import reading

if TYPE_CHECKING:
    from profiles.store import Store


def open_cases(store: Store, on: date) -> Mapping[str, frozenset[str]]:
    """Give the partners that have open cases at the end of a day (UTC), each with its startups."""
    c = t.cases.c
    end = datetime.combine(on, time(), UTC) + timedelta(days=1) if on < date.max else None
    was_open: list[ColumnElement[bool]] = [c.aside.is_(None)]
    if end is not None:
        was_open += [c.opened_at < end, or_(c.closed_at.is_(None), c.closed_at >= end)]
    with reading(store.engine) as connection:
        found: dict[str, set[str]] = {}
        for row in connection.execute(select(c.partner, c.startup).where(*was_open)):
            found.setdefault(row.partner, set()).add(row.startup)
    return {partner: frozenset(startups) for partner, startups in found.items()}


def busy_on(store: Store, on: date) -> Callable[[str], frozenset[str]]:
    """Give what tells of a partner with which startups it has open cases on a day.

    The cases are read when they are first asked for, once.
    """

    @cache
    def cases() -> Mapping[str, frozenset[str]]:
        return open_cases(store, on)

    return lambda partner: cases().get(partner, frozenset())
