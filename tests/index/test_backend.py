"""Holds every vector backend to the protocol: a further one is one line in BACKENDS."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from index.backend import CoarseBackend, ExactBackend, RowSet, Sizes, VectorBackend
from index.coarse import CoarseCodes, Effort, parts
from index.halves import Halves

# Reads all codes and reranks all rows: slow, and exact, whatever codes are worth.
THOROUGH = Effort(probes=1e3, spreads=1e3, depth=100_000)
ALWAYS_CODES = Sizes(exact=16, gathered=0, tail=8, effort=THOROUGH)


def coarse(dimension: int) -> CoarseBackend:
    return CoarseBackend(dimension, sizes=ALWAYS_CODES)


BACKENDS: list[Callable[[int], VectorBackend]] = [ExactBackend, CoarseBackend, coarse]
FOUR = np.array([[1, 0], [0, 1], [3, 4], [-2, 0]], dtype=np.float32)


@pytest.fixture(params=BACKENDS)
def make(request: pytest.FixtureRequest) -> Callable[[int], VectorBackend]:
    made: Callable[[int], VectorBackend] = request.param
    return made


@pytest.fixture
def backend(make: Callable[[int], VectorBackend]) -> VectorBackend:
    made = make(2)
    made.add(FOUR)
    return made


def search(
    backend: VectorBackend, query: list[float], k: int, rows: list[int] | None = None
) -> list[tuple[int, float]]:
    among = None if rows is None else RowSet.of(np.array(rows, np.int64))
    scores, found = backend.search(np.array([query], np.float32), k, among)
    assert scores.shape == found.shape
    assert scores.shape[0] == 1
    return [(int(r), float(s)) for r, s in zip(found[0], scores[0], strict=True) if r >= 0]


def clustered(count: int, dimension: int, seed: int) -> np.ndarray[Any, Any]:
    """Unit vectors around 40 centres of unequal size, and a few of each repeated."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((40, dimension))
    near = centres[(40 * rng.random(count) ** 2).astype(int)]
    vectors = near + 0.7 * rng.standard_normal((count, dimension))
    vectors[::17] = vectors[0]
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit.astype(np.float16).astype(np.float32)


def test_finds_the_best_by_inner_product_first(backend: VectorBackend) -> None:
    best = [(2, 3.0), (0, 1.0), (1, 0.0), (3, -2.0)]
    assert search(backend, [1, 0], 4) == best
    assert search(backend, [1, 0], 4, [0, 1, 2, 3]) == best


def test_gives_at_most_k(backend: VectorBackend) -> None:
    assert search(backend, [0, 1], 2) == [(2, 4.0), (1, 1.0)]


def test_gives_all_where_more_are_asked_for(backend: VectorBackend) -> None:
    assert len(search(backend, [0, 1], 9)) == 4
    assert len(search(backend, [0, 1], 9, [1, 2])) == 2


@pytest.mark.parametrize(("rows", "best"), [([3], 3), ([0, 3], 0), ([1, 3], 1), ([0, 1, 3], 0)])
def test_searches_among_the_given_rows_only(
    backend: VectorBackend, rows: list[int], best: int
) -> None:
    found = search(backend, [1, 0], 10, rows)
    assert sorted(row for row, _ in found) == rows
    assert found[0][0] == best


@pytest.mark.parametrize(("k", "rows"), [(0, [0, 1]), (3, []), (0, [])])
def test_gives_nothing_for_no_k_or_no_rows(backend: VectorBackend, k: int, rows: list[int]) -> None:
    assert search(backend, [1, 0], k, rows) == []


def test_answers_several_queries_at_once(backend: VectorBackend) -> None:
    queries = np.array([[1, 0], [0, 1], [-1, 0]], np.float32)
    _, found = backend.search(queries, 1)
    assert found[:, 0].tolist() == [2, 2, 3]


def test_answers_no_query(backend: VectorBackend) -> None:
    scores, found = backend.search(np.empty((0, 2), np.float32), 3)
    assert len(scores) == len(found) == 0


def test_numbers_rows_on_from_the_last(backend: VectorBackend) -> None:
    backend.add(np.array([[9, 9]], np.float32))
    assert len(backend) == 5
    assert search(backend, [1, 1], 1) == [(4, 18.0)]


