"""Tests of changes on the day: what is past stands, and as little as can be is moved."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.assignment import Status
from matcher.scheduling import Aim, Instance, Meeting, Room, change, check, schedule
from matcher.scheduling.candidates import room_for
from matcher.scheduling.contradicting import NotContradictory, contradiction
from matcher.scheduling.rules import Kind, Rule, remedy_words, rule_words, without
from profiles.text import Text
from tests.matcher.scheduling.instances import instances, make

QUICK = 4.0
PLAN = (
    Meeting("a1", "b1", 0, "r1"),
    Meeting("a2", "b2", 0, "r2"),
    Meeting("a1", "b2", 1, "r2"),
    Meeting("a2", "b1", 1, "r1"),
)


def away(instance: Instance, id: str, *slots: int) -> Instance:
    people = tuple(
        replace(one, away=one.away | set(slots)) if one.id == id else one for one in instance.people
    )
    return instance.but(people=people)


def test_nothing_changes_where_nothing_has_changed() -> None:
    found = change(make(), PLAN, 0, seconds=QUICK)
    assert set(found.schedule.meetings) == set(PLAN)
    assert (found.difference.moved, found.difference.cancelled, found.difference.kept) == (
        (),
        (),
        4,
    )
    assert found.schedule.status is Status.OPTIMAL


def test_who_does_not_come_is_missed_and_all_others_keep_their_times() -> None:
    found = change(away(make(), "a1", 0, 1, 2), PLAN, 0, seconds=QUICK)
    assert found.difference.cancelled == (PLAN[0], PLAN[2])
    assert (found.difference.moved, found.difference.kept) == ((), 2)


def test_who_comes_late_is_met_later() -> None:
    found = change(away(make(), "a1", 0), PLAN, 0, seconds=QUICK)
    assert found.difference.cancelled == ()
    assert [(old, new.slot) for old, new in found.difference.moved] == [(PLAN[0], 2)]
    assert found.schedule.level(Aim.MOVED).value == 1


def test_meetings_that_are_over_take_nothing_from_what_is_left_of_the_day() -> None:
    was = tuple(Meeting("a1", f"b{slot + 1}", slot, "r1") for slot in range(5))
    instance = away(make(1, 5, times=6, rooms=2), "b4", 3)
    found = change(instance, was, 3, seconds=QUICK)
    assert found.difference.cancelled == ()
    past = frozenset(range(3))
    one = replace(instance.person["a1"], away=past)
    assert room_for(instance.but(fixed=was[:3]), one) == 6


def test_a_floor_that_more_was_given_up_than_must_be_is_none() -> None:
    instance = make(2, 2, times=2, rooms=1)  # 2 places for 4 meetings, none of which is moved
    found = change(instance, PLAN, 0, seconds=QUICK)
    assert [(one.value, one.bound) for one in found.schedule.levels] == [(2, 2), (0, 0), (0, 0)]


def test_a_lost_room_moves_its_meetings_to_a_free_one() -> None:
    instance = make(rooms=3).but(rooms=(Room("r1", frozenset({1, 2})), Room("r2"), Room("r3")))
    found = change(instance, PLAN, 0, seconds=QUICK)
    assert found.difference.moved == ((PLAN[3], PLAN[3]._replace(room="r3")),)
    assert [one.value for one in found.schedule.levels] == [0, 0, 1]


def test_a_meeting_for_which_no_room_is_left_goes_to_another_time_and_that_is_proven() -> None:
    instance = make().but(rooms=(Room("r1", frozenset({0})), Room("r2")))
    found = change(instance, PLAN, 0, seconds=QUICK)
    assert [(one.value, one.bound) for one in found.schedule.levels] == [(0, 0), (1, 1), (0, 0)]
    assert found.schedule.status is Status.OPTIMAL


def test_what_is_over_or_running_stands_even_where_the_room_is_lost() -> None:
    instance = make().but(rooms=(Room("r1", frozenset({0, 1, 2})), Room("r2")))
    found = change(away(instance, "a1", 0), PLAN, 1, seconds=QUICK)
    assert PLAN[0] in found.schedule.meetings
    assert PLAN[1] in found.schedule.meetings
    assert [old for old, _ in found.difference.moved] in ([PLAN[2]], [PLAN[3]])


def test_a_meeting_is_added_where_there_is_room_for_it() -> None:
    instance = make(forced=frozenset({("a2", "b1")}))
    found = change(instance, PLAN[:3], 0, seconds=QUICK)
    assert [(one.a, one.b) for one in found.difference.added] == [("a2", "b1")]
    assert (found.difference.moved, found.difference.kept) == ((), 3)


def test_a_meeting_that_cannot_be_added_is_told_and_nothing_changes() -> None:
    instance = away(make(forced=frozenset({("a2", "b1")})), "a2", 0, 1, 2)
    found = change(instance, PLAN[:3], 0, seconds=QUICK)
    assert found.schedule.status is Status.INFEASIBLE
    assert found.difference.kept == 3


@settings(max_examples=25, deadline=None)
@given(instances(), st.data())
def test_a_change_keeps_every_rule_but_the_least_of_each(
    instance: Instance, data: st.DataObject
) -> None:
    plan = schedule(instance, seconds=QUICK)
    if plan.status is Status.INFEASIBLE:
        return
    first = data.draw(st.integers(0, len(instance.slots)))
    who = data.draw(st.sampled_from(instance.people)).id
    now = away(instance, who, *range(first, len(instance.slots)))
    found = change(now.but(forced=frozenset()), plan.meetings, first, seconds=QUICK)
    past = tuple(one for one in plan.meetings if one.slot < first)
    assert set(past) <= set(found.schedule.meetings)
    kinds = {one.rule.kind for one in check(now.but(fixed=past), found.schedule)}
    assert kinds <= {Kind.LEAST, Kind.FORCED}
    lost = [one for one in plan.meetings if one.slot >= first and who in (one.a, one.b)]
    assert found.difference.cancelled == tuple(sorted(lost))
    assert found.difference.kept == len(plan.meetings) - len(lost)


def test_two_that_must_meet_and_have_no_time_in_common_are_told_with_their_times() -> None:
    people = {"a1": {"away": frozenset({0, 1})}, "b1": {"away": frozenset({2})}}
    instance = make(people=people, forced=frozenset({("a1", "b1"), ("a2", "b2")}))
    assert schedule(instance, seconds=QUICK).status is Status.INFEASIBLE
    found = contradiction(instance)
    assert set(found.rules) == {
        Rule(Kind.FORCED, ("a1", "b1")), Rule(Kind.AWAY, ("a1",)), Rule(Kind.AWAY, ("b1",))
    }  # fmt: skip
    assert found.is_smallest


@pytest.mark.parametrize(
    ("instance", "kinds"),
    [
        (make(people={"a1": {"least": 3}}), set()),
        (make(people={"a1": {"least": 2, "most": 1}}), {Kind.LEAST, Kind.MOST}),
        (
            make(forced=frozenset({("a1", "b1")}), forbidden=frozenset({("a1", "b1")})),
            {Kind.FORCED, Kind.FORBIDDEN},
        ),
        (
            make(forced=frozenset({("a1", "b1")}), fits={("a1", "b1"): -1}),
            {Kind.FORCED, Kind.REFUSED},
        ),
        (make(1, 2, times=2, in_a_row=1, people={"a1": {"least": 2}}), {Kind.LEAST, Kind.IN_A_ROW}),
        (
            make(1, 2, times=2, far=9, people={"a1": {"least": 2}}, closed={"r1": [0], "r2": [1]}),
            {Kind.LEAST, Kind.TRAVEL, Kind.CLOSED, Kind.ROOMS},
        ),
        (make(1, 1, fill=False, people={"a1": {"least": 1}}), {Kind.LEAST, Kind.ASKED}),
        (
            make(times=1, rooms=1, people={"a1": {"least": 1}, "a2": {"least": 1}}),
            {Kind.LEAST, Kind.ROOMS},
        ),
        (
            make(fixed=(Meeting("a1", "b1", 0, "r1"), Meeting("a1", "b2", 0, "r2"))),
            {Kind.FIXED},
        ),
    ],
)
def test_a_contradiction_names_the_rules_that_are_needed_for_it(
    instance: Instance, kinds: set[Kind]
) -> None:
    assert schedule(instance, seconds=QUICK).status is Status.INFEASIBLE
    found = contradiction(instance)
    assert {one.kind for one in found.rules} >= kinds
    for rule in found.rules:
        others = frozenset(rules_but(instance, found.rules, rule))
        assert schedule(without(instance, others), seconds=QUICK).status is not Status.INFEASIBLE


def rules_but(instance: Instance, core: tuple[Rule, ...], rule: Rule) -> list[Rule]:
    """Name all rules that are outside a contradiction, and one of it."""
    from matcher.scheduling import rules_of

    return [one for one in rules_of(instance) if one not in core or one == rule]


def test_what_does_not_contradict_is_not_explained() -> None:
    with pytest.raises(NotContradictory):
        contradiction(make())


def test_every_rule_is_said_in_both_languages_by_name() -> None:
    names = {"a1": Text(en="Lumina", ko="루미나"), "b1": Text(en="Ioffe", ko="이오페")}
    for kind in Kind:
        said, remedy = (f(Rule(kind, ("a1", "b1")), names) for f in (rule_words, remedy_words))
        for one in (said, remedy):
            assert one.en
            assert one.ko
            assert "{" not in one.en + one.ko
            assert "(" not in one.ko  # no particle in both its forms: a name may be in any script
    assert rule_words(Rule(Kind.FORCED, ("a1", "b1")), names).en == "Lumina and Ioffe must meet."
