"""Tests that postings which grow and shrink score as an index that is built anew does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import LexicalIndex
from index.postings import Postings, Vocabulary

WORDS = [f"w{n}" for n in range(8)]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=6)
STEPS = st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | TEXTS), max_size=40)


def reference(documents: list[list[str]], query: list[str]) -> np.ndarray[Any, Any]:
    """BM25 by bm25s over documents that hold at least one word between them."""
    import bm25s

    model = bm25s.BM25()
    model.index(documents, show_progress=False)
    known = [word for word in query if word in model.vocab_dict]
    return model.get_scores(known) if known else np.zeros(len(documents))


@settings(deadline=None, max_examples=60)
@given(st.lists(TEXTS.filter(bool), min_size=1, max_size=8), TEXTS)
def test_scores_are_those_of_bm25s(documents: list[list[str]], query: list[str]) -> None:
    postings = Postings()
    for tokens in documents:
        postings.add(tokens)
    np.testing.assert_allclose(postings.scores(query), reference(documents, query), rtol=1e-5)


@settings(deadline=None, max_examples=150)
@given(STEPS, st.lists(TEXTS, min_size=1, max_size=4), st.sampled_from([0, 3, 10**6]))
def test_after_any_changes_scores_are_those_of_a_new_index(
    steps: list[tuple[str, list[str] | None]], queries: list[list[str]], at_once: int
) -> None:
    """Exactly: to the last bit, and whatever was merged or forgotten on the way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.postings._AT_ONCE", at_once)
        patch.setattr("index.lexical._FEWEST_DEAD_ROWS", 4)
        index, documents = LexicalIndex(), dict[str, str]()
        for id, tokens in steps:
            if tokens is None:
                index.remove(id)
                documents.pop(id, None)
            else:
                index.put(id, " ".join(tokens))
                documents[id] = " ".join(tokens)
            index.search(" ".join(queries[0]), 3)
            index.holding(queries[0])
        fresh = LexicalIndex(documents)
        for query in queries:
            assert index.search(" ".join(query), 9) == fresh.search(" ".join(query), 9)
        assert len(index) == len(fresh) == len(documents)
        held = [sum(word in text.split() for text in documents.values()) for word in WORDS]
        assert index.holding([*WORDS, "unheard"]).tolist() == [*held, 0]


@pytest.mark.parametrize("at_once", [0, 10**6])
def test_many_small_writes_leave_few_segments(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.postings._AT_ONCE", at_once)
    postings = Postings()
    for n in range(500):
        postings.add([f"w{n % 7}", "all"])
        assert np.count_nonzero(postings.scores(["all"])) == n + 1
    postings.compact()
    assert len(postings._segments) <= 6
    assert sum(map(len, postings._segments)) == 1_000


def test_a_merge_beside_the_search_loses_nothing_that_comes_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While two segments are being joined, rows are added, dropped and found."""
    import threading

    going = threading.Event()
    joined = Postings.__init__.__globals__["Segment"].joined

    def slow(one: Any, other: Any) -> Any:
        going.wait(10)
        return joined(one, other)

    monkeypatch.setattr("index.postings._AT_ONCE", 0)
    monkeypatch.setattr("index.postings.Segment.joined", slow)
    postings = Postings()
    for word in ("a", "b", "c", "a"):
        postings.add([word, "all"])
        postings.scores(["all"])
    assert postings._merge is not None
    postings.drop(0)
    postings.add(["a", "all"])
    assert np.flatnonzero(postings.scores(["a"])).tolist() == [3, 4]
    going.set()
    fresh = Postings()
    for word in ("b", "c", "a", "a"):
        fresh.add([word, "all"])
    new_row = postings.compact()
    assert new_row.tolist() == [-1, 0, 1, 2, 3]
    np.testing.assert_array_equal(postings.scores(["a", "b"]), fresh.scores(["a", "b"]))


def test_rows_left_out_count_in_no_statistic() -> None:
    whole, part = Postings(), Postings()
    documents = [["a", "b"], ["a"], ["b", "b", "c"], ["c", "c"], []]
    among = np.array([True, False, True, True, True])
    for tokens, taken in zip(documents, among, strict=True):
        whole.add(tokens)
        if taken:
            part.add(tokens)
    scores = whole.scores(["a", "b", "c"], among)
    assert scores[1] == 0
    np.testing.assert_array_equal(scores[among], part.scores(["a", "b", "c"]))


def test_weights_add_up_to_scores() -> None:
    postings = Postings()
    documents = [["a", "b", "b"], ["a"], ["b", "c"], []]
    for tokens in documents:
        postings.add(tokens)
    among = np.array([True, True, True, False])
    weights, terms, places = postings.weights(np.array([2, 0]), among)
    vocabulary: Vocabulary = postings._vocabulary
    for query in (["a"], ["b", "c", "b"], ["a", "b", "c"]):
        counts = [
            query.count(word) for term in terms for word, n in vocabulary.items() if n == term
        ]
        sums = np.bincount(places, weights * counts, 2)
        np.testing.assert_allclose(sums, postings.scores(query, among)[[2, 0]])


def test_a_token_may_stand_often_in_a_row() -> None:
    postings = Postings()
    postings.add(["a"] * 70_000)
    postings.add(["a"])
    assert postings.scores(["a"])[0] > postings.scores(["a"])[1] > 0


def test_no_rows_have_no_scores() -> None:
    postings = Postings()
    assert postings.scores(["a"]).shape == (0,)
    postings.add([])
    assert postings.scores(["a"]).tolist() == [0]
    postings.drop(0)
    assert postings.compact().tolist() == [-1]
    assert postings.scores(["a"]).shape == (0,)
