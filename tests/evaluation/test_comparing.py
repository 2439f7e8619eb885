"""Two runs compared: chance, correction, slices and what moved."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation import (
    FEWEST_CLUSTERS,
    Run,
    clustered_interval,
    clustered_intervals,
    compare_runs,
    holm,
    load,
    paired,
    randomisation_test,
    slices_of,
)

Files = dict[str, Any]
Write = Callable[[Files], Path]


def chance(differences: list[float], clusters: list[str], rounds: int = 10_000) -> float:
    column = np.array(differences)[:, None]
    rng = np.random.default_rng(3)
    return float(randomisation_test(column, clusters, rng=rng, rounds=rounds)[0])


def test_few_clusters_are_tried_in_all_their_signs() -> None:
    """Sums 3, 1, 1: |±3 ±1 ±1| >= 5 for 2 of 8 signs."""
    assert chance([2.0, 1.0, 1.0, 1.0], ["a", "a", "b", "c"]) == 2 / 8


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=8))
def test_the_exact_test_is_that_of_all_signs(values: list[int]) -> None:
    reached = [
        abs(sum(s * v for s, v in zip(signs, values, strict=True))) >= abs(sum(values))
        for signs in itertools.product((1, -1), repeat=len(values))
    ]
    names = [str(i) for i in range(len(values))]
    assert chance([float(v) for v in values], names) == pytest.approx(np.mean(reached))


def test_drawn_signs_come_near_all_signs() -> None:
    values = np.random.default_rng(1).normal(0.4, 1, 12).tolist()
    names = [str(i) for i in range(12)]
    assert chance(values, names, rounds=4_000) == pytest.approx(
        chance(values, names, rounds=4_096), abs=0.03
    )


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e6])
def test_a_chance_is_never_0_and_does_not_depend_on_the_unit(size: float) -> None:
    """All of one sign: what was observed is reached by it and by its opposite alone."""
    rng = np.random.default_rng(0)
    for _ in range(30):
        values = size * np.abs(rng.normal(size=12))
        assert chance(values.tolist(), [str(i) for i in range(12)]) == 2 / 2**12


def test_signs_drawn_in_parts_are_those_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(1).normal(0.2, 1, 40).tolist()
    names = [str(i) for i in range(40)]
    at_once = chance(values, names)
    monkeypatch.setattr(paired, "_CELLS", 40 * 999)
    assert chance(values, names) == at_once


def test_equal_runs_are_not_told_apart_and_distant_ones_are() -> None:
    names = [str(i) for i in range(40)]
    assert chance([0.0] * 40, names) == 1.0
    assert chance([0.5] * 40, names) == pytest.approx(1 / 10_001)


def test_queries_of_one_cluster_are_one_observation() -> None:
    alone = chance([0.5] * 40, [str(i) for i in range(40)])
    together = chance([0.5] * 40, [str(i % 4) for i in range(40)])
    assert together == 2 / 16
    assert alone < 0.001


def test_under_no_difference_small_p_values_are_rare() -> None:
    rng = np.random.default_rng(8)
    values = rng.normal(0, 1, size=(30, 400))
    found = randomisation_test(values, [str(i) for i in range(30)], rng=rng, rounds=999)
    assert 0.02 <= (found <= 0.05).mean() <= 0.08


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_many_intervals_at_once_are_those_of_each_alone() -> None:
    rng = np.random.default_rng(5)
    values = rng.random((50, 3))
    names = [str(i % 13) for i in range(50)]
    at_once = clustered_intervals(values, names, rng=np.random.default_rng(1))
    for column in range(3):
        alone = clustered_interval(values[:, column], names, rng=np.random.default_rng(1))
        assert at_once[column] == pytest.approx(alone)


def test_a_ratio_is_bounded_by_its_own_weights() -> None:
    """Each cluster has ratio 1/2, however large it is."""
    weights = np.array([[2.0], [4.0], [0.0], [8.0]])
    bounds = clustered_intervals(weights / 2, list("abcd"), weights, rng=np.random.default_rng(0))
    assert bounds[0] == pytest.approx([0.5, 0.5])


def crowd(files: Files, count: int = 24) -> Files:
    """Add queries n0, n1, ... of one cluster each, whose right answer is p1."""
    asked = {"startup": "s1", "date": "2020-08-01", "track": "health", "sectors": ["ai"]}
    files["queries.jsonl"] += [{**asked, "id": f"n{i}", "cluster": f"n{i}"} for i in range(count)]
    files["qrels.txt"] += [f"n{i} 0 p1 1" for i in range(count)]
    return files


def runs(count: int = 24) -> tuple[Run, Run]:
    """The first has p1 on top for all but n0, the second in the third place."""
    good = {f"n{i}": {"p1": 9.0, "p2": 8.0, "p3": 7.0} for i in range(1, count)}
    poor = {f"n{i}": {"p1": 7.0, "p2": 9.0, "p3": 8.0} for i in range(1, count)}
    return (
        Run.of("good", {**good, "q1": {"p3": 1.0}}),
        Run.of("poor", {**poor, "q1": {"p2": 1.0}, "n0": {"p1": 1.0}}),
    )


def test_the_comparison_says_how_much_and_how_sure(write: Write, files: Files) -> None:
    read = load(write(crowd(files)))
    found = compare_runs(read, *runs(), ["RR", "P@5"])
    assert (found.first, found.second, found.primary) == ("good", "poor", "RR")
    gap = found.measures["RR"]
    assert gap.value == pytest.approx((23 * 2 / 3 - 1 - 1) / 27)
    assert gap.n == 27
    assert gap.verdict == "ahead"
    assert gap.p is not None
    assert gap.holm == pytest.approx(2 * gap.p)
    assert gap.low is not None
    assert 0 < gap.low < gap.value
    turned = compare_runs(read, *reversed(runs()), ["RR", "P@5"]).measures["RR"]
    assert (turned.value, turned.p, turned.verdict) == (pytest.approx(-gap.value), gap.p, "behind")


def test_a_slice_of_few_clusters_has_no_verdict(write: Write, files: Files) -> None:
    read = load(write(crowd(files)))
    slices = compare_runs(read, *runs(), ["RR"]).slices
    few = slices["track"]["sea"]
    assert (few.n, few.clusters, few.p, few.holm, few.verdict) == (2, 1, None, None, "few")
    many = slices["track"]["health"]
    assert many.clusters >= FEWEST_CLUSTERS
    assert many.verdict == "ahead"
    assert compare_runs(read, runs()[0], runs()[0]).measures["RR"].verdict == "even"


def test_what_moved_most_is_named_with_its_ranks(write: Write, files: Files) -> None:
    found = compare_runs(load(write(crowd(files))), *runs(), ["RR"])
    assert [one.query for one in found.queries][-2:] == ["n0", "q1"]
    pairs = {(one.query, one.candidate): one for one in found.pairs}
    assert (pairs["n1", "p1"].first, pairs["n1", "p1"].second) == (1, 3)
    assert (pairs["n0", "p1"].first, pairs["n0", "p1"].second) == (None, 1)
    assert pairs["q1", "p2"].relevance == 2
    assert len(found.pairs) == 10 + 2


def test_the_document_is_json_and_the_same_again(write: Write, files: Files) -> None:
    read = load(write(crowd(files)))
    documents = [
        json.dumps(compare_runs(read, *runs(), seed=5).as_json(), allow_nan=False) for _ in range(2)
    ]
    assert documents[0] == documents[1]


def test_slices_group_by_what_is_known(write: Write, files: Files) -> None:
    files["queries.jsonl"][0] |= {"sectors": ["medical_imaging", "ai"], "region": "KR-27"}
    files["queries.jsonl"][1] |= {"region": "US-CA", "seeking": {"ko": "항만"}}
    found = slices_of(load(write(files)))
    assert found["track"] == {"health": {"q1"}, "sea": {"q2", "q3"}}
    assert found["region"] == {"KR-27": {"q1"}, "US": {"q2"}, "unknown": {"q3"}}
    assert found["language"] == {"en": {"q1"}, "ko": {"q2"}, "en+ko": {"q3"}}
    assert found["past"] == {"cold": {"q1", "q3"}, "known": {"q2"}}
    assert found["profile"] == {"middle": {"q1"}, "sparse": {"q2", "q3"}}
    assert sum("q1" in ids for ids in found["sector"].values()) == 2
    assert found["sector"]["unknown"] == {"q2", "q3"}


def test_of_a_candidate_in_one_cluster_the_pair_that_moved_most_is_told(
    write: Write, files: Files
) -> None:
    """q2 and q3 are of one cluster and share the right answer p1; q2 moved from nowhere to 1."""
    first = Run.of("a", {"q2": {"p1": 3.0}, "q3": {"p2": 3.0, "p1": 2.0}})
    found = compare_runs(load(write(files)), first, Run.of("b", {}))
    assert [(one.query, one.candidate) for one in found.pairs] == [("q2", "p1")]
    assert found.pairs[0].asker.in_("en") == "Keel"
