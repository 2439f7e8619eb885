"""Sectors that a text suggests are kept once a person has confirmed them, and only then."""

from __future__ import annotations

import pytest

UNTAGGED = {"name_ko": "소리눈", "summary": "휴대용 초음파 진단기기를 만드는 의료기기 회사입니다."}


@pytest.fixture
def handed_in(client, send):
    send(client, "/startups/new", UNTAGGED)
    with client.session_transaction() as session:
        return session["submitted"]


def test_the_person_confirms_on_the_page_of_thanks(app, client, send, handed_in):
    page = client.get("/thanks").text
    assert 'value="medical_imaging"' in page
    assert app.extensions["dari"].store.get(handed_in).sectors == ()
    answer = send(client, "/thanks/sectors", {"sectors": ["medical_imaging"]})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/thanks")
    assert app.extensions["dari"].store.get(handed_in).sectors == ("medical_imaging",)
    assert "suggested-" not in client.get("/thanks").text


def test_staff_confirm_on_the_profile(app, staff, send, handed_in):
    assert 'id="suggested-medical_imaging"' in staff.get(f"/startups/{handed_in}").text
    send(staff, f"/startups/{handed_in}/sectors", {"sectors": ["medical_imaging", "ai"]})
    assert app.extensions["dari"].store.get(handed_in).sectors == ("medical_imaging", "ai")
    send(staff, f"/startups/{handed_in}/sectors", {"sectors": ["food"]})  # it has sectors by now
    assert app.extensions["dari"].store.get(handed_in).sectors == ("medical_imaging", "ai")


def test_nobody_else_may(app, client, send, handed_in):
    stranger = app.test_client()
    assert send(stranger, "/thanks/sectors", {"sectors": ["ai"]}).status_code == 404
    assert send(client, f"/startups/{handed_in}/sectors", {"sectors": ["ai"]}).status_code == 401
    assert client.post("/thanks/sectors", data={"sectors": ["ai"]}).status_code == 400
    assert send(client, "/thanks/sectors", {"sectors": ["magic"]}).status_code == 422
    assert send(client, "/thanks/sectors", {}).status_code == 303
    assert app.extensions["dari"].store.get(handed_in).sectors == ()
