"""Fixtures of the service: an installed home, applications over copies of it, and their clients."""

from __future__ import annotations

import gc
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from playwright.sync_api import Browser, sync_playwright
from werkzeug.test import TestResponse

from service import create_app
from service.settings import Settings
from service.submission import submit
from service.wiring import init
from tests.servers import served
from tests.service.keeping import kept_between_tests

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

TOKEN = "staff-token-for-tests"
ULTRASOUND = {
    "id": "sonoeye",
    "name": {"ko": "소노아이", "en": "SonoEye"},
    "summary": "대구에서 인공지능이 판독을 돕는 휴대용 초음파 진단기기를 만듭니다.",
    "seeking": "임상 검증을 함께할 병원과 초음파 장비 제조사를 찾습니다.",
    "region": "KR-27",
    "sectors": ["medical_imaging", "ai"],
    "stage": "seed",
    "contact": "ceo@sonoeye.example",
    "consent": {"version": "1", "purpose": "contact", "at": "2026-11-01T00:00:00Z"},
}

MakeApp = Callable[..., APIFlask]
SignIn = Callable[[APIFlask], FlaskClient]
Send = Callable[..., TestResponse]
RunDari = Callable[..., Result]


@pytest.fixture(scope="session", autouse=True)
def kept() -> Iterator[None]:
    """Keep what all applications make alike."""
    with kept_between_tests():
        yield


@pytest.fixture(scope="session", autouse=True)
def nothing_is_frozen() -> Iterator[None]:
    """Keep `dari`, run within the tests, from hiding what they leave from the collector."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gc.freeze", lambda: None)
        yield


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the catalogue, to be copied."""
    home = tmp_path_factory.mktemp("installed")
    init(Settings(home=home)).store.close()
    return home


@pytest.fixture
def dari(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDari:
    """Run `dari` over a home of its own."""
    from service.cli import main

    home = tmp_path / "home"
    shutil.copytree(installed, home)
    monkeypatch.setenv("DARI_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words])

    return run


@pytest.fixture
def rows(tmp_path: Path) -> Callable[..., Path]:
    """Write rows to a file; those that are no text as JSON."""

    def write(*given: object, name: str = "rows.jsonl") -> Path:
        path = tmp_path / name
        lines = [
            row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in given
        ]
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="module")
def make_app(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeApp]:
    """Make applications, each over its own copy of the home."""
    made: list[APIFlask] = []

    def make(**settings: Any) -> APIFlask:
        home = tmp_path_factory.mktemp("home") / "var"
        shutil.copytree(installed, home)
        known: dict[str, Any] = {"staff_token": TOKEN, "public_submissions_per_hour": 100_000}
        known |= {"api_calls_per_minute": 10**9, "wrong_keys_per_minute": 10**9}
        known["links_per_hour"] = 100_000
        app = create_app(Settings(home=home, **(known | settings)))
        made.append(app)
        return app

    yield make
    while made:
        made.pop().extensions["dari"].store.close()
    # An application is a large ring of references, which the collector finds late on a large heap.
    gc.collect()


@pytest.fixture(scope="module")
def app(make_app: MakeApp) -> APIFlask:
    """An application with the catalogue and one startup."""
    app = make_app()
    submit(app.extensions["dari"], ULTRASOUND)
    return app


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    """A browser of nobody in particular that reads English."""
    return app.test_client()


@pytest.fixture
def staff(app: APIFlask, sign_in: SignIn) -> FlaskClient:
    """A browser of signed-in staff."""
    return sign_in(app)


@pytest.fixture
def bearer() -> dict[str, str]:
    """The header by which staff call the API."""
    return {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="session")
def token() -> str:
    """The staff token of every application here."""
    return TOKEN


@pytest.fixture(scope="session")
def sign_in() -> SignIn:
    """Sign staff in on a new browser of an application."""

    def sign_in(app: APIFlask) -> FlaskClient:
        client = app.test_client()
        assert client.get(f"/sign-in?token={TOKEN}").status_code == 303
        return client

    return sign_in


@pytest.fixture(scope="session")
def send() -> Send:
    """Send a form with the CSRF token that a browser was given."""

    def send(client: FlaskClient, path: str, data: dict[str, Any], **more: Any) -> TestResponse:
        page = client.get("/sign-in")
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert found
        return client.post(path, data={"csrf_token": found[1], **data}, **more)

    return send


@pytest.fixture(scope="module")
def address(app: APIFlask) -> Iterator[str]:
    """The address of the application of a module's tests, served for a browser."""
    with served(app) as url:
        yield url


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A browser that asks nobody on its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()
