"""Tests what counts as the past, and how near it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from index import History, LexicalIndex
from index.columns import Roster
from index.nearness import DAMPING
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


def near(
    history: History, queries: np.ndarray, day: date, among: list[str], text: str = ""
) -> dict[str, tuple[float, float, float]]:
    """What is known of each: greatest cosine, damped sum of cosines, damped sum of BM25."""
    roster = history._roster
    found = history.near(queries, text, day, among=roster.mask(among)).of(np.arange(len(roster)))
    columns = (found.nearest, found.cosines, found.words)
    known = {
        id: [float(c[roster.number(id)]) for c in columns] for id in among if id in held(roster)
    }
    return {id: tuple(values) for id, values in known.items() if values[0] == values[0]}


def held(roster: Roster) -> set[str]:
    return set(roster.ids(range(len(roster))))


def greatest(
    history: History, queries: np.ndarray, day: date, among: list[str]
) -> dict[str, float]:
    return {id: values[0] for id, values in near(history, queries, day, among).items()}


def nearest_ties(
    history: History, queries: np.ndarray, ids: list[str], day: date
) -> list[str | None]:
    numbers = history._roster.numbers(ids)
    return [tie and tie.id for tie in history.nearest_ties(queries, numbers, day)]


def ids(ties: list[Tie]) -> list[str]:
    return [tie.id for tie in ties]


@pytest.mark.parametrize(
    ("day", "known"),
    [(DAY, True), (date(2020, 6, 15), True), (BEFORE, False), (date(2020, 6, 13), False)],
)
def test_a_deed_counts_strictly_after_its_day(past: History, day: date, known: bool) -> None:
    assert ("t1" in ids(past.of("p1", day))) is known
    assert past.count("p1", day) == 1 + known
    assert greatest(past, EAST[None], day, ["p1"]) == {"p1": 1.0 if known else 0.0}
    assert nearest_ties(past, EAST[None], ["p1"], day) == ["t1" if known else "t2"]
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
    assert near(past, EAST[None], DAY, ["p9", "s9"]) == {}
    assert nearest_ties(past, EAST[None], ["p9"], DAY) == [None]
    assert past.texts("p9", DAY, newest=9) == []
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


def test_profiles_are_as_near_as_their_best_subject(past: History) -> None:
    found = greatest(past, np.stack([EAST, NORTH]), DAY, ["p1", "p2", "p3"])
    assert found == pytest.approx({"p1": 1.0, "p2": 1.0, "p3": 0.8})


def test_further_subjects_add_less_and_less(past: History, tie: MakeTie) -> None:
    past.put(tie("t6", "s4", "p1", BEFORE, subject="both"), BETWEEN)
    found = near(past, EAST[None], DAY, ["p1", "p2"])
    assert found["p1"][1] == pytest.approx(1 + DAMPING * 0.6)
    assert found["p2"][1] == pytest.approx(1)


def test_the_mean_the_three_nearest_and_the_one_of_most_words(past: History, tie: MakeTie) -> None:
    for n, (vector, text) in enumerate([(BETWEEN, "both"), (EAST, "chips too"), (-EAST, "no")]):
        past.put(tie(f"t6{n}", "s4", "p1", BEFORE, subject=text), vector)
    found = past.near(EAST[None], "chips", DAY).of(past._roster.numbers(["p1", "p2", "s4"]))
    assert found.mean == pytest.approx([(1 + 1 + 0.6) / 5, 1, (1 + 0.6) / 3])
    assert found.foremost == pytest.approx([(1 + 1 + 0.6) / 3, 1 / 3, (1 + 0.6) / 3])
    words = found.words[:2]
    assert found.word[1] == words[1]
    assert 0 < found.word[0] < words[0]


def test_records_count_ties_and_name_the_newest_day(past: History, tie: MakeTie) -> None:
    counts, newest = past.records(["p1", "p2", "p3", "nobody"], DAY)
    assert counts.tolist() == [2, 1, 2, 0]
    days = [BEFORE, date(2019, 1, 1), BEFORE]
    assert newest.tolist() == [*(day.toordinal() for day in days), 0]
    past.remove("t5")
    assert past.records(["p3"], DAY)[1].tolist() == [0]  # what is left has no date
    assert past.records(["p2"], date(2019, 1, 1))[0].tolist() == [0]


def test_a_subject_counts_once_however_many_ties_share_it(past: History, tie: MakeTie) -> None:
    once = near(past, EAST[None], DAY, ["p1"], "chips")
    past.put(tie("t6", "s9", "p1", BEFORE, subject="chips"), EAST)
    assert near(past, EAST[None], DAY, ["p1"], "chips") == once


def test_cosines_below_zero_take_nothing_away(past: History) -> None:
    found = near(past, -EAST[None], DAY, ["p1", "p3"])
    assert found["p3"][:2] == pytest.approx((-0.6, 0.0))
    assert found["p1"][:2] == pytest.approx((0.0, 0.0))


def test_words_of_subjects_are_found(past: History) -> None:
    found = near(past, EAST[None], DAY, ["p1", "p2", "p3"], "we make chips")
    assert found["p1"][2] == pytest.approx(found["p2"][2])
    assert found["p1"][2] > 0 == found["p3"][2]


def test_words_are_scored_as_if_later_subjects_were_not_there(past: History, tie: MakeTie) -> None:
    before = near(past, EAST[None], DAY, ["p1", "p2", "p3"], "chips and ships")
    for n in range(20):
        later = date(2020, 6, 15 + n % 3)
        past.put(tie(f"x{n}", f"x{n}", "p2", later, subject=f"chips {n}"), EAST)
    assert near(past, EAST[None], DAY, ["p1", "p2", "p3"], "chips and ships") == before


def test_only_those_asked_for_are_near(past: History) -> None:
    assert greatest(past, EAST[None], DAY, ["p3", "nobody"]) == pytest.approx({"p3": 0.6})
    assert greatest(past, EAST[None], DAY, []) == {}


def test_nothing_is_near_to_nothing(past: History) -> None:
    assert near(History(2), EAST[None], DAY, ["p1"]) == {}
    assert past.nearest_ties(EAST[None], np.empty(0, np.int64), DAY) == []


def test_the_nearest_tie_is_of_the_best_subject_for_any_query(past: History) -> None:
    asked = np.stack([EAST, BETWEEN])
    assert nearest_ties(past, asked, ["p1", "p2", "p3"], DAY) == ["t1", "t3", "t4"]


def test_equal_subjects_are_told_by_the_first_tie(past: History, tie: MakeTie) -> None:
    past.put(tie("t0", "s3", "p1", BEFORE, subject="chips"), EAST)
    assert nearest_ties(past, EAST[None], ["p1"], DAY) == ["t0"]
    past.put(tie("a0", "s3", "p1", BEFORE, subject="chips too"), EAST)
    assert nearest_ties(past, EAST[None], ["p1"], DAY) == ["a0"]
    past.put(tie("a", "s3", "p1", DAY, subject="chips"), EAST)
    assert nearest_ties(past, EAST[None], ["p1"], DAY) == ["a0"]


def test_from_the_other_end_a_pair_is_as_near(past: History, tie: MakeTie) -> None:
    """What a startup finds of a partner's past, the partner finds of the startup."""
    past.put(tie("t6", "s4", "p1", BEFORE, subject="ships, chips and more ships"), BETWEEN)
    past.put(tie("t7", "s4", "p2", DAY, subject="chips"), EAST)
    texts = {"a": "chips chips for ships", "b": "ships", "c": "games"}
    vectors = {"a": EAST, "b": NORTH, "c": BETWEEN}
    documents = LexicalIndex(texts, roster=past._roster, vocabulary=past._subjects.vocabulary)
    numbers = past._roster.numbers(texts)
    stacked = [np.stack(list(vectors.values()))]
    for partner in ("p1", "p2", "p3"):
        back = past.near_to(partner, stacked, documents, numbers, DAY)
        for place, id in enumerate(texts):
            there = near(past, vectors[id][None], DAY, [partner], texts[id])[partner]
            found = [c[place] for c in (back.nearest, back.cosines, back.words)]
            assert found == pytest.approx(there, rel=1e-5)
            number = np.array([past._roster.number(partner)])
            whole = past.near(vectors[id][None], texts[id], DAY).of(number)
            for name in ("mean", "foremost", "word"):
                expected = getattr(whole, name)[0]
                assert getattr(back, name)[place] == pytest.approx(expected, rel=1e-5)
        told = past.nearest_ties_to(partner, stacked, numbers, DAY)
        ties = [nearest_ties(past, vectors[id][None], [partner], DAY)[0] for id in texts]
        assert [tie and tie.id for tie in told] == ties


