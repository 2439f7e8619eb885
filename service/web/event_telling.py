"""Owns what pages tell of an event: its grid, each person's meetings, and its schedule in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from flask_babel import gettext, ngettext
from werkzeug.exceptions import NotFound

from matcher.scheduling import aim_words, level_words, levels_of, proof_words
from profiles import Programme, Store, Text
from profiles.event_meetings import (
    EventMeeting,
    MeetingState,
    ScheduleRevision,
    meetings_of,
    schedules_of,
)
from profiles.event_people import get_person, people_of
from profiles.event_plan import EventPlan, Table
from profiles.events import Event, EventError, Participant, UnknownEvent, get_event
from profiles.jobs import Job, JobKind, jobs, open_jobs
from service.event_planning import key, names_of
from service.event_times import clock, slot_words, zone_words
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

    def some(self, only: str) -> list[Participant]:
        """Give those who meet somebody, or the one of a number."""
        if only:
            return [one for one in self.people if str(one.id) == only]
        return [one for one in self.people if self.of_person(one.id)]

    def rooms(self, only: str) -> list[Table]:
        """Give the rooms in which somebody meets, or the one of a name."""
        if only:
            return [one for one in self.event.plan.rooms if one.name == only]
        return [one for one in self.event.plan.rooms if self.of_room(one.name)]

    def side(self, side: str) -> list[Participant]:
        """Give the participants of a side."""
        return [one for one in self.people if one.side == side]

    def side_name(self, side: str) -> str:
        """Name a side."""
        text = self.event.plan.side_a if side == "a" else self.event.plan.side_b
        if text:
            return text.in_(language())
        return str(gettext("Guests") if side == "a" else gettext("Hosts of the event"))

    def name(self, person: int) -> str:
        """Name a participant."""
        return self.names[key(person)].in_(language()) if key(person) in self.names else "–"

    def of_person(self, person: int) -> list[EventMeeting]:
        """Give a participant's meetings in time."""
        return [one for one in self.meetings if person in (one.a, one.b)]

    def off_of(self, person: int) -> list[EventMeeting]:
        """Give a participant's meetings that are cancelled, in time."""
        return [one for one in self.every if not one.is_on and person in (one.a, one.b)]

    @property
    def clashes(self) -> list[tuple[Participant, EventMeeting]]:
        """The planned meetings at times when one of the two is away, or asleep by its own clock."""
        held = {one.id: one.away | self._asleep(one) for one in self.people}
        known = {one.id: one for one in self.people}
        return [
            (known[id], met)
            for met in self.meetings
            for id in (met.a, met.b)
            if met.slot in held.get(id, ()) and met.state is MeetingState.PLANNED
        ]

    @property
    def never(self) -> list[Participant]:
        """Those who can come at no time at all: they are away, or asleep by their own clock."""
        slots = {*self.event.plan.slots}
        return [one for one in self.people if slots <= one.away | self._asleep(one)]

    @property
    def astray(self) -> list[EventMeeting]:
        """The meetings at times or in rooms that the plan has lost since they were scheduled."""
        plan = self.event.plan
        known = {(slot, room.name) for slot in plan.slots for room in plan.rooms}
        return [one for one in self.meetings if (one.slot, one.room) not in known]

    def _asleep(self, one: Participant) -> frozenset[str]:
        return self.event.plan.asleep(one.zone) if one.zone and one.online else frozenset()

    def of_room(self, room: str) -> list[EventMeeting]:
        """Give a room's meetings in time."""
        return [one for one in self.meetings if one.room == room]

    @cached_property
    def zones(self) -> tuple[str, ...]:
        """The other time zones in which somebody takes part."""
        return tuple(sorted({one.zone for one in self.people if one.zone} - {self.event.plan.zone}))

    @property
    def zone_names(self) -> list[str]:
        """How these are called."""
        return [self.zone_name(zone) for zone in self.zones]

    def clock(self, slot: str, zone: str | None = None) -> str:
        """Tell when a slot begins: by the clock of the event, or of another zone."""
        return clock(self.event.plan, slot, language(), zone)

    def at(self, slot: str, zone: str | None = None) -> str:
        """Tell when a slot begins, with its day."""
        return slot_words(self.event.plan, slot, language(), zone)

    def zone_name(self, zone: str | None = None) -> str:
        """Name the time zone of the event, or another one."""
        return zone_words(self.event.plan, language(), zone)

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


def zone_of(plan: EventPlan) -> str:
    """Name the time zone of a plan."""
    return zone_words(plan, language())


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
    levels, lang = levels_of(one.record.get("levels", ())), language()
    told = [(aim_words(level.aim).in_(lang), level_words(level).in_(lang)) for level in levels]
    return proof_words(levels).in_(lang) if levels else "", told


def sheet_of(page: EventPage) -> Sheet:
    """Put the meetings of an event into a table, a row each."""
    plan = page.event.plan
    clocks = [None, *page.zones]
    columns = (
        gettext("Date"), *(f"{gettext('Time')} ({page.zone_name(zone)})" for zone in clocks),
        gettext("Room"), page.side_name("a"), page.side_name("b"), gettext("State"),
    )  # fmt: skip
    rows = tuple(
        (one.slot[:10], *(page.clock(one.slot, zone) for zone in clocks), one.room,
         page.name(one.a), page.name(one.b), state_name(one.state.value))
        for one in page.every
    )  # fmt: skip
    name = plan.name.in_(language())
    about = (
        (gettext("Event"), name),
        (gettext("Venue"), plan.place),
        (gettext("Time zone"), page.zone_name()),
    )
    return Sheet(name, about, columns, rows)


def state_name(state: str) -> str:
    """Name the state of an event or a meeting."""
    named = {
        "proposed": gettext("proposed"),
        "confirmed": gettext("confirmed"),
        "cancelled": gettext("cancelled"),
        "planned": gettext("planned"),
        "held": gettext("took place"),
    }
    return str(named[state])


def event_field(field: str) -> str:
    """Name a field of the forms of events; one that has no name is told as it is."""
    named = {
        "days": gettext("Days of the event"), "closes": gettext("Last meeting ends"),
        "opens": gettext("First meeting"), "minutes": gettext("Minutes of a meeting"),
        "gap": gettext("Minutes between two"), "breaks": gettext("Breaks"),
        "rooms": gettext("Rooms"), "walk": gettext("Minutes from hall to hall"),
        "in_a_row": gettext("Most meetings in a row"), "zone": gettext("Time zone"),
        "country": gettext("Country"), "place": gettext("Venue"), "name": gettext("Name"),
        "side": gettext("Side"), "a": gettext("Guests"), "b": gettext("Hosts of the event"),
        "profile": gettext("Profile: name or ID"), "organisation": gettext("Organisation"),
        "called": gettext("Name of the person"), "least": gettext("Fewest meetings"),
        "most": gettext("Most meetings"), "wishes": gettext("Whom to meet?"),
        "away": gettext("When is it impossible?"), "people": gettext("Participants"),
        "person": gettext("Participant"), "other": gettext("With whom"), "room": gettext("Room"),
        "slot": gettext("From when"), "kind": gettext("What happened?"),
        "programme": gettext("Programme"), "event": gettext("Event"),
        "meeting": gettext("Meeting"),
    }  # fmt: skip
    return str(named.get(field.partition(".")[0], field))
