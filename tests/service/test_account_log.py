"""The log of accounts, how long sessions last, and limits that several workers share."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask

from profiles.account_log import Happening, all_events, events_of
from profiles.accounts import account_of, remove_account
from service import create_app, sessions
from service.settings import Settings
from tests.service.accounts import PASSWORD, add, browser_of, enter, submit


@pytest.fixture(scope="module")
def home(make_app: Any) -> APIFlask:
    app = make_app(sign_in_attempts=1000)
    add(app, "admin@dari.example", "admin", name="Ada")
    add(app, "kim@dari.example", "staff", name="Kim")
    return app


def store(app: APIFlask) -> Any:
    return app.extensions["dari"].store


def log(app: APIFlask, email: str) -> list[tuple[str, dict[str, Any]]]:
    held = events_of(store(app), account_of(store(app), email).id)
    return [(one.kind.value, dict(one.told)) for one in held]


def test_signing_in_and_out_and_failing_are_logged(home: APIFlask) -> None:
    client = browser_of(home, "kim@dari.example")
    submit(client, "/sign-out", {}, on="/account")
    enter(home.test_client(), "kim@dari.example", "quite another word")
    enter(home.test_client(), "nobody@dari.example", "quite another word")
    assert log(home, "kim@dari.example")[:3] == [
        ("failed", {"way": ["password"]}),
        ("signed_out", {"ended": "person"}),
        ("signed_in", {"way": ["password"]}),
    ]
    assert not any(one.kind is Happening.FAILED and one.account is None
                   for one in all_events(store(home)))  # fmt: skip


def test_the_token_of_the_installation_is_logged_without_its_words(
    home: APIFlask, token: str
) -> None:
    client = home.test_client()
    client.get("/sign-in?token=wrong-wrong-wrong-wrong")
    client.get(f"/sign-in?token={token}")
    good, bad = all_events(store(home))[:2]
    assert (bad.kind, good.kind) == (Happening.FAILED, Happening.SIGNED_IN)
    assert (good.account, good.by, good.told) == (None, None, {"way": ["token"]})


def test_changes_name_who_made_them_and_no_secret(home: APIFlask) -> None:
    admin = browser_of(home, "admin@dari.example")
    made = {"email": "lee@dari.example", "name": "Lee", "roles": "staff"}
    submit(admin, "/accounts", made, on="/accounts")
    lee = account_of(store(home), "lee@dari.example")
    path = f"/accounts/{lee.id}"
    submit(admin, path, {"name": "Lee Min", "roles": "evaluator"})
    submit(admin, f"{path}/turn", {}, on=path)
    submit(admin, f"{path}/reset", {}, on=path)
    by = account_of(store(home), "admin@dari.example").id
    held = events_of(store(home), lee.id)
    assert {one.by for one in held} == {by}
    assert [dict(one.told) for one in held] == [
        {"fields": ["sessions"]},
        {"fields": ["shut", "sessions"]},
        {"fields": ["name", "roles"], "roles": ["evaluator"]},
        {"profile": None, "roles": ["staff"]},
    ]


def test_a_person_reads_their_own_log_in_both_languages_and_no_other(home: APIFlask) -> None:
    client = browser_of(home, "kim@dari.example")
    submit(client, "/account/name", {"name": "Kim Mina"}, on="/account")
    for lang, said in (("en", "Account changed"), ("ko", "계정 변경")):
        page = client.get(f"/account/log?lang={lang}")
        assert said in page.text
        assert "Kim Mina" in page.text
    assert client.get("/accounts/log").status_code == 403
    assert client.get(f"/accounts/{account_of(store(home), 'admin@dari.example').id}/log"
                      ).status_code == 403  # fmt: skip
    assert client.get("/account/held.json").json["log"][0]["fields"] == ["name"]
    admin = browser_of(home, "admin@dari.example")
    assert "Kim Mina" in admin.get("/accounts/log?lang=en").text
    assert 'href="/accounts/log?before=' not in admin.get("/accounts/log").text


def test_a_removed_account_leaves_only_that_it_went(home: APIFlask) -> None:
    made = add(home, "gone@dari.example", "staff", name="Gone")
    browser_of(home, "gone@dari.example")
    remove_account(store(home), "gone@dari.example", by=1)
    assert [(one.kind, one.by, one.told) for one in events_of(store(home), made.id)] == [
        (Happening.REMOVED, 1, {})
    ]
    admin = browser_of(home, "admin@dari.example")
    assert f"an account that is gone (no. {made.id})" in admin.get("/accounts/log?lang=en").text


def pass_time(monkeypatch: pytest.MonkeyPatch, minutes: float) -> None:
    moment = time.time() + minutes * 60
    monkeypatch.setattr(time, "time", lambda: moment)


def test_a_session_ends_when_nothing_is_done(
    home: APIFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser_of(home, "kim@dari.example")
    pass_time(monkeypatch, 50)
    assert client.get("/startups").status_code == 200
    pass_time(monkeypatch, 50)  # an hour and 40 minutes since signing in, 50 minutes since then
    assert client.get("/startups").status_code == 200
    pass_time(monkeypatch, 61)
    page = client.get("/startups?lang=en")
    assert page.status_code == 401
    assert "nothing was done for a while" in page.text
    assert log(home, "kim@dari.example")[0] == ("signed_out", {"ended": "idle"})


def test_what_pages_ask_for_by_themselves_keeps_no_session_open() -> None:
    pages = (Path(__file__).parents[2] / "service/templates").glob("*.html")
    asked = re.compile(r"data-progress=.{{ url_for\('([^']+)'")
    found = {name for page in pages for name in asked.findall(page.read_text(encoding="utf-8"))}
    assert found
    assert found == sessions._UNASKED


def test_a_session_ends_after_its_hours_however_busy_it_is(
    home: APIFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser_of(home, "kim@dari.example")
    for _ in range(14):
        pass_time(monkeypatch, 50)
        assert client.get("/startups").status_code == 200
    pass_time(monkeypatch, 50)
    assert client.get("/startups").status_code == 401
    assert log(home, "kim@dari.example")[0] == ("signed_out", {"ended": "age"})


def test_a_session_of_the_token_ends_too(
    home: APIFlask, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(home)
    pass_time(monkeypatch, 61)
    assert client.get("/startups").status_code == 401


def test_what_a_page_asks_by_itself_keeps_no_session_open(
    home: APIFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser_of(home, "admin@dari.example")
    pass_time(monkeypatch, 40)
    client.get("/evaluations/999/progress")
    pass_time(monkeypatch, 40)
    assert client.get("/startups").status_code == 401


def test_two_workers_count_guesses_together(make_app: Any) -> None:
    first = make_app(sign_in_attempts=4)
    add(first, "kim@dari.example", "staff", name="Kim")
    settings: Settings = first.extensions["dari"].settings
    second = create_app(settings)
    answers = [
        enter(app.test_client(), "kim@dari.example", "quite another word").status_code
        for app in (first, second, first, second, first, second)
    ]
    assert answers == [200, 200, 200, 200, 429, 429]
    assert enter(second.test_client(), "kim@dari.example", PASSWORD).status_code == 429
    second.extensions["dari"].store.close()
