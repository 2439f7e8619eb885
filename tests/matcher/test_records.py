"""Tests that what a matchmaker has read is kept until anything is written, and no longer."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from matcher import records
from matcher.records import Records


@pytest.fixture
def asked(world: SimpleNamespace, make: Any, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The ids that the store is asked for."""
    world.writer.put_many([make.partner(f"p{n}") for n in range(4)])
    asked: list[list[str]] = []
    read = world.store.get_many

    def get_many(ids: Any) -> Any:
        asked.append(sorted(ids))
        return read(ids)

    monkeypatch.setattr(world.store, "get_many", get_many)
    return asked


def test_each_profile_is_read_once(world: SimpleNamespace, asked: list[list[str]]) -> None:
    held = Records(world.store)
    assert set(held.profiles(["p0", "p1", "x"], 4)) == {"p0", "p1"}
    assert set(held.profiles(["p1", "p2"], 4)) == {"p1", "p2"}
    assert held.profiles(["p2"], 4)["p2"] == world.store.get("p2")
    assert asked[:2] == [["p0", "p1", "x"], ["p2"]]


def test_a_write_makes_it_read_again(
    world: SimpleNamespace, make: Any, asked: list[list[str]]
) -> None:
    held = Records(world.store)
    held.profiles(["p0"], 4)
    seq = world.writer.put(make.partner("p0", region="KR-27"))
    assert held.profiles(["p0"], seq)["p0"].region == "KR-27"
    world.store.erase("p0")
    assert held.profiles(["p0"], world.store.last_seq()) == {}


def test_programmes_are_read_once_for_each_seq(world: SimpleNamespace, make: Any) -> None:
    held = Records(world.store)
    assert held.programmes(0) == []
    seq = world.store.put_programmes([make.programme()])
    assert held.programmes(0) == []
    assert held.programmes(seq) == [make.programme()]


def test_what_is_kept_is_bounded(
    world: SimpleNamespace, asked: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_MOST_KEPT", 2)
    held = Records(world.store)
    held.profiles(["p0", "p1"], 4)
    assert set(held.profiles(["p1", "p2"], 4)) == {"p1", "p2"}
    assert set(held.profiles(["p0", "p1", "p2"], 4)) == {"p0", "p1", "p2"}
    assert len(asked) == 3


def test_traits_and_pairings_are_worked_out_once_for_each_seq(
    world: SimpleNamespace, make: Any, asked: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[str] = []
    monkeypatch.setattr(records, "traits_of", lambda profile: worked.append(profile.id))
    held, history = (
        Records(world.store),
        make.history(
            make.tie("t", "a", "p0", kind="pairing", region="KR-27", valid_from="2020-01-01")
        ),
    )
    first = held.profiles(["p0"], 4)["p0"]
    for profile in (first, first, make.partner("p0", name="another")):
        held.traits(profile)
    assert worked == ["p0", "p0"]  # one that was not read here is not kept
    on, before = date(2021, 1, 1), date(2019, 1, 1)
    assert [tie.id for tie in held.pairings(history, ["p0", "p1"], on, 4)["p0"]] == ["t"]
    assert held.pairings(make.history(), ["p0"], on, 4)["p0"] != []
    assert held.pairings(history, ["p0"], before, 4)["p0"] == []
    assert held.pairings(make.history(), ["p0"], on, 5)["p0"] == []
