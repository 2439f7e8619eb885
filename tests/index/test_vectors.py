"""Holds the way between ids and rows to a brute-force model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import VectorIndex, vectors

IDS = [f"id{n}" for n in range(8)]
UNKNOWN = ["x", "y"]

# Small whole numbers: inner products are exact, and equal scores are frequent.
VECTOR = st.tuples(*[st.integers(-2, 2)] * 2)
SOME_IDS = st.lists(st.sampled_from([*IDS, *UNKNOWN]), unique=True)
PUT = st.tuples(st.just("put"), st.dictionaries(st.sampled_from(IDS), VECTOR))
REMOVE = st.tuples(st.just("remove"), SOME_IDS)
SEARCH = st.tuples(
    st.sampled_from(["search", "search_any"]),
    st.tuples(st.lists(VECTOR, min_size=1, max_size=3), st.integers(0, 10), st.none() | SOME_IDS),
)


def expected(
    held: dict[str, tuple[int, int]],
    query: tuple[int, int],
    k: int,
    among: list[str] | None,
) -> list[tuple[str, float]]:
    ids = held if among is None else held.keys() & set(among)
    scored = [(id, float(np.dot(held[id], query))) for id in ids]
    return sorted(scored, key=lambda pair: (-pair[1], pair[0]))[:k]


def best_of(lists: list[list[tuple[str, float]]], k: int) -> list[tuple[str, float]]:
    best: dict[str, float] = {}
    for id, score in (pair for found in lists for pair in found):
        best[id] = max(score, best.get(id, score))
    return sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))[:k]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.one_of(PUT, REMOVE, SEARCH), max_size=25), st.integers(1, 4))
def test_any_sequence_answers_as_brute_force_does(steps: list[Any], fewest_dead: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectors, "_FEWEST_DEAD_ROWS", fewest_dead)
        index, held = VectorIndex(2), dict[str, tuple[int, int]]()
        for step, given_ in steps:
            if step == "put":
                index.put(list(given_), np.array([*given_.values()], np.float32).reshape(-1, 2))
                held.update(given_)
            elif step == "remove":
                index.remove(given_)
                held = {id: vector for id, vector in held.items() if id not in given_}
            else:
                queries, k, among = given_
                array = np.array(queries, np.float32)
                if step == "search":
                    found = index.search(array, k, among=among)
                    assert found == [expected(held, query, k, among) for query in queries]
                else:
                    whole = [expected(held, query, len(held), among) for query in queries]
                    assert index.search_any(array, k, among=among) == best_of(whole, k)
            assert len(index) == len(held)
            assert set(index.ids) == set(held)
        np.testing.assert_array_equal(
            index.vectors([*held, "x"]), [*held.values(), (np.nan, np.nan)]
        )


def test_ties_at_the_cut_are_broken_by_id() -> None:
    ids = [f"{n:02d}" for n in range(50)]
    backwards = VectorIndex(2)
    backwards.put(ids[::-1], np.ones((50, 2), np.float32))
    best, any_ = np.ones((1, 2), np.float32), np.ones((3, 2), np.float32)
    assert [id for id, _ in backwards.search(best, 3)[0]] == ["00", "01", "02"]
    assert [id for id, _ in backwards.search_any(any_, 3)] == ["00", "01", "02"]


def test_a_zero_vector_gives_the_first_by_id() -> None:
    index = VectorIndex(2)
    index.put(["b", "c", "a"], np.eye(3, 2, dtype=np.float32))
    assert index.search(np.zeros((1, 2), np.float32), 2) == [[("a", 0.0), ("b", 0.0)]]


def test_an_id_twice_is_refused_and_changes_nothing() -> None:
    index = VectorIndex(2)
    with pytest.raises(ValueError, match="2 unique ids"):
        index.put(["a", "a"], np.ones((2, 2), np.float32))
    assert len(index) == 0


@pytest.mark.parametrize("shape", [(1, 3), (2, 2), (2,)])
def test_vectors_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"need vectors \(1, 2\)"):
        VectorIndex(2).put(["a"], np.ones(shape, np.float32))


def test_an_empty_index_answers_with_nothing() -> None:
    index = VectorIndex(2)
    assert index.search(np.ones((2, 2), np.float32), 5) == [[], []]
    assert index.search_any(np.ones((2, 2), np.float32), 5) == []
    assert index.search_any(np.empty((0, 2), np.float32), 5) == []
    assert index.vectors([]).shape == (0, 2)


def test_dead_rows_are_given_back() -> None:
    index = VectorIndex(1)
    for round in range(2_100):
        index.put(["a", "b"], np.array([[round], [-round]], np.float32))
    assert len(index._ids) <= 1_010
    assert index.search(np.ones((1, 1), np.float32), 2) == [[("a", 2_099.0), ("b", -2_099.0)]]
