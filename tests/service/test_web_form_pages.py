"""Tests that the address of a form leads to its page, and the language switch beside a form."""

from __future__ import annotations

import re

import pytest


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/cohorts/1/rules", "/cohorts/1?step=rules"),
        ("/cohorts/1/rules/remove?lang=ko", "/cohorts/1?step=rules"),
        ("/cohorts/1/entries", "/cohorts/1?step=intake"),
        ("/cohorts/1/pair", "/cohorts/1?step=assignment"),
        ("/cohorts/1/jobs/3/cancel", "/cohorts/1?step=assignment"),
        ("/events/1/change", "/events/1"),
        ("/events/1/people/2/remove", "/events/1/people/2"),
        ("/reviews/1/answer", "/reviews/1"),
        ("/my/sonoeye/apply", "/my/sonoeye"),
        ("/startups/sonoeye/verdicts", "/startups/sonoeye"),
        ("/models/rollback", "/models"),
        ("/startups/%EA%B0%80/verdicts", "/startups/%EA%B0%80"),
    ],
)
def test_who_reads_the_address_of_a_form_is_led_to_its_page(staff, address, page) -> None:
    answer = staff.get(address)
    assert answer.status_code == 303
    assert answer.headers["Location"] == page


def test_what_no_page_is_near_and_calls_of_the_api_are_refused_as_before(staff, bearer) -> None:
    assert staff.get("/sign-out").status_code == 405
    assert staff.get("/nothing/here").status_code == 404
    assert staff.delete("/cohorts/1/rules").status_code == 405
    assert staff.get("/api/v1/cohorts/1/screen", headers=bearer).status_code in (404, 405)
    assert staff.get("/startups/nobody").status_code == 404


@pytest.mark.parametrize(
    ("address", "english", "korean"),
    [
        (
            "/reviews/9999",
            "There is no request of the number 9999.",
            "번호가 9999인 요청이 없습니다",
        ),
        ("/programmes/none/edit", "No programme has the id none.", "ID가 none인 프로그램이"),
        ("/ties/none/edit", "No tie has the id none.", "ID가 none인 관계가"),
        ("/startups/none", "No profile has the id none.", "ID가 none인 프로필이"),
    ],
)
def test_what_is_not_held_is_called_what_it_is(staff, address, english, korean) -> None:
    for lang, told in (("en", english), ("ko", korean)):
        answer = staff.get(address, headers={"Accept-Language": lang})
        assert answer.status_code == 404
        assert told in answer.text


def switched(page: str) -> str:
    return re.search(r'<a class="language" href="([^"]+)"', page)[1].replace("&amp;", "&")


@pytest.mark.parametrize(
    ("came_from", "to"),
    [
        ("http://localhost/reviews?after=3&token=x&lang=en", "/reviews?after=3&lang=ko"),
        ("http://localhost/startups/%EA%B0%80", "/startups/%EA%B0%80?lang=ko"),
        ("http://localhost/my/sonoeye/apply", "/reviews/9?lang=ko"),
        ("http://elsewhere.example/reviews", "/reviews/9?lang=ko"),
        ("", "/reviews/9?lang=ko"),
    ],
)
def test_the_language_beside_an_answered_form_leads_to_the_page_of_the_form(
    staff, send, came_from, to
) -> None:
    refused = send(staff, "/reviews/9/extend", {}, headers={"Referer": came_from})
    assert refused.status_code >= 400
    assert switched(refused.text) == to


def test_the_language_beside_what_is_only_read_leads_to_itself(staff) -> None:
    assert switched(staff.get("/startups?q=a&lang=en").text) == "/startups?q=a&lang=ko"
    assert switched(staff.get("/nothing/here").text) == "/nothing/here?lang=ko"


@pytest.mark.parametrize(
    ("address", "back", "told"),
    [
        ("/planner?as_of=2026-01-02&most=99", "/planner?as_of=2026-01-02", "최대: 99는"),
        ("/planner/districts?capital=7&most=x", "/planner/districts", "수도권: 7은"),
        ("/map?show=x&lang=ko", "/map", "지도에 보일 것: "),
        (f"/planner?most={'9' * 60}", "/planner", "허용 범위"),
    ],
)
def test_wrong_values_of_an_address_are_named_and_left_out_by_a_link(
    staff, address, back, told
) -> None:
    refused = staff.get(address, headers={"Accept-Language": "ko"})
    assert refused.status_code == 422
    assert told in re.sub(r"<[^>]+>", "", refused.text)
    assert f'href="{back}"' in refused.text
    assert staff.get(back).status_code == 200


def test_a_page_that_cannot_be_at_all_offers_no_link_to_itself(staff) -> None:
    refused = staff.get("/programmes/contest-skt-daejeon/triads")
    assert refused.status_code == 422
    assert "without these values" not in refused.text
