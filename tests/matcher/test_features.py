"""Tests every feature by hand, its unknown, and that leaving a field out never pays."""

from __future__ import annotations

import math
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher import FEATURE_NAMES, Pair, Ranker, load_ranker, pair_features, score
from matcher.features import TEXT_FEATURES
from profiles import PartnerKind, Stage, Support
from profiles.taxonomy import distance_km, provinces, sectors

TEXTUAL = {*TEXT_FEATURES, "lexical", "retrieval", "language"}
TEXTUAL |= {name for name in FEATURE_NAMES if name.startswith("history_")} | {"history"}
UNKNOWN = [name for name in FEATURE_NAMES if name.endswith("_unknown")]
TODAY = date(2026, 1, 1)
ALL_SECTORS = sorted(sectors(), key=lambda code: code != "ai")
PLACES = sorted(provinces())


def values(pair: Pair) -> dict[str, float]:
    """The features of a pair that are not zero."""
    row = pair_features([pair])[0]
    assert np.isfinite(row).all()
    return {n: float(v) for n, v in zip(FEATURE_NAMES, row, strict=True) if v}


def some(pair: Pair, *names: str) -> dict[str, float]:
    found = values(pair)
    return {name: pytest.approx(found[name], abs=1e-6) for name in names if name in found}


def test_nothing_known_gives_nothing_but_unknowns(make: SimpleNamespace) -> None:
    assert set(values(make.pair())) == set(UNKNOWN)


def test_features_of_many_pairs_stand_in_rows(make: SimpleNamespace) -> None:
    one = make.pair(make.startup(stage="seed"), make.partner(stages=["seed"]))
    rows = pair_features([make.pair(), one])
    assert rows.shape == (2, len(FEATURE_NAMES))
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows[1], pair_features([one])[0])
    assert pair_features([]).shape == (0, len(FEATURE_NAMES))


# Texts


def test_text_evidence_passes_through(make: SimpleNamespace) -> None:
    evidence = dict(zip(TEXT_FEATURES, (0.5, -0.25, 0.75, 0.125), strict=True))
    assert some(make.pair(evidence=evidence), *TEXT_FEATURES) == evidence


@pytest.mark.parametrize(("words", "value"), [(4.0, 0.5), (12.0, 0.75), (0.0, None)])
def test_lexical_is_the_score_against_its_half(
    make: SimpleNamespace, words: float, value: float | None
) -> None:
    assert values(make.pair(evidence={"lexical": words})).get("lexical") == value


@pytest.mark.parametrize(
    ("feature", "side", "field"),
    [
        ("seeking_unknown", "startup", "seeking"),
        ("offering_unknown", "partner", "offering"),
        ("sought_unknown", "partner", "seeking"),
    ],
)
def test_a_text_that_is_not_there_is_unknown(
    make: SimpleNamespace, feature: str, side: str, field: str
) -> None:
    given_ = make.pair(**{side: getattr(make, side)(**{field: "words"})})
    assert feature not in values(given_)
    assert values(make.pair())[feature] == 1


# The past


def test_history_is_its_cosine(make: SimpleNamespace) -> None:
    assert some(make.pair(evidence={"history": 0.5}), "history", "history_unknown") == {
        "history": 0.5
    }
    assert values(make.pair())["history_unknown"] == 1


@pytest.mark.parametrize(("words", "value"), [(0.4, 0.5), (1.2, 0.75), (0.0, None)])
def test_words_of_the_past_count_against_their_half(
    make: SimpleNamespace, words: float, value: float | None
) -> None:
    found = values(make.pair(evidence={"history": 0.1, "history_lexical": words}))
    assert found.get("history_lexical") == value


def test_words_of_a_past_that_is_not_known_count_nothing(make: SimpleNamespace) -> None:
    assert "history_lexical" not in values(make.pair(evidence={"history_lexical": 9.0}))


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"valid_from": date(2025, 12, 31)}, 1),
        ({"valid_from": TODAY}, None),
        ({"valid_from": date(2026, 1, 2)}, None),
        ({}, 1),
        ({"kind": "pairing", "region": "KR-27"}, None),
        ({"kind": "conflict"}, None),
        ({"a": "p", "b": "s"}, 1),
        ({"a": "other"}, None),
    ],
)
def test_prior_tie(make: SimpleNamespace, fields: dict[str, Any], value: float | None) -> None:
    found = values(make.pair(ties=[make.tie(**{"a": "s", "b": "p", **fields})]))
    assert found.get("prior_tie") == value


