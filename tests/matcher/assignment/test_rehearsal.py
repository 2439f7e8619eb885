from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from matcher.assignment import Instance, Solution, Status, check, solve
from matcher.assignment.alternates import reserves, reserves_of_places
from matcher.assignment.rehearsal import expected_loss, rehearse
from profiles.rules import Rule
from tests.matcher.assignment.fair import given, instances, made

FITS = [[9, 1], [8, 7], [5, 4], [3, 6]]
RURAL = {"id": "rural", "kind": "quota", "group": "area:non_capital", "low": 1}


def test_the_reserve_is_in_the_order_of_the_host() -> None:
    instance = made(FITS, [1, 1])
    solution = given("ax", "by")
    assert reserves(instance, solution) == {"x": ("c", "d"), "y": ("d", "c")}
    assert reserves(instance, solution, 1) == {"x": ("c",), "y": ("d",)}
    assert reserves(instance, given("ax")) == {"x": ("b", "c", "d"), "y": ()}


def test_the_reserve_of_a_place_keeps_the_rules() -> None:
    instance = made(FITS, [2, 1], RURAL, regions={"a": "KR-11", "b": "KR-30", "d": "KR-30"})
    solution = given("ax", "bx")
    # For a's place all will do; for b's only d keeps one from outside the capital: c is unknown.
    assert reserves_of_places(instance, solution) == {("a", "x"): ("c", "d"), ("b", "x"): ("d",)}
    assert reserves(instance, solution)["x"] == ("c", "d")


def test_a_decline_is_filled_from_those_without_a_place_and_nobody_moves() -> None:
    instance = made(FITS, [1, 1])
    told = rehearse(instance, given("ax", "by"), ["a"])
    # With everyone to be placed anew b would move to x; who has a place keeps it, so c gets x.
    assert told.solution.pairs == (("b", "y"), ("c", "x"))
    assert (told.declined, told.moved, told.gained) == (("a",), (), (("c", "x"),))
    assert (told.places, told.lost) == (0, (9 - 5) * 1024)
    assert told.is_possible


def test_whom_a_person_took_out_gets_no_place_by_a_decline() -> None:
    instance = made(FITS, [1, 1])
    told = rehearse(instance, given("by"), ["b"], barred=[("a", "x"), ("a", "y")])
    assert told.solution.pairs == (("c", "x"), ("d", "y"))
    assert rehearse(instance, given("by"), ["b"]).solution.pairs == (("a", "x"), ("d", "y"))


def test_somebody_moves_only_where_a_rule_forces_it() -> None:
    # x must take one; only b may go there once a says no, so b leaves y and c follows.
    one = {"id": "one", "kind": "places", "hosts": ["x"], "low": 1}
    instance = made([[9, -1], [8, 7], [-1, 4]], [1, 1], one)
    told = rehearse(instance, given("ax", "by"), ["a"])
    assert told.moved == (("b", "y"),)
    assert told.gained == (("b", "x"), ("c", "y"))
    assert told.lost == (9 + 7 - 8 - 4) * 1024


def test_of_those_who_must_move_as_few_as_possible_do() -> None:
    # The quota needs one from outside the capital area once c says no: d; somebody goes for it.
    regions = {"a": "KR-11", "b": "KR-11", "c": "KR-30", "d": "KR-30"}
    most = {"id": "most", "kind": "total", "high": 2}
    fits = [[9, -1], [8, 7], [-1, 6], [3, -1]]
    instance = made(fits, [1, 1], RURAL, most, regions=regions)
    told = rehearse(instance, given("ax", "cy"), ["c"])
    assert told.moved == (("a", "x"),)
    assert told.solution.pairs == (("b", "y"), ("d", "x"))


def test_nobody_else_moves_for_a_better_whole() -> None:
    # a says no, x must take one, so b leaves y. With c at y and d at z there would be a place more;
    # but c has a place, and keeps it.
    one = {"id": "one", "kind": "places", "hosts": ["x"], "low": 1}
    fits = [[9, -1, -1], [8, 7, -1], [-1, 9, 5], [-1, -1, 6]]
    instance = made(fits, [1, 1, 1], one)
    told = rehearse(instance, given("ax", "by", "cz"), ["a"])
    assert told.moved == (("b", "y"),)
    assert told.solution.pairs == (("b", "x"), ("c", "z"))
    assert told.places == -1


