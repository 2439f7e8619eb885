"""Owns the intake of a cohort: applying, withdrawing, and what eligibility says of an entry."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import StringConstraints
from sqlalchemy import Connection, insert, select

from profiles import merges, rows
from profiles import tables as t
from profiles.cohorts.reading import cohort_row, entry_row, entry_rows
from profiles.cohorts.values import (
    CHECKED,
    Cohort,
    CohortError,
    CohortState,
    Entry,
    EntryStage,
    Refusal,
)
from profiles.cohorts.writing import (
    change_entry,
    cohort_to_change,
    entry_to_change,
    gathering,
    move,
    read_words,
    record,
    refuse_all,
)
from profiles.database import writing
from profiles.errors import InvalidRecord
from profiles.fields import Id, Ids, Words
from profiles.kinds import Side
from profiles.record import Record
from profiles.schema import Partner, Programme
from profiles.store.connection import SYSTEM
from profiles.validation import validate

if TYPE_CHECKING:
    from profiles.store import Store

LONGEST_NOTE = 2_000


class _Applied(Record):
    profile: Id
    wishes: Ids = ()
    note: Annotated[Words, StringConstraints(max_length=LONGEST_NOTE)] = ""


def apply(
    store: Store,
    cohort: int,
    profile: str,
    *,
    wishes: Sequence[str] = (),
    note: str = "",
    by: str = SYSTEM,
    own: date | None = None,
) -> Entry:
    """Enter a profile into a cohort.

    What has been merged is taken as what it is now. Of the parts of one programme a profile
    applies to one: to one cohort, and there to the part that its first wish names; further wishes
    are the parts that it would take in place of it.

    Args:
        store: where both are held.
        cohort: the cohort's number.
        profile: a startup, or a partner of a kind that the rules name among applicants.
        wishes: the parts that it applies to, the dearest first.
        note: what the applicant writes.
        by: who enters it.
        own: the day on which it applies itself; staff enter others before and after the dates.

    Raises:
        CohortError: if the cohort takes no applications, or none of this profile.
        UnknownCohort: if there is none.
    """
    said = validate(_Applied, {"profile": profile, "wishes": wishes, "note": note})
    with writing(store.engine) as connection:
        return _enter(connection, cohort, said, by, own)


def apply_all(
    store: Store,
    cohort: int,
    profiles: Sequence[str],
    *,
    wishes: Sequence[str] = (),
    note: str = "",
    by: str = SYSTEM,
) -> list[Entry]:
    """Enter profiles into a cohort for them, all or none; `wishes` and `note` are of each.

    Raises:
        CohortError: if the cohort takes no applications, or none of one of them.
        InvalidRecord: with what is wrong with each of them, where there are several.
        UnknownCohort: if there is none.
    """
    same = {"wishes": wishes, "note": note}
    wrong: list[InvalidRecord] = []
    entered: list[Entry] = []
    with writing(store.engine) as connection:
        cohort_to_change(connection, cohort, None)
        for profile in profiles:
            with gathering(wrong):
                said = _listed({"profile": profile, **same})
                entered.append(_enter(connection, cohort, said, by, None))
        refuse_all(wrong)
        return entered


def _listed(given: Mapping[str, Any]) -> _Applied:
    """Read one of a list, where names may stand too: what can be no id names no profile."""
    try:
        return validate(_Applied, given)
    except InvalidRecord as error:
        if [(one.field, one.code) for one in error.errors] != [("profile", "id")]:
            raise
        raise CohortError("profile", "cohort_no_profile", given["profile"]) from error


def _enter(connection: Connection, cohort: int, said: _Applied, by: str, own: date | None) -> Entry:
    round_ = cohort_to_change(connection, cohort, None)
    if own is not None:
        _refuse_out_of_time(round_, own)
    id = merges.merged_ids(connection, [said.profile]).get(said.profile, said.profile)
    _refuse_unfit(connection, round_, id)
    _refuse_wishes(connection, round_, said.wishes, needed=own is not None)
    _refuse_second(connection, round_, id)
    number = _written(connection, cohort, id, said, by)
    told = {"own": own is not None, "wishes": list(said.wishes)}
    record(connection, cohort, number, "applied", by, told)
    return entry_row(connection, cohort, id)


def _written(connection: Connection, cohort: int, id: str, said: _Applied, by: str) -> int:
    """Write an application, in the place of one that was taken back; give the entry's number."""
    at = rows.now()
    values: dict[str, Any] = {"note": said.note, "by": by, "wishes": json.dumps(said.wishes)}
    values |= {"stage": EntryStage.APPLIED.value, "refusals": "[]", "reason": "", "reserve": "{}"}
    values |= {"applied_at": at, "moved_at": at}
    before = next((one for one in entry_rows(connection, cohort) if one.profile == id), None)
    if before is not None:
        change_entry(connection, before, **values)
        return before.id
    made = insert(t.cohort_entries).values(**values, cohort=cohort, profile=id, revision=1)
    number: int = connection.execute(made.returning(t.cohort_entries.c.id)).scalar_one()
    return number


