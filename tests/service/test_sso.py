"""The single sign-on, against an OpenID provider on loopback."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from profiles.accounts import account_of, keep_account
from service.managing import disable_account
from tests.service.accounts import add
from tests.service.provider import CLIENT, SECRET, Provider, running


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def served(make_app: Any, provider: Provider) -> APIFlask:
    more = {"oidc_client_id": CLIENT, "oidc_client_secret": SECRET, "oidc_name": "City Hall"}
    found = make_app(oidc_issuer=provider.issuer, **more)
    add(found, "kim@dari.example", "staff", name="Kim")
    return found


@pytest.fixture
def app(served: APIFlask, provider: Provider) -> APIFlask:
    """The application, as if nobody had come in yet."""
    provider.claims = {"sub": "1", "email": "kim@dari.example", "email_verified": True}
    provider.signed_by = provider.key
    store = served.extensions["dari"].store
    kim = account_of(store, "kim@dari.example")
    keep_account(store, replace(kim, subject=None, disabled_at=None))
    return served


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def asked_back(there: str) -> str:
    """Follow the way to the provider; give the path that it leads back to."""
    try:
        urllib.request.build_opener(_Stay).open(there)
    except urllib.error.HTTPError as answer:
        with answer:
            where = urlsplit(answer.headers["Location"])
            return f"{where.path}?{where.query}"
    raise AssertionError("the provider did not lead back")


def come_in(client: FlaskClient, **query: str) -> TestResponse:
    start = client.get("/sign-in/with", query_string=query)
    assert start.status_code == 302
    return client.get(asked_back(start.location))


def test_somebody_with_an_account_comes_in_by_the_provider(
    app: APIFlask, provider: Provider
) -> None:
    client = app.test_client()
    assert "City Hall" in client.get("/sign-in").text
    answer = come_in(client, next="/partners")
    assert (answer.status_code, answer.location) == (303, "/partners")
    assert "Kim" in client.get("/partners").text
    asked = provider.asked[-1]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert asked["redirect_uri"] == "http://localhost/sign-in/with/back"


def test_no_sign_on_leads_to_another_site(app: APIFlask) -> None:
    assert come_in(app.test_client(), next="//evil.example").location == "/account/arrive"


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "nobody@dari.example"},
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"email": None},
    ],
)
def test_who_has_no_account_or_no_verified_address_stays_outside(
    app: APIFlask, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims |= claims
    client = app.test_client()
    assert come_in(client).location == "/account/sign-in"
    assert client.get("/startups").status_code == 401


def test_an_address_that_changes_hands_at_the_provider_opens_nothing(
    app: APIFlask, provider: Provider
) -> None:
    come_in(app.test_client())
    assert account_of(app.extensions["dari"].store, "kim@dari.example").subject
    provider.claims["sub"] = "2"
    client = app.test_client()
    come_in(client)
    assert client.get("/startups").status_code == 401


def test_a_shut_account_stays_shut(app: APIFlask) -> None:
    store = app.extensions["dari"].store
    disable_account(store, account_of(store, "kim@dari.example"))
    client = app.test_client()
    come_in(client)
    assert client.get("/startups").status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [{"nonce": "other"}, {"aud": "other"}, {"iss": "http://evil.example"}, {"exp": 1}],
)
def test_a_token_that_was_made_for_something_else_is_refused(
    app: APIFlask, provider: Provider, wrong: dict[str, Any]
) -> None:
    provider.claims |= wrong
    client = app.test_client()
    assert come_in(client).location == "/account/sign-in"
    assert client.get("/startups").status_code == 401


def test_a_token_signed_by_another_key_is_refused(app: APIFlask, provider: Provider) -> None:
    provider.signed_by = RSAKey.generate_key(2048, {"kid": "1"})
    client = app.test_client()
    assert come_in(client).location == "/account/sign-in"


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(app: APIFlask) -> None:
    theirs, mine = app.test_client(), app.test_client()
    path = asked_back(theirs.get("/sign-in/with").location)
    assert mine.get(path).location == "/account/sign-in"
    assert mine.get("/startups").status_code == 401


def test_where_no_provider_is_set_there_is_none(make_app: Any) -> None:
    client = make_app().test_client()
    assert client.get("/sign-in/with").status_code == 404
    assert client.get("/sign-in/with/back").status_code == 404
    assert "/sign-in/with" not in client.get("/sign-in").text
