from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation import clustered_interval

VALUES = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from("abcdefgh")), min_size=2, max_size=40
).filter(lambda rows: len({cluster for _, cluster in rows}) > 1)


def interval(rows: list[tuple[float, str]], **options: float) -> tuple[float, float]:
    values, clusters = zip(*rows, strict=True)
    return clustered_interval(
        list(values),
        list(clusters),
        rng=np.random.default_rng(7),
        resamples=200,
        **options,
    )


@given(VALUES)
def test_bounds_lie_in_order_between_the_extremes(rows: list[tuple[float, str]]) -> None:
    low, high = interval(rows)
    values = [value for value, _ in rows]
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9


@given(VALUES, st.randoms(use_true_random=False))
def test_neither_order_nor_names_matter(rows: list[tuple[float, str]], random) -> None:
    mixed = list(rows)
    random.shuffle(mixed)
    assert interval(mixed) == interval(rows)
    assert interval([(value, f"x{name}") for value, name in rows]) == interval(rows)


@given(VALUES)
def test_a_wider_level_gives_a_wider_interval(rows: list[tuple[float, str]]) -> None:
    narrow, wide = interval(rows, level=0.5), interval(rows, level=0.99)
    assert wide[0] <= narrow[0] <= narrow[1] <= wide[1]


def test_equal_values_leave_no_doubt() -> None:
    rows = [(0.25, str(i % 5)) for i in range(20)]
    assert interval(rows) == pytest.approx((0.25, 0.25))


def test_clusters_and_not_values_are_resampled() -> None:
    """20 values in 2 clusters of equal values: each resample's mean is 0, 1/2 or 1."""
    values = [0.0] * 10 + [1.0] * 10
    clusters = ["a"] * 10 + ["b"] * 10
    bounds = clustered_interval(values, clusters, rng=np.random.default_rng(0))
    assert bounds == (0.0, 1.0)
    alone = clustered_interval(values, [str(i) for i in range(20)], rng=np.random.default_rng(0))
    assert 0.2 < alone[0] < alone[1] < 0.8


def test_a_large_cluster_weighs_by_its_values() -> None:
    """Clusters of 9 zeros and of 1 one: a resample of both has mean .1, as the sample has."""
    values = [0.0] * 9 + [1.0]
    clusters = ["a"] * 9 + ["b"]
    rng = np.random.default_rng(0)
    bounds = clustered_interval(values, clusters, rng=rng, level=0.4)
    assert bounds == pytest.approx((0.0, 0.1), abs=0.101)


def test_many_independent_values_are_bounded_as_the_normal_law_says() -> None:
    values = np.random.default_rng(2).random(400)
    names = [str(i) for i in range(400)]
    low, high = clustered_interval(values, names, rng=np.random.default_rng(3), resamples=20_000)
    margin = 1.96 * values.std() / 20
    assert low == pytest.approx(values.mean() - margin, abs=margin / 20)
    assert high == pytest.approx(values.mean() + margin, abs=margin / 20)


def test_coverage_of_independent_values_is_about_the_level() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(200):
        values = rng.random(60)
        low, high = clustered_interval(values, [str(i) for i in range(60)], rng=rng, resamples=300)
        hits += low <= 0.5 <= high
    assert 0.89 <= hits / 200 <= 0.99


def test_more_resamples_than_fit_in_memory_at_once_are_drawn_in_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = np.linspace(0, 1, 50)
    clusters = [str(i) for i in range(50)]
    whole = clustered_interval(values, clusters, rng=np.random.default_rng(3))
    monkeypatch.setattr("evaluation.bootstrap._CELLS", 120)
    parts = clustered_interval(values, clusters, rng=np.random.default_rng(3))
    assert parts == pytest.approx(whole)


def test_one_cluster_says_nothing_of_variation() -> None:
    low, high = clustered_interval([0.1, 0.9], ["a", "a"], rng=np.random.default_rng(0))
    assert math.isnan(low)
    assert math.isnan(high)


@pytest.mark.parametrize(
    ("values", "level"), [([math.nan, 1.0], 0.95), ([0.0, 1.0], 1.0), ([0.0], 0.95)]
)
def test_what_cannot_be_bounded_is_refused(values: list[float], level: float) -> None:
    with pytest.raises(ValueError, match=r"finite|values|level"):
        clustered_interval(values, ["a", "b"], rng=np.random.default_rng(0), level=level)