def withdraw(
    store: Store,
    cohort: int,
    profile: str,
    *,
    reason: str = "",
    by: str = SYSTEM,
    base: int | None = None,
) -> Entry:
    """Take an application back; one that has a place declines it in its stead.

    Raises:
        CohortError: if there is no such entry, it has a place or is withdrawn, or the cohort is
            given up.
        StaleEdit: if it has been changed since `base`.
    """
    said = read_words(reason)
    states = (CohortState.INTAKE, CohortState.SCREENING, CohortState.DECIDED)
    with writing(store.engine) as connection:
        round_ = cohort_to_change(connection, cohort, None, *states)
        entry = entry_to_change(connection, cohort, profile, base)
        move(connection, round_, entry, EntryStage.WITHDRAWN, by, said, reserve="{}")
        return entry_row(connection, cohort, profile)


def mark(
    store: Store, cohort: int, refusals: Mapping[str, Sequence[Refusal]], *, by: str = SYSTEM
) -> list[Entry]:
    """Write down which rules of eligibility the entries of a cohort do not meet; none is eligible.

    Whoever is out by a screening, or over, stays so. One that met all rules and does not any more
    is refused; one that was refused and meets them now is eligible.

    Returns:
        The entries that were changed.

    Raises:
        CohortError: if the cohort is decided or given up.
        UnknownCohort: if there is none.
    """
    with writing(store.engine) as connection:
        round_ = cohort_to_change(connection, cohort, None)
        changed = [
            one.profile
            for one in entry_rows(connection, cohort)
            if one.profile in refusals and _mark(connection, round_, one, refusals[one.profile], by)
        ]
        return [entry_row(connection, cohort, id) for id in changed]


def _mark(
    connection: Connection, round_: Cohort, one: Entry, why: Sequence[Refusal], by: str
) -> bool:
    if one.stage not in CHECKED:
        return False
    to = EntryStage.REFUSED if why else EntryStage.ELIGIBLE
    text = json.dumps([asdict(each) for each in why], ensure_ascii=False)
    if to is one.stage and tuple(why) != one.refusals:
        change_entry(connection, one, refusals=text)
        record(connection, round_.id, one.id, "checked", by, {"refusals": json.loads(text)})
        return True
    if to is one.stage or (not why and one.stage in (EntryStage.FIRST, EntryStage.FINAL)):
        return False
    move(connection, round_, one, to, by, refusals=text)
    return True


def _refuse_out_of_time(cohort: Cohort, day: date) -> None:
    if not cohort.is_open_on(day):
        begins = cohort.opens is not None and day < cohort.opens
        code = "cohort_not_begun" if begins else "cohort_intake_over"
        told = {"opens": cohort.opens, "closes": cohort.closes, "name": cohort.name}
        raise CohortError("cohort", code, cohort.id, **told)


def _refuse_unfit(connection: Connection, cohort: Cohort, id: str) -> None:
    """Refuse who is not held, is of a kind that is not admitted, or says nothing of itself."""
    row = next(rows.by_ids(connection, t.profiles, t.profiles.c.id, [id]), None)
    if row is None:
        raise CohortError("profile", "cohort_no_profile", id)
    if row.side == Side.STARTUP.value:
        return
    partner = Partner.model_validate_json(row.payload)
    kind = partner.kind.value if partner.kind else ""
    if kind not in cohort.admits:
        raise CohortError("profile", "cohort_kind", id, kind=kind or "-")
    if not (partner.summary or partner.offering or partner.seeking):
        raise CohortError("profile", "cohort_no_text", id)
    if id in cohort.hosts:
        raise CohortError("profile", "cohort_is_host", id)


def _refuse_wishes(
    connection: Connection, cohort: Cohort, wishes: Sequence[str], *, needed: bool
) -> None:
    parts = set(cohort.hosts) & _part_ids(connection, cohort.programme)
    for wish in wishes:
        if wish not in parts:
            raise CohortError("wishes", "cohort_wish", wish)
    if parts and not wishes and needed:
        raise CohortError("wishes", "cohort_no_wish", None)


def _refuse_second(connection: Connection, cohort: Cohort, id: str) -> None:
    """Refuse one that stands here already, or in another part of the same programme."""
    own = _umbrella(connection, cohort.programme)
    c = t.cohort_entries.c
    its = (c.profile == id, c.aside.is_(None))
    found = connection.execute(select(c.cohort, c.stage).where(*its).order_by(c.id)).all()
    for row in found:
        if row.cohort == cohort.id:
            if row.stage != EntryStage.WITHDRAWN.value:
                raise CohortError("profile", "cohort_twice", id)
            continue
        other = cohort_row(connection, row.cohort)
        runs = other.state in (CohortState.INTAKE, CohortState.SCREENING)
        out = row.stage in (EntryStage.WITHDRAWN.value, EntryStage.REFUSED.value)
        if own and runs and not out and _umbrella(connection, other.programme) == own:
            raise CohortError("profile", "cohort_one_part", id, other=other.name)


def _umbrella(connection: Connection, programme: str) -> str | None:
    """Name the programme of whose parts a startup applies to one; None where there is none."""
    c = t.programmes.c.id
    row = next(rows.by_ids(connection, t.programmes, c, [programme]), None)
    part_of = Programme.model_validate_json(row.payload).part_of if row else None
    return part_of or (programme if _part_ids(connection, programme) else None)


def _part_ids(connection: Connection, programme: str) -> set[str]:
    holds = t.programmes.c.payload.contains(rows.member("part_of", programme), autoescape=True)
    found = connection.execute(select(t.programmes.c.payload).where(holds)).scalars()
    read = map(Programme.model_validate_json, found)
    return {one.id for one in read if one.part_of == programme}
