"""Tests that contributions sum to the score exactly, and what a weights file may say."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from matcher import (
    FEATURE_NAMES,
    AdditiveRanker,
    ModelError,
    Shape,
    cold_start,
    load_ranker,
    score,
)
from matcher.additive import Doubles
from matcher.phrases import phrases
from matcher.ranker import TrainedOn, write_model

F = len(FEATURE_NAMES)
TEXT = files("matcher").joinpath("weights.toml").read_text(encoding="utf-8")
KNOWN = [name for name in FEATURE_NAMES if not name.endswith("_unknown")]
FEATURES = npst.arrays(
    np.float32,
    st.tuples(st.integers(1, 5), st.just(F)),
    elements=st.floats(-2, 2, width=32),
)


@settings(deadline=None, max_examples=300)
@given(FEATURES, st.randoms(use_true_random=False))
def test_contributions_sum_to_the_score_in_any_order(
    features: np.ndarray, order: random.Random
) -> None:
    points = load_ranker().contributions(features)
    for row, total in zip(points, score(points), strict=True):
        parts = json.loads(json.dumps([float(one) for one in row]))
        order.shuffle(parts)
        assert sum(parts) == float(total) == math.fsum(parts)
        assert 0 <= total <= 100
        assert min(parts) >= 0


@settings(deadline=None)
@given(FEATURES)
def test_a_score_does_not_depend_on_its_company(features: np.ndarray) -> None:
    ranker = load_ranker()
    together = ranker.contributions(features)
    for row, one in zip(together, features, strict=True):
        np.testing.assert_array_equal(row, ranker.contributions(one[None])[0])


def test_the_shape_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "weights.toml"
    path.write_text(weights({"text_is_is": "points = 8\nfloor = 0.25\nceiling = 0.75"}))
    column = FEATURE_NAMES.index("text_is_is")
    features = np.zeros((6, F), np.float32)
    features[:, column] = [-1, 0.25, 0.375, 0.5, 0.75, 1]
    points = load_ranker(path).contributions(features)
    assert points[:, column].tolist() == [0, 0, 2, 4, 8, 8]
    assert points.sum() == points[:, column].sum()


def weights(changed: dict[str, str] | None = None, leave_out: str = "") -> str:
    plain = "points = 0\nfloor = 0\nceiling = 1"
    given_ = {name: plain for name in KNOWN if name != leave_out} | (changed or {})
    tables = [f"[features.{name}]\n{body}" for name, body in given_.items()]
    return "\n".join(['name = "test"', *tables])


@pytest.mark.parametrize(
    "body",
    [
        "points = -1\nfloor = 0\nceiling = 1",
        "points = 101\nfloor = 0\nceiling = 1",
        "points = nan\nfloor = 0\nceiling = 1",
        "points = inf\nfloor = 0\nceiling = 1",
        "points = 1\nfloor = 1\nceiling = 1",
        "points = 1\nfloor = 0.6\nceiling = 0.5",
        "points = 1\nfloor = -0.1\nceiling = 1",
        "points = 1\nfloor = nan\nceiling = 1",
        "points = 1\nfloor = 0\nceiling = nan",
        "points = 1\nfloor = 0\nceiling = inf",
        'points = "1"\nfloor = 0\nceiling = 1',
        "points = true\nfloor = 0\nceiling = 1",
        "points = 1\nfloor = 0",
        "points = 1\nfloor = 0\nceiling = 1\nslope = 2",
        "",
    ],
)
def test_a_weight_that_breaks_a_rule_is_refused(tmp_path: Path, body: str) -> None:
    path = tmp_path / "weights.toml"
    path.write_text(weights({"sector_same": body}))
    with pytest.raises(ModelError, match="sector_same") as caught:
        load_ranker(path)
    assert caught.value.value == path


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (weights(leave_out="programme"), "programme"),
        (weights({"sector_unknown": "points = 1\nfloor = 0\nceiling = 1"}), "sector_unknown"),
        (weights({"charm": "points = 1\nfloor = 0\nceiling = 1"}), "charm"),
        ("name = ", "cannot be read"),
        ("", "name"),
        ('name = "x"', "features"),
        ('name = "x"\nfeatures = 3', "table"),
        ('name = "x"\nfeatures = ["programme"]', "table"),
        (
            'name = "x"\n[features]\n' + "\n".join(f"{name} = 3" for name in KNOWN),
            "needs points, floor and ceiling",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path: Path, text: str, rule: str) -> None:
    path = tmp_path / "weights.toml"
    path.write_text(text)
    with pytest.raises(ModelError, match=rule):
        load_ranker(path)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        load_ranker(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(ModelError, match="cannot be read"):
        load_ranker(tmp_path / "latin.toml")


def test_the_version_names_the_content(tmp_path: Path) -> None:
    path = tmp_path / "weights.toml"
    path.write_text(TEXT, encoding="utf-8")
    assert load_ranker(path).version == cold_start().version
    path.write_text(TEXT + "\n# a remark", encoding="utf-8")
    assert load_ranker(path).version != cold_start().version


@pytest.mark.parametrize("read", [load_ranker, cold_start])
def test_the_shipped_points_add_up_to_100(read: Callable[[], AdditiveRanker]) -> None:
    assert read().points.sum() == pytest.approx(100, abs=0.03)  # each is rounded down to 1/1024


SHAPES = {name: Shape((0.0, 1.0), (0.0, 1.0)) for name in KNOWN}
BENT = Shape((0.25, 0.5, 1.0), (0.0, 6.0, 8.0))
ON = TrainedOn("small", "2020-07-01", "0123", 3, 40)


def write(out: Path, shapes: dict[str, Shape], name: str = "test") -> Path:
    return write_model(shapes, out, name=name, encoder="words-64", trained_on=ON, prior="cold")


def at(ranker: AdditiveRanker, feature: str, values: list[float]) -> Doubles:
    column = FEATURE_NAMES.index(feature)
    features = np.zeros((len(values), F), np.float32)
    features[:, column] = values
    return ranker.contributions(features)[:, column]


def test_a_model_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = write(tmp_path, SHAPES | {"history": BENT})
    ranker = load_ranker(folder)
    assert ranker.version == folder.name
    assert folder.name.startswith("test-")
    assert ranker.shape("history") == BENT
    assert at(ranker, "history", [-1, 0, 0.25, 0.375, 0.5, 0.75, 1, 2]).tolist() == [
        0, 0, 0, 3, 6, 7, 8, 8,
    ]  # fmt: skip
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["features"] == list(FEATURE_NAMES)
    assert manifest["trained_on"] == {
        "dataset": "small", "cut": "2020-07-01", "digest": "0123", "queries": 3, "examples": 40,
    }  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_equal_models_have_equal_names_and_others_have_not(tmp_path: Path) -> None:
    first = write(tmp_path, SHAPES)
    assert write(tmp_path, SHAPES) == first
    assert write(tmp_path, SHAPES | {"history": BENT}) != first
    assert write(tmp_path / "elsewhere", SHAPES).name == first.name


@pytest.mark.parametrize("name", ["", "../x", "a/b", "Model", "x" * 61, ".hidden"])
def test_a_name_that_fits_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match="small letters"):
        write(tmp_path / "models", SHAPES, name)
    assert not (tmp_path / "models").exists()


def test_a_model_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError, match="cannot be written"):
        write(tmp_path / "file", SHAPES)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"version": "other-1"}, "named as its version"),
        ({"kind": "trees"}, "kind"),
        ({"features": ["charm", *FEATURE_NAMES]}, "charm"),
        ({"features": FEATURE_NAMES[1:]}, FEATURE_NAMES[0]),
        ({"features": 3}, "differ"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    tmp_path: Path, changed: dict[str, object], rule: str
) -> None:
    path = write(tmp_path, SHAPES) / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))
    with pytest.raises(ModelError, match=rule) as caught:
        load_ranker(path.parent)
    assert caught.value.value == path
    path.write_text("[]")
    with pytest.raises(ModelError, match="cannot be read"):
        load_ranker(path.parent)
    path.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        load_ranker(path.parent)


@pytest.mark.parametrize(
    "body",
    [
        "at = [0, 1]\npoints = [0, -1]",
        "at = [0, 1]\npoints = [1, 2]",
        "at = [0, 1]\npoints = [0, 101]",
        "at = [0, 1]\npoints = [0, 1, 2]",
        "at = [0, 0.5, 1]\npoints = [0, 2, 1]",
        "at = [0, 0.5, 0.5]\npoints = [0, 1, 2]",
        "at = [-0.1, 1]\npoints = [0, 1]",
        "at = [0, inf]\npoints = [0, 1]",
        "at = [0, nan]\npoints = [0, 1]",
        "at = []\npoints = []",
        "at = 0\npoints = 0",
        'at = [0, "1"]\npoints = [0, 1]',
        "at = [0, 1]",
        "at = [0, 1]\npoints = [0, 1]\nfloor = 0",
    ],
)
def test_a_bent_weight_that_breaks_a_rule_is_refused(tmp_path: Path, body: str) -> None:
    path = tmp_path / "weights.toml"
    path.write_text(weights({"sector_same": body}))
    with pytest.raises(ModelError, match="sector_same"):
        load_ranker(path)


def test_one_model_ships_with_what_it_was_trained_on() -> None:
    shipped = files("matcher").joinpath("models")
    found = [path for path in shipped.iterdir() if path.joinpath("manifest.json").is_file()]
    assert [path.name for path in found] == [load_ranker().version]
    manifest = json.loads(found[0].joinpath("manifest.json").read_text(encoding="utf-8"))
    assert manifest["prior"] == cold_start().version
    assert manifest["trained_on"]["queries"] > 100


def test_features_weights_and_phrases_agree() -> None:
    held = phrases()
    assert set(held["name"]) == set(held["reason"]) == set(KNOWN)
    assert set(held["unknown"]) == set(FEATURE_NAMES) - set(KNOWN)
    assert len(set(FEATURE_NAMES)) == F
    assert all(f"[features.{name}]" in TEXT for name in KNOWN)
