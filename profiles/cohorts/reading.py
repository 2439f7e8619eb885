"""Owns the reading of cohorts: one or all, their entries, and what happened to them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from profiles import rows
from profiles import tables as t
from profiles.cohorts.values import (
    Cohort,
    CohortError,
    CohortEvent,
    CohortState,
    Entry,
    HeldEntry,
    Recusal,
    UnknownCohort,
    read_cohort,
    read_entry,
    read_event,
    read_score,
)
from profiles.database import reading
from profiles.text import is_clean

if TYPE_CHECKING:
    from profiles.store import Store


def cohort_row(connection: Connection, id: int) -> Cohort:
    """Read one cohort.

    Raises:
        UnknownCohort: if none has this number.
    """
    row = None
    if 0 < id < 1 << 63:
        row = connection.execute(select(t.cohorts).where(t.cohorts.c.id == id)).one_or_none()
    if row is None:
        raise UnknownCohort(id)
    return read_cohort(row)


def entry_row(connection: Connection, cohort: int, profile: str) -> Entry:
    """Read the entry of a profile in a cohort.

    Raises:
        CohortError: if it has none.
    """
    c = t.cohort_entries.c
    its = (c.cohort == cohort, c.profile == profile, c.aside.is_(None))
    found = select(t.cohort_entries).where(*its)
    row = connection.execute(found).one_or_none() if is_clean(profile) else None
    if row is None:
        raise CohortError("profile", "cohort_no_entry", profile)
    return read_entry(row)


def entry_rows(connection: Connection, cohort: int) -> list[Entry]:
    """Read the entries of a cohort that stand, by profile."""
    c = t.cohort_entries.c
    its = select(t.cohort_entries).where(c.cohort == cohort, c.aside.is_(None))
    return sorted(map(read_entry, connection.execute(its)), key=lambda one: one.profile)


def entries_naming(connection: Connection, ids: Collection[str]) -> list[Entry]:
    """Read the entries of profiles, those put aside too, oldest first."""
    c = t.cohort_entries.c
    found = map(read_entry, rows.by_ids(connection, t.cohort_entries, c.profile, ids))
    return sorted(found, key=lambda one: one.id)


def cohort(store: Store, id: int) -> Cohort:
    """Read one cohort.

    Raises:
        UnknownCohort: if none has this number.
    """
    with reading(store.engine) as connection:
        return cohort_row(connection, id)


def cohorts(store: Store, programme: str | None = None) -> list[Cohort]:
    """Read the cohorts, of one programme or of all, the newest first."""
    newest = select(t.cohorts).order_by(t.cohorts.c.id.desc())
    if programme is not None:
        newest = newest.where(t.cohorts.c.programme == programme)
    with reading(store.engine) as connection:
        return list(map(read_cohort, connection.execute(newest)))


def open_cohort_of(store: Store, programme: str) -> Cohort | None:
    """Read the newest cohort of a programme that is under way; None where there is none."""
    under_way = (CohortState.INTAKE, CohortState.SCREENING)
    return next((one for one in cohorts(store, programme) if one.state in under_way), None)


def entries_of(store: Store, cohort: int) -> list[Entry]:
    """Read the entries of a cohort, by profile; none that stands aside for another one.

    Raises:
        UnknownCohort: if there is no such cohort.
    """
    with reading(store.engine) as connection:
        cohort_row(connection, cohort)
        return entry_rows(connection, cohort)


def entry_of(store: Store, cohort: int, profile: str) -> Entry:
    """Read the entry of a profile in a cohort.

    Raises:
        CohortError: if it has none.
    """
    with reading(store.engine) as connection:
        return entry_row(connection, cohort, profile)


def with_profile(store: Store, profile: str) -> list[tuple[Cohort, Entry]]:
    """Read the cohorts that a profile has applied to, the newest first, with its entry."""
    with reading(store.engine) as connection:
        entries = [one for one in entries_naming(connection, [profile]) if one.aside is None]
        return [(cohort_row(connection, one.cohort), one) for one in reversed(entries)]


def history_of(store: Store, cohort: int) -> list[CohortEvent]:
    """Read what was done to a cohort and its entries, the newest first."""
    e = t.cohort_events
    newest = select(e).where(e.c.cohort == cohort).order_by(e.c.id.desc())
    with reading(store.engine) as connection:
        return list(map(read_event, connection.execute(newest)))


def whole_entry(store: Store, cohort: int, profile: str) -> HeldEntry:
    """Read the entry of a profile with its scores, recusals and events.

    Raises:
        CohortError: if it has none.
    """
    with reading(store.engine, repeatable=True) as connection:
        return held_entry(connection, entry_row(connection, cohort, profile))


def held_entry(connection: Connection, entry: Entry) -> HeldEntry:
    """Read what is kept of an entry."""
    s, r, e = t.cohort_scores, t.cohort_recusals, t.cohort_events
    scores = connection.execute(select(s).where(s.c.entry == entry.id).order_by(s.c.id))
    recusals = connection.execute(select(r).where(r.c.entry == entry.id).order_by(r.c.assessor))
    events = connection.execute(select(e).where(e.c.entry == entry.id).order_by(e.c.id))
    return HeldEntry(
        entry,
        tuple(map(read_score, scores)),
        tuple(Recusal(**row._mapping) for row in recusals),
        tuple(map(read_event, events)),
    )