def test_from_the_other_end_nobody_without_a_past_is_near(past: History) -> None:
    documents = LexicalIndex(
        {"a": "chips"}, roster=past._roster, vocabulary=past._subjects.vocabulary
    )
    numbers = past._roster.numbers(["a"])
    back = past.near_to("s5", [EAST[None]], documents, numbers, DAY)
    assert np.isnan([back.nearest, back.cosines, back.words]).all()
    assert past.nearest_ties_to("s5", [EAST[None]], numbers, DAY) == [None]


def test_what_two_did_with_each_other_is_no_evidence_from_elsewhere(
    past: History, tie: MakeTie
) -> None:
    """p1 did chips with s1 alone until another did them too; p2 and p3 stay as they are."""
    partners = ["p1", "p2", "p3"]

    def from_s1() -> dict[str, list[float]]:
        numbers = past._roster.numbers(partners)
        found = past.near(EAST[None], "chips", DAY, apart_from="s1").of(numbers)
        columns = (found.nearest, found.cosines, found.words)
        return {id: [float(c[n]) for c in columns] for n, id in enumerate(partners)}

    def ties_from_s1() -> list[str | None]:
        numbers = past._roster.numbers(partners)
        told = past.nearest_ties(EAST[None], numbers, DAY, apart_from="s1")
        return [tie and tie.id for tie in told]

    everything = near(past, EAST[None], DAY, partners, "chips")
    assert everything["p1"][0] == 1.0
    assert everything["p3"][0] == pytest.approx(0.6)
    assert from_s1()["p1"] == [0.0, 0.0, 0.0]
    assert from_s1()["p2"] == pytest.approx(everything["p2"])
    assert np.isnan(from_s1()["p3"]).all()
    assert ties_from_s1() == ["t2", "t3", None]

    past.put(tie("t9", "s9", "p1", BEFORE, subject="chips"), EAST)
    everything = near(past, EAST[None], DAY, partners, "chips")
    assert from_s1()["p1"] == pytest.approx(everything["p1"])
    assert ties_from_s1() == ["t9", "t3", None]


