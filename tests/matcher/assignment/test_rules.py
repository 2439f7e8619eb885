"""Tests of each kind of rule: what is best without it breaks it, what is found with it keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matcher.assignment import (
    UNIT,
    Applicant,
    Host,
    Instance,
    Status,
    check,
    groups_of,
    rule_words,
    solve,
)
from profiles.rules import Rule, RuleKind

FITS = [[9, 5, 1], [8, 6, 2], [7, 3, 4], [2, 6, 5]]
"""Points of the applicants a to d with the hosts x, y and z."""


def instance(*rules: Mapping[str, Any], seats: int = 1, high: int | None = 2) -> Instance:
    """Make an instance: a and b in Seoul, c in Daejeon, of d nothing is known."""
    regions = {"a": "KR-11", "b": "KR-11", "c": "KR-30", "d": None}
    people = tuple(Applicant(id, groups_of(region=at)) for id, at in regions.items())
    hosts = tuple(Host(id, "p", 0, high) for id in "xyz")
    told = tuple(Rule.model_validate({"id": f"r{n}", **rule}) for n, rule in enumerate(rules))
    return Instance(people, hosts, np.array(FITS, np.int64) * UNIT, told, seats)


REGION = {"group": "area:non_capital"}
CASES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "places at most": ({"kind": "places", "hosts": ["x"], "high": 1}, {"ay", "by", "cx", "dz"}),
    "places at least": ({"kind": "places", "hosts": ["z"], "low": 2}, {"ax", "bx", "cz", "dz"}),
    "seats at most": ({"kind": "seats", "applicants": ["a"], "high": 0}, {"bx", "cx", "dy"}),
    "seats at least": (
        {"kind": "seats", "applicants": ["a"], "low": 2, "high": 2},
        {"ax", "ay", "by", "cx", "dz"},
    ),
    "seats at some": (
        {"kind": "seats", "applicants": ["b"], "hosts": ["x", "y"], "high": 0},
        {"ax", "bz", "cx", "dy"},
    ),
    "total at most": ({"kind": "total", "high": 2}, {"ax", "bx"}),
    "quota at most": ({"kind": "quota", **REGION, "high": 0}, {"ax", "bx"}),
    "quota at least": (
        {"kind": "quota", **REGION, "hosts": ["z"], "low": 1},
        {"ax", "bx", "cz", "dy"},
    ),
    "share at most": ({"kind": "share", **REGION, "high": 34}, {"ax", "bx", "dy"}),
    "share at least": ({"kind": "share", **REGION, "low": 30}, {"ax", "by", "cx"}),
    "budget": (
        {"kind": "budget", "each": 20, "high": 59, "currency": "KRW"},
        {"ax", "bx"},
    ),
    "least fit": ({"kind": "least_fit", "hosts": ["x"], "low": 8}, {"ax", "bx", "cz", "dy"}),
    "forced": ({"kind": "forced", "applicants": ["a"], "hosts": ["z"]}, {"az", "bx", "cx", "dy"}),
    "forbidden": (
        {"kind": "forbidden", "applicants": ["a"], "hosts": ["x"]},
        {"ay", "bx", "cx", "dy"},
    ),
    "locked": ({"kind": "locked", "applicants": ["a"], "hosts": ["y"]}, {"ay", "bx", "cx", "dy"}),
    "locked out": ({"kind": "locked", "applicants": ["a"]}, {"bx", "cx", "dy"}),
    "apart": ({"kind": "apart", "applicants": ["a", "c"]}, {"ay", "bx", "cx", "dy"}),
}
"""A rule, and the best pairs under it; without any it is a and c with x, b and d with y."""


def _pairs(given: Instance) -> set[str]:
    found = solve(given)
    assert found.status is Status.OPTIMAL
    assert check(given, found) == []
    return {"".join(pair) for pair in found.pairs}


def test_without_rules_the_best_is_found() -> None:
    assert _pairs(instance()) == {"ax", "by", "cx", "dy"}


@pytest.mark.parametrize("case", CASES)
def test_a_rule_is_kept_that_would_be_broken_without_it(case: str) -> None:
    rule, expected = CASES[case]
    ruled = instance(rule)
    assert _pairs(ruled) == expected
    broken = check(ruled, solve(replace(ruled, rules=())))
    assert [one.rule_id for one in broken if not one.rule_id.startswith("aim:")] == ["r0"]


def test_each_kind_of_rule_has_a_case() -> None:
    assert {rule["kind"] for rule, _ in CASES.values()} == {kind.value for kind in RuleKind}


def test_whose_group_is_unknown_counts_against_every_bound() -> None:
    known = {"kind": "quota", **REGION, "low": 2}
    assert solve(instance(known)).status is Status.INFEASIBLE  # c is, d may be
    assert "d" not in {pair[0] for pair in _pairs(instance({**known, "low": 0, "high": 0}))}
    many = {"kind": "seats", **REGION, "low": 2, "high": 2}
    assert [sum(pair[0] == id for pair in _pairs(instance(many))) for id in "cd"] == [2, 1]


def test_what_is_not_eligible_is_never_made() -> None:
    given = instance({"kind": "total", "low": 4})
    fits = given.fits.copy()
    fits[0] = -1
    refused = replace(given, fits=fits)
    assert solve(refused).status is Status.INFEASIBLE
    found = solve(replace(refused, rules=()))
    assert {pair[0] for pair in found.pairs} == set("bcd")


def test_a_pair_with_somebody_who_is_not_there_cannot_be_forced() -> None:
    for kind in ("forced", "locked"):
        rule = {"kind": kind, "applicants": ["nobody"], "hosts": ["x"]}
        assert solve(instance(rule)).status is Status.INFEASIBLE
    for kind in ("forbidden", "apart"):
        rule = {"kind": kind, "applicants": ["nobody"], "hosts": ["x"]}
        assert _pairs(instance(rule)) == {"ax", "by", "cx", "dy"}


@pytest.mark.parametrize("case", CASES)
def test_every_rule_is_said_in_both_languages(case: str) -> None:
    rule = Rule.model_validate({"id": "r", **CASES[case][0]})
    said = rule_words(rule, lambda id: f"<{id}>")
    for lang in ("en", "ko"):
        words = said.in_(lang)
        assert "{" not in words
        assert "None" not in words
        for id in (*rule.applicants, *rule.hosts):
            assert f"<{id}>" in words
