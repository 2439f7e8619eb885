"""Owns what happens on the day of an event, and what an event is after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from profiles.event_meetings import Day, meetings_of, schedules_of
from profiles.event_people import people_of
from profiles.event_plan import Chosen
from profiles.events import Event, EventError, EventState, Participant

if TYPE_CHECKING:
    from service.wiring import Dari

Kind = Literal["absent", "late", "room", "add"]
KINDS: tuple[Kind, ...] = ("absent", "late", "room", "add")


@dataclass(frozen=True, slots=True)
class Happened:
    """What happened on the day.

    Attributes:
        kind: somebody does not come any more, or comes late; a room is lost; a meeting is added.
        slot: from when on (absent, room, add), or until when (late: the first slot that it makes).
        now: the first slot that can still be changed; by default the first of all for who comes
            late, else `slot`. What is up to the last meeting that was held stands in any case.
        person: who is absent or late, or the guest of the added meeting.
        other: the host of the added meeting.
        room: which is lost.
    """

    kind: Kind
    slot: str
    now: str = ""
    person: int = 0
    other: int = 0
    room: str = ""


def check_happened(dari: Dari, event: Event, happened: Happened) -> None:
    """Refuse what cannot have happened at an event.

    Raises:
        EventError: if there is no schedule yet, or it does not know of whom or what is said.
    """
    if not newest(dari, event.id):
        raise EventError("schedule", "event_not_yet", event.id)
    after(event, people_of(dari.store, event.id), happened)
    if happened.kind == "add":
        _refuse_pair_that_meets(dari, event, happened)
    if happened.now:
        slot_number(event, happened.now)


def _refuse_pair_that_meets(dari: Dari, event: Event, happened: Happened) -> None:
    pair = (happened.person, happened.other)
    for one in meetings_of(dari.store, event.id):
        if (one.a, one.b) == pair:
            raise EventError("other", "event_meets", f"{one.slot.replace('T', ' ')}, {one.room}")


def on(event: Event) -> Event:
    """Give an event that is not called off.

    Raises:
        EventError: if it is.
    """
    if event.state is EventState.CANCELLED:
        raise EventError("event", "event_off", event.id)
    return event


def newest(dari: Dari, id: int) -> int:
    """Give the number of the newest schedule of an event, 0 where there is none."""
    found = schedules_of(dari.store, id)
    return found[0].number if found else 0


def slot_number(event: Event, slot: str) -> int:
    """Give the number of a slot.

    Raises:
        EventError: if the event has no such slot.
    """
    if slot not in event.plan.slots:
        raise EventError("slot", "event_slot", slot)
    return event.plan.slots.index(slot)


def after(
    event: Event, people: list[Participant], happened: Happened
) -> tuple[Event, list[Participant]]:
    """Give an event and its people as they are once something has happened."""
    slots, number = event.plan.slots, slot_number(event, happened.slot)
    if happened.kind == "room":
        return _without_room(event, happened.room, slots[number:]), people
    _refuse_strangers(people, happened)
    if happened.kind == "add":
        new = Chosen(a=happened.person, b=happened.other, rule="forced")
        others = (one for one in event.plan.chosen if (one.a, one.b) != (new.a, new.b))
        plan = event.plan.model_copy(update={"chosen": (*others, new)})
        return replace(event, plan=plan), people
    away = missed(event, happened)
    return event, [
        replace(one, away=one.away | away) if one.id == happened.person else one for one in people
    ]


def missed(event: Event, happened: Happened) -> frozenset[str]:
    """Give the slots that who is absent or late misses."""
    slots, number = event.plan.slots, slot_number(event, happened.slot)
    return frozenset(slots[:number] if happened.kind == "late" else slots[number:])


def day_of(event: Event, happened: Happened, after: Event) -> Day:
    """Give what is kept of what happened, beside the schedule."""
    if happened.kind in ("absent", "late"):
        return Day(event.revision, away={happened.person: missed(event, happened)})
    return Day(event.revision, plan=after.plan)


def _without_room(event: Event, room: str, slots: Sequence[str]) -> Event:
    if event.plan.room(room) is None:
        raise EventError("room", "event_room", room)
    rooms = tuple(
        one.model_copy(update={"closed": tuple(sorted({*one.closed, *slots}))})
        if one.name == room
        else one
        for one in event.plan.rooms
    )
    return replace(event, plan=event.plan.model_copy(update={"rooms": rooms}))


def _refuse_strangers(people: Sequence[Participant], happened: Happened) -> None:
    refuse_others(people, "person", happened.person, "a" if happened.kind == "add" else None)
    if happened.kind == "add":
        refuse_others(people, "other", happened.other, "b")


def refuse_others(
    people: Sequence[Participant], field: str, chosen: int, side: str | None = None
) -> None:
    """Refuse a choice of nobody (0), or of one who takes no part, or not on that side.

    Raises:
        EventError: if so; it names the field.
    """
    if not chosen:
        raise EventError(field, "event_unchosen")
    if not any(one.id == chosen and side in (None, one.side) for one in people):
        raise EventError(field, "event_nobody", chosen)
