"""Tests of what stands beside the fit: what two did, places left, conflicts, and filters by it."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from index import Encoder
from matcher import Matchmaker, Room, Wanted, cold_start, room_of
from matcher.standing import conflicts_of, standing_of
from profiles import Side, Stage

TODAY = date(2026, 1, 1)


def test_places_that_are_left_are_never_below_none_and_unknown_stays_unknown() -> None:
    assert Room(5, 2).left == 3
    assert Room(1, 3).left == 0
    assert Room(None, 3).left is None


def test_a_startup_takes_one_place_by_a_case_or_by_work_under_way(make: SimpleNamespace) -> None:
    partner = make.partner(capacity=6)
    start, end = date(2025, 1, 1), date(2026, 6, 1)
    ties = [
        make.tie("now", a="one", kind="pilot", valid_from=start, valid_to=end),
        make.tie("again", a="one", kind="contract", valid_from=start, valid_to=TODAY),
        make.tie("open", a="two", kind="pilot", valid_from=start),  # nothing says that it goes on
        make.tie("over", a="three", kind="pilot", valid_from=start, valid_to=date(2025, 12, 31)),
        make.tie("later", a="four", kind="pilot", valid_from=end, valid_to=end),
        make.tie("money", a="five", kind="investment", valid_from=start, valid_to=end),
        make.tie("other", a="six", b="another", kind="pilot", valid_from=start, valid_to=end),
    ]
    history = make.history(*ties)
    assert room_of(partner, history, TODAY) == Room(6, 1)
    busy = {"p": frozenset({"one", "seven"})}
    assert room_of(partner, history, TODAY, lambda id: busy[id]) == Room(6, 2)
    assert room_of(make.partner(), history, TODAY, lambda id: busy[id]) == Room(None)


def test_what_two_did_together_is_told_the_newest_first(make: SimpleNamespace) -> None:
    ties = [
        make.tie("old", valid_from=date(2020, 1, 1)),
        make.tie("new", valid_from=date(2024, 1, 1)),
        make.tie("undated"),
        make.tie("today", valid_from=TODAY),
        make.tie("with-others", a="another", valid_from=date(2021, 1, 1)),
    ]
    told = standing_of(make.pair(ties=ties), Side.PARTNER)
    assert [tie.id for tie in told.together] == ["new", "old", "undated"]
    assert told.room == Room(None)
    assert told.conflicts == ()


def test_conflicts_are_those_recorded_on_either_side_of_a_tie_or_in_the_profile(
    make: SimpleNamespace,
) -> None:
    ties = [
        make.tie("a", a="p", b="rival", kind="conflict"),
        make.tie("b", a="other", b="p", kind="conflict", valid_to=TODAY),
        make.tie("c", a="former", b="p", kind="conflict", valid_to=date(2025, 12, 31)),
        make.tie("d", a="friend", b="p"),
    ]
    partner = make.partner(conflicts=["named", "rival"])
    assert conflicts_of(partner, make.history(*ties), TODAY) == ("named", "other", "rival")


@pytest.fixture
def yards(world: SimpleNamespace, make: Any) -> SimpleNamespace:
    said = {"summary": "Yards that weld ships."}
    world.writer.put_many([
        make.partner("full", **said, capacity=1, stages=["seed"]),
        make.partner("free", **said, capacity=2, stages=["seed", "growth"]),
        make.partner("silent", **said),
        make.startup("s", summary="Robots that weld.", stage="seed"),
        make.startup("t", summary="Robots that weld.", stage="growth"),
        make.startup("u", summary="Robots that weld."),
    ])
    day = date(2025, 1, 1)
    world.writer.put_ties([
        make.tie("one", a="t", b="full", kind="pilot", valid_from=day, valid_to=date(2027, 1, 1)),
        make.tie("two", a="s", b="free", valid_from=day),
    ])
    return world


def ids(found: Any) -> set[str]:
    return {match.profile.id for match in found.matches}


@pytest.mark.parametrize(
    ("wanted", "partners"),
    [
        (Wanted(), {"full", "free", "silent"}),
        (Wanted(with_room=True), {"free"}),
        (Wanted(never_together=True), {"full", "silent"}),
        (Wanted(stages=frozenset({Stage.SEED})), {"full", "free"}),
        (Wanted(stages=frozenset({Stage.GROWTH, Stage.IDEA})), {"free"}),
        (Wanted(stages=frozenset({Stage.SEED}), never_together=True, with_room=True), set()),
    ],
)
def test_a_list_keeps_to_what_is_wanted(yards: Any, wanted: Wanted, partners: set[str]) -> None:
    """What is not known meets nothing: neither places nor stages that nobody named."""
    found = yards.matchmaker.match("s", as_of=TODAY, wanted=wanted)
    assert ids(found) == partners
    assert not found.notes


def test_stages_of_startups_are_their_own(yards: Any) -> None:
    wanted = Wanted(stages=frozenset({Stage.GROWTH}))
    assert ids(yards.matchmaker.match("free", as_of=TODAY, wanted=wanted)) == {"t"}


def test_open_cases_of_the_day_take_places(yards: Any, encoder: Encoder) -> None:
    asked: list[date] = []

    def busy(day: date) -> Any:
        asked.append(day)
        return lambda id: frozenset({"x", "y"}) if id == "free" else frozenset()

    maker = Matchmaker(yards.store, yards.follower, encoder, cold_start(), busy=busy)
    assert ids(maker.match("s", as_of=TODAY, wanted=Wanted(with_room=True))) == set()
    rooms = {m.profile.id: m.standing.room for m in maker.match("s", as_of=TODAY).matches}
    assert rooms == {"full": Room(1, 1), "free": Room(2, 2), "silent": Room(None)}
    assert set(asked) == {TODAY}


def test_more_are_looked_at_where_few_are_wanted(world: SimpleNamespace, make: Any) -> None:
    said = {"summary": "Yards that weld ships."}
    world.writer.put_many([make.partner(f"p{n:03}", **said) for n in range(300)])
    world.writer.put_many([make.partner("zz", summary="Cakes.", stages=["seed"])])
    wanted = Wanted(stages=frozenset({Stage.SEED}))
    found = world.matchmaker.match(make.startup(**said), as_of=TODAY, wanted=wanted, pool=10)
    assert ids(found) == {"zz"}
