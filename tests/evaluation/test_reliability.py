"""Calibration: chances beside what was relevant, worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation import (
    Reliability,
    Run,
    RunError,
    TestSet,
    clustered_interval,
    load,
    reliability_of,
    report_on,
)
from evaluation import reliability as module

Files = dict[str, Any]
Write = Callable[[Files], Path]

QUERIES = 40


@pytest.fixture
def asked(write: Write, files: Files) -> TestSet:
    """Forty queries, each a cluster of its own; p1 is right in every second, p2 in every fourth."""
    base = {"startup": "s1", "date": "2020-08-01", "track": "health"}
    ids = [f"n{i:02}" for i in range(QUERIES)]
    files["queries.jsonl"] = [{**base, "id": id, "cluster": id} for id in ids]
    files["qrels.txt"] = [f"{id} 0 p1 {2 * (i % 2)}" for i, id in enumerate(ids)]
    files["qrels.txt"] += [f"{id} 0 p2 1" for i, id in enumerate(ids) if i % 4 == 0]
    files.pop("candidates.jsonl")
    return load(write(files))


def said(test_set: TestSet, chances: Mapping[str, float]) -> Run:
    """Say the same of each partner in every query, in the order of the chances; p4 is mute."""
    scores = {**chances, "p4": -1.0}
    return Run.of(
        "mine",
        dict.fromkeys(test_set.qrels, scores),
        chances=dict.fromkeys(test_set.qrels, chances),
    )


def test_chances_that_hold_cost_what_is_uncertain_within_them(asked: TestSet) -> None:
    """p1 is right in 1/2, p2 in 1/4, p3 (whom nobody judged) never; over all in 1/4."""
    found = reliability_of(asked, said(asked, {"p1": 0.5, "p2": 0.25, "p3": 0.0}))
    assert (found.pairs, found.listed, found.relevant, found.clusters) == (120, 160, 30, 40)
    assert [(one.chance, one.share, one.n) for one in found.bins] == [
        (0.0, 0.0, 40),
        (0.25, 0.25, 40),
        (0.5, 0.5, 40),
    ]
    assert found.brier.value == pytest.approx((0.25 + 0.1875) / 3)
    assert found.reliability == pytest.approx(0)
    assert found.resolution == pytest.approx((1 / 16 + 0 + 1 / 16) / 3)
    assert found.uncertainty == pytest.approx(1 / 4 * 3 / 4)
    assert found.within == pytest.approx(0)
    assert found.ece.value == pytest.approx(0)
    assert found.gap.value == pytest.approx(0)
    assert found.verdict == "even"


def test_chances_that_are_too_high_or_too_low_are_called_so(asked: TestSet) -> None:
    high = reliability_of(asked, said(asked, {"p1": 0.9, "p2": 0.45}))
    assert high.ece.value == pytest.approx((0.4 + 0.2) / 2)
    assert high.reliability == pytest.approx((0.16 + 0.04) / 2)
    assert high.gap.value == pytest.approx(0.3)
    assert high.verdict == "high"
    low = reliability_of(asked, said(asked, {"p1": 0.1, "p2": 0.05}))
    assert low.verdict == "low"
    assert low.gap.high is not None
    assert low.gap.high < 0


def test_intervals_are_drawn_over_clusters(asked: TestSet) -> None:
    """Both partners of a query are drawn together."""
    run = said(asked, {"p1": 0.5, "p2": 0.25})
    found = reliability_of(asked, run, seed=3)
    truths, names = [], []
    for query in sorted(asked.qrels):
        for partner, chance in (("p1", 0.5), ("p2", 0.25)):
            relevant = asked.qrels[query].get(partner, 0) > 0
            truths.append((chance - relevant) ** 2)
            names.append(query)
    low, high = clustered_interval(truths, names, rng=np.random.default_rng(3))
    assert (found.brier.low, found.brier.high) == pytest.approx((low, high))
    assert found.ece.low is not None
    assert found.ece.low >= 0
    assert found.ece.value <= found.ece.high


def test_where_there_is_too_little_nothing_is_said(write: Write, files: Files) -> None:
    """Three queries in two clusters; then many clusters with hardly a right answer."""
    few = load(write(files))
    scores = {query: {"p1": 1.0} for query in few.qrels}
    run = Run.of("mine", scores, chances={id: {"p1": 0.9} for id in scores})
    found = reliability_of(few, run)
    assert found.verdict == "few"
    assert all(one.low is None for one in found.bins)


def test_no_verdict_with_hardly_a_right_answer(asked: TestSet) -> None:
    found = reliability_of(asked, said(asked, {"p3": 0.9}))
    assert found.relevant == 0
    assert found.gap.low is not None
    assert found.verdict == "few"


def test_a_run_without_chances_has_no_calibration(asked: TestSet) -> None:
    run = Run.of("mine", {query: {"p1": 1.0} for query in asked.qrels})
    with pytest.raises(ValueError, match="no chance"):
        reliability_of(asked, run)
    assert report_on(asked, [run], ["RR"]).calibration == {}


def test_the_document_holds_calibration(asked: TestSet) -> None:
    report = report_on(asked, [said(asked, {"p1": 0.5, "p2": 0.25})], ["RR"])
    document = json.loads(json.dumps(report.as_json(), allow_nan=False))["calibration"]["mine"]
    assert document["pairs"] == 80
    assert set(document["ece"]) == {"value", "low", "high", "n"}
    assert set(document["bins"][0]) == {"chance", "share", "low", "high", "n", "clusters"}
    assert document["verdict"] == "even"


@pytest.mark.parametrize("chance", [-0.1, 1.1, float("nan")])
def test_a_chance_lies_between_0_and_1(chance: float) -> None:
    with pytest.raises(RunError, match="between 0 and 1"):
        Run.of("r", {"q": {"a": 1.0}}, chances={"q": {"a": chance}})


def test_a_chance_belongs_to_a_listed_pair() -> None:
    with pytest.raises(RunError, match="a pair with a score"):
        Run.of("r", {"q": {"a": 1.0}}, chances={"q": {"b": 0.5}})


def measured(pairs: list[tuple[float, bool]]) -> Reliability:
    chances, truths = (np.array(column, float) for column in zip(*pairs, strict=True))
    clusters = [str(row % 5) for row in range(len(pairs))]
    return module._measured(chances, truths, clusters, len(pairs), 0)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_the_parts_add_up_to_the_brier_score(pairs: list[tuple[float, bool]]) -> None:
    found = measured(pairs)
    parts = found.reliability - found.resolution + found.uncertainty + found.within
    assert found.brier.value == pytest.approx(parts)
    assert sum(one.n for one in found.bins) == len(pairs)
    assert 1 <= len(found.bins) <= module.MOST_BINS
    assert found.reliability >= 0
    assert found.resolution >= 0


def test_bins_are_of_like_size_and_equal_chances_stay_together() -> None:
    spread = measured([(row / 100, False) for row in range(100)])
    assert [one.n for one in spread.bins] == [10] * 10
    tied = measured([(0.1, False)] * 55 + [(0.2 + row / 100, False) for row in range(45)])
    assert tied.bins[0].n == 60
    assert sum(one.n for one in tied.bins) == 100
