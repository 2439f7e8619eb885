"""Idempotency-Key: a POST that is sent twice is carried out once."""

from __future__ import annotations

import threading

import pytest

BODY = {"name": "Twice", "summary": "Sent twice."}


def post(client, key, body=None, path="/api/v1/startups", **headers):
    sent = {"Idempotency-Key": key, **headers}
    return client.post(path, json=BODY if body is None else body, headers=sent)


def test_the_same_call_is_answered_again_and_carried_out_once(client, app):
    store = app.extensions["dari"].store
    first, again = post(client, "one"), post(client, "one")
    assert first.status_code == again.status_code == 201
    assert first.data == again.data
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert [one.number for one in store.history(first.json["id"])] == [1]
    other = post(client, "two")
    assert other.json["id"] != first.json["id"]


def test_the_same_key_with_another_body_is_refused(client):
    assert post(client, "three").status_code == 201
    wrong = post(client, "three", {**BODY, "name": "Thrice"})
    assert (wrong.status_code, wrong.json["code"]) == (422, "idempotency_other")
    assert "멱등" in post(client, "three", {}, **{"Accept-Language": "ko"}).json["title"]


def test_a_refused_call_gives_its_key_back(client):
    assert post(client, "four", {"summary": 5}).status_code == 422
    assert post(client, "four").status_code == 201


def test_a_failed_call_gives_its_key_back(client, app, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr("service.api.routes.submit", lambda *_a, **_k: 1 / 0)
        assert post(client, "five").status_code == 500
    assert post(client, "five").status_code == 201


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "ключ"])
def test_a_key_that_cannot_be_used_is_told(client, key):
    answer = post(client, key.encode().decode("latin-1"))
    assert (answer.status_code, answer.json["code"]) == (400, "idempotency_key")


def test_keys_of_one_caller_are_not_those_of_another(client, bearer):
    assert post(client, "six").json["id"] != post(client, "six", **bearer).json["id"]


def test_of_two_at_once_one_is_refused(app, monkeypatch):
    """Holds the first call in its midst until the second has been answered."""
    from service.api import routes

    entered, leave, told = threading.Event(), threading.Event(), []
    real = routes.submit

    def slow(*args, **more):
        entered.set()
        assert leave.wait(30)
        return real(*args, **more)

    monkeypatch.setattr(routes, "submit", slow)
    first = threading.Thread(target=lambda: told.append(post(app.test_client(), "seven")))
    first.start()
    assert entered.wait(30)
    second = post(app.test_client(), "seven")
    leave.set()
    first.join()
    assert (second.status_code, second.json["code"]) == (409, "idempotency_begun")
    assert told[0].status_code == 201
    assert post(app.test_client(), "seven").data == told[0].data


def test_an_erased_answer_is_not_told_again(client, bearer):
    made = post(client, "eight").json["id"]
    path = f"/api/v1/startups/{made}"
    tag = client.get(path, headers=bearer).headers["ETag"]
    assert client.delete(path, headers=bearer | {"If-Match": tag}).status_code == 200
    answer = post(client, "eight")
    assert (answer.status_code, answer.json["code"]) == (410, "idempotency_erased")
    assert "Twice" not in answer.text
