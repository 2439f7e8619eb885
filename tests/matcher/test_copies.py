"""Tests that whoever copies another profile gains nothing by it, and who is no copy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from matcher import FEATURE_NAMES
from matcher.copies import NOT_ITS_OWN_WORD, own_word
from profiles import Partner, Side, rows
from profiles.apart import keep_apart, withdraw_apart

SAID = {
    "summary": "We build autonomous cranes for container terminals. Cameras and radar find the "
    "corners of each box, and the crane sets it down within two centimetres. Lorries wait half as "
    "long, and nobody stands under a swinging load.",
    "offering": "A terminal in Busan where startups may try their machines at night, and engineers "
    "who know the harbour's rules, its tides and the people at its customs office.",
}
OTHER = {"summary": "A bakery that sells bread of rye, cakes and coffee in three small towns."}
ASKS = {"summary": "We make radar sensors for cranes in harbours.", "sectors": ["robotics"]}
START = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Put the clock of the store forward."""
    at = [START]
    monkeypatch.setattr(rows, "now", lambda: at[0])

    def forward(by: timedelta) -> None:
        at[0] += by

    return forward


def scores(world: SimpleNamespace, make: Any) -> dict[str, float]:
    found = world.matchmaker.match(make.startup("asks", **ASKS))
    return {match.profile.id: match.score for match in found.matches}


def notes(world: SimpleNamespace, make: Any) -> list[str]:
    return [note.en for note in world.matchmaker.match(make.startup("asks", **ASKS)).notes]


def put(world: SimpleNamespace, profile: Any, by: str = "public form") -> None:
    world.writer.put(profile, by=by)


@pytest.mark.parametrize("later", [timedelta(seconds=1), timedelta(days=9)])
def test_a_copy_counts_nothing_and_staff_are_told(
    world: SimpleNamespace, make: Any, clock: Any, later: timedelta
) -> None:
    put(world, make.partner("z-first", **SAID, sectors=["robotics"]))
    alone = scores(world, make)
    clock(later)
    put(world, make.partner("a-copy", **SAID, sectors=["robotics"]))
    found = scores(world, make)
    assert found["a-copy"] == 0
    assert found["z-first"] == pytest.approx(alone["z-first"], rel=0.1)  # words are less rare now
    assert alone["z-first"] > 2
    (note,) = notes(world, make)
    assert note.startswith("a-copy says almost word for word what z-first has said for longer")
    found = world.matchmaker.match(make.startup("asks", **ASKS), 1_000, as_of=START.date())
    assert [one.profile.id for one in found.matches] == ["z-first", "a-copy"]


def test_who_copied_is_told_by_when_the_words_came_not_by_when_the_profile_came(
    world: SimpleNamespace, make: Any, clock: Any
) -> None:
    put(world, make.partner("early", **OTHER))
    clock(timedelta(days=1))
    put(world, make.partner("late", **SAID))
    clock(timedelta(days=1))
    put(world, make.partner("early", **SAID))  # an old profile takes the words over
    assert scores(world, make)["early"] == 0
    clock(timedelta(days=1))
    first = {**SAID, "offering": SAID["offering"] + " We also lend spare parts."}
    put(world, make.partner("late", **first))  # who had them first may go on writing
    assert scores(world, make)["early"] == 0


