"""Accounts for tests: people of each role, and how they sign in."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from profiles.accounts import Account
from service.accounts import bare_app
from service.managing import add_account

PASSWORD = "korrekt batterie pferd klammer"
_HASHES: dict[str, str] = {}


def add(app: APIFlask, email: str, *roles: str, **more: Any) -> Account:
    """Make an account with `PASSWORD`."""
    return add_account(app.extensions["dari"].store, email, roles, password=hashed(app), **more)


def hashed(app: APIFlask) -> str:
    """Hash `PASSWORD`, once a session."""
    if PASSWORD not in _HASHES:
        from flask_security import hash_password

        with bare_app(app.extensions["dari"], "en").app_context():
            _HASHES[PASSWORD] = hash_password(PASSWORD)
    return _HASHES[PASSWORD]


def token_of(page: TestResponse) -> str:
    """Find the CSRF token of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def submit(
    client: FlaskClient, path: str, data: dict[str, Any], *, on: str | None = None, **more: Any
) -> TestResponse:
    """Send a form with the token of the page that it stands on; letters are sent by the end."""
    token = token_of(client.get(on or path))
    return client.post(path, data={"csrf_token": token, **data}, buffered=True, **more)


def enter(client: FlaskClient, email: str, password: str = PASSWORD, **more: Any) -> TestResponse:
    """Sign in by e-mail address and password."""
    sent = {"email": email, "password": password, **more}
    return submit(client, "/account/sign-in", sent)


def browser_of(app: APIFlask, email: str) -> FlaskClient:
    """A browser on which somebody has signed in."""
    client = app.test_client()
    answer = enter(client, email)
    assert answer.status_code == 302, answer.text
    return client


def letters(app: APIFlask) -> list[Any]:
    """Read the letters of the outbox, the oldest first."""
    outbox: Path = app.extensions["dari"].settings.outbox
    files = sorted(outbox.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]


def link_of(letter: Any) -> str:
    """Find the path of the first link of a letter."""
    found = re.search(r"https?://[^/\s]+(/\S+)", letter.get_content())
    assert found, letter.get_content()
    return found[1]
