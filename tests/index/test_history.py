"""Tests what counts as the past, and how near it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from index import History
from profiles import Tie

MakeTie = Callable[..., Tie]

DAY = date(2020, 6, 15)
BEFORE = date(2020, 6, 14)
EAST = np.array([1, 0], np.float32)
NORTH = np.array([0, 1], np.float32)
BETWEEN = np.array([0.6, 0.8], np.float32)


@pytest.fixture
def past(tie: MakeTie) -> History:
    history = History(2)
    history.put(tie("t1", "s1", "p1", BEFORE, subject="chips"), EAST)
    history.put(tie("t2", "s2", "p1", date(2019, 1, 1), subject="ships"), NORTH)
    history.put(tie("t3", "s2", "p2", date(2019, 1, 1), subject="chips"), EAST)
    history.put(tie("t4", "s1", "p3", subject="both"), BETWEEN)
    history.put(tie("t5", "s3", "p3", BEFORE), None)
    return history


def ids(ties: list[Tie]) -> list[str]:
    return [tie.id for tie in ties]


@pytest.mark.parametrize(
    ("day", "known"),
    [(DAY, True), (date(2020, 6, 15), True), (BEFORE, False), (date(2020, 6, 13), False)],
)
def test_a_deed_counts_strictly_after_its_day(past: History, day: date, known: bool) -> None:
    assert ("t1" in ids(past.of("p1", day))) is known
    assert past.count("p1", day) == 1 + known
    assert ("p1" in past.nearest(EAST[None], 1, day, among=["p1"])) is True
    near = past.similarities(EAST[None], ["p1"], day)["p1"]
    assert (near[1].id, near[0]) == (("t1", 1.0) if known else ("t2", 0.0))
    assert len(past.vectors("p1", day, newest=9)) == 1 + known


def test_a_deed_without_a_date_counts_always(past: History) -> None:
    assert ids(past.of("p3", date(1900, 1, 1))) == ["t4"]


@pytest.mark.parametrize("kind", ["pairing", "conflict"])
def test_pairings_and_conflicts_are_no_deeds(past: History, tie: MakeTie, kind: str) -> None:
    past.put(
        tie("t9", "s9", "p9", BEFORE, kind=kind, region="KR-27", subject="chips"),
        EAST,
    )
    assert past.of("p9", DAY) == []
    assert past.count("p9", DAY) == 0
    assert past.nearest(EAST[None], 9, DAY, among=["p9", "s9"]) == {}
    assert past.similarities(EAST[None], ["p9"], DAY) == {}
    assert past.subjects("p9", DAY)[0] == []
    assert ids(past.between("s9", "p9")) == ["t9"]


def test_what_was_done_with_one_can_be_left_out(past: History) -> None:
    assert ids(past.of("p1", DAY, apart_from="s1")) == ["t2"]
    assert past.of("nobody", DAY) == []


def test_between_gives_both_directions(past: History) -> None:
    assert ids(past.between("s1", "p1")) == ids(past.between("p1", "s1")) == ["t1"]
    assert past.between("s1", "p2") == []


@pytest.mark.parametrize(
    ("day", "valid"),
    [
        (date(2014, 9, 14), False),
        (date(2014, 9, 15), True),
        (date(2015, 9, 15), True),
        (date(2015, 9, 16), False),
    ],
)
def test_a_pairing_holds_within_its_days_and_for_b(tie: MakeTie, day: date, valid: bool) -> None:
    history = History(2)
    first, last = date(2014, 9, 15), date(2015, 9, 15)
    pair = tie("t", "centre", "group", first, kind="pairing", region="KR-27", valid_to=last)
    history.put(pair, None)
    assert (history.pairings("group", day) == [pair]) is valid
    assert history.pairings("centre", day) == []


def test_pairings_come_by_id_and_hold_nothing_else(past: History, tie: MakeTie) -> None:
    for id in ("pb", "pa"):
        past.put(tie(id, "centre", "p1", BEFORE, kind="pairing", region="KR-27"), None)
    assert ids(past.pairings("p1", DAY)) == ["pa", "pb"]


def test_nearest_scores_profiles_by_their_best_subject(past: History) -> None:
    near = past.nearest(np.stack([EAST, NORTH]), 10, DAY, among={"p1", "p2", "p3"})
    assert near == pytest.approx({"p1": 1.0, "p2": 1.0, "p3": 0.8}, abs=1e-3)


def test_nearest_gives_only_those_asked_for(past: History) -> None:
    found = past.nearest(EAST[None], 10, DAY, among=["p3", "nobody"])
    assert found == pytest.approx({"p3": 0.6}, abs=1e-3)
    assert past.nearest(EAST[None], 10, DAY, among=[]) == {}


def test_a_filter_never_hides_a_subject_that_is_further_away(past: History, tie: MakeTie) -> None:
    for n in range(30):
        past.put(tie(f"x{n}", "s1", f"x{n}", BEFORE, subject=f"chips {n}"), EAST)
    found = past.nearest(EAST[None], 1, DAY, among=["p3"])
    assert found == pytest.approx({"p3": 0.6}, abs=1e-3)


def test_nearest_of_nothing_is_nothing(past: History) -> None:
    none = np.empty((0, 2), np.float32)
    assert past.nearest(none, 5, DAY, among=["p1"]) == {}
    assert History(2).nearest(EAST[None], 5, DAY, among=["p1"]) == {}
    assert past.similarities(none, ["p1"], DAY) == {}
    assert History(2).similarities(EAST[None], ["p1"], DAY) == {}


def test_similarity_gives_the_best_of_all_queries_and_its_tie(past: History) -> None:
    near = past.similarities(np.stack([EAST, BETWEEN]), ["p1", "p2", "p3", "nobody"], DAY)
    assert {id: (pytest.approx(s, abs=1e-3), t.id) for id, (s, t) in near.items()} == {
        "p1": (1.0, "t1"),
        "p2": (1.0, "t3"),
        "p3": (1.0, "t4"),
    }


def test_equal_similarity_is_told_by_the_first_tie(past: History, tie: MakeTie) -> None:
    past.put(tie("t0", "s3", "p1", BEFORE, subject="chips"), EAST)
    assert past.similarities(EAST[None], ["p1"], DAY)["p1"][1].id == "t0"


def test_subjects_come_with_their_ties(past: History) -> None:
    ties, vectors = past.subjects("p1", DAY)
    assert ids(ties) == ["t1", "t2"]
    np.testing.assert_array_equal(vectors, [EAST, NORTH])


def test_vectors_are_the_newest_distinct_subjects(past: History, tie: MakeTie) -> None:
    past.put(tie("t6", "s4", "p1", date(2018, 1, 1), subject="chips"), EAST)
    past.put(tie("t7", "s4", "p1", date(2017, 1, 1), subject="both"), BETWEEN)
    np.testing.assert_array_equal(past.vectors("p1", DAY, newest=2), [EAST, NORTH])
    assert len(past.vectors("p1", DAY, newest=9)) == 3
    assert past.vectors("nobody", DAY, newest=9).shape == (0, 2)


def test_ties_of_one_subject_share_its_vector_until_the_last_goes(past: History) -> None:
    assert len(past._subjects) == 3
    past.remove("t1")
    assert len(past._subjects) == 3
    assert past.vector("t1") is None
    assert past.nearest(EAST[None], 9, DAY, among=["p1"]) == {"p1": 0.0}
    past.remove("t3")
    past.remove("t3")
    assert len(past._subjects) == 2
    assert past.nearest(EAST[None], 9, DAY, among=["p2"]) == {}
    assert len(past) == 3


def test_a_tie_that_changed_loses_what_it_was(past: History, tie: MakeTie) -> None:
    past.put(tie("t1", "s1", "p9", BEFORE, subject="ships"), NORTH)
    assert ids(past.of("p1", DAY)) == ["t2"]
    assert ids(past.of("p9", DAY)) == ["t1"]
    assert past.nearest(EAST[None], 9, DAY, among=["p9"]) == {"p9": 0.0}
    past.put(tie("t1", "s1", "p9", BEFORE, kind="conflict"), None)
    assert past.of("p9", DAY) == []
    assert past.vector("t1") is None
