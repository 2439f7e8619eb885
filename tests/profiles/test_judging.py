"""Rounds of judging in the store, each on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import func, select

from profiles import (
    InvalidRecord,
    Partner,
    Startup,
    Store,
    Vectors,
    tables,
    validate,
)
from profiles.backup import back_up
from profiles.consistency import faults
from profiles.database import alembic_config, reading, writing
from profiles.judgements import JudgingError, newest
from profiles.judges import erase_judge, held_of_judge
from profiles.judging import (
    MOST_PAIRS,
    close_round,
    judge_pair,
    known_judge,
    open_round,
    read_pairs,
    rounds,
    settle_pair,
)
from profiles.merging import merge
from profiles.privacy import erase, held
from profiles.remains import owners
from profiles.restoring import restore
from profiles.unmerging import unmerge

NOTE = "이 파트너는 예전에 비슷한 회사와 실증을 한 적이 있습니다"
PAIRS = {
    ("s1", "p1"): {"dari": 1, "bm25": 2},
    ("s1", "p2"): {"dari": 2},
    ("s2", "p1"): {"bm25": 1},
    ("s2", "p2"): {"dari": 1},
}


def vectors_of(_record: Any) -> Vectors:
    return Vectors("e/p1")


@pytest.fixture
def known(store: Store) -> Store:
    """Two startups and two partners in one round `r`, for two judges a pair."""
    profiles = [validate(Startup, {"id": f"s{n}", "name": f"S{n}", "summary": "x"}) for n in (1, 2)]
    others = [validate(Partner, {"id": f"p{n}", "name": f"P{n}"}) for n in (1, 2)]
    store.put_many([(one, Vectors("e/p1")) for one in (*profiles, *others)])
    open_round(store, "r", PAIRS, judges=2, depth=5, instructions=" Mind the year. ", by="Kim")
    return store


def number(store: Store, startup: str, partner: str, name: str = "r") -> int:
    pairs = read_pairs(store, name)[1]
    return next(one.id for one in pairs if (one.startup, one.partner) == (startup, partner))


def said(store: Store, name: str = "r") -> dict[tuple[str, str, str], int | None]:
    """(startup, partner, judge) → the grade that counts."""
    _, pairs, given = read_pairs(store, name)
    of = {one.id: (one.startup, one.partner) for one in pairs}
    return {(*of[pair], judge): one.grade for (pair, _, judge), one in newest(given).items()}


def content(store: Store) -> str:
    with reading(store.engine) as connection:
        return repr([
            tuple(row)
            for table in tables.metadata.sorted_tables
            for row in connection.execute(select(table))
        ])


def test_a_round_is_kept_as_it_was_opened(known: Store) -> None:
    (found,) = rounds(known)
    assert (found.name, found.judges, found.depth, found.opened_by) == ("r", 2, 5, "Kim")
    assert found.instructions == "Mind the year."
    assert found.systems == ("bm25", "dari")
    assert found.is_open
    pairs = read_pairs(known, "r")[1]
    assert {(one.startup, one.partner): one.systems for one in pairs} == PAIRS
    assert [one.id for one in pairs] == sorted(number(known, *pair) for pair in sorted(PAIRS))
    logged = {(c.kind, c.id) for c in known.changes_after(0) if c.kind == "judgement"}
    assert logged == {("judgement", "s1"), ("judgement", "s2")}


def test_rounds_that_cannot_be_opened(known: Store) -> None:
    cases: list[tuple[str, Any, Any, str]] = [
        ("r", PAIRS, {}, "already"),
        ("a b", PAIRS, {}, "stands in addresses"),
        ("a/b", PAIRS, {}, "slashes"),
        ("..", PAIRS, {}, "stands in addresses"),
        ("<script>", PAIRS, {}, "stands in addresses"),
        ("x" * 201, PAIRS, {}, "stands in addresses"),
        ("\x00", PAIRS, {}, "stands in addresses"),
        ("n", {}, {}, "0"),
        ("n", {("s1", str(n)): {} for n in range(MOST_PAIRS + 1)}, {}, "5,000"),
        ("n", PAIRS, {"judges": 4}, "judges"),
        ("n", PAIRS, {"judges": 0}, "judges"),
        ("n", PAIRS, {"depth": 0}, "depth"),
        ("n", PAIRS, {"instructions": "x" * 5_001}, "instructions"),
    ]
    for name, pairs, more, said in cases:
        with pytest.raises(InvalidRecord, match=said):
            open_round(known, name, pairs, **{"judges": 2, "depth": 1, **more})
    assert [one.name for one in rounds(known)] == ["r"]


def test_a_round_holds_startups_and_partners_that_are_there(known: Store) -> None:
    for pair in (("s9", "p1"), ("p1", "s1"), ("s1", "s2"), ("s1", "p\x00")):
        with pytest.raises(JudgingError, match="is held"):
            open_round(known, "n", {**PAIRS, pair: {"x": 1}}, judges=1, depth=1)
    assert [one.name for one in rounds(known)] == ["r"]


def test_the_newest_judgement_counts_and_none_is_lost(known: Store) -> None:
    pair = number(known, "s1", "p1")
    first = judge_pair(known, pair, "Kim", grade=1, note=NOTE)
    assert (first.before, first.met) == (None, False)
    second = judge_pair(known, pair, "Kim", grade=3, seen=first.judgement.id)
    assert (second.before, second.met) == (first.judgement, False)
    judge_pair(known, pair, "Lee", grade=0)
    assert said(known) == {("s1", "p1", "Kim"): 3, ("s1", "p1", "Lee"): 0}
    given = read_pairs(known, "r")[2]
    assert [(one.judge, one.grade, one.note) for one in given] == [
        ("Kim", 1, NOTE),
        ("Kim", 3, ""),
        ("Lee", 0, ""),
    ]


def test_what_another_tab_has_kept_meanwhile_is_named(known: Store) -> None:
    pair = number(known, "s1", "p1")
    judge_pair(known, pair, "Kim", grade=1, seen=0)
    second = judge_pair(known, pair, "Kim", grade=2, seen=0)
    assert second.met
    assert second.before is not None
    assert second.before.grade == 1
    again = judge_pair(known, pair, "Kim", grade=2, seen=0)
    assert not again.met
    assert len(read_pairs(known, "r")[2]) == 2


def test_judgements_that_cannot_be_kept(known: Store) -> None:
    pair = number(known, "s1", "p1")
    for judge, grade, note in (
        ("", 1, ""),
        ("x" * 101, 1, ""),
        ("a\x00", 1, ""),
        ("Kim", 4, ""),
        ("Kim", -1, ""),
        ("Kim", 1, "x" * 1_001),
        ("Kim", 1, "a\x00b"),
        ("Kim", 1, "a\u202eb"),
    ):
        with pytest.raises(InvalidRecord):
            judge_pair(known, pair, judge, grade=grade, note=note)
    assert read_pairs(known, "r")[2] == []


def test_a_pair_that_is_not_there(known: Store) -> None:
    for pair in (0, -1, 10**6, 1 << 63, 1 << 80):
        with pytest.raises(JudgingError, match="not in a round") as caught:
            judge_pair(known, pair, "Kim", grade=1)
        assert "라운드에 없습니다" in caught.value.told("ko")[0]


def test_judges_judge_while_it_is_open_and_pairs_are_settled_once_it_is_closed(
    known: Store,
) -> None:
    pair = number(known, "s1", "p1")
    judge_pair(known, pair, "Kim", grade=1)
    with pytest.raises(JudgingError, match="blind"):
        settle_pair(known, pair, "Lee", grade=2)
    assert close_round(known, "r", by="Lee").closed_by == "Lee"
    with pytest.raises(JudgingError, match="closed"):
        judge_pair(known, pair, "Kim", grade=2)
    with pytest.raises(JudgingError, match="closed already"):
        close_round(known, "r")
    one = settle_pair(known, pair, "Lee", grade=2, note="so")
    two = settle_pair(known, pair, "Park", grade=3)
    assert two.met
    assert two.before == one.judgement
    assert settle_pair(known, pair, "Park", grade=None, seen=two.judgement.id).met is False
    with pytest.raises(JudgingError, match="no judging round"):
        close_round(known, "nope")


def test_judges_at_once_lose_nothing(known: Store) -> None:
    pairs = [one.id for one in read_pairs(known, "r")[1]]
    start = threading.Barrier(4)
    failed: list[BaseException] = []

    def work(judge: str) -> None:
        try:
            start.wait()
            for turn in range(5):
                for pair in pairs:
                    judge_pair(known, pair, judge, grade=turn % 4)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert set(said(known).values()) == {0}
    given = read_pairs(known, "r")[2]
    assert {judge: sum(one.judge == judge for one in given) for judge in "ac"} == {"a": 20, "c": 20}


def test_two_spellings_are_one_judge(known: Store) -> None:
    judge_pair(known, number(known, "s1", "p1"), "KJS", grade=1)
    assert known_judge(known, "kjs") == "KJS"
    assert known_judge(known, "Park") == "Park"


def test_erasure_takes_pairs_judgements_and_notes_along(known: Store) -> None:
    for pair in PAIRS:
        judge_pair(known, number(known, *pair), "Kim", grade=1, note=f"{NOTE} {pair}")
    assert owners(known, f"{NOTE} ('s1', 'p1')") == {"s1", "p1"}
    found = held(known, "s1").judged
    assert [(one.pair.partner, one.is_open) for one in found] == [("p1", True), ("p2", True)]
    assert [one.judgement.note for one in found if one.judgement] == [
        f"{NOTE} ('s1', 'p1')",
        f"{NOTE} ('s1', 'p2')",
    ]
    erase(known, "s1")
    assert said(known) == {("s2", "p1", "Kim"): 1, ("s2", "p2", "Kim"): 1}
    assert "'s1', 'p1'" not in content(known)
    erase(known, "p1")
    assert said(known) == {("s2", "p2", "Kim"): 1}
    assert [pair.partner for pair in read_pairs(known, "r")[1]] == ["p2"]


def test_a_merge_moves_judgements_and_its_undoing_gives_them_back(known: Store) -> None:
    for pair, grade in zip(PAIRS, (0, 1, 2, 3), strict=True):
        judge_pair(known, number(known, *pair), "Kim", grade=grade, note=str(pair))
    judge_pair(known, number(known, "s1", "p1"), "Lee", grade=1)
    before, rows_before = said(known), sorted(read_pairs(known, "r")[1], key=lambda p: p.id)
    one = merge(known, "s1", "s2", vectors_of)
    assert said(known) == {
        ("s1", "p1", "Kim"): 2,  # of the two that Kim gave, the newer
        ("s1", "p1", "Lee"): 1,
        ("s1", "p2", "Kim"): 3,
    }
    (first, second) = read_pairs(known, "r")[1]
    assert first.systems == {"bm25": 1, "dari": 1}  # the better rank of each
    assert second.systems == {"dari": 1}
    assert len(read_pairs(known, "r")[2]) == 5
    later = judge_pair(known, number(known, "s1", "p1"), "Park", grade=3)
    with pytest.raises(JudgingError):
        judge_pair(known, rows_before[-1].id, "Park", grade=3)
    unmerge(known, one.number, vectors_of)
    assert said(known) == {**before, ("s1", "p1", "Park"): 3}
    assert sorted(read_pairs(known, "r")[1], key=lambda p: p.id) == rows_before
    assert later.judgement in read_pairs(known, "r")[2]


def test_a_pair_without_a_twin_moves_and_comes_back(known: Store) -> None:
    open_round(known, "n", {("s2", "p1"): {"x": 1}}, judges=1, depth=1)
    judge_pair(known, number(known, "s2", "p1", "n"), "Kim", grade=2)
    one = merge(known, "s1", "s2", vectors_of)
    assert said(known, "n") == {("s1", "p1", "Kim"): 2}
    logged = known.changes_after(0)
    assert ("judgement", "s1") in {(c.kind, c.id) for c in logged}
    unmerge(known, one.number, vectors_of)
    assert said(known, "n") == {("s2", "p1", "Kim"): 2}


def test_partners_are_merged_too(known: Store) -> None:
    judge_pair(known, number(known, "s1", "p2"), "Kim", grade=2)
    one = merge(known, "p1", "p2", vectors_of)
    assert said(known) == {("s1", "p1", "Kim"): 2}
    with pytest.raises(JudgingError, match="merged meanwhile"):
        open_round(known, "n", {("s1", "p2"): {"x": 1}}, judges=1, depth=1)
    unmerge(known, one.number, vectors_of)
    assert said(known) == {("s1", "p2", "Kim"): 2}


def test_a_merge_that_touches_judged_pairs_of_an_older_one_is_undone_first(known: Store) -> None:
    judge_pair(known, number(known, "s2", "p2"), "Kim", grade=2)
    older = merge(known, "s1", "s2", vectors_of)
    newer = merge(known, "p1", "p2", vectors_of)
    with pytest.raises(InvalidRecord, match="Undo merge 2 first"):
        unmerge(known, older.number, vectors_of)
    unmerge(known, newer.number, vectors_of)
    unmerge(known, older.number, vectors_of)
    assert said(known) == {("s2", "p2", "Kim"): 2}


def test_what_was_erased_since_a_merge_does_not_come_back(known: Store) -> None:
    judge_pair(known, number(known, "s2", "p1"), "Kim", grade=2, note=NOTE)
    one = merge(known, "s1", "s2", vectors_of)
    erase(known, "p1")
    unmerge(known, one.number, vectors_of)
    found = {(pair.startup, pair.partner) for pair in read_pairs(known, "r")[1]}
    assert found == {("s1", "p2"), ("s2", "p2")}
    assert NOTE not in content(known)


def test_erasing_the_kept_one_takes_what_was_merged_into_it_along(known: Store) -> None:
    judge_pair(known, number(known, "s2", "p1"), "Kim", grade=2, note=NOTE)
    merge(known, "s1", "s2", vectors_of)
    erase(known, "s1")
    assert read_pairs(known, "r")[1:] == ([], [])
    assert NOTE not in content(known)


def test_a_merge_from_before_judging_can_be_undone(known: Store) -> None:
    one = merge(known, "s1", "s2", vectors_of)
    m = tables.merges
    with writing(known.engine) as connection:
        moved = connection.execute(select(m.c.moved)).scalar_one()
        older = moved[: moved.index(',"pairs"')] + "}"
        connection.execute(m.update().values(moved=older))
    unmerge(known, one.number, vectors_of)
    assert known.get("s2").id == "s2"


def test_a_judge_is_told_all_and_can_be_erased(known: Store) -> None:
    pair = number(known, "s1", "p1")
    judge_pair(known, pair, "Kim", grade=1, note=NOTE)
    judge_pair(known, pair, "Lee", grade=2, note="Lee's")
    close_round(known, "r", by="Lee")
    settle_pair(known, pair, "kim", grade=3, note=NOTE)
    found = held_of_judge(known, " KIM ")
    assert found.names == ("Kim", "kim")
    assert [(one.role, one.grade) for _, one in found.judgements] == [("judge", 1), ("final", 3)]
    assert [one.name for one in found.rounds] == ["r"]
    assert erase_judge(known, "KIM") == 2
    assert NOTE not in content(known)
    assert "kim" not in content(known).casefold()
    assert said(known) == {
        ("s1", "p1", "erased-1"): 3,
        ("s1", "p1", "Lee"): 2,
    }
    assert sorted(one.grade or 0 for one in read_pairs(known, "r")[2]) == [1, 2, 3]
    assert rounds(known)[0].opened_by == "erased-1"
    for act in (held_of_judge, erase_judge):
        with pytest.raises(JudgingError, match="Nobody of the name") as caught:
            act(known, "Kim")
    assert "사람이 없습니다" in caught.value.told("ko")[0]
    assert erase_judge(known, "Lee") == 1
    assert {judge for _, _, judge in said(known)} == {"erased-1", "erased-2"}


def test_a_backup_holds_rounds_and_judgements(known: Store, tmp_path: Path) -> None:
    judge_pair(known, number(known, "s1", "p1"), "Kim", grade=1, note=NOTE)
    judge_pair(known, number(known, "s1", "p2"), "Kim", grade=None)
    close_round(known, "r")
    before = read_pairs(known, "r")
    back_up(known, tmp_path / "dari.zip")
    empty = Store.open(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    restore(empty, tmp_path / "dari.zip")
    assert read_pairs(empty, "r") == before
    empty.close()
    restore(known, tmp_path / "dari.zip", replace=True)
    assert read_pairs(known, "r") == before
    one = settle_pair(known, before[1][0].id, "Lee", grade=2)
    assert one.judgement.id > max(given.id for given in before[2])


def test_judgements_are_not_lost_by_going_back_to_an_older_schema(known: Store) -> None:
    judge_pair(known, number(known, "s1", "p1"), "Kim", grade=1)
    config = alembic_config()
    with (  # noqa: PT012
        pytest.raises(RuntimeError, match="export the rounds"),
        writing(known.engine) as connection,
    ):
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
    with reading(known.engine) as connection:
        counted = select(func.count()).select_from(tables.judgements)
        assert connection.execute(counted).scalar_one() == 1


def test_a_torn_round_is_found(known: Store) -> None:
    judge_pair(known, number(known, "s1", "p1"), "Kim", grade=1)
    assert faults(known) == []
    p, r, j = tables.pooled_pairs, tables.judging_rounds, tables.judgements
    for statement, said in (
        (j.update().values(pair=99), "its pair is not held"),
        (p.update().values(partner="nobody").where(p.c.id == 1), "its partner is not held"),
        (p.update().values(startup="nobody").where(p.c.id == 2), "its startup is not held"),
        (r.delete(), "its round is not held"),
    ):
        with writing(known.engine) as connection:
            connection.execute(statement)
        assert said in {fault.what for fault in faults(known)}
