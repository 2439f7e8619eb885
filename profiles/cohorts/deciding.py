"""Owns the decisions of a cohort: kept, made final, replaced; places declined and handed on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select, update

from profiles import rows
from profiles import tables as t
from profiles.cohorts.reading import cohort_row, entry_row, entry_rows
from profiles.cohorts.values import (
    PLACED,
    Cohort,
    CohortError,
    CohortState,
    DecisionState,
    Entry,
    EntryStage,
    KeptDecision,
    read_decision,
)
from profiles.cohorts.writing import (
    change_cohort,
    change_entry,
    cohort_to_change,
    entry_to_change,
    move,
    read_words,
    record,
)
from profiles.database import reading, writing
from profiles.store.connection import SYSTEM

if TYPE_CHECKING:
    from profiles.store import Store

_RUNNING = (CohortState.INTAKE, CohortState.SCREENING, CohortState.DECIDED)


def keep_decision(
    store: Store,
    cohort: int,
    document: Mapping[str, Any],
    *,
    digest: str | None = None,
    by: str = SYSTEM,
    rests_on: int | None = None,
) -> KeptDecision:
    """Keep the record of an assignment as a draft; nothing else changes.

    Args:
        store: where the cohort is.
        cohort: its number.
        document: the record, as JSON can say it.
        digest: the SHA-256 of it, in hexadecimal digits; reckoned of its one form if not given.
        by: who made it.
        rests_on: the number of the decision that a person changed into it; None: a search made it.

    Raises:
        CohortError: if the cohort is given up.
        UnknownCohort: if there is none.
    """
    text = rows.written(document)
    with writing(store.engine) as connection:
        cohort_to_change(connection, cohort, None, *_RUNNING)
        state = DecisionState.DRAFT.value
        values = {"cohort": cohort, "record": text, "digest": digest or written_digest(document)}
        made = insert(t.cohort_decisions).values(
            **values, state=state, why="", by=by, at=rows.now()
        )
        id = connection.execute(made.returning(t.cohort_decisions.c.id)).scalar_one()
        told = {"decision": id} | ({} if rests_on is None else {"rests_on": rests_on})
        record(connection, cohort, None, "assigned", by, told)
        return _decision(connection, id)


def written_digest(document: Mapping[str, Any]) -> str:
    """Give the SHA-256 of a document in its one form, in hexadecimal digits."""
    return sha256(rows.written(document).encode()).hexdigest()


def decision(store: Store, id: int) -> KeptDecision:
    """Read one decision.

    Raises:
        CohortError: if none has this number.
    """
    with reading(store.engine) as connection:
        return _decision(connection, id)


def decisions_of(store: Store, cohort: int) -> list[KeptDecision]:
    """Read the decisions of a cohort, the newest first.

    Raises:
        UnknownCohort: if there is no such cohort.
    """
    d = t.cohort_decisions
    newest = select(d).where(d.c.cohort == cohort).order_by(d.c.id.desc())
    with reading(store.engine) as connection:
        cohort_row(connection, cohort)
        return list(map(read_decision, connection.execute(newest)))


def final_decision(store: Store, cohort: int) -> KeptDecision | None:
    """Read the decision of a cohort that holds; None where there is none."""
    final = (one for one in decisions_of(store, cohort) if one.state is DecisionState.FINAL)
    return next(final, None)


def finish(
    store: Store,
    id: int,
    selected: Mapping[str, str],
    reserves: Mapping[str, Sequence[str]],
    *,
    why: str,
    by: str,
    base: int | None = None,
    replace: bool = False,
    today: date | None = None,
    while_open: bool = True,
) -> Cohort:
    """Make a decision final: each candidate of the cohort is selected, a reserve, or unplaced.

    A decision that was final before is replaced by it, where that is said.

    Args:
        store: where the decision is.
        id: the decision's number.
        selected: profile → the host whose place it gets.
        reserves: host → profiles that move up where a place of it becomes free, the first first.
        why: what the one who decides says.
        by: who decides.
        base: the revision of the cohort that the person saw.
        replace: whether it may take the place of a decision that holds.
        today: the day on which startups may still apply, or not; the day in UTC if not given.
        while_open: whether it may be made final though they may; that they could is kept.

    Raises:
        CohortError: if one of those named is no candidate any more, the decision is replaced, a
            reason is missing, another one holds and is not to be replaced, or startups may still
            apply and that is not confirmed.
        StaleEdit: if the cohort has been changed since `base`.
    """
    said = read_words(why, field="why", needed=True)
    with writing(store.engine) as connection:
        made = _decision(connection, id)
        round_ = cohort_to_change(connection, made.cohort, base, *_RUNNING)
        if made.state is not DecisionState.DRAFT:
            raise CohortError("decision", "cohort_decision_old", id)
        if round_.state is CohortState.DECIDED and not replace:
            raise CohortError("replace", "cohort_replace", round_.id)
        is_open = round_.is_taking_on(today or rows.now().date())
        if is_open and not while_open:
            raise CohortError("while_open", "cohort_still_open", round_.id, name=round_.name)
        entries = {one.profile: one for one in entry_rows(connection, round_.id)}
        _refuse_gone(
            round_, entries, {*selected, *(one for some in reserves.values() for one in some)}
        )
        for one in entries.values():
            if one.stage is round_.candidates or one.stage in PLACED:
                _place(connection, round_, one, selected.get(one.profile), reserves, by)
        _replace(connection, made, said)
        told = {"decision": id, "why": said} | ({"while_open": True} if is_open else {})
        record(connection, round_.id, None, "decided", by, told)
        return change_cohort(connection, round_, state=CohortState.DECIDED.value)


def decline(
    store: Store,
    cohort: int,
    profile: str,
    *,
    reason: str,
    by: str = SYSTEM,
    successor: str | None = None,
    hand_over: bool = True,
    base: int | None = None,
) -> Entry | None:
    """Note that one who was selected gives its place back; a reserve of the host moves up.

    Args:
        store: where the cohort is.
        cohort: its number.
        profile: who declines.
        reason: why.
        by: who notes it.
        successor: the reserve that moves up; the first of the host's list if not given.
        hand_over: whether a reserve moves up at all; else the place stays free.
        base: the revision of the entry that the person saw.

    Returns:
        The entry that moved up; None where the host has no reserve, or none is to.

    Raises:
        CohortError: if it has no place, or the successor is no reserve of the host.
        StaleEdit: if the entry has been changed since `base`.
    """
    said = read_words(reason, needed=True)
    with writing(store.engine) as connection:
        round_ = cohort_to_change(connection, cohort, None, CohortState.DECIDED)
        entry = entry_to_change(connection, cohort, profile, base)
        move(connection, round_, entry, EntryStage.DECLINED, by, said)
        host = str(entry.host)
        waiting = _waiting(connection, cohort, host) if hand_over else []
        if successor is not None and successor not in {one.profile for one in waiting}:
            raise CohortError("successor", "cohort_no_reserve", successor, host=host)
        chosen = [one for one in waiting if successor in (None, one.profile)][:1]
        for one in chosen:
            move(connection, round_, one, EntryStage.SELECTED, by, host=host, reserve="{}")
            told = {"host": host, "declined": profile}
            record(connection, cohort, one.id, "moved_up", by, told)
            return entry_row(connection, cohort, one.profile)
        return None


def _waiting(connection: Connection, cohort: int, host: str) -> list[Entry]:
    """Give the reserves of a host in their order."""
    entries = entry_rows(connection, cohort)
    some = [one for one in entries if one.stage is EntryStage.RESERVE and host in one.reserve]
    return sorted(some, key=lambda one: (one.reserve[host], one.profile))


def _refuse_gone(cohort: Cohort, entries: Mapping[str, Entry], named: set[str]) -> None:
    for profile in sorted(named):
        entry = entries.get(profile)
        if entry is None or entry.stage not in (cohort.candidates, *PLACED):
            raise CohortError("decision", "cohort_not_candidate", profile)


def _place(
    connection: Connection,
    cohort: Cohort,
    entry: Entry,
    host: str | None,
    reserves: Mapping[str, Sequence[str]],
    by: str,
) -> None:
    lists = {
        at: some.index(entry.profile) + 1 for at, some in reserves.items() if entry.profile in some
    }
    if host is not None:
        to, lists = EntryStage.SELECTED, {}
    else:
        to = EntryStage.RESERVE if lists else EntryStage.UNPLACED
    written = json.dumps(lists, sort_keys=True)
    if to is not entry.stage:
        move(connection, cohort, entry, to, by, host=host, reserve=written)
    elif (host, lists) != (entry.host, dict(entry.reserve)):
        change_entry(connection, entry, host=host, reserve=written)
        record(connection, cohort.id, entry.id, "placed", by, {"host": host, "reserve": lists})


def _replace(connection: Connection, made: KeptDecision, why: str) -> None:
    d = t.cohort_decisions
    final = DecisionState.FINAL.value
    old = update(d).where(d.c.cohort == made.cohort, d.c.state == final)
    connection.execute(old.values(state=DecisionState.REPLACED.value))
    connection.execute(update(d).where(d.c.id == made.id).values(state=final, why=why))


def _decision(connection: Connection, id: int) -> KeptDecision:
    d, row = t.cohort_decisions, None
    if 0 < id < 1 << 63:
        row = connection.execute(select(d).where(d.c.id == id)).one_or_none()
    if row is None:
        raise CohortError("decision", "cohort_no_decision", id)
    return read_decision(row)