def test_rules_that_name_who_declines_hold_of_the_others() -> None:
    must = {"id": "must", "kind": "forced", "applicants": ["a"], "hosts": ["x"]}
    instance = made(FITS, [1, 1], must)
    assert rehearse(instance, given("ax", "by"), ["a"]).solution.pairs == (("b", "y"), ("c", "x"))
    apart = {"id": "apart", "kind": "apart", "applicants": ["a", "c"]}
    told = rehearse(made(FITS, [1, 2], apart), given("ax", "by", "cy"), ["b"])
    assert not check(made(FITS, [1, 2], apart), told.solution)


def test_where_the_rules_leave_no_way_that_is_told() -> None:
    instance = made([[9], [-1]], [1], {"id": "one", "kind": "total", "low": 1})
    told = rehearse(instance, given("ax"), ["a"])
    assert not told.is_possible
    assert told.solution.status is Status.INFEASIBLE


def test_least_fits_are_kept_when_somebody_has_to_move() -> None:
    least = {"id": "least", "kind": "least_fit", "low": 5}
    one = {"id": "one", "kind": "places", "hosts": ["x"], "low": 1}
    instance = made([[9, -1], [8, 7], [-1, 4]], [1, 1], one, least)
    told = rehearse(instance, given("ax", "by"), ["a"])
    assert told.solution.pairs == (("b", "x"),), "c would fit by 4 points only"
    assert told.places == -1


def test_nobody_and_somebody_unknown() -> None:
    instance = made(FITS, [1, 1])
    assert rehearse(instance, given("ax", "by"), []).gained == ()
    with pytest.raises(ValueError, match="'q'"):
        rehearse(instance, given("ax", "by"), ["q"])


def test_the_expected_loss_is_the_mean_over_what_was_drawn() -> None:
    instance = made(FITS, [1, 1])
    solution = given("ax", "by")
    never = expected_loss(instance, solution, rate=0, rounds=2, generator=np.random.default_rng(1))
    assert (never.lost, never.error, never.failed) == (0, 0, 0)
    # Everyone declines: c and d get 5 + 6 in the place of 9 + 7.
    always = expected_loss(instance, solution, rate=1, rounds=2, generator=np.random.default_rng(1))
    assert always.lost == (16 - 11) * 1024
    some = [
        expected_loss(instance, solution, rate=0.5, rounds=6, generator=np.random.default_rng(3))
        for _ in range(2)
    ]
    assert some[0] == some[1]
    assert 0 < some[0].lost < always.lost
    assert some[0].error > 0


@st.composite
def decided(draw: st.DrawFn) -> tuple[Instance, Solution, list[str]]:
    drawn_one = draw(instances())
    hosts = [one.id for one in drawn_one.hosts]
    rules = [
        Rule(id="low", kind="places", hosts=(draw(st.sampled_from(hosts)),), low=1),
        Rule(id="most", kind="total", high=draw(st.integers(1, 3))),
        Rule(id="least", kind="least_fit", low=1),
    ]
    chosen = draw(st.lists(st.sampled_from(rules), unique_by=lambda rule: rule.id))
    instance = Instance(
        drawn_one.applicants, drawn_one.hosts, drawn_one.fits, (*drawn_one.rules, *chosen)
    )
    solution = solve(instance, seconds=60)
    assume(solution.status is Status.OPTIMAL)
    some = st.lists(st.sampled_from(instance.applicant_ids), unique=True, max_size=2)
    return instance, solution, draw(some)


@drawn(decided())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_rehearsal_never_breaks_a_rule(case: tuple[Instance, Solution, list[str]]) -> None:
    instance, solution, declines = case
    told = rehearse(instance, solution, declines, seconds=60)
    if not told.is_possible:
        return
    assert not {applicant for applicant, _ in told.solution.pairs} & set(declines)
    hypothetic = Solution(Status.FEASIBLE, told.solution.pairs)
    assert check(instance, hypothetic) == []
    kept = {pair for pair in solution.pairs if pair[0] not in declines}
    if not told.moved:
        assert kept <= set(told.solution.pairs)
    assert told.places == len(told.solution.pairs) - len(solution.pairs)


@drawn(decided())
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_reserve_never_breaks_a_rule(case: tuple[Instance, Solution, list[str]]) -> None:
    instance, solution, _ = case
    for pair, ids in reserves_of_places(instance, solution).items():
        for id in ids:
            pairs = {*solution.pairs} - {pair} | {(id, pair[1])}
            assert check(instance, Solution(Status.FEASIBLE, tuple(sorted(pairs)))) == []
