"""Owns calendar files (RFC 5545): of a meeting of a case, and of the meetings of an event."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from profiles.case_meetings import moment_of
from profiles.cases import CaseMeeting

if TYPE_CHECKING:
    from icalendar import Event

Method = Literal["PUBLISH", "CANCEL"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One meeting of a calendar; `start` is in the zone that its clock shows."""

    uid: str
    sequence: int
    changed_at: datetime
    start: datetime
    minutes: int
    summary: str
    description: str
    place: str
    cancelled: bool


def meeting_file(meeting: CaseMeeting, summary: str, description: str) -> bytes:
    """Write a meeting as an iCalendar file that publishes it, with its time zone.

    A meeting that was changed has a higher SEQUENCE, one that was cancelled the STATUS for it: a
    calendar that has it already takes the newer state.

    Args:
        meeting: the meeting.
        summary: its title.
        description: what it is about.
    """
    return calendar_file([
        Entry(
            meeting.uid, meeting.sequence, meeting.changed_at, moment_of(meeting), meeting.minutes,
            summary, description, meeting.place, meeting.cancelled_at is not None,
        )
    ])  # fmt: skip


def calendar_file(entries: Iterable[Entry], method: Method = "PUBLISH") -> bytes:
    """Write meetings as an iCalendar file, with the time zones that they are in.

    Args:
        entries: the meetings.
        method: CANCEL tells a calendar to take those that it has out.
    """
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//Dari//Dari//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    for one in entries:
        calendar.add_component(_event(one))
    calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written


def _event(one: Entry) -> Event:
    from icalendar import Event

    event = Event()
    event.add("uid", one.uid)
    event.add("dtstamp", one.changed_at.replace(microsecond=0))
    event.add("last-modified", one.changed_at.replace(microsecond=0))
    event.add("sequence", one.sequence)
    event.add("dtstart", one.start)
    event.add("duration", timedelta(minutes=one.minutes))  # as long, whatever clocks do
    event.add("summary", one.summary)
    event.add("description", one.description)
    event.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
    if one.place:
        event.add("location", one.place)
    return event
