"""Triads of a small world of two countries, by hand: rules, money, points, reserve."""

from __future__ import annotations

from datetime import timedelta

import pytest

from matcher import Matchmaker, cold_start, load_ranker
from matcher.budget import UNSTATED, budget_of
from matcher.complement import UNIT, complements
from matcher.kept_triads import MOST_KEPT, KeptTriads
from matcher.sources import Sources
from matcher.triads import TriadsAsked, caution_of, triads_of
from profiles import InvalidRecord, UnknownId, rows, validate
from profiles.case_moves import move_case
from profiles.cases import CaseStage
from profiles.casework import open_case

LASER = {"sectors": ["sensors_optics"], "summary": "Laser sources for welding metal sheets."}
SHIP = {"sectors": ["marine_mobility"], "summary": "Ships that steer themselves at sea."}


@pytest.fixture
def sources(world) -> Sources:
    return Sources(world.store, world.follower, world.matchmaker)


@pytest.fixture
def platform(make):
    return make.programme(
        "platform",
        kind="bilateral",
        countries=["KR", "RU"],
        trl_min=7,
        funding={"amount": 500_000, "currency": "USD", "per": "side"},
        summary="A platform. Since 2022 sanctions hold: check before use.",
        partners=["kimm"],
    )


def fill(world, make, platform, *more) -> None:
    laser_wish = {"seeking": "Laser sources for welding metal sheets."}
    world.store.put_programmes([platform])
    world.writer.put_many([
        make.startup("kr-weld", **LASER, **laser_wish, region="KR-27", trl=8, seeks=["joint_rnd"]),
        make.startup("kr-ship", **SHIP, region="KR-26", trl=7),
        make.startup("ru-laser", **LASER, region="RU-MOW", trl=9, offers=["joint_rnd"]),
        make.startup("ru-sonar", **SHIP, region="RU", trl=8),
        make.partner("kimm", kind="research_institute", region="KR-30", **LASER),
        make.partner("kriso", kind="university", region="KR-30", **SHIP),
        *more,
    ])


def asked(**fields) -> TriadsAsked:
    return validate(TriadsAsked, fields)


def ids(found) -> list[tuple[str, str, str]]:
    return [one.triad.ids for one in found.chosen]


def test_projects_join_those_of_one_subject_and_their_points_sum_exactly(
    world, sources, platform, make
):
    fill(world, make, platform)
    found = triads_of(sources, "platform", asked())
    assert set(ids(found)) == {
        ("kr-weld", "ru-laser", "kimm"),
        ("kr-ship", "ru-sonar", "kriso"),
    }
    assert found.packed.is_optimal
    assert sum(one.triad.points for one in found.chosen) == found.packed.total / UNIT
    for one in found.chosen:
        assert one.home.score == one.triad.home_fit
        assert one.abroad.score == one.triad.abroad_fit
    assert (found.missing, found.caution.en) == ((), "Since 2022 sanctions hold: check before use.")


def test_every_refusal_has_its_reason_and_unknown_readiness_is_none(world, sources, platform, make):
    fill(
        world,
        make,
        platform,
        make.startup("kr-bench", **LASER, region="KR-27", trl=4),
        make.startup("ru-untold", **LASER, region="RU"),
        make.startup("us-laser", **LASER, region="US", trl=9),
        make.partner("mit", kind="university", region="US-MA", **LASER),
        make.partner("full", kind="university", region="KR-30", capacity=0, **LASER),
    )
    world.store.put_programmes([platform.model_copy(update={"partners": ("kimm", "mit")})])
    found = triads_of(sources, "platform", asked())
    told = {one.id: [why.code for why in one.reasons] for one in found.candidates.refused}
    assert told == {
        "kr-bench": ["trl"],
        "ru-untold": ["trl_unknown"],
        "mit": ["institute_country"],
        "full": ["no_capacity"],
    }
    known = {*found.candidates.home, *found.candidates.abroad, *found.candidates.institutes}
    assert known == {"kr-weld", "kr-ship", "ru-laser", "ru-sonar", "kimm", "kriso"}


def test_those_in_conflict_are_in_no_project_together(world, sources, platform, make):
    fill(world, make, platform)
    weld = world.store.get("kr-weld").model_copy(update={"conflicts": ("ru-laser",)})
    world.writer.put(weld)
    found = triads_of(sources, "platform", asked())
    assert ids(found) == [("kr-ship", "ru-sonar", "kriso")]
    tie = make.tie("t", "ru-sonar", "kriso", kind="conflict")
    world.writer.put_ties([tie])
    found = triads_of(sources, "platform", asked())
    assert all("kriso" not in one for one in ids(found))


def test_the_money_is_never_exceeded_and_what_waits_says_for_whom(world, sources, platform, make):
    fill(world, make, platform)
    for each, projects in ((500_000, 1), (250_000, 2), (300_000, 1), (100_000, 5)):
        found = triads_of(sources, "platform", asked(each=each))
        assert found.budget.projects == projects
        assert len(found.chosen) <= projects
        assert found.budget.spent(len(found.chosen)) <= found.budget.side
    one = triads_of(sources, "platform", asked(each=500_000))
    assert one.reserves
    assert [t.ids for t in one.reserves[0].instead_of] == ids(one)
    with pytest.raises(InvalidRecord, match="each"):
        triads_of(sources, "platform", asked(each=500_001))


