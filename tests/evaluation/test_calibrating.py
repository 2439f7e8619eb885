"""A ranker is calibrated on lists as they are served, and speaks for its own population alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from evaluation import load
from evaluation.calibrating import calibration_of
from evaluation.system import dari_run
from index import Encoder
from matcher import CalibrationError, load_ranker

Files = dict[str, Any]
Write = Callable[[Files], Path]


def test_the_pairs_are_those_of_the_lists(
    write: Write, files: Files, word_encoder: Encoder
) -> None:
    """q1 lists 3 candidates, q2 and q3 all 4; one of each is right; q2 and q3 are one cluster."""
    window = load(write(files))
    made = calibration_of(window, word_encoder, load_ranker())
    assert (made.amount.pairs, made.amount.positives, made.amount.clusters) == (11, 3, 2)
    assert (made.population, made.until) == ("made up", date(2020, 9, 1))
    assert not made.is_enough
    run = dari_run(window, word_encoder, depth=50)
    scores = {round(score * 10) for ranking in run.rankings.values() for _, score in ranking}
    assert made.tenths.tolist() == sorted(scores)


def test_the_same_window_gives_the_same_calibration(
    write: Write, files: Files, word_encoder: Encoder
) -> None:
    window = load(write(files))
    one, other = (calibration_of(window, word_encoder, load_ranker()) for _ in range(2))
    assert one.low.tolist() == other.low.tolist()
    assert one.high.tolist() == other.high.tolist()


def test_a_window_without_a_list_is_refused(
    write: Write, files: Files, word_encoder: Encoder
) -> None:
    window = replace(load(write(files)), queries=())
    with pytest.raises(CalibrationError):
        calibration_of(window, word_encoder, load_ranker())


def test_a_population_is_named_by_its_source(write: Write, files: Files) -> None:
    assert load(write(files)).population == "made up"
    del files["dataset.json"]["source"]
    assert load(write(files)).population == "small"
