"""Tests that every way in which an index can differ from the database is found."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import Follower, Writer, snapshot, verification, verify
from index.filters import Facts
from profiles import Partner, Side, Store, tables
from profiles.database import writing

Make = Callable[..., Any]


@pytest.fixture
def filled(store: Store, tiny: Make, startup: Make, partner: Make, tie: Make) -> Store:
    writing_to = Writer(store, tiny())
    writing_to.put_many([startup("s1", "robots that weld", seeking="a factory", region="KR-27")])
    writing_to.put_many([
        partner("p1", "a factory", offering="halls"),
        partner("p2"),
        partner("p3"),
    ])
    writing_to.put_ties([
        tie("t1", "s1", "p1", date(2019, 1, 1), subject="welding"),
        tie("t2", "s1", "p2"),
    ])
    store.erase("p3")
    return store


@pytest.fixture
def saved(filled: Store, tiny: Make, tmp_path: Path) -> Path:
    Follower(filled, tiny(), tmp_path / "s").write_snapshot()
    return tmp_path / "s"


def found(store: Store, encoder: Any, folder: Path | None = None) -> set[tuple[str, str, str]]:
    seen = verify(store, encoder, folder).differences
    return {(one.where, one.id, one.what) for one in seen}


def change(store: Store, statement: Any) -> None:
    with writing(store.engine) as connection:
        connection.execute(statement)


def test_nothing_differs(filled: Store, tiny: Make, saved: Path) -> None:
    told: list[tuple[str, int, int]] = []
    seen = verify(filled, tiny(), saved, progress=lambda *one: told.append(one))
    assert seen.differences == ()
    assert (seen.profiles, seen.ties, seen.seq) == (3, 2, filled.last_seq())
    assert seen.snapshot == f"seq {filled.last_seq()}"
    assert {what for what, done, total in told if done == total} == {
        "index: profiles", "index: ties", "snapshot: profiles", "snapshot: ties",
    }  # fmt: skip
    assert seen.as_json()["differences"] == []


def test_an_empty_database_and_no_snapshot(sqlite_store: Store, tiny: Make) -> None:
    seen = verify(sqlite_store, tiny())
    assert (seen.differences, seen.snapshot, seen.profiles) == ((), None, 0)


def test_an_older_snapshot_is_followed_first(
    filled: Store, tiny: Make, saved: Path, partner: Make
) -> None:
    Writer(filled, tiny()).put(partner("p4", "robots"))
    filled.erase("p1")
    assert found(filled, tiny(), saved) == set()


def test_a_stored_vector_that_is_not_that_of_its_text(filled: Store, tiny: Make) -> None:
    v = tables.vectors
    other = np.ones(32, "<f2").tobytes()
    change(filled, v.update().where(v.c.owner_id == "p1", v.c.facet == "offers").values(data=other))
    change(filled, v.update().where(v.c.owner_id == "t1").values(data=other))
    said = "the stored vector of '{}' is not that of its text"
    assert found(filled, tiny()) == {
        ("database", "p1", said.format("offers")),
        ("database", "t1", said.format("subject")),
    }


def test_a_stored_vector_that_is_missing_or_too_many(filled: Store, tiny: Make) -> None:
    v = tables.vectors
    change(filled, v.delete().where(v.c.owner_id == "p1", v.c.facet == "offers"))
    change(filled, v.update().where(v.c.owner_id == "p2", v.c.facet == "is").values(facet="seeks"))
    assert found(filled, tiny()) == {
        ("database", "p1", "the vector of 'offers' is not stored"),
        ("database", "p2", "the vector of 'is' is not stored"),
        ("database", "p2", "a vector of 'seeks' is stored, but there is no text for it"),
    }


def test_rounding_to_float16_is_no_difference(sqlite_store: Store, encoder: Any) -> None:
    from profiles.catalogue import load_catalogue

    Writer(sqlite_store, encoder).put_many(load_catalogue().partners[:40])
    assert found(sqlite_store, encoder) == set()


def test_vectors_of_another_encoder_are_named(filled: Store, tiny: Make) -> None:
    assert {where for where, _, _ in found(filled, tiny("other"))} == {"index"}


def test_a_profile_that_the_log_does_not_name(filled: Store, tiny: Make) -> None:
    c = tables.changes
    change(filled, c.delete().where(c.c.id == "p1"))
    assert found(filled, tiny()) == {
        ("database", "p1", "the change log does not name it"),
        ("index", "p1", "it is held, but not indexed"),
    }


def put_into(monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Any], object]) -> None:
    """Spoil the index of the snapshot after it was read."""
    read = snapshot.load_newest

    def spoiled(*given: Any) -> Any:
        index = read(*given)
        if index is not None:
            spoil(index)
        return index

    monkeypatch.setattr("index.follower.load_newest", spoiled)


FACTS = Facts(Side.PARTNER, None, frozenset({"KR-11"}), frozenset())


@pytest.mark.parametrize(
    ("spoil", "id", "said"),
    [
        (lambda i: i.facts.update(p1=FACTS), "p1", "its facts differ"),
        (lambda i: i.documents.update(p1="other"), "p1", "its document differs"),
        (lambda i: i.remove("p1"), "p1", "it is held, but not indexed"),
        (lambda i: i.facets[Side.PARTNER, "offers"].remove(["p1"]), "p1",
         "stored, but not indexed"),
        (lambda i: i.facets[Side.PARTNER, "is"].put(["p1"], np.ones((1, 32), np.float32)), "p1",
         "the indexed vector of 'is' is not the stored one"),
        (lambda i: i.facets[Side.PARTNER, "is"].put(["x"], np.ones((1, 32), np.float32)), "x",
         "a stray vector of 'is'"),
        (lambda i: i.lexical[Side.STARTUP].remove("s1"), "*", "holds 0 documents of 1"),
        (lambda i: i.history.remove("t2"), "t2", "it is held, but not indexed"),
        (lambda i: i.history.put(i.history.ties["t2"].model_copy(update={"b": "p1"}), None), "t2",
         "its facts differ"),
        (lambda i: i.history.put(i.history.ties["t2"].model_copy(update={"id": "t9"}), None), "t9",
         "it is indexed, but not held"),
        (lambda i: i.history.put(i.history.ties["t1"], np.ones(32, np.float32)), "t1",
         "the indexed vector of 'subject' is not the stored one"),
        (lambda i: i.history.put(i.history.ties["t1"], None), "t1", "stored, but not indexed"),
    ],
)  # fmt: skip
def test_whatever_is_wrong_in_a_snapshot(
    filled: Store,
    tiny: Make,
    saved: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Any], object],
    id: str,
    said: str,
) -> None:
    put_into(monkeypatch, spoil)
    seen = found(filled, tiny(), saved)
    assert {(where, one) for where, one, _ in seen} == {("snapshot", id)}
    assert any(said in what for _, _, what in seen)


def test_a_profile_that_is_indexed_but_not_held(
    filled: Store, tiny: Make, saved: Path, monkeypatch: pytest.MonkeyPatch, partner: Make
) -> None:
    def spoil(index: Any) -> None:
        from index.search_index import Entry

        index.put(Entry("ghost", FACTS, "ghost", {"is": np.ones(32, np.float32)}))

    put_into(monkeypatch, spoil)
    assert found(filled, tiny(), saved) == {("snapshot", "ghost", "it is indexed, but not held")}


def test_a_snapshot_that_is_refused_is_a_difference(
    filled: Store, tiny: Make, saved: Path, tmp_path: Path
) -> None:
    (next(saved.iterdir()) / "vectors.npy").write_bytes(b"")
    (difference,) = verify(filled, tiny(), saved).differences
    assert (difference.where, difference.kind) == ("snapshot", "snapshot")
    assert "vectors.npy is not what was written" in difference.what
    shutil.rmtree(saved)


def test_what_changes_meanwhile_is_no_difference(
    filled: Store, tiny: Make, saved: Path, partner: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile is written between the reading of the index and that of the database."""
    encoder, read, number = tiny(), Store.get_many, 0

    def read_after_a_write(store: Store, ids: Any) -> dict[str, Partner]:
        nonlocal number
        number += 1
        if number in {2, 4}:
            Writer(filled, tiny()).put(partner("p1", f"moved {number}", region="KR-11"))
        if number == 6:
            filled.erase("p2")
        return read(store, ids)

    monkeypatch.setattr(Store, "get_many", read_after_a_write)
    assert found(filled, encoder, saved) == set()
    assert number > 6


def test_many_are_compared_in_batches(
    sqlite_store: Store, tiny: Make, partner: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "BATCH", 4)
    Writer(sqlite_store, tiny()).put_many(partner(f"p{n}", f"text {n}") for n in range(10))
    v = tables.vectors
    wrong = np.ones(32, "<f2").tobytes()
    change(sqlite_store, v.update().where(v.c.owner_id.in_(["p0", "p9"])).values(data=wrong))
    assert {id for _, id, _ in found(sqlite_store, tiny())} == {"p0", "p9"}
