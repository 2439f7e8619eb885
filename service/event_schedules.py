"""Owns the schedules of an event: made anew, or fitted to what has changed on the day."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

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
from profiles.event_basis import Basis, basis_of
from profiles.event_meetings import (
    Day,
    EventMeeting,
    MeetingState,
    ScheduleRevision,
    keep_schedule,
    meetings_of,
)
from profiles.event_people import people_of
from profiles.events import Event, EventError, Participant, get_event
from profiles.jobs import Job, JobKind, ask
from service.event_day import Happened, after, check_happened, day_of, newest, on, slot_number
from service.event_planning import Scene, scene_of
from service.event_undo import undoing

if TYPE_CHECKING:
    from service.wiring import Dari

SHORT = 2_000
"""The most (pair, slot) of an event that is scheduled, or changed, while a page waits."""

QUICK_S = 2.0
LONG_S = 60.0
WHY_S = 10.0
"""How long is searched while a page waits, by a job or command, and for what contradicts."""


def schedule_job(dari: Dari, id: int, happened: Happened | None = None, *, by: str) -> Job:
    """Ask for a schedule that a worker makes anew, or fits to what happened.

    Raises:
        UnknownEvent: if there is no such event.
        EventError: as `fit_to_day`, as far as it can be told without a search.
        JobError: if too many jobs wait.
    """
    event = on(get_event(dari.store, id))
    told: dict[str, Any] = {"event": id, "by": by}
    if happened is not None:
        check_happened(dari, event, happened)
        told["happened"] = asdict(happened)
    return ask(dari.store, JobKind.SCHEDULE, told, by=by)


def scheduled(
    dari: Dari, id: int, happened: Happened | None = None, *, by: str
) -> ScheduleRevision | Job:
    """Make a schedule, or fit it to what happened: at once where that is short, else by a job.

    Raises:
        UnknownEvent: if there is no such event.
        EventError: as `make_schedule` and `fit_to_day`.
        JobError: if too many jobs wait.
    """
    if not is_short(get_event(dari.store, id), people_of(dari.store, id)):
        return schedule_job(dari, id, happened, by=by)
    if happened is None:
        return make_schedule(dari, id, seconds=QUICK_S, by=by)
    return fit_to_day(dari, id, happened, seconds=QUICK_S, by=by)


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
            time, or another schedule was made, or what it was searched from changed, meanwhile.
    """
    since = basis_of(dari.store, id)
    event, base = on(get_event(dari.store, id)), newest(dari, id)
    scene = scene_of(dari, event, people_of(dari.store, id))
    held = [one.booked for one in meetings_of(dari.store, id) if one.state is MeetingState.HELD]
    scene = replace(scene, instance=scene.instance.but(fixed=tuple(scene.meetings(held))))
    found = schedule(scene.instance, seconds=seconds, stop=stop, progress=progress)
    _refuse_none(scene, found, seconds, seconds)
    return _keep(dari, scene, found, (base, since), by, None)


def fit_to_day(
    dari: Dari,
    id: int,
    happened: Happened,
    *,
    seconds: float = LONG_S,
    by: str,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> ScheduleRevision:
    """Fit the schedule to what happened, with the least disturbance.

    Raises:
        UnknownEvent: if there is none.
        EventError: if there is no schedule yet, it does not know of whom or what is said, the
            added meeting cannot be, or the plan or what was held changed meanwhile.
    """
    since = replace(basis_of(dari.store, id), people="")  # what they say meanwhile is shown there
    event, base = on(get_event(dari.store, id)), newest(dari, id)
    people = people_of(dari.store, id)
    check_happened(dari, event, happened)
    late = event.plan.slots[0] if happened.kind == "late" else happened.slot
    meetings = meetings_of(dari.store, id)
    first = _first(event, happened.now or late, meetings)
    now, others = after(event, people, happened)
    scene = scene_of(dari, now, others)
    before = scene.meetings([one.booked for one in meetings])
    changed = change(scene.instance, before, first, seconds=seconds, stop=stop, progress=progress)
    _refuse_none(scene, changed.schedule, seconds, min(seconds, WHY_S))
    told = {"happened": asdict(happened), "undo": undoing(event, people, happened)}
    day = day_of(event, happened, now)
    return _keep(dari, scene, changed.schedule, (base, since), by, changed, day, told)


def _first(event: Event, now: str, meetings: Sequence[EventMeeting]) -> int:
    """Give the first slot that can be changed: none up to the last in which a meeting was held."""
    held = [slot_number(event, one.slot) for one in meetings if one.state is MeetingState.HELD]
    return max([slot_number(event, now), *(slot + 1 for slot in held)])


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
    basis: tuple[int, Basis],
    by: str,
    changed: Changed | None,
    day: Day | None = None,
    told: Mapping[str, Any] | None = None,
) -> ScheduleRevision:
    booked = scene.booked(found.meetings)
    record: dict[str, Any] = {
        "status": found.status.value,
        "digest": scene.instance.digest,
        "levels": found.as_json()["levels"],
        "meetings": [list(one) for one in booked],
        "difference": _difference(scene, changed.difference) if changed else None,
        "broken": len(check(scene.instance, found)) if not changed else 0,
        **(told or {}),
    }
    base, since = basis
    return keep_schedule(
        dari.store, scene.event.id, booked, record, base=base, since=since, day=day, by=by
    )


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
