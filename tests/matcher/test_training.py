"""Tests of the fit: near the prior where data is thin, never falling, and the same every time."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from matcher import FEATURE_NAMES, AdditiveRanker, Shape, cold_start, score
from matcher.additive import is_shape, known_features
from matcher.training import FIRST_WORDS, TrainingError, fit

COLUMN = {name: column for column, name in enumerate(FEATURE_NAMES)}
KNOWN = known_features()
TAUGHT = ("history", "lexical", "sector_same")


def made(queries: int = 60, pool: int = 20, seed: int = 1, share: float = 1.0) -> SimpleNamespace:
    """Queries of one cluster each, in which `history` tells what is right, and `lexical` the
    opposite; `sector_same` says nothing."""
    rng = np.random.default_rng(seed)
    n = queries * pool
    features = np.zeros((n, len(FEATURE_NAMES)), np.float32)
    for name in TAUGHT:
        features[:, COLUMN[name]] = rng.random(n)
    told = features[:, COLUMN["history"]] - share * features[:, COLUMN["lexical"]]
    relevance = np.zeros(n, np.int64)
    numbers = np.repeat(np.arange(queries), pool)
    for query in range(queries):
        rows = np.flatnonzero(numbers == query)
        noisy = told[rows] + 0.2 * rng.normal(size=pool)
        relevance[rows[np.argsort(-noisy)[:2]]] = 1
    return SimpleNamespace(
        features=features, relevance=relevance, queries=numbers, clusters=numbers.copy()
    )


def fitted(data: SimpleNamespace, **more: float) -> dict[str, Shape]:
    return fit(
        data.features, data.relevance, data.queries, data.clusters, prior=cold_start(), **more
    )


@pytest.fixture(scope="module")
def shapes() -> dict[str, Shape]:
    return fitted(made())


def test_shapes_begin_at_nothing_never_fall_and_add_up_to_100(shapes: dict[str, Shape]) -> None:
    assert set(shapes) == set(KNOWN)
    for shape in shapes.values():
        assert is_shape(shape.at, shape.points, 100)
    assert 99.9 < sum(shape.most for shape in shapes.values()) <= 100
    most = AdditiveRanker.of("x", shapes).contributions(np.full((1, len(FEATURE_NAMES)), 9.0))
    assert 99.9 < float(score(most)[0]) <= 100


def test_what_speaks_against_is_worth_nothing_instead_of_less(shapes: dict[str, Shape]) -> None:
    assert shapes["lexical"].most < 0.1
    assert shapes["history"].most > cold_start().shape("history").most


def test_what_the_data_says_nothing_about_keeps_its_worth(shapes: dict[str, Shape]) -> None:
    prior = cold_start()
    for name in set(KNOWN) - set(TAUGHT):
        assert shapes[name].most == pytest.approx(prior.shape(name).most, abs=0.01)
        assert shapes[name].at == prior.shape(name).at
    taught = sum(shapes[name].most for name in TAUGHT)
    assert taught == pytest.approx(sum(prior.shape(name).most for name in TAUGHT), abs=0.01)


def test_the_first_words_in_common_rise_in_one_line_from_where_they_tell_something() -> None:
    """On any list a heap of rare words has one in common with somebody."""
    data = made(share=-1)
    few = data.features[:, COLUMN["lexical"]] < 0.1
    data.relevance[few] = 1  # the fewest words in common tell most
    shape = fitted(data)["lexical"]
    begin, end = FIRST_WORDS
    assert shape.most > 0.5
    assert shape.at[0] == begin
    assert not [at for at in shape.at if begin < at < end]


def test_the_same_data_gives_the_same_model(shapes: dict[str, Shape]) -> None:
    assert fitted(made()) == shapes


def distance(one: dict[str, Shape]) -> float:
    values = np.linspace(0, 1, 21)
    prior = cold_start()
    return sum(
        float(np.abs(one[name].at_values(values) - prior.shape(name).at_values(values)).mean())
        for name in TAUGHT
    )


def test_thin_data_moves_little() -> None:
    few, many = fitted(made(queries=12)), fitted(made(queries=240))
    assert distance(few) < 0.7 * distance(many)


def test_a_hard_pull_gives_the_prior() -> None:
    assert distance(fitted(made(), pull=1e6)) < 0.2


def test_a_project_counts_once_however_many_of_its_startups_ask() -> None:
    """Startups of one project share text and labels: repeating one teaches nothing."""
    data = made()
    own = data.queries == 7
    again = SimpleNamespace(
        features=np.concatenate([data.features, *[data.features[own]] * 30]),
        relevance=np.concatenate([data.relevance, *[data.relevance[own]] * 30]),
        queries=np.concatenate([data.queries, *[np.full(own.sum(), 100 + k) for k in range(30)]]),
        clusters=np.concatenate([data.clusters, *[data.clusters[own]] * 30]),
    )
    once, repeated = fitted(data), fitted(again)
    again.clusters[len(data.clusters) :] = again.queries[len(data.clusters) :]
    assert apart(once, repeated) < 0.1 < 1 < apart(once, fitted(again))


def apart(one: dict[str, Shape], other: dict[str, Shape]) -> float:
    values = np.linspace(0, 1, 11)
    return max(
        float(np.abs(one[name].at_values(values) - other[name].at_values(values)).max())
        for name in TAUGHT
    )


def test_what_counts_nothing_teaches_nothing(shapes: dict[str, Shape]) -> None:
    data, other = made(), made(seed=5, share=-1)
    both = [
        np.concatenate([vars(data)[name], add + vars(other)[name]])
        for name, add in (("features", 0), ("relevance", 0), ("queries", 900), ("clusters", 900))
    ]
    counted = np.repeat([1.0, 0.0], len(data.queries))
    kept = fit(*both, prior=cold_start(), weights=counted)
    assert apart(kept, shapes) < 1 < apart(fit(*both, prior=cold_start()), shapes)


def test_queries_without_a_past_count_a_fifth() -> None:
    data, new = made(), made(seed=5, share=-1)
    new.features[:, COLUMN["history_unknown"]] = 1
    both = [
        np.concatenate([vars(data)[name], add + vars(new)[name]])
        for name, add in (("features", 0), ("relevance", 0), ("queries", 900), ("clusters", 900))
    ]
    counted = np.repeat([1.0, 0.2], len(data.queries))
    as_new = fit(*both, prior=cold_start())
    both[0][:, COLUMN["history_unknown"]] = 0
    assert apart(as_new, fit(*both, prior=cold_start(), weights=counted)) < 0.01


def test_queries_without_anything_right_teach_nothing(shapes: dict[str, Shape]) -> None:
    data, more = made(), made(seed=9)
    more.relevance[:] = 0
    both = SimpleNamespace(
        features=np.concatenate([data.features, more.features]),
        relevance=np.concatenate([data.relevance, more.relevance]),
        queries=np.concatenate([data.queries, 1000 + more.queries]),
        clusters=np.concatenate([data.clusters, 1000 + more.clusters]),
    )
    assert fitted(both) == shapes


def test_too_few_projects_teach_nothing_and_that_is_said() -> None:
    data = made(queries=30)
    data.clusters[:] = data.clusters % 9
    with pytest.raises(TrainingError, match="at least 10") as caught:
        fitted(data)
    assert "9 such contexts" in str(caught.value.value)
    with pytest.raises(TrainingError):
        fitted(SimpleNamespace(**{name: part[:0] for name, part in vars(data).items()}))


def test_features_that_never_vary_leave_the_prior_as_it_is() -> None:
    data = made()
    data.features[:] = 0.5
    prior = cold_start()
    assert {name: shape.most for name, shape in fitted(data).items()} == pytest.approx({
        name: prior.shape(name).most for name in KNOWN
    })


VALUES = npst.arrays(np.float32, len(FEATURE_NAMES), elements=st.floats(-1, 1, width=32))


@settings(deadline=None)
@given(VALUES, st.sampled_from(KNOWN), st.floats(0, 2, width=32))
def test_more_of_anything_that_is_known_never_lowers_a_score(
    values: np.ndarray, name: str, more: float
) -> None:
    for ranker in (RANKER, cold_start()):
        better = values.copy()
        better[COLUMN[name]] += more
        before, after = (score(ranker.contributions(one[None]))[0] for one in (values, better))
        assert after >= before


@settings(deadline=None)
@given(VALUES, npst.arrays(np.bool_, len(FEATURE_NAMES)))
def test_a_value_that_is_missing_or_marked_unknown_never_earns(
    values: np.ndarray, missing: np.ndarray
) -> None:
    flags = np.array([name.endswith("_unknown") for name in FEATURE_NAMES])
    for ranker in (RANKER, cold_start()):
        points = ranker.contributions(values[None])[0]
        assert (points[flags] == 0).all()
        less = np.where(missing, flags, values).astype(np.float32)
        gone = ranker.contributions(less[None])[0]
        assert (gone[missing] == 0).all()
        assert gone.sum() <= points.sum()


RANKER = AdditiveRanker.of("trained", fitted(made(share=0.3)))
