"""Pooling: what is judged, and in which order a judge sees it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evaluation import Run, generator_of, pool, shuffled

A = Run.of("a", {"q": {"x": 3.0, "y": 2.0, "z": 1.0}, "r": {"z": 1.0}, "other": {"x": 1.0}})
B = Run.of("b", {"q": {"y": 9.0, "w": 9.0, "x": 1.0}})


def test_a_pool_is_the_union_of_the_first_places():
    assert pool([A, B], 2, queries=["q", "r", "unknown"]) == {
        ("q", "w"): {"b": 1},
        ("q", "x"): {"a": 1},
        ("q", "y"): {"a": 2, "b": 2},
        ("r", "z"): {"a": 1},
    }
    assert pool([], 5, queries=["q"]) == {}


runs = st.dictionaries(
    st.sampled_from("qrs"),
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 3).map(float)),
)


@given(st.lists(runs, max_size=4), st.integers(1, 8))
def test_each_first_place_and_nothing_else_is_pooled(found, depth):
    named = [Run.of(str(number), scores) for number, scores in enumerate(found)]
    pairs = pool(named, depth, queries="qrs")
    wanted = {(q, id) for run in named for q in "qrs" for id in run.ids(q)[:depth]}
    assert set(pairs) == wanted
    assert [*pairs] == sorted(pairs)
    for (query, id), ranks in pairs.items():
        for name, rank in ranks.items():
            assert named[int(name)].ids(query)[rank - 1] == id


PAIRS = [(q, c) for q in "qrstu" for c in "abcdefghij"]


def test_each_judge_has_an_order_of_their_own_that_stays():
    kim = shuffled(PAIRS, rng=generator_of("round", "Kim"))
    assert kim == shuffled(PAIRS[::-1], rng=generator_of("round", "Kim"))
    assert sorted(kim) == PAIRS
    assert kim != shuffled(PAIRS, rng=generator_of("round", "Lee"))
    assert kim != shuffled(PAIRS, rng=generator_of("another", "Kim"))
    assert kim != PAIRS


def test_the_pairs_of_one_startup_follow_one_another():
    order = [query for query, _ in shuffled(PAIRS, rng=generator_of("round", "Kim"))]
    assert len({*order}) == 5
    assert sum(one != other for one, other in pairwise(order)) == 4


def test_no_place_is_likelier_than_another():
    places = np.zeros(10)
    for judge in range(400):
        order = shuffled([("q", c) for c in "abcdefghij"], rng=generator_of("r", str(judge)))
        places[order.index(("q", "a"))] += 1
    assert places.min() > 15
    assert places.max() < 70
