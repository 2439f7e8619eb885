"""Tests what a past leans towards: its middle and its areas, the same from both ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from index import History
from index.areas import Areas
from index.leanings import Leanings
from index.nearness import DAMPING
from profiles import Tie

MakeTie = Callable[..., Tie]

DAY = date(2020, 6, 15)
BEFORE = date(2020, 6, 14)
EAST = np.array([1, 0], np.float32)
NORTH = np.array([0, 1], np.float32)
AREAS = Areas("any", np.zeros(2), np.eye(2))
ALONG = Areas("any", np.zeros(2), np.array([[1.0], [0.0]]))
"""One direction alone: all that lies east is one area."""


@pytest.fixture
def past(tie: MakeTie) -> History:
    """p1 did three things, p2 one, p3 one with another partner alone, p4 one with s1 alone."""
    history = History(2)
    history.put(tie("t1", "s2", "p1", BEFORE, subject="chips"), EAST)
    history.put(tie("t2", "s2", "p1", BEFORE, subject="ships"), NORTH)
    history.put(tie("t3", "s3", "p1", BEFORE, subject="more chips"), EAST)
    history.put(tie("t4", "s3", "p2", BEFORE, subject="chips"), EAST)
    history.put(tie("t5", "p3", "p2", BEFORE, subject="planes"), NORTH)
    history.put(tie("t6", "s1", "p4", BEFORE, subject="trains"), EAST)
    history.put(tie("t7", "s2", "p4", DAY, subject="cars"), EAST)
    return history


def leaning(
    history: History,
    sought: np.ndarray,
    ids: list[str],
    asking: str = "s9",
    areas: Areas | None = AREAS,
) -> Leanings:
    """What is told of partners where one startup seeks, having held it against each of them."""
    roster = history._roster
    for id in (asking, *ids):
        roster.hold(id)
    startups = roster.mask(id for id in roster.ids(range(len(roster))) if id.startswith("s"))
    more: dict[str, Any] = {"startups": startups, "areas": areas}
    one = history.leanings(sought, roster.numbers(ids), DAY, apart_from=asking, **more)
    asker = roster.numbers([asking])
    back = [history.leanings_to(id, sought[None], asker, DAY, **more) for id in ids]
    for name in ("focus", "area"):
        other = np.concatenate([getattr(each, name) for each in back])
        assert np.array_equal(getattr(one, name), other, equal_nan=True)
    return one


def test_focus_is_the_cosine_with_the_middle(past: History) -> None:
    found = leaning(past, EAST, ["p1", "p2", "p3"]).focus
    assert found[0] == pytest.approx(2 / 5**0.5)
    assert found[1] == pytest.approx(2 / 3 * 0.5**0.5)
    assert found[2] == 0


def test_area_adds_up_what_was_done_with_startups(past: History) -> None:
    found = leaning(past, EAST, ["p1", "p2", "p3"]).area
    assert found[:2] == pytest.approx([1 + DAMPING, 1.0])
    assert np.isnan(found[2])  # the planes were built without a startup


def test_what_lies_in_one_area_is_the_same_there(past: History) -> None:
    between = np.array([0.6, 0.8], np.float32)
    assert leaning(past, between, ["p2"], areas=ALONG).area == pytest.approx([1.0])
    assert leaning(past, -between, ["p2"], areas=ALONG).area == pytest.approx([0.0])


def test_without_areas_only_they_are_unknown(past: History) -> None:
    found = leaning(past, EAST, ["p1"], areas=None)
    assert np.isnan(found.area).all()
    assert found.focus[0] > 0


def test_what_lies_away_counts_nothing(past: History) -> None:
    assert leaning(past, -EAST, ["p1"]).focus == [0]


def test_nothing_is_told_of_a_later_day_or_of_the_two_alone(past: History) -> None:
    assert np.isnan(leaning(past, EAST, ["p4"], asking="s1").focus).all()
    assert leaning(past, EAST, ["p4"]).focus == pytest.approx([1 / 3])
    assert np.isnan(leaning(past, EAST, ["p9"]).focus).all()


def test_a_subject_shared_with_others_counts(past: History) -> None:
    assert leaning(past, EAST, ["p1"], asking="s3").area == pytest.approx([1.0])
    past.put(past.ties["t3"].model_copy(update={"id": "t8", "a": "s4"}), EAST)
    assert leaning(past, EAST, ["p1"], asking="s3").area == pytest.approx([1 + DAMPING])


def test_where_nothing_is_sought_nothing_is_known(past: History) -> None:
    roster = past._roster
    sought = np.array([[np.nan, np.nan], EAST], np.float32)
    startups = roster.mask(["s1", "s2", "s3"])
    asked = roster.numbers(["s1", "s2"])
    found = past.leanings_to("p2", sought, asked, DAY, startups=startups, areas=AREAS)
    assert [np.isnan(v).tolist() for v in (found.focus, found.area)] == [[True, False]] * 2


def test_the_order_of_writing_is_not_seen(past: History) -> None:
    other = History(2)
    for id in sorted(past.ties, reverse=True):
        vector = past.vector(id)
        assert vector is not None
        other.put(past.ties[id], vector)
    sought = np.array([0.123, 0.456], np.float32)
    one, two = (leaning(h, sought, ["p1", "p2"]) for h in (past, other))
    assert one.focus.tolist() == two.focus.tolist()
    assert one.area.tolist() == two.area.tolist()