def test_activity_grows_with_the_logarithm_of_past_ties(make: SimpleNamespace) -> None:
    def activity(n: int) -> float:
        ties = [make.tie(f"t{i}", a=f"x{i}", valid_from=date(2020, 1, 1)) for i in range(n)]
        later = make.tie("later", a="y", valid_from=TODAY)
        pair = make.pair(
            make.startup(sectors=["ai"]), make.partner(sectors=field), ties=[*ties, later]
        )
        return values(pair).get("activity", 0.0)

    field = ["food"]
    assert activity(50) == 0  # busy, but with nothing in common
    field = ["ai"]
    assert activity(0) == 0
    assert activity(3) == pytest.approx(math.log(4) / math.log(51), abs=1e-6)
    assert activity(50) == activity(80) == 1


def test_activity_in_any_field_is_counted_on_a_longer_scale(make: SimpleNamespace) -> None:
    ties = [make.tie(f"t{n}", a=f"x{n}", valid_from=date(2020, 1, 1)) for n in range(80)]
    found = values(
        make.pair(ties=[*ties, make.tie("own"), make.tie("later", "y", valid_from=TODAY)])
    )
    assert found["activity_all"] == pytest.approx(math.log(81) / math.log(10_001))
    assert "activity" not in found


@pytest.mark.parametrize(
    ("day", "value"),
    [
        (date(2025, 12, 31), 0.5 ** (1 / 730)),
        (date(2024, 1, 2), 0.5),
        (date(2022, 1, 2), 0.25),
        (TODAY, None),
        (None, None),
    ],
)
def test_recency_halves_every_two_years(
    make: SimpleNamespace, day: date | None, value: float | None
) -> None:
    own = make.tie("own", valid_from=date(2025, 12, 1))
    found = values(make.pair(ties=[own, make.tie("t", a="other", valid_from=day)]))
    assert found.get("recency") == (None if value is None else pytest.approx(value))
    assert found.get("recency_unknown") == (1 if value is None else None)


@pytest.mark.parametrize(
    ("name", "flag", "half"),
    [
        ("neighbours", "neighbours_unknown", 1.0),
        ("kind_past", "kind_unknown", None),
        ("countries", "countries_unknown", None),
    ],
)
def test_company_passes_through(
    make: SimpleNamespace, name: str, flag: str, half: float | None
) -> None:
    for value in (0.5, 0.0):
        found = values(make.pair(evidence={name: value}))
        assert found.get(name, 0.0) == pytest.approx(value / (value + half) if half else value)
        assert flag not in found
    assert values(make.pair())[flag] == 1


@pytest.mark.parametrize("name", ["past_region", "past_sector"])
def test_who_is_like_the_startup_counts_by_the_logarithm(make: SimpleNamespace, name: str) -> None:
    assert some(make.pair(evidence={name: 9.0}), name) == {name: pytest.approx(1 / 3, abs=1e-3)}
    assert some(make.pair(evidence={name: 0.0}), name, f"{name}_unknown") == {}
    assert some(make.pair(), name, f"{name}_unknown") == {f"{name}_unknown": 1.0}


def test_linked_circles_are_unknown_as_shared_ones_are(make: SimpleNamespace) -> None:
    known = make.pair(evidence={"neighbours": 0.0, "neighbours_linked": 10.0})
    assert some(known, "neighbours_linked") == {"neighbours_linked": 0.5}
    assert "neighbours_linked" not in values(make.pair(evidence={"neighbours_linked": 10.0}))


def test_what_is_told_of_many_subjects_needs_a_past(make: SimpleNamespace) -> None:
    told = {"history_mean": 0.5, "history_top3": 0.25, "history_all": 1.0, "history_word": 0.4}
    found = some(make.pair(evidence={"history": 0.5, **told}), *told)
    assert found == {**told, "history_all": 0.5, "history_word": 0.5}
    assert some(make.pair(evidence=told), *told) == {}


def test_retrieval_is_its_fused_score_against_its_half(make: SimpleNamespace) -> None:
    assert some(make.pair(evidence={"fused": 3.0}), "retrieval") == {"retrieval": 0.75}


# Readiness and language


