"""Holds the way between ids and rows to a brute-force model."""

from __future__ import annotations

import logging
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import Selection, VectorIndex, vectors
from index.backend import CoarseBackend, ExactBackend, Sizes, VectorBackend
from index.coarse import Effort
from index.columns import Roster

IDS = [f"id{n}" for n in range(8)]
MANY = [f"id{n:02d}" for n in range(60)]
UNKNOWN = ["x", "y"]

# Small whole numbers: inner products are exact, and equal scores are frequent.
VECTOR = st.tuples(*[st.integers(-2, 2)] * 2)
K = st.integers(0, 10)
QUERIES = st.lists(VECTOR, min_size=1, max_size=3)


def coarse(dimension: int) -> VectorBackend:
    """Learn codes from 16 rows on; read and rerank all of them, so that every answer is exact."""
    effort = Effort(probes=1e3, spreads=1e3, depth=100_000)
    return CoarseBackend(dimension, sizes=Sizes(exact=16, gathered=3, tail=2, effort=effort))


def numbered(*ids: str) -> Roster:
    """Give a roster that holds ids, so that their numbers stay as they are."""
    roster = Roster()
    for id in ids:
        roster.hold(id)
    return roster


def steps(ids: list[str], fewest: int) -> st.SearchStrategy[list[Any]]:
    some = st.lists(st.sampled_from([*ids, *UNKNOWN]), unique=True)
    put = st.tuples(st.just("put"), st.dictionaries(st.sampled_from(ids), VECTOR, min_size=fewest))
    remove = st.tuples(st.just("remove"), some)
    kinds = st.sampled_from(["search", "search_any"])
    among = st.none() | some | st.integers(0, 2)  # the number of a selection that is kept
    search = st.tuples(kinds, st.tuples(QUERIES, K, among))
    settle = st.tuples(st.just("settle"), st.none())
    return st.lists(st.one_of(put, remove, search, search, settle), max_size=20)


def expected(
    held: dict[str, tuple[int, int]], query: tuple[int, int], k: int, among: Any
) -> list[tuple[str, float]]:
    ids = held if among is None else held.keys() & set(among)
    scored = [(id, float(np.dot(held[id], query))) for id in ids]
    return sorted(scored, key=lambda pair: (-pair[1], pair[0]))[:k]


def best_of(lists: list[list[tuple[str, float]]], k: int) -> list[tuple[str, float]]:
    best: dict[str, float] = {}
    for id, score in (pair for found in lists for pair in found):
        best[id] = max(score, best.get(id, score))
    return sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))[:k]


def hold_to_model(index: VectorIndex, roster: Roster, done: list[Any], kept: Any) -> None:
    held = dict[str, tuple[int, int]]()
    selections = [Selection(roster.mask(ids)) for ids in kept]
    for step, given_ in done:
        if step == "put":
            index.put(list(given_), np.array([*given_.values()], np.float32).reshape(-1, 2))
            held.update(given_)
        elif step == "remove":
            index.remove(given_)
            held = {id: vector for id, vector in held.items() if id not in given_}
        elif step == "settle":
            index.settle()
        else:
            queries, k, among = given_
            ids, among = (
                (kept[among], selections[among]) if isinstance(among, int) else (among,) * 2
            )
            array = np.array(queries, np.float32)
            if step == "search":
                found = index.search(array, k, among=among)
                assert found == [expected(held, query, k, ids) for query in queries]
                if among is None or isinstance(among, Selection):
                    nearest = [index.nearest(query, k, among=among).tolist() for query in array]
                    assert [sorted(roster.ids(of_one)) for of_one in nearest] == [
                        sorted(id for id, _ in of_one) for of_one in found
                    ]
            else:
                whole = [expected(held, query, len(held), ids) for query in queries]
                assert index.search_any(array, k, among=among) == best_of(whole, k)
        assert len(index) == len(held)
        assert set(index.ids) == set(held)
    np.testing.assert_array_equal(index.vectors([*held, "x"]), [*held.values(), (np.nan, np.nan)])


