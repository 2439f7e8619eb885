"""Owns the single sign-on: by an OpenID provider, for people who have an account here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Flask, current_app, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_security.utils import login_user
from werkzeug.exceptions import NotFound

from profiles.accounts import ONESELF, Account, find_account, keep_account
from service.keys import dari
from service.people import Person
from service.security import local_address

sso = Blueprint("sso", __name__, url_prefix="/sign-in/with")

_NEXT = "sso_next"


def init_app(app: Flask) -> None:
    """Add the single sign-on; where none is set, its addresses answer 404."""
    settings = app.extensions["dari"].settings
    if settings.oidc_issuer:
        from authlib.integrations.flask_client import OAuth

        issuer = settings.oidc_issuer.rstrip("/")
        OAuth(app).register(
            "provider",
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
        )
    app.register_blueprint(sso)


@sso.get("")
def start() -> ResponseReturnValue:
    """Lead to the provider; state, nonce and PKCE bind its answer to this browser."""
    session[_NEXT] = local_address(request.args.get("next"), "")
    # Authlib has no types.
    return _provider().authorize_redirect(_own_address())  # type: ignore[no-any-return]


@sso.get("/back")
def back() -> ResponseReturnValue:
    """Sign in whom the provider vouches for, if there is an account."""
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import RequestException

    target = local_address(session.pop(_NEXT, None), url_for("account.arrive"))
    try:
        claims = _provider().authorize_access_token()["userinfo"]
    except (AuthlibBaseError, JoseError, RequestException, KeyError, ValueError) as error:
        current_app.logger.warning("The single sign-on failed: %s", type(error).__name__)
        return _refuse(gettext("The single sign-on did not work. Please try again."))
    account = _account_of(claims)
    if account is None or not account.is_active:
        return _refuse(gettext("No account here belongs to you yet. Ask an admin to add you."))
    person = Person.of(account)
    plugins = current_app.extensions["security"].two_factor_plugins
    if second := plugins.tf_enter(person, False, "oidc", next_loc=target):
        return second  # type: ignore[no-any-return]
    login_user(person, remember=False, authn_via=["oidc"])
    return redirect(target, 303)


def _account_of(claims: dict[str, Any]) -> Account | None:
    """Find the account of whom the provider names; the first time, by an address it has verified.

    From then on the account is that of the provider's subject: an address that changes hands there
    opens nothing here.
    """
    store, subject = dari().store, f"{claims['iss']} {claims['sub']}"
    if known := find_account(store, "subject", subject):
        return known
    if claims.get("email_verified") is not True:
        return None
    account = find_account(store, "email", claims.get("email"))
    if account is None or account.subject is not None or account.confirmed_at is None:
        return None
    return keep_account(store, replace(account, subject=subject), by=ONESELF)


def _refuse(said: str) -> ResponseReturnValue:
    flash(said, "danger")
    return redirect(url_for("security.login"), 303)


def _provider() -> Any:
    found = current_app.extensions.get("authlib.integrations.flask_client")
    if found is None:
        raise NotFound
    return found.create_client("provider")


def _own_address() -> str:
    base = dari().settings.public_url or request.host_url
    return f"{base.rstrip('/')}{url_for('sso.back')}"
