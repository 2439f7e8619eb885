"""Attacks on pages and API: forged forms, hostile texts, foreign ids, guesses, headers, sizes."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest

from profiles.api_keys import Scope, add_key
from service.api.calls import call_at
from tests.walking import MARK, addresses, fill, gaps

FORMULA = '=HYPERLINK("http://evil.example";"x")'
INJECTIONS = ("' OR '1'='1", "'; DROP TABLE profiles; --", "%' UNION SELECT 1--", "\\", "%", "_")


@pytest.fixture(scope="module")
def app(make_app):
    app = make_app()
    fill(app)
    return app


class Active(HTMLParser):
    """Finds what a browser would run or load from elsewhere, and forms without a CSRF token."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.forms: list[tuple[dict, bool]] = []

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        text = " ".join((tag, *given, *given.values()))
        if tag in ("script", "svg", "img", "iframe") and MARK in str(attrs):
            self.found.append(text)
        self.found += [name for name in given if name.startswith("on") or name == "style"]
        if tag == "script" and "src" not in given:
            self.found.append("a script within the page")
        for name in ("src", "href", "action", "formaction"):
            if re.match(r"(?i)\s*(javascript|data|vbscript):", given.get(name, "")):
                self.found.append(text)
        if tag == "form":
            self.forms.append((given, False))
        if tag == "input" and given.get("name") == "csrf_token" and self.forms:
            self.forms[-1] = (self.forms[-1][0], bool(given.get("value")))

    def handle_data(self, data):
        if ">49" in data and MARK in data:  # what was typed ends so; a time may hold a 49, too
            self.found.append(f"a template was run: {data}")


@pytest.fixture(scope="module")
def answers(app, sign_in):
    """What staff are answered at each address, in each language."""
    staff = sign_in(app)
    return {
        (path, lang): staff.get(path, headers={"Accept-Language": lang}, buffered=True)
        for path in addresses(app)
        for lang in ("en", "ko")
    }


@pytest.fixture
def pages(answers):
    """Those of the answers that are pages."""
    return {asked: one for asked, one in answers.items() if one.mimetype == "text/html"}


def test_no_text_that_somebody_typed_runs_on_any_page(answers, pages):
    """Stored cross-site scripting, in every text field and on every page that shows it."""
    assert [asked for asked, one in answers.items() if one.status_code >= 500] == []
    shown = 0
    for asked, page in pages.items():
        read = Active()
        read.feed(page.text)
        assert not read.found, (asked, read.found)
        shown += MARK in page.text
    assert len(pages) > 60
    assert shown > 20


def test_json_that_holds_markup_is_not_taken_for_a_page(app, staff):
    for path in ("/api/v1/startups/hostile", "/openapi.json", "/names?q=Evil"):
        answer = staff.get(path)
        assert answer.mimetype in ("application/json", "application/problem+json")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_every_form_that_changes_something_bears_a_token(pages):
    seen = 0
    for asked, page in pages.items():
        read = Active()
        read.feed(page.text)
        for given, has_token in read.forms:
            if given.get("method", "get").lower() == "post":
                assert has_token, (asked, given)
                seen += 1
    assert seen > 20


def test_a_forged_form_changes_nothing(app, staff):
    """Cross-site request forgery: every POST of the pages, from a browser that is signed in."""
    adapter = app.url_map.bind("")
    store = app.extensions["dari"].store
    before = store.last_seq()
    tried = 0
    for rule in app.url_map.iter_rules():
        if "POST" not in rule.methods or rule.rule.startswith("/api/"):
            continue
        values = next(gaps(rule))
        path = adapter.build(rule.endpoint, {**(rule.defaults or {}), **values}, method="POST")
        for token in ({}, {"csrf_token": "guessed"}):
            answer = staff.post(path, data={"name": "forged", **token}, buffered=True)
            assert answer.status_code in (400, 401, 403, 404), (path, answer.status_code)
        tried += 1
    assert tried > 10
    assert store.last_seq() == before


def test_a_session_changes_nothing_through_the_api(app, staff):
    with app.app_context():
        calls = [(rule, call_at(rule.endpoint)) for rule in app.url_map.iter_rules()]
    adapter = app.url_map.bind("")
    tried = 0
    for rule, call in calls:
        if call is None or call.scope is None:
            continue
        values = {name: 1 if f"<int:{name}>" in rule.rule else "hostile" for name in rule.arguments}
        for method in rule.methods - {"GET", "HEAD", "OPTIONS"}:
            path = adapter.build(rule.endpoint, values, method=method)
            answer = staff.open(path, method=method, json={}, headers={"If-Match": '"1"'})
            assert answer.status_code == 401, (method, path)
            tried += 1
    assert tried > 25


