from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from matcher.assignment.notices import Known, Result, notices
from matcher.assignment.notices import notice as written
from matcher.assignment.record import Override, read_record
from matcher.assignment.turnout import Turnout, places_of
from profiles.taxonomy import Names
from tests.matcher.assignment.fair import given, made, recorded

PROGRAMME = Names("Daejeon contest", "대전 공모전")
NAMES = {
    "x": Names("Sky Telecom", "하늘통신"),
    "y": Names("Sea Bank", "바다은행"),
    "rural": Names("30 per cent from outside the capital", "비수도권 30%"),
}
INSTANCE = made(
    [[5, 9], [7, 3], [9, 8], [2, -1]],
    [1, 1],
    wishes={"d": ("y",)},
    regions={"a": "KR-11"},
)
MONEY = {"id": "m", "kind": "budget", "each": 20, "high": 70, "currency": "KRW"}
RECORD = recorded(INSTANCE, given("ay", "cx"))


def notice(applicant: str, known: Known | None = None, lang: str = "en") -> str:
    told = written(RECORD, applicant, NAMES.__getitem__, programme=PROGRAMME, known=known)
    assert told.applicant == applicant
    return told.text(lang)


def test_everyone_gets_one() -> None:
    told = notices(RECORD, NAMES.__getitem__, programme=PROGRAMME)
    kinds = {one.applicant: one.result for one in told}
    assert kinds == {
        "a": Result.SELECTED,
        "b": Result.RESERVE,
        "c": Result.SELECTED,
        "d": Result.RESERVE,
    }
    assert told[0].subject.ko == "대전 공모전: 신청 결과 안내"
    with pytest.raises(KeyError):
        notice("q")


def test_the_selected_are_told_where_and_what_comes_next() -> None:
    text = notice("a")
    assert "you have been selected" in text
    assert "Your place: Sea Bank." in text
    assert "tell us whether you take the place" in text
    assert "Sky Telecom" not in text
    korean = notice("a", lang="ko")
    assert "선정되셨음을" in korean
    assert "배정된 자리: 바다은행" in korean
    assert not re.search(r"[A-Za-z]{3,}", korean)


def test_nobody_is_said_to_wait_for_a_place_where_the_reserve_is_empty() -> None:
    waits = "somebody on the reserve list waits"
    assert waits in notice("a")
    assert "예비 명단에서 기다리는 곳이 있습니다" in notice("a", lang="ko")
    left = Known(placed={"a": ["y"]}, gone={"b", "c", "d"})
    assert waits not in notice("a", left)
    assert "please say so soon." in notice("a", left)
    assert "예비 명단" not in notice("a", left, lang="ko")
    elsewhere = Known(placed={"a": ["y"], "c": ["x"], "b": ["x"]}, gone={"d"})
    assert waits not in notice("c", elsewhere)


def test_what_came_after_the_decision_counts() -> None:
    known = Known(placed={"a": ["y"], "b": ["x"]}, gone={"c"})
    told = notices(RECORD, NAMES.__getitem__, programme=PROGRAMME, known=known)
    assert [one.applicant for one in told] == ["a", "b", "d"]
    assert "you move up from the reserve" in notice("b", known)
    assert "Your place: Sky Telecom." in notice("b", known)


def test_it_is_told_where_a_person_decided_otherwise() -> None:
    given_ = Override("Kim", RECORD.at, "b", ("x",), "Only one that ships")
    changed = RECORD.overridden(given_)
    for one in notices(changed, NAMES.__getitem__, programme=PROGRAMME):
        assert ("A person decided" in one.text("en")) == (one.applicant == "b")
        assert "ships" not in one.text("en")


def test_whom_a_person_took_out_is_told_so_and_stands_in_no_reserve() -> None:
    off = Override("Kim", RECORD.at, "c", (), "It went bankrupt")
    told = {
        one.applicant: one
        for one in notices(RECORD.overridden(off), NAMES.__getitem__, programme=PROGRAMME)
    }
    text = told["c"].text("en")
    assert told["c"].result is Result.REFUSED
    assert "Sky Telecom: a person decided that you do not get a place there." in text
    assert "bankrupt" not in text
    for one in told.values():
        assert "as a whole" not in one.text("en"), "nothing proves that of what a person decided"
    free = "Sky Telecom: a place is free there; a person decided the places otherwise"
    assert free in told["b"].text("en")
    assert "빈자리가 있습니다. 사람이 컴퓨터의 제안과 다르게" in told["b"].text("ko")


