"""Tests of weights that a person moves for the moment."""

from __future__ import annotations

import math
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher import FACTORS, FAMILIES, FEATURE_NAMES, MovedError, family, load_ranker
from matcher.moving import Moved, most_points, moved

TODAY = date(2026, 1, 1)
RANKER = load_ranker()
MOVES = st.dictionaries(st.sampled_from(FAMILIES), st.sampled_from(FACTORS))


@given(MOVES, st.integers(0, 2**32 - 1))
def test_moved_contributions_sum_exactly_in_any_order(moves: dict[str, float], seed: int) -> None:
    chance = np.random.default_rng(seed)
    features = chance.random((5, len(FEATURE_NAMES)), dtype=np.float32)
    points = moved(RANKER, moves).contributions(features)
    for row in points:
        assert row.sum() == math.fsum(row) == row[::-1].sum()
    assert ((points == 0) | (points >= 0.05)).all()
    assert (points * 1024 == np.round(points * 1024)).all()


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("factor", FACTORS)
def test_a_family_counts_so_many_times_and_no_other_is_touched(name: str, factor: float) -> None:
    every = np.ones((1, len(FEATURE_NAMES)), np.float32)
    before = RANKER.contributions(every)[0]
    after = moved(RANKER, {name: factor}).contributions(every)[0]
    own = np.array([family(feature) == name for feature in FEATURE_NAMES])
    assert (after[~own] == before[~own]).all()
    assert after[own] == pytest.approx(before[own] * factor, abs=0.05)
    assert most_points(moved(RANKER, {name: factor})) == after.sum()
    assert before[own].sum() > 1


def test_what_is_not_moved_is_the_model_itself() -> None:
    assert moved(RANKER, {}) is RANKER
    assert moved(RANKER, dict.fromkeys(FAMILIES, 1.0)) is RANKER
    assert most_points(RANKER) == pytest.approx(100, abs=0.1)


def test_a_moved_model_says_so_and_has_no_probability() -> None:
    ranker = moved(RANKER, {"past": 2.0, "text": 0.5, "region": 1.0})
    assert isinstance(ranker, Moved)
    assert ranker.version == f"{RANKER.version}~text:0.5~past:2"
    assert ranker.calibration is None


@pytest.mark.parametrize("wrong", [{"luck": 2.0}, {"past": 3.0}, {"past": -1.0}, {"other": 2.0}])
def test_what_cannot_be_moved_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(MovedError, match="by family"):
        moved(RANKER, wrong)


def test_a_moved_list_is_ranked_by_moved_scores(catalogue: SimpleNamespace) -> None:
    maker = catalogue.matchmaker
    plain = maker.match("ultrasound", 20, as_of=TODAY)
    found = maker.match("ultrasound", 20, as_of=TODAY, factors={"region": 0.0})
    assert found.moved == {"region": 0.0}
    assert plain.moved == {}
    assert found.most < plain.most
    assert found.model_version == f"{plain.model_version}~region:0"
    assert found.calibration is None
    scores = {match.profile.id: match for match in plain.matches}
    for match in found.matches:
        assert sum(part.points for part in match.contributions) == match.score
        assert "region" not in {family(part.feature) for part in match.contributions}
        if match.profile.id in scores:
            kept = [
                p for p in scores[match.profile.id].contributions if family(p.feature) != "region"
            ]
            assert sum(part.points for part in kept) == match.score
    keys = [(-match.score, match.profile.id) for match in found.matches]
    assert keys == sorted(keys)
    assert [m.profile.id for m in found.matches] != [m.profile.id for m in plain.matches]
    assert maker.match("ultrasound", 20, as_of=TODAY).as_json() == plain.as_json()  # kept nowhere
    (said,) = found.abstention.reasons
    assert said.en.startswith("No probability: the weights were moved")