@pytest.mark.parametrize("text", INJECTIONS)
def test_sql_in_a_question_is_text(app, staff, bearer, text):
    for path in ("/startups", "/partners"):
        assert staff.get(path, query_string={"q": text}).status_code == 200
        asked = {"q": text, "limit": 100}
        found = staff.get(f"/api/v1{path}", query_string=asked, headers=bearer).json
        total = app.extensions["dari"].store.count
        assert found["total"] < 50, "a wildcard of the database is a letter here"
        assert total
    for path in ("/api/v1/startups/{}", "/api/v1/cases?owner={}", "/api/v1/ties?profile={}"):
        answer = app.test_client().get(path.format(text.replace("%", "%25")), headers=bearer)
        assert answer.status_code in (200, 404, 422), path
    assert app.extensions["dari"].store.get("victim").id == "victim"


def test_formulas_are_text_in_every_table(app, staff, bearer):
    """CSV injection: a cell that a spreadsheet would run is guarded."""
    client = app.test_client()
    body = {"id": "formula", "name": FORMULA, "summary": f"+1+1|cmd {FORMULA}", "source": "@SUM(1)"}
    assert client.post("/api/v1/startups", json=body).status_code == 201
    paths = ["/api/v1/exports/startups?format=csv"]
    for path in paths:
        answer = staff.get(path, headers=bearer, buffered=True)
        for row in csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))):
            assert not [cell for cell in row if cell[:1] in set("=+@\t\r")], path


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example",
     "/%09/evil.example", "javascript:alert(1)", "/\r\nLocation: //evil.example",
     " //evil.example"],
)  # fmt: skip
def test_no_address_leads_to_another_site(app, token, send, staff, target):
    """Open redirect, on every page that is told where to go on."""
    client = app.test_client()
    answers = [
        client.get("/sign-in", query_string={"token": token, "next": target}),
        send(app.test_client(), "/sign-in", {"token": token, "next": target}),
        send(staff, "/name", {"name": "Kim", "next": target}),
    ]
    said = {"candidate": "hostile-partner", "label": "good", "shown_rank": "1"}
    said |= {"model_version": "m", "back": target}
    answers.append(send(staff, "/startups/hostile/verdicts", said))
    for answer in answers:
        where = answer.headers.get("Location", "/")
        assert re.match(r"/(?![/\\])", where), (target, where)
        assert "evil.example" not in where.partition("?")[0].replace("%2F", "/").split("/")[0]


@pytest.mark.parametrize("scope", [one for one in Scope if one is not Scope.ADMIN])
def test_no_key_reaches_what_is_not_its_own(app, scope):
    """Insecure direct references: a key of each scope tries every id that there is."""
    store = app.extensions["dari"].store
    bearing = {"Authorization": f"Bearer {add_key(store, f'Only {scope}', [scope])[1]}"}
    client = app.test_client()
    personal = ("/startups/victim/held", "/partners/samsung/held")
    secret = ("/keys", "/accounts")
    readable = ("/startups/victim", "/startups/victim/history", "/cases/1", "/models")
    judged = ("/judging/rounds/hostile-round", "/judging/rounds/hostile-round/pairs/1")
    allowed = {Scope.READ: readable, Scope.WRITE: personal, Scope.EVALUATE: judged}.get(scope, ())
    for path in (*personal, *secret, *readable, *judged):
        status = client.get(f"/api/v1{path}", headers=bearing).status_code
        assert status == (200 if path in allowed else 403), (scope, path)
    for path in ("/startups/victim", "/keys/aaaaaaaaaa"):
        headers = bearing | {"If-Match": '"1"'}
        assert client.delete(f"/api/v1{path}", headers=headers).status_code == 403
    assert store.get("victim")


def test_a_stranger_reaches_nothing_but_the_open_pages(app):
    client = app.test_client()
    opened = ("/", "/startups/new", "/sign-in", "/healthz")
    for path in addresses(app):
        page = client.get(path, buffered=True)
        if path.split("?")[0] in opened:
            continue
        assert "Keeps its secrets" not in page.text
        assert MARK not in page.text.replace("next=", "") or "?" in path, path


