"""Introducing, answering and being told whom to reach: what each side may see and do, and when."""

from __future__ import annotations

import re
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from profiles import Side
from profiles.case_moves import move_case
from profiles.cases import Answer, Case, CaseStage, get_case
from profiles.casework import answer_case, open_case, release_case
from profiles.links import make_link
from service.submission import submit
from tests.service.accounts import add, browser_of

OWN = {
    "name": {"en": "Return Firm", "ko": "리턴펌"},
    "summary": "It makes drones that look at bridges.",
    "contact": "boss@return.example",
    "consent": {"version": "1", "purpose": "contact", "at": "2026-11-01T00:00:00Z"},
}
TOLD = {
    "reasons": [
        {"feature": "text_is_is", "points": 5.0, "said": {"en": "Both fly.", "ko": "둘 다 난다."},
         "evidence": None, "is_quoted": False},
        {"feature": "history", "points": 3.0,
         "said": {"en": "Samsung did it before.", "ko": "삼성이 해 봤다."},
         "evidence": None, "is_quoted": False},
    ]
}  # fmt: skip


@pytest.fixture(scope="module")
def home(make_app: Any) -> APIFlask:
    app = make_app()
    add(app, "pat@partner.example", "partner", name="Pat Partner", profile="samsung")
    return app


@pytest.fixture
def case(home: APIFlask, request: pytest.FixtureRequest) -> Case:
    store, id = home.extensions["dari"].store, re.sub(r"\W+", "-", request.node.name)[:60]
    submit(home.extensions["dari"], {**OWN, "id": id})
    return open_case(store, id, "samsung", reasons=TOLD)[0]


def store(app: APIFlask) -> Any:
    return app.extensions["dari"].store


def holder(app: APIFlask, send: Any, startup: str) -> FlaskClient:
    """A browser without an account that has come by the startup's link."""
    from datetime import UTC, datetime, timedelta

    token = make_link(
        store(app), "startup", startup, now=datetime.now(UTC), lasts=timedelta(hours=1)
    )
    client = app.test_client()
    assert send(client, "/return", {"token": token}).status_code == 303
    return client


def test_who_introduces_what_the_startup_knows_nothing_of_is_asked_first(
    home: APIFlask, sign_in: Any, send: Any, case: Case
) -> None:
    staff, path = sign_in(home), f"/cases/{case.id}/move"
    sent = {"revision": case.revision, "stage": "introduced", "back": "/pipeline?stage=met"}
    for lang, said in (("en", "does not know of this match"), ("ko", "아직 이 매칭을 모릅니다")):
        page = send(staff, f"{path}?lang={lang}", sent)
        assert page.status_code == 409
        assert said in page.text
    assert 'value="/pipeline?stage=met"' in page.text
    assert get_case(store(home), case.id).stage is CaseStage.SHORTLISTED
    moved = send(staff, path, {**sent, "release": "y"})
    assert moved.location == "/pipeline?stage=met"
    now = get_case(store(home), case.id)
    assert (now.stage, now.released_at is not None) == (CaseStage.INTRODUCED, True)
    assert send(staff, path, {**sent, "stage": "met", "release": "y"}).status_code == 409  # stale


def test_staff_may_introduce_without_releasing_and_are_asked_once(
    home: APIFlask, sign_in: Any, send: Any, case: Case
) -> None:
    staff, path = sign_in(home), f"/cases/{case.id}/move"
    send(staff, path, {"revision": case.revision, "stage": "introduced", "release": "n"})
    now = get_case(store(home), case.id)
    assert (now.stage, now.released_at) == (CaseStage.INTRODUCED, None)
    send(staff, path, {"revision": now.revision, "stage": "met"})
    assert get_case(store(home), case.id).stage is CaseStage.MET


def test_a_released_case_is_introduced_without_a_question(
    home: APIFlask, sign_in: Any, send: Any, case: Case
) -> None:
    now = release_case(store(home), case.id)
    sent = {"revision": now.revision, "stage": "introduced"}
    assert send(sign_in(home), f"/cases/{case.id}/move", sent).status_code == 303


def test_a_startup_without_an_account_answers_from_its_page(
    home: APIFlask, send: Any, case: Case
) -> None:
    client = holder(home, send, case.startup)
    path = f"/my/{case.startup}/cases/{case.id}"
    assert client.get(path).status_code == 404  # not released
    release_case(store(home), case.id)
    assert path in client.get(f"/my/{case.startup}").text
    send(client, path, {"answer": "yes"})
    assert get_case(store(home), case.id).startup_answer is Answer.YES
    refused = send(client, path, {"answer": "no"})
    assert refused.status_code == 422
    assert path.rsplit("/", 2)[0] in refused.text
    assert home.test_client().get(path).status_code == 404
    assert send(home.test_client(), path, {"answer": "no"}).status_code == 404


def test_a_startup_opens_no_case_of_another_by_its_own_page(
    home: APIFlask, send: Any, case: Case
) -> None:
    submit(home.extensions["dari"], {**OWN, "id": "other-firm"})
    other = open_case(store(home), "other-firm", "samsung")[0]
    release_case(store(home), other.id)
    client = holder(home, send, case.startup)
    assert client.get(f"/my/{case.startup}/cases/{other.id}").status_code == 404
    assert client.get(f"/my/other-firm/cases/{other.id}").status_code == 404


def test_a_partner_is_named_to_a_startup_from_being_introduced_on(
    home: APIFlask, send: Any, case: Case
) -> None:
    release_case(store(home), case.id)
    client, path = holder(home, send, case.startup), f"/my/{case.startup}/cases/{case.id}?lang=en"
    page = client.get(path).text
    assert "Both fly." in page
    assert "amsung" not in page
    move_case(store(home), case.id, CaseStage.INTRODUCED)
    page = client.get(path).text
    assert "Samsung" in page
    assert "Samsung did it before." not in page  # what both sides may read stays the same


def test_whom_to_reach_is_told_to_both_once_both_have_accepted(
    home: APIFlask, send: Any, case: Case
) -> None:
    held = store(home)
    release_case(held, case.id)
    move_case(held, case.id, CaseStage.INTRODUCED)
    startup, partner = holder(home, send, case.startup), browser_of(home, "pat@partner.example")
    pages = (startup, f"/my/{case.startup}"), (startup, f"/my/{case.startup}/cases/{case.id}")
    theirs = partner, f"/my/cases/{case.id}"
    for client, path in pages:
        assert "pat@partner.example" not in client.get(path).text
    assert OWN["contact"] not in theirs[0].get(theirs[1]).text
    answer_case(held, case.id, Side.STARTUP, Answer.YES)
    assert OWN["contact"] not in theirs[0].get(theirs[1]).text
    answer_case(held, case.id, Side.PARTNER, Answer.YES)
    for client, path in pages:
        text = client.get(path).text
        assert "Pat Partner" in text
        assert 'href="mailto:pat@partner.example"' in text
        assert 'href="https://www.samsung.com' in text
    assert f'href="mailto:{OWN["contact"]}"' in theirs[0].get(theirs[1]).text
    answer_case(held, case.id, Side.PARTNER, Answer.UNDECIDED)
    assert "pat@partner.example" not in startup.get(f"/my/{case.startup}").text
