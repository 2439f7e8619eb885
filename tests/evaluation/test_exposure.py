"""Who is seen, how evenly, and from where, worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation import Run, exposure_of, load
from evaluation.exposure import gini

Files = dict[str, Any]
Write = Callable[[Files], Path]


def test_gini_by_hand() -> None:
    assert gini(np.array([1.0, 1.0, 1.0, 1.0])) == pytest.approx(0.0)
    assert gini(np.array([0.0, 0.0, 0.0, 8.0])) == pytest.approx(3 / 4)
    assert gini(np.array([3.0, 1.0])) == pytest.approx(0.25)
    assert gini(np.array([0.0, 0.0])) == 0.0
    assert gini(np.array([])) == 0.0


def test_attention_falls_with_the_rank_and_is_one_for_a_query(write: Write, files: Files) -> None:
    """p1 is in Seoul, p2 in Daegu, p4 abroad; p3 has no region."""
    files["partners.jsonl"][0]["region"] = "KR-11"
    files["partners.jsonl"][3]["region"] = "US-CA"
    run = Run.of("r", {"q1": {"p1": 2.0, "p2": 1.0}, "q2": {"p1": 1.0}})
    found = exposure_of(load(write(files)), run)
    second = (1 / math.log2(3)) / (1 + 1 / math.log2(3))
    assert found.candidates == 4
    assert found.coverage == 2 / 4
    assert found.regions["KR-11"].exposure == pytest.approx((2 - second) / 2)
    assert found.regions["KR-27"].exposure == pytest.approx(second / 2)
    assert found.regions["US"].exposure == 0.0
    assert found.regions["KR-11"].fair == pytest.approx((1 / 3 + 1 / 4) / 2)
    assert found.regions["unknown"].n == 1
    assert found.capital["capital"].exposure == pytest.approx((2 - second) / 2)
    assert found.capital["capital"].fair == pytest.approx(0.5)
    assert found.gini == pytest.approx(gini(np.array([2 - second, second, 0, 0])))
    assert found.curve[0].tolist() == [0.0, 0.0]
    assert found.curve[-1] == pytest.approx([1.0, 1.0])


def test_only_ten_places_are_seen(write: Write, files: Files) -> None:
    files["partners.jsonl"] += [{"id": f"x{i:02}", "name": f"X{i}"} for i in range(20)]
    run = Run.of("r", {"q2": {f"x{i:02}": -float(i) for i in range(20)}})
    found = exposure_of(load(write(files)), run)
    assert found.coverage == pytest.approx(10 / 24)


def test_capital_is_left_out_where_nobody_is_in_korea(write: Write, files: Files) -> None:
    del files["partners.jsonl"][1]["region"]
    found = exposure_of(load(write(files)), Run.of("r", {"q1": {"p1": 1.0}}))
    assert found.capital == {}
    assert list(found.regions) == ["unknown"]


def test_shares_have_intervals_over_clusters(write: Write, files: Files) -> None:
    asked = {"startup": "s1", "date": "2020-08-01"}
    files["queries.jsonl"] += [{**asked, "id": f"n{i}", "cluster": f"n{i}"} for i in range(20)]
    files["qrels.txt"] += [f"n{i} 0 p1 1" for i in range(20)]
    scores = {f"n{i}": {"p2" if i % 2 else "p1": 1.0} for i in range(20)}
    share = exposure_of(load(write(files)), Run.of("r", scores)).regions["KR-27"]
    assert share.exposure == 0.5
    assert share.low is not None
    assert share.high is not None
    assert 0.2 < share.low < 0.5 < share.high < 0.8


def test_a_run_that_lists_nobody_shows_nobody(write: Write, files: Files) -> None:
    found = exposure_of(load(write(files)), Run.of("r", {}))
    assert (found.coverage, found.gini, found.regions) == (0.0, 0.0, {})
