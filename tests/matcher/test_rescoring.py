"""Tests counterfactuals: what is said would follow is what follows, and nothing is made up."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import Encoder, Filters
from matcher import (
    FEATURE_NAMES,
    Abstention,
    Amount,
    Calibration,
    Change,
    Field,
    Match,
    MatchError,
    Matchmaker,
    Option,
    Probability,
    cold_start,
    helps_json,
    load_ranker,
    pair_features,
    score,
    tell,
    tell_help,
    why_json,
)
from matcher.additive import AdditiveRanker, Shape
from matcher.rescoring import Bench, Looked
from profiles import AnyProfile, Side, Startup, Text, UnknownId
from profiles.taxonomy import Names, sectors

TODAY = date(2026, 1, 1)
BARE = {"name": "Echo", "summary": "Portable ultrasound scanners with AI for hospitals."}


def single(why: Any, name: str, of: Side = Side.STARTUP) -> Change:
    (found,) = [one for one in why.changes if one.fields == (Field(of, name),)]
    return found


def option(change: Change, value: str) -> Option:
    return next(one for one in change.options if one.values == (value,))


@pytest.fixture(scope="module")
def bare(catalogue: SimpleNamespace) -> Startup:
    made: Startup = catalogue.startups[0].model_copy(
        update={"region": None, "sectors": (), "seeks": (), "stage": None, "trl": None}
    )
    return made


def test_the_score_and_rank_are_those_of_the_list(catalogue: SimpleNamespace) -> None:
    found = catalogue.matchmaker.match("ultrasound", 50, as_of=TODAY)
    for match in (found.matches[0], found.matches[12], found.matches[49]):
        why = catalogue.matchmaker.why("ultrasound", match.profile.id, as_of=TODAY)
        assert (why.rank, why.match.score) == (match.rank, match.score)
        assert why.match.contributions == match.contributions
        assert why.in_pool


def test_what_is_foretold_of_a_fact_comes_true(catalogue: SimpleNamespace, bare: Startup) -> None:
    """The part of the score that rests on facts is what the true profile earns in its own list."""
    why = catalogue.matchmaker.why(bare, "samsung", as_of=TODAY)
    for field, value in (("region", "KR-27"), ("stage", "seed"), ("seeks", "pilot")):
        foretold = option(single(why, field), value)
        held = (value,) if field == "seeks" else value
        later = catalogue.matchmaker.match(bare.model_copy(update={field: held}), 50, as_of=TODAY)
        (found,) = [match for match in later.matches if match.profile.id == "samsung"]
        assert foretold.points == pytest.approx(facts(found) - facts(why.match), abs=1e-9)
        assert foretold.points > 0


def facts(match: Match) -> float:
    """Add up the points that do not rest on texts, whose words a field may join."""
    told = ("text_", "lexical", "history")
    return sum(one.points for one in match.contributions if not one.feature.startswith(told))


def test_only_empty_fields_are_looked_at(catalogue: SimpleNamespace, bare: Startup) -> None:
    whole = catalogue.startups[0]
    why = catalogue.matchmaker.why(whole, "samsung", as_of=TODAY)
    partner = catalogue.store.get("samsung")
    for change in why.changes:
        for of, name in change.fields:
            assert not getattr(whole if of is Side.STARTUP else partner, name)
    why = catalogue.matchmaker.why(bare, "samsung", as_of=TODAY)
    named = {one.name for change in why.changes for one in change.fields}
    assert {"region", "sectors", "seeks", "stage"} <= named
    assert not named & {"summary", "name", "seeking", "offering", "contact", "founded"}


def test_changes_come_in_order_and_none_is_idle(catalogue: SimpleNamespace, bare: Startup) -> None:
    why = catalogue.matchmaker.why(bare, "samsung", as_of=TODAY)
    singles = [one for one in why.changes if len(one.fields) == 1]
    doubles = [one for one in why.changes if len(one.fields) == 2]
    assert why.changes == (*singles, *doubles)
    assert len(doubles) <= 3
    for some in (singles, doubles):
        assert [one.most for one in some] == sorted((one.most for one in some), reverse=True)
    alone = {one.fields[0]: one for one in singles}
    for two in doubles:
        assert two.most > max(alone[one].most for one in two.fields if one in alone)
    for one in why.changes:
        assert one.least <= one.most
        assert all(part.points == one.most for part in one.best)


def test_a_text_is_only_bounded_from_above(catalogue: SimpleNamespace) -> None:
    silent = catalogue.startups[0].model_copy(update={"seeking": None})
    why = catalogue.matchmaker.why(silent, "samsung", as_of=TODAY)
    change = single(why, "seeking")
    assert change.is_open
    assert change.least == 0
    assert [one.values for one in change.options] == [(None,)]
    ranker = load_ranker()
    at_most = sum(
        ranker.points[column]
        for column, name in enumerate(FEATURE_NAMES)
        if name.startswith(("text_seeks", "lexical", "retrieval", "history"))
        or name in ("focus", "area", "activity", "region_paired")
    )
    assert 0 < change.most <= at_most
    real = catalogue.matchmaker.why("ultrasound", "samsung", as_of=TODAY)
    texts = {"text_seeks_offers", "text_seeks_is"}
    earned = sum(c.points for c in real.match.contributions if c.feature in texts)
    assert earned <= change.most


SUBJECTS = (
    "Portable ultrasound scanners for rural clinics.",
    "Ultrasound images read by a computer.",
    "심장 초음파 영상 판독",
)
OFFERED = "A ward where new scanners are tried with patients and their doctors."
PHRASES = [*SUBJECTS, OFFERED, "Echo", "clinics", "ultrasound", "bread and butter", "투자", "q"]


@pytest.fixture
def clinics(world: SimpleNamespace, make: Any) -> SimpleNamespace:
    """A clinic with a past, one without, and a startup that says what it seeks."""
    world.writer.put_many([
        make.startup("s", **BARE, seeking=OFFERED),
        make.startup("x", summary="Games.", region="KR-27"),
        make.partner("p", name="Clinic", summary="A clinic."),
        make.partner("q", name="Ward", summary="A ward.", offering=OFFERED),
    ])
    world.writer.put_ties([
        make.tie(f"t{n}", a="x", subject=told, valid_from=date(2024, 1, 1 + n))
        for n, told in enumerate(SUBJECTS)
    ])
    return world


def scored(matchmaker: Matchmaker, asks: AnyProfile) -> dict[str, float]:
    """Give the scores of all who may be matched with a profile."""
    found = matchmaker.match(asks, 1_000, as_of=TODAY)
    return {one.profile.id: one.score for one in found.matches}


@pytest.fixture
def promised(clinics: SimpleNamespace, make: Any) -> list[tuple[AnyProfile, str, str, float]]:
    """Who may write a text, for whom, into what field, and the greatest score it may come to."""
    silent, partner = make.startup("new", **BARE), clinics.store.get("p")
    asked = (
        (silent, "p", Side.STARTUP, "seeking"),
        (silent, "q", Side.STARTUP, "seeking"),
        (partner, "s", Side.PARTNER, "offering"),
        (partner, "s", Side.PARTNER, "seeking"),
    )
    found = []
    for asks, other, of, name in asked:
        why = clinics.matchmaker.why(asks, other, as_of=TODAY)
        found.append((asks, other, name, why.match.score + single(why, name, of).most))
    return found


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(PHRASES), min_size=1, max_size=4).map(" ".join))
def test_no_text_brings_more_than_is_told(
    clinics: SimpleNamespace, promised: list[tuple[AnyProfile, str, str, float]], text: str
) -> None:
    for asks, other, name, most in promised:
        said = asks.model_copy(update={name: Text(en=text, ko=text)})
        assert scored(clinics.matchmaker, said)[other] <= most + 1e-9


@pytest.mark.parametrize(
    "name", ["history", "history_mean", "history_top3", "history_all", "focus", "area"]
)
def test_what_a_partner_did_is_within_the_bound(
    clinics: SimpleNamespace, make: Any, encoder: Encoder, name: str
) -> None:
    """Each alone, so that nothing else leaves room; of what a text can make of it."""
    ranker = AdditiveRanker.of(name, {name: Shape((0.0, 1.0), (0.0, 10.0))})
    matchmaker = Matchmaker(clinics.store, clinics.follower, encoder, ranker)
    silent = make.startup("new", **BARE)
    why = matchmaker.why(silent, "p", as_of=TODAY)
    for said in (*SUBJECTS, " ".join(SUBJECTS)):
        then = scored(matchmaker, silent.model_copy(update={"seeking": Text(en=said)}))
        assert 0 <= then["p"] - why.match.score <= single(why, "seeking").most


LONG = {
    "summary": "We build autonomous cranes for container terminals. Cameras and radar find the "
    "corners of each box, and the crane sets it down within two centimetres.",
    "offering": "A terminal where startups may try their machines at night, and engineers who "
    "know the harbour's rules, its tides and the people at its customs office.",
}


def test_one_pair_is_told_as_the_list_has_it_where_there_is_a_copy(
    world: SimpleNamespace, make: Any
) -> None:
    """The weak one stands above the copy, whose words count nothing, whatever is filled in."""
    asks = make.startup("asks", summary="Radar for autonomous cranes in container terminals.")
    weak = make.partner("weak", summary="Radar for fishing boats.", region="KR-27")
    world.writer.put_many([make.partner("first", **LONG, region="KR-27"), weak])
    before = {one.fields: one.most for one in world.matchmaker.helpful(asks)}
    world.writer.put(make.partner("copy", **LONG, region="KR-27"), by="public form")
    found = world.matchmaker.match(asks, as_of=TODAY)
    assert [match.profile.id for match in found.matches] == ["first", "weak", "copy"]
    for match in found.matches:
        why = world.matchmaker.why(asks, match.profile.id, as_of=TODAY)
        assert (why.rank, why.match.score) == (match.rank, match.score)
        assert why.match.contributions == match.contributions
        assert bool(why.notes) is (match.profile.id == "copy")
        told = [one for one in why.changes if one.fields == (Field(Side.STARTUP, "region"),)]
        if match.profile.id == "copy":
            assert not told
        else:
            here = option(told[0], "KR-27")
            later = world.matchmaker.match(asks.model_copy(update={"region": "KR-27"}), as_of=TODAY)
            assert here.rank == next(m.rank for m in later.matches if m.profile == match.profile)
    after = {one.fields: one.most for one in world.matchmaker.helpful(asks)}
    region = (Field(Side.STARTUP, "region"),)
    assert after[region] * 3 == pytest.approx(before[region] * 2)


def test_a_pair_that_no_list_shows_has_no_probability(
    world: SimpleNamespace, make: Any, encoder: Encoder
) -> None:
    known = {"sectors": ["ai"], "region": "KR-27", "summary": "Ultrasound."}
    world.writer.put_many([make.startup("s", seeks=["pilot"], **known)])
    world.writer.put_many([
        make.partner("p", offers=["pilot"], **known),
        make.partner("q", offers=["pilot"], conflicts=["s"], **known),
    ])
    low, high = np.array([0.18, 0.18]), np.array([0.31, 0.31])
    amount = Amount(1200, 60, 80)
    made = Calibration(world.store.identity(), TODAY, amount, np.array([1000]), low, high)
    ranker = replace(load_ranker(), calibration=made)
    matchmaker = Matchmaker(world.store, world.follower, encoder, ranker)
    listed = matchmaker.why("s", "p", as_of=TODAY).match
    assert listed.probability == Probability(0.18, 0.31)
    beyond = Filters(ids=frozenset({"q"}))
    for why in (
        matchmaker.why("s", "q", as_of=TODAY),
        matchmaker.why("s", "p", filters=beyond, as_of=TODAY),
    ):
        assert why.rank is None
        assert isinstance(why.match.probability, Abstention)
        (said,) = why.match.probability.reasons
        assert "no list shows this one" in said.en
        assert "목록에 오르지 않습니다" in said.ko


def test_a_text_that_nothing_can_be_compared_with_is_not_asked_for(make: Any) -> None:
    """What a startup offers is held against nothing; nor is a wish against no offer and name."""
    pair = make.pair(make.startup(summary="x"), make.partner())
    bench = Bench([Looked(pair, ())], Looked(pair, ()), Side.STARTUP, load_ranker())
    assert Field(Side.STARTUP, "offering") not in {f for c in bench.changes() for f in c.fields}


def test_two_that_are_both_missing_are_seen_together(make: Any) -> None:
    """Neither region alone changes anything; the same one on both sides does."""
    pair = make.pair(make.startup(sectors=["ai"]), make.partner(sectors=["ai"]))
    bench = Bench([Looked(pair, ())], Looked(pair, ()), Side.STARTUP, cold_start())
    fields = Field(Side.STARTUP, "region"), Field(Side.PARTNER, "region")
    assert not [change for change in bench.changes() if change.fields in {(f,) for f in fields}]
    (both,) = [change for change in bench.changes() if change.fields == fields]
    assert both.most > 0
    assert all(len(set(one.values)) == 1 for one in both.options)


def test_others_may_gain_more_by_what_is_filled_in(make: Any) -> None:
    """In Daegu the other partner gains; in Seoul this one does; ahead by id, it is first now."""
    startup = make.startup()
    here, there = (
        make.pair(startup, make.partner(id, region=region))
        for id, region in (("p", "KR-11"), ("q", "KR-27"))
    )
    looked = [Looked(here, ()), Looked(there, ())]
    bench = Bench(looked, looked[0], Side.STARTUP, load_ranker())
    assert bench.rank == 1
    (change,) = [one for one in bench.changes() if one.fields == (Field(Side.STARTUP, "region"),)]
    assert option(change, "KR-11").rank == 1
    assert option(change, "KR-27").rank == 2
    assert option(change, "KR-11").points > option(change, "KR-27").points


def test_a_readiness_that_is_not_known_is_what_a_refusal_waits_for(
    world: SimpleNamespace, make: Any
) -> None:
    world.writer.put_many([
        make.startup("s", **BARE),
        make.partner("p", name="Clinic", summary="Ultrasound.", trl_min=6),
        make.partner("q", name="Other", summary="Ultrasound."),
    ])
    why = world.matchmaker.why("s", "p", as_of=TODAY)
    assert why.rank is None
    assert [one.code for one in why.reasons] == ["partner_trl_unknown"]
    change = single(why, "trl")
    assert [one.values[0] for one in change.options if one.allowed] == ["6", "7", "8", "9"]
    assert {one.values[0] for one in change.refused} == set("12345")
    assert change.ranks is not None
    said = tell(change, why.who, why.rank).sentence
    assert "no rule would keep it off" in said.en
    assert "제외" in said.ko


def test_a_value_that_a_rule_forbids_is_said(world: SimpleNamespace, make: Any) -> None:
    world.store.put_programmes([make.programme("g", stages=["seed"], partners=["p"])])
    world.writer.put_many([make.startup("s", **BARE), make.partner("p", summary="Ultrasound.")])
    why = world.matchmaker.why("s", "p", programme="g", as_of=TODAY)
    assert why.rank is None
    (allowed,) = [one for one in single(why, "stage").options if one.allowed]
    assert allowed.values == ("seed",)


def test_one_that_is_not_in_the_pool_has_no_rank(catalogue: SimpleNamespace) -> None:
    last = catalogue.matchmaker.match("games", 1_000, as_of=TODAY).matches[-1].profile.id
    why = catalogue.matchmaker.why("games", last, 1, as_of=TODAY, pool=5)
    assert (why.rank, why.in_pool, why.pool) == (None, False, 5)
    assert why.match.score >= 0
    assert all(change.ranks is None for change in why.changes)
    others = Filters(ids=frozenset({"samsung"}))
    assert not catalogue.matchmaker.why("games", last, filters=others, as_of=TODAY).in_pool


def test_a_partner_may_ask(catalogue: SimpleNamespace) -> None:
    found = catalogue.matchmaker.match("samsung", 3, as_of=TODAY)
    for match in found.matches:
        why = catalogue.matchmaker.why("samsung", match.profile.id, as_of=TODAY)
        assert (why.rank, why.match.score) == (match.rank, match.score)
    bare = catalogue.matchmaker.why("samsung", "bare", as_of=TODAY)
    assert {one.fields[0].of for one in bare.changes if len(one.fields) == 1} == {Side.STARTUP}


def test_two_of_one_side_are_no_pair(catalogue: SimpleNamespace) -> None:
    with pytest.raises(MatchError):
        catalogue.matchmaker.why("samsung", "sk", as_of=TODAY)
    with pytest.raises(UnknownId):
        catalogue.matchmaker.why("ultrasound", "nobody", as_of=TODAY)


def test_which_field_helps_most(catalogue: SimpleNamespace, bare: Startup) -> None:
    helps = catalogue.matchmaker.helpful(bare)
    assert {change.fields[0].name for change in helps} >= {"region", "sectors", "seeks", "stage"}
    assert [one.most for one in helps] == sorted((one.most for one in helps), reverse=True)
    assert all(change.ranks is None and change.most > 0 for change in helps)
    raw = json.loads(json.dumps(helps_json(bare, helps)))
    assert raw["query"] == bare.id
    assert all(one["said"]["ko"] for one in raw["changes"])
    said = tell_help(helps[0], {Side.STARTUP: bare.name}).sentence
    assert "in the mean" in said.en


def test_nobody_to_match_means_nothing_helps(world: SimpleNamespace, make: Any) -> None:
    assert world.matchmaker.helpful(make.startup(**BARE)) == ()


def test_all_of_it_as_json(catalogue: SimpleNamespace, bare: Startup) -> None:
    raw = json.loads(json.dumps(why_json(catalogue.matchmaker.why(bare, "samsung", as_of=TODAY))))
    assert raw["rank"] >= 1
    assert raw["score"] == pytest.approx(sum(c["points"] for c in raw["contributions"]))
    assert raw["refusals"] == []
    for change in raw["changes"]:
        assert change["said"]["en"]
        assert change["said"]["ko"]
        assert change["points"]["least"] <= change["points"]["most"]
        assert all(len(one["values"]) == len(change["fields"]) for one in change["options"])


SECTORS = sorted(sectors())


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.fixed_dictionaries({
        "region": st.sampled_from([None, "KR-27", "KR-11", "DE"]),
        "sectors": st.lists(st.sampled_from(SECTORS), max_size=2).map(tuple),
        "seeks": st.lists(st.sampled_from(["pilot", "investment"]), max_size=2).map(tuple),
        "stage": st.sampled_from([None, "seed", "growth"]),
    }),
    st.fixed_dictionaries({
        "region": st.sampled_from([None, "KR-27", "DE"]),
        "sectors": st.lists(st.sampled_from(SECTORS), max_size=2).map(tuple),
        "offers": st.lists(st.sampled_from(["pilot", "grant"]), max_size=2).map(tuple),
        "stages": st.lists(st.sampled_from(["seed", "idea"]), max_size=2).map(tuple),
    }),
)
def test_each_option_is_the_score_of_the_filled_pair(
    make: Any, startup: dict[str, Any], partner: dict[str, Any]
) -> None:
    """Filling in a field never lowers the score of that pair, and gives what is foretold."""
    ranker = load_ranker()
    pair = make.pair(make.startup(**startup), make.partner(**partner))
    bench = Bench([Looked(pair, ())], Looked(pair, ()), Side.STARTUP, ranker)
    now = bench.points
    for change in bench.changes():
        assert change.least >= 0
        for one in change.options:
            if None in one.values:
                continue
            filled = pair
            for (of, name), value in zip(change.fields, one.values, strict=True):
                side = filled.startup if of is Side.STARTUP else filled.partner
                many = name in ("sectors", "seeks", "offers", "stages")
                raw = [value] if many else int(value or 0) if name == "trl" else value
                record = type(side).model_validate({**side.model_dump(), name: raw})
                filled = replace(filled, **{of.value: record})
            then = score(ranker.contributions(pair_features([filled])))[0]
            assert one.points == pytest.approx(then - now, abs=1e-9)


def test_sentences_of_changes() -> None:
    who = {Side.STARTUP: Text(en="Echo", ko="에코"), Side.PARTNER: Text(en="Clinic")}
    region = Field(Side.STARTUP, "region")

    def of(*options: tuple[str | None, float, int | None, bool]) -> Change:
        made = [
            Option((v,), (Names(v, v) if v else None,), points, rank, ok)
            for v, points, rank, ok in options
        ]
        return Change((region,), tuple(made))

    def said(change: Change, rank: int | None) -> str:
        return tell(change, who, rank).sentence.en

    three = of(("A", 4.5, 5, True), ("B", 4.5, 5, True), ("C", 0.0, 14, True))
    assert said(three, 12) == (
        "Region (Echo): +0.0 to +4.5 points, depending on which it is; rank 12 → 5 to 14. "
        "Most with: A, B"
    )
    assert said(of(("A", 4.5, 12, True)), 12) == "Region (Echo): +4.5 points; the rank stays 12"
    assert said(of(("A", 4.5, 5, True)), 12) == "Region (Echo): +4.5 points; rank 12 → 5"
    assert said(of((None, 4.5, 5, True)), 12) == (
        "Region (Echo): up to +4.5 points, if it speaks of just this; what it truly says may bring "
        "far less; rank 12 → 5 at best"
    )
    assert said(of(("A", 1.0, None, True)), None) == "Region (Echo): +1.0 points"
    refused = of(("A", 1.0, 2, True), ("B", 2.0, None, False))
    assert said(refused, 3) == (
        "Region (Echo): +1.0 points; rank 3 → 2. Most with: A. A rule keeps it off the list with: B"
    )
    many = of(*((letter, 1.0, 1, True) for letter in "ABCDEF"), ("G", 0.0, 2, True))
    assert said(many, 2).endswith("Most with: A, B, C, D and 2 more")
    korean = tell(three, who, 12).sentence.ko
    assert korean.startswith("지역 (에코): 무엇인지에 따라 +0.0~+4.5점; 순위 12위 → 5~14위")
