"""Tests of contradictions: the core contradicts, none of it is needless, and loosening helps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, note, settings

from matcher.assignment import (
    Applicant,
    Host,
    Instance,
    NotContradictory,
    Status,
    explain_infeasible,
    groups_of,
    rulebook,
    solve,
)
from matcher.assignment.rulebook import ELIGIBILITY, with_rule, without
from profiles.rules import Rule
from tests.matcher.assignment.drawn import best, instances


def _small(*rules: dict[str, object]) -> Instance:
    """Make four startups, one of them of Daejeon, and two hosts with two places each."""
    regions = ["KR-11", "KR-11", "KR-28", "KR-30"]
    people = tuple(Applicant(f"a{n}", groups_of(region=at)) for n, at in enumerate(regions))
    hosts = (Host("x", "p", 0, 2), Host("y", "p", 0, 2))
    told = tuple(Rule.model_validate({"id": f"r{n}", **one}) for n, one in enumerate(rules))
    return Instance(people, hosts, np.full((4, 2), 1024, np.int64), told)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(instances(3, 2, most=5))
def test_a_core_contradicts_and_without_any_rule_of_it_the_others_do_not(given: Instance) -> None:
    assume(best(given) is None)
    note(str(given.as_json()))
    told = explain_infeasible(given)
    assert told.minimal
    every = {rule.id for rule in rulebook(given)}
    core = {rule.id for rule in told.rules}
    assert best(without(given, every - core)) is None
    for id in core:
        assert best(without(given, (every - core) | {id})) is not None
    for relaxation in told.relaxations:
        loosened = relaxation.loosened
        changed = with_rule(given, loosened) if loosened else without(given, {relaxation.rule.id})
        pairs = best(changed)
        assert relaxation.solution.pairs == (pairs or ())
        assert (relaxation.solution.status is Status.INFEASIBLE) == (pairs is None)


def test_a_contradiction_is_told_with_what_helps_and_by_how_much() -> None:
    region = {"group": "area:non_capital"}
    given = _small(
        {"kind": "share", **region, "low": 50},
        {"kind": "total", "low": 3},
        {"kind": "budget", "each": 10, "high": 100, "currency": "KRW"},
    )
    told = explain_infeasible(given, name=str.upper)
    assert [rule.id for rule in told.rules] == ["r0", "r1", "#seats"]  # one could count twice
    assert "at least 50 per cent" in told.said.en
    assert "최소 50%" in told.said.ko
    loosened = {one.rule.id: one.loosened for one in told.relaxations}
    assert loosened["r0"].low == 33  # one of three
    assert loosened["r1"].low == 2
    assert [len(one.solution.pairs) for one in told.relaxations] == [3, 2, 4]
    assert told.relaxations[0].said.en.endswith("3 pairs, the least fit 1.0, total fit 3.0 points.")


def test_places_and_eligibility_are_named_where_they_contradict() -> None:
    crowded = _small({"kind": "places", "hosts": ["x"], "low": 3})
    assert {one.id for one in explain_infeasible(crowded).rules} == {"r0", "#places:x"}
    fits = crowded.fits.copy()
    fits[0, 0] = -1
    refused = replace(_small({"kind": "forced", "applicants": ["a0"], "hosts": ["x"]}), fits=fits)
    assert {one.id for one in explain_infeasible(refused).rules} == {"r0", ELIGIBILITY}


def test_what_does_not_contradict_is_refused() -> None:
    given = _small()
    assert solve(given).status is Status.OPTIMAL
    with pytest.raises(NotContradictory, match="not proven"):
        explain_infeasible(given)


def test_two_contradictions_at_once_are_not_healed_by_one_rule() -> None:
    given = _small(
        {"kind": "total", "high": 1},
        {"kind": "total", "low": 2},
        {"kind": "forced", "applicants": ["a0"], "hosts": ["x"]},
        {"kind": "forbidden", "applicants": ["a0"], "hosts": ["x"]},
    )
    told = explain_infeasible(given)
    assert len(told.rules) == 2
    assert all(not one.solution.pairs for one in told.relaxations)
    assert "alone is not enough" in told.relaxations[0].said.en
