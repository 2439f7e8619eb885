"""Tests of events in the store, on SQLite and PostgreSQL, and of their plans and dates."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Engine, update

from profiles import InvalidRecord, Partner, Programme, Startup, Store, Vectors, tables, validate
from profiles.consistency import faults
from profiles.database import alembic_config, writing
from profiles.event_dates import Dated, next_dates
from profiles.event_meetings import (
    Booked,
    MeetingState,
    keep_schedule,
    mark_held,
    meetings_of,
    schedules_of,
)
from profiles.event_people import (
    add_person,
    change_person,
    get_person,
    people_of,
    ranked,
    remove_person,
    set_away,
    set_wishes,
    taking_part,
)
from profiles.event_plan import EventPlan
from profiles.events import (
    EventError,
    EventState,
    UnknownEvent,
    change_event,
    events,
    fill_series,
    get_event,
    open_event,
)
from profiles.merging import merge
from profiles.privacy import erase
from profiles.unmerging import unmerge

PLAN: dict[str, Any] = {
    "name": {"en": "Exchange", "ko": "교류 행사"},
    "days": ["2027-05-20", "2027-05-19"],
    "opens": "10:00",
    "closes": "12:30",
    "breaks": [{"begins": "11:00", "ends": "11:15"}],
    "rooms": [{"name": "T1"}, {"name": "T2", "hall": "B"}],
}
AT = "2027-05-19T10:00"


def plan(**more: Any) -> EventPlan:
    return validate(EventPlan, {**PLAN, **more})


@pytest.fixture
def known(store: Store) -> Store:
    """Two startups, a partner, a programme, and event 1 with both sides."""
    some = [validate(Startup, {"id": id, "name": id, "summary": "x"}) for id in ("s-1", "s-2")]
    some_partner = validate(Partner, {"id": "p-1", "name": "P"})
    store.put_many([(one, Vectors("")) for one in (*some, some_partner)])
    store.put_programmes([validate(Programme, {"id": "g", "kind": "event", "name": "G"})])
    open_event(store, PLAN, programme="g", by="kim")
    add_person(store, 1, side="a", profile="s-1", called="Kim", consent=True)
    add_person(store, 1, side="a", profile="s-2")
    add_person(store, 1, side="b", profile="p-1")
    return store


def test_a_plan_makes_its_slots_around_its_breaks() -> None:
    assert plan().starts == ("10:00", "10:30", "11:15", "11:45")
    assert plan().slots[0] == AT
    assert len(plan().slots) == 8
    assert plan().moment(AT).isoformat() == "2027-05-19T01:00:00+00:00"


def test_slots_at_night_elsewhere_are_told() -> None:
    late = plan(opens="13:30", closes="15:00", breaks=[], days=["2027-05-19"])
    assert late.asleep("Europe/Moscow") == {"2027-05-19T13:30"}
    assert late.asleep("Asia/Seoul") == frozenset()


@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        ({"zone": "Asia/Atlantis"}, "zone", "event_zone"),
        ({"closes": "09:00"}, "closes", "event_hours"),
        ({"rooms": [{"name": "A"}, {"name": "A"}]}, "rooms", "event_rooms"),
        ({"minutes": 5, "gap": 0, "opens": "00:00", "closes": "23:55"}, "days", "event_slots"),
        ({"minutes": 240}, "days", "event_slots"),
        ({"opens": "25:00"}, "opens", "event_clock"),
        ({"breaks": [{"begins": "noon", "ends": ""}]}, "breaks.0.begins", "event_clock"),
        ({"breaks": [{"begins": "12:00", "ends": "99:99"}]}, "breaks.0.ends", "event_clock"),
        ({"breaks": [{"begins": "１２:００", "ends": "13:00"}]}, "breaks.0.begins", "event_clock"),
        ({"country": "XX"}, "country", "region"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(more: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(InvalidRecord) as refused:
        plan(**more)
    assert (refused.value.errors[0].field, refused.value.errors[0].code) == (field, code)


def test_the_next_dates_take_turns_and_leave_out_half_years_that_have_one() -> None:
    both = ("KR", "RU")
    assert next_dates(date(2026, 11, 22), both) == (
        Dated(date(2027, 5, 19), "KR"), Dated(date(2027, 10, 20), "RU")
    )  # fmt: skip
    held = [Dated(date(2027, 4, 1), "RU", 7)]
    after = Dated(date(2027, 10, 20), "KR")
    assert next_dates(date(2026, 11, 22), both, held) == (*held, after)
    assert next_dates(date(2027, 4, 1), both, held) == (after, Dated(date(2028, 5, 17), "RU"))
    late = [Dated(date(2027, 6, 9), "KR", 8)]
    assert next_dates(date(2027, 6, 1), both, late) == (*late, Dated(date(2027, 10, 20), "RU"))
    assert next_dates(date(2027, 6, 1), both)[0].day == date(2027, 10, 20)
    autumn = [Dated(date(2027, 10, 6), "KR", 9)]
    assert next_dates(date(2026, 11, 22), both, autumn) == (
        Dated(date(2027, 5, 19), "RU"), *autumn
    )  # fmt: skip


def test_a_series_is_filled_once_by_however_many_ask(known: Store) -> None:
    def missing(held: Any) -> list[dict[str, Any]]:
        return [PLAN] if len(held) < 2 else []

    add = partial(fill_series, known, "g", missing, of=("g",), by="kim")
    with ThreadPoolExecutor(2) as both:
        made = [one for asked in [both.submit(add), both.submit(add)] for one in asked.result()]
    assert [one.state for one in made] == [EventState.PROPOSED]
    assert len(events(known, "g")) == 2
    change_event(known, made[0].id, state=EventState.CANCELLED)
    assert len(add()) == 1


def test_wishes_in_order_are_worth_less_and_less() -> None:
    assert ranked([5, 6, 7, 8, 5, 9, 10, 11, 12]) == {
        5: 3, 6: 3, 7: 3, 8: 2, 9: 2, 10: 2, 11: 1, 12: 1
    }  # fmt: skip


def test_an_event_is_opened_changed_and_listed(known: Store) -> None:
    event = get_event(known, 1)
    assert (event.state, event.revision, event.starts) == (
        EventState.CONFIRMED, 1, date(2027, 5, 19)
    )  # fmt: skip
    changed = change_event(known, 1, plan={**PLAN, "place": "Songdo"}, base=1)
    assert (changed.plan.place, changed.revision) == ("Songdo", 2)
    with pytest.raises(EventError, match="Somebody else"):
        change_event(known, 1, plan=PLAN, base=1)
    assert [one.id for one in events(known, "g")] == [1]
    assert events(known, "other") == []
    for id in (0, 9, 1 << 64):
        with pytest.raises(UnknownEvent):
            get_event(known, id)
    with pytest.raises(EventError, match="No programme"):
        open_event(known, PLAN, programme="none")
    odd = {**PLAN, "breaks": [{"begins": "13:00", "ends": "13:00"}]}
    for act in (lambda: open_event(known, odd), lambda: change_event(known, 1, plan=odd)):
        with pytest.raises(InvalidRecord, match="13:00-13:00 is no break"):
            act()
    assert [one.id for one in events(known, "g")] == [1]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"side": "a"}, "event_who"),
        ({"side": "a", "profile": "none"}, "event_no_profile"),
        ({"side": "a", "organisation": "X", "called": "Kim"}, "event_consent"),
        ({"side": "a", "organisation": "X", "least": 3, "most": 2}, "event_least"),
        ({"side": "a", "organisation": "X", "zone": "Moon"}, "event_zone"),
        ({"side": "c", "organisation": "X"}, "value"),
    ],
)
def test_who_cannot_take_part_is_refused(known: Store, raw: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidRecord) as refused:
        add_person(known, 1, **raw)
    assert refused.value.errors[0].code == code


def test_wishes_are_for_the_other_side_and_times_are_slots(known: Store) -> None:
    assert set_wishes(known, 1, 1, {3: 2}).wishes == {3: 2}
    assert set_wishes(known, 1, 1, {3: 0}).wishes == {}
    for wrong in ({2: 1}, {9: 1}, {3: 4}):
        with pytest.raises(EventError):
            set_wishes(known, 1, 1, wrong)
    assert set_away(known, 1, 1, [AT]).away == {AT}
    with pytest.raises(EventError, match="no slot"):
        set_away(known, 1, 1, ["2027-05-19T10:01"])
    assert change_person(known, 1, 1, called="", consent=False).consent_at is None


def test_the_moment_of_consent_stays_until_another_name_is_consented_to(known: Store) -> None:
    p = tables.event_people
    with writing(known.engine) as connection:
        connection.execute(
            update(p).where(p.c.id == 1).values(consent_at=datetime(2026, 1, 2, tzinfo=UTC))
        )
    first = get_person(known, 1, 1).consent_at
    assert first
    assert change_person(known, 1, 1, most=3).consent_at == first
    assert change_person(known, 1, 1, called="Kim", consent=True).consent_at == first
    later = change_person(known, 1, 1, called="Lee").consent_at
    assert later
    assert later > first


def test_calendars_are_told_of_what_moved_and_of_nothing_else(known: Store) -> None:
    first, second = Booked(1, 3, AT, "T1"), Booked(2, 3, "2027-05-19T10:30", "T1")
    keep_schedule(known, 1, [first, second], {}, base=0, by="kim")
    one, two = meetings_of(known, 1)
    keep_schedule(known, 1, [first, second._replace(room="T2")], {}, base=1)
    assert [m.sequence for m in meetings_of(known, 1)] == [0, 1]
    keep_schedule(known, 1, [second], {}, base=2)
    gone, moved = meetings_of(known, 1, cancelled=True)
    assert (gone.state, gone.sequence, gone.uid) == (MeetingState.CANCELLED, 1, one.uid)
    assert (moved.uid, moved.sequence, moved.room) == (two.uid, 2, "T1")
    keep_schedule(known, 1, [first, second], {})
    assert [(m.uid, m.sequence) for m in meetings_of(known, 1)] == [(one.uid, 2), (two.uid, 2)]
    assert [one.number for one in schedules_of(known, 1)] == [4, 3, 2, 1]
    with pytest.raises(EventError, match="Another schedule"):
        keep_schedule(known, 1, [], {}, base=2)
    mark_held(known, 1, gone.id)
    with pytest.raises(EventError, match="no meeting"):
        mark_held(known, 1, 99)


def test_who_is_taken_out_is_in_no_wish_pair_or_meeting(known: Store) -> None:
    set_wishes(known, 1, 3, {1: 3, 2: 1})
    chosen = [{"a": 1, "b": 3, "rule": "forced"}, {"a": 2, "b": 3, "rule": "forbidden"}]
    change_event(known, 1, plan={**PLAN, "chosen": chosen})
    keep_schedule(known, 1, [Booked(1, 3, AT, "T1")], {})
    remove_person(known, 1, 1)
    assert people_of(known, 1)[-1].wishes == {2: 1}
    assert [one.a for one in get_event(known, 1).plan.chosen] == [2]
    assert meetings_of(known, 1) == []
    with pytest.raises(EventError, match="does not take part"):
        keep_schedule(known, 1, [Booked(1, 3, AT, "T1")], {})
    assert faults(known) == []


def test_who_is_gone_before_the_schedule_is_written_is_not_scheduled(
    known: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone_first(engine: Engine) -> Any:
        monkeypatch.undo()
        remove_person(known, 1, 1)
        return writing(engine)

    monkeypatch.setattr("profiles.event_meetings.writing", gone_first)
    with pytest.raises(EventError, match="does not take part"):
        keep_schedule(known, 1, [Booked(1, 3, AT, "T1")], {})
    assert meetings_of(known, 1) == []


def test_who_is_taken_out_changes_the_plan_only_where_it_stands_in_it(known: Store) -> None:
    change_event(known, 1, plan={**PLAN, "chosen": [{"a": 1, "b": 3, "rule": "forced"}]})
    remove_person(known, 1, 2)
    assert get_event(known, 1).revision == 2
    remove_person(known, 1, 1)
    with pytest.raises(EventError, match="Somebody else"):
        change_event(known, 1, plan=PLAN, base=2)


def test_an_erased_profile_takes_part_no_more(known: Store) -> None:
    set_wishes(known, 1, 3, {1: 3})
    keep_schedule(known, 1, [Booked(1, 3, AT, "T1")], {})
    erase(known, "s-1")
    assert [one.profile for one in people_of(known, 1)] == ["s-2", "p-1"]
    assert people_of(known, 1)[1].wishes == {}
    assert meetings_of(known, 1) == []
    assert faults(known) == []


def test_the_other_side_hears_that_who_is_taken_out_does_not_come(known: Store) -> None:
    later = "2027-05-19T11:15"
    keep_schedule(known, 1, [Booked(1, 3, AT, "T1"), Booked(2, 3, later, "T1")], {})
    first = meetings_of(known, 1)[0]
    remove_person(known, 1, 1)
    off, on = meetings_of(known, 1, cancelled=True)
    assert (off.uid, off.sequence, off.a, off.b) == (first.uid, 1, -first.id, 3)
    assert (off.is_on, on.is_on) == (False, True)
    keep_schedule(known, 1, [], {})
    erase(known, "s-2")  # what is cancelled already stays so, and tells nothing of it
    assert [(one.sequence, one.a < 0) for one in meetings_of(known, 1, cancelled=True)] == [
        (1, True),
        (1, True),
    ]
    assert faults(known) == []
    remove_person(known, 1, 3)
    assert meetings_of(known, 1, cancelled=True) == []


def test_calling_an_event_off_and_on_counts_for_its_planned_meetings(known: Store) -> None:
    keep_schedule(known, 1, [Booked(1, 3, AT, "T1"), Booked(2, 3, "2027-05-19T11:15", "T1")], {})
    mark_held(known, 1, meetings_of(known, 1)[0].id)
    for state in (EventState.CANCELLED, EventState.CANCELLED, EventState.CONFIRMED):
        change_event(known, 1, state=state)
    assert [one.sequence for one in meetings_of(known, 1)] == [0, 2]


def test_when_an_event_was_called_off_is_kept_while_it_is(known: Store) -> None:
    before = datetime.now(UTC)
    off = change_event(known, 1, state=EventState.CANCELLED)  # it has no meeting
    assert off.off_at is not None
    assert before <= off.off_at <= datetime.now(UTC)
    again = change_event(known, 1, state=EventState.CANCELLED, plan=off.plan)
    assert again.off_at == off.off_at
    assert change_event(known, 1, state=EventState.CONFIRMED).off_at is None


def test_events_called_off_before_that_was_kept_tell_it_by_their_meetings(known: Store) -> None:
    keep_schedule(known, 1, [Booked(1, 3, AT, "T1")], {})
    change_event(known, 1, state=EventState.CANCELLED)
    with writing(known.engine) as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0017")
    known.migrate()
    (met,) = meetings_of(known, 1)
    assert get_event(known, 1).off_at == met.changed_at


def test_a_merged_profile_takes_part_as_the_one_that_it_is_now(known: Store) -> None:
    done = merge(known, "s-2", "s-1", lambda _: Vectors(""))
    assert [one.profile for one in people_of(known, 1)] == ["s-2", "s-2", "p-1"]
    assert [one.id for _, one in taking_part(known, "s-2")] == [1, 2]
    assert faults(known) == []
    unmerge(known, done.number, lambda _: Vectors(""))
    assert [one.profile for one in people_of(known, 1)] == ["s-1", "s-2", "p-1"]
    assert add_person(known, 1, side="a", profile="s-1").profile == "s-1"


def test_what_does_not_agree_is_found(known: Store) -> None:
    keep_schedule(known, 1, [Booked(1, 3, AT, "T1")], {})
    p, m = tables.event_people, tables.event_meetings
    with writing(known.engine) as connection:
        connection.execute(update(p).where(p.c.id == 1).values(consent_at=None))
        connection.execute(update(p).where(p.c.id == 2).values(profile="gone"))
        connection.execute(update(m).values(a=2, b=1))
    assert {(one.kind, one.what) for one in faults(known)} == {
        ("participant", "it holds a person's name without consent"),
        ("participant", "what it speaks for is not held"),
        ("event meeting", "its participant b is not held"),
    }
