"""Krippendorff's alpha against its author's worked examples, a plain reading, and by hand."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.agreement import (
    FEWEST_CLUSTERS,
    FEWEST_UNITS,
    LEVELS,
    Alpha,
    NoAlpha,
    agreement,
    alpha_of,
    coincidences,
    confusion,
    spread,
)


def table_of(*judges: str) -> dict[str, dict[str, int]]:
    """Read grades: a line for each judge, a digit for each unit, a dot where there is none."""
    return {
        str(unit): {str(j): int(line[unit]) for j, line in enumerate(judges) if line[unit] != "."}
        for unit in range(len(judges[0]))
    }


def alpha(table: dict[str, dict[str, int]], levels: int = LEVELS) -> float:
    found = np.sum([coincidences(grades, levels) for grades in table.values()], axis=0)
    return float(alpha_of(found[None])[0])


def plain(table: dict[str, dict[str, int]]) -> float:
    """Read the definition with loops: one minus observed over expected disagreement."""
    pairable = [list(grades.values()) for grades in table.values() if len(grades) > 1]
    values = [grade for grades in pairable for grade in grades]

    def distance(a: int, b: int) -> float:
        low, high = min(a, b), max(a, b)
        between = sum(low <= grade <= high for grade in values)
        return (between - (values.count(a) + values.count(b)) / 2) ** 2

    observed = sum(
        distance(a, b) / (len(grades) - 1)
        for grades in pairable
        for a, b in permutations(grades, 2)
    ) / len(values)
    expected = sum(distance(a, b) for a, b in permutations(values, 2))
    return 1 - observed / (expected / (len(values) * (len(values) - 1)))


def test_the_worked_examples_of_krippendorff_2011():
    """ "Computing Krippendorff's Alpha-Reliability": B (two grades) .095; C, ordinal, .815."""
    binary = table_of("0100000010", "1110010000")
    assert alpha(binary) == pytest.approx(0.095, abs=0.0005)
    missing = table_of("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
    assert alpha(missing, levels=6) == pytest.approx(0.815, abs=0.0005)


def test_an_example_by_hand():
    """Two judges: 0-0, 1-1, 1-2. Grades: two 0, three 1, one 2.

    The squared distance of 1 and 2 is (3 + 1 - 4/2)² = 4; of 0 and 1 (5 - 5/2)² = 6.25; of 0 and 2
    (6 - 3/2)² = 20.25. Observed: 2 · 4 = 8 of 6 grades; expected: 2 · (6 · 6.25 + 3 · 4 +
    2 · 20.25) = 180 of 6 · 5 pairs. Alpha = 1 - (8 / 6) / (180 / 30) = 1 - 2 / 9.
    """
    assert alpha(table_of("011", "012")) == pytest.approx(7 / 9)


def test_perfect_agreement_and_none_at_all():
    assert alpha(table_of("0123", "0123")) == 1.0
    assert alpha(table_of("0303", "3030")) < 0


grades = st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), max_size=3)
tables = st.dictionaries(st.integers(0, 40).map(str), grades, min_size=1, max_size=30)


@given(tables)
def test_it_is_what_the_definition_says(table):
    shared = [grade for one in table.values() if len(one) > 1 for grade in one.values()]
    if len(set(shared)) < 2:
        assert math.isnan(alpha(table))
    else:
        assert alpha(table) == pytest.approx(plain(table), abs=1e-9)


@given(tables)
def test_names_and_order_of_judges_do_not_matter(table):
    other = {unit: {f"x{j}": g for j, g in reversed(one.items())} for unit, one in table.items()}
    other = dict(reversed(other.items()))
    assert alpha(other) == pytest.approx(alpha(table), nan_ok=True)


@given(tables)
def test_a_unit_that_one_judge_has_graded_does_not_count(table):
    lonely = {**table, "lonely": {"a": 3}, "empty": {}}
    assert alpha(lonely) == pytest.approx(alpha(table), nan_ok=True)


def measured(table, clusters=None) -> Alpha | NoAlpha:
    clusters = clusters or {unit: unit for unit in table}
    return agreement(table, clusters, rng=np.random.default_rng(1))


def test_nothing_is_said_where_nothing_can_be():
    assert measured({}) == NoAlpha("nobody", 0, 0)
    assert measured({"a": {}}) == NoAlpha("nobody", 0, 0)
    assert measured(table_of("0123", "....")) == NoAlpha("one_judge", 0, 0)
    assert measured(table_of("0123", "0123")) == NoAlpha("too_few", 4, 8)
    assert measured(table_of("2" * 12, "2" * 12)) == NoAlpha("no_variance", 12, 24)


def test_the_interval_holds_the_value_and_is_the_same_again():
    rng = np.random.default_rng(0)
    first = rng.integers(0, 4, 200)
    second = np.clip(first + rng.integers(-1, 2, 200), 0, 3)
    table = table_of("".join(map(str, first)), "".join(map(str, second)))
    found = measured(table)
    assert isinstance(found, Alpha)
    assert found == measured(dict(reversed(table.items())))
    assert found.low < found.value < found.high
    assert (found.units, found.grades) == (200, 400)
    wide = measured(table, {unit: str(int(unit) // 20) for unit in table})
    assert wide.value == found.value


def test_too_few_clusters_have_a_value_and_no_interval():
    table = table_of("0123" * 5, "0122" * 5)
    few = measured(table, {unit: str(int(unit) % (FEWEST_CLUSTERS - 1)) for unit in table})
    assert not few.has_interval
    assert math.isnan(few.low)
    assert measured(table, {unit: str(int(unit) % FEWEST_CLUSTERS) for unit in table}).has_interval
    assert len(table) >= FEWEST_UNITS


@pytest.mark.parametrize(
    ("value", "low", "high", "verdict"),
    [
        (0.9, 0.85, 0.95, "reliable"),
        (0.85, 0.7, 0.95, "tentative"),
        (0.7, 0.5, 0.9, "unsure"),
        (0.4, 0.2, 0.6, "unreliable"),
        (0.9, math.nan, math.nan, "reliable"),
        (0.7, math.nan, math.nan, "tentative"),
        (0.1, math.nan, math.nan, "unreliable"),
    ],
)
def test_what_alpha_means(value, low, high, verdict):
    assert Alpha(value, low, high, 50, 100).verdict == verdict


def test_who_differs_from_whom():
    table = {"u": {"a": 0, "b": 3}, "v": {"a": 0, "b": 3}, "w": {"a": 2}, "x": {"a": 1, "b": 1}}
    counts = confusion(table, "a", "b")
    assert counts.sum() == 3
    assert (counts[0, 3], counts[1, 1]) == (2, 1)
    assert np.array_equal(confusion(table, "b", "a"), counts.T)
    assert spread({"a": 0, "b": 3}) == (3, 2.25)
    assert spread({"a": 1, "b": 1})[0] == 0