@pytest.mark.parametrize(
    ("given_", "wanted", "expected"),
    [
        (6, 4, {"readiness_fit": 1}),
        (4, 4, {"readiness_fit": 1}),
        (3, 4, {}),
        (None, 4, {"readiness_unknown": 1}),
        (6, None, {"readiness_unknown": 1}),
    ],
)
def test_readiness(
    make: SimpleNamespace, given_: int | None, wanted: int | None, expected: dict[str, float]
) -> None:
    pair = make.pair(make.startup(trl=given_), make.partner(trl_min=wanted))
    assert some(pair, "readiness_fit", "readiness_unknown") == expected


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ("words", {"language": 1}),
        ("말", {}),
        ({"en": "words", "ko": "말"}, {"language": 1}),
        (None, {"language_unknown": 1}),
    ],
)
def test_language(make: SimpleNamespace, theirs: Any, expected: dict[str, float]) -> None:
    partner = make.partner(name={"en": "Name", "ko": "이름"}, offering=theirs)
    pair = make.pair(make.startup(name="이름", summary="words"), partner)
    assert some(pair, "language", "language_unknown") == expected


# Sector


@pytest.mark.parametrize(
    ("startup", "partner", "expected"),
    [
        (["ai"], ["ai"], {"sector_same": 1}),
        (["ai", "games"], ["ai"], {"sector_same": 0.5}),  # ai and games do not touch
        (["ai"], ["ai", "games", "food"], {"sector_same": 1}),
        (["ai"], ["digital"], {"sector_parent": 1}),
        (["digital"], ["ai"], {"sector_parent": 1}),
        (["ai"], ["cloud"], {"sector_related": 1}),
        (["games"], ["cloud"], {"sector_complementary": 1}),
        (["ai"], ["blockchain"], {"sector_sibling": 1}),
        (["ai"], ["blockchain", "cloud"], {"sector_related": 1}),  # the nearest counts
        (["ai", "food"], ["cloud"], {"sector_related": 0.5}),
        (["ai", "cloud"], ["ai"], {"sector_same": 0.5, "sector_related": 0.5}),
        (["ai"], ["food"], {}),
        (["ai"], [], {"sector_unknown": 1}),
        ([], ["ai"], {"sector_unknown": 1}),
    ],
)
def test_sector(
    make: SimpleNamespace, startup: list[str], partner: list[str], expected: dict[str, float]
) -> None:
    pair = make.pair(make.startup(sectors=startup), make.partner(sectors=partner))
    assert some(pair, *(n for n in FEATURE_NAMES if n.startswith("sector_"))) == expected


# Region

DAEGU_BUSAN = math.exp(-(distance_km("KR-27", "KR-26") or 0) / 40)


@pytest.mark.parametrize(
    ("here", "seat", "sites", "expected"),
    [
        ("KR-27", "KR-27", [], {"region_same": 1, "region_same_country": 1}),
        ("KR-27", "KR-11", ["KR-27"], {"region_same": 1, "region_same_country": 1}),
        ("KR-27", "KR-26", [], {"region_near": DAEGU_BUSAN, "region_same_country": 1}),
        ("KR-27", "KR-11", ["KR-26"], {"region_near": DAEGU_BUSAN, "region_same_country": 1}),
        ("KR-27", None, ["KR-26"], {"region_near": DAEGU_BUSAN, "region_same_country": 1}),
        ("KR-27", "KR", [], {"region_same_country": 1}),
        ("KR-27", "US", [], {}),
        ("US-MA", "US-MA", [], {"region_same": 1, "region_same_country": 1}),
        (None, "KR-27", [], {"region_unknown": 1}),
        ("KR-27", None, [], {"region_unknown": 1}),
    ],
)
def test_region(
    make: SimpleNamespace,
    here: str | None,
    seat: str | None,
    sites: list[str],
    expected: dict[str, float],
) -> None:
    pair = make.pair(make.startup(region=here), make.partner(region=seat, sites=sites))
    names = [n for n in FEATURE_NAMES if n.startswith("region_")]
    assert some(pair, *names) == {k: pytest.approx(v, abs=1e-6) for k, v in expected.items()}


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({}, 1),
        ({"kind": "cluster_hub"}, 1),
        ({"kind": "contest"}, None),
        ({"countries": ["KR", "DE"]}, None),
        ({"countries": ["US"]}, None),
        ({"countries": ["KR", "US", "DE"]}, 1),
    ],
)
def test_a_programme_across_the_border_joins_two_countries(
    make: SimpleNamespace, fields: dict[str, Any], value: float | None
) -> None:
    programme = make.programme(**{"kind": "bilateral", "countries": ["KR", "US"], **fields})

    def joined(**where: Any) -> dict[str, Any]:
        pair = make.pair(
            make.startup(region="KR-27"), make.partner(**where), programmes=[programme]
        )
        return some(pair, "region_joined")

    expected = {} if value is None else {"region_joined": value}
    assert joined(region="US-MA") == expected
    assert joined(region="KR-11", sites=["US"]) == expected
    assert joined(region="KR-11") == joined() == joined(region="JP") == {}


