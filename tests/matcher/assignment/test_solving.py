"""Tests of the engine against every assignment of small instances."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from matcher.assignment import Instance, Status, check, solve, wide
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
