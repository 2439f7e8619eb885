"""Tests of the engine against every assignment of small instances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from matcher.assignment import Applicant, Host, Instance, Status, check, groups_of, solve, wide
from profiles.rules import Rule
from tests.matcher.assignment.drawn import best, instances, levels

quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@quick
@given(instances(4, 3))
def test_no_assignment_is_better_and_of_equals_the_first_is_taken(instance: Instance) -> None:
    _agrees_with_trying_all(instance)


@quick
@given(instances(4, 3))
def test_what_a_relaxation_narrows_down_is_still_the_best(instance: Instance) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wide, "WIDE", 0)
        _agrees_with_trying_all(instance)


def _agrees_with_trying_all(instance: Instance) -> None:
    note(str(instance.as_json()))
    expected = best(instance)
    found = solve(instance)
    if expected is None:
        assert found.status is Status.INFEASIBLE
        assert found.pairs == ()
        return
    assert found.status is Status.OPTIMAL
    assert found.levels == levels(instance, expected)
    assert found.pairs == expected
    assert check(instance, found) == []


@quick
@given(instances(6, 4), st.data())
def test_the_same_comes_out_again_in_whichever_order_the_rules_stand(
    instance: Instance, data: st.DataObject
) -> None:
    rules = tuple(data.draw(st.permutations(instance.rules)))
    found = solve(instance)
    assert solve(replace(instance, rules=rules)).as_json() == found.as_json()
    assert found.status in {Status.OPTIMAL, Status.INFEASIBLE}
    assert found.status is Status.INFEASIBLE or check(instance, found) == []


def _round(seed: int, *rules: dict[str, object]) -> Instance:
    """Draw 16 applicants and 4 hosts whose fits all differ."""
    chance = np.random.default_rng(seed)
    regions = chance.choice(["KR-11", "KR-30"], 16)
    people = tuple(Applicant(f"a{n:02}", groups_of(region=str(at))) for n, at in enumerate(regions))
    hosts = tuple(Host(f"h{n}", "p", 1, 5) for n in range(4))
    told = tuple(Rule.model_validate({"id": f"r{n}", **rule}) for n, rule in enumerate(rules))
    return Instance(people, hosts, chance.permutation(64).reshape(16, 4).astype(np.int64), told)


REGION = {"group": "area:non_capital"}
BINDING: tuple[dict[str, object], ...] = (
    {"kind": "share", **REGION, "high": 30, "hosts": ["h0", "h1"]},
    {"kind": "quota", **REGION, "low": 4, "hosts": ["h2"]},
    {"kind": "apart", "applicants": ["a00", "a01", "a02", "a03"]},
)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rules", [(), BINDING])
def test_all_ways_of_searching_agree(seed: int, rules: tuple[dict[str, object], ...]) -> None:
    idle: dict[str, object] = {"kind": "share", **REGION, "low": 0}  # no flow knows shares
    given, other = _round(seed, *rules), _round(seed, *rules, idle)
    found = solve(given)  # by flow, or by a relaxation
    for least in (0, 10**9):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(wide, "WIDE", least)
            assert solve(other).as_json() == found.as_json()
