"""Tests each rule with a pair that meets it, one that breaks it, and one that cannot tell."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from matcher import partner_refusals, refusals, startup_refusals
from matcher.eligibility import rules_met
from matcher.phrases import phrases

TODAY = date(2026, 1, 1)

RULES = [
    # programme, startup, code (None: met)
    ({}, {}, None),
    ({"regions": ["KR-27"]}, {"region": "KR-27"}, None),
    ({"regions": ["KR"]}, {"region": "KR-27"}, None),
    ({"regions": ["KR-27"]}, {"region": "KR-26"}, "region"),
    ({"regions": ["KR-27"]}, {"region": "KR"}, "region_unknown"),
    ({"regions": ["KR-27"]}, {}, "region_unknown"),
    ({"countries": ["KR", "RU"]}, {"region": "RU-MOW"}, None),
    ({"countries": ["KR", "RU"]}, {"region": "US-MA"}, "country"),
    ({"countries": ["KR", "RU"]}, {}, "country_unknown"),
    ({"countries": ["KR"]}, {"region": "KR-27"}, None),
    ({"countries": ["KR"]}, {"region": "RU-MOW"}, "country"),
    ({"countries": ["KR"]}, {}, "country_unknown"),
    ({"sectors": ["ai"]}, {"sectors": ["games", "ai"]}, None),
    ({"sectors": ["digital"]}, {"sectors": ["ai"]}, None),
    ({"sectors": ["ai"]}, {"sectors": ["digital"]}, "sector"),
    ({"sectors": ["ai"]}, {"sectors": ["games"]}, "sector"),
    ({"sectors": ["ai"]}, {}, "sector_unknown"),
    ({"stages": ["seed", "idea"]}, {"stage": "seed"}, None),
    ({"stages": ["seed"]}, {"stage": "growth"}, "stage"),
    ({"stages": ["seed"]}, {}, "stage_unknown"),
    ({"trl_min": 4}, {"trl": 4}, None),
    ({"trl_min": 4}, {"trl": 3}, "trl"),
    ({"trl_max": 6}, {"trl": 6}, None),
    ({"trl_max": 6}, {"trl": 7}, "trl"),
    ({"trl_min": 4, "trl_max": 6}, {}, "trl_unknown"),
    ({"needs": ["pilot", "grant"]}, {"seeks": ["loan", "grant"]}, None),
    ({"needs": ["pilot"]}, {"seeks": ["loan"]}, "need"),
    ({"needs": ["pilot"]}, {}, "need_unknown"),
]
PAIRS = [
    # startup, partner, code (None: met)
    ({}, {}, None),
    ({"conflicts": ["q"]}, {"conflicts": ["r"]}, None),
    ({"conflicts": ["q", "p"]}, {}, "conflict"),
    ({}, {"conflicts": ["s"]}, "conflict"),
    ({}, {"capacity": 1}, None),
    ({}, {"capacity": 0}, "no_capacity"),
    ({"trl": 5}, {"trl_min": 5}, None),
    ({"trl": 4}, {"trl_min": 5}, "partner_trl"),
    ({}, {"trl_min": 5}, "partner_trl_unknown"),
]
MEMBERS = [
    # programme, partner, code (None: met)
    ({"partners": ["p"], "closed": True}, {}, None),
    ({"partners": ["q"], "closed": True}, {}, "not_member"),
    ({"closed": True}, {}, "not_member"),
    ({"partners": ["q"]}, {}, None),
    ({"partner_kinds": ["university"]}, {"kind": "university"}, None),
    ({"partner_kinds": ["university"]}, {"kind": "hospital"}, "partner_kind"),
    ({"partner_kinds": ["university"]}, {}, "partner_kind"),
    ({"partners": ["p"], "partner_kinds": ["university"]}, {"kind": "hospital"}, None),
]


@pytest.mark.parametrize(("programme", "startup", "code"), RULES)
def test_rules_of_a_programme(
    make: SimpleNamespace, programme: dict[str, Any], startup: dict[str, Any], code: str | None
) -> None:
    given, under = make.startup(**startup), make.programme(**programme)
    reasons = startup_refusals(given, under)
    assert [reason.code for reason in reasons] == ([code] if code else [])
    met = rules_met(given, under)
    alone = len(programme.get("countries", ())) == 1  # asked of all at home: it counts nothing
    assert met == (None if code else len(programme) - alone)
    both = refusals(given, make.partner(), programme=under, history=make.history(), on=TODAY)
    assert both == reasons


@pytest.mark.parametrize(("startup", "partner", "code"), PAIRS)
def test_rules_of_a_pair(
    make: SimpleNamespace, startup: dict[str, Any], partner: dict[str, Any], code: str | None
) -> None:
    reasons = refusals(
        make.startup(**startup),
        make.partner(**partner),
        programme=None,
        history=make.history(),
        on=TODAY,
    )
    assert [reason.code for reason in reasons] == ([code] if code else [])


@pytest.mark.parametrize(("programme", "partner", "code"), MEMBERS)
def test_members_of_a_programme(
    make: SimpleNamespace, programme: dict[str, Any], partner: dict[str, Any], code: str | None
) -> None:
    given, under = make.partner(**partner), make.programme(**programme)
    reasons = partner_refusals(given, under)
    assert [reason.code for reason in reasons] == ([code] if code else [])
    both = refusals(make.startup(), given, programme=under, history=make.history(), on=TODAY)
    assert both == reasons


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"kind": "conflict"}, True),
        ({"kind": "conflict", "a": "p", "b": "s"}, True),
        ({"kind": "conflict", "valid_from": TODAY, "valid_to": TODAY}, True),
        ({"kind": "conflict", "valid_to": date(2025, 12, 31)}, False),
        ({"kind": "conflict", "valid_from": date(2026, 1, 2)}, False),
        ({"kind": "conflict", "b": "q"}, False),
        ({"kind": "collaboration"}, False),
    ],
)
def test_a_conflict_may_be_a_tie(
    make: SimpleNamespace, fields: dict[str, Any], refused: bool
) -> None:
    history = make.history(make.tie(**fields))
    reasons = refusals(make.startup(), make.partner(), programme=None, history=history, on=TODAY)
    assert [reason.code for reason in reasons] == (["conflict"] if refused else [])


def test_every_broken_rule_is_named(make: SimpleNamespace) -> None:
    programme = make.programme(regions=["KR-27"], sectors=["ai"], closed=True)
    reasons = refusals(
        make.startup(conflicts=["p"], region="KR-26"),
        make.partner(capacity=0),
        programme=programme,
        history=make.history(),
        on=TODAY,
    )
    codes = [reason.code for reason in reasons]
    assert codes == ["conflict", "no_capacity", "region", "sector_unknown", "not_member"]


def test_a_reason_names_what_is_wanted_and_given(make: SimpleNamespace) -> None:
    programme = make.programme(regions=["KR-27", "KR-47"])
    (reason,) = startup_refusals(make.startup(region="KR-26"), programme)
    assert reason.phrase.en == (
        "The programme is for startups in Daegu, North Gyeongsang; this one is in Busan."
    )
    for name in ("대구", "경상북도", "부산"):
        assert name in reason.phrase.ko


def test_these_tests_reach_every_refusal() -> None:
    reached = {code for *_, code in [*RULES, *PAIRS, *MEMBERS] if code}
    reached.add("unasked")  # by tests of matcher.fitting: a round knows it, a pair does not
    assert reached == set(phrases()["refusal"])