@settings(deadline=None, max_examples=200)
@given(steps(IDS, 0), st.integers(1, 4))
def test_any_sequence_answers_as_brute_force_does(done: list[Any], fewest_dead: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectors, "_FEWEST_DEAD_ROWS", fewest_dead)
        roster = numbered(*IDS)
        kept = IDS[::2], IDS, ["x", *IDS[:2]]
        hold_to_model(VectorIndex(2, roster=roster), roster, done, kept)


@settings(deadline=None, max_examples=60)
@given(steps(MANY, 12), st.integers(1, 40))
def test_any_sequence_with_codes_and_rebuilds_answers_as_brute_force_does(
    done: list[Any], fewest_dead: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectors, "_FEWEST_DEAD_ROWS", fewest_dead)
        patch.setattr(vectors, "_COMPACTED_AT_ONCE", 20)
        roster = numbered(*MANY)
        index = VectorIndex(2, roster=roster, backend=coarse)
        hold_to_model(index, roster, done, (MANY[::2], MANY, MANY[:2]))
        index.settle()


@pytest.fixture(params=[ExactBackend, CoarseBackend, coarse])
def index(request: pytest.FixtureRequest) -> VectorIndex:
    return VectorIndex(2, backend=request.param)


def test_ties_at_the_cut_are_broken_by_id(index: VectorIndex) -> None:
    ids = [f"{n:02d}" for n in range(50)]
    index.put(ids[::-1], np.ones((50, 2), np.float32))
    index.settle()
    best, any_ = np.ones((1, 2), np.float32), np.ones((3, 2), np.float32)
    assert [id for id, _ in index.search(best, 3)[0]] == ["00", "01", "02"]
    assert [id for id, _ in index.search_any(any_, 3)] == ["00", "01", "02"]
    assert [id for id, _ in index.search(best, 2, among=ids[20:])[0]] == ["20", "21"]
    assert index.nearest(best[0], 3).tolist() == [49, 48, 47]  # put in the order of their numbers


def test_a_zero_vector_gives_the_first_by_id(index: VectorIndex) -> None:
    index.put(["b", "c", "a"], np.eye(3, 2, dtype=np.float32))
    zero = np.zeros((1, 2), np.float32)
    assert index.search(zero, 2) == [[("a", 0.0), ("b", 0.0)]]
    assert index.search(zero, 2, among={"c", "b", "x"}) == [[("b", 0.0), ("c", 0.0)]]
    assert index.search_any(np.array([[0, 0], [0, 1]], np.float32), 2) == [("c", 1.0), ("a", 0.0)]


def test_an_id_twice_is_refused_and_changes_nothing(index: VectorIndex) -> None:
    with pytest.raises(ValueError, match="2 unique ids"):
        index.put(["a", "a"], np.ones((2, 2), np.float32))
    assert len(index) == 0


@pytest.mark.parametrize("shape", [(1, 3), (2, 2), (2,)])
def test_vectors_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"need vectors \(1, 2\)"):
        VectorIndex(2).put(["a"], np.ones(shape, np.float32))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e6])
def test_vectors_that_float16_cannot_hold_are_refused_and_change_nothing(
    index: VectorIndex, bad: float
) -> None:
    index.put(["a"], np.ones((1, 2), np.float32))
    with pytest.raises(ValueError, match="finite as float16"):
        index.put(["a", "b"], np.array([[2, 2], [0, bad]], np.float32))
    assert index.search(np.ones((1, 2), np.float32), 5) == [[("a", 2.0)]]


@pytest.mark.parametrize(
    "query", [np.full((1, 2), np.nan), np.array([[np.inf, 0]]), np.ones((1, 3)), np.ones(2)]
)
def test_queries_that_mean_nothing_are_refused(
    index: VectorIndex, query: np.ndarray[Any, Any]
) -> None:
    index.put(["a"], np.ones((1, 2), np.float32))
    for search in (index.search, index.search_any):
        with pytest.raises(ValueError, match="of 2 components"):
            search(query.astype(np.float32), 1)


