"""Every link and every form that a page offers is one that its reader may use."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from service.access import EVERYBODY, TABLE, Role, row_of
from tests.models import make_model
from tests.service.accounts import add, browser_of

EXAMPLE = Path("docs/examples/test-set")
JUDGED = ("/judging", "/evaluations", "/testsets", "/testsets/example", "/models")
PAGES: dict[Role | None, tuple[str, ...]] = {
    Role.ADMIN: (*JUDGED, "/startups", "/pipeline", "/keys", "/accounts"),
    Role.STAFF: (*JUDGED, "/startups", "/startups/sonoeye", "/startups/sonoeye/matches", "/map"),
    Role.EVALUATOR: (*JUDGED, "/evaluations/new", "/evaluations/train"),
    Role.STARTUP: ("/account/mine", "/my/cases"),
    Role.PARTNER: ("/account/mine", "/my/cases"),
    None: ("/sign-in",),
}


@pytest.fixture(scope="module")
def crowded(app: APIFlask, tmp_path_factory: Any) -> tuple[APIFlask, str]:
    """An application with an account of each role, a test set and a model that is not in use."""
    for role in Role:
        add(app, f"{role}@dari.example", role)
    dari = app.extensions["dari"]
    shutil.copytree(EXAMPLE, dari.settings.home / "testsets" / "example")
    path, version = make_model(tmp_path_factory.mktemp("made"), "one", {"sector_same": 50})
    dari.models.add(path)
    return app, version


def browser(app: APIFlask, role: Role | None) -> FlaskClient:
    return browser_of(app, f"{role}@dari.example") if role else app.test_client()


def ways(page: str) -> list[tuple[str, str]]:
    """Give (method, path) of what a page leads to on this site."""
    links = [("GET", path) for path in re.findall(r'<a\b[^>]*? href="(/[^"?#]*)', page)]
    forms = re.findall(r'<form\b[^>]*?method="post"[^>]*? action="(/[^"?#]*)', page)
    return links + [("POST", path) for path in forms]


@pytest.mark.parametrize("role", PAGES, ids=lambda role: str(role or "nobody"))
def test_what_a_page_offers_its_reader_may_use(
    crowded: tuple[APIFlask, str], role: Role | None
) -> None:
    app, version = crowded
    client, adapter = browser(app, role), app.url_map.bind("localhost")
    models = (f"/models/{version}",) if "/models" in PAGES[role] else ()
    shut = []
    for path in ("/", "/startups/new", *PAGES[role], *models):
        page = client.get(path, follow_redirects=True)
        assert page.status_code == 200, path
        for method, way in ways(page.text):
            row = row_of(adapter.match(way, method)[0])
            assert row
            if row not in EVERYBODY and role not in TABLE[row]:
                shut.append((path, method, way))
    assert shut == []


def test_the_home_page_leads_each_to_the_own_work(crowded: tuple[APIFlask, str]) -> None:
    door = r'<p class="door-way"><a[^>]* href="([^"]+)"'
    wanted = {
        Role.STAFF: ["/startups/new", "/startups", "/evaluations"],
        Role.EVALUATOR: ["/startups/new", "/account/arrive", "/evaluations"],
        Role.STARTUP: ["/startups/new", "/account/arrive", "/account/arrive"],
        None: ["/startups/new", "/sign-in", "/sign-in"],
    }
    for role, found in wanted.items():
        assert re.findall(door, browser(crowded[0], role).get("/").text) == found


@pytest.mark.parametrize("role", [Role.STARTUP, Role.PARTNER], ids=str)
def test_an_account_without_a_profile_is_told_what_to_do(
    crowded: tuple[APIFlask, str], role: Role
) -> None:
    client = browser(crowded[0], role)
    for path in ("/account/mine", "/my/cases"):
        page = client.get(path, follow_redirects=True).text
        assert "This account speaks for no profile yet." in page
        assert ("Hand in your startup" in page) == (role is Role.STARTUP)


def test_a_browser_that_has_handed_in_finds_its_startup_again(app: APIFlask, send: Any) -> None:
    client = app.test_client()
    sent = {"name_en": "Found Again", "summary": "We make boats that steer themselves."}
    assert send(client, "/startups/new", sent).status_code == 303
    way = re.search(r'<a href="(/my/[^"]+)">Found Again</a>', client.get("/startups/new").text)
    assert way
    assert client.get(way[1]).status_code == 200
    assert "Found Again" not in app.test_client().get("/startups/new").text


def test_a_match_with_a_case_leads_to_it(app: APIFlask, sign_in: Any, send: Any) -> None:
    staff = sign_in(app)
    page = staff.get("/startups/sonoeye/matches").text
    form = page[page.index('action="/pipeline/shortlist"') :]
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[: form.index("</form>")]))
    sent.pop("csrf_token", None)
    assert send(staff, "/pipeline/shortlist", sent).status_code == 303
    way = re.search(r'class="match-case"><a [^>]*href="(/cases/\d+)"',
                    staff.get("/startups/sonoeye/matches").text)  # fmt: skip
    assert way
    assert staff.get(way[1]).status_code == 200