def test_from_the_other_end_what_two_did_with_each_other_does_not_count(
    past: History, tie: MakeTie
) -> None:
    past.put(tie("t9", "s2", "p1", DAY, subject="chips"), EAST)
    texts = {"s1": "chips", "s2": "chips", "s8": "chips"}
    documents = LexicalIndex(texts, roster=past._roster, vocabulary=past._subjects.vocabulary)
    numbers, vectors = past._roster.numbers(texts), [np.stack([EAST, EAST, EAST])]

    def told(partner: str) -> list[str | None]:
        found = past.nearest_ties_to(partner, vectors, numbers, DAY)
        return [tie and tie.id for tie in found]

    back = past.near_to("p1", vectors, documents, numbers, DAY)
    assert back.nearest.tolist() == [0.0, 1.0, 1.0]
    assert back.cosines.tolist() == [0.0, 1.0, 1.0]
    assert back.words[0] == 0.0 < back.words[2]
    assert told("p1") == ["t2", "t1", "t1"]
    alone = past.near_to("p3", vectors, documents, numbers, DAY)
    assert np.isnan([alone.nearest[0], alone.cosines[0], alone.words[0]]).all()
    assert told("p3") == [None, "t4", "t4"]
    past.put(tie("t0", "s8", "p1", BEFORE, subject="chips"), EAST)
    assert told("p1") == ["t0", "t0", "t1"]


def test_vectors_are_the_newest_distinct_subjects(past: History, tie: MakeTie) -> None:
    past.put(tie("t6", "s4", "p1", date(2018, 1, 1), subject="chips"), EAST)
    past.put(tie("t7", "s4", "p1", date(2017, 1, 1), subject="both"), BETWEEN)
    np.testing.assert_array_equal(past.vectors("p1", DAY, newest=2), [EAST, NORTH])
    assert len(past.vectors("p1", DAY, newest=9)) == 3
    assert past.vectors("nobody", DAY, newest=9).shape == (0, 2)
    assert past.texts("p1", DAY, newest=2) == ["chips", "ships"]


def test_ties_of_one_subject_share_its_vector_until_the_last_goes(past: History) -> None:
    assert len(past._subjects) == 3
    past.remove("t1")
    assert len(past._subjects) == 3
    assert past.vector("t1") is None
    assert greatest(past, EAST[None], DAY, ["p1"]) == {"p1": 0.0}
    past.remove("t3")
    past.remove("t3")
    assert len(past._subjects) == 2
    assert greatest(past, EAST[None], DAY, ["p2"]) == {}
    assert len(past) == 3


def test_a_tie_that_changed_loses_what_it_was(past: History, tie: MakeTie) -> None:
    past.put(tie("t1", "s1", "p9", BEFORE, subject="ships"), NORTH)
    assert ids(past.of("p1", DAY)) == ["t2"]
    assert ids(past.of("p9", DAY)) == ["t1"]
    assert greatest(past, EAST[None], DAY, ["p9"]) == {"p9": 0.0}
    past.put(tie("t1", "s1", "p9", BEFORE, kind="conflict"), None)
    assert past.of("p9", DAY) == []
    assert past.vector("t1") is None


def test_what_was_removed_leaves_no_room_taken(
    tie: MakeTie, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers are given anew, and what is left is found as in a history that never held more."""
    monkeypatch.setattr("index.subjects._FEWEST_DEAD_ROWS", 8)
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(60, 2)).astype(np.float32)
    ties = [
        tie(f"t{n:02}", f"s{n % 7}", f"p{n % 5}", BEFORE, subject=f"word{n % 9} thing{n // 2}")
        for n in range(60)
    ]
    past, fresh = History(2), History(2)
    for n, one in enumerate(ties):
        past.put(one, vectors[n // 2])
        if n >= 45:
            fresh.put(one, vectors[n // 2])
    for one in ties[:45]:
        past.remove(one.id)
    assert len(past._subjects._vectors) < 2 * len(past._subjects) + 8
    everyone = sorted(held(fresh._roster))
    asked = "word1 word2 thing25 thing29"
    assert near(past, EAST[None], DAY, everyone, asked) == near(
        fresh, EAST[None], DAY, everyone, asked
    )
    assert nearest_ties(past, EAST[None], everyone, DAY) == nearest_ties(
        fresh, EAST[None], everyone, DAY
    )
