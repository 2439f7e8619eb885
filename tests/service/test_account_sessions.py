"""The open sessions of an account: who is signed in sees them, and ends one, the others, or all."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from profiles import rows
from profiles.account_log import events_of
from profiles.accounts import Account, account_of
from profiles.store import Store
from service import managing, sessions
from service.devices import device_of
from service.managing import disable_account, reset_account
from tests.service.accounts import add, browser_of, enter, submit

KIM = "kim@dari.example"
PHONE = "Mozilla/5.0 (Linux; Android 15; SM-S931) Chrome/140.0 Mobile SamsungBrowser/28.0 Safari/1"
OFFICE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537 Chrome/140.0 Whale/4.3 Safari/5"


@pytest.fixture
def home(make_app: Any) -> APIFlask:
    app = make_app(sign_in_attempts=1000)
    add(app, "admin@dari.example", "admin", name="Ada")
    add(app, KIM, "staff", name="Kim")
    return app


def store(app: APIFlask) -> Any:
    return app.extensions["dari"].store


def browser(app: APIFlask, says: str, email: str = KIM) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_USER_AGENT"] = says
    assert enter(client, email).status_code == 302
    return client


def is_in(client: FlaskClient) -> bool:
    return client.get("/startups").status_code == 200


def others(page: str) -> list[str]:
    return re.findall(r'name="id" value="(\d+)"', page)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (PHONE, "Samsung Internet, Android"),
        (OFFICE, "Whale, Windows"),
        ("Mozilla/5.0 (iPhone; like Mac OS X) Version/18.5 Mobile Safari/604.1", "Safari, iPhone"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_a_device_is_told_by_two_words_at_most(said: str, words: str) -> None:
    assert device_of(said) == words


def test_a_person_sees_their_sessions_in_both_languages_and_ends_one(home: APIFlask) -> None:
    phone, office = browser(home, PHONE), browser(home, OFFICE)
    for lang, words in (("en", ("this browser", "Last used")), ("ko", ("이 브라우저", "마지막"))):
        page = office.get(f"/account/sessions?lang={lang}").text
        assert all(word in page for word in (*words, "Whale, Windows", "Samsung Internet, Android"))
        assert "SM-S931" not in page
        assert len(others(page)) == 1
    assert is_in(phone)
    on = "/account/sessions"
    answer = submit(office, "/account/sessions/end", {"id": others(page)[0]}, on=on)
    assert answer.location.endswith("/account/sessions")
    assert not is_in(phone)
    assert is_in(office)
    said = "from another device, by an admin, or because Dari was updated or restored"
    assert said in browser_page(home, PHONE, office)
    assert others(office.get("/account/sessions").text) == []


def browser_page(home: APIFlask, says: str, from_: FlaskClient) -> str:
    """Sign in anew, be ended from elsewhere, and give the page that follows."""
    client = browser(home, says)
    id = others(from_.get("/account/sessions").text)[0]
    submit(from_, "/account/sessions/end", {"id": id}, on="/account/sessions")
    return client.get("/startups?lang=en").text


def test_all_others_end_at_once_and_the_log_tells_it(home: APIFlask) -> None:
    first, second, mine = (browser_of(home, KIM) for _ in range(3))
    submit(mine, "/account/sessions/end", {}, on="/account/sessions")
    assert [is_in(one) for one in (first, second, mine)] == [False, False, True]
    told = [dict(one.told) for one in events_of(store(home), account_of(store(home), KIM).id)]
    assert {"fields": ["single_sessions"]} in told
    assert "sessions on other devices ended" in mine.get("/account/log?lang=en").text
    again = submit(mine, "/account/sessions/end", {}, on="/account/sessions")
    assert again.status_code == 303
    assert "signed out already" in mine.get("/account/sessions?lang=en").text


def test_signing_out_everywhere_while_the_account_changes_is_told_on_its_page(
    home: APIFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, real = browser_of(home, KIM), managing.keep_account

    def overtaken(held: Store, account: Account, **more: Any) -> Account:
        monkeypatch.setattr(managing, "keep_account", real)
        real(held, replace(account_of(held, KIM), name=account.name))
        return real(held, account, **more)

    monkeypatch.setattr(managing, "keep_account", overtaken)
    answer = submit(mine, "/account/sign-out-everywhere", {}, on="/account")
    assert (answer.status_code, answer.location) == (303, "/account")
    assert "has been changed meanwhile" in mine.get("/account?lang=en").text
    assert is_in(mine)


def test_nobody_ends_the_session_of_another(home: APIFlask) -> None:
    kim, ada = browser_of(home, KIM), browser_of(home, "admin@dari.example")
    number = next(one.id for one in held(home, "admin@dari.example"))
    submit(kim, "/account/sessions/end", {"id": number}, on="/account/sessions")
    assert is_in(ada)


@pytest.mark.parametrize("id", ["", "abc", "-1", 1 << 63, 14713617234417604886528])
def test_what_is_the_number_of_no_session_ends_none(home: APIFlask, id: object) -> None:
    other, mine = browser_of(home, KIM), browser_of(home, KIM)
    answer = submit(mine, "/account/sessions/end", {"id": id}, on="/account/sessions")
    assert answer.status_code == 303
    assert is_in(other)
    assert "signed out already" in mine.get("/account/sessions?lang=en").text


def held(app: APIFlask, email: str) -> list[Any]:
    ended = sessions.over(app.extensions["dari"].settings)
    return sessions.sessions_of(store(app), account_of(store(app), email).id, ended)


def test_a_stolen_cookie_is_worth_nothing_once_its_session_was_signed_out_of(
    home: APIFlask,
) -> None:
    client, thief = browser_of(home, KIM), home.test_client()
    name = home.config["SESSION_COOKIE_NAME"]
    stolen = client.get_cookie(name)
    assert stolen is not None
    thief.set_cookie(name, stolen.value)
    assert is_in(thief)
    submit(client, "/sign-out", {}, on="/account")
    assert not is_in(thief)
    assert held(home, KIM) == []


def test_nobody_is_remembered_beyond_their_session(home: APIFlask) -> None:
    client = home.test_client()
    assert enter(client, KIM, remember="y").status_code == 302
    assert client.get_cookie("remember_token") is None
    assert is_in(client)
    client.delete_cookie(home.config["SESSION_COOKIE_NAME"])
    assert not is_in(client)


def test_a_change_of_the_password_keeps_this_browser_alone(home: APIFlask) -> None:
    other, mine = browser_of(home, KIM), browser_of(home, KIM)
    new = "ganz andere vier worte hier"
    sent = {"password": "korrekt batterie pferd klammer", "new_password": new}
    submit(mine, "/account/password", {**sent, "new_password_confirm": new})
    assert [is_in(other), is_in(mine)] == [False, True]
    assert len(held(home, KIM)) == 1


def test_an_admin_ends_all_sessions_of_an_account_whose_password_stays(home: APIFlask) -> None:
    first, second = browser_of(home, KIM), browser_of(home, KIM)
    admin = browser_of(home, "admin@dari.example")
    path = f"/accounts/{account_of(store(home), KIM).id}"
    assert "2 are open" in admin.get(f"{path}?lang=en").text
    submit(admin, f"{path}/sign-out", {}, on=path)
    assert [is_in(first), is_in(second), is_in(admin)] == [False, False, True]
    assert "0 are open" in admin.get(path).text
    assert is_in(browser_of(home, KIM))
    assert first.post(f"{path}/sign-out").status_code in {400, 401, 403}


@pytest.mark.parametrize("end", [disable_account, reset_account])
def test_shutting_and_reset_leave_no_session(home: APIFlask, end: Any) -> None:
    client = browser_of(home, KIM)
    end(store(home), account_of(store(home), KIM))
    assert not is_in(client)
    assert held(home, KIM) == []


def test_what_is_held_names_the_sessions_and_no_secret_of_them(home: APIFlask) -> None:
    client = browser(home, OFFICE)
    found = client.get("/account/held.json").json
    assert found is not None
    assert [one["device"] for one in found["sessions"]] == ["Whale, Windows"]
    assert set(found["sessions"][0]) == {"device", "since", "last_used"}


def test_the_use_of_a_session_is_kept_after_the_answer_and_a_stale_one_is_gone(
    home: APIFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser_of(home, KIM)
    (before,) = held(home, KIM)
    client.get("/startups", buffered=True)
    assert held(home, KIM) == [before]  # not at every request
    later = rows.now() + timedelta(minutes=10)
    monkeypatch.setattr("service.sessions.time.time", later.timestamp)
    client.get("/startups", buffered=True)
    (after,) = held(home, KIM)
    assert after.seen > before.seen
    much_later = later + timedelta(minutes=70)
    monkeypatch.setattr("profiles.rows.now", lambda: much_later)
    assert held(home, KIM) == []
    browser_of(home, "admin@dari.example")  # whoever signs in sweeps
    monkeypatch.undo()
    assert held(home, KIM) == []