def test_the_reserve_moves_up_in_letters_too() -> None:
    record = recorded(made([[9], [8], [7], [6]], [1]), given("ax"))
    known = Known(placed={"b": ["x"]}, gone={"a"})
    told = written(record, "c", NAMES.__getitem__, programme=PROGRAMME, known=known)
    assert "you stand at place 1." in told.text("en")


def test_it_tells_the_reasons_the_reserve_and_the_rights() -> None:
    text = notice("b")
    assert "The round in numbers, as it stood when the places were given out:" in text
    assert "Sky Telecom: all places there went to applicants whose fit with it is better." in text
    assert "Reserve of Sky Telecom: you stand at place 1." in text
    assert "article 37-2" in text
    assert "within 30 days" in text
    assert "at most twice by 30 days each" in text
    korean = notice("b", lang="ko")
    assert "하늘통신: 모든 자리가 적합도가 더 높은 신청 기업에 배정되었습니다." in korean
    assert "제37조의2" in korean
    assert "최대 두 번 연장" in korean
    assert not re.search(r"[A-Za-z]{3,}", korean)


def test_eligibility_and_screening_are_told_as_they_were_kept() -> None:
    reason = Names("The programme is for startups of Daejeon.", "대전 소재 스타트업 대상입니다.")
    known = Known(
        refused={("d", "y"): (reason,)},
        barred={"f": (reason,)},
        screened={"e": (Names("Too early", "초기"),)},
    )
    text = notice("d", known)
    assert "Sea Bank: The programme is for startups of Daejeon." in text
    assert text.count("Sea Bank:") == 1, "it is not told a second time in other words"
    assert "Screening: Too early" in notice("e", known)
    assert "Eligibility: The programme is for" in notice("f", known)


def test_no_other_applicant_and_no_score_is_in_it() -> None:
    long = made([[5], [7], [9]], [1])
    told = notices(recorded(long, given("cx")), NAMES.__getitem__, programme=PROGRAMME)
    for one in told:
        for lang in ("ko", "en"):
            assert not re.search(r"\b[abc]\b(?!\s*(?:place|person|computer|rule))", one.text("ko"))
            assert not re.search(r"\b(5|7|9|5120|7168|9216)\b", one.text(lang))


def test_of_many_hosts_the_dearest_are_told_and_the_others_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("matcher.assignment.notices.MOST_HOSTS", 1)
    text = notice("b")
    assert "Sky Telecom: all places" in text
    assert "Sea Bank: all places" not in text
    assert "got no place at: 1." in text


def test_who_is_eligible_nowhere_is_told_so() -> None:
    nowhere = recorded(made([[-1]], [1]), given())
    told = written(nowhere, "a", NAMES.__getitem__, programme=PROGRAMME)
    assert "no partner in this round that you are eligible for" in told.text("en")


def test_the_numbers_are_of_the_whole_round_as_far_as_they_are_known() -> None:
    assert "Applicants" not in notice("b")
    assert "4 stood where places were given out; places in all: 2; 2 got a place." in notice("b")
    assert "배정 대상 4곳, 전체 자리 2개, 자리를 받은 곳 2곳." in notice("b", lang="ko")
    whole = replace(RECORD, turnout=Turnout(69, 2, 40, (14, 13)))
    kept = read_record(whole.to_bytes())
    known = Known(barred={"f": (Names("x", "x"),)})
    for one in notices(kept, NAMES.__getitem__, programme=PROGRAMME, known=known):
        text = one.text("en")
        assert "69 applied; 2 of them withdrew; 40 met the rules of eligibility;" in text
        assert "14 passed the first screening; 13 passed the final screening;" in text
        assert "places in all: 2; 2 got a place." in text
        assert "stood where places" not in text
        korean = "신청 69곳, 신청 철회 2곳, 자격 충족 40곳, 1차 심사 통과 14곳, 최종 심사 통과 13곳"
        assert korean in one.text("ko")


@pytest.mark.parametrize(
    ("places", "rules", "said"),
    [
        ([2, 3], (), 5),
        ([2, None], (), None),
        ([None, None], ({"id": "p", "kind": "places", "high": 4},), 8),
        ([2, 3], ({"id": "t", "kind": "total", "high": 4},), 4),
        ([2, None], (MONEY,), 3),
        ([9, None], ({**MONEY, "hosts": ["x"]},), None),
    ],
)
def test_places_in_all_are_told_where_something_bounds_them(
    places: list[int | None], rules: tuple[dict[str, Any], ...], said: int | None
) -> None:
    assert places_of(made([[5, 9]], places, *rules)) == said
