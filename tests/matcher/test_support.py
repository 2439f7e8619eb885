"""Support by stage: who may apply when, what leads there, and who leads to markets."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.eligibility import startup_refusals
from matcher.markets import countries_named
from matcher.qualifying import Reach, StepKind, qualifying, standing_under
from matcher.sources import Sources
from matcher.support import SupportAsked, support_for
from profiles import Programme, ProgrammeKind, Stage, Startup, Support, Text, validate
from profiles.catalogue import load_catalogue

ON = date(2026, 1, 1)


@pytest.fixture
def sources(world) -> Sources:
    return Sources(world.store, world.follower, world.matchmaker)


@pytest.mark.parametrize(
    ("rules", "fields", "reach", "steps"),
    [
        ({}, {}, Reach.NOW, []),
        ({"stages": ["seed"]}, {"stage": "seed"}, Reach.NOW, []),
        ({"stages": ["seed"]}, {}, Reach.SAY, [("say", "stage", 0)]),
        (
            {"stages": ["series_a", "growth"]},
            {"stage": "idea"},
            Reach.REACH,
            [("reach", "stage", 3)],
        ),
        ({"stages": ["seed"]}, {"stage": "growth"}, Reach.OUT, []),
        ({"trl_min": 6}, {"trl": 4}, Reach.REACH, [("reach", "trl", 2)]),
        ({"trl_max": 3}, {"trl": 4}, Reach.OUT, []),
        ({"sectors": ["ai"]}, {}, Reach.SAY, [("say", "sector", 0)]),
        ({"sectors": ["ai"]}, {"sectors": ["games"]}, Reach.OUT, []),
        ({"needs": ["loan"]}, {"seeks": ["grant"]}, Reach.SAY, [("say", "need", 0)]),
        ({"regions": ["KR-27"]}, {"region": "KR-11"}, Reach.OUT, []),
        ({"valid_to": "2025-12-31"}, {}, Reach.OUT, []),
        ({"valid_from": "2026-06-01"}, {}, Reach.BEGINS, [("wait", "valid_from", 0)]),
        (
            {"stages": ["seed"], "trl_min": 6, "sectors": ["ai"]},
            {"stage": "pre_seed", "trl": 5},
            Reach.REACH,
            [("say", "sector", 0), ("reach", "stage", 1), ("reach", "trl", 1)],
        ),
    ],
)
def test_what_is_missing_is_told_only_where_it_can_be_said_or_reached(
    make, rules, fields, reach, steps
):
    told = standing_under(make.startup(**fields), make.programme(**rules), ON)
    assert told.reach is reach
    assert [(one.kind.value, one.field, one.far) for one in told.steps] == steps
    assert all(one.en and one.ko for one in (*(step.said for step in told.steps), *told.met))
    assert (reach is Reach.OUT) <= bool(told.refusals)


def test_rules_that_are_met_name_what_is_the_startups_own(make):
    programme = make.programme(sectors=["ai", "games"], needs=["loan", "grant"])
    told = standing_under(make.startup(sectors=["ai"], seeks=["grant"]), programme, ON)
    assert [one.en for one in told.met] == [
        "Of its sectors the programme names: Artificial intelligence",
        "It seeks: Grant",
    ]


startups = st.builds(
    lambda stage, trl, seeks: validate(
        Startup,
        {"id": "s", "name": "s", "summary": "x", "stage": stage, "trl": trl, "seeks": seeks},
    ),
    st.sampled_from([None, *Stage]),
    st.sampled_from([None, 1, 5, 9]),
    st.lists(st.sampled_from([Support.GRANT, Support.LOAN]), unique=True),
)
programmes = st.builds(
    lambda stages, low, high, needs: validate(
        Programme,
        {"id": "g", "name": "g", "kind": "stage_support", "stages": stages, "needs": needs}
        | ({"trl_min": low} if low else {})
        | ({"trl_max": high} if high else {}),
    ),
    st.lists(st.sampled_from(Stage), unique=True),
    st.sampled_from([None, 1, 4]),
    st.sampled_from([None, 6, 9]),
    st.lists(st.sampled_from([Support.GRANT]), max_size=1),
)


@given(startups, programmes)
def test_now_means_that_no_rule_refuses_and_later_that_every_refusal_has_its_step(
    startup, programme
):
    told = standing_under(startup, programme, ON)
    refusals = startup_refusals(startup, programme)
    assert (told.reach is Reach.NOW) == (not refusals)
    if told.reach in (Reach.SAY, Reach.REACH):
        assert len(told.steps) == len(refusals)
    if told.reach is Reach.SAY:
        assert {step.kind for step in told.steps} == {StepKind.SAY}


def test_programmes_stand_in_the_order_in_which_they_can_be_had(world, sources, make):
    fields = {"kind": "stage_support", "gives": ["grant"]}
    world.store.put_programmes([
        make.programme("a-past", **fields, stages=["idea"]),
        make.programme("b-far", **fields, stages=["growth"]),
        make.programme("c-next", **fields, stages=["series_a"]),
        make.programme("d-say", **fields, trl_min=3),
        make.programme("e-now", **fields, stages=["seed"], partners=["agency"]),
        make.programme("f-contest", gives=["grant"]),
    ])
    startup = make.startup("s", stage="seed", sectors=["ai"])
    world.writer.put_many([startup, make.partner("agency", kind="public_agency", sectors=["ai"])])
    plan = support_for(sources, startup, validate(SupportAsked, {}))
    assert [one.programme.id for one in plan.offers] == [
        *("e-now", "d-say", "c-next", "b-far", "a-past"),
    ]
    assert [match.profile.id for match in plan.offers[0].partners] == ["agency"]
    assert plan.stages == (Stage.SEED, Stage.SERIES_A, Stage.SERIES_B, Stage.GROWTH)
    assert plan.within(Reach.OUT)[0].standing.refusals[0].code == "stage"


def test_bodies_serve_a_market_only_where_something_says_so(world, sources, make):
    product = {"sectors": ["medical_devices"], "summary": "Devices for hospitals."}
    startup = make.startup("s", **product, seeking="Approval for Japan.", region="KR-27")
    way = {"offers": ["certification", "overseas"]}
    world.writer.put_many([
        startup,
        make.partner("there", kind="certification_body", region="JP-13", **way, **product),
        make.partner("tells", **way, **product, offering="Certificates for Japan and Brazil."),
        make.partner("unknown", kind="certification_body", **way, **product),
        make.partner("boasts", **way, sectors=["games"], summary="Known in Japan."),
        make.partner("agency", kind="public_agency", region="JP", offers=["overseas"]),
        make.partner("other-way", offers=["loan"], region="JP", **product),
    ])
    plan = support_for(sources, startup, validate(SupportAsked, {}))
    assert [(one.country, one.sentence.en) for one in plan.targets] == [
        ("JP", "Approval for Japan."),
    ]
    served = {one.partner.id: [market.country for market in one.markets] for one in plan.bodies}
    assert served == {"there": ["JP"], "tells": ["JP"], "unknown": [], "agency": ["JP"]}
    certify = [one.partner.id for one in plan.bodies if one.certifies]
    assert certify[2] == "unknown"
    assert plan.bodies[-1].partner.id == "agency"
    elsewhere = support_for(sources, startup, validate(SupportAsked, {"country": ["BR", "KR"]}))
    assert [one.country for one in elsewhere.targets] == ["BR"]
    assert [one.partner.id for one in elsewhere.bodies if one.markets] == ["tells"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ({"en": "We enter the US and Viet Nam."}, ["US"]),
        ({"en": "Help us in the United States and Germany."}, ["DE", "US"]),
        ({"ko": "인도네시아 시장과 미국으로 진출합니다."}, ["ID", "US"]),
        ({"ko": "이런 수단으로 가나 안 가나 봅니다."}, []),
        ({"ko": "가나 시장에 갑니다."}, ["GH"]),
        ({"en": "Focus on customers."}, []),
        ({"ko": "한국에서 만듭니다."}, []),
    ],
)
def test_countries_are_named_in_either_language(text, found):
    assert list(countries_named(Text(**text), apart_from="KR")) == found


def test_an_operator_sees_who_qualifies_and_what_the_others_lack(world, sources, make):
    world.writer.put_many([
        make.startup("fits", stage="seed"),
        make.startup("silent"),
        make.startup("young", stage="idea"),
        make.startup("old", stage="growth"),
    ])
    programme = make.programme("g", kind="stage_support", stages=["seed", "series_a"])
    found = qualifying(sources, programme, None)
    assert [one.id for one in found.now] == ["fits"]
    assert [(one.id, told.reach) for one, told in found.close] == [
        ("silent", Reach.SAY),
        ("young", Reach.REACH),
    ]
    assert [(one.id, told.refusals[0].code) for one, told in found.out] == [("old", "stage")]
    assert dict(found.broken) == {"stage": 2, "stage_unknown": 1}
    assert (found.looked_at, found.is_whole) == (4, True)


@pytest.mark.parametrize("region", ["US-MA", "RU-MOW"])
def test_domestic_support_of_the_catalogue_is_not_for_startups_abroad(make, region):
    held = load_catalogue().programmes
    support = [one for one in held if one.kind is ProgrammeKind.STAGE_SUPPORT]
    fields = {"stage": "seed", "trl": 8, "sectors": ["ai"], "seeks": ["grant", "loan", "overseas"]}
    for programme in support:
        abroad = standing_under(make.startup(region=region, **fields), programme, ON)
        assert (abroad.reach, [why.code for why in abroad.refusals][:1]) == (
            Reach.OUT,
            ["country"],
        ), programme.id
        assert abroad.steps == (), programme.id  # to reach something would not help
        home = standing_under(make.startup(region="KR-27", **fields), programme, ON)
        assert "country" not in {why.code for why in home.refusals}, programme.id