def test_an_empty_index_answers_with_nothing(index: VectorIndex) -> None:
    assert index.search(np.ones((2, 2), np.float32), 5) == [[], []]
    assert index.search(np.ones((2, 2), np.float32), 5, among=["a"]) == [[], []]
    nobody = Selection(np.zeros(0, bool))
    assert index.search(np.ones((2, 2), np.float32), 5, among=nobody) == [[], []]
    assert index.search(np.zeros((1, 2), np.float32), 5) == [[]]
    assert index.search_any(np.ones((2, 2), np.float32), 5) == []
    assert index.search_any(np.empty((0, 2), np.float32), 5) == []
    assert index.search_any(np.empty(0, np.float32), 5) == []
    assert index.vectors([]).shape == (0, 2)


def test_dead_rows_are_given_back() -> None:
    index = VectorIndex(1)
    for round in range(2_000):
        index.put(["a", "b"], np.array([[round], [-round]], np.float32))
    assert len(index._table) <= 1_010
    assert index.search(np.ones((1, 1), np.float32), 2) == [[("a", 1_999.0), ("b", -1_999.0)]]


def test_a_selection_follows_what_is_put_and_removed() -> None:
    roster, query = numbered(*MANY), np.ones((1, 2), np.float32)
    index = VectorIndex(2, roster=roster, backend=coarse)
    selection = Selection(roster.mask(MANY[0:40:2]))

    def found() -> list[str]:
        return sorted(id for id, _ in index.search(query, 99, among=selection)[0])

    assert found() == []
    index.put(MANY[:30], np.ones((30, 2), np.float32))
    assert found() == MANY[0:30:2]
    index.put(MANY[20:50], np.ones((30, 2), np.float32))
    assert found() == MANY[0:40:2]
    index.remove(MANY[:10])
    assert found() == MANY[10:40:2]
    index.settle()
    assert found() == MANY[10:40:2]


def test_a_selection_tells_its_numbers() -> None:
    selection = Selection(np.array([True, False, True]))
    selection.mark(np.array([2, 5]), np.array([False, True]))
    assert [number in selection for number in range(-1, 7)] == [0, 1, 0, 0, 0, 0, 1, 0]
    assert selection.mask(7).tolist() == [1, 0, 0, 0, 0, 1, 0]
    assert selection.mask(2).tolist() == [1, 0]
    assert selection.without(5).mask(6).tolist() == [1, 0, 0, 0, 0, 0]
    assert 5 in selection


def test_a_number_that_another_id_gets_is_found_as_it_is_marked_then() -> None:
    roster = Roster()
    index, query = VectorIndex(1, roster=roster), np.ones((1, 1), np.float32)
    index.put(["a", "b"], np.array([[1], [2]], np.float32))
    selection = Selection(roster.mask(["a"]))
    assert index.search(query, 9, among=selection) == [[("a", 1.0)]]
    number = roster.number("a")
    index.remove(["a"])
    selection.mark(np.array([number]), False)
    index.put(["c"], np.array([[3]], np.float32))
    assert roster.number("c") == number
    assert index.search(query, 9, among=selection) == [[]]
    index.remove(["c"])
    selection.mark(np.array([number]), True)
    index.put(["d"], np.array([[4]], np.float32))
    assert index.search(query, 9, among=selection) == [[("d", 4.0)]]


def test_a_selection_serves_several_indexes() -> None:
    roster = numbered("a", "b", "c")
    one, other = VectorIndex(1, roster=roster), VectorIndex(1, roster=roster)
    both = Selection(roster.mask(["b", "c"]))
    one.put(["a", "b", "c"], np.array([[1], [2], [3]], np.float32))
    other.put(["c", "a"], np.array([[1], [2]], np.float32))
    query = np.ones((1, 1), np.float32)
    for _ in range(2):
        assert one.search(query, 9, among=both) == [[("c", 3.0), ("b", 2.0)]]
        assert other.search(query, 9, among=both) == [[("c", 1.0)]]


