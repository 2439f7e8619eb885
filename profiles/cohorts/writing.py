"""Owns the writing of cohorts: each change with its event, none on an older state."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any

from pydantic import StringConstraints
from sqlalchemy import Connection, insert, update

from profiles import rows
from profiles import tables as t
from profiles.cohorts.reading import cohort_row, entry_row
from profiles.cohorts.values import (
    Cohort,
    CohortError,
    CohortState,
    Entry,
    EntryStage,
    may_move,
)
from profiles.errors import FieldError, InvalidRecord
from profiles.fields import Plain
from profiles.record import Record
from profiles.revisions import StaleEdit
from profiles.validation import validate

LONGEST_WORDS = 1_000


class _Words(Record):
    words: Annotated[Plain, StringConstraints(max_length=LONGEST_WORDS)] = ""


def read_words(words: str, *, field: str = "reason", needed: bool = False) -> str:
    """Read what somebody wrote beside a choice.

    Raises:
        InvalidRecord: if it is too long, holds what cannot be shown, or is missing where `needed`.
    """
    try:
        said = validate(_Words, {"words": words}).words
    except InvalidRecord as error:
        raise InvalidRecord([replace(one, field=field) for one in error.errors]) from error
    if needed and not said:
        raise CohortError(field, "case_words", words)
    return said


@contextmanager
def gathering(wrong: list[InvalidRecord]) -> Iterator[None]:
    """Keep what is wrong for `refuse_all`, so that a person is told of all of it at once."""
    try:
        yield
    except InvalidRecord as error:
        wrong.append(error)


def refuse_all(wrong: Sequence[InvalidRecord]) -> None:
    """Refuse for all that is wrong, each thing once; do nothing where nothing is.

    Raises:
        InvalidRecord: with what was gathered; the one that was, where it was one alone.
    """
    if len(wrong) == 1:
        raise wrong[0]
    found: list[FieldError] = []
    for one in (each for error in wrong for each in error.errors):
        if one not in found:
            found.append(one)
    if found:
        raise InvalidRecord(found)


def cohort_to_change(
    connection: Connection, id: int, base: int | None, *states: CohortState
) -> Cohort:
    """Read a cohort that is to be changed.

    Raises:
        CohortError: if it is in none of the `states`.
        StaleEdit: if it has been changed since `base`.
        UnknownCohort: if there is none.
    """
    found = cohort_row(connection, id)
    if base is not None and found.revision != base:
        told = {"name": found.name, "state": found.state.value}
        raise StaleEdit(f"cohort {id}", base, found.revision, told)
    if found.state not in (states or (CohortState.INTAKE, CohortState.SCREENING)):
        raise CohortError("cohort", f"cohort_{found.state.value}", id, name=found.name)
    return found


def entry_to_change(connection: Connection, cohort: int, profile: str, base: int | None) -> Entry:
    """Read an entry that is to be changed.

    Raises:
        CohortError: if there is none.
        StaleEdit: if it has been changed since `base`.
    """
    entry = entry_row(connection, cohort, profile)
    if base is not None and entry.revision != base:
        told = {"stage": entry.stage.value, "reason": entry.reason}
        raise StaleEdit(f"cohort {cohort}: {profile}", base, entry.revision, told)
    return entry


def record(
    connection: Connection,
    cohort: int,
    entry: int | None,
    kind: str,
    by: str,
    data: Mapping[str, Any],
) -> None:
    """Write an event of a cohort, or of one of its entries."""
    text = rows.written(dict(data))
    values = {"cohort": cohort, "entry": entry, "kind": kind, "at": rows.now(), "by": by}
    connection.execute(insert(t.cohort_events).values(**values, data=text))


def change_cohort(connection: Connection, one: Cohort, **values: Any) -> Cohort:
    """Write values of a cohort; give it as it is then."""
    its = update(t.cohorts).where(t.cohorts.c.id == one.id)
    connection.execute(its.values(**values, revision=one.revision + 1))
    return cohort_row(connection, one.id)


def change_entry(connection: Connection, one: Entry, **values: Any) -> None:
    """Write values of an entry."""
    its = update(t.cohort_entries).where(t.cohort_entries.c.id == one.id)
    connection.execute(its.values(**values, revision=one.revision + 1))


def move(
    connection: Connection,
    cohort: Cohort,
    entry: Entry,
    to: EntryStage,
    by: str,
    reason: str = "",
    **values: Any,
) -> None:
    """Move an entry to a stage, with the event that tells of it.

    Raises:
        CohortError: if it cannot be moved there from where it stands.
    """
    if not may_move(cohort, entry.stage, to):
        params = {"stage": entry.stage.value, "to": to.value, "profile": entry.profile}
        raise CohortError("stage", "cohort_move", to.value, **params)
    told = {"from": entry.stage.value, "to": to.value, "reason": reason}
    told |= {name: json.loads(v) if name == "refusals" else v for name, v in values.items()}
    values |= {"stage": to.value, "reason": reason, "moved_at": rows.now()}
    change_entry(connection, entry, **values)
    record(connection, cohort.id, entry.id, "moved", by, told)