@pytest.mark.parametrize(
    ("on", "paired"),
    [
        (date(2014, 9, 14), False),
        (date(2014, 9, 15), True),
        (date(2016, 9, 15), True),
        (date(2016, 9, 16), False),
    ],
)
def test_a_pairing_counts_within_its_dates_only(
    make: SimpleNamespace, on: date, paired: bool
) -> None:
    tie = make.tie(
        a="centre",
        kind="pairing",
        region="KR-27",
        valid_from=date(2014, 9, 15),
        valid_to=date(2016, 9, 15),
    )
    pair = make.pair(make.startup(region="KR-27"), make.partner(region="KR-11"), ties=[tie], on=on)
    assert ("region_paired" in values(pair)) is paired


def test_a_pairing_is_for_its_region_and_its_partner(make: SimpleNamespace) -> None:
    tie = make.tie(a="centre", kind="pairing", region="KR-27")
    here = make.startup(region="KR-27")
    assert "region_paired" in values(make.pair(here, make.partner(region="KR-11"), ties=[tie]))
    centre = make.partner("centre", region="KR-27")
    assert "region_paired" not in values(make.pair(here, centre, ties=[tie]))
    other = make.startup(region="KR-26")
    assert "region_paired" not in values(make.pair(other, make.partner(region="KR-27"), ties=[tie]))


def test_a_pairing_counts_where_nobody_knows_the_partners_seat(make: SimpleNamespace) -> None:
    tie = make.tie(a="centre", kind="pairing", region="KR-27")
    pair = make.pair(make.startup(region="KR-27"), ties=[tie])
    assert some(pair, "region_paired", "region_unknown") == {
        "region_paired": 0.5,
        "region_unknown": 1,
    }


def test_a_pairing_counts_in_full_where_the_two_share_a_subject(make: SimpleNamespace) -> None:
    tie = make.tie(a="centre", kind="pairing", region="KR-27")
    startup = make.startup(region="KR-27", sectors=["ai"])
    for named, value in ((["ai"], 1), (["cloud"], 1), (["food"], 0.5), ([], 0.5)):
        pair = make.pair(startup, make.partner(sectors=named), ties=[tie])
        assert some(pair, "region_paired") == {"region_paired": value}


# Supports and stage


@pytest.mark.parametrize(
    ("name", "wanting", "giving"),
    [("support", "startup", "partner"), ("wish", "partner", "startup")],
)
@pytest.mark.parametrize(
    ("seeks", "offers", "expected"),
    [
        (["pilot", "grant"], ["pilot", "loan"], {"fit": 0.5}),
        (["pilot"], ["pilot", "loan"], {"fit": 1}),
        (["pilot"], ["loan"], {}),
        ([], ["loan"], {"unknown": 1}),
        (["pilot"], [], {"unknown": 1}),
    ],
)
def test_supports(
    make: SimpleNamespace,
    name: str,
    wanting: str,
    giving: str,
    seeks: list[str],
    offers: list[str],
    expected: dict[str, float],
) -> None:
    fields: dict[str, dict[str, Any]] = {wanting: {"seeks": seeks}, giving: {"offers": offers}}
    pair = make.pair(make.startup(**fields["startup"]), make.partner(**fields["partner"]))
    found = some(pair, f"{name}_fit", f"{name}_unknown")
    assert found == {f"{name}_{key}": value for key, value in expected.items()}


@pytest.mark.parametrize(
    ("stage", "stages", "expected"),
    [
        ("seed", ["idea", "seed"], {"stage_fit": 1}),
        ("seed", ["growth"], {}),
        (None, ["growth"], {"stage_unknown": 1}),
        ("seed", [], {"stage_unknown": 1}),
    ],
)
def test_stage(
    make: SimpleNamespace, stage: str | None, stages: list[str], expected: dict[str, float]
) -> None:
    pair = make.pair(make.startup(stage=stage), make.partner(stages=stages))
    assert some(pair, "stage_fit", "stage_unknown") == expected


