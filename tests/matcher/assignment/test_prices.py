"""Tests of what rules cost, and of the curve of a bound that is moved."""

from __future__ import annotations

import numpy as np
import pytest

from matcher.assignment import (
    UNIT,
    Aim,
    Applicant,
    Host,
    Instance,
    NoSuchRule,
    Status,
    groups_of,
    price_tags,
    solve,
    trade_off,
)
from profiles.rules import Rule


def _instance(*rules: dict[str, object]) -> Instance:
    """Make four applicants, the last two of Daejeon, and one host with two places."""
    regions = ["KR-11", "KR-11", "KR-30", "KR-30"]
    people = tuple(
        Applicant(id, groups_of(region=at)) for id, at in zip("abcd", regions, strict=True)
    )
    fits = np.array([[9], [8], [6], [5]], np.int64) * UNIT
    told = tuple(Rule.model_validate({"id": f"r{n}", **one}) for n, one in enumerate(rules))
    return Instance(people, (Host("x", "p", 0, 2),), fits, told)


SHARE = {"kind": "share", "group": "area:non_capital", "low": 50}


def test_a_rule_costs_what_there_would_be_more_without_it() -> None:
    given = _instance(SHARE, {"kind": "total", "high": 2})
    (price,) = price_tags(given, solve(given)).prices
    assert price.rule.id == "r0"
    assert price.proven
    assert (price.total, price.placed, price.worst) == (
        2 * UNIT,
        0,
        2 * UNIT,
    )  # 9 + 8 against 9 + 6
    assert price.percent == pytest.approx(100 * 2 / 17)
    assert price.gains == (("c", 6 * UNIT),)
    assert price.loses == (("b", 8 * UNIT),)
    assert "2.0 points of total fit (11.8% of the total without the rule)" in price.said.en
    assert "적합도 합계 2.0점(규칙이 없을 때 합계의 11.8%)" in price.said.ko


def test_places_have_a_price_where_they_are_asked_for() -> None:
    given = _instance()
    (price,) = price_tags(given, solve(given), rules=["#places:x"]).prices
    assert (price.placed, price.total, price.worst) == (2, 11 * UNIT, -3 * UNIT)


def test_a_bound_is_moved_over_values() -> None:
    given = _instance(SHARE)
    points = trade_off(given, "r0", [0, 50, 51, 100])
    assert [one.value for one in points] == [0, 50, 51, 100]
    assert [one.solution.value(Aim.TOTAL) // UNIT for one in points] == [17, 15, 11, 11]
    (none,) = trade_off(given, "#places:x", [0])
    assert none.solution.status is Status.OPTIMAL
    assert none.solution.pairs == ()


def test_a_rule_that_is_not_there_or_cannot_be_moved_is_named() -> None:
    given = _instance({"kind": "apart", "applicants": ["a", "b"]})
    with pytest.raises(NoSuchRule, match="r9"):
        price_tags(given, solve(given), rules=["r9"])
    with pytest.raises(NoSuchRule, match="no bound"):
        trade_off(given, "r0", [1])


def test_rules_that_hide_each_other_are_priced_together() -> None:
    given = _instance(
        {"kind": "total", "high": 1},
        {"kind": "budget", "each": 20, "high": 20, "currency": "KRW"},
        {"kind": "least_fit", "low": 1},
    )
    tags = price_tags(given, solve(given))
    assert tags.prices == ()
    (joint,) = tags.joint
    assert [rule.id for rule in joint.rules] == ["r0", "r1"]
    assert (joint.placed, joint.total) == (1, 8 * UNIT)  # 9 + 8 against 9
    assert "These 2 rules hide each other" in joint.said.en
    assert "서로를 가립니다" in joint.said.ko
    assert [rule.id for rule in tags.idle] == ["r2"]
    assert tags.untried == ()


def test_a_rule_hidden_by_one_that_costs_is_priced_with_it() -> None:
    given = _instance({"kind": "total", "high": 1}, {"kind": "apart", "applicants": ["a", "b"]})
    tags = price_tags(given, solve(given))
    assert [(one.rule.id, one.total) for one in tags.prices] == [("r0", 6 * UNIT)]  # 9 + 6
    (joint,) = tags.joint
    assert [rule.id for rule in joint.rules] == ["r0", "r1"]
    assert joint.total == 8 * UNIT  # 9 + 8
    assert tags.idle == ()


def test_what_there_was_no_time_for_is_told() -> None:
    given = _instance(SHARE, {"kind": "total", "high": 2})
    tags = price_tags(given, solve(given), stop=lambda: True)
    assert (tags.prices, tags.joint, tags.idle) == ((), (), ())
    assert [rule.id for rule in tags.untried] == ["r0", "r1"]
