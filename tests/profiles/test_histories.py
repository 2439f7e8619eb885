"""Tests of histories and ties that are read part by part, each on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest

from profiles import Partner, Startup, Store, Tie, UnknownId, Vectors, Verdict, histories, validate
from profiles.histories import HistoryPage, history_page
from profiles.merging import merge
from profiles.privacy import held
from profiles.unmerging import unmerge


def no_vectors(_: Any) -> Vectors:
    return Vectors("e")


def put(store: Store, *profiles: Startup | Partner, by: str = "kim") -> None:
    store.put_many([(one, no_vectors(one)) for one in profiles], by=by)


def startup(id: str, **fields: Any) -> Startup:
    return validate(Startup, {"id": id, "name": id, "summary": "s", **fields})


def tie(store: Store, id: str, a: str, b: str, **fields: Any) -> None:
    made = validate(Tie, {"id": id, "kind": "pilot", "a": a, "b": b, **fields})
    store.put_ties([(made, no_vectors(made))])


@pytest.fixture
def known(store: Store) -> Store:
    put(store, startup("s1"), startup("S1"), startup("d"), startup("x_1"))
    for trl in range(1, 5):
        put(store, startup("s1", trl=trl))
    for number in range(7):
        a, b = ("s1", "k1") if number % 2 else ("k1", "s1")
        tie(store, f"t{number}", a, b)
    tie(store, "t1", "s1", "k1", source="https://one.example")
    tie(store, "t8", "s1", "k1")
    tie(store, "t8", "k2", "k1")
    tie(store, "t9", "d", "k2")
    tie(store, "u1", "S1", "k3")
    for query, candidate in (("s1", "k1"), ("k1", "s1"), ("k1", "S1"), ("d", "k9")):
        store.add_verdict(Verdict(query, candidate, "good", '"candidate":"s1"', 1, "m"))
    merge(store, "s1", "d", no_vectors)
    return store


def keys(page: HistoryPage) -> list[tuple[str, str, int]]:
    return [(one.revision.kind, one.revision.id, one.revision.number) for one in page.steps]


def test_a_history_is_all_that_is_held_newest_first(known: Store) -> None:
    page = history_page(known, "startup", "s1", limit=1_000)
    found = held(known, "s1")
    its = (*found.revisions, *found.tie_revisions, *found.verdict_revisions)
    assert sorted(keys(page)) == sorted((one.kind, one.id, one.number) for one in its)
    assert page.total == len(page.steps)
    moments = [one.revision.at for one in page.steps]
    assert moments == sorted(moments, reverse=True)
    assert ("tie", "t8", 1) in keys(page)
    assert ("tie", "t8", 2) not in keys(page)
    assert keys(history_page(known, "startup", "x_1", limit=9)) == [("startup", "x_1", 1)]


@pytest.mark.parametrize("size", [1, 4, 10])
def test_parts_are_the_whole_and_read_no_more_than_they_show(
    known: Store, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = history_page(known, "startup", "s1", limit=1_000)
    read: list[Any] = []
    parse = histories.read_revision

    def noted(row: Any) -> Any:
        read.append(row)
        return parse(row)

    monkeypatch.setattr(histories, "read_revision", noted)
    parts: list[Any] = []
    for offset in range(0, whole.total + size, size):
        read.clear()
        part = history_page(known, "startup", "s1", offset=offset, limit=size)
        assert part.total == whole.total
        assert len(read) <= 3 * size
        parts += part.steps
    assert tuple(parts) == whole.steps


def test_what_came_back_by_an_undoing_is_compared_with_what_was_merged(known: Store) -> None:
    unmerge(known, 1, no_vectors)
    back, gone, first = history_page(known, "startup", "d", limit=99).steps[:1] + tuple(
        one
        for one in history_page(known, "startup", "d", limit=99).steps
        if one.revision.kind == "startup" and one.revision.number < 3
    )
    assert (back.revision.number, back.changes) == (3, ())
    assert gone.revision.merged_into == "s1"
    assert {change.field for change in first.changes} == {"id", "name", "summary"}


def test_each_kind_has_its_own_history(known: Store) -> None:
    tie(known, "s1", "k1", "k2")
    assert keys(history_page(known, "tie", "s1", limit=9)) == [("tie", "s1", 1)]
    assert ("tie", "s1", 1) not in keys(history_page(known, "startup", "s1", limit=99))
    assert [one.changes[0].after for one in history_page(known, "tie", "t1", limit=1).steps] == [
        "https://one.example"
    ]
    for kind, id in (("partner", "s1"), ("startup", "t1"), ("tie", "nobody"), ("tie", "a\0b")):
        with pytest.raises(UnknownId):
            history_page(known, kind, id, limit=9)


@pytest.mark.parametrize("size", [1, 3, 50])
def test_ties_are_read_by_pages(known: Store, size: int) -> None:
    whole = known.ties_page("s1")
    assert known.count_ties_of("s1") == len(whole) == 8
    parts: list[Tie] = []
    after = None
    while part := known.ties_page("s1", after=after, limit=size):
        assert len(part) <= size
        parts += part
        after = part[-1].id
    assert parts == whole
    assert known.ties_page("nobody") == []