def test_a_session_that_somebody_else_set_is_not_signed_in(app, token):
    """Session fixation: what was set before the sign-in is worth nothing after it."""
    attacker, victim = app.test_client(), app.test_client()
    attacker.get("/sign-in")
    planted = attacker.get_cookie("dari")
    if planted:
        victim.set_cookie("dari", planted.value)
    assert victim.get(f"/sign-in?token={token}").status_code == 303
    if planted:
        assert victim.get_cookie("dari").value != planted.value
    assert attacker.get("/startups").status_code == 401


def test_a_session_that_was_tampered_with_is_none(app, staff):
    cookie = staff.get_cookie("dari").value
    said, _, sign = cookie.rpartition(".")
    other = f"{said}.{'B' if sign[0] == 'A' else 'A'}{sign[1:]}"
    for forged in (other, "e30.e30.x", json.dumps({"staff": "x"}), cookie.swapcase()):
        client = app.test_client()
        client.set_cookie("dari", forged)
        assert client.get("/startups").status_code == 401


def test_a_header_cannot_be_put_into_an_answer(app, staff, bearer):
    client = app.test_client()
    line = "x\r\nSet-Cookie: stolen=1\r\n\r\n<script>"
    answers = [
        client.get("/", query_string={"lang": line}),
        client.get("/sign-in", query_string={"next": f"/startups{line}"}),
        client.get("/api/v1/sectors", headers={"Accept-Language": "ko", "Accept": "*/*"}),
        client.post("/api/v1/startups", json={"id": line, "name": "x", "summary": "y"}),
        client.get("/api/v1/partners", query_string={"q": line}, headers=bearer),
        client.get("/api/v1/exports/ties", query_string={"format": line}, headers=bearer),
        staff.get("/startups/x%0d%0aSet-Cookie:%20a=1/history"),
    ]
    for answer in answers:
        assert "stolen" not in str(answer.headers.get_all("Set-Cookie"))
        assert all("\r" not in value and "\n" not in value for _, value in answer.headers)


def test_the_host_that_is_asked_for_stands_in_no_answer(app, token, bearer):
    there = {"base_url": "http://asked.example", "headers": {"X-Forwarded-Host": "asked.example"}}
    client, shown = app.test_client(), 0
    assert client.get(f"/sign-in?token={token}", **there).status_code == 303
    for path in addresses(app):
        page = client.get(path, **there, buffered=True)
        assert b"asked.example" not in page.data, path
        assert "asked.example" not in page.headers.get("Location", ""), path
        shown += page.status_code == 200
    assert shown > 100
    there["headers"] |= bearer
    for path in ("/api/v1/partners?limit=1", "/openapi.json"):
        answer = app.test_client().get(path, **there)
        assert "asked.example" not in answer.text
        assert "asked.example" not in answer.headers.get("Link", "")


def test_pages_have_the_headers_that_owasp_recommends(answers, staff):
    others = ("/api/v1/startups", "/api/v1/nothing", "/static/dari.css")
    told = {path: staff.get(path, buffered=True) for path in others}
    told |= {path: answer for (path, _), answer in answers.items()}
    for path, answer in told.items():
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        for part in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert part in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Server" not in answer.headers or "werkzeug" not in answer.headers["Server"].lower()
        assert "X-Powered-By" not in answer.headers
        assert "Access-Control-Allow-Origin" not in answer.headers
        if "static" not in path:
            assert "Cache-Control" in answer.headers
        for cookie in answer.headers.get_all("Set-Cookie"):
            assert "HttpOnly" in cookie
            assert "SameSite=Lax" in cookie or "SameSite=Strict" in cookie
    assert len(told) > 30


def test_cookies_travel_over_tls_alone_where_it_is_used(make_app, token):
    client = make_app(secure_cookies=True).test_client()
    answer = client.get(f"/sign-in?token={token}", base_url="https://dari.example")
    assert all("Secure" in one for one in answer.headers.get_all("Set-Cookie"))
    plain = make_app().test_client()
    answer = plain.get(f"/sign-in?token={token}", base_url="https://dari.example")
    assert all("Secure" in one for one in answer.headers.get_all("Set-Cookie"))


def test_secret_pages_are_not_reached_by_other_spellings(app):
    client = app.test_client()
    for path in ("//startups", "/startups/", "/STARTUPS", "/startups/../startups", "/%2e/startups",
                 "/startups;x", "/./startups", "/startups%00"):  # fmt: skip
        page = client.get(path)
        assert "SonoEye" not in page.text
        assert page.status_code in (301, 308, 400, 401, 404), path