def test_gives_vectors_back_in_the_order_asked(backend: VectorBackend) -> None:
    np.testing.assert_array_equal(backend.vectors(np.array([2, 0, 2])), FOUR[[2, 0, 2]])
    assert backend.vectors(np.array([], np.int64)).shape == (0, 2)


def test_is_empty_at_first(make: Callable[[int], VectorBackend]) -> None:
    empty = make(3)
    assert len(empty) == 0
    _, found = empty.search(np.ones((1, 3), np.float32), 5)
    assert found.size == 0


def test_reads_vectors_that_are_not_contiguous(backend: VectorBackend) -> None:
    wide = np.arange(8, dtype=np.float32).reshape(2, 4)
    backend.add(wide[:, ::2])
    np.testing.assert_array_equal(backend.vectors(np.array([4, 5])), [[0, 2], [4, 6]])


@pytest.mark.parametrize("bad", [np.nan, np.inf, 70_000.0])
def test_refuses_what_is_not_finite_as_float16(backend: VectorBackend, bad: float) -> None:
    with pytest.raises(ValueError, match="finite as float16"):
        backend.add(np.array([[0, bad]], np.float32))
    assert len(backend) == 4


@pytest.mark.parametrize("dimension", [1, 5, 32])
def test_answers_as_brute_force_does(make: Callable[[int], VectorBackend], dimension: int) -> None:
    rng = np.random.default_rng(dimension)
    vectors, backend = clustered(700, dimension, 1), make(dimension)
    for start in range(0, 700, 100):
        backend.add(vectors[start : start + 100])
        backend.settle()
    backend.add(vectors[:3])  # these wait for their codes
    held = np.concatenate([vectors, vectors[:3]])
    for share in (0.01, 0.1, 0.5, 1):
        rows = np.flatnonzero(rng.random(len(held)) < share)
        query = rng.standard_normal(dimension).astype(np.float32)
        scores, found = backend.search(query[None, :], 20, RowSet.of(rows))
        best = np.sort(held[rows] @ query)[::-1][:20]
        np.testing.assert_allclose(scores[0], best, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(held[found[0]] @ query, scores[0], rtol=1e-5, atol=1e-6)
        assert np.isin(found[0], rows).all()
        assert len(np.unique(found[0])) == len(best)
        order = np.lexsort((found[0], -scores[0]))
        assert order.tolist() == list(range(len(best)))


def test_a_row_scores_the_same_however_it_is_read() -> None:
    vectors, store = clustered(3_000, 20, 2), Halves(20)
    store.add(vectors)
    query = np.random.default_rng(2).standard_normal(20).astype(np.float32)
    whole = store.scan(query, 3_000, None)
    score_of = dict(zip(whole.rows.tolist(), whole.scores.tolist(), strict=True))
    for rows in (np.arange(0, 3_000, 7), np.array([2_999]), np.arange(1, 2_500)):
        for found in (
            store.gather(query, len(rows), rows),
            store.scan(query, len(rows), RowSet.of(rows)),
        ):
            assert [score_of[row] for row in found.rows.tolist()] == found.scores.tolist()
            assert sorted(found.rows) == rows.tolist()


def recall(found: np.ndarray[Any, Any], scores: np.ndarray[Any, Any], k: int) -> float:
    return float(np.mean(scores[found] >= np.sort(scores)[-k]))


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("kind", ["random", "away"])
def test_codes_hold_at_every_filter_also_away_from_the_query(share: float, kind: str) -> None:
    vectors = clustered(4_000, 32, 3)
    vectors = np.unique(vectors, axis=0)
    rng = np.random.default_rng(3)
    backend = CoarseBackend(32, sizes=Sizes(exact=1_000, gathered=20, effort=Effort(depth=50)))
    backend.add(vectors)
    backend.settle()
    assert backend.coded == len(vectors)
    reached = []
    for query in vectors[rng.choice(len(vectors), 40)] + 0.05:
        nearness = vectors @ query if kind == "away" else rng.random(len(vectors))
        rows = np.argsort(nearness)[: round(share * len(vectors))]
        scores = np.full(len(vectors), -np.inf)
        scores[rows] = vectors[rows] @ query
        _, found = backend.search(query[None, :], 10, RowSet.of(rows))
        reached.append(recall(found[0], scores, 10))
    assert np.mean(reached) >= 0.99


def test_a_filter_that_was_asked_holds_no_codes_that_have_been_replaced() -> None:
    backend = CoarseBackend(2, sizes=ALWAYS_CODES)
    codes, asked = [], []
    for _ in range(3):
        backend.add(clustered(40, 2, 1))
        backend.settle()
        asked.append(RowSet.of(np.arange(0, 40, 2)))
        backend.search(FOUR[:1], 3, asked[-1])
        assert len(asked[-1].memo) == 1
        assert backend._codes is not None
        codes.append(weakref.ref(backend._codes))
    assert [one() is None for one in codes] == [True, True, False]


@pytest.mark.parametrize("rows", [[], [1], [1, 9]])
def test_a_set_of_rows_is_a_mask_of_any_size(rows: list[int]) -> None:
    held = RowSet.of(np.array(rows, np.int64))
    for size in (0, 1, 2, 8, 40, 200):
        assert np.flatnonzero(held.mask(size)).tolist() == [row for row in rows if row < size]


def test_a_search_answers_exactly_while_codes_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_end = threading.Event(), threading.Event()
    train = CoarseCodes.train

    def slow(*args: Any) -> CoarseCodes:
        begun.set()
        assert may_end.wait(20)
        return train(*args)

    monkeypatch.setattr(CoarseCodes, "train", slow)
    vectors, exact, backend = clustered(400, 8, 4), ExactBackend(8), coarse(8)
    exact.add(vectors)
    backend.add(vectors[:300])
    assert begun.wait(20)
    backend.add(vectors[300:])
    expected = exact.search(vectors[:5], 10)
    for _ in range(2):
        for one, other in zip(backend.search(vectors[:5], 10), expected, strict=True):
            np.testing.assert_array_equal(one, other)
        may_end.set()
        backend.settle()
        assert backend.coded == 400


def test_codes_are_learned_anew_only_once_the_rows_have_doubled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes, train = [], CoarseCodes.train

    def noted(store: Halves, size: int, effort: Effort) -> CoarseCodes:
        sizes.append(size)
        return train(store, size, effort)

    monkeypatch.setattr(CoarseCodes, "train", noted)
    backend = coarse(4)
    for start in range(0, 300, 30):
        backend.add(clustered(300, 4, 5)[start : start + 30])
        backend.settle()
        assert backend.coded == start + 30
    assert sizes == [30, 60, 120, 240]


def test_while_much_is_added_no_codes_are_made_and_then_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes, train = [], CoarseCodes.train

    def noted(store: Halves, size: int, effort: Effort) -> CoarseCodes:
        sizes.append(size)
        return train(store, size, effort)

    monkeypatch.setattr(CoarseCodes, "train", noted)
    backend, vectors = coarse(4), clustered(300, 4, 5)
    with backend.growing():
        for start in range(0, 300, 30):
            backend.add(vectors[start : start + 30])
            backend.settle()
        assert sizes == []
    backend.settle()
    assert (sizes, backend.coded) == ([300], 300)


def test_a_failure_to_make_codes_is_logged_and_the_search_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*_: Any) -> CoarseCodes:
        raise MemoryError("no room")

    monkeypatch.setattr(CoarseCodes, "train", failing)
    backend = coarse(2)
    with caplog.at_level(logging.ERROR):
        backend.add(np.arange(60, dtype=np.float32).reshape(30, 2))
        backend.settle()
    assert ["no codes of 30 vectors" in record.message for record in caplog.records] == [True]
    assert search(backend, [1, 1], 1) == [(29, 117.0)]
    monkeypatch.undo()
    backend.add(np.zeros((9, 2), np.float32))
    backend.settle()
    assert backend.coded == 39


def test_too_few_rows_for_codes_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 16"):
        Sizes(exact=15)


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [(1, 1), (2, 1), (7, 7), (32, 16), (256, 128), (384, 192), (768, 256), (1024, 256)],
)
def test_a_code_has_two_components_a_part_where_that_fits(dimension: int, expected: int) -> None:
    assert parts(dimension) == expected
