"""Plays the exchange event: proposed, planned, wished for, scheduled, and changed on the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcher.scheduling import aim_words, level_words, levels_of, proof_words
from profiles.event_meetings import ScheduleRevision, meetings_of
from profiles.event_people import add_person, people_of, set_wishes
from profiles.events import Event, EventState, Participant, change_event, get_event
from profiles.taxonomy import Names
from service.event_calendars import event_file
from service.event_day import Happened
from service.event_planning import called, names_of
from service.event_proposals import propose_events, series_of
from service.event_schedules import fit_to_day, make_schedule

if TYPE_CHECKING:
    from service.demo.stories import Say
    from service.wiring import Dari

PROGRAMME = "exchange-korea-russia"
GUESTS = (
    "demo-neva-fibre-laser", "demo-ladoga-polymers", "demo-ural-inspection", "demo-tomsk-plasma",
    "demo-kazan-speech", "demo-volga-sonar",
)  # fmt: skip
HOSTS = ("kist", "etri", "kimm", "keri", "kitech", "kier")


def run(dari: Dari, say: Say) -> None:
    """Play the story with the cohort that the store holds."""
    programme = next(one for one in dari.store.programmes() if one.id == PROGRAMME)
    if programme.summary:
        say(Names(programme.summary.in_("en"), programme.summary.in_("ko")))
    proposed = tell_next(dari, PROGRAMME, say)
    event = _confirmed(dari, next(one for one in proposed if one.plan.country == "KR"))
    _invite(dari, event)
    made = make_schedule(dari, event.id, seconds=10, by="demo")
    _tell(dari, event, made, say)
    first = people_of(dari.store, event.id)[0]
    from_slot = event.plan.slots[4]
    changed = fit_to_day(dari, event.id, Happened("absent", from_slot, person=first.id), by="demo")
    _tell_change(dari, changed, first, from_slot, say)
    every = meetings_of(dari.store, event.id, cancelled=True)
    names = names_of(dari, event, people_of(dari.store, event.id))
    files = {lang: len(event_file(event, every, names, lang)) for lang in ("en", "ko")}
    say(
        Names(
            f"Calendar file of all meetings: {files['en']:,} bytes; one for each participant.",
            f"전체 상담 캘린더 파일: {files['ko']:,}바이트, 참가자마다 하나씩 있습니다.",
        )
    )


def tell_next(dari: Dari, programme: str, say: Say) -> list[Event]:
    """Propose what the next two events of a programme lack, and tell both."""
    today = dari.settings.today()
    propose_events(dari, programme, today, by="demo")
    coming = series_of(dari, programme, today).coming
    found = [get_event(dari.store, one.event) for one in coming]
    for one in found:
        name, day = one.plan.name, one.starts.isoformat()
        say(Names(f"Next: {name.in_('en')} on {day}", f"다음 행사: {name.in_('ko')}, {day}"))
    return found


def _confirmed(dari: Dari, event: Event) -> Event:
    """Confirm an event with one day and four tables."""
    plan = event.plan.model_copy(
        update={"days": event.plan.days[:1], "rooms": event.plan.rooms[:4], "closes": "16:00"}
    )
    return change_event(dari.store, event.id, plan=plan, state=EventState.CONFIRMED)


def _invite(dari: Dari, event: Event) -> None:
    """Invite both sides, and let each wish for the three that its list shows first."""
    for side, ids in (("a", GUESTS), ("b", HOSTS)):
        for id in ids:
            add_person(dari.store, event.id, side=side, profile=id, most=5)
    people = people_of(dari.store, event.id)
    number = {one.profile: one.id for one in people}
    for one in people:
        others = HOSTS if one.side == "a" else GUESTS
        found = dari.matchmaker.beside(str(one.profile), others, k=1).named
        best = sorted(found, key=lambda named: (-named.match.score, named.match.profile.id))
        dear = [number[named.match.profile.id] for named in best if not named.reasons][:3]
        set_wishes(dari.store, event.id, one.id, {id: 3 - n for n, id in enumerate(dear)})


def _tell(dari: Dari, event: Event, made: ScheduleRevision, say: Say) -> None:
    from rich.table import Table

    names = _names(dari, people_of(dari.store, event.id))
    table = Table("", *(room.name for room in event.plan.rooms))
    met = {(one.slot, one.room): one for one in meetings_of(dari.store, event.id)}
    for slot in event.plan.slots:
        cells = (met.get((slot, room.name)) for room in event.plan.rooms)
        shown = (f"{names[one.a]}\n{names[one.b]}" if one else "" for one in cells)
        table.add_row(slot[11:], *shown)
    say(table)
    levels = levels_of(made.record["levels"])
    say(*(text for one in levels for text in (aim_words(one.aim), level_words(one))))
    say(proof_words(levels))


def _tell_change(
    dari: Dari, made: ScheduleRevision, gone: Participant, slot: str, say: Say
) -> None:
    changed = made.record["difference"]
    who = called(gone, dari.store.get_many([str(gone.profile)]))
    counts = [len(changed[name]) for name in ("cancelled", "moved")] + [changed["kept"]]
    say(
        Names(
            f"{who.in_('en')} leaves at {slot[11:]}: {counts[0]} meetings given up, "
            f"{counts[1]} moved, {counts[2]} as they were.",
            f"{who.in_('ko')}: {slot[11:]}부터 불참. 취소 {counts[0]}건, "
            f"이동 {counts[1]}건, 그대로 {counts[2]}건.",
        )
    )


def _names(dari: Dari, people: list[Participant]) -> dict[int, str]:
    held = dari.store.get_many({one.profile for one in people if one.profile})
    return {one.id: called(one, held).in_(dari.settings.language) for one in people}