# Breadth


@pytest.mark.parametrize(
    ("feature", "startup", "partner", "value"),
    [
        ("sector_same", {"sectors": ["ai"]}, {"sectors": ALL_SECTORS[:13]}, 1),
        ("sector_same", {"sectors": ["ai"]}, {"sectors": ALL_SECTORS}, (12 / 83) ** 8),
        ("support_fit", {"seeks": ["pilot"]}, {"offers": list(Support)[:7]}, 1),
        ("support_fit", {"seeks": ["pilot"]}, {"offers": list(Support)}, (6 / 15) ** 8),
        ("support_fit", {"seeks": list(Support)}, {"offers": list(Support)}, 1),
        ("support_fit", {"seeks": list(Support)[:8]}, {"offers": ["pilot", "grant"]}, 2 / 8),
        ("support_fit", {"seeks": list(Support)}, {"offers": ["pilot"]}, (6 / 15) ** 8 / 16),
        ("sector_same", {"sectors": ALL_SECTORS}, {"sectors": ["ai"]}, (12 / 83) ** 8 / 84),
        ("wish_fit", {"offers": list(Support)}, {"seeks": ["pilot"]}, (6 / 15) ** 8),
        ("stage_fit", {"stage": "seed"}, {"stages": list(Stage)[:4]}, 1),
        ("stage_fit", {"stage": "seed"}, {"stages": list(Stage)}, (3 / 5) ** 8),
        ("region_same", {"region": "KR-11"}, {"sites": PLACES[:9]}, 1),
        ("region_same", {"region": "KR-11"}, {"sites": PLACES}, (8 / 16) ** 8),
    ],
)
def test_who_names_nearly_all_says_little_of_each(
    make: SimpleNamespace,
    feature: str,
    startup: dict[str, Any],
    partner: dict[str, Any],
    value: float,
) -> None:
    pair = make.pair(make.startup(**startup), make.partner(**partner))
    assert values(pair)[feature] == pytest.approx(value, abs=1e-6)


def test_sectors_of_who_names_nearly_all_are_no_common_topic(make: SimpleNamespace) -> None:
    tie = make.tie(a="centre", kind="pairing", region="KR-27")
    few, all_ = {"sectors": ["ai"]}, {"sectors": ALL_SECTORS}
    for one, other, value in ((few, few, 1), (few, all_, 0.5), (all_, few, 0.5), (all_, all_, 1)):
        startup = make.startup(region="KR-27", **one)
        pair = make.pair(startup, make.partner(**other), ties=[tie])
        assert some(pair, "region_paired") == {"region_paired": value}
        assert pair.topical is (value == 1)


# Programmes


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"regions": ["KR-27"]}, 1 / 3),
        ({"regions": ["KR-27"], "sectors": ["digital"]}, 2 / 3),
        ({"regions": ["KR"], "sectors": ["ai"], "stages": ["seed"]}, 1),
        ({"regions": ["KR"], "sectors": ["ai"], "stages": ["seed"], "trl_min": 3}, 1),
        ({"regions": ["KR-26"], "sectors": ["ai"]}, None),  # one rule is broken
        ({"trl_min": 3, "trl_max": 4}, None),
        ({}, None),  # a programme without a rule says nothing
        ({"regions": ["KR-27"], "partners": ["other"]}, None),
    ],
)
def test_programme(make: SimpleNamespace, fields: dict[str, Any], value: float | None) -> None:
    startup = make.startup(region="KR-27", sectors=["ai"], stage="seed", trl=5)
    programme = make.programme(**{"partners": ["p"], **fields})
    found = some(make.pair(startup, programmes=[programme]), "programme")
    assert found == ({} if value is None else {"programme": value})


def test_the_programme_with_the_most_rules_met_counts(make: SimpleNamespace) -> None:
    startup = make.startup(region="KR-27", sectors=["ai"])
    less = make.programme("less", partners=["p"], regions=["KR"])
    more = make.programme("more", partners=["p"], regions=["KR"], sectors=["ai"])
    pair = make.pair(startup, programmes=[less, more])
    assert pair.shared_programme == (more, 2)
    asked = make.pair(startup, programme=less, programmes=[less, more])
    assert asked.shared_programme == (less, 1)


