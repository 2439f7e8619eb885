"""Owns with whom partners have cases under way on a day, which take places of theirs.

A pair takes a place once it has been introduced: to shortlist one is the incubator's own thought,
of which the partner knows nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, case, func, or_, select

from profiles import rows
from profiles import tables as t
from profiles.cases import CaseStage
from profiles.database import reading

if TYPE_CHECKING:
    from profiles.store import Store


def open_cases(store: Store, on: date) -> Mapping[str, frozenset[str]]:
    """Give the partners with cases under way at the end of a day (UTC), each with its startups.

    That is what was open then, and had been introduced by the moves until then.
    """
    c = t.cases.c
    end = datetime.combine(on, time(), UTC) + timedelta(days=1) if on < date.max else None
    was_open: list[ColumnElement[bool]] = [c.aside.is_(None)]
    if end is not None:
        was_open += [c.opened_at < end, or_(c.closed_at.is_(None), c.closed_at >= end)]
    under_way = _is_introduced() if end is None or end > rows.now() else _was_introduced(end)
    with reading(store.engine) as connection:
        found: dict[str, set[str]] = {}
        query = select(c.partner, c.startup).where(*was_open, under_way)
        for row in connection.execute(query):
            found.setdefault(row.partner, set()).add(row.startup)
    return {partner: frozenset(startups) for partner, startups in found.items()}


def _is_introduced() -> ColumnElement[bool]:
    return t.cases.c.stage != CaseStage.SHORTLISTED.value


def _was_introduced(end: datetime) -> ColumnElement[bool]:
    """Tell of the cases that had been moved on more often than back before a moment."""
    e = t.case_events.c
    step = case((e.kind.in_(("moved", "closed")), 1), (e.kind == "back", -1), else_=0)
    steps = select(e.case).where(e.at < end).group_by(e.case).having(func.sum(step) > 0)
    return t.cases.c.id.in_(steps)


def busy_on(store: Store, on: date) -> Callable[[str], frozenset[str]]:
    """Give what tells of a partner with which startups it has cases under way on a day.

    The cases are read when they are first asked for, once.
    """

    @cache
    def cases() -> Mapping[str, frozenset[str]]:
        return open_cases(store, on)

    return lambda partner: cases().get(partner, frozenset())
