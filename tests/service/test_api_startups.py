"""Handing in a startup over the API, and every way of getting it wrong."""

from __future__ import annotations

import json

import pytest

from profiles import Side

KO = {"Accept-Language": "ko"}
GOOD = {"name": "다리소재", "summary": "이차전지 양극재를 재활용합니다.", "region": "KR-43"}


@pytest.fixture
def store(app):
    return app.extensions["dari"].store


def problem(answer, status):
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["title"]
    assert answer.json["detail"]
    return answer.json


def test_a_startup_is_kept_and_found_by_the_next_request(client, bearer):
    answer = client.post("/api/v1/startups", json=GOOD)
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/startups/{answer.json['id']}"
    assert answer.json["name"] == {"ko": "다리소재"}
    assert "다리소재" in answer.text
    assert client.get(answer.headers["Location"], headers=bearer).json == answer.json
    found = client.get("/api/v1/partners/lg-energy-solution/matches?k=100", headers=bearer).json
    assert answer.json["id"] in [match["id"] for match in found["matches"]]


def test_a_taken_id_is_a_conflict_and_changes_nothing(client, store):
    before = store.get("sonoeye")
    wrong = problem(client.post("/api/v1/startups", json=GOOD | {"id": "sonoeye"}, headers=KO), 409)
    assert wrong["errors"][0]["field"] == "id"
    assert "ID sonoeye는 이미 다른 프로필이 쓰고 있습니다." in wrong["detail"]
    problem(client.post("/api/v1/startups", json=GOOD | {"id": "samsung"}), 409)
    assert store.get("sonoeye") == before


def test_the_contact_is_kept_but_not_shown(client, store, bearer):
    consent = {"version": "1", "purpose": "contact", "at": "2026-11-01T00:00:00Z"}
    body = GOOD | {"contact": "a@dari.example", "consent": consent}
    made = client.post("/api/v1/startups", json=body)
    assert store.get(made.json["id"]).contact == "a@dari.example"
    paths = (made.headers["Location"], "/api/v1/startups", made.headers["Location"] + "/matches")
    for answer in (made, *(client.get(path, headers=bearer) for path in paths)):
        assert "a@dari.example" not in answer.text
        assert "consent" not in answer.text


def test_no_cookie_and_no_token_is_needed_nor_harmful(staff):
    assert staff.post("/api/v1/startups", json=GOOD).status_code == 201


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "name", "missing"),
        ({"name": "a"}, "summary", "text_missing"),
        (GOOD | {"name": {"fr": "a"}}, "name.fr", "extra"),
        (GOOD | {"name": 7}, "name", "text_type"),
        (GOOD | {"summary": "a" * 20_001}, "summary", "text_too_long"),
        (GOOD | {"summary": "a\u0000b"}, "summary", "text_control"),
        (GOOD | {"summary": "\u202egnp.exe"}, "summary", "text_control"),
        (GOOD | {"region": "Atlantis"}, "region", "region"),
        (GOOD | {"sectors": ["robotics", "alchemy"]}, "sectors.1", "sector"),
        (GOOD | {"sectors": 7}, "sectors", "list"),
        (GOOD | {"stage": "late"}, "stage", "vocabulary"),
        (GOOD | {"trl": 10}, "trl", "range"),
        (GOOD | {"trl": "x"}, "trl", "integer"),
        (GOOD | {"trl": 10**400}, "trl", "range"),
        (GOOD | {"seeks": [["pilot"]]}, "seeks.0", "vocabulary"),
        (GOOD | {"website": "javascript:alert(1)"}, "website", "url"),
        (GOOD | {"website": "https://a.example/\u0000"}, "website", "text_control"),
        (GOOD | {"website": "https://a.example/\u202egnp"}, "website", "text_control"),
        (GOOD | {"contact": "nobody"}, "contact", "email"),
        (GOOD | {"contact": "a@b.example"}, "consent", "consent"),
        (GOOD | {"id": "../etc"}, "id", "plain_id"),
        (GOOD | {"id": "a b"}, "id", "plain_id"),
        (GOOD | {"colour": "red"}, "colour", "extra"),
    ],
)
def test_a_wrong_field_is_named_with_rule_and_remedy(client, store, body, field, code):
    before = store.count(Side.STARTUP)
    for headers in ({}, KO):
        wrong = problem(client.post("/api/v1/startups", json=body, headers=headers), 422)
        errors = {error["field"]: error for error in wrong["errors"]}
        assert errors[field]["code"] == code
        assert errors[field]["rule"]
        assert errors[field]["remedy"]
    assert any("가" <= letter <= "힣" for letter in errors[field]["rule"])
    assert store.count(Side.STARTUP) == before


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "null", "true"])
def test_what_is_no_object_is_said(client, body):
    answer = client.post("/api/v1/startups", data=body, content_type="application/json")
    assert problem(answer, 422)["errors"][0]["code"] == "object"


