"""Tests that every text is encoded once, and that nothing is written twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from index import PASSAGE_VERSION, Follower, Writer, vector_space, verify, writer
from profiles import IdTaken, Store
from profiles.consistency import faults

Make = Callable[..., Any]


def test_the_space_names_encoder_and_passage_version(tiny: Make) -> None:
    assert vector_space(tiny("e")) == f"e/p{PASSAGE_VERSION}"


def test_each_distinct_text_is_encoded_once(
    sqlite_store: Store, tiny: Make, partner: Make, tie: Make
) -> None:
    encoder = tiny()
    writing = Writer(sqlite_store, encoder)
    writing.put_many([partner(f"p{n}", "same", seeking="robots") for n in range(5)])
    assert sorted(encoder.asked) == [*(f"p{n}\nsame" for n in range(5)), "robots"]
    encoder.asked.clear()
    writing.put_ties([tie(f"t{n}", "a", "b", subject="welding") for n in range(5)])
    assert encoder.asked == ["welding"]


def test_the_same_again_writes_and_encodes_nothing(
    store: Store, tiny: Make, partner: Make, tie: Make
) -> None:
    encoder = tiny()
    writing = Writer(store, encoder)
    profiles = [partner(f"p{n}", "robots") for n in range(3)]
    ties = [tie("t1", "a", "p1", date(2020, 1, 1), subject="welding"), tie("t2", "a", "p2")]
    assert writing.put_many(profiles) == 3
    assert writing.put_ties(ties) == 2
    seq = store.last_seq()
    encoder.asked.clear()
    assert writing.put_many(profiles) == writing.put_ties(ties) == 0
    assert writing.encode_missing() == 0
    assert store.last_seq() == seq
    assert encoder.asked == []


def test_only_what_changed_is_written(store: Store, tiny: Make, partner: Make) -> None:
    writing = Writer(store, tiny())
    writing.put_many([partner("p1", "robots"), partner("p2", "robots")])
    seq = store.last_seq()
    assert writing.put_many([partner("p1", "robots"), partner("p2", "games")]) == 1
    assert [(c.kind, c.id) for c in store.changes_after(seq)] == [("partner", "p2")]


def test_put_gives_the_seq_and_refuses_a_taken_id(
    store: Store, tiny: Make, partner: Make, startup: Make
) -> None:
    writing = Writer(store, tiny())
    assert writing.put(partner("p1"), new=True) == store.last_seq()
    with pytest.raises(IdTaken):
        writing.put(partner("p1"), new=True)
    with pytest.raises(IdTaken):
        writing.put(startup("p1"))
    assert store.last_seq() == 1


def test_a_new_encoder_encodes_what_is_missing(
    store: Store, tiny: Make, partner: Make, startup: Make, tie: Make
) -> None:
    first = Writer(store, tiny("first"))
    first.put_many([partner("p1", "robots"), partner("p2", "games")])
    first.put(startup("s1", "robots"))
    first.put_ties([tie("t1", "s1", "p1", subject="welding"), tie("t2", "s1", "p2")])
    second = tiny("second")
    done: list[int] = []
    assert Writer(store, second).encode_missing(progress=done.append) == 4
    assert sum(done) == 5
    assert len(second.asked) == 4
    assert Follower(store, second).catch_up().facts.keys() == {"p1", "p2", "s1"}


def test_what_is_changed_while_it_is_encoded_is_left_as_it_is(
    store: Store, tiny: Make, partner: Make, startup: Make, tie: Make
) -> None:
    first = Writer(store, tiny("first"))
    first.put_many([partner(f"p{n}", "robots") for n in range(4)])
    first.put_ties([tie(f"t{n}", "p1", "p3", subject="welding") for n in range(3)])
    second = tiny("second")
    current = Writer(store, second)
    encode = second.encode

    def meanwhile(texts: Any, **more: Any) -> Any:
        second.encode = encode
        current.put(partner("p0", "boats"), by="Kim")
        store.erase("p1")
        store.erase("p2")
        current.put(startup("p2", "robots"))
        current.put_tie(tie("t1", "p2", "p3", subject="painting"))
        return encode(texts, **more)

    second.encode = meanwhile
    assert current.encode_missing() == 1
    assert [one.by for one in store.history("p0")] == ["system", "Kim"]
    assert store.get("p0") == partner("p0", "boats")
    assert store.get_many(["p1", "p2"]) == {"p2": startup("p2", "robots")}
    assert store.get_ties(["t0", "t1", "t2"]) == {"t1": tie("t1", "p2", "p3", subject="painting")}
    assert held(store, "p0", "p1", "p2", "p3", "t1") == {
        "p0": [f"second/p{PASSAGE_VERSION}"],
        "p1": [],
        "p2": [f"second/p{PASSAGE_VERSION}"],
        "p3": [f"first/p{PASSAGE_VERSION}", f"second/p{PASSAGE_VERSION}"],
        "t1": [f"second/p{PASSAGE_VERSION}"],
    }
    assert verify(store, second).differences == ()
    assert faults(store) == []


def test_a_tie_that_is_erased_while_it_is_encoded_stays_erased(
    store: Store, tiny: Make, partner: Make, tie: Make
) -> None:
    Writer(store, tiny("first")).put_many([partner("p1"), partner("p2")])
    Writer(store, tiny("first")).put_ties([tie("t1", "p1", "p2", subject="welding")])
    second = tiny("second")
    current = Writer(store, second)
    current.put_many([partner("p1"), partner("p2")])
    encode = second.encode

    def meanwhile(texts: Any, **more: Any) -> Any:
        if texts:
            store.erase("p1")
        return encode(texts, **more)

    second.encode = meanwhile
    assert current.encode_missing() == 0
    assert store.get_ties(["t1"]) == {}
    assert held(store, "t1") == {"t1": []}
    assert faults(store) == []


def held(store: Store, *ids: str) -> dict[str, list[str]]:
    """The spaces in which each of some profiles or ties has vectors."""
    spaces = (f"first/p{PASSAGE_VERSION}", f"second/p{PASSAGE_VERSION}")
    kinds = ("partner", "startup", "tie")
    return {id: [s for s in spaces if any(store.vectors(k, [id], s) for k in kinds)] for id in ids}


def test_vectors_of_another_encoder_stay_until_the_record_changes(
    store: Store, tiny: Make, partner: Make, startup: Make, tie: Make
) -> None:
    first, second = tiny("first"), tiny("second")
    writing, other = Writer(store, first), Writer(store, second)
    writing.put_many([partner("p1", "robots"), partner("p2", "games"), startup("s1", "robots")])
    writing.put_ties([tie("t1", "s1", "p1", subject="welding"), tie("t2", "s1", "p2", subject="x")])
    before = store.vectors("partner", ["p1"], f"first/p{PASSAGE_VERSION}")
    other.encode_missing()
    both = [f"first/p{PASSAGE_VERSION}", f"second/p{PASSAGE_VERSION}"]
    ids = ("p1", "p2", "s1", "t1", "t2")
    assert held(store, *ids) == dict.fromkeys(ids, both)
    assert store.vectors("partner", ["p1"], f"first/p{PASSAGE_VERSION}") == before

    other.put_many([partner("p1", "robots"), partner("p2", "boats"), startup("s1", "robots")])
    other.put_ties([tie("t1", "s1", "p1", subject="painting")])
    changed = {id: [f"second/p{PASSAGE_VERSION}"] for id in ("p2", "t1")}
    assert held(store, *ids) == dict.fromkeys(ids, both) | changed
    for encoder in (first, second):
        Writer(store, encoder).encode_missing()
        assert verify(store, encoder).differences == ()
    assert held(store, *ids) == dict.fromkeys(ids, both)
    store.erase("p1")
    assert held(store, "p1", "t1", "p2") == {"p1": [], "t1": [], "p2": both}
    assert faults(store) == []


def test_batches_cover_everything(
    sqlite_store: Store, tiny: Make, partner: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "BATCH", 4)
    done: list[int] = []
    profiles = (partner(f"p{n}") for n in range(10))
    assert Writer(sqlite_store, tiny()).put_many(profiles, progress=done.append) == 10
    assert done == [4, 4, 2]


def test_a_vector_survives_its_storage(sqlite_store: Store, tiny: Make, partner: Make) -> None:
    encoder = tiny()
    Writer(sqlite_store, encoder).put(partner("p1", "one two three three"))
    stored = sqlite_store.vectors("partner", ["p1"], f"tiny/p{PASSAGE_VERSION}")["p1"]["is"]
    vector = writer.read_vector(stored)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)
    assert vector @ encoder.encode(["p1\none two three three"])[0] == pytest.approx(1, abs=1e-3)
    np.testing.assert_array_equal(writer.read_vector(bytes(8)), np.zeros(4))


def test_many_vectors_are_read_as_one_is() -> None:
    drawn = np.random.default_rng(5).normal(size=(50, 256)).astype("<f2")
    data = [row.tobytes() for row in drawn]
    np.testing.assert_array_equal(writer.read_vectors(data), [writer.read_vector(d) for d in data])
    with pytest.raises(ValueError, match="different dimensions"):
        writer.read_vectors([bytes(8), bytes(4), bytes(12)])
