"""Tests of schedules: every rule broken once, whole instances drawn, and values by hand."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings

from matcher.assignment import Status
from matcher.scheduling import (
    Aim,
    Instance,
    Kind,
    Level,
    Meeting,
    Schedule,
    check,
    greedy,
    schedule,
    schedule_from_json,
    values_of,
)
from matcher.scheduling.search import Budget
from matcher.scheduling.tightening import Board
from matcher.scheduling.zones import zones
from tests.matcher.scheduling.instances import UNIT, instances, make, slots

QUICK = 4.0


def broken(instance: Instance, *meetings: tuple[str, str, int, str]) -> set[Kind]:
    found = Schedule(Status.FEASIBLE, tuple(Meeting(*one) for one in meetings))
    return {one.rule.kind for one in check(instance, found)}


@pytest.mark.parametrize(
    ("instance", "meetings", "kind"),
    [
        (make(), [("a1", "b1", 0, "r1"), ("a1", "b2", 0, "r2")], Kind.TWICE),
        (make(), [("a1", "b1", 0, "r1"), ("a2", "b2", 0, "r1")], Kind.ROOM_TWICE),
        (make(), [("a1", "b1", 0, "r1"), ("a1", "b1", 1, "r1")], Kind.AGAIN),
        (make(people={"b1": {"away": frozenset({0})}}), [("a1", "b1", 0, "r1")], Kind.AWAY),
        (make(closed={"r1": [0]}), [("a1", "b1", 0, "r1")], Kind.CLOSED),
        (make(forced=frozenset({("a2", "b2")})), [("a1", "b1", 0, "r1")], Kind.FORCED),
        (make(forbidden=frozenset({("a1", "b1")})), [("a1", "b1", 0, "r1")], Kind.FORBIDDEN),
        (make(fits={("a1", "b1"): -1}), [("a1", "b1", 0, "r1")], Kind.REFUSED),
        (make(fill=False), [("a1", "b1", 0, "r1")], Kind.ASKED),
        (make(fixed=(Meeting("a1", "b1", 1, "r1"),)), [("a1", "b1", 0, "r1")], Kind.FIXED),
        (make(people={"a1": {"least": 1}}), [("a2", "b1", 0, "r1")], Kind.LEAST),
        (
            make(people={"a1": {"most": 1}}),
            [("a1", "b1", 0, "r1"), ("a1", "b2", 1, "r1")],
            Kind.MOST,
        ),
        (make(far=9), [("a1", "b1", 0, "r1"), ("a1", "b2", 1, "r2")], Kind.TRAVEL),
        (make(in_a_row=1), [("a1", "b1", 0, "r1"), ("a1", "b2", 1, "r1")], Kind.IN_A_ROW),
    ],
)
def test_a_schedule_that_breaks_a_rule_is_told_of_that_rule_alone(
    instance: Instance, meetings: list[tuple[str, str, int, str]], kind: Kind
) -> None:
    assert broken(instance, *meetings) == {kind}


def test_a_value_that_is_told_wrong_is_found() -> None:
    told = Schedule(Status.OPTIMAL, (Meeting("a1", "b1", 0, "r1"),), (Level(Aim.MUTUAL, 1, 1),))
    assert [one.rule.kind for one in check(make(), told)] == [Kind.LEVEL]


@pytest.mark.parametrize(
    ("kept", "loose"),
    [
        (make(far=9, rooms=2, closed={"r1": [1, 2], "r2": [0]}), make(far=0, rooms=2)),
        (make(in_a_row=1, times=2), make(times=2)),
        (make(people={"a1": {"away": frozenset({0, 1})}}), make()),
        (make(closed={"r1": [0, 1], "r2": [0, 1, 2]}), make()),
        (make(rooms=1, times=2), make(rooms=2, times=2)),
        (make(people={"a1": {"most": 1}}), make()),
        (make(forbidden=frozenset({("a1", "b1")})), make()),
    ],
)
def test_each_rule_costs_meetings_that_there_would_be_without_it(
    kept: Instance, loose: Instance
) -> None:
    found, free = schedule(kept, seconds=QUICK), schedule(loose, seconds=QUICK)
    assert check(kept, found) == check(loose, free) == []
    assert len(found.meetings) < len(free.meetings) == 4


def test_whom_both_wish_comes_before_any_fit() -> None:
    wishes = {("a1", "b1"): 1, ("b1", "a1"): 1}
    fits = {("a1", "b1"): 0, ("a1", "b2"): 100 * UNIT}
    found = schedule(make(1, 2, times=1, rooms=1, wishes=wishes, fits=fits), seconds=QUICK)
    assert [(one.a, one.b) for one in found.meetings] == [("a1", "b1")]
    assert found.status is Status.OPTIMAL
    assert [one.value for one in found.levels] == [1, 1, 2 * 100 * UNIT, 0, 0]


def test_nobody_goes_without_where_wishes_can_be_shared() -> None:
    # b1 has one slot only; a1 wishes for both, a2 for b1 alone and less: a2 must not go without.
    wishes = {("a1", "b1"): 3, ("a1", "b2"): 1, ("a2", "b1"): 1}
    found = schedule(make(2, 2, times=1, wishes=wishes, fill=False), seconds=QUICK)
    assert {(one.a, one.b) for one in found.meetings} == {("a1", "b2"), ("a2", "b1")}
    assert found.level(Aim.WORST).value == 1


def test_nobody_waits_where_slots_can_follow_one_another() -> None:
    found = schedule(make(1, 2, times=5, rooms=1), seconds=QUICK)
    assert found.level(Aim.HOLES) == Level(Aim.HOLES, 0, 0)


def test_nobody_goes_on_without_a_break_only_to_wait_less() -> None:
    instance = make(1, 4, times=5, rooms=1, in_a_row=2)
    found = schedule(instance, seconds=QUICK)
    assert check(instance, found) == []
    assert [one.slot for one in found.meetings] == [0, 1, 3, 4]
    assert found.level(Aim.HOLES) == Level(Aim.HOLES, 1, 1)


def test_waits_are_not_shortened_into_a_room_that_is_taken() -> None:
    for times in (4, 5):
        instance = make(times=times, rooms=1)
        places = {("a1", "b1"): (0, 0), ("a2", "b2"): (1, 0), ("a1", "b2"): (2, 0)}
        board = Board(instance, zones(instance), {**places, ("a2", "b1"): (times - 1, 0)})
        board.tighten(Budget(QUICK), 10_000)
        assert len({slot for slot, _ in board.places.values()}) == 4


def test_a_host_stays_at_one_table() -> None:
    found = schedule(make(4, 2, times=4, rooms=2), seconds=QUICK)
    assert found.level(Aim.TABLES).value == 0
    assert len(found.meetings) == 8


def test_who_takes_part_from_afar_walks_nowhere() -> None:
    shut = {"closed": {"r1": [1], "r2": [0]}, "far": 30, "times": 2}
    assert len(schedule(make(1, 2, **shut), seconds=QUICK).meetings) == 1
    own = {id: {"online": True} for id in ("a1", "b1", "b2")}
    assert len(schedule(make(1, 2, people=own, **shut), seconds=QUICK).meetings) == 2


def test_a_fixed_meeting_stands_and_leaves_room_for_others() -> None:
    fixed = Meeting("a1", "b1", 1, "r2")
    instance = make(fixed=(fixed,), rooms=2)
    found = schedule(instance, seconds=QUICK)
    assert fixed in found.meetings
    assert len(found.meetings) == 4
    assert check(instance, found) == []


def test_where_times_do_not_allow_the_best_pairs_others_meet_and_the_bound_stays() -> None:
    # Both of a must meet b1 and b2 in the two slots that all of them have, with one room.
    away = {id: {"away": frozenset({2, 3})} for id in ("a1", "a2", "b1", "b2")}
    instance = make(times=4, rooms=1, people=away, wishes={("a1", "b1"): 3})
    found = schedule(instance, seconds=QUICK)
    assert check(instance, found) == []
    assert len(found.meetings) == 2
    assert found.status is Status.FEASIBLE
    assert found.level(Aim.WISHES).bound > found.level(Aim.WISHES).value


def test_a_search_that_is_stopped_at_once_says_that_it_knows_nothing() -> None:
    assert schedule(make(), seconds=QUICK, stop=lambda: True).status is Status.UNKNOWN
    assert schedule(make(), seconds=0).status is Status.UNKNOWN


def test_a_search_that_is_stopped_later_gives_what_it_has() -> None:
    told: list[str] = []
    instance = make(6, 6, times=6, rooms=6)
    found = schedule(
        instance,
        seconds=QUICK,
        stop=lambda: "Shortening the waits" in told,
        progress=lambda what, done, total: told.append(what),
    )
    assert len(found.meetings) == 36
    assert check(instance, found) == []


@settings(max_examples=40, deadline=None)
@given(instances())
def test_whatever_is_drawn_keeps_every_rule_and_passes_no_bound(instance: Instance) -> None:
    found = schedule(instance, seconds=QUICK)
    assert found.status in (Status.OPTIMAL, Status.FEASIBLE, Status.INFEASIBLE)
    if found.status is not Status.INFEASIBLE:
        assert check(instance, found) == []
        assert schedule_from_json(found.as_json()).as_json() == found.as_json()
        assert schedule(instance, seconds=QUICK).meetings == found.meetings
    loose = greedy(instance)
    kinds = {one.rule.kind for one in check(instance, loose)}
    assert kinds <= {Kind.LEAST, Kind.FORCED}
    if not kinds:
        assert found.status is not Status.INFEASIBLE
        mine, theirs = (values_of(instance, one.meetings)[Aim.MUTUAL] for one in (found, loose))
        assert found.level(Aim.MUTUAL).bound >= theirs
        assert mine >= theirs or found.status is Status.FEASIBLE


def test_the_pairs_of_a_tiny_instance_are_those_of_trying_all() -> None:
    wishes = {("a1", "b2"): 2, ("b2", "a1"): 1, ("a2", "b1"): 3, ("a2", "b2"): 1, ("b1", "a2"): 1}
    fits = {("a1", "b1"): 50 * UNIT, ("a2", "b2"): 70 * UNIT}
    instance = make(2, 2, times=1, rooms=1, wishes=wishes, fits=fits)
    every = (Meeting(a, b, 0, "r1") for a, b in product(("a1", "a2"), ("b1", "b2")))
    best = max(every, key=lambda one: tuple(values_of(instance, [one]).values())[:3])
    assert schedule(instance, seconds=QUICK).meetings == (best,)


def test_an_instance_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        make(times=slots(2)[::-1])
    with pytest.raises(ValueError, match="no pair"):
        make(forced=frozenset({("b1", "a1")}))
    with pytest.raises(ValueError, match="wishes for"):
        make(wishes={("a1", "a2"): 1})