BROKEN = {
    "empty": b"",
    "cut off": b'{"name": ',
    "comma": b'{"name": "a",}',
    "NaN": b'{"name": "a", "summary": "b", "trl": NaN}',
    "infinity": b'{"name": "a", "summary": "b", "trl": -Infinity}',
    "CP949": json.dumps(GOOD, ensure_ascii=False).encode("cp949"),
    "UTF-16": json.dumps(GOOD).encode("utf-16"),
    "half a surrogate pair": b'{"name": "a\\ud800", "summary": "b"}',
    "half a surrogate pair in a name": b'{"name": "a", "summary": "b", "x\\udfff": 1}',
    "deep": b'{"name":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep and open": b"[" * 500_000,
    "long number": b'{"name": "a", "trl": ' + b"9" * 10_000 + b"}",
    "NUL": b'{"name": "a\x00"}',
    "two": b'{"name": "a"}{"name": "b"}',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_what_is_no_json_is_said(client, body):
    for headers in ({}, KO):
        answer = client.post(
            "/api/v1/startups", data=body, content_type="application/json", headers=headers
        )
        assert problem(answer, 400)["code"] == "bad_request"
    assert "본문" in answer.json["detail"]


def test_a_number_beyond_all_numbers_is_refused(client):
    body = b'{"name": "a", "summary": "b", "trl": 1e999}'
    answer = client.post("/api/v1/startups", data=body, content_type="application/json")
    assert problem(answer, 422)["errors"][0]["field"] == "trl"


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/x-www-form-urlencoded", "text/json", "multipart/form-data"],
)
def test_another_content_type_is_said(client, content_type):
    answer = client.post("/api/v1/startups", data=json.dumps(GOOD), content_type=content_type)
    assert "application/json" in problem(answer, 415)["detail"]


def test_a_body_of_a_megabyte_is_too_much(client):
    answer = client.post("/api/v1/startups", json=GOOD | {"summary": "a" * 1_100_000}, headers=KO)
    assert "1024 kB" in problem(answer, 413)["detail"]
    answer = client.post("/api/v1/startups", json=GOOD | {"summary": "가" * 170_000})
    assert problem(answer, 422)["errors"][0]["code"] == "text_too_long"
    assert len(answer.data) < 2_000


def test_markup_stays_json(client, bearer):
    made = client.post("/api/v1/startups", json=GOOD | {"summary": "<script>alert(1)</script>"})
    assert made.mimetype == "application/json"
    assert made.headers["X-Content-Type-Options"] == "nosniff"
    assert made.json["summary"] == {"en": "<script>alert(1)</script>"}


@pytest.mark.parametrize("id", ["new", "a/matches", "x@y.kr", "한글", "-a", "a" * 65, 7])
def test_an_id_from_outside_is_plain(client, id):
    answer = client.post("/api/v1/startups", json={"id": id, "name": "n", "summary": "s"})
    assert answer.status_code == 422
    assert [one["field"] for one in answer.get_json()["errors"]] == ["id"]


def test_a_draft_of_the_form_opens_no_door_of_the_api(make_app):
    client = make_app(public_submissions_per_hour=2).test_client()
    body = {"name": "n", "summary": "s"}
    codes = [client.post("/api/v1/startups?draft=1", json=body).status_code for _ in range(4)]
    assert codes == [201, 201, 429, 429]
