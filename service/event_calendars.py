"""Owns the calendar files of an event: of all its meetings, and of one participant's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from profiles import Text
from profiles.event_meetings import EventMeeting, MeetingState
from profiles.events import Event, EventState, Participant
from service.calendars import Entry, calendar_file
from service.event_planning import key


def event_file(
    event: Event,
    meetings: Sequence[EventMeeting],
    names: Mapping[str, Text],
    lang: str,
    *,
    person: Participant | None = None,
    cancelled: bool = False,
) -> bytes:
    """Write the meetings of an event, or of one participant, as an iCalendar file.

    The UID of a meeting stays whatever becomes of it, and its SEQUENCE rises with every change.
    Of an event that is called off no planned meeting is on.

    Args:
        event: the event; its clock is that of the file.
        meetings: its meetings, those that are cancelled among them.
        names: names of participants by their keys.
        lang: 'ko' or 'en'.
        person: whose meetings; None for all.
        cancelled: give those that are cancelled, for calendars to take them out (METHOD CANCEL).
    """
    its = [one for one in meetings if person is None or person.id in (one.a, one.b)]
    shown = [one for one in its if cancelled is _is_off(event, one)]
    entries = [_entry(event, one, names, lang, person) for one in shown]
    return calendar_file(entries, "CANCEL" if cancelled else "PUBLISH")


def _is_off(event: Event, one: EventMeeting) -> bool:
    called_off = event.state is EventState.CANCELLED and one.state is MeetingState.PLANNED
    return called_off or not one.is_on


def _entry(
    event: Event,
    one: EventMeeting,
    names: Mapping[str, Text],
    lang: str,
    person: Participant | None,
) -> Entry:
    ids = [one.other(person.id)] if person else [one.a, one.b]
    who = " – ".join(names[key(id)].in_(lang) if id > 0 else "–" for id in ids)
    start = datetime.fromisoformat(one.slot).replace(tzinfo=ZoneInfo(event.plan.zone))
    place = ", ".join(part for part in (one.room, event.plan.place) if part)
    note = event.plan.note.in_(lang) if event.plan.note else ""
    return Entry(
        one.uid, one.sequence, one.changed_at, start, event.plan.minutes,
        f"{who} ({event.plan.name.in_(lang)})", note, place, _is_off(event, one),
    )  # fmt: skip
