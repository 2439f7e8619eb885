from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation import MeasureError, Run, RunError, depth_of, evaluate


def value(table: pl.DataFrame, query: str, measure: str) -> float:
    row = table.filter((pl.col("query") == query) & (pl.col("measure") == measure))
    return float(row["value"].item())


def test_values_computed_by_hand() -> None:
    qrels = {"q": {"a": 1, "b": 0, "c": 3, "z": 1}}
    run = Run.of("r", {"q": {"b": 9.0, "a": 8.0, "x": 7.0, "c": 6.0}})
    table = evaluate(qrels, run)
    assert value(table, "q", "P@5") == pytest.approx(2 / 5)
    assert value(table, "q", "P@10") == pytest.approx(2 / 10)
    assert value(table, "q", "R@50") == pytest.approx(2 / 3)
    assert value(table, "q", "RR") == pytest.approx(1 / 2)
    gained = 1 / math.log2(3) + 3 / math.log2(5)
    ideal = 3 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert value(table, "q", "nDCG@10") == pytest.approx(gained / ideal)


def test_two_names_of_one_measure_have_one_value() -> None:
    run = Run.of("r", {"q": {"b": 2.0, "a": 1.0}})
    table = evaluate({"q": {"a": 1}}, run, ["RR", "MRR", "P@5", "Precision@5"])
    assert table["value"].to_list() == pytest.approx([0.5, 0.5, 0.2, 0.2])


def test_precision_divides_by_k_however_short_the_list() -> None:
    table = evaluate({"q": {"a": 1}}, Run.of("r", {"q": {"a": 1.0}}), ["P@5", "P@10"])
    assert table["value"].to_list() == pytest.approx([0.2, 0.1])


def test_queries_that_the_run_lacks_or_answers_with_nothing_score_0() -> None:
    qrels = {"q1": {"a": 1}, "q2": {"a": 1}, "q3": {"a": 1}}
    table = evaluate(qrels, Run.of("r", {"q1": {"a": 1.0}, "q3": {}}), ["RR"])
    assert table.rows() == [("q1", "RR", 1.0), ("q2", "RR", 0.0), ("q3", "RR", 0.0)]


def test_a_query_without_a_relevant_partner_counts_as_0() -> None:
    qrels = {"q1": {"a": 1}, "q2": {"a": 0}, "q3": {}}
    run = Run.of("r", {query: {"a": 1.0} for query in qrels})
    table = evaluate(qrels, run, ["RR", "R@50", "P@5"])
    assert value(table, "q2", "R@50") == 0.0
    assert value(table, "q3", "RR") == 0.0
    assert table.height == 9


def test_an_empty_run_scores_0() -> None:
    assert evaluate({"q": {"a": 1}}, Run.of("r", {}))["value"].to_list() == [0.0] * 6


def test_equal_scores_are_ordered_by_id_ascending() -> None:
    run = Run.of("r", {"q": {"b": 1.0, "a": 1.0, "c": 2.0}})
    assert run.ids("q") == ("c", "a", "b")
    table = evaluate({"q": {"a": 1}}, run, ["RR"])
    assert table["value"].to_list() == [0.5]


@given(
    st.dictionaries(
        st.text("abcdef", min_size=1, max_size=3), st.sampled_from([0.0, 0.5, 1.0]), min_size=1
    ),
    st.data(),
)
def test_reciprocal_rank_is_that_of_score_then_id(
    scores: dict[str, float], data: st.DataObject
) -> None:
    wanted = data.draw(st.sampled_from(sorted(scores)))
    before = sum((-s, id) < (-scores[wanted], wanted) for id, s in scores.items())
    table = evaluate({"q": {wanted: 1}}, Run.of("r", {"q": scores}), ["RR"])
    assert table["value"].item() == pytest.approx(1 / (1 + before))


def test_a_run_of_another_test_set_is_refused() -> None:
    with pytest.raises(RunError, match="1 queries that the test set does not ask"):
        evaluate({"q": {"a": 1}}, Run.of("r", {"other": {"a": 1.0}}))


def test_a_score_that_is_no_number_is_refused() -> None:
    with pytest.raises(RunError, match="must be a number"):
        Run.of("r", {"q": {"a": math.nan}})


@pytest.mark.parametrize("name", ["Q@5", "P@", "", "P@five", "nonsense", "__import__('os')"])
def test_an_unknown_measure_is_refused_by_name(name: str) -> None:
    with pytest.raises(MeasureError) as raised:
        evaluate({"q": {"a": 1}}, Run.of("r", {}), [name])
    assert raised.value.value == name


def test_graded_relevance_and_judged_share_are_available() -> None:
    run = Run.of("r", {"q": {"a": 3.0, "b": 2.0}})
    table = evaluate({"q": {"a": 1, "c": 2}}, run, ["P(rel=2)@5", "Judged@2"])
    assert table["value"].to_list() == pytest.approx([0.0, 0.5])


def test_runs_are_as_deep_as_the_deepest_measure() -> None:
    assert depth_of(["P@5", "RR"]) == 100
    assert depth_of(["R@500", "P@5"]) == 500
    with pytest.raises(MeasureError, match="first 1,000 partners") as raised:
        depth_of(["P@5", "R@1001"])
    assert raised.value.value == "R@1001"
