"""Keys of the API: how they are made, what they allow, when they end, and who is told of what."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from profiles import InvalidRecord, UnknownId
from profiles import tables as t
from profiles.api_keys import (
    LONGEST_LIFE,
    Scope,
    add_key,
    find_key,
    key_of,
    keys,
    revoke_key,
    stamp_use,
)
from profiles.rows import now
from service.api.calls import call_at

KO = {"Accept-Language": "ko"}


@pytest.fixture
def made(app):
    """Make keys with scopes, and give the headers by which they call."""
    store = app.extensions["dari"].store

    def make(*scopes, **more):
        key, shown = add_key(store, f"Key of {' '.join(scopes)}", scopes, **more)
        return {"Authorization": f"Bearer {shown}"}, key

    return make


def problem(answer, status, code):
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json["code"] == code
    assert answer.json["type"] == f"/api/v1/problems/{code}"
    return answer.json


def test_of_a_key_only_a_hash_is_kept(store):
    key, shown = add_key(store, "Importer", ["read", "write"], days=30, by="Kim")
    assert re.fullmatch(r"dari_[a-z2-7]{10}_[\w-]{43}", shown)
    secret = shown.rpartition(f"{key.prefix}_")[2]
    with store.engine.connect() as connection:
        row = connection.execute(select(t.api_keys)).one()
    assert secret not in str(row._mapping)
    assert key_of(store, shown) == key == find_key(store, key.prefix)
    assert key.scopes == {Scope.READ, Scope.WRITE}
    assert (key.name, key.created_by) == ("Importer", "Kim")
    assert timedelta(days=29) < key.expires_at - now() <= timedelta(days=30)
    assert secret not in json.dumps(key.as_json(now()))


def test_a_key_that_is_not_quite_one_is_none(store):
    key, shown = add_key(store, "Importer", ["read"])
    other = add_key(store, "Other", ["read"])[1]
    mixed = f"dari_{key.prefix}_{other.rpartition('_')[2][:43].rjust(43, 'x')}"
    for wrong in ("", shown[:-1], shown + "x", shown.upper(), mixed, "dari__", f"{shown}\n", "가"):
        assert key_of(store, wrong) is None, wrong


def test_a_key_ends_when_it_expires_and_when_it_is_revoked(store):
    key, shown = add_key(store, "Short", ["read"], days=1)
    assert key.state(now()) == "valid"
    assert key.state(now() + timedelta(days=1)) == "expired"
    gone = revoke_key(store, key.prefix, by="Lee")
    assert (gone.state(now()), gone.revoked_by) == ("revoked", "Lee")
    again = revoke_key(store, key.prefix, by="Park")
    assert again == gone
    assert key_of(store, shown) == gone
    with pytest.raises(UnknownId):
        revoke_key(store, "aaaaaaaaaa")
    assert [one.prefix for one in keys(store)] == [key.prefix]


def test_the_use_of_a_key_is_kept_to_the_minute(store):
    key, _ = add_key(store, "Used", ["read"])
    assert key.last_used is None
    stamp_use(store, key)
    first = find_key(store, key.prefix)
    assert now() - first.last_used < timedelta(seconds=30)
    stamp_use(store, first)
    assert find_key(store, key.prefix) == first


@pytest.mark.parametrize(
    ("name", "scopes", "days", "field"),
    [
        ("", ["read"], None, "name"),
        ("x" * 61, ["read"], None, "name"),
        ("a", [], None, "scopes"),
        ("a", ["read", "fly"], None, "scopes.1"),
        ("a", ["read"], 0, "days"),
        ("a", ["read"], LONGEST_LIFE + 1, "days"),
        ("a", ["read"], "soon", "days"),
    ],
)
def test_a_wrong_wish_names_its_field(sqlite_store, name, scopes, days, field):
    with pytest.raises(InvalidRecord) as error:
        add_key(sqlite_store, name, scopes, days=days)
    assert [one.field for one in error.value.errors] == [field]


def test_a_key_may_what_its_scopes_say_and_nothing_else(app, made):
    """Walks every call of the API with a key of each scope."""
    client = app.test_client()
    headers = {scope: made(scope.value)[0] for scope in Scope}
    named = {"name": "no-round", "prefix": "aaaaaaaaaa", "code": "stale", "step": "who"}

    def values(rule):
        return {
            name: 999 if f"<int:{name}>" in rule.rule else named.get(name, "nobody-at-all")
            for name in rule.arguments
        }

    seen = 0
    with app.test_request_context():
        rules = [(rule, call_at(rule.endpoint)) for rule in app.url_map.iter_rules()]
        adapter = app.url_map.bind("")
        paths = [
            (adapter.build(rule.endpoint, values(rule)), method, call)
            for rule, call in rules
            if call is not None
            for method in rule.methods - {"OPTIONS", "HEAD"}
        ]
    for path, method, call in paths:
        if call.scope is None:
            continue
        for scope, bearing in headers.items():
            answer = client.open(path, method=method, headers=bearing, buffered=True)
            if scope in (call.scope, Scope.ADMIN):
                assert answer.status_code not in (401, 403), (path, method, scope)
                assert answer.status_code < 500, (path, method, answer.text)
            else:
                told = problem(answer, 403, "scope_missing")
                assert told["scope"] == call.scope.value
                assert answer.www_authenticate["scope"] == call.scope.value
        seen += 1
    assert seen > 60


def test_expired_revoked_and_unknown_keys_are_told_apart(app, made, monkeypatch):
    client = app.test_client()
    bearing, key = made("read", days=1)
    assert client.get("/api/v1/startups", headers=bearing).status_code == 200
    with monkeypatch.context() as later:
        later.setattr("service.api.guard.now", lambda: now() + timedelta(days=2))
        answer = client.get("/api/v1/startups", headers=bearing)
        problem(answer, 401, "key_expired")
        assert answer.www_authenticate["error"] == "invalid_token"
    revoke_key(app.extensions["dari"].store, key.prefix)
    problem(client.get("/api/v1/startups", headers=bearing), 401, "key_revoked")
    wrong = {"Authorization": "Bearer dari_" + "a" * 10 + "_" + "b" * 43}
    english = problem(client.get("/api/v1/startups", headers=wrong), 401, "key_unknown")
    korean = problem(client.get("/api/v1/startups", headers=wrong | KO), 401, "key_unknown")
    assert korean["title"] != english["title"]
    assert re.search("[가-힣]", korean["detail"])
    problem(client.get("/api/v1/startups"), 401, "unauthorized")


def test_the_history_names_the_key(app, made):
    client = app.test_client()
    bearing, key = made("write", "read")
    body = {"id": "clinic-by-key", "name": "Clinic", "kind": "hospital"}
    assert client.post("/api/v1/partners?by=Kim", json=body, headers=bearing).status_code == 201
    store = app.extensions["dari"].store
    assert store.history("clinic-by-key")[-1].by == f"Kim, {key.name} (API)"
    assert client.get("/api/v1/keys/own", headers=bearing).json == {
        "name": key.name,
        "scopes": ["read", "write"],
        "expires_at": None,
    }


def test_a_key_to_submit_is_free_of_the_public_limit(make_app):
    app = make_app(public_submissions_per_hour=1)
    store = app.extensions["dari"].store
    bearing = {"Authorization": f"Bearer {add_key(store, 'Fair', ['submit'])[1]}"}
    reader = {"Authorization": f"Bearer {add_key(store, 'Reader', ['read'])[1]}"}
    client = app.test_client()
    body = {"name": "Many", "summary": "One of many."}
    answers = [client.post("/api/v1/startups", json=body, headers=bearing) for _ in range(3)]
    assert [one.status_code for one in answers] == [201, 201, 201]
    assert store.history(answers[0].json["id"])[-1].by == "Fair (API)"
    problem(client.post("/api/v1/startups", json=body, headers=reader), 403, "scope_missing")
    assert client.post("/api/v1/startups", json=body).status_code == 201
    assert client.post("/api/v1/startups", json=body).status_code == 429


def test_wrong_keys_are_counted_by_address_and_a_right_one_waits_too(make_app):
    app = make_app(wrong_keys_per_minute=5)
    client = app.test_client()
    right = add_key(app.extensions["dari"].store, "Right", ["read"])[1]
    for number in range(5):
        wrong = {"Authorization": f"Bearer dari_{'abcdefghij'}_{number:043d}"}
        problem(client.get("/api/v1/startups", headers=wrong), 401, "key_unknown")
    for token in (right, "dari_x"):
        answer = client.get("/api/v1/startups", headers={"Authorization": f"Bearer {token}"})
        problem(answer, 429, "calls_limited")
        assert 1 <= int(answer.headers["Retry-After"]) <= 61
    assert client.get("/api/v1/sectors").status_code == 200
    other = {"REMOTE_ADDR": "192.0.2.7"}
    bearing = {"Authorization": f"Bearer {right}"}
    answer = client.get("/api/v1/startups", headers=bearing, environ_base=other)
    assert answer.status_code == 200


def test_calls_are_limited_by_key_and_told_in_headers(make_app):
    app = make_app(api_calls_per_minute=3)
    store = app.extensions["dari"].store
    client = app.test_client()
    one, other = ({"Authorization": f"Bearer {add_key(store, name, ['read'])[1]}"} for name in "ab")
    left = []
    for _ in range(3):
        answer = client.get("/api/v1/programmes?limit=1", headers=one)
        assert answer.headers["RateLimit-Policy"] == '"calls";q=3;w=60'
        left.append(re.fullmatch(r'"calls";r=(\d+);t=(\d+)', answer.headers["RateLimit"])[1])
    assert left == ["2", "1", "0"]
    spent = client.get("/api/v1/programmes?limit=1", headers=one)
    problem(spent, 429, "calls_limited")
    assert spent.headers["Retry-After"]
    assert client.get("/api/v1/programmes?limit=1", headers=other).status_code == 200
    assert "RateLimit" not in client.get("/").headers


def test_the_page_makes_a_key_that_works_and_shows_it_once(app, staff, send):
    page = send(staff, "/keys", {"name": "From the <b>page", "scopes": ["read"], "days": "7"})
    assert page.status_code == 201
    shown = re.search(r"dari_[a-z2-7]{10}_[\w-]{43}", page.text)[0]
    assert "From the &lt;b&gt;page" in page.text
    called = app.test_client().get("/api/v1/startups", headers={"Authorization": f"Bearer {shown}"})
    assert called.status_code == 200
    listed = staff.get("/keys").text
    prefix = shown.split("_")[1]
    assert prefix in listed
    assert shown not in listed
    answer = send(staff, f"/keys/{prefix}/revoke", {})
    assert answer.status_code == 303
    called = app.test_client().get("/api/v1/startups", headers={"Authorization": f"Bearer {shown}"})
    problem(called, 401, "key_revoked")
    assert send(staff, "/keys/nosuchkey/revoke", {}).status_code == 303


def test_the_page_names_what_is_wrong_beside_its_field(staff, send):
    page = send(staff, "/keys", {"name": "Half", "days": "-1"}, headers=KO)
    assert page.status_code == 422
    assert 'value="Half"' in page.text
    assert 'id="days-wrong"' in page.text
    page = send(staff, "/keys", {"name": "Half"})
    assert 'id="scopes-wrong"' in page.text


def test_nobody_else_sees_the_page(app):
    client = app.test_client()
    assert client.get("/keys").status_code == 401
    assert client.post("/keys", data={"name": "x", "scopes": "admin"}).status_code in (400, 401)


def test_the_command_makes_lists_and_revokes(dari):
    made = dari("key", "add", "Nightly import", "--scope", "write", "--scope", "read", "--days", 30)
    assert made.exit_code == 0, made.output
    shown = re.search(r"dari_\w{10}_[\w-]{43}", made.output)[0]
    listed = json.loads(dari("key", "list", "--json").stdout)
    assert [(one["name"], one["scopes"], one["state"]) for one in listed] == [
        ("Nightly import", ["read", "write"], "valid")
    ]
    assert "Nightly import" in dari("key", "list").stdout
    assert dari("key", "revoke", shown).exit_code == 0
    assert json.loads(dari("key", "list", "--json").stdout)[0]["state"] == "revoked"
    assert dari("key", "revoke", "nosuchkeyx").exit_code == 1
    assert dari("key", "add", "x" * 61, "--scope", "read").exit_code == 1


def test_keys_are_listed_and_revoked_by_the_api_but_never_made(client, bearer, app):
    store = app.extensions["dari"].store
    key, shown = add_key(store, "Listed", ["read"])
    seen, path = [], "/api/v1/keys?limit=2"
    while path:
        page = client.get(path, headers=bearer)
        assert shown not in page.text
        seen += [one["prefix"] for one in page.json["items"]]
        path = page.json["next"]
    assert key.prefix in seen
    assert len(seen) == len(set(seen)) == len(keys(store))
    assert client.delete(f"/api/v1/keys/{key.prefix}", headers=bearer).status_code == 204
    assert find_key(store, key.prefix).revoked_by == "staff (API)"
    assert client.delete("/api/v1/keys/nosuchkeyx", headers=bearer).status_code == 404
    assert client.post("/api/v1/keys", json={}, headers=bearer).status_code == 405