@pytest.mark.parametrize(
    ("change", "is_copy"),
    [
        (lambda text: " ".join(w for n, w in enumerate(text.split()) if n % 4 != 3), True),
        (lambda text: f"{text} {OTHER['summary']}", True),
        (lambda text: text.upper(), True),
        (lambda text: " ".join(reversed(text.split())), True),
        (lambda text: " ".join(text.split()[: len(text.split()) // 2]) + OTHER["summary"], False),
    ],
)
def test_small_changes_do_not_hide_a_copy(
    world: SimpleNamespace, make: Any, clock: Any, change: Callable[[str], str], is_copy: bool
) -> None:
    put(world, make.partner("first", **SAID))
    clock(timedelta(days=1))
    put(world, make.partner("copy", **{name: change(text) for name, text in SAID.items()}))
    assert (scores(world, make)["copy"] == 0) is is_copy
    assert bool(notes(world, make)) is is_copy


def test_staff_say_that_both_are_right(world: SimpleNamespace, make: Any, clock: Any) -> None:
    put(world, make.partner("first", **SAID))
    clock(timedelta(days=1))
    put(world, make.partner("second", **SAID))
    keep_apart(world.store, "first", "second")
    assert min(scores(world, make).values()) > 0
    assert not notes(world, make)
    withdraw_apart(world.store, "first", "second")
    assert scores(world, make)["second"] == 0


@pytest.mark.parametrize(
    ("by", "later", "counts"),
    [
        ("import", timedelta(minutes=59), True),
        ("import", timedelta(minutes=61), False),
        ("public form", timedelta(minutes=1), False),
        ("public API", timedelta(minutes=1), False),
    ],
)
def test_what_one_import_brings_is_no_copy(
    world: SimpleNamespace, make: Any, clock: Any, by: str, later: timedelta, counts: bool
) -> None:
    put(world, make.partner("first", **SAID), by=by)
    clock(later)
    put(world, make.partner("second", **SAID), by=by)
    assert (scores(world, make)["second"] > 0) is counts


def test_short_texts_may_be_alike(world: SimpleNamespace, make: Any, clock: Any) -> None:
    put(world, make.partner("first", summary="Radar sensors for cranes."))
    clock(timedelta(days=1))
    put(world, make.partner("second", summary="Radar sensors for cranes."))
    assert scores(world, make)["second"] > 0


def test_what_others_recorded_of_a_copy_counts(
    world: SimpleNamespace, make: Any, clock: Any
) -> None:
    put(world, make.partner("first", **SAID))
    clock(timedelta(days=1))
    put(world, make.partner("copy", **SAID))
    put(world, make.startup("x"))
    world.writer.put_ties([make.tie(a="x", b="copy", subject="Radar sensors for cranes.")])
    (copy,) = [
        match
        for match in world.matchmaker.match(make.startup("asks", **ASKS)).matches
        if match.profile.id == "copy"
    ]
    told = {one.feature for one in copy.contributions}
    assert "history" in told
    assert told <= NOT_ITS_OWN_WORD[Side.PARTNER]
    assert copy.score == sum(one.points for one in copy.contributions)


def test_many_copies_do_not_fill_the_list(world: SimpleNamespace, make: Any, clock: Any) -> None:
    """The first ten are looked at again as often as copies leave them."""
    put(world, make.partner("first", **SAID))
    world.writer.put_many([
        make.partner(f"honest{n}", summary=f"Cranes and radar in harbour number {n}.")
        for n in range(9)
    ])
    clock(timedelta(days=1))
    world.writer.put_many([make.partner(f"a{n:02d}", **SAID) for n in range(40)], by="public API")
    found = [match.profile.id for match in world.matchmaker.match(make.startup(**ASKS)).matches]
    assert len(found) == 10
    assert "first" in found
    assert not [id for id in found if id.startswith("a")]


def test_a_startup_that_copies_another_gains_nothing_on_the_list_of_a_partner(
    world: SimpleNamespace, make: Any, clock: Any
) -> None:
    asks: Partner = make.partner("asks", seeking="Cranes for container terminals.")
    put(world, make.startup("first", **SAID))
    clock(timedelta(days=1))
    put(world, make.startup("copy", **SAID))
    found = {match.profile.id: match.score for match in world.matchmaker.match(asks).matches}
    assert found["copy"] == 0 < found["first"]


def test_no_two_of_the_catalogue_are_copies(catalogue: SimpleNamespace) -> None:
    for startup in catalogue.startups:
        found = catalogue.matchmaker.match(startup, 1_000)
        assert not [note for note in found.notes if "word for word" in note.en]


def test_what_a_copy_says_of_itself_are_all_features_but_those_of_others() -> None:
    for side, others in NOT_ITS_OWN_WORD.items():
        assert others < set(FEATURE_NAMES)
        assert {FEATURE_NAMES[column] for column in own_word(side)} == {*FEATURE_NAMES} - others
