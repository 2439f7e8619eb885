"""Owns the schedules of an event: made anew, or fitted to what has changed on the day."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from matcher.assignment import Status
from matcher.scheduling import (
    Changed,
    Difference,
    NotContradictory,
    Schedule,
    change,
    check,
    contradiction,
    remedy_words,
    rule_words,
    schedule,
)
from profiles.event_meetings import (
    Day,
    EventMeeting,
    MeetingState,
    ScheduleRevision,
    keep_schedule,
    meetings_of,
    schedules_of,
)
from profiles.event_people import people_of
from profiles.event_plan import Chosen
from profiles.events import Event, EventError, Participant, get_event
from service.event_planning import Scene, scene_of

if TYPE_CHECKING:
    from service.wiring import Dari

SHORT = 6_000
"""The most (pair, slot) of an event that is scheduled while a page waits."""

QUICK_S = 10.0
LONG_S = 60.0

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


def is_short(event: Event, people: Sequence[Participant]) -> bool:
    """Tell whether a schedule is made while a page waits, or by a job."""
    guests = sum(one.side == "a" for one in people)
    return guests * (len(people) - guests) * len(event.plan.slots) <= SHORT


def make_schedule(
    dari: Dari,
    id: int,
    *,
    seconds: float = LONG_S,
    by: str,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> ScheduleRevision:
    """Make the schedule of an event anew; meetings that were held stand.

    Raises:
        UnknownEvent: if there is none.
        EventError: if the rules contradict one another (told in words), nothing was found in the
            time, or another schedule was made meanwhile.
    """
    event, base = get_event(dari.store, id), newest(dari, id)
    scene = scene_of(dari, event, people_of(dari.store, id))
    held = [one.booked for one in meetings_of(dari.store, id) if one.state is MeetingState.HELD]
    scene = replace(scene, instance=scene.instance.but(fixed=tuple(scene.meetings(held))))
    found = schedule(scene.instance, seconds=seconds, stop=stop, progress=progress)
    _refuse_none(scene, found, seconds, max(seconds, QUICK_S))
    return _keep(dari, scene, found, base, by, None)


def fit_to_day(
    dari: Dari, id: int, happened: Happened, *, seconds: float = 20.0, by: str
) -> ScheduleRevision:
    """Fit the schedule to what happened, with the least disturbance.

    Raises:
        UnknownEvent: if there is none.
        EventError: if there is no schedule yet, it does not know of whom or what is said, or the
            added meeting cannot be.
    """
    event, people, base = get_event(dari.store, id), people_of(dari.store, id), newest(dari, id)
    if not base:
        raise EventError("schedule", "event_not_yet", id)
    late = event.plan.slots[0] if happened.kind == "late" else happened.slot
    meetings = meetings_of(dari.store, id)
    first = _first(event, happened.now or late, meetings)
    after, others = _after(event, people, happened)
    scene = scene_of(dari, after, others)
    before = scene.meetings([one.booked for one in meetings])
    changed = change(scene.instance, before, first, seconds=seconds)
    _refuse_none(scene, changed.schedule, seconds, QUICK_S)  # who asks for it waits
    day = _day(event, happened, after)
    return _keep(dari, scene, changed.schedule, base, by, changed, day)


def newest(dari: Dari, id: int) -> int:
    """Give the number of the newest schedule of an event, 0 where there is none."""
    found = schedules_of(dari.store, id)
    return found[0].number if found else 0


def _number(event: Event, slot: str) -> int:
    if slot not in event.plan.slots:
        raise EventError("slot", "event_slot", slot)
    return event.plan.slots.index(slot)


def _first(event: Event, now: str, meetings: Sequence[EventMeeting]) -> int:
    """Give the first slot that can be changed: none up to the last in which a meeting was held."""
    held = [_number(event, one.slot) for one in meetings if one.state is MeetingState.HELD]
    return max([_number(event, now), *(slot + 1 for slot in held)])


def _after(
    event: Event, people: list[Participant], happened: Happened
) -> tuple[Event, list[Participant]]:
    """Give an event and its people as they are once something has happened."""
    slots, number = event.plan.slots, _number(event, happened.slot)
    if happened.kind == "room":
        return _without_room(event, happened.room, slots[number:]), people
    _refuse_strangers(people, happened)
    if happened.kind == "add":
        new = Chosen(a=happened.person, b=happened.other, rule="forced")
        others = (one for one in event.plan.chosen if (one.a, one.b) != (new.a, new.b))
        plan = event.plan.model_copy(update={"chosen": (*others, new)})
        return replace(event, plan=plan), people
    gone = _gone(event, happened)
    return event, [
        replace(one, away=one.away | gone) if one.id == happened.person else one for one in people
    ]


def _gone(event: Event, happened: Happened) -> frozenset[str]:
    """Give the slots that who is absent or late misses."""
    slots, number = event.plan.slots, _number(event, happened.slot)
    return frozenset(slots[:number] if happened.kind == "late" else slots[number:])


def _day(event: Event, happened: Happened, after: Event) -> Day:
    """Give what is kept of what happened, beside the schedule."""
    if happened.kind in ("absent", "late"):
        return Day(event.revision, away={happened.person: _gone(event, happened)})
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
    sides = {one.id: one.side for one in people}
    if happened.person not in sides:
        raise EventError("person", "event_nobody", happened.person)
    if happened.kind == "add" and (sides[happened.person], sides.get(happened.other)) != ("a", "b"):
        raise EventError("other", "event_nobody", happened.other)


def _refuse_none(scene: Scene, found: Schedule, seconds: float, why_s: float) -> None:
    """Say why there is no schedule, which is searched for in `why_s` seconds.

    Raises:
        EventError: if none was found.
    """
    if found.status is Status.UNKNOWN:
        raise EventError("schedule", "event_no_time", f"{seconds:g}")
    if found.status is not Status.INFEASIBLE:
        return
    try:
        rules = contradiction(scene.instance, seconds=why_s).rules
    except NotContradictory as error:  # a whole day would do, or the time is over
        raise EventError("schedule", "event_none_left", scene.event.id) from error
    said = {
        f"{what}_{lang}": " ".join(tell(rule, scene.names).in_(lang) for rule in rules)
        for what, tell in (("rule", rule_words), ("remedy", remedy_words))
        for lang in ("en", "ko")
    }
    raise EventError("schedule", "event_impossible", scene.event.id, **said)


def _keep(
    dari: Dari,
    scene: Scene,
    found: Schedule,
    base: int,
    by: str,
    changed: Changed | None,
    day: Day | None = None,
) -> ScheduleRevision:
    booked = scene.booked(found.meetings)
    record: dict[str, Any] = {
        "status": found.status.value,
        "digest": scene.instance.digest,
        "levels": found.as_json()["levels"],
        "meetings": [list(one) for one in booked],
        "difference": _difference(scene, changed.difference) if changed else None,
        "broken": len(check(scene.instance, found)) if not changed else 0,
    }
    return keep_schedule(dari.store, scene.event.id, booked, record, base=base, day=day, by=by)


def _difference(scene: Scene, found: Difference) -> Mapping[str, Any]:
    def told(some: Sequence[Any]) -> list[list[Any]]:
        return [list(one) for one in scene.booked(some)]

    return {
        "cancelled": told(found.cancelled),
        "moved": [[*pair] for pair in zip(told([one for one, _ in found.moved]),
                                          told([two for _, two in found.moved]), strict=True)],
        "added": told(found.added),
        "kept": found.kept,
    }  # fmt: skip
