"""Holds every vector backend to the protocol: a further one is one line in BACKENDS."""

from __future__ import annotations

import numpy as np
import pytest

from index.backend import ExactBackend, VectorBackend

BACKENDS = [ExactBackend]

FOUR = np.array([[1, 0], [0, 1], [3, 4], [-2, 0]], dtype=np.float32)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> VectorBackend:
    made: VectorBackend = request.param(2)
    made.add(FOUR)
    return made


def search(
    backend: VectorBackend, query: list[float], k: int, rows: list[int]
) -> list[tuple[int, float]]:
    scores, found = backend.search(np.array([query], np.float32), k, np.array(rows, np.int64))
    assert scores.shape == found.shape
    assert scores.shape[0] == 1
    return [(int(r), float(s)) for r, s in zip(found[0], scores[0], strict=True) if r >= 0]


def test_finds_the_best_by_inner_product_first(backend: VectorBackend) -> None:
    assert search(backend, [1, 0], 4, [0, 1, 2, 3]) == [(2, 3.0), (0, 1.0), (1, 0.0), (3, -2.0)]


def test_gives_at_most_k(backend: VectorBackend) -> None:
    assert search(backend, [0, 1], 2, [0, 1, 2, 3]) == [(2, 4.0), (1, 1.0)]


@pytest.mark.parametrize(("rows", "best"), [([3], 3), ([0, 3], 0), ([1, 3], 1), ([0, 1, 3], 0)])
def test_searches_among_the_given_rows_only(
    backend: VectorBackend, rows: list[int], best: int
) -> None:
    found = search(backend, [1, 0], 10, rows)
    assert sorted(row for row, _ in found) == rows
    assert found[0][0] == best


def test_finds_every_row_among_many_that_a_filter_leaves(backend: VectorBackend) -> None:
    rng = np.random.default_rng(7)
    backend.add(rng.standard_normal((500, 2)).astype(np.float32))
    worst = np.argsort(backend.vectors(np.arange(504)) @ np.array([1, 0], np.float32))[:5]
    found = search(backend, [1, 0], 5, sorted(worst.tolist()))
    assert {row for row, _ in found} == set(worst.tolist())


@pytest.mark.parametrize(("k", "rows"), [(0, [0, 1]), (3, []), (0, [])])
def test_gives_nothing_for_no_k_or_no_rows(backend: VectorBackend, k: int, rows: list[int]) -> None:
    assert search(backend, [1, 0], k, rows) == []


def test_answers_several_queries_at_once(backend: VectorBackend) -> None:
    queries = np.array([[1, 0], [0, 1], [-1, 0]], np.float32)
    _, found = backend.search(queries, 1, np.arange(4))
    assert found[:, 0].tolist() == [2, 2, 3]


def test_answers_no_query(backend: VectorBackend) -> None:
    scores, found = backend.search(np.empty((0, 2), np.float32), 3, np.arange(4))
    assert len(scores) == len(found) == 0


def test_numbers_rows_on_from_the_last(backend: VectorBackend) -> None:
    backend.add(np.array([[9, 9]], np.float32))
    assert len(backend) == 5
    assert search(backend, [1, 1], 1, [0, 1, 2, 3, 4]) == [(4, 18.0)]


def test_gives_vectors_back_in_the_order_asked(backend: VectorBackend) -> None:
    np.testing.assert_array_equal(backend.vectors(np.array([2, 0, 2])), FOUR[[2, 0, 2]])
    assert backend.vectors(np.array([], np.int64)).shape == (0, 2)


@pytest.mark.parametrize("make", BACKENDS)
def test_is_empty_at_first(make: type[VectorBackend]) -> None:
    empty = make(3)
    assert len(empty) == 0
    _, found = empty.search(np.ones((1, 3), np.float32), 5, np.array([], np.int64))
    assert found.size == 0


def test_reads_vectors_that_are_not_contiguous(backend: VectorBackend) -> None:
    wide = np.arange(8, dtype=np.float32).reshape(2, 4)
    backend.add(wide[:, ::2])
    np.testing.assert_array_equal(backend.vectors(np.array([4, 5])), [[0, 2], [4, 6]])
