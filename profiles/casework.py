"""Owns the work on a case in the store: each change with its event, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from sqlalchemy import Connection, insert, update

from profiles import merges, rows
from profiles import tables as t
from profiles.cases import (
    Answer,
    Case,
    CaseError,
    CaseStage,
    Decline,
    case_row,
    is_shown_to,
    open_of_pair,
)
from profiles.database import writing
from profiles.fields import Day, Id, Plain, Whole, Words
from profiles.kinds import Side
from profiles.record import Record
from profiles.revisions import StaleEdit
from profiles.store import SYSTEM, Store
from profiles.validation import validate

LONGEST_OWNER = 100
LONGEST_NOTE = 5_000
LONGEST_WORDS = 1_000
FARTHEST_DUE_YEARS = 10


class _Owned(Record):
    owner: Annotated[Plain, StringConstraints(max_length=LONGEST_OWNER)] | None = None
    due: Day | None = None
    programme: Id | None = None


class _Opened(_Owned):
    startup: Id
    partner: Id
    shown_rank: Annotated[Whole, Field(ge=1, le=10**9)] | None = None
    model_version: Annotated[Plain, StringConstraints(max_length=200)] = ""


class _Words(Record):
    words: Annotated[Plain, StringConstraints(max_length=LONGEST_WORDS)] = ""


class _Note(Record):
    note: Annotated[Words, StringConstraints(max_length=LONGEST_NOTE)]


def open_case(
    store: Store,
    startup: str,
    partner: str,
    *,
    asked: Side = Side.STARTUP,
    shown_rank: int | str | None = None,
    model_version: str = "",
    programme: str | None = None,
    owner: str | None = None,
    due: date | str | None = None,
    reasons: Mapping[str, Any] | None = None,
    by: str = SYSTEM,
) -> tuple[Case, bool]:
    """Shortlist a pair, or give the open case that it has already.

    What has been merged is taken as what it is now.

    Args:
        store: where both are held.
        startup: the startup.
        partner: the partner.
        asked: the side in whose list of matches the pair was shown.
        shown_rank: its place there, from 1.
        model_version: the model that ranked it.
        programme: the programme that the pair is made under.
        owner: who looks after it.
        due: the day of the next step.
        reasons: the reasons of the match, as JSON can say them.
        by: who shortlists.

    Returns:
        The case, and whether it is new.

    Raises:
        CaseError: if the next step is due before today, or in more than ten years.
        InvalidRecord: if a value is wrong, or a profile or the programme is not held.
    """
    raw: dict[str, Any] = {"startup": startup, "partner": partner, "owner": owner}
    raw["shown_rank"] = shown_rank
    raw |= {"model_version": model_version, "programme": programme, "due": due}
    said = validate(_Opened, raw)
    with writing(store.engine) as connection:
        into = merges.merged_ids(connection, [said.startup, said.partner])
        one, other = (into.get(id, id) for id in (said.startup, said.partner))
        _refuse_strangers(connection, one, other)
        _refuse_no_programme(connection, said.programme)
        if (held := open_of_pair(connection, one, other)) is not None:
            return held, False
        at = rows.now()
        _refuse_odd_due(said.due, at)
        values = {
            **said.model_dump(),
            "startup": one,
            "partner": other,
            "stage": CaseStage.SHORTLISTED.value,
            "path": CaseStage.SHORTLISTED.value,
            "revision": 1,
            "asked": asked.value,
            "reasons": json.dumps(dict(reasons or {}), ensure_ascii=False),
            "startup_answer": Answer.UNDECIDED.value,
            "partner_answer": Answer.UNDECIDED.value,
            "startup_link": 0,
            "partner_link": 0,
            "declined_words": "",
            "opened_at": at,
            "opened_by": by,
            "moved_at": at,
        }
        made = insert(t.cases).values(**values).returning(t.cases.c.id)
        case = case_row(connection, connection.execute(made).scalar_one())
        data = {"shown_rank": case.shown_rank, "model_version": case.model_version}
        record(connection, case, "opened", by, data)
        return case, True


def note_case(store: Store, id: int, note: str, *, by: str = SYSTEM) -> Case:
    """Add a note to a case.

    Raises:
        InvalidRecord: if it is empty or too long.
        UnknownCase: if there is none.
    """
    said = validate(_Note, {"note": note}).note
    with writing(store.engine) as connection:
        case = case_row(connection, id)
        record(connection, case, "note", by, {"text": said})
        return case


def assign_case(
    store: Store,
    id: int,
    *,
    owner: str | None,
    due: date | str | None,
    programme: str | None,
    by: str = SYSTEM,
    base: int | None = None,
) -> Case:
    """Say who looks after a case, the day of its next step, and its programme; None for nobody.

    Raises:
        CaseError: if the day is before the one on which the case was opened, or more than ten
            years from now; one that stands is not asked about again.
        InvalidRecord: if a value is wrong, or the programme is not held.
        StaleEdit: if it has been changed since `base`.
        UnknownCase: if there is none.
    """
    said = validate(_Owned, {"owner": owner, "due": due, "programme": programme})
    with writing(store.engine) as connection:
        case = read_for_change(connection, id, base)
        values = said.model_dump()
        changed = {name: value for name, value in values.items() if value != getattr(case, name)}
        if not changed:
            return case
        if "programme" in changed:
            _refuse_no_programme(connection, said.programme)
        if "due" in changed:
            _refuse_odd_due(said.due, case.opened_at)
        data = {name: [getattr(case, name), value] for name, value in changed.items()}
        return change(connection, case, "changed", by, data, **changed)


def release_case(
    store: Store, id: int, *, released: bool = True, by: str = SYSTEM, base: int | None = None
) -> Case:
    """Let the startup see the match, or take that back as long as it has not answered.

    Raises:
        CaseError: if it is closed, or the startup has answered and it is to be taken back.
        StaleEdit: if it has been changed since `base`.
        UnknownCase: if there is none.
    """
    with writing(store.engine) as connection:
        case = read_open(connection, id, base)
        if released is (case.released_at is not None):
            return case
        if not released and case.startup_answer is not Answer.UNDECIDED:
            raise CaseError("released", "case_answered", case.startup_answer.value)
        at = rows.now() if released else None
        return change(connection, case, "released", by, {"released": released}, released_at=at)


def answer_case(
    store: Store,
    id: int,
    side: Side,
    answer: Answer,
    *,
    reason: Decline | None = None,
    words: str = "",
    own: bool = False,
    link: int | None = None,
    by: str = SYSTEM,
    base: int | None = None,
) -> Case:
    """Keep what a side says: yes, no with a reason, or that it has not decided.

    Args:
        store: where the case is.
        id: its number.
        side: who answers.
        answer: what it says.
        reason: why not; needed with 'no'.
        words: the same in words; needed where the reason is 'other'.
        own: whether the side says it itself, which it can once the case is shown to it; staff may
            write down what they were told at any time.
        link: the number of the link that it is said by; only the newest one counts.
        by: who writes it.
        base: the revision that the person saw.

    Raises:
        InvalidRecord: if the case is closed or not shown to the side, or the reason is missing.
        StaleEdit: if it has been changed since `base`.
        UnknownCase: if there is none.
    """
    said = read_words(words)
    with writing(store.engine) as connection:
        case = read_open(connection, id, base)
        if own and not is_shown_to(case, side):
            raise CaseError("case", "case_not_shown", id)
        if link is not None and link != case.link_of(side):
            raise CaseError("link", "case_link_old", id)
        if answer is Answer.NO:
            refuse_no_reason(reason, said)
        why = reason.value if reason and answer is Answer.NO else None
        data = {"side": side.value, "answer": answer.value, "reason": why}
        told = {**data, "words": said, "own": own}
        values: dict[str, Any] = {f"{side.value}_answer": answer.value}
        return change(connection, case, "answered", by, told, **values)


def make_link(store: Store, id: int, side: Side, *, by: str = SYSTEM) -> Case:
    """Give the link of a side by which it answers a new number: older links end.

    Raises:
        CaseError: if the case is closed, or not shown to the side.
        UnknownCase: if there is none.
    """
    with writing(store.engine) as connection:
        case = read_open(connection, id, None)
        if not is_shown_to(case, side):
            raise CaseError("case", "case_not_shown", id)
        number = case.link_of(side) + 1
        its = update(t.cases).where(t.cases.c.id == id)
        connection.execute(its.values({f"{side.value}_link": number}))
        record(connection, case, "link", by, {"side": side.value, "number": number})
        return case_row(connection, id)


def record_letter(
    store: Store, id: int, side: Side, lang: str, *, sent: bool, by: str = SYSTEM
) -> Case:
    """Note that a letter to a side was drafted, or that somebody says that it was sent.

    Raises:
        UnknownCase: if there is none.
    """
    with writing(store.engine) as connection:
        case = case_row(connection, id)
        record(connection, case, "letter", by, {"side": side.value, "lang": lang, "sent": sent})
        return case


def record(connection: Connection, case: Case, kind: str, by: str, data: Mapping[str, Any]) -> None:
    """Write an event of a case, and tell the change log of it."""
    text = json.dumps(dict(data), ensure_ascii=False, sort_keys=True, default=_plain)
    values = {"case": case.id, "kind": kind, "at": rows.now(), "by": by, "data": text}
    connection.execute(insert(t.case_events).values(**values))
    rows.log(connection, [("case", case.startup)])


def refuse_stale_case(case: Case, base: int | None) -> None:
    """Refuse a change of a case that stands at another revision than the person saw.

    Raises:
        StaleEdit: if it does; its payload tells where the case stands.
    """
    if base is not None and case.revision != base:
        told = {"stage": case.stage.value, "owner": case.owner, "due": _plain(case.due)}
        raise StaleEdit(f"case {case.id}", base, case.revision, told)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def change(
    connection: Connection,
    case: Case,
    kind: str,
    by: str,
    data: Mapping[str, Any],
    *,
    moved: bool = False,
    **values: Any,
) -> Case:
    """Write values of a case with the event that tells of it; give the case as it is then."""
    if moved:
        values["moved_at"] = rows.now()
    its = update(t.cases).where(t.cases.c.id == case.id)
    connection.execute(its.values(**values, revision=case.revision + 1))
    record(connection, case, kind, by, data)
    return case_row(connection, case.id)


def read_for_change(connection: Connection, id: int, base: int | None) -> Case:
    """Read a case that is to be changed.

    Raises:
        CaseError: if it stands aside for another one since a merge.
        StaleEdit: if it has been changed since `base`.
        UnknownCase: if there is none.
    """
    case = case_row(connection, id)
    if case.aside is not None:
        raise CaseError("case", "case_aside", id, into=case.aside)
    refuse_stale_case(case, base)
    return case


def read_open(connection: Connection, id: int, base: int | None) -> Case:
    """Read an open case that is to be changed.

    Raises:
        CaseError: if it is closed, or stands aside for another one.
        StaleEdit: if it has been changed since `base`.
        UnknownCase: if there is none.
    """
    case = read_for_change(connection, id, base)
    if not case.is_open:
        raise CaseError("case", "case_closed", id)
    return case


def read_words(words: str, *, field: str = "words", needed: bool = False) -> str:
    """Read what somebody wrote beside a choice.

    Raises:
        InvalidRecord: if it is too long, holds what cannot be shown, or is missing where `needed`.
    """
    said = validate(_Words, {"words": words}).words
    if needed and not said:
        raise CaseError(field, "case_words", words)
    return said


def refuse_no_reason(reason: Decline | None, words: str) -> None:
    """Refuse a decline without a reason from the list, or an 'other' without words.

    Raises:
        CaseError: if it has none.
    """
    if reason is None:
        raise CaseError("reason", "case_reason", None)
    if reason is Decline.OTHER and not words:
        raise CaseError("words", "case_words", words)


def _refuse_strangers(connection: Connection, startup: str, partner: str) -> None:
    held = rows.sides(connection, [startup, partner])
    for side, id in ((Side.STARTUP, startup), (Side.PARTNER, partner)):
        if held.get(id) is not side:
            raise CaseError(side.value, f"case_no_{side.value}", id)


def _refuse_odd_due(due: date | None, opened_at: datetime) -> None:
    """Refuse a day before a case was opened, by the latest clock on earth, or years ahead."""
    if due is None:
        return
    first, today = (opened_at - timedelta(hours=12)).date(), rows.now().date()
    last = today + timedelta(days=round(FARTHEST_DUE_YEARS * 365.25))
    if not first <= due <= last:
        code = "case_due_early" if due < first else "case_due_far"
        opened = opened_at.date().isoformat()
        raise CaseError("due", code, due.isoformat(), opened=opened, years=FARTHEST_DUE_YEARS)


def _refuse_no_programme(connection: Connection, id: str | None) -> None:
    c = t.programmes.c.id
    if id is not None and next(rows.by_ids(connection, t.programmes, c, [id]), None) is None:
        raise CaseError("programme", "case_no_programme", id)
