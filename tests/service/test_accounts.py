"""Accounts on pages: signing in and out, letters, the second step, and what an attacker tries."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from profiles import Side
from profiles.accounts import account_of, keep_account, take_counter
from profiles.views import save_view
from tests.service.accounts import (
    PASSWORD,
    add,
    browser_of,
    enter,
    letters,
    link_of,
    submit,
    token_of,
)

OTHER = "ganz andere worte hier bitte"


@pytest.fixture(scope="module")
def home(make_app: Any) -> APIFlask:
    app = make_app(sign_in_attempts=1000)
    add(app, "staff@dari.example", "staff", name="Kim")
    return app


def store(app: APIFlask) -> Any:
    return app.extensions["dari"].store


def test_somebody_signs_in_and_edits_under_the_name_of_the_account(home: APIFlask) -> None:
    client = home.test_client()
    answer = enter(client, "Staff@Dari.example")
    assert (answer.status_code, answer.location) == (302, "/account/arrive")
    assert client.get(answer.location).location == "/startups"
    assert "Kim" in client.get("/startups").text
    assert "Sign out" in client.get("/account").text
    submit(client, "/sign-out", {}, on="/account")
    assert client.get("/startups").status_code == 401


def test_a_signed_in_person_cannot_work_under_another_name(home: APIFlask) -> None:
    client = browser_of(home, "staff@dari.example")
    submit(client, "/name", {"name": "Lee"}, on="/account")
    assert "Kim" in client.get("/account").text
    assert "Lee" not in client.get("/account").text


def test_nobody_takes_the_name_that_another_has_worked_under(home: APIFlask) -> None:
    save_view(store(home), Side.STARTUP, "Mine alone", "q=x", owner="Park", shared=False)
    add(home, "choi@dari.example", "staff", name="Choi")
    client = browser_of(home, "choi@dari.example")
    submit(client, "/account/name", {"name": "PARK"}, on="/account")
    assert account_of(store(home), "choi@dari.example").name == "Choi"
    assert "somebody else" in client.get("/account").text
    for name in ("CHOI", "Choi Min"):
        submit(client, "/account/name", {"name": name}, on="/account")
        assert account_of(store(home), "choi@dari.example").name == name


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "https://evil.example", "https:evil.example", "/\\evil.example",
        "\\\\evil.example", "http:///evil.example", "/%09/evil.example", "\t//evil.example",
        "javascript:alert(1)", "///evil.example", "/\t/evil.example", "https:/evil.example",
    ],
)  # fmt: skip
def test_no_sign_in_leads_to_another_site(home: APIFlask, target: str) -> None:
    for way in ("form", "query"):
        client = home.test_client()
        if way == "form":
            answer = enter(client, "staff@dari.example", next=target)
        else:
            token = token_of(client.get("/account/sign-in"))
            sent = {"csrf_token": token, "email": "staff@dari.example", "password": PASSWORD}
            answer = client.post("/account/sign-in", query_string={"next": target}, data=sent)
        where = (answer.location or "/").replace("\\", "/").replace("\t", "")
        reached = urlsplit(urljoin("http://localhost/account/sign-in", where))
        assert (reached.scheme, reached.netloc) == ("http", "localhost"), (way, where)


def test_a_target_on_this_site_is_kept(home: APIFlask) -> None:
    answer = enter(home.test_client(), "staff@dari.example", next="/partners?q=kt")
    assert answer.location == "/partners?q=kt"


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(home: APIFlask) -> None:
    known = enter(home.test_client(), "staff@dari.example", "wrong password here")
    unknown = enter(home.test_client(), "nobody@dari.example", "wrong password here")
    plain = [
        re.sub(r'value="[^"]*"', "", one.text.replace("nobody@", "staff@"))
        for one in (known, unknown)
    ]
    assert known.status_code == unknown.status_code == 200
    assert plain[0] == plain[1]


@pytest.mark.parametrize("path", ["/account/forgotten", "/account/confirm", "/account/new"])
def test_no_page_tells_whether_there_is_an_account(home: APIFlask, path: str) -> None:
    more = {"password": PASSWORD, "password_confirm": PASSWORD} if path == "/account/new" else {}
    answers = []
    for email in ("staff@dari.example", f"no{len(path)}@dari.example"):
        client = home.test_client()
        answer = submit(client, path, {"email": email, **more})
        page = client.get(answer.location) if answer.location else answer
        text = re.sub(r'value="[^"]*"|(staff|no\d+)@dari.example', "", page.text)
        answers.append((answer.status_code, answer.location, text))
    assert answers[0] == answers[1]


def test_a_startup_registers_confirms_and_signs_in(home: APIFlask) -> None:
    client = home.test_client()
    sent = {"email": "new@firm.example", "password": PASSWORD, "password_confirm": PASSWORD}
    answer = submit(client, "/account/new", sent)
    assert answer.status_code == 302
    assert account_of(store(home), "new@firm.example").roles == ("startup",)
    assert enter(client, "new@firm.example").status_code == 200  # not confirmed yet
    letter = letters(home)[-1]
    assert letter["To"] == "new@firm.example"
    client.get(link_of(letter))
    assert account_of(store(home), "new@firm.example").confirmed_at
    assert enter(client, "new@firm.example").status_code == 302
    assert client.get("/account/mine").status_code == 200
    assert client.get("/startups").status_code == 403


def test_nobody_gives_themselves_a_role(home: APIFlask) -> None:
    sent = {"email": "sly@firm.example", "password": PASSWORD, "password_confirm": PASSWORD}
    sly = {"roles": "admin", "role": "admin", "active": "1", "confirmed_at": "2026-01-01"}
    submit(home.test_client(), "/account/new", {**sent, **sly})
    found = account_of(store(home), "sly@firm.example")
    assert (found.roles, found.confirmed_at) == (("startup",), None)


def test_a_forgotten_password_is_chosen_anew_once_and_ends_every_session(home: APIFlask) -> None:
    add(home, "lost@dari.example", "staff")
    before = browser_of(home, "lost@dari.example")
    assert before.get("/startups").status_code == 200
    submit(home.test_client(), "/account/forgotten", {"email": "lost@dari.example"})
    path = link_of(letters(home)[-1])
    client = home.test_client()
    answer = submit(client, path, {"password": OTHER, "password_confirm": OTHER})
    assert answer.status_code == 302
    assert before.get("/startups").status_code == 401
    assert enter(home.test_client(), "lost@dari.example").status_code == 200
    assert enter(home.test_client(), "lost@dari.example", OTHER).status_code == 302
    again = home.test_client().get(path)
    assert again.status_code == 302  # used up
    assert "password_confirm" not in again.text


def test_a_changed_password_ends_the_other_sessions_and_not_this_one(home: APIFlask) -> None:
    add(home, "change@dari.example", "staff")
    here, there = browser_of(home, "change@dari.example"), browser_of(home, "change@dari.example")
    sent = {"password": PASSWORD, "new_password": OTHER, "new_password_confirm": OTHER}
    assert submit(here, "/account/password", sent).status_code == 302
    assert here.get("/startups").status_code == 200
    assert there.get("/startups").status_code == 401


def test_one_signs_out_everywhere(home: APIFlask) -> None:
    add(home, "every@dari.example", "staff")
    here, there = browser_of(home, "every@dari.example"), browser_of(home, "every@dari.example")
    submit(here, "/account/sign-out-everywhere", {}, on="/account")
    assert [one.get("/startups").status_code for one in (here, there)] == [401, 401]


def test_a_shut_account_ends_at_once_and_opens_no_more(home: APIFlask) -> None:
    from service.managing import disable_account

    made = add(home, "shut@dari.example", "staff")
    client = browser_of(home, "shut@dari.example")
    disable_account(store(home), made)
    assert client.get("/startups").status_code == 401
    assert enter(home.test_client(), "shut@dari.example").status_code == 200


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "at least 12"), ("password123456", "easily guessed"),
        ("qwertyuiopasdf", "easily guessed"), ("w17@dari.example!", "easily guessed"),
        ("aaaaaaaaaaaaaaaa", "easily guessed"), ("x" * 129, "at most 128"),
    ],
)  # fmt: skip
def test_a_poor_password_is_refused_with_the_reason(
    home: APIFlask, password: str, why: str
) -> None:
    sent = {
        "email": f"w{len(password)}@dari.example",
        "password": password,
        "password_confirm": password,
    }
    answer = submit(home.test_client(), "/account/new", sent)
    assert answer.status_code == 200
    assert why in answer.text


def test_the_session_of_an_account_ends_after_its_hours(
    home: APIFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser_of(home, "staff@dari.example")
    later = time.time() + 12 * 3600 + 1
    monkeypatch.setattr("service.sessions.time.time", lambda: later)
    assert client.get("/startups").status_code == 401


def test_signing_in_takes_out_what_was_in_the_session_before(home: APIFlask, token: str) -> None:
    client = home.test_client()
    client.get(f"/sign-in?token={token}")
    submit(client, "/name", {"name": "Planted"}, on="/name")
    before = token_of(client.get("/name"))
    with client.session_transaction() as planted:
        secret = planted["csrf_token"]
    enter(client, "staff@dari.example")
    with client.session_transaction() as held:
        assert "staff" not in held
        assert "name" not in held
        assert held.get("csrf_token") != secret
    assert before
    assert client.get("/accounts").status_code == 403  # no more the rights of the token


def test_the_cookie_is_shut_to_scripts_and_secure_behind_tls(home: APIFlask) -> None:
    client = home.test_client()
    client.get("/account/sign-in")
    token = token_of(client.get("/account/sign-in"))
    sent = {"csrf_token": token, "email": "staff@dari.example", "password": PASSWORD}
    answer = client.post("/account/sign-in", data=sent)
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith("dari="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    tls = home.test_client()
    page = tls.get("/account/sign-in", base_url="https://localhost")
    assert "Secure" in page.headers["Set-Cookie"]


def test_no_program_gets_a_token_or_signs_in_by_one(home: APIFlask) -> None:
    client = home.test_client()
    token = token_of(client.get("/account/sign-in"))
    answer = client.post(
        "/account/sign-in?include_auth_token",
        json={"email": "staff@dari.example", "password": PASSWORD},
        headers={"X-CSRFToken": token},
    )
    assert "authentication_token" not in answer.text
    for given in ({"Authentication-Token": "x"}, {"Authorization": "Basic c3RhZmY6eA=="}):
        assert home.test_client().get("/startups", headers=given).status_code == 401
    assert home.test_client().get("/startups?auth_token=x").status_code == 401


def test_letters_never_lead_to_a_forged_host(make_app: Any) -> None:
    named = make_app(public_url="https://dari.example.kr")
    unnamed = make_app()
    for app in (named, unnamed):
        add(app, "kim@dari.example", "staff")
        client = app.test_client()
        base = {"base_url": "http://evil.example"}
        token = token_of(client.get("/account/forgotten", **base))
        sent = {"csrf_token": token, "email": "kim@dari.example"}
        client.post("/account/forgotten", data=sent, buffered=True, **base)
    assert "https://dari.example.kr/account/forgotten/" in letters(named)[-1].get_content()
    assert "evil" not in letters(named)[-1].get_content()
    assert letters(unnamed) == []
    page = unnamed.test_client().get("/account/forgotten", base_url="http://evil.example")
    assert "DARI_PUBLIC_URL" in page.text


def test_the_page_says_that_letters_lie_in_the_outbox(home: APIFlask) -> None:
    assert "folder outbox" in home.test_client().get("/account/forgotten").text


# Guessing


def test_guessing_is_bounded_for_an_account_that_exists_or_not(make_app: Any) -> None:
    app = make_app(sign_in_attempts=3)
    add(app, "kim@dari.example", "staff")
    for email in ("kim@dari.example", "nobody@dari.example"):
        answers = []
        for number in range(5):
            client = app.test_client()
            where = {"environ_base": {"REMOTE_ADDR": f"10.0.{len(email)}.{number}"}}
            token = token_of(client.get("/account/sign-in", **where))
            sent = {"csrf_token": token, "email": email, "password": "wrong password"}
            answers.append(client.post("/account/sign-in", data=sent, **where).status_code)
        assert answers == [200, 200, 200, 429, 429], email


def test_guessing_is_bounded_for_an_address_over_all_accounts_and_the_token(make_app: Any) -> None:
    app = make_app(sign_in_attempts=3)
    answers = [
        enter(app.test_client(), f"k{number}@dari.example", "wrong password").status_code
        for number in range(4)
    ]
    assert answers == [200, 200, 200, 429]
    client = app.test_client()
    asked = [client.get("/sign-in?token=wrong").status_code for _ in range(4)]
    assert asked == [401, 401, 401, 429]
    assert client.get("/sign-in").status_code == 200


def test_letters_to_one_address_are_bounded(make_app: Any) -> None:
    app = make_app()
    add(app, "kim@dari.example", "staff")
    sent = {"email": "kim@dari.example"}
    answers = [submit(app.test_client(), "/account/forgotten", sent) for _ in range(6)]
    assert [one.status_code for one in answers][-1] == 429
    assert len(letters(app)) == 5


# The second step


def code_of(app: APIFlask, email: str, secret: str | None = None, ahead: int = 0) -> str:
    from flask_security import Security

    security: Security = app.extensions["security"]
    found = secret or account_of(store(app), email).totp
    totp = security._totp_factory._totp.from_source(found)
    return str(totp.generate(int(time.time()) + ahead).token)


def turn_on(app: APIFlask, email: str) -> FlaskClient:
    client = browser_of(app, email)
    page = submit(client, "/account/second-step", {"setup": "authenticator"})
    assert "data:image/svg+xml;base64," in page.text
    with client.session_transaction() as held:
        secret = held["tf_totp_secret"]
    where = re.search(r'action="(/account/second-step/[^"]+)"', page.text)
    assert where
    sent = {"csrf_token": token_of(page), "code": code_of(app, email, secret)}
    answer = client.post(where[1], data=sent)
    assert answer.status_code == 302
    assert account_of(store(app), email).totp
    return client


def forget_counter(app: APIFlask, email: str) -> None:
    """As if half a minute had passed since the last code."""
    from dataclasses import replace

    keep_account(store(app), replace(account_of(store(app), email), totp_counter=None))


def test_the_second_step_is_turned_on_asked_for_and_no_code_works_twice(home: APIFlask) -> None:
    email = "two@dari.example"
    add(home, email, "staff")
    turn_on(home, email)
    forget_counter(home, email)
    client = home.test_client()
    answer = enter(client, email)
    assert "/account/second-step/code" in answer.location
    assert client.get("/startups").status_code == 401  # the password alone opens nothing
    assert submit(client, "/account/second-step/code", {"code": "000000"}).status_code == 200
    code = code_of(home, email)
    assert submit(client, "/account/second-step/code", {"code": code}).status_code == 302
    assert client.get("/startups").status_code == 200
    other = home.test_client()
    enter(other, email)
    assert submit(other, "/account/second-step/code", {"code": code}).status_code == 200
    assert other.get("/startups").status_code == 401


def test_the_secret_of_the_second_step_is_sealed_in_the_store(home: APIFlask) -> None:
    email = "sealed@dari.example"
    add(home, email, "staff")
    turn_on(home, email)
    held = account_of(store(home), email).totp or ""
    assert '"enckey"' in held


def test_a_recovery_code_works_once(home: APIFlask) -> None:
    email = "codes@dari.example"
    add(home, email, "staff")
    client = turn_on(home, email)
    page = submit(client, "/account/recovery-codes", {})
    codes = re.findall(r"<li><code>([0-9a-f-]+)</code>", page.text)
    assert len(codes) == 8
    assert codes[0] not in str(account_of(store(home), email).recovery)
    answers = []
    for _ in range(2):
        other = home.test_client()
        enter(other, email)
        answers.append(submit(other, "/account/second-step/recovery", {"code": codes[0]}))
    assert [one.status_code for one in answers] == [302, 200]
    assert len(account_of(store(home), email).recovery) == 7


def test_guessing_codes_is_bounded(make_app: Any) -> None:
    app = make_app(sign_in_attempts=3)
    add(app, "kim@dari.example", "staff")
    turn_on(app, "kim@dari.example")
    client = app.test_client()
    enter(client, "kim@dari.example")
    token = token_of(client.get("/account/second-step/code"))
    answers = [
        client.post("/account/second-step/code", data={"csrf_token": token, "code": f"{n:06}"})
        for n in range(4)
    ]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]


def test_a_second_step_can_be_required_of_staff(make_app: Any) -> None:
    app = make_app(second_step_required=True)
    add(app, "kim@dari.example", "staff")
    add(app, "firm@dari.example", "startup")
    client = app.test_client()
    assert enter(client, "kim@dari.example").location.startswith("/account/second-step")
    assert client.get("/startups").status_code == 401
    assert enter(app.test_client(), "firm@dari.example").location == "/account/arrive"


def test_a_code_is_taken_once_by_whoever_comes_first(home: APIFlask) -> None:
    made = add(home, "race@dari.example", "staff")
    assert [take_counter(store(home), made.id, 5) for _ in range(2)] == [True, False]
    assert not take_counter(store(home), made.id, 4)


# Managing


@pytest.fixture
def admin(home: APIFlask) -> FlaskClient:
    from profiles.accounts import find_account

    if find_account(store(home), "email", "admin@dari.example") is None:
        add(home, "admin@dari.example", "admin", name="Boss")
    return browser_of(home, "admin@dari.example")


def test_an_admin_adds_somebody_who_chooses_a_password_by_the_letter(
    home: APIFlask, admin: FlaskClient
) -> None:
    sent = {"email": "Lee@Dari.example", "name": "Lee", "roles": ["evaluator"]}
    page = submit(admin, "/accounts", sent)
    assert "works once" in page.text
    letter = letters(home)[-1]
    assert (letter["To"], letter["Subject"]) == ("lee@dari.example", "Your account at Dari")
    client = home.test_client()
    chosen = {"password": OTHER, "password_confirm": OTHER}
    assert submit(client, link_of(letter), chosen).status_code == 302
    assert enter(client, "lee@dari.example", OTHER).status_code == 302
    assert client.get("/judging").status_code == 200
    assert client.get("/startups").status_code == 403


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"email": "x", "roles": ["staff"]}, "no whole e-mail address"),
        ({"email": "y@dari.example"}, "at least one role"),
        ({"email": "y@dari.example", "roles": ["king"]}, "at least one role"),
        ({"email": "staff@dari.example", "roles": ["staff"]}, "already"),
        ({"email": "y@dari.example", "name": "kim", "roles": ["staff"]}, "somebody else"),
        ({"email": "y@dari.example", "roles": ["partner"], "profile": "nope"}, "no partner"),
        ({"email": "y@dari.example", "roles": ["startup"], "profile": "samsung"}, "no startup"),
    ],
)
def test_what_is_wrong_with_a_new_account_is_said(
    home: APIFlask, admin: FlaskClient, sent: dict[str, Any], said: str
) -> None:
    answer = submit(admin, "/accounts", sent)
    assert answer.status_code == 422
    assert said in answer.text


def test_an_admin_changes_shuts_resets_and_removes(home: APIFlask, admin: FlaskClient) -> None:
    made = add(home, "park@dari.example", "staff", name="Park")
    path = f"/accounts/{made.id}"
    sent = {"name": "Park J", "roles": ["partner"], "profile": "samsung"}
    assert submit(admin, path, sent).status_code == 303
    assert account_of(store(home), made.email).profile == "samsung"
    submit(admin, f"{path}/turn", {}, on=path)
    assert not account_of(store(home), made.email).is_active
    assert "chooses a password" in submit(admin, f"{path}/reset", {}, on=path).text
    assert account_of(store(home), made.email).password is None
    submit(admin, f"{path}/remove", {}, on=path)
    assert admin.get(path).status_code == 404


def test_the_last_admin_stays(make_app: Any) -> None:
    app = make_app()
    made = add(app, "only@dari.example", "admin")
    client = browser_of(app, "only@dari.example")
    path = f"/accounts/{made.id}"
    for action in ("turn", "remove"):
        submit(client, f"{path}/{action}", {}, on=path)
        assert "last admin" in client.get(path).text
    assert submit(client, path, {"name": "x", "roles": ["staff"]}).status_code == 422


def test_one_downloads_what_is_held_of_the_account(home: APIFlask) -> None:
    held = browser_of(home, "staff@dari.example").get("/account/held.json").json
    assert (held["email"], held["name"], held["password"]) == ("staff@dari.example", "Kim", True)
    assert "argon2" not in str(held)


def test_passwords_are_kept_as_argon2_of_at_least_19_mib(home: APIFlask) -> None:
    assert account_of(store(home), "staff@dari.example").password.startswith(
        "$argon2id$v=19$m=19456,t=2,p=1$"
    )
