from __future__ import annotations

import pytest

from matcher.assignment import Applicant, groups_of
from matcher.assignment.exposure import Round, Row, exposure, waiting
from tests.matcher.assignment.fair import given, made, recorded

FIRST = made(
    [[5, 4], [5, -1], [5, 4], [5, 4]],
    [1, 1],
    regions={"a": "KR-11", "b": "KR-11", "c": "KR-30"},
)
SECOND = made([[5], [-1]], [1], regions={"a": "RU", "b": "KR"})


def test_shares_by_region_are_counted_by_hand() -> None:
    ledger = exposure([
        Round(recorded(FIRST, given("ax", "cy"))),
        Round(recorded(SECOND, given("ax"))),
    ])
    # Six applications: Seoul 2, Daejeon 1, Russia 1, unknown 2 (d, and b of the second, of whom
    # only the country is known). Three places: Seoul 1, Daejeon 1, Russia 1.
    assert ledger.decisions == 2
    assert ledger.regions == (
        Row("KR-11", 2, 2, 1, 2 / 6, 1 / 3),
        Row("KR-30", 1, 1, 1, 1 / 6, 1 / 3),
        Row("RU", 1, 1, 1, 1 / 6, 1 / 3),
        Row(None, 2, 1, 0, 2 / 6, 0.0),
    )
    assert ledger.regions[1].difference == pytest.approx(1 / 6)


def test_shares_by_partner_are_of_those_who_asked_for_it() -> None:
    ledger = exposure([Round(recorded(FIRST, given("ax", "cy")))])
    assert ledger.partners == (
        Row("p-x", 4, 4, 1, 4 / 8, 1 / 2),
        Row("p-y", 4, 3, 1, 4 / 8, 1 / 2),
    )


def test_all_who_applied_count_and_places_are_those_of_today() -> None:
    seoul = groups_of(region="KR-11")
    barred, screened = Applicant("q", seoul, wishes=("y",)), Applicant("r", seoul)
    decided = recorded(FIRST, given("ax", "cy"))
    ledger = exposure([Round(decided, (("b", "x"), ("c", "y")), (barred,), (screened,))])
    assert ledger.regions[0] == Row("KR-11", 4, 3, 1, 4 / 6, 1 / 2)
    assert ledger.partners == (
        Row("p-y", 6, 3, 1, 6 / 11, 1 / 2),
        Row("p-x", 5, 4, 1, 5 / 11, 1 / 2),
    )
    assert waiting([Round(decided, (("b", "x"), ("c", "y")))]) == {"a": 0, "b": 0, "c": 0, "d": 1}


def test_nothing_decided_has_no_rows() -> None:
    assert exposure([]).regions == exposure([]).partners == ()


def test_who_was_left_waiting_is_counted_until_it_has_a_place() -> None:
    first, second = (Round(recorded(FIRST, given(one, "cy"))) for one in ("ax", "bx"))
    assert waiting([first]) == {"a": 0, "b": 1, "c": 0, "d": 1}
    assert waiting([first, second]) == {"a": 1, "b": 0, "c": 0, "d": 2}
    nowhere = Round(recorded(SECOND, given("ax")))
    assert waiting([nowhere]) == {"a": 0, "b": 0}, "who is eligible nowhere was not left waiting"