def test_changes_during_compaction_are_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "_FEWEST_DEAD_ROWS", 100)
    monkeypatch.setattr(vectors, "_COMPACTED_AT_ONCE", 0)
    begun, may_end, made = threading.Event(), threading.Event(), []

    class Slow(ExactBackend):
        def settle(self) -> None:
            begun.set()
            assert may_end.wait(20)

    def make(dimension: int) -> ExactBackend:
        made.append(Slow(dimension) if made else ExactBackend(dimension))
        return made[-1]

    ids = [f"{n:03d}" for n in range(100)]
    roster = numbered(*ids)
    index = VectorIndex(1, roster=roster, backend=make)
    every_fourth = Selection(roster.mask(ids[::4]))
    for value in (1, 2):
        index.put(ids, np.full((100, 1), value, np.float32))
    assert begun.wait(20)
    index.remove(ids[:50])
    index.put([*ids[40:45], "new"], np.full((6, 1), 3, np.float32))
    query = np.ones((1, 1), np.float32)
    held = {**dict.fromkeys(ids[50:], 2.0), **dict.fromkeys([*ids[40:45], "new"], 3.0)}
    for rounds in range(2):
        assert dict(index.search(query, 999)[0]) == held
        assert sorted(dict(index.search(query, 999, among=every_fourth)[0])) == [
            id for id in ids[::4] if id in held
        ]
        assert len(index._table) == (206, 106)[rounds]
        may_end.set()
        index.settle()
    assert sorted(index.ids) == sorted(held)


def test_removed_rows_leave_memory_without_another_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "_FEWEST_DEAD_ROWS", 5)
    ids = [f"{n}" for n in range(10)]
    index = VectorIndex(1)
    index.put(ids, np.ones((10, 1), np.float32))
    index.remove(ids[:6])
    index.settle()
    assert len(index._table) == 4
    assert sorted(index.ids) == ids[6:]


def test_a_failed_compaction_is_logged_and_the_old_rows_serve_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(vectors, "_FEWEST_DEAD_ROWS", 2)
    index = VectorIndex(1)
    index._make = lambda _: ExactBackend(7)
    with caplog.at_level(logging.ERROR):
        for value in (1, 2, 3):
            index.put(["a", "b"], np.full((2, 1), value, np.float32))
    assert "dead vectors stay" in caplog.text
    assert index.search(np.ones((1, 1), np.float32), 2) == [[("a", 3.0), ("b", 3.0)]]


def test_searches_from_several_threads_see_whole_states(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "_FEWEST_DEAD_ROWS", 20)
    monkeypatch.setattr(vectors, "_COMPACTED_AT_ONCE", 0)
    roster, ids, query = numbered(*MANY), MANY[:40], np.ones((1, 1), np.float32)
    index = VectorIndex(1, roster=roster, backend=coarse)
    index.put(ids, np.zeros((40, 1), np.float32))
    stop, wrong = threading.Event(), list[Any]()

    def watch() -> None:
        kept = Selection(roster.mask(ids[:30]))
        while not stop.is_set():
            for among, count in ((None, 40), (kept, 30), (set(ids[:7]), 7)):
                found = index.search(query, 99, among=among)[0]
                if len(found) != count or len({score for _, score in found}) != 1:
                    wrong.append(found)

    watchers = [threading.Thread(target=watch) for _ in range(3)]
    for watcher in watchers:
        watcher.start()
    for round in range(1, 200):
        index.put(ids, np.full((40, 1), round, np.float32))
    stop.set()
    for watcher in watchers:
        watcher.join()
    index.settle()
    assert wrong == []
