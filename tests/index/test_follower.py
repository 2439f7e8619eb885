"""Tests that a follower is never behind an answer, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from index import PASSAGE_VERSION, Follower, MissingVectors, Writer
from index import follower as follower_module
from profiles import Side, Store, Verdict

Make = Callable[..., Any]


def near(follower: Follower, encoder: Any, text: str, facet: Any = "is") -> list[str]:
    """The partners whose facet shares words with a text."""
    held = follower.catch_up().facets[Side.PARTNER, facet]
    return [id for id, score in held.search(encoder.encode([text]), 9)[0] if score > 0]


def test_two_followers_read_each_write(store: Store, tiny: Make, partner: Make) -> None:
    encoder = tiny(words=["robots", "games"])
    writing = Writer(store, encoder)
    followers = [Follower(store, encoder) for _ in range(2)]
    for id, text in (("p1", "robots"), ("p2", "games"), ("p3", "robots")):
        seq = writing.put(partner(id, text))
        for follower in followers:
            index = follower.catch_up()
            assert index.seq == seq == store.last_seq()
            assert id in near(follower, encoder, text)
            assert [found for found, _ in index.lexical[Side.PARTNER].search(id, 9)] == [id]


def test_what_is_erased_is_dropped_with_its_ties(
    store: Store, tiny: Make, partner: Make, startup: Make, tie: Make
) -> None:
    encoder = tiny(words=["robots"])
    writing = Writer(store, encoder)
    writing.put_many([startup("s1", "robots")])
    writing.put_many([partner("p1", "robots", seeking="robots"), partner("p2", "robots")])
    writing.put_ties([tie("t1", "s1", "p1", date(2020, 1, 1), subject="robots")])
    followers = [Follower(store, encoder) for _ in range(2)]
    for follower in followers:
        assert near(follower, encoder, "robots") == ["p1", "p2"]
        assert len(follower.catch_up().history) == 1
    store.erase("p1")
    for follower in followers:
        index = follower.catch_up()
        assert near(follower, encoder, "robots") == ["p2"]
        assert near(follower, encoder, "robots", "seeks") == []
        assert index.lexical[Side.PARTNER].search("p1", 9) == []
        assert index.facts.keys() == index.documents.keys() == {"s1", "p2"}
        assert len(index.history) == 0
        assert index.history.of("s1", date(2026, 1, 1)) == []


def test_a_changed_profile_loses_its_old_facets_and_words(
    store: Store, tiny: Make, partner: Make
) -> None:
    encoder = tiny(words=["robots", "games"])
    writing, follower = Writer(store, encoder), Follower(store, encoder)
    writing.put(partner("p1", "robots", seeking="robots", region="KR-27"))
    assert near(follower, encoder, "robots", "seeks") == ["p1"]
    writing.put(partner("p1", "games"))
    assert near(follower, encoder, "robots") == []
    assert near(follower, encoder, "games") == ["p1"]
    assert near(follower, encoder, "robots", "seeks") == []
    index = follower.catch_up()
    assert index.facts["p1"].regions == frozenset()
    assert index.lexical[Side.PARTNER].search("robots", 9) == []


def test_a_changed_tie_is_followed(store: Store, tiny: Make, tie: Make) -> None:
    encoder = tiny(words=["robots", "games"])
    writing, follower = Writer(store, encoder), Follower(store, encoder)
    writing.put_ties([tie("t1", "s1", "p1", date(2020, 1, 1), subject="robots")])
    follower.catch_up()
    writing.put_ties([tie("t1", "s1", "p1", date(2020, 1, 1), subject="games")])
    vector = follower.catch_up().history.vector("t1")
    np.testing.assert_array_equal(vector, [0, 1])


def test_other_changes_only_move_the_seq(store: Store, tiny: Make, partner: Make) -> None:
    follower = Follower(store, tiny())
    Writer(store, tiny()).put(partner("p1", "robots"))
    store.add_verdict(Verdict("p1", "s1", "good", "", 1, "m"))
    assert follower.catch_up().seq == store.last_seq() == 2


def test_a_log_longer_than_a_page_is_followed_to_its_end(
    sqlite_store: Store, tiny: Make, partner: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = tiny()
    Writer(sqlite_store, encoder).put_many(partner(f"p{n}", "robots") for n in range(25))
    whole = sqlite_store.changes_after
    monkeypatch.setattr(sqlite_store, "changes_after", lambda seq: whole(seq, limit=10))
    assert len(Follower(sqlite_store, encoder).catch_up().facts) == 25


def test_records_of_another_encoder_are_named(store: Store, tiny: Make, partner: Make) -> None:
    Writer(store, tiny("first")).put(partner("p1", "robots"))
    follower = Follower(store, tiny("second"))
    with pytest.raises(MissingVectors) as caught:
        follower.catch_up()
    assert caught.value.value == "p1"
    assert f"second/p{PASSAGE_VERSION}" in caught.value.rule
    assert "dari init" in caught.value.remedy
    Writer(store, tiny("second")).encode_missing()
    assert near(follower, tiny(), "robots") == ["p1"]


def test_a_tie_of_another_encoder_is_named(store: Store, tiny: Make, tie: Make) -> None:
    writing = Writer(store, tiny("first"))
    writing.put_ties([tie("t0", "a", "b"), tie("t1", "a", "b", subject="robots")])
    with pytest.raises(MissingVectors, match="t1"):
        Follower(store, tiny("second")).catch_up()


def test_a_profile_erased_while_it_is_followed_is_no_failure(
    store: Store, tiny: Make, partner: Make, tie: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vectors and the profile are read one after the other; an erasure may come between."""
    writing = Writer(store, tiny())
    writing.put(partner("p1", "robots"))
    writing.put_ties([tie("t1", "s1", "p1", subject="robots")])
    follower, read = Follower(store, tiny()), store.vectors

    def erase_after(kind: str, *rest: Any) -> Any:
        found = read(kind, *rest)
        if kind == "partner" and found:
            store.erase("p1")
        return found

    monkeypatch.setattr(store, "vectors", erase_after)
    index = follower.catch_up()
    assert index.facts == {}
    assert len(index.history) == 0
    assert index.seq == store.last_seq()


