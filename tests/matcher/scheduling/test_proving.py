"""Tests of what is proven: bounds of waits and rooms, parts placed anew, and the words of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from matcher.assignment import Status
from matcher.scheduling import Aim, Level, Schedule, check, level_words, proof_words, schedule
from matcher.scheduling.instance import Meeting
from matcher.scheduling.loosening import Loosening
from matcher.scheduling.measuring import holes_of, tables_of
from matcher.scheduling.schedule import in_order
from matcher.scheduling.search import Budget
from matcher.scheduling.seating import Seating
from matcher.scheduling.sitting import fewest_rooms
from matcher.scheduling.waiting import fewest_waits
from matcher.scheduling.zones import zones
from tests.matcher.scheduling.instances import instances, make, slots

QUICK = 4.0


@pytest.mark.parametrize(
    ("more", "bound"),
    [
        ({}, 0),
        ({"people": {"a1": {"away": frozenset({1})}}}, 1),
        ({"in_a_row": 1}, 1),
        ({"in_a_row": 1, "times": slots(3, lunch=1)}, 0),
    ],
)
def test_a_person_waits_at_least_as_its_own_slots_and_breaks_make_it(more, bound) -> None:
    instance = make(1, 2, **more)
    assert fewest_waits(instance, [("a1", "b1"), ("a1", "b2")], Budget(QUICK), 1) == bound


def test_rooms_that_are_too_few_in_the_midst_make_persons_wait() -> None:
    instance = make(2, 2, closed={"r1": [1], "r2": [1]})  # nobody can meet in the second slot
    pairs = [(a, b) for a in ("a1", "a2") for b in ("b1", "b2")]
    assert fewest_waits(instance, pairs, Budget(QUICK), 1) == 4


def test_a_part_placed_anew_shortens_what_exchanges_of_two_slots_do_not() -> None:
    instance = make(2, 2, times=4)
    far = {("a1", "b1"): 0, ("a2", "b2"): 0, ("a1", "b2"): 3, ("a2", "b1"): 3}
    parts = Loosening(
        instance, zones(instance), {pair: (slot, 0) for pair, slot in far.items()},
        np.random.default_rng(0),
    )  # fmt: skip
    parts.loosen(Budget(QUICK), 1.0)
    seated = Seating(instance, zones(instance), ()).seat(parts.places)
    assert holes_of(instance, seated) == 0
    assert not check(instance, Schedule(Status.FEASIBLE, in_order(seated)))


def test_hosts_sit_in_as_few_rooms_as_can_be_and_that_is_proven() -> None:
    instance = make(2, 2)
    moving = [
        Meeting("a1", "b1", 0, "r1"), Meeting("a2", "b1", 1, "r2"),
        Meeting("a2", "b2", 0, "r2"), Meeting("a1", "b2", 1, "r1"),
    ]  # fmt: skip
    seated, bound = fewest_rooms(instance, zones(instance), moving, Budget(QUICK), 1)
    assert (tables_of(seated), bound) == (0, 0)
    shut = make(2, 2, closed={"r1": [1]}).but(fixed=(moving[0],))
    one, bound = fewest_rooms(shut, zones(shut), moving[:2], Budget(QUICK), 1)
    assert (one, bound) == (sorted(moving[:2]), 1)


@settings(max_examples=15, deadline=None)
@given(instances())
def test_no_schedule_passes_its_bounds(instance) -> None:
    found = schedule(instance, seconds=QUICK)
    for level in found.levels:
        assert (level.value <= level.bound) if level.aim.is_most else (level.value >= level.bound)
    if found.levels:
        pairs = [(one.a, one.b) for one in found.meetings if one not in instance.fixed]
        assert fewest_waits(instance, pairs, Budget(QUICK), 1) <= found.level(Aim.HOLES).value


def test_what_is_proven_is_told_apart_from_what_is_not() -> None:
    whom = [Level(Aim.MUTUAL, 3, 3), Level(Aim.WORST, 1, 1), Level(Aim.WISHES, 1024, 1024)]
    said = proof_words([*whom, Level(Aim.HOLES, 4, 0), Level(Aim.TABLES, 0, 0)])
    assert "who meets whom cannot be better" in said.in_("en")
    assert "Not proven: slots waited between meetings;" in said.in_("en")
    assert "상담 사이에 기다리는 칸 수" in said.in_("ko")
    assert proof_words(whom).in_("en").startswith("Proven: who meets whom cannot be better, nor")
    assert "Not proven: meetings given up" in proof_words([Level(Aim.CANCELLED, 2, 1)]).in_("en")
    assert level_words(whom[2]).in_("en") == "1 (proven: nothing is better)"
    assert "up to 5" in level_words(Level(Aim.MUTUAL, 3, 5)).in_("en")
    assert "최소 1까지" in level_words(Level(Aim.HOLES, 3, 1)).in_("ko")
