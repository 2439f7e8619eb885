"""Tests calibration: bounds worked by hand, against isotonic regression, in simulation, on disk."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.calibration import drawn, study
from matcher import (
    LEAST,
    Amount,
    Calibration,
    CalibrationError,
    calibrate,
    read_calibration,
    write_calibration,
)
from matcher.calibration import lower_bounds, upper_bounds

DAY = date(2025, 6, 30)
Numbers = NDArray[np.float64]


def bounds(came: list[float], weight: list[float], added: float = 1.0) -> tuple[Any, Any]:
    given = np.array(came, np.float64), np.array(weight, np.float64)
    return lower_bounds(*given, added).tolist(), upper_bounds(*given, added).tolist()


def isotonic(came: Numbers, weight: Numbers, level: int, added: float, label: float) -> float:
    """Ask scikit-learn for the value at a level when weight with a label is added there."""
    from sklearn.isotonic import IsotonicRegression

    more = np.zeros(len(weight))
    more[level] = added
    held = weight + more > 0
    rate = (came + more * label)[held] / (weight + more)[held]
    fitted = IsotonicRegression().fit_transform(
        np.flatnonzero(held), rate, sample_weight=(weight + more)[held]
    )
    return float(fitted[np.flatnonzero(held) == level][0])


def test_bounds_of_one_pair() -> None:
    assert bounds([1], [1]) == ([0.5], [1.0])
    assert bounds([0], [1]) == ([0.0], [0.5])


def test_bounds_worked_by_hand() -> None:
    """Labels 0, 1, 0, 1 at four levels.

    A success added at the first level gives 1/2 there, then pools with nothing: the blocks are
    (0, +), (1, 0), (1), so 1/2. At the second: (0), (1, +, 0), (1), so 2/3. At the third the block
    (1, 0, +) has 2/3. At the fourth all above are 1. A failure is the mirror of it.
    """
    low, high = bounds([0, 1, 0, 1], [1, 1, 1, 1])
    assert high == pytest.approx([1 / 2, 2 / 3, 2 / 3, 1])
    assert low == pytest.approx([0, 1 / 3, 1 / 3, 1 / 2])


def test_bounds_of_weights() -> None:
    """Half a failure added to 4 pairs, one of which came to be, pools to 1 of 4.5."""
    low, high = bounds([1], [4], 0.5)
    assert low == pytest.approx([1 / 4.5])
    assert high == pytest.approx([1.5 / 4.5])


LEVELS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4)).map(lambda two: (min(two), max(two))),
    min_size=1,
    max_size=12,
).filter(lambda levels: any(weight for _, weight in levels))


@settings(max_examples=25, deadline=None)
@given(LEVELS, st.sampled_from([1.0, 0.25, 3.0]))
def test_bounds_are_those_of_isotonic_regression(
    levels: list[tuple[int, int]], added: float
) -> None:
    came, weight = (np.array(column, np.float64) for column in zip(*levels, strict=True))
    low, high = lower_bounds(came, weight, added), upper_bounds(came, weight, added)
    for level in range(len(levels)):
        assert low[level] == pytest.approx(isotonic(came, weight, level, added, 0.0), abs=1e-9)
        assert high[level] == pytest.approx(isotonic(came, weight, level, added, 1.0), abs=1e-9)


PAIRS = st.lists(
    st.tuples(st.integers(0, 1000).map(lambda n: n / 10), st.booleans(), st.integers(0, 5)),
    min_size=1,
    max_size=30,
)


@settings(max_examples=25, deadline=None)
@given(PAIRS)
def test_bounds_rise_with_the_score_and_enclose_what_scikit_learn_fits(
    pairs: list[tuple[float, bool, int]],
) -> None:
    scores, labels, clusters = zip(*pairs, strict=True)
    made = calibrate(scores, labels, [str(c) for c in clusters], population="x", until=DAY)
    asked = made.intervals(np.linspace(-10, 110, 121))
    assert (np.diff(asked, axis=0) >= 0).all()
    assert (asked[:, 0] <= asked[:, 1]).all()
    assert asked.min() >= 0
    assert asked.max() <= 1
    assert made.intervals([-10])[0, 0] == 0
    assert made.intervals([110])[0, 1] == 1


def test_pairs_without_clusters_are_each_their_own() -> None:
    scores, labels = [1.0, 2.0, 3.0, 4.0], [False, True, False, True]
    alone = calibrate(scores, labels, population="x", until=DAY)
    named = calibrate(scores, labels, list("abcd"), population="x", until=DAY)
    assert alone.intervals(scores).tolist() == named.intervals(scores).tolist()
    assert alone.amount == Amount(4, 2, 4)


def test_scores_are_compared_in_tenths_of_a_point() -> None:
    made = calibrate([10.0, 10.04, 20.0], [0, 1, 1], population="x", until=DAY)
    assert made.tenths.tolist() == [100, 200]
    assert made.interval(10.04) == made.interval(9.96) == made.interval(10.0)


def test_at_and_between_thresholds() -> None:
    """Between 10 and 20 the lower bound is that of 10, the upper one that of 20."""
    low, high = np.array([0.0, 0.1, 0.3]), np.array([0.2, 0.4, 1.0])
    made = Calibration("x", DAY, Amount(2, 1, 2), np.array([100, 200]), low, high)
    found = made.intervals([5.0, 10.0, 15.0, 20.0, 25.0]).tolist()
    assert found == [[0.0, 0.2], [0.1, 0.2], [0.1, 0.4], [0.3, 0.4], [0.3, 1.0]]


def test_a_cluster_counts_once_however_many_pairs_it_has() -> None:
    """One of two clusters came to be, though 99 of 100 pairs did; a mean pair weighs .02."""
    names = ["many"] * 99 + ["one"]
    labels = [1] * 99 + [0]
    made = calibrate([10.0] * 100, labels, names, population="x", until=DAY, resamples=0)
    assert made.interval(10.0) == pytest.approx((1 / 2.02, 1.02 / 2.02), abs=1e-4)


# What the bounds are worth, in simulation


def test_bounds_enclose_the_rate_of_later_pairs_and_the_true_rate() -> None:
    covered, (low, rate, high) = study(300, 1, 0.0, way="clusters")
    assert low <= rate <= high
    assert covered > 0.8


def test_bounds_that_know_of_clusters_hold_where_those_that_do_not_are_too_narrow() -> None:
    knowing, (low, rate, high) = study(80, 20, 1.5, way="clusters")
    naive, _ = study(80, 20, 1.5, way="independent")
    assert low <= rate <= high
    assert knowing > 0.8
    assert naive < 0.75


# How much is enough


def test_too_little_is_said_to_be_too_little() -> None:
    def of(pairs: int, positives: int, clusters: int) -> bool:
        scores = np.linspace(0, 90, pairs)
        names = [str(n % clusters) for n in range(pairs)]
        made = calibrate(scores, scores >= scores[-positives], names, population="x", until=DAY)
        assert made.amount == Amount(pairs, positives, clusters)
        return made.is_enough

    assert of(LEAST.pairs, LEAST.positives, LEAST.clusters)
    assert not of(LEAST.pairs - 1, LEAST.positives, LEAST.clusters)
    assert not of(LEAST.pairs, LEAST.positives - 1, LEAST.clusters)
    assert not of(LEAST.pairs, LEAST.positives, LEAST.clusters - 1)


@pytest.mark.parametrize(
    ("scores", "labels", "clusters"),
    [
        ([], [], None),
        ([1.0], [1, 0], None),
        ([1.0, 2.0], [1, 0], ["a"]),
        ([1.0, float("nan")], [1, 0], None),
        ([1.0, 100.1], [1, 0], None),
        ([-0.1, 1.0], [1, 0], None),
        ([1.0, 2.0], [1, 2], None),
    ],
)
def test_pairs_that_make_no_calibration_are_refused(
    scores: Any, labels: Any, clusters: Any
) -> None:
    with pytest.raises(CalibrationError):
        calibrate(scores, labels, clusters, population="x", until=DAY)


# On disk


def made() -> Any:
    scores, labels, cluster = drawn(np.random.default_rng(2), 60, 5, 1.0)
    return calibrate(scores, labels, [str(c) for c in cluster], population="우리", until=DAY)


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    assert read_calibration(tmp_path) is None
    one = made()
    write_calibration(one, tmp_path)
    other = read_calibration(tmp_path)
    assert other is not None
    asked = np.linspace(0, 100, 1_001)
    np.testing.assert_array_equal(one.intervals(asked), other.intervals(asked))
    assert (other.population, other.until, other.amount) == ("우리", DAY, one.amount)
    before = (tmp_path / "calibration.json").read_bytes()
    write_calibration(made(), tmp_path)
    assert (tmp_path / "calibration.json").read_bytes() == before


@pytest.mark.parametrize(
    "change",
    [
        {"low": [0.0]},
        {"tenths": [5, 5]},
        {"tenths": []},
        {"tenths": [1.5, 2.5]},
        {"tenths": ["a", "b"]},
        {"tenths": [-1, 5]},
        {"tenths": [5, 1001]},
        {"high": [0.5, 0.4, 1.0]},
        {"high": [0.1, 0.6, 1.0]},
        {"high": [0.5, float("nan"), 1.0]},
        {"high": [0.5, 0.5, 1.1]},
        {"low": [-0.1, 0.2, 0.3]},
        {"pairs": -1},
        {"pairs": True},
        {"population": ""},
        {"until": "some day"},
        {"until": None},
        {"more": 1},
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    good = {
        "population": "x",
        "until": "2025-06-30",
        "pairs": 2,
        "positives": 1,
        "clusters": 2,
        "tenths": [10, 20],
        "low": [0.0, 0.2, 0.3],
        "high": [0.5, 0.6, 1.0],
    }
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(good))
    assert read_calibration(tmp_path) is not None
    path.write_text(json.dumps(good | change))
    with pytest.raises(CalibrationError):
        read_calibration(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"population": "x"}', "\x00"])
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "calibration.json").write_text(text)
    with pytest.raises(CalibrationError):
        read_calibration(tmp_path)


def test_no_scikit_learn_is_needed_to_serve() -> None:
    import subprocess
    import sys

    said = "import sys, matcher; assert not {'sklearn', 'scipy', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", said], check=True)
