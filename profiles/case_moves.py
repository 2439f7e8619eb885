"""Owns the moves of a case: on, back and to its end, with the ties that they make and unmake."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, Literal

from sqlalchemy import Connection

from profiles import rows, verdicts
from profiles import tables as t
from profiles.cases import (
    Case,
    CaseError,
    CaseStage,
    Decline,
    Outcome,
    case_row,
    open_of_pair,
)
from profiles.casework import change, read_for_change, read_words, record, refuse_no_reason
from profiles.database import writing
from profiles.fields import Day
from profiles.kinds import TieKind
from profiles.record import Record
from profiles.schema import Tie
from profiles.store import SYSTEM, Store
from profiles.validation import validate
from profiles.vectors import Vectors
from profiles.verdicts import Verdict

TIES = {CaseStage.POC: TieKind.PILOT, CaseStage.CONTRACT: TieKind.CONTRACT}
"""The kind of tie that says that a pair has reached a stage."""


class _Dated(Record):
    day: Day | None = None


def move_case(
    store: Store,
    id: int,
    to: CaseStage,
    *,
    by: str = SYSTEM,
    base: int | None = None,
    day: date | str | None = None,
    release: bool = False,
) -> Case:
    """Move a case on to a later stage; what lies between may be left out.

    A proof of concept or a contract is also a tie of the pair from then on.

    Args:
        store: where the case is.
        id: its number.
        to: a stage after its own; to close it, there is `close_case`.
        by: who moves it.
        base: the revision that the person saw.
        day: when it came about; today (UTC) if not given, and never later.
        release: whether the startup is to see the match from now on, if it does not yet.

    Raises:
        CaseError: if it is closed, or `to` is not after its stage.
        StaleEdit: if it has been changed since `base`.
        UnknownCase: if there is none.
    """
    with writing(store.engine) as connection:
        case = read_for_change(connection, id, base)
        if to not in case.nexts:
            raise CaseError("stage", "case_forward", to.value, stage=case.stage.value)
        data: dict[str, Any] = {"from": case.stage.value, "to": to.value}
        if to in TIES:
            data["day"] = _write_tie(connection, case, to, _past_day(day), by)
        if release and case.released_at is None:
            told = {"released": True}
            case = change(connection, case, "released", by, told, released_at=rows.now())
        path = " ".join((*case.path, to))
        return change(connection, case, "moved", by, data, stage=to.value, path=path, moved=True)


def move_back(
    store: Store, id: int, *, reason: str, by: str = SYSTEM, base: int | None = None
) -> Case:
    """Take the last move of a case back: it stands where it stood before, and its tie goes.

    A closed case is opened again by that.

    Raises:
        InvalidRecord: if there is no move to take back, no reason, or the pair has another case
            that is open.
        StaleEdit: if it has been changed since `base`.
        UnknownCase: if there is none.
    """
    said = read_words(reason, field="reason", needed=True)
    with writing(store.engine) as connection:
        case = read_for_change(connection, id, base)
        to = case.before
        if to is None:
            raise CaseError("stage", "case_no_way_back", case.stage.value)
        values: dict[str, Any] = {"stage": to.value, "path": " ".join(case.path[:-1])}
        if not case.is_open:
            _refuse_another(connection, case)
            values |= {"outcome": None, "declined_reason": None, "declined_words": ""}
            values |= {"closed_at": None}
        elif case.stage in TIES:
            _remove_tie(connection, case.id, case.stage, by)
        data = {"from": case.stage.value, "to": to.value, "words": said}
        return change(connection, case, "back", by, data, moved=True, **values)


def close_case(
    store: Store,
    id: int,
    outcome: Outcome,
    *,
    reason: Decline | None = None,
    words: str = "",
    verdict: Literal["good", "poor"] | None = None,
    by: str = SYSTEM,
    base: int | None = None,
) -> Case:
    """Close a case with its outcome, and keep a verdict on the match where one is given.

    Args:
        store: where the case is.
        id: its number.
        outcome: 'contract' for one that stands there, and for no other.
        reason: why nothing came of it; needed for every other outcome.
        words: the same in words; needed where the reason is 'other'.
        verdict: whether the match was good, as its list showed it.
        by: who closes it.
        base: the revision that the person saw.

    Raises:
        InvalidRecord: if the outcome does not fit the stage, or the reason is missing.
        StaleEdit: if it has been changed since `base`.
        UnknownCase: if there is none.
    """
    said = read_words(words)
    with writing(store.engine) as connection:
        case = read_for_change(connection, id, base)
        if outcome not in case.outcomes:
            code = "case_closed" if not case.is_open else "case_outcome"
            raise CaseError("outcome", code, outcome.value, stage=case.stage.value)
        if outcome is not Outcome.CONTRACT:
            refuse_no_reason(reason, said)
        why = reason.value if reason and outcome is not Outcome.CONTRACT else None
        data = {"from": case.stage.value, "outcome": outcome.value, "reason": why, "words": said}
        values = {
            "stage": CaseStage.CLOSED.value,
            "path": " ".join((*case.path, CaseStage.CLOSED)),
            "outcome": outcome.value,
            "declined_reason": why,
            "declined_words": said,
            "closed_at": rows.now(),
        }
        closed = change(connection, case, "closed", by, data, moved=True, **values)
        if verdict is not None:
            _judge(connection, case, verdict, said, by)
        return closed


def judge_case(
    store: Store, id: int, verdict: Literal["good", "poor"], *, words: str = "", by: str = SYSTEM
) -> Case:
    """Keep a verdict on the match of a case, with the rank and the model that were shown.

    Raises:
        InvalidRecord: if the words are wrong.
        UnknownCase: if there is none.
    """
    said = read_words(words)
    with writing(store.engine) as connection:
        case = case_row(connection, id)
        _judge(connection, case, verdict, said, by)
        return case


def tie_id(case: int, stage: CaseStage) -> str:
    """Name the tie that says that a case has reached a stage."""
    return f"case-{case}-{TIES[stage].value}"


def _refuse_another(connection: Connection, case: Case) -> None:
    other = open_of_pair(connection, case.startup, case.partner)
    if other is not None:
        raise CaseError("case", "case_another", case.id, other=other.id)


def _past_day(day: date | str | None) -> date:
    """Read the day on which something came about; no later one than it is anywhere by now."""
    said = validate(_Dated, {"day": day}).day
    now = rows.now()
    if said is None:
        return now.date()
    if said > datetime.fromtimestamp(now.timestamp() + 14 * 3600, UTC).date():
        raise CaseError("day", "case_future", said.isoformat())
    return said


def _write_tie(connection: Connection, case: Case, stage: CaseStage, day: date, by: str) -> str:
    tie = Tie(
        id=tie_id(case.id, stage),
        kind=TIES[stage],
        a=case.startup,
        b=case.partner,
        valid_from=day,
        source=f"case {case.id}",
    )
    rows.write_ties(connection, [tie], by)
    rows.log(connection, [("tie", tie.id)])
    return day.isoformat()


def drop_lost_ties(connection: Connection, cases: Iterable[Case], by: str = SYSTEM) -> None:
    """Delete the ties of cases that say of a stage which was taken back that it was reached.

    Such a tie comes back where a merge had put it aside, and is undone after the move was.
    """
    for case in cases:
        for stage in TIES.keys() - set(case.path):
            _remove_tie(connection, case.id, stage, by)


def _remove_tie(connection: Connection, case: int, stage: CaseStage, by: str) -> None:
    """Delete the tie of a stage that is taken back; a revision without content says so."""
    id = tie_id(case, stage)
    if next(rows.by_ids(connection, t.ties, t.ties.c.id, [id]), None) is None:
        return  # a merge has put it aside, or somebody has deleted it
    rows.write_vectors(connection, "tie", {id: Vectors("")})
    rows.delete_by(connection, t.ties, t.ties.c.id, [id])
    number = rows.newest(connection, "tie", [id]).get(id, 0) + 1
    rows.write_revisions(connection, [("tie", id, number, None)], by)
    rows.log(connection, [("tie", id)])


def _judge(
    connection: Connection, case: Case, label: Literal["good", "poor"], words: str, by: str
) -> None:
    query, candidate = case.id_of(case.asked), case.id_of(case.asked.other)
    shown = (case.shown_rank, case.model_version)
    said = Verdict(query, candidate, label, words, *shown)
    if verdicts.is_repeated(connection, said, by):
        return
    verdicts.write(connection, said, by)
    record(connection, case, "verdict", by, {"label": label, "words": words})
    rows.log(connection, [("verdict", query)])
