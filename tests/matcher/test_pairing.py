"""Tests of the planner: what it reproduces, what its fits are made of, what may be asked of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from index import Filters
from matcher.assignment import UNIT, NotContradictory, Status, check
from matcher.pairing import plan_regions
from matcher.roots import FIELDS, PAST, ROOT, Paired, nearness, pairings_around, pairings_on
from profiles.errors import CodedError
from profiles.rules import Rule
from profiles.taxonomy import provinces
from service.planning import plan_json, plan_sentence

TODAY = date(2026, 11, 1)
AUTUMN = date(2014, 10, 31)


@pytest.fixture(scope="module")
def plan(catalogue):
    return plan_regions(catalogue.store, as_of=TODAY)


def test_every_region_has_one_company_and_every_company_a_region(plan):
    assert plan.solution.status is Status.OPTIMAL
    assert check(plan.instance, plan.solution) == []
    assert {row.region.code for row in plan.rows} == set(provinces())
    taken = Counter(row.planned.id for row in plan.rows)
    assert len(taken) == 15
    assert sum(taken.values()) == 17
    assert max(taken.values()) == 2


def test_most_of_the_historical_pairing_is_reproduced_and_differing_is_priced(plan):
    assert plan.kept == 14
    assert len(plan.compared) == 17
    differing = {row.region.code: (row.planned.id, row.held[0].id) for row in plan.rows
                 if not row.is_kept}  # fmt: skip
    assert differing == {
        "KR-44": ("gs", "hanwha"), "KR-46": ("hanwha", "gs"), "KR-50": ("naver", "sk"),
    }  # fmt: skip
    assert [row.difference for row in plan.rows if row.is_kept] == [0] * 14
    assert plan.gain == sum(row.fit - row.held_fit for row in plan.rows) > 0


def test_fits_are_the_sum_of_their_grounds_and_each_names_its_source(plan):
    for row in plan.rows:
        assert row.fit == sum(one.points for one in row.grounds)
        assert row.fit <= (ROOT + PAST + FIELDS) * UNIT
        for one in (*row.grounds, *row.held_grounds):
            assert one.source
            assert one.phrase.en != one.phrase.ko


def test_a_day_of_2014_and_today_have_different_pairings(catalogue, plan):
    before = plan_regions(catalogue.store, as_of=AUTUMN)
    assert {tie.region for tie in pairings_on(catalogue.store, AUTUMN)} == {"KR-27", "KR-30"}
    assert len(pairings_on(catalogue.store, TODAY)) == 17
    assert len(before.compared) == 2
    assert [row.difference for row in before.rows].count(None) == 15
    again = plan_regions(catalogue.store, as_of=TODAY)
    assert again.instance.digest == plan.instance.digest
    assert again.solution.pairs == plan.solution.pairs


def test_past_work_counts_from_its_day_on(catalogue):
    def grounds(day):
        kept = plan_regions(catalogue.store, as_of=day, rules=[FORCED], most=3)
        row = next(row for row in kept.rows if row.region.code == "KR-28")
        assert row.planned.id == "kt"
        return [one.points for one in row.grounds]

    assert PAST * UNIT not in grounds(date(2015, 12, 31))
    assert PAST * UNIT in grounds(date(2016, 1, 1))


FORCED = Rule.model_validate({
    "id": "kt-in-incheon", "kind": "forced", "applicants": ["KR-28"], "hosts": ["kt"],
})  # fmt: skip


def test_what_is_to_stay_stays_at_a_price(catalogue, plan):
    kept = plan_regions(catalogue.store, as_of=TODAY, keep=["KR-50"])
    row = next(row for row in kept.rows if row.region.code == "KR-50")
    assert row.is_kept
    assert kept.kept == 15
    assert 0 < kept.gain < plan.gain


def test_one_region_for_each_leaves_two_without(catalogue):
    narrow = plan_regions(catalogue.store, as_of=TODAY, most=1)
    assert [row.planned for row in narrow.rows].count(None) == 2
    assert check(narrow.instance, narrow.solution) == []


def test_rules_that_contradict_are_told_by_name(catalogue):
    forbidden = FORCED.model_copy(update={"id": "not-kt", "kind": "forbidden"})
    broken = plan_regions(catalogue.store, as_of=TODAY, rules=[FORCED, forbidden])
    assert broken.solution.status is Status.INFEASIBLE
    assert {rule.id for rule in broken.contradiction.rules} == {"kt-in-incheon", "not-kt"}
    assert "인천광역시" in broken.contradiction.said.ko
    assert "Incheon with KT" in broken.contradiction.said.en
    assert not any("\x02" in one.said.ko for one in broken.contradiction.relaxations)
    assert all(row.planned is None for row in broken.rows)


def test_a_plan_ends_with_what_is_known_where_the_time_is_over(catalogue, monkeypatch):
    def too_long(*_args, **_named):
        raise NotContradictory(value="", rule="", remedy="")

    monkeypatch.setattr("matcher.pairing.explain_infeasible", too_long)
    same = {"as_of": TODAY, "most": 1, "keep": ["KR-27", "KR-47"]}
    untold = plan_regions(catalogue.store, **same)
    assert (untold.solution.status, untold.contradiction) == (Status.INFEASIBLE, None)
    said = plan_sentence(untold, "en")
    assert "No plan meets all rules." in said
    assert "17 regions seek one company each, and 15 companies take 1 to 1 regions each" in said
    assert "2 pairings are to stay" in said
    assert (plan_json(untold)["gain"], plan_json(untold)["regions"][0]["fit"]) == (None, None)
    unknown = replace(untold, solution=replace(untold.solution, status=Status.UNKNOWN), seconds=0.5)
    assert "0.5초 안에 계획을 찾지 못했습니다" in plan_sentence(unknown, "ko")


def test_a_tiny_limit_never_fails(catalogue):
    for keep in ((), ("KR-27", "KR-47")):
        hasty = plan_regions(catalogue.store, as_of=TODAY, most=1, keep=keep, seconds=1e-4)
        assert plan_sentence(hasty, "ko")
        assert hasty.is_planned == (hasty.solution.status in (Status.OPTIMAL, Status.FEASIBLE))


def test_the_pairing_of_the_day_speaks_and_not_the_newest(make):
    def pairing(a, b, **days):
        return make.tie(a, b, kind="pairing", region="KR-26", **days)

    old = pairing("c1", "old", valid_from="2014-01-01", valid_to="2016-12-31")
    both = [pairing("c2", one, valid_from="2018-01-01") for one in ("new", "newer")]
    later = pairing("c3", "later", valid_from="2030-01-01")
    ties = [later, *both, old]
    assert pairings_around(ties, date(2015, 1, 1)) == Paired((old,), (), (*both, later))
    assert pairings_around(ties, date(2017, 6, 1)).speaking == (old,)
    assert pairings_around(ties, date(2013, 1, 1)).speaking == (old,)
    today = pairings_around(ties, TODAY)
    assert (set(today.held), today.ended, today.coming) == (set(both), (old,), (later,))
    assert today.speaking == today.held


def test_nearness_is_symmetric_and_least_for_strangers():
    assert nearness("ai", "ai") == 1
    assert nearness("ai", "cloud") == nearness("cloud", "ai") == 0.5
    assert nearness("games", "nuclear") == 0


def test_a_store_without_pairings_says_what_to_do(sqlite_store):
    with pytest.raises(CodedError, match="dari init"):
        plan_regions(sqlite_store, as_of=TODAY)


def test_a_list_and_its_reasons_know_the_pairing_of_their_day(catalogue):
    """The startup is of Daegu, whose pairing holds since 15 September 2014."""
    own = Filters(regions=frozenset({"KR-27", "KR-41", "KR-11"}))
    lists = [
        catalogue.matchmaker.match("ultrasound", 50, filters=own, as_of=day)
        for day in (date(2014, 9, 14), TODAY, TODAY)
    ]
    before, today, again = lists
    assert any(part.evidence and "2014-09-15" in part.evidence.text.en
               for part in _of(today, "samsung"))  # fmt: skip
    assert not any(part.evidence and "2014-09-15" in part.evidence.text.en
                   for part in _of(before, "samsung"))  # fmt: skip
    assert [(one.profile.id, one.score) for one in today.matches] == [
        (one.profile.id, one.score) for one in again.matches
    ]
    assert today.matches[0].profile.id == "samsung"


def _of(found, id):
    return next(one.contributions for one in found.matches if one.profile.id == id)
