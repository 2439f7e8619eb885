"""Owns the calendar file of a meeting (RFC 5545)."""

from __future__ import annotations

from datetime import timedelta

from profiles.case_meetings import moment_of
from profiles.cases import CaseMeeting


def meeting_file(meeting: CaseMeeting, summary: str, description: str) -> bytes:
    """Write a meeting as an iCalendar file that publishes it, with its time zone.

    A meeting that was changed has a higher SEQUENCE, one that was cancelled the STATUS for it: a
    calendar that has it already takes the newer state.

    Args:
        meeting: the meeting.
        summary: its title.
        description: what it is about.
    """
    from icalendar import Calendar, Event

    start = moment_of(meeting)
    event = Event()
    event.add("uid", meeting.uid)
    event.add("dtstamp", meeting.changed_at.replace(microsecond=0))
    event.add("last-modified", meeting.changed_at.replace(microsecond=0))
    event.add("sequence", meeting.sequence)
    event.add("dtstart", start)
    event.add("duration", timedelta(minutes=meeting.minutes))  # as long, whatever clocks do
    event.add("summary", summary)
    event.add("description", description)
    event.add("status", "CANCELLED" if meeting.cancelled_at else "CONFIRMED")
    if meeting.place:
        event.add("location", meeting.place)
    calendar = Calendar()
    calendar.add("prodid", "-//Dari//Dari//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written
