"""The gate on runs whose truth is known: each figure here is worked out by hand.

Every query has one relevant partner; at rank r it is worth 1 / log2(1 + r) in nDCG@10: 1 at rank
1, .6309 at rank 2, .5 at rank 3.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from evaluation import Decision, Query, Run, TestSet, decide, digest_of, gate_tables
from evaluation.gate import BOUNDS, FEWEST_TO_PROMOTE, guarded_slices
from evaluation.messages import keys
from evaluation.scoring import score
from profiles import Partner, Side, Startup, validate

UP = 1 - 1 / math.log2(3)
"""From rank 2 to rank 1: .3691."""
DOWN = 1 / math.log2(3) - 1 / 2
"""From rank 2 to rank 3: .1309."""


@dataclass(frozen=True)
class Asked:
    """Some queries of a kind, and where each model shows the relevant partner."""

    n: int
    champion: int
    challenger: int
    track: str = "a"
    cluster: str | None = None
    region: str | None = None


def asked_set(groups: Sequence[Asked]) -> tuple[TestSet, Run, Run]:
    """Make a test set of single-answer queries, and the runs of both models on it."""
    numbers = count()
    made = [(f"q{next(numbers):04}", group) for group in groups for _ in range(group.n)]
    queries = tuple(
        Query(
            id, "s", date(2020, 8, 1), group.cluster or id, track=group.track, region=group.region
        )
        for id, group in made
    )
    partners = [validate(Partner, {"id": f"p{n}", "name": f"P {n}"}) for n in range(3)]
    ids = [one.id for one in partners]
    startup = validate(Startup, {"id": "s", "name": "S", "summary": "It makes things."})
    test_set = TestSet(
        name="made",
        cut=date(2020, 7, 1),
        startups={"s": startup},
        partners={one.id: one for one in partners},
        ties=(),
        queries=queries,
        qrels={id: {"p0": 1} for id, _ in made},
        candidates={id: frozenset(ids) for id, _ in made},
    )
    champion, challenger = (
        Run.of(name, {id: ranked(getattr(group, name)) for id, group in made})
        for name in ("champion", "challenger")
    )
    return test_set, champion, challenger


def ranked(place: int) -> Mapping[str, float]:
    """Give scores that put the relevant partner at a place from 1 to 3."""
    return {"p0": 4 - place - 0.5, "p1": 2.0, "p2": 1.0} if place > 1 else {"p0": 9.0, "p1": 2.0}


def decided(groups: Sequence[Asked], **more: Any) -> Decision:
    test_set, champion, challenger = asked_set(groups)
    scored = score(test_set, [champion, challenger], ["nDCG@10"])
    return decide(scored, **more)


def states(decision: Decision, dimension: str) -> dict[str, str]:
    return {one.value: one.state for one in decision.guards if one.dimension == dimension}


def reasons(decision: Decision, lang: str = "en") -> str:
    return " ".join(one.in_(lang) for one in decision.reasons)


def test_a_better_model_passes() -> None:
    """(30 × .3691 − 10 × .1309) / 40 = .2441."""
    decision = decided([Asked(30, 2, 1), Asked(10, 2, 3)])
    assert decision.passed
    assert decision.gap.value == pytest.approx((30 * UP - 10 * DOWN) / 40)
    assert decision.gap.value == pytest.approx(0.2441, abs=5e-5)
    assert decision.figures[0].value == pytest.approx(1 / math.log2(3))
    assert (decision.gap.n, decision.gap.clusters) == (40, 40)
    assert "better by +0.244" in reasons(decision)
    assert "더 좋습니다" in reasons(decision, "ko")


def test_a_worse_model_is_refused() -> None:
    decision = decided([Asked(30, 1, 2), Asked(10, 3, 2)])
    assert not decision.passed
    assert decision.gap.value == pytest.approx(-0.2441, abs=5e-5)
    assert reasons(decision).startswith("It is worse: -0.244 in nDCG@10")


def test_a_model_that_is_better_overall_but_falls_in_a_guarded_slice_is_refused() -> None:
    """(60 × .3691 − 15 × .1309) / 75 = .2691 overall, −.1309 in track b."""
    decision = decided([Asked(60, 2, 1, "a"), Asked(15, 2, 3, "b")])
    assert decision.gap.value == pytest.approx((60 * UP - 15 * DOWN) / 75)
    assert decision.gap.low is not None
    assert decision.gap.low > 0
    assert not decision.passed
    assert states(decision, "track") == {"a": "held", "b": "fell"}
    assert reasons(decision).startswith("Track: b fell beyond its bound of 0.010: -0.131")
    assert "트랙: b" in reasons(decision, "ko")


def test_a_slice_in_a_wide_bound_may_fall() -> None:
    groups = [Asked(60, 2, 1, "a"), Asked(15, 2, 3, "b")]
    assert decided(groups, bounds=dict.fromkeys(BOUNDS, 0.14)).passed
    assert not decided(groups, bounds=dict.fromkeys(BOUNDS, 0.14) | {"track": 0.13}).passed


def test_a_slice_of_few_clusters_is_named_and_does_not_block() -> None:
    small = decided([Asked(60, 2, 1, "a"), Asked(9, 2, 3, "b")])
    assert small.passed
    assert states(small, "track") == {"a": "held", "b": "few"}
    assert [one.en for one in small.remarks] == [
        "Too small to judge (fewer than 10 clusters; queries in brackets), so they do not count: "
        "Track: b (9)."
    ]
    assert not decided([Asked(60, 2, 1, "a"), Asked(10, 2, 3, "b")]).passed


def test_a_slice_whose_fall_may_be_chance_is_named_and_does_not_block() -> None:
    """(4 × .3691 − 11 × .1309) / 15 = +.0024 in track b, of wide interval."""
    decision = decided([Asked(60, 2, 1, "a"), Asked(4, 2, 1, "b"), Asked(11, 2, 3, "b")])
    assert decision.passed
    assert states(decision, "track") == {"a": "held", "b": "unsure"}
    assert "A fall beyond the bound cannot be ruled out" in decision.remarks[0].en
    assert "Track: b (15)" in decision.remarks[0].en


@pytest.mark.parametrize(("down", "state"), [(5, "fell"), (2, "unsure")])
def test_a_slice_falls_by_a_mean_beyond_the_bound_and_an_interval_below_0(
    down: int, state: str
) -> None:
    """5 × −.1309 / 30 = −.0218 of an interval below 0; 2 × −.1309 / 30 = −.0087 is in the bound."""
    groups = [Asked(90, 2, 1, "a"), Asked(down, 2, 3, "b"), Asked(30 - down, 2, 2, "b")]
    decision = decided(groups)
    guard = next(one for one in decision.guards if one.value == "b")
    assert guard.gap.value == pytest.approx(-down * DOWN / 30)
    assert guard.state == state
    assert decision.passed is (state == "unsure")


def test_equal_models_are_refused() -> None:
    decision = decided([Asked(40, 2, 2)])
    assert not decision.passed
    assert decision.gap.p == 1
    assert "No gain beyond noise: +0.000" in reasons(decision)


def test_a_gain_within_noise_is_refused() -> None:
    """(12 × .3691 − 28 × .1309) / 40 = .0191 of wide interval."""
    decision = decided([Asked(12, 2, 1), Asked(28, 2, 3)])
    assert decision.gap.value == pytest.approx(0.0191, abs=5e-5)
    assert not decision.passed
    assert "No gain beyond noise: +0.019" in reasons(decision)


@pytest.mark.parametrize(("clusters", "passed"), [(30, True), (29, False), (9, False), (1, False)])
def test_a_set_of_few_clusters_promotes_nobody(clusters: int, passed: bool) -> None:
    groups = [Asked(4, 2, 1, cluster=f"c{n}") for n in range(clusters)]
    decision = decided(groups)
    assert decision.passed is passed
    if not passed:
        assert f"the test set has {clusters}" in reasons(decision)
        assert "at least 30 are needed" in reasons(decision)
        assert "자료가 적습니다" in reasons(decision, "ko")
    json.dumps(decision.as_json(), allow_nan=False)
    assert FEWEST_TO_PROMOTE == 30


def test_earlier_challengers_make_it_harder() -> None:
    """p is about .03: alone enough; beside three others, Holm makes it four times that."""
    groups = [Asked(24, 2, 1), Asked(36, 2, 3)]
    alone = decided(groups)
    assert alone.gap.p is not None
    assert 0.0125 < alone.gap.p < 0.05
    assert alone.passed
    crowded = decided(groups, earlier=[0.3, 0.4, 0.5])
    assert crowded.gap.holm == pytest.approx(4 * alone.gap.p)
    assert not crowded.passed
    assert "Others tried against the present model on this same test set: 3." in reasons(crowded)


def test_a_model_that_may_have_seen_the_answers_is_refused() -> None:
    groups = [Asked(40, 2, 1)]
    assert decided(groups, trained_until=date(2020, 7, 1)).passed
    decision = decided(groups, trained_until=date(2020, 7, 2))
    assert not decision.passed
    assert "may have seen the answers" in reasons(decision)


def test_guarded_slices_part_the_capital_area_the_rest_and_abroad() -> None:
    places = {"KR-11": 2, "KR-41": 1, "KR-27": 3, "DE": 4, None: 5}
    test_set, _, _ = asked_set([Asked(n, 1, 1, region=place) for place, n in places.items()])
    found = guarded_slices(test_set)
    assert set(found) == set(BOUNDS)
    sizes = {area: len(ids) for area, ids in found["area"].items()}
    assert sizes == {"capital": 3, "elsewhere": 3, "abroad": 4, "unknown": 5}


def test_the_decision_is_told_as_json_and_as_a_table() -> None:
    decision = decided([Asked(60, 2, 1, "a"), Asked(15, 2, 3, "b")], digest="d", earlier=[0.5])
    told = json.loads(json.dumps(decision.as_json(), allow_nan=False))
    assert (told["passed"], told["digest"], told["earlier"]) == (False, "d", 1)
    assert told["champion"]["version"] == "champion"
    assert told["champion"]["value"] == pytest.approx(0.63093, abs=1e-5)
    fallen = [one for one in told["guards"] if one["state"] == "fell"]
    assert {one["value"] for one in fallen} == {"b"}
    assert fallen[0]["n"] == 15
    assert gate_tables(decision, "ko")
    assert {f"gate_state_{state}" for state in ("held", "unsure", "fell", "few")} <= keys()


def test_a_digest_names_what_the_files_hold(tmp_path: Path) -> None:
    (tmp_path / "qrels.txt").write_text("q 0 p 1\n")
    first = digest_of(tmp_path)
    (tmp_path / "notes.txt").write_text("no part of the set")
    assert digest_of(tmp_path) == first
    (tmp_path / "qrels.txt").write_text("q 0 p 2\n")
    assert digest_of(tmp_path) != first


def test_partners_are_guarded_as_a_whole() -> None:
    """Better by .3691 for startups, worse by .1309 for each of 30 partners: it is refused."""
    better, champion, challenger = asked_set([Asked(40, 2, 1)])
    worse, their_champion, their_challenger = asked_set([Asked(30, 2, 3)])
    scored = score(better, [champion, challenger], ["nDCG@10"])
    turned = score(worse, [their_champion, their_challenger], ["nDCG@10"])
    decision = decide(scored, turned=turned)
    assert decide(scored).passed
    assert not decision.passed
    [guard] = [one for one in decision.guards if one.side is Side.PARTNER]
    assert (guard.state, guard.gap.n, guard.as_json()["side"]) == ("fell", 30, "partner")
    assert guard.gap.value == pytest.approx(-DOWN)
    assert "Who asks: partners fell beyond its bound of 0.010" in reasons(decision)
    assert "묻는 쪽: 파트너" in reasons(decision, "ko")
    even = score(worse, [their_champion, their_champion], ["nDCG@10"])
    assert decide(scored, turned=even).passed
