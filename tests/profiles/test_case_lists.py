"""Lists of cases and their meetings, each on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from profiles import InvalidRecord, Partner, Startup, Store, Vectors, validate
from profiles.case_lists import (
    CaseFilter,
    count_by,
    count_cases,
    count_overdue,
    each_case,
    list_cases,
    owners_of_cases,
)
from profiles.case_meetings import (
    cancel_meeting,
    change_meeting,
    moment_of,
    plan_meeting,
    zones,
)
from profiles.case_moves import close_case, move_case
from profiles.cases import CaseError, CaseStage, Decline, Outcome, newest_cases_of, whole_case
from profiles.casework import open_case
from profiles.merging import merge

TODAY = date(2026, 11, 22)
STARTUPS: list[dict[str, Any]] = [
    {"id": "s1", "name": {"ko": "소노아이"}, "region": "KR-27", "sectors": ["medical_imaging"]},
    {"id": "s2", "name": "Sea_y", "region": "KR-26", "sectors": ["batteries", "ai"]},
    {"id": "s3", "name": "Quiet", "seeks": ["data"]},
]


@pytest.fixture
def board(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Five cases of three startups and two partners; the last two are moved on."""
    startups = [validate(Startup, {"summary": "x", **one}) for one in STARTUPS]
    partners = [validate(Partner, {"id": f"p{n}", "name": f"Partner {n}"}) for n in (1, 2)]
    store.put_many([(one, Vectors("e/p1")) for one in (*startups, *partners)])
    with monkeypatch.context() as before:
        before.setattr("profiles.rows.now", lambda: datetime(2026, 11, 1, 9, tzinfo=UTC))
        _open_all(store)
    move_case(store, 4, CaseStage.MET)
    close_case(store, 5, Outcome.DROPPED, reason=Decline.TIMING)
    return store


def _open_all(store: Store) -> None:
    open_case(store, "s1", "p1", owner="Kim", due="2026-11-21")
    open_case(store, "s1", "p2", owner="Lee", due="2026-11-22")
    open_case(store, "s2", "p1", owner="Kim", due="2026-12-24")
    open_case(store, "s2", "p2")
    open_case(store, "s3", "p1", due="2026-11-01")


def found(store: Store, **wanted: Any) -> list[int]:
    return [one.id for one in list_cases(store, CaseFilter(today=TODAY, **wanted))]


def test_filters_choose_cases(board: Store) -> None:
    for wanted, ids in (
        ({}, [5, 4, 3, 2, 1]),
        ({"owner": "Kim"}, [3, 1]),
        ({"owner": ""}, [5, 4]),
        ({"due": "overdue"}, [1]),  # the closed one is not
        ({"due": "week"}, [2]),
        ({"due": "none"}, [4]),
        ({"region": "KR-26"}, [4, 3]),
        ({"region": "KR"}, [4, 3, 2, 1]),  # all that is in the country, and not who says nothing
        ({"region": "K"}, []),
        ({"region": "KR-2"}, []),
        ({"region": "K%"}, []),
        ({"sector": "batteries"}, [4, 3]),
        ({"sector": "health"}, [2, 1]),  # the parent of medical imaging
        ({"sector": "data"}, []),  # a support of s3, and no sector
        ({"partner": "p2"}, [4, 2]),
        ({"stage": CaseStage.MET}, [4]),
        ({"text": "소노"}, [2, 1]),
        ({"text": "sea_ partner"}, [4, 3]),
        ({"text": "s%a"}, []),
        ({"text": "\x00"}, []),
        ({"owner": "\x00"}, []),
        ({"programme": "none"}, []),
        ({"owner": "Kim", "region": "KR-27"}, [1]),
    ):
        assert found(board, **wanted) == ids, wanted


def test_counts_by_stage_follow_the_filters_but_not_the_stage(board: Store) -> None:
    wanted = CaseFilter(owner="Kim", stage=CaseStage.MET, today=TODAY)
    assert {stage.value: count for stage, count in count_cases(board, wanted).items()} == {
        "shortlisted": 2, "introduced": 0, "met": 0, "poc": 0, "contract": 0, "closed": 0,
    }  # fmt: skip
    assert sum(count_cases(board, CaseFilter(today=TODAY)).values()) == 5
    assert count_overdue(board, TODAY) == 1
    assert owners_of_cases(board) == ["Kim", "Lee"]
    assert newest_cases_of(board, "p1", 2)[1] == 3
    assert [one.id for one in newest_cases_of(board, "p1", 2)[0]] == [5, 3]
    assert newest_cases_of(board, "\x00", 2) == ([], 0)


def test_pages_hold_each_case_once(board: Store) -> None:
    pages, after = [], None
    while page := list_cases(board, CaseFilter(), after=after, limit=2):
        pages += [one.id for one in page]
        after = page[-1].id
    assert pages == [5, 4, 3, 2, 1] == [one.id for one in each_case(board, CaseFilter())]
    assert len(list_cases(board, CaseFilter(), after=99)) == 5
    assert len(list_cases(board, CaseFilter(), after=1 << 70)) == 5