def test_an_id_that_is_of_the_other_side_by_now(
    sqlite_store: Store,
    tiny: Make,
    partner: Make,
    startup: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(follower_module, "_AT_ONCE", 5)
    encoder = tiny(words=["robots"])
    writing = Writer(sqlite_store, encoder)
    follower = Follower(sqlite_store, encoder)
    writing.put(startup("acme", "robots"))
    follower.catch_up()
    sqlite_store.erase("acme")
    writing.put_many(partner(f"p{n}") for n in range(10))
    writing.put(partner("acme", "robots"))
    for one in (follower, Follower(sqlite_store, encoder)):
        assert near(one, encoder, "robots") == ["acme"]
        assert one.catch_up().facts["acme"].side is Side.PARTNER


def test_missing_vectors_are_no_other_database(
    sqlite_store: Store, tiny: Make, partner: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was applied before the failure counts: the next request does not begin anew."""
    monkeypatch.setattr(follower_module, "_AT_ONCE", 5)
    follower = Follower(sqlite_store, tiny("second"))
    Writer(sqlite_store, tiny("second")).put_many(partner(f"p{n}") for n in range(12))
    Writer(sqlite_store, tiny("first")).put(partner("p13"))
    read: list[int] = []
    changes_after = sqlite_store.changes_after

    def noted(seq: int) -> Any:
        read.append(seq)
        return changes_after(seq)

    monkeypatch.setattr(sqlite_store, "changes_after", noted)
    for _ in range(3):
        with pytest.raises(MissingVectors, match="p13"):
            follower.catch_up()
    assert read == [0, 10, 10]
    Writer(sqlite_store, tiny("second")).encode_missing()
    assert len(follower.catch_up().facts) == 13
    assert read == [0, 10, 10, 10]
