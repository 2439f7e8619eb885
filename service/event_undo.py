"""Owns the way back from a change on the day that was a mistake: what it did is taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from profiles.event_basis import basis_of
from profiles.event_meetings import (
    Booked,
    Day,
    MeetingState,
    ScheduleRevision,
    keep_schedule,
    meetings_of,
    schedules_of,
)
from profiles.event_people import people_of
from profiles.event_plan import Chosen, EventPlan
from profiles.events import Event, EventError, Participant, get_event
from service.event_day import Happened, missed, on, slot_number

if TYPE_CHECKING:
    from service.wiring import Dari


def undoing(event: Event, people: Sequence[Participant], happened: Happened) -> dict[str, Any]:
    """Give what a change on the day does to plan and people, for it to be taken back.

    Returns:
        'away': the slots that somebody was not away in before; 'closed': those that the room was
        open in; 'rule': what was decided on the pair, "" for nothing.
    """
    if happened.kind == "room":
        room = event.plan.room(happened.room)
        later = event.plan.slots[slot_number(event, happened.slot) :]
        return {"closed": sorted({*later} - {*(room.closed if room else ())})}
    if happened.kind == "add":
        pair = (happened.person, happened.other)
        rules = [one.rule for one in event.plan.chosen if (one.a, one.b) == pair]
        return {"rule": rules[0] if rules else ""}
    known = next(one.away for one in people if one.id == happened.person)
    return {"away": sorted(missed(event, happened) - known)}


def can_undo(schedules: Sequence[ScheduleRevision]) -> bool:
    """Tell whether the newest schedule, the first, is of a change that can be taken back."""
    return len(schedules) > 1 and "undo" in schedules[0].record


def undo_change(dari: Dari, id: int, number: int, *, by: str) -> ScheduleRevision:
    """Take the newest schedule, of a change on the day, back: all is as it was before it.

    Who has been taken out since stays out.

    Raises:
        UnknownEvent: if there is no such event.
        EventError: if `number` is not the newest schedule, that is of no change on the day, or a
            meeting that the change moved or added was held.
    """
    since = replace(basis_of(dari.store, id), people="")
    event, people = on(get_event(dari.store, id)), people_of(dari.store, id)
    schedules = schedules_of(dari.store, id)
    if not schedules or schedules[0].number != number:
        raise EventError("schedule", "event_schedule_changed", id)
    if not can_undo(schedules):
        raise EventError("schedule", "event_no_undo", number)
    now = meetings_of(dari.store, id)
    before = _before(event, people, schedules[1])
    if not {one.booked for one in now if one.state is MeetingState.HELD} <= {*before}:
        raise EventError("schedule", "event_undo_held", number)
    former = schedules[1].record
    # What a change came to is told of that change alone: who reads it here would take it for this.
    is_told = not former.get("difference") and len(before) == len(former["meetings"])
    record = {name: former.get(name) for name in ("status", "digest")}
    record |= {
        "levels": former.get("levels") if is_told else [],
        "meetings": [list(one) for one in before],
        "difference": _difference([one.booked for one in now], before),
        "undone": number,
    }
    day = _day(event, schedules[0].record)
    return keep_schedule(dari.store, id, before, record, base=number, since=since, day=day, by=by)


def _before(
    event: Event, people: Collection[Participant], schedule: ScheduleRevision
) -> list[Booked]:
    """Give the meetings of a schedule of those who still take part.

    Raises:
        EventError: if the plan has lost a slot or room of one.
    """
    known = {one.id for one in people}
    found = [Booked(*one) for one in schedule.record["meetings"]]
    its = [one for one in found if {one.a, one.b} <= known]
    for one in its:
        if one.slot not in event.plan.slots or event.plan.room(one.room) is None:
            raise EventError(
                "schedule", "event_astray", f"{one.slot.replace('T', ' ')}, {one.room}"
            )
    return its


def _difference(now: Collection[Booked], before: Collection[Booked]) -> dict[str, Any]:
    is_now = {(one.a, one.b): one for one in now}
    was = {(one.a, one.b): one for one in before}
    both = [(is_now[pair], was[pair]) for pair in is_now if pair in was]
    return {
        "cancelled": [list(one) for pair, one in is_now.items() if pair not in was],
        "moved": [[list(old), list(new)] for old, new in both if old != new],
        "added": [list(one) for pair, one in was.items() if pair not in is_now],
        "kept": sum(old == new for old, new in both),
    }


def _day(event: Event, record: Mapping[str, Any]) -> Day:
    happened, undo = record["happened"], record["undo"]
    if "away" in undo:
        return Day(event.revision, back={happened["person"]: undo["away"]})
    plan = _reopened(event.plan, happened["room"], undo["closed"]) if "closed" in undo else None
    return Day(event.revision, plan=plan or _undecided(event.plan, happened, undo["rule"]))


def _reopened(plan: EventPlan, room: str, slots: Collection[str]) -> EventPlan:
    rooms = tuple(
        one.model_copy(update={"closed": tuple(sorted({*one.closed} - {*slots}))})
        if one.name == room
        else one
        for one in plan.rooms
    )
    return plan.model_copy(update={"rooms": rooms})


def _undecided(plan: EventPlan, happened: Mapping[str, Any], rule: Any) -> EventPlan:
    a, b = happened["person"], happened["other"]
    others = tuple(one for one in plan.chosen if (one.a, one.b) != (a, b))
    former = (Chosen(a=a, b=b, rule=rule),) if rule else ()
    return plan.model_copy(update={"chosen": (*others, *former)})