def test_counts_by_region_and_top_sector(board: Store) -> None:
    regions = {(one.stage.value, one.code): one.cases for one in count_by(board, "region")}
    assert regions == {
        ("shortlisted", "KR-27"): 2,
        ("shortlisted", "KR-26"): 1,
        ("met", "KR-26"): 1,
        ("closed", None): 1,
    }
    sectors = {(one.stage.value, one.code): one.cases for one in count_by(board, "sector")}
    assert sectors[("closed", None)] == 1
    assert sectors[("shortlisted", "health")] == 2
    assert sum(count for (stage, _), count in sectors.items() if stage == "met") == 2


def test_a_case_that_stands_aside_is_on_no_list(board: Store) -> None:
    merge(board, "p1", "p2", lambda _: Vectors("e/p1"))
    assert set(found(board)) == {1, 4, 5}
    assert sum(count_cases(board, CaseFilter()).values()) == 3
    assert sum(one.cases for one in count_by(board, "region")) == 3


def test_a_meeting_is_planned_changed_and_cancelled(board: Store) -> None:
    made = plan_meeting(
        board, 1, starts="2026-11-30T14:00", zone="Asia/Seoul", place=" 서울 ", by="Kim"
    )
    assert (made.sequence, made.minutes, made.place) == (0, 60, "서울")
    assert moment_of(made).astimezone(UTC) == datetime(2026, 11, 30, 5, tzinfo=UTC)
    same = {"starts": "2026-11-30T14:00", "zone": "Asia/Seoul", "place": "서울"}
    assert change_meeting(board, 1, made.id, **same, seen=0) == made
    changed = change_meeting(board, 1, made.id, **{**same, "place": "부산"}, seen=0)
    assert (changed.sequence, changed.uid, changed.place) == (1, made.uid, "부산")
    with pytest.raises(CaseError, match="Somebody else"):
        change_meeting(board, 1, made.id, **same, seen=0)
    gone = cancel_meeting(board, 1, made.id, seen=1)
    assert gone.sequence == 2
    assert gone.cancelled_at is not None
    acts: list[Callable[[], Any]] = [
        lambda: cancel_meeting(board, 1, made.id),
        lambda: change_meeting(board, 1, made.id, **same),
        lambda: cancel_meeting(board, 2, made.id),
        lambda: cancel_meeting(board, 1, 1 << 70),
    ]
    for act in acts:
        with pytest.raises(CaseError, match="no such meeting"):
            act()
    told = [one.data["what"] for one in whole_case(board, 1).events if one.kind == "meeting"]
    assert told == ["planned", "changed", "cancelled"]
    with pytest.raises(CaseError, match="closed"):
        plan_meeting(board, 5, **same)


def test_meetings_that_cannot_be(board: Store) -> None:
    for wrong, said in (
        ({"zone": "Seoul"}, "no time zone"),
        ({"zone": "../etc/passwd"}, "no time zone"),
        ({"starts": "tomorrow"}, "no date with a time"),
        ({"starts": "2026-11-30T14:00+09:00"}, "no date with a time"),
        ({"starts": "1026-11-30T14:00"}, "between 2000 and 2100, not in 1026"),
        ({"starts": "2101-01-01T00:00"}, "between 2000 and 2100"),
        ({"starts": "2026-03-29T02:30", "zone": "Europe/Berlin"}, "never show"),
        ({"starts": ""}, "starts"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 1441}, "minutes"),
        ({"minutes": "x"}, "minutes"),
        ({"place": "x" * 501}, "place"),
        ({"place": "a\x00"}, "place"),
    ):
        values: dict[str, Any] = {"starts": "2026-11-30T14:00", "zone": "Asia/Seoul", **wrong}
        with pytest.raises(InvalidRecord, match=said):
            plan_meeting(board, 1, **values)
    assert whole_case(board, 1).meetings == ()
    assert "Asia/Seoul" in zones()


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        (
            {"starts": "x", "zone": "Seoul", "minutes": "x", "place": "a\x00"},
            ["starts", "zone", "minutes", "place"],
        ),
        ({"starts": "", "zone": "", "minutes": 0}, ["starts", "zone", "minutes"]),
        (
            {"starts": "2026-03-29T02:30", "zone": "Europe/Berlin", "minutes": 0},
            ["minutes", "starts"],  # a rule between fields comes last
        ),
        ({"starts": "1999-01-01T00:00", "place": "x" * 501}, ["starts", "place"]),
    ],
)
def test_all_that_is_wrong_with_a_meeting_is_told_at_once(
    board: Store, wrong: dict[str, Any], fields: list[str]
) -> None:
    with pytest.raises(InvalidRecord) as refused:
        plan_meeting(board, 1, **{"starts": "2026-11-30T14:00", "zone": "Asia/Seoul", **wrong})
    assert [one.field for one in refused.value.errors] == fields


def test_two_who_change_one_meeting_change_it_once(board: Store) -> None:
    made = plan_meeting(board, 1, starts="2026-11-30T14:00", zone="Asia/Seoul")
    said: list[str] = []
    start = threading.Barrier(3)

    def work(hour: int) -> None:
        start.wait()
        try:
            starts = f"2026-11-30T{hour}:00"
            change_meeting(board, 1, made.id, starts=starts, zone="Asia/Seoul", seen=0)
            said.append("changed")
        except CaseError:
            said.append("refused")

    threads = [threading.Thread(target=work, args=(hour,)) for hour in (15, 16, 17)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["changed", "refused", "refused"]
    assert whole_case(board, 1).meetings[0].sequence == 1
