"""What holds for every page: language, headers, one heading, no way to another site, errors."""

from __future__ import annotations

import re

import pytest
from werkzeug.exceptions import HTTPException

from profiles import StoreError

KO = {"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.5"}
OPEN = ["/", "/startups/new", "/sign-in"]
CLOSED = [
    "/startups",
    "/partners",
    "/programmes",
    "/startups/sonoeye",
    "/partners/samsung",
    "/startups/sonoeye/matches",
    "/startups/sonoeye/matches?programme=contest-skt-daejeon",
    "/partners/samsung/matches",
]


def test_home_opens_three_doors_and_counts(client):
    page = client.get("/").text
    assert page.count('class="door"') == 3
    assert re.search(r"<dt>Startups</dt><dd>1</dd>", page)
    assert int(re.search(r"<dt>Partners</dt><dd>(\d+)</dd>", page)[1]) > 100


@pytest.mark.parametrize("path", [*OPEN, *CLOSED, "/nothing-here"])
@pytest.mark.parametrize(
    ("headers", "lang"), [({}, "en"), (KO, "ko"), ({"Accept-Language": "fr"}, "en")]
)
def test_every_page_is_whole_and_safe(staff, path, headers, lang):
    answer = staff.get(path, headers=headers)
    page = answer.text
    assert answer.status_code == (404 if path == "/nothing-here" else 200)
    assert f'<html lang="{lang}">' in page
    assert answer.headers["Content-Language"] == lang
    assert len(re.findall(r"<h1[ >]", page)) == 1
    assert '<a class="skip-link" href="#main">' in page
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on[a-z]+=", page)
    for address in re.findall(
        r'<(?:script|link|img|iframe|form)[^>]*(?:src|href|action)="([^"]*)"', page
    ):
        assert address.startswith("/")
        assert not address.startswith("//")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    kept = "private, no-cache" if path in {"/", "/startups/new"} else "no-store"
    assert answer.headers["Cache-Control"] == kept


def test_korean_pages_leave_no_english_sentence(staff):
    for path in [*OPEN, *CLOSED]:
        page = staff.get(path, headers=KO).text
        for english in (
            "Submit",
            "Startups",
            "Partners",
            "Programmes",
            "Matches",
            "Not known",
            "Skip",
        ):
            assert not re.search(rf">\s*{english}\s*<", page), (path, english)


def test_the_language_is_asked_for_kept_and_switched(client):
    assert '<html lang="ko">' in client.get("/?lang=ko").text
    assert '<html lang="ko">' in client.get("/startups/new/one-page").text
    assert '<html lang="en">' in client.get("/?lang=en", headers=KO).text
    assert '<html lang="en">' in client.get("/", headers=KO).text
    assert client.get("/?lang=xx").status_code == 200


def test_the_switch_stays_on_the_page_with_its_questions(staff):
    page = staff.get("/partners?q=samsung+sk&lang=en").text
    assert 'href="/partners?q=samsung+sk&amp;lang=ko"' in page
    refused = staff.get("/sign-in?token=wrong&next=/partners").text
    assert 'href="/sign-in?next=%2Fpartners&amp;lang=ko"' in refused


def test_the_settings_choose_for_a_reader_without_preference(make_app):
    assert '<html lang="ko">' in make_app(language="ko").test_client().get("/").text


@pytest.mark.parametrize(
    ("headers", "heading"),
    [({}, "Nothing is kept under this address"), (KO, "찾으시는 페이지가 없습니다")],
)
def test_what_is_not_there_is_said(client, staff, headers, heading):
    for browser, path in ((client, "/nothing"), (staff, "/startups/nobody")):
        answer = browser.get(path, headers=headers)
        assert answer.status_code == 404
        assert heading in answer.text


def test_a_wrong_method_is_said(client):
    answer = client.post("/thanks")
    assert answer.status_code in {400, 405}
    assert client.delete("/").status_code == 405


@pytest.mark.parametrize(
    ("headers", "heading"),
    [({}, "Something went wrong on our side"), (KO, "서버에 문제가 생겼습니다")],
)
def test_a_failure_is_logged_and_never_shown(client, app, monkeypatch, caplog, headers, heading):
    def broken(*_args: object) -> None:
        raise ZeroDivisionError("a secret of the inside")

    monkeypatch.setattr(type(app.extensions["dari"].store), "count", broken)
    answer = client.get("/", headers=headers)
    assert answer.status_code == 500
    assert heading in answer.text
    assert "secret of the inside" not in answer.text
    assert "secret of the inside" in caplog.text


def test_what_is_not_ready_is_said_and_logged(staff, app, monkeypatch, caplog):
    def broken(*_args: object) -> None:
        raise StoreError(value="db", rule="It does not answer.", remedy="Start it.")

    monkeypatch.setattr(type(app.extensions["dari"].store), "last_seq", broken)
    answer = staff.get("/startups/sonoeye/matches", headers=KO)
    assert answer.status_code == 503
    assert "아직 준비되지 않았습니다" in answer.text
    assert "StoreError: It does not answer. Start it." in caplog.text
    assert staff.get("/api/v1/startups/sonoeye/matches").mimetype == "application/problem+json"


def test_the_limit_of_a_body_is_that_of_the_settings(make_app, send):
    client = make_app(max_content_length=2_048).test_client()
    answer = send(client, "/startups/new", {"summary": "a" * 3_000})
    assert answer.status_code == 413
    assert "At most 2 kB can be sent." in answer.text


def test_health_tells_of_the_index_and_the_database(client, app, monkeypatch):
    dari = app.extensions["dari"]
    assert client.get("/healthz").json == {"status": "ok", "seq": dari.store.last_seq()}

    def broken(*_args: object) -> int:
        raise StoreError(value="db", rule="It does not answer.", remedy="Start it.")

    monkeypatch.setattr(type(dari.store), "last_seq", broken)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (503, {"status": "unavailable"})


def test_static_files_are_served_from_here(client):
    page = client.get("/").text
    found = re.findall(r'(?:href|src)="(/(?:static|bootstrap)[^"]+)"', page)
    assert found
    for path in found:
        with client.get(path) as answer:
            assert answer.status_code == 200
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == "public, max-age=3600"


def test_cookies_are_out_of_reach_of_scripts(make_app, token):
    answer = make_app().test_client().get(f"/sign-in?token={token}&lang=ko")
    cookies = answer.headers.getlist("Set-Cookie")
    assert {cookie.split("=")[0] for cookie in cookies} == {"dari", "language"}
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Secure" not in cookie


@pytest.mark.parametrize("settings", [{"secure_cookies": True}, {"trusted_proxies": 1}])
def test_cookies_keep_to_tls_where_there_is_tls(make_app, token, settings):
    client = make_app(**settings).test_client()
    answer = client.get(f"/sign-in?token={token}", headers={"X-Forwarded-Proto": "https"})
    assert all("Secure" in cookie for cookie in answer.headers.getlist("Set-Cookie"))


def test_a_proxy_is_believed_only_where_it_is_trusted(make_app, token):
    answer = (
        make_app()
        .test_client()
        .get(f"/sign-in?token={token}", headers={"X-Forwarded-Proto": "https"})
    )
    assert "Secure" not in answer.headers["Set-Cookie"]


def test_every_http_error_has_a_page(app):
    class Odd(HTTPException):
        code = 418

    with app.test_request_context("/"):
        answer = app.make_response(app.handle_user_exception(Odd()))
    assert answer.status_code == 418
    assert "The request cannot be answered" in answer.get_data(as_text=True)