def test_a_programme_without_candidates_says_what_is_missing(world, sources, platform, make):
    world.store.put_programmes([
        platform,
        make.programme("bare", kind="bilateral"),
        make.programme("open", kind="bilateral", countries=["KR", "DE"]),
        make.programme("contest"),
    ])
    found = triads_of(sources, "platform", asked())
    assert found.chosen == ()
    said = " ".join(one.en for one in found.missing)
    assert "South Korea" in said
    assert "Russia" in said
    assert "institute" in said
    assert len(triads_of(sources, "bare", asked()).missing) == 1
    without_money = triads_of(sources, "open", asked())
    assert without_money.budget.projects == UNSTATED
    assert len(without_money.missing) == 5
    with pytest.raises(InvalidRecord, match="bilateral"):
        triads_of(sources, "contest", asked())
    with pytest.raises(UnknownId):
        triads_of(sources, "nope", asked())


def test_a_budget_tells_how_many_projects_of_what_size_fit(make, platform):
    budget = budget_of(platform, None, None)
    assert (budget.side, budget.each, budget.projects) == (500_000, 100_000, 5)
    assert budget.sizes[:3] == ((500_000, 1), (250_000, 2), (166_666, 3))
    assert budget_of(platform, 125_000, 3).projects == 3
    assert budget_of(platform, 125_000, 9).projects == 4
    money = {"amount": 90, "currency": "EUR", "per": "programme"}
    both = make.programme(kind="bilateral", countries=["KR", "DE"], funding=money)
    assert budget_of(both, 20, None).projects == 2
    each = make.programme(kind="bilateral", funding={**money, "per": "startup"})
    assert (budget_of(each, 20, None).side, budget_of(each, None, 4).projects) == (None, 4)


def test_two_startups_complement_each_other_alike_from_both_sides(world, platform, make):
    fill(world, make, platform)
    a, b = world.store.get("kr-weld"), world.store.get("ru-laser")
    index, ranker = world.follower.catch_up(), load_ranker()
    on = world.matchmaker.day(platform)
    there, back = complements([(a, b), (b, a)], index, ranker, platform, on)
    assert there.points == back.points > 0
    assert there.joined
    assert there.points / UNIT == pytest.approx(sum(points for _, points in there.parts), abs=0.01)
    assert "welding" in there.words.en


def test_a_programme_that_is_silent_of_sanctions_quotes_nothing(make, platform):
    assert caution_of(platform).ko == caution_of(platform).en
    assert caution_of(make.programme(summary="All is well.")) is None
    assert caution_of(make.programme()) is None


def test_a_day_that_is_asked_for_counts(world, sources, platform, make):
    fill(world, make, platform)
    found = triads_of(sources, "platform", asked(as_of="2020-02-03"))
    assert found.candidates.on.isoformat() == "2020-02-03"


def test_what_is_kept_is_given_again_until_a_profile_changes(world, sources, platform, make):
    fill(world, make, platform)
    kept = KeptTriads()
    first = kept.of(sources, "platform", asked())
    assert kept.of(sources, "platform", asked()) is first
    assert kept.of(sources, "platform", asked(projects=1)) is not first
    world.writer.put(world.store.get("ru-sonar").model_copy(update={"trl": 2}))
    then = kept.of(sources, "platform", asked())
    assert ids(then) == [("kr-weld", "ru-laser", "kimm")]
    assert "ru-sonar" in [one.id for one in then.candidates.refused]
    world.store.put_programmes([platform.model_copy(update={"trl_min": 8})])
    assert "kr-ship" in [one.id for one in kept.of(sources, "platform", asked()).candidates.refused]


def test_the_day_the_ranker_and_open_cases_are_told_apart(world, platform, make, encoder):
    fill(world, make, platform)
    days, rankers = [rows.now().date()], [load_ranker()]
    speaks = Matchmaker(
        world.store, world.follower, encoder, lambda: rankers[-1], today=lambda: days[-1]
    )
    sources, kept = Sources(world.store, world.follower, speaks), KeptTriads()
    seq, found = sources.index.seq, [kept.of(sources, "platform", asked())]
    days.append(days[0] + timedelta(days=1))
    found.append(kept.of(sources, "platform", asked()))
    rankers.append(cold_start())
    found.append(kept.of(sources, "platform", asked()))
    assert sources.index.seq == seq
    case, _ = open_case(world.store, "kr-ship", "kriso")
    move_case(world.store, case.id, CaseStage.INTRODUCED)
    found.append(kept.of(sources, "platform", asked()))
    assert [one.candidates.on for one in found] == [days[0], *[days[1]] * 3]
    assert len({id(one) for one in found}) == len(found)
    assert kept.of(sources, "platform", asked()) is found[-1]


def test_few_are_kept(world, sources, platform, make):
    fill(world, make, platform)
    kept = KeptTriads()
    first = kept.of(sources, "platform", asked())
    for number in range(1, MOST_KEPT + 1):
        kept.of(sources, "platform", asked(projects=number))
    assert kept.of(sources, "platform", asked()) is not first
