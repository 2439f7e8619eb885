"""Owns what pages tell of an event: its grid, each person's meetings, and its schedule in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from flask_babel import gettext, ngettext
from werkzeug.exceptions import NotFound

from matcher.scheduling import aim_words, level_words, levels_from_json, proof_words
from profiles import Programme, Store, Text
from profiles.event_meetings import EventMeeting, ScheduleRevision, meetings_of, schedules_of
from profiles.event_people import get_person, people_of
from profiles.events import Event, EventError, Participant, UnknownEvent, get_event
from profiles.jobs import Job, JobKind, jobs, open_jobs
from service.event_planning import key, names_of
from service.exporting import Sheet
from service.language import language
from service.security import dari
from service.wiring import Dari


@dataclass(frozen=True)
class EventPage:
    """An event with all that its pages show."""

    event: Event
    programme: Programme | None
    people: Sequence[Participant]
    every: Sequence[EventMeeting]
    schedules: Sequence[ScheduleRevision]
    names: Mapping[str, Text]

    @property
    def meetings(self) -> list[EventMeeting]:
        """Those that are not cancelled."""
        return [one for one in self.every if one.is_on]

    @cached_property
    def grid(self) -> Mapping[tuple[str, str], EventMeeting]:
        """The meetings by slot and room."""
        return {(one.slot, one.room): one for one in self.meetings}

    def side(self, side: str) -> list[Participant]:
        """Give the participants of a side."""
        return [one for one in self.people if one.side == side]

    def side_name(self, side: str) -> str:
        """Name a side."""
        text = self.event.plan.side_a if side == "a" else self.event.plan.side_b
        if text:
            return text.in_(language())
        return str(gettext("Guests") if side == "a" else gettext("Hosts"))

    def name(self, person: int) -> str:
        """Name a participant."""
        return self.names[key(person)].in_(language()) if key(person) in self.names else "–"

    def of_person(self, person: int) -> list[EventMeeting]:
        """Give a participant's meetings in time."""
        return [one for one in self.meetings if person in (one.a, one.b)]

    def of_room(self, room: str) -> list[EventMeeting]:
        """Give a room's meetings in time."""
        return [one for one in self.meetings if one.room == room]

    def clock(self, slot: str, zone: str | None = None) -> str:
        """Tell a slot by the clock of the event, or of another zone with its day."""
        if zone is None:
            return slot[11:]
        return f"{self.event.plan.moment(slot).astimezone(ZoneInfo(zone)):%m-%d %H:%M}"

    def next_slot(self) -> str:
        """Give the first slot that has not begun; the first of all once all have."""
        plan, now = self.event.plan, datetime.now(UTC)
        return next((one for one in plan.slots if plan.moment(one) > now), plan.slots[0])


def event_page(dari: Dari, id: int) -> EventPage:
    """Read an event with all that its pages show.

    Raises:
        UnknownEvent: if there is none.
    """
    event, people = get_event(dari.store, id), people_of(dari.store, id)
    programmes = {one.id: one for one in dari.store.programmes()}
    return EventPage(
        event,
        programmes.get(event.programme or ""),
        people,
        meetings_of(dari.store, id, cancelled=True),
        schedules_of(dari.store, id),
        names_of(dari, event, people),
    )


def page_or_none_such(id: int) -> EventPage:
    """Read an event with all that its pages show.

    Raises:
        NotFound: if there is none.
    """
    try:
        return event_page(dari(), id)
    except UnknownEvent as error:
        raise NotFound from error


def person_or_none_such(id: int, person: int) -> Participant:
    """Read a participant.

    Raises:
        NotFound: if there is no such participant.
    """
    try:
        return get_person(dari().store, id, person)
    except EventError as error:
        raise NotFound from error


def job_of(store: Store, id: int) -> Job | None:
    """Give the newest job that schedules an event, unless it is done or cancelled."""
    waiting = open_jobs(store, JobKind.SCHEDULE)  # however many were asked for after them
    over = (one for one in jobs(store) if one.kind is JobKind.SCHEDULE)
    its = (one for one in (*waiting, *over) if one.arguments.get("event") == id)
    found = max(its, key=lambda one: one.id, default=None)
    return None if found is None or found.state in ("done", "cancelled") else found


def proposed_words(count: int) -> tuple[str, str]:
    """Say how many events have been proposed, and how that is shown."""
    if not count:
        return gettext("The next two events are there already."), "info"
    told = ngettext(
        "One event has been proposed: confirm it.",
        "%(num)s events have been proposed: confirm them.",
        count,
    )
    return told, "success"


def proof_of(one: ScheduleRevision) -> tuple[str, list[tuple[str, str]]]:
    """Say what of a schedule is proven, and each of its levels with what it came to."""
    levels, lang = levels_from_json(one.record.get("levels", ())), language()
    told = [(aim_words(level.aim).in_(lang), level_words(level).in_(lang)) for level in levels]
    return proof_words(levels).in_(lang) if levels else "", told


def sheet_of(page: EventPage) -> Sheet:
    """Put the meetings of an event into a table, a row each."""
    plan = page.event.plan
    columns = (
        gettext("Day"), gettext("Time"), gettext("Room"), page.side_name("a"), page.side_name("b"),
        gettext("State"),
    )  # fmt: skip
    rows = tuple(
        (one.slot[:10], one.slot[11:], one.room, page.name(one.a), page.name(one.b),
         state_name(one.state.value))
        for one in page.every
    )  # fmt: skip
    name = plan.name.in_(language())
    about = (
        (gettext("Event"), name),
        (gettext("Venue"), plan.place),
        (gettext("Time zone"), plan.zone),
    )
    return Sheet(name, about, columns, rows)


def state_name(state: str) -> str:
    """Name the state of an event or a meeting."""
    named = {
        "proposed": gettext("proposed"),
        "confirmed": gettext("confirmed"),
        "cancelled": gettext("cancelled"),
        "planned": gettext("planned"),
        "held": gettext("held"),
    }
    return str(named[state])
