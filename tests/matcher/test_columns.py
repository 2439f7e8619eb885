"""Tests that features computed by columns are, to the last bit, those of each pair by itself."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import Candidate
from matcher import FEATURE_NAMES, Pair, Scene, pair_features
from matcher.traits import RELATIONS, relation, traits_of
from profiles import Stage, Support
from profiles.taxonomy import sectors
from tests.matcher.reference import plain_features

ON = date(2020, 1, 1)
REGIONS = ["KR-27", "KR-26", "KR-11", "KR", "US-MA", "US", "DE", "DE-BY"]
IDS = ["s0", "s1", "p0", "p1", "p2"]
COSINES = st.floats(-1, 1) | st.sampled_from([0.2, 0.19999999, -0.0])
SUMS = st.floats(0, 50)
COSINE_NAMES = ("text_is_is", "text_seeks_offers", "text_is_seeks", "text_seeks_is", "history")

SUM_NAMES = (
    "lexical",
    "fused",
    "history_lexical",
    "history_all",
    "history_word",
    "area",
    "neighbours",
    "neighbours_linked",
)
COUNT_NAMES = ("past_region", "past_sector")
SHARE_NAMES = ("history_mean", "history_top3", "focus", "kind_past", "countries")


def several(values: Any, most: int = 4) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(list(values)), max_size=most, unique=True)


SHARED = {
    "region": st.none() | st.sampled_from(REGIONS),
    "sectors": several(sectors()),
    "seeks": several(Support),
    "offers": several(Support),
    "seeking": st.none() | st.just("words"),
    "offering": st.none() | st.sampled_from(["words", "말", {"en": "words", "ko": "말"}]),
}
TRL = st.none() | st.integers(1, 9)
STAGE = st.none() | st.sampled_from(Stage)
STARTUPS = st.fixed_dictionaries({**SHARED, "stage": STAGE, "trl": TRL})
PARTNERS = st.fixed_dictionaries({
    **SHARED,
    "sites": several(REGIONS),
    "stages": several(Stage),
    "trl_min": TRL,
})
TIES = st.fixed_dictionaries({
    "ends": several(IDS, 2).filter(lambda ends: len(ends) == 2),
    "kind": st.sampled_from(["collaboration", "investment", "conflict", "pairing"]),
    "region": st.sampled_from(REGIONS),
    "valid_from": st.none() | st.sampled_from([date(2019, 1, 1), ON, date(2021, 1, 1)]),
})
PROGRAMMES = st.fixed_dictionaries({
    "partners": several(["p0", "p1", "p2"]),
    "regions": several(REGIONS, 2),
    "sectors": several(sectors(), 2),
    "stages": several(Stage),
    "needs": several(Support),
    "trl_min": st.none() | st.integers(1, 9),
    "kind": st.sampled_from(["bilateral", "cluster_hub", "contest"]),
    "countries": several(["KR", "US", "DE"]),
})
EVIDENCE = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(COSINE_NAMES, COSINES),
        **dict.fromkeys(SUM_NAMES, SUMS),
        **dict.fromkeys(SHARE_NAMES, st.floats(0, 1)),
        **dict.fromkeys(COUNT_NAMES, st.integers(0, 1_000).map(float)),
    },
)


@st.composite
def pairs(draw: st.DrawFn, make: SimpleNamespace) -> list[Pair]:
    """Draw pairs of two startups and three partners, with all that is told of them."""
    ties = [
        make.tie(
            f"t{n}",
            *one["ends"],
            kind=one["kind"],
            region=one["region"],
            valid_from=one["valid_from"],
        )
        for n, one in enumerate(draw(st.lists(TIES, max_size=8)))
    ]
    programmes = [
        make.programme(f"g{n}", **one)
        for n, one in enumerate(draw(st.lists(PROGRAMMES, max_size=4)))
    ]
    asked = draw(st.sampled_from([None, *programmes]))
    scene = Scene(make.history(*ties), ON, asked, () if asked else programmes)
    startups = [make.startup(f"s{n}", **draw(STARTUPS)) for n in range(2)]
    partners = [make.partner(f"p{n}", **draw(PARTNERS)) for n in range(3)]
    ends = st.tuples(st.sampled_from(startups), st.sampled_from(partners), EVIDENCE)
    return [
        Pair(startup, partner, Candidate(partner.id, evidence), scene)
        for startup, partner, evidence in draw(st.lists(ends, max_size=12))
    ]


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_columns_are_what_each_pair_is_by_itself(
    make: SimpleNamespace, data: st.DataObject
) -> None:
    drawn = data.draw(pairs(make))
    found = pair_features(drawn)
    assert found.shape == (len(drawn), len(FEATURE_NAMES))
    np.testing.assert_array_equal(found, plain_features(drawn), strict=True)


def test_all_pairs_of_sectors_are_as_near_as_the_taxonomy_says(make: SimpleNamespace) -> None:
    startups = [make.startup(f"s-{code}", sectors=[code]) for code in sectors()]
    partners = [make.partner(f"p-{code}", sectors=[code]) for code in sectors()]
    scene = Scene(make.history(), ON, None, ())
    drawn = [Pair(s, p, Candidate(p.id, {}), scene) for s in startups for p in partners]
    found = pair_features(drawn)
    stands = np.array([relation(s, p) for s in sectors() for p in sectors()])
    assert set(stands) == {"same", "none", *RELATIONS}
    for one in ("same", *RELATIONS):
        column = found[:, FEATURE_NAMES.index(f"sector_{one}")]
        np.testing.assert_array_equal(column, (stands == one).astype(np.float32))


def test_scenes_of_other_days_are_not_mixed(make: SimpleNamespace) -> None:
    startup, partner = make.startup(), make.partner(region="KR-27")
    history = make.history(make.tie(valid_from="2019-06-01"))
    scenes = [Scene(history, day, None, ()) for day in (date(2019, 1, 1), ON)]
    drawn = [Pair(startup, partner, Candidate("p", {}), scene) for scene in scenes]
    found = pair_features(drawn)
    np.testing.assert_array_equal(found, plain_features(drawn))
    assert found[:, FEATURE_NAMES.index("prior_tie")].tolist() == [0.0, 1.0]


def test_kept_traits_are_used(make: SimpleNamespace) -> None:
    asked = []

    def known(profile: Any) -> Any:
        asked.append(profile.id)
        return traits_of(profile)

    scene = Scene(make.history(), ON, None, (), traits_of=known)
    startup, partners = make.startup(), [make.partner(f"p{n}") for n in range(3)]
    pair_features([Pair(startup, one, Candidate(one.id, {}), scene) for one in partners])
    assert sorted(asked) == ["p0", "p1", "p2", "s"]


@pytest.mark.parametrize("count", [0, 1])
def test_none_and_one_pair_are_given_too(make: SimpleNamespace, count: int) -> None:
    drawn = [make.pair()] * count
    np.testing.assert_array_equal(pair_features(drawn), plain_features(drawn), strict=True)


def test_of_programmes_that_fit_equally_the_first_is_named(make: SimpleNamespace) -> None:
    programmes = [make.programme(id, partners=["p"], stages=["seed"]) for id in ("g1", "g2")]
    pair = make.pair(make.startup(stage="seed"), programmes=programmes)
    assert pair.shared_programme == (programmes[0], 1)
