"""Owns the meetings of a case: planned, changed and cancelled, as a calendar counts them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Self
from uuid import uuid4
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Connection, insert, or_, select, update

from profiles import rows
from profiles import tables as t
from profiles.cases import Case, CaseError, CaseMeeting, read_meeting
from profiles.casework import read_for_change, read_open, record
from profiles.database import writing
from profiles.fields import Plain, Whole
from profiles.record import Record
from profiles.store import SYSTEM, Store
from profiles.validation import validate

LONGEST_PLACE = 500
LONGEST_MEETING = 24 * 60
FIRST_YEAR, LAST_YEAR = 2000, 2100


def _read_clock(text: str) -> str:
    """Read the time on a clock, to the minute."""
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("case_starts", "no date with a time") from None
    if start.tzinfo is not None:
        raise PydanticCustomError("case_starts", "a time with its zone")
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        years = {"first": FIRST_YEAR, "last": LAST_YEAR, "year": start.year}
        raise PydanticCustomError("case_year", "a year far away", years)
    return start.replace(second=0, microsecond=0).isoformat(timespec="minutes")


def _read_zone(name: str) -> str:
    if name not in zones():
        raise PydanticCustomError("case_zone", "no zone")
    return name


class _Told(Record):
    starts: Annotated[Plain, AfterValidator(_read_clock)]
    zone: Annotated[Plain, AfterValidator(_read_zone)]
    minutes: Annotated[Whole, Field(ge=1, le=LONGEST_MEETING)] = 60
    place: Annotated[Plain, StringConstraints(max_length=LONGEST_PLACE)] = ""

    @model_validator(mode="after")
    def _is_shown(self) -> Self:
        """Refuse a time that a clock there never shows, for summer time begins."""
        start, zone = datetime.fromisoformat(self.starts), ZoneInfo(self.zone)
        shown = start.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None)
        if shown != start:
            told = {"field": "starts", "zone": self.zone}
            raise PydanticCustomError("case_gap", "a time that is left out", told)
        return self


def plan_meeting(
    store: Store,
    case: int,
    *,
    starts: str,
    zone: str,
    minutes: int | str = 60,
    place: str = "",
    by: str = SYSTEM,
) -> CaseMeeting:
    """Plan a meeting of the two sides of an open case.

    Args:
        store: where the case is.
        case: its number.
        starts: the time on the clock there, as '2026-11-30T14:00'.
        zone: the time zone there (IANA name).
        minutes: how long it lasts, at most a day.
        place: where it is, or its link.
        by: who plans it.

    Raises:
        InvalidRecord: if a value is wrong, or the case is closed.
        UnknownCase: if there is none.
    """
    values = _read(starts=starts, zone=zone, minutes=minutes, place=place)
    with writing(store.engine) as connection:
        of = read_open(connection, case, None)
        told = {**values, "case": case, "uid": f"{uuid4()}@dari", "sequence": 0}
        made = insert(t.case_meetings).values(**told, changed_at=rows.now())
        id = connection.execute(made.returning(t.case_meetings.c.id)).scalar_one()
        return _tell(connection, of, id, "planned", by)


def change_meeting(
    store: Store,
    case: int,
    id: int,
    *,
    starts: str,
    zone: str,
    minutes: int | str = 60,
    place: str = "",
    seen: int | None = None,
    by: str = SYSTEM,
) -> CaseMeeting:
    """Change a meeting, so that a calendar that has it takes the newer state.

    `seen` is the sequence that the person saw.

    Raises:
        InvalidRecord: if a value is wrong, the meeting is cancelled or gone, or has been changed.
        UnknownCase: if there is no such case.
    """
    values = _read(starts=starts, zone=zone, minutes=minutes, place=place)
    with writing(store.engine) as connection:
        of = read_for_change(connection, case, None)
        held = _standing(connection, case, id, seen)
        if all(getattr(held, name) == value for name, value in values.items()):
            return held
        _write(connection, held, **values)
        return _tell(connection, of, id, "changed", by)


def cancel_meeting(
    store: Store, case: int, id: int, *, seen: int | None = None, by: str = SYSTEM
) -> CaseMeeting:
    """Cancel a meeting; it stays, so that calendars can be told.

    Raises:
        InvalidRecord: if it is cancelled already or gone, or has been changed since `seen`.
        UnknownCase: if there is no such case.
    """
    with writing(store.engine) as connection:
        of = read_for_change(connection, case, None)
        held = _standing(connection, case, id, seen)
        _write(connection, held, cancelled_at=rows.now())
        return _tell(connection, of, id, "cancelled", by)


@cache
def zones() -> tuple[str, ...]:
    """Name the time zones that are known, in the order of their names."""
    return tuple(
        sorted(one for one in available_timezones() if one not in ("localtime", "Factory"))
    )


def moment_of(meeting: CaseMeeting) -> datetime:
    """Give the moment at which a meeting starts, in its zone."""
    return datetime.fromisoformat(meeting.starts).replace(tzinfo=ZoneInfo(meeting.zone))


def _read(**raw: Any) -> dict[str, Any]:
    return validate(_Told, raw).model_dump()


def _standing(connection: Connection, case: int, id: int, seen: int | None) -> CaseMeeting:
    m = t.case_meetings
    row = None
    if 0 < id < 1 << 63:
        c = t.cases.c
        own = select(c.id).where(or_(c.id == case, c.aside == case))
        its = (m.c.id == id, m.c.case.in_(own))
        row = connection.execute(select(m).where(*its)).one_or_none()
    if row is None or row.cancelled_at is not None:
        raise CaseError("meeting", "case_no_meeting", id)
    if seen is not None and row.sequence != seen:
        raise CaseError("meeting", "case_meeting_changed", id)
    return read_meeting(row)


def _write(connection: Connection, held: CaseMeeting, **values: Any) -> None:
    its = update(t.case_meetings).where(t.case_meetings.c.id == held.id)
    counted = {"sequence": held.sequence + 1, "changed_at": rows.now()}
    connection.execute(its.values(**values, **counted))


def _tell(connection: Connection, case: Case, id: int, what: str, by: str) -> CaseMeeting:
    row = connection.execute(select(t.case_meetings).where(t.case_meetings.c.id == id)).one()
    one = read_meeting(row)
    told = {"meeting": id, "what": what, "starts": one.starts, "zone": one.zone}
    record(connection, case, "meeting", by, {**told, "place": one.place})
    return one