def test_the_programme_asked_for_counts_in_full(make: SimpleNamespace) -> None:
    asked = make.programme(partners=["p"])
    assert some(make.pair(programme=asked), "programme") == {"programme": 1}
    assert some(make.pair(make.startup(), make.partner("q"), programme=asked), "programme") == {}


# Leaving a field out never pays

REGIONS = st.sampled_from(["KR-27", "KR-26", "KR-11", "KR", "US-MA", "US"])
SECTORS = st.sampled_from(["ai", "digital", "cloud", "blockchain", "games", "food"])
SUPPORTS = st.sampled_from(list(Support)[:5])
STAGES = st.sampled_from(list(Stage))
TRL = st.integers(1, 9)


def several(one: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(one, max_size=3, unique=True)


SHARED = {
    "region": st.none() | REGIONS,
    "sectors": several(SECTORS),
    "seeks": several(SUPPORTS),
    "offers": several(SUPPORTS),
    "aliases": st.just(["another name"]),
    "seeking": st.just("words"),
    "offering": st.just("words"),
    "website": st.just("https://example.org"),
    "source": st.just("a register"),
}
STARTUPS = {**SHARED, "stage": st.none() | STAGES, "trl": st.none() | TRL, "founded": st.just(2020)}
PARTNERS = {
    **SHARED,
    "summary": st.just("words"),
    "sites": several(REGIONS),
    "stages": several(STAGES),
    "kind": st.none() | st.sampled_from(PartnerKind),
    "trl_min": st.none() | TRL,
    "capacity": st.none() | st.integers(0, 3),
}
PROGRAMMES = st.lists(
    st.fixed_dictionaries({
        "regions": several(REGIONS),
        "countries": several(st.sampled_from(["KR", "US"])),
        "sectors": several(SECTORS),
        "stages": several(STAGES),
        "trl_min": st.none() | st.integers(1, 4),
        "needs": several(SUPPORTS),
    }),
    max_size=3,
)
PAIRED = st.none() | REGIONS


def structured_scores(pairs: list[Pair], ranker: Ranker) -> list[float]:
    points = ranker.contributions(pair_features(pairs))
    columns = [i for i, name in enumerate(FEATURE_NAMES) if name not in TEXTUAL]
    return [float(one) for one in score(points[:, columns])]


@pytest.fixture(scope="module")
def ranker() -> Ranker:
    return load_ranker()


@settings(deadline=None, max_examples=150)
@given(
    st.fixed_dictionaries(STARTUPS),
    st.fixed_dictionaries(PARTNERS),
    PROGRAMMES,
    PAIRED,
    st.booleans(),
)
def test_leaving_a_field_out_never_raises_a_structured_score(
    make: SimpleNamespace,
    ranker: Ranker,
    startup: dict[str, Any],
    partner: dict[str, Any],
    programmes: list[dict[str, Any]],
    paired: str | None,
    asked: bool,
) -> None:
    known = [make.programme(f"g{n}", partners=["p"], **f) for n, f in enumerate(programmes)]
    tie = make.tie(a="centre", kind="pairing", region=paired) if paired else None

    def pair(one: dict[str, Any], other: dict[str, Any]) -> Pair:
        made: Pair = make.pair(
            make.startup(**one),
            make.partner(**other),
            ties=[tie] if tie else [],
            programmes=known,
            programme=known[0] if asked and known else None,
        )
        return made

    pairs = {"nothing": pair(startup, partner)}
    pairs |= {f"startup.{name}": pair(without(startup, name), partner) for name in startup}
    pairs |= {f"partner.{name}": pair(startup, without(partner, name)) for name in partner}
    whole, *less = structured_scores([*pairs.values()], ranker)
    assert [n for n, one in zip([*pairs][1:], less, strict=True) if one > whole] == []


def without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


def test_no_unknown_can_give_points() -> None:
    ranker = load_ranker()
    everything = np.ones((1, len(FEATURE_NAMES)), np.float32)
    points = ranker.contributions(everything)[0]
    assert {n for n, p in zip(FEATURE_NAMES, points, strict=True) if not p} >= set(UNKNOWN)


def test_what_the_two_did_together_is_no_activity_with_others(make: SimpleNamespace) -> None:
    tie = make.tie(a="s", valid_from=date(2020, 1, 1))
    pair = make.pair(make.startup(sectors=["ai"]), make.partner(sectors=["ai"]), ties=[tie])
    assert some(pair, "prior_tie", "activity") == {"prior_tie": 1}
