"""Tests of the proposal of districts, on a small store that is counted by hand."""

from __future__ import annotations

from datetime import date

import pytest

from matcher.assignment import Status, check
from matcher.districts import CAPITAL, STRATEGIC, propose_districts
from profiles.errors import CodedError

DAY = date(2026, 1, 1)


@pytest.fixture
def held(world, make):
    """Startups in five provinces; Busan has a district, Seoul is of the capital area."""
    world.store.put_programmes([
        make.programme(STRATEGIC, kind="stage_support", sectors=["ai", "robotics", "batteries"]),
        make.programme("d", kind="special_district", regions=["KR-26"], valid_from="2024-05-01"),
    ])
    exempt = ["regulatory_exemption"]
    world.writer.put_many([
        make.startup("s1", region="KR-11", sectors=["ai"], seeks=exempt),
        make.startup("s2", region="KR-11", sectors=["ai"]),
        make.startup("s3", region="KR-26", sectors=["ai"]),
        make.startup("s4", region="KR-27", sectors=["ai", "robotics"]),
        make.startup("s5", region="KR-27", sectors=["robotics"], seeks=exempt),
        make.startup("s6", region="KR-29", sectors=["ai"]),
        make.startup("s7", region="KR-30", sectors=["games"]),
        make.startup("s8", sectors=["ai"]),
        make.startup("s9", region="KR-30"),
        make.partner("i1", region="KR-29", kind="research_institute", sectors=["ai"]),
        make.partner("c1", region="US", sites=["KR-27"], kind="conglomerate", sectors=["robotics"]),
        make.partner("i2", region="KR-31", kind="university", sectors=["batteries"]),
        make.partner("v1", region="KR-27", kind="investor", sectors=["robotics"]),
    ])
    return world.store


def told(candidates):
    return [(one.region, one.sector, one.points) for one in candidates]


def test_no_province_and_no_sector_twice_outside_the_capital_area(held):
    found = propose_districts(held, as_of=DAY)
    # Daegu: 2 startups 16, one of them seeks exemption 8, one company 6; Gwangju: 8 and 6
    assert told(found.chosen) == [("KR-27", "robotics", 30), ("KR-29", "ai", 14)]
    assert check(found.instance, found.solution) == []
    assert found.chosen[0].members["companies"] == ("c1",)


def test_the_others_are_told_why(held):
    others = {one.region: one.because for one in propose_districts(held, as_of=DAY).others}
    assert set(others) == {"KR-11", "KR-26"}
    assert "capital area" in others["KR-11"].en
    assert "특구가 있는" in others["KR-26"].ko


def test_the_capital_area_may_be_let_in(held):
    found = propose_districts(held, as_of=DAY, balanced=False)
    assert told(found.chosen) == [("KR-27", "robotics", 30), ("KR-11", "ai", 24)]
    assert CAPITAL not in {rule.id for rule in found.instance.rules}


def test_what_if_a_province_is_left_out_or_fewer_are_asked_for(held):
    left = propose_districts(held, as_of=DAY, left_out=["KR-27"])
    assert told(left.chosen) == [("KR-29", "ai", 14)]
    assert "Left out" in {one.region: one for one in left.others}["KR-27"].because.en
    assert propose_districts(held, as_of=DAY, left_out=["KR-27", "KR-29"]).chosen == ()
    assert told(propose_districts(held, as_of=DAY, most=1).chosen) == [("KR-27", "robotics", 30)]


def test_nothing_is_said_to_be_better_where_the_search_did_not_end(held):
    found = propose_districts(held, as_of=DAY, seconds=1e-9)
    assert found.solution.status is Status.UNKNOWN
    why = {one.region: one.because.en for one in found.others}
    assert why["KR-27"] == why["KR-29"] == "The time ended before it was settled."
    assert "capital area" in why["KR-11"]


def test_before_its_day_a_district_takes_no_province(held):
    before = propose_districts(held, as_of=date(2024, 4, 30), left_out=["KR-29"])
    assert ("KR-26", "ai", 8) in told(before.chosen)


def test_nothing_is_proposed_where_no_startup_is(world, make):
    world.store.put_programmes([make.programme(STRATEGIC, sectors=["ai"])])
    world.writer.put_many([make.partner("i", region="KR-27", kind="university", sectors=["ai"])])
    assert propose_districts(world.store, as_of=DAY).chosen == ()


def test_errors_say_what_is_missing(world):
    with pytest.raises(CodedError, match="dari init"):
        propose_districts(world.store, as_of=DAY)
    with pytest.raises(ValueError, match="KR-99"):
        propose_districts(world.store, as_of=DAY, left_out=["KR-99"])
