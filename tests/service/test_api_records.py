"""Reading and replacing one record by the API: ETags, stale edits, who is named as the maker."""

from __future__ import annotations

import pytest

from service.submission import submit

SKETCH = {"id": "sketch", "name": {"en": "Sketch"}, "summary": {"en": "We draw bridges."}}
CONTACT = {
    "contact": "ceo@sketch.example",
    "consent": {"version": "1", "purpose": "contact", "at": "2026-11-01T00:00:00Z"},
}


@pytest.fixture(scope="module")
def app(make_app):
    app = make_app()
    submit(app.extensions["dari"], {**SKETCH, **CONTACT})
    return app


@pytest.fixture
def store(app):
    return app.extensions["dari"].store


@pytest.fixture
def tie_id(store):
    return next(store.ties()).id


def problem(answer, status):
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    return answer.json


def read(client, bearer, path):
    answer = client.get(f"/api/v1/{path}", headers=bearer)
    assert answer.status_code == 200
    return answer.json, answer.headers["ETag"]


def put(client, bearer, path, body, tag=None, **more):
    headers = bearer | ({"If-Match": tag} if tag else {})
    return client.put(f"/api/v1/{path}", json=body, headers=headers, **more)


@pytest.mark.parametrize("kind", ["startup", "partner", "tie", "programme"])
def test_a_record_is_read_changed_and_read_again(client, bearer, store, tie_id, kind):
    ids = {"startup": "sketch", "partner": "samsung", "programme": "contest-skt-daejeon"}
    path = f"{kind}s/{ids.get(kind, tie_id)}"
    body, tag = read(client, bearer, path)
    asked = bearer | {"If-None-Match": tag}
    assert client.get(f"/api/v1/{path}", headers=asked).status_code == 304
    answer = put(
        client, bearer, path, {**body, "source": "한 사람"}, tag, query_string={"by": "김"}
    )
    assert answer.status_code == 200
    assert answer.json == {**body, "source": "한 사람"}
    assert answer.headers["ETag"] == f'"{int(tag.strip(chr(34))) + 1}"'
    assert read(client, bearer, path) == (answer.json, answer.headers["ETag"])
    assert client.get(f"/api/v1/{path}", headers=asked).status_code == 200
    assert store.history(body["id"])[-1].by == "김 (API)"
    same = put(client, bearer, path, answer.json, answer.headers["ETag"])
    assert same.headers["ETag"] == answer.headers["ETag"]
    stale = problem(put(client, bearer, path, {**body, "source": "다른 사람"}, tag), 412)
    assert stale["etag"] == answer.headers["ETag"]
    assert stale["current"] == answer.json
    assert stale["sent"]["source"] == "다른 사람"
    difference = {
        "field": "source",
        "base": body.get("source"),
        "current": "한 사람",
        "sent": "다른 사람",
    }
    assert stale["differences"] == [difference]
    assert read(client, bearer, path)[0]["source"] == "한 사람"
    again = put(client, bearer, path, {**body, "source": "둘 다"}, stale["etag"])
    assert again.status_code == 200
    assert store.history(body["id"])[-1].by == "staff (API)"


def test_a_change_needs_the_tag_of_what_was_read(client, bearer):
    body, tag = read(client, bearer, "startups/sketch")
    for wanted in (None, "*"):
        problem(put(client, bearer, "startups/sketch", body, wanted), 428)
    for stale in ('"0"', '""', f"W/{tag}", '"x"', '"' + "9" * 5_000 + '"'):
        problem(put(client, bearer, "startups/sketch", body, stale), 412)
    several = put(client, bearer, "startups/sketch", body, f'"0", {tag}')
    assert several.status_code == 200
    problem(put(client, bearer, "startups/nobody", body, tag), 404)
    problem(put(client, bearer, "partners/sketch", body, tag), 404)


def test_an_edit_that_loses_a_race_is_told_as_stale(client, bearer, app, store, monkeypatch):
    body, tag = read(client, bearer, "startups/sketch")
    dari = app.extensions["dari"]
    real = type(dari.writer).put

    def overtaken(self, profile, **more):
        monkeypatch.undo()
        real(self, store.get("sketch").model_copy(update={"trl": 7}), by="faster")
        return real(self, profile, **more)

    monkeypatch.setattr(type(dari.writer), "put", overtaken)
    stale = problem(put(client, bearer, "startups/sketch", {**body, "trl": 2}, tag), 412)
    assert stale["differences"] == [{"field": "trl", "base": None, "current": 7, "sent": 2}]
    assert store.get("sketch").trl == 7


def test_contact_and_consent_stay_and_cannot_be_given_by_others(client, bearer, store):
    body, tag = read(client, bearer, "startups/sketch")
    assert body.keys().isdisjoint(CONTACT)
    wrong = problem(put(client, bearer, "startups/sketch", {**body, **CONTACT}, tag), 422)
    assert sorted(error["field"] for error in wrong["errors"]) == ["consent", "contact"]
    assert put(client, bearer, "startups/sketch", {**body, "trl": 3}, tag).status_code == 200
    assert store.get("sketch").contact == "ceo@sketch.example"


def test_what_is_wrong_is_told_by_field_and_nothing_is_written(client, bearer, store, tie_id):
    body, tag = read(client, bearer, "startups/sketch")
    sent = {**body, "id": "other", "region": "KR-99", "colour": "red"}
    wrong = problem(put(client, bearer, "startups/sketch", sent, tag), 422)
    assert sorted(error["field"] for error in wrong["errors"]) == ["colour", "id", "region"]
    assert read(client, bearer, "startups/sketch") == (body, tag)
    tie, tag = read(client, bearer, f"ties/{tie_id}")
    wrong = problem(put(client, bearer, f"ties/{tie_id}", {**tie, "b": "nobody"}, tag), 422)
    assert [error["field"] for error in wrong["errors"]] == ["b"]
    wrong = problem(client.put("/api/v1/ties/x?by=", json={}, headers=bearer), 404)
    too_long = {"by": "x" * 101}
    answer = put(client, bearer, f"ties/{tie_id}", tie, tag, query_string=too_long)
    assert [error["field"] for error in problem(answer, 422)["errors"]] == ["by"]


def test_only_the_token_changes_anything(client, staff, bearer):
    body, tag = read(client, bearer, "startups/sketch")
    for caller in (client, staff):
        problem(put(caller, {}, "startups/sketch", body, tag), 401)


def test_the_ties_of_a_profile_are_listed(client, bearer, store):
    seen, path = [], "/api/v1/ties?profile=samsung&limit=1"
    while path:
        page = client.get(path, headers=bearer).json
        seen += [item["id"] for item in page["items"]]
        path = page["next"]
    assert seen == [tie.id for tie in store.ties_page("samsung")]
    assert page["total"] == len(seen)
    for query in ("", "?profile=nobody"):
        wrong = problem(client.get(f"/api/v1/ties{query}", headers=bearer), 422)
        assert [error["field"] for error in wrong["errors"]] == ["profile"]
