"""Owns the wiring of Flask-Security: its rules, its letters, its second step, its limits."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, after_this_request, current_app, request, session
from flask_babel import lazy_gettext as _l
from flask_login import current_user as logged_in
from flask_login import logout_user
from flask_security import MailUtil, Security, user_authenticated
from flask_security.totp import Totp

from profiles import DariError
from profiles.accounts import AccountError, find_account, take_counter
from service.access import Role
from service.keys import dari
from service.mail import Letter, deliver, has_mail_server
from service.passwords import SHORTEST, Passwords
from service.people import People, Person
from service.settings import Settings

_CSRF = "csrf_token"
_SINCE = "since"
_ATTEMPTS = 10
_WITHIN = "15 minutes"


class Mail(MailUtil):  # type: ignore[misc]
    """Sends Flask-Security's letters once the page has been answered.

    So an answer takes as long for an address that has an account as for one that has none.
    """

    def send_mail(self, template: str, subject: Any, recipient: Any, *_: Any, **given: Any) -> None:
        """Send a letter after the answer; what goes wrong is logged without its content."""
        settings, logger = dari().settings, current_app.logger
        host, text = request.host_url, str(given.get("body") or _[1])
        name = urlsplit(host).hostname or ""

        def send() -> None:
            try:
                deliver(
                    settings,
                    Letter(str(recipient), str(subject), _with_address(settings, host, name, text)),
                )
            except DariError as error:
                logger.error("A letter of the accounts cannot be sent: %s", error.rule)

        @after_this_request
        def _later(response: Response) -> Response:
            response.call_on_close(send)
            return response


def _with_address(settings: Settings, host: str, name: str, text: str) -> str:
    """Let a letter's links lead to the address of the settings, never to a forged one.

    Raises:
        AccountError: if none is set, and the reader came by another name than this machine's own.
    """
    if settings.address:
        return text.replace(host, f"{settings.address.rstrip('/')}/")
    if not is_own_host(name):
        raise AccountError("address", "account_address", name)
    return text


def is_own_host(name: str) -> bool:
    """Tell whether a host name means this machine itself."""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class OneTimeCodes(Totp):  # type: ignore[misc]
    """Takes a code of the second step once, whichever worker is asked."""

    def get_last_counter(self, user: Person) -> int | None:
        """Give the time step of the last code that was taken."""
        account = find_account(dari().store, "id", user.id)
        return account.totp_counter if account else None

    def set_last_counter(self, user: Person, tmatch: Any) -> None:
        """Take a code.

        Raises:
            TokenError: if another request has just taken it.
        """
        from passlib.exc import UsedTokenError

        if not take_counter(dari().store, user.id, int(tmatch.counter)):
            raise UsedTokenError


def init_app(app: Flask) -> Security:
    """Add accounts to the application."""
    app.config.update(_config(dari_of(app).settings, dari_of(app).secret_key))
    security = Security(
        app,
        People(lambda: dari().store, _now),
        mail_util_cls=Mail,
        password_util_cls=Passwords,
        totp_cls=OneTimeCodes,
        datetime_factory=_now,
    )
    security.want_json(_never)
    app.login_manager.request_loader(_never)  # type: ignore[attr-defined]
    user_authenticated.connect(_begin_anew, app)
    app.before_request(_end_old_session)
    logging.getLogger("flask_security").setLevel(logging.WARNING)
    return security


def dari_of(app: Flask) -> Any:
    """Give the engine behind an application."""
    return app.extensions["dari"]


def signed_in() -> Person | None:
    """Give the person who is signed in by an account that may still be used."""
    if "_user_id" not in session:
        return None
    found = logged_in._get_current_object()
    return found if isinstance(found, Person) and found.active else None


def mail_state() -> str:
    """Tell how letters go: 'sent', 'outbox' (kept as files), or 'unsafe' (no address is set)."""
    settings = dari().settings
    if not settings.address and not is_own_host(urlsplit(request.host_url).hostname or ""):
        return "unsafe"
    return "sent" if has_mail_server(settings) else "outbox"


def _never(_request: Request) -> None:
    """Answer no program: there is the API; and nobody signs in by a token of Flask-Security."""
    return


def _begin_anew(_app: Flask, **_more: Any) -> None:
    """Take out of the session what was there before somebody signed in, and note the time."""
    for name in ("staff", "name", _CSRF):
        session.pop(name, None)
    session[_SINCE] = time.time()


def _end_old_session() -> None:
    if (request.endpoint or "static").endswith("static") or "_user_id" not in session:
        return
    if time.time() - session.get(_SINCE, 0) > dari().settings.session_hours * 3600:
        logout_user()
        session.clear()


def _now() -> datetime:
    return datetime.now(UTC)


def key_for(secret: str, use: str) -> bytes:
    """Derive a key of 32 bytes for one use from the secret of the installation."""
    return hmac.digest(secret.encode(), use.encode(), hashlib.sha256)


def needs_second_step(settings: Settings, person: Person) -> bool:
    """Tell whether a person must have a second step, by the settings."""
    offices = {role.name for role in person.roles}
    return settings.second_step_required and bool(
        offices & {Role.ADMIN, Role.STAFF, Role.EVALUATOR}
    )


def _config(settings: Settings, secret: str) -> Mapping[str, Any]:
    sealed = base64.urlsafe_b64encode(key_for(secret, "recovery codes"))
    totp = base64.urlsafe_b64encode(key_for(secret, "second step")).decode()
    flags = ("REGISTERABLE", "CONFIRMABLE", "RECOVERABLE", "CHANGEABLE", "TWO_FACTOR")
    found: dict[str, Any] = dict.fromkeys(flags, True) | {
        "REGISTERABLE": settings.registration,
        "URL_PREFIX": "/account",
        "LOGIN_URL": "/sign-in",
        "LOGOUT_URL": "/sign-out",
        "REGISTER_URL": "/new",
        "RESET_URL": "/forgotten",
        "CHANGE_URL": "/password",
        "CONFIRM_URL": "/confirm",
        "VERIFY_URL": "/again",
        "TWO_FACTOR_SETUP_URL": "/second-step",
        "TWO_FACTOR_TOKEN_VALIDATION_URL": "/second-step/code",
        "TWO_FACTOR_RESCUE_URL": "/second-step/help",
        "MULTI_FACTOR_RECOVERY_CODES_URL": "/recovery-codes",
        "MULTI_FACTOR_RECOVERY_URL": "/second-step/recovery",
        "POST_LOGIN_VIEW": "account.arrive",
        "POST_CHANGE_VIEW": "account.overview",
        "POST_RESET_VIEW": "security.login",
        "POST_CONFIRM_VIEW": "security.login",
        "POST_REGISTER_VIEW": "security.login",
        "TWO_FACTOR_POST_SETUP_VIEW": "account.overview",
        "RETURN_GENERIC_RESPONSES": True,
        "PASSWORD_LENGTH_MIN": SHORTEST,
        "PASSWORD_NORMALIZE_FORM": "NFKC",
        "PASSWORD_SINGLE_HASH": True,
        "PASSWORD_SCHEMES": ["argon2"],
        "PASSWORD_HASH_PASSLIB_OPTIONS": {
            "argon2__memory_cost": 19_456,
            "argon2__time_cost": 2,
            "argon2__parallelism": 1,
        },
        "HASHING_SCHEMES": ["hex_sha256"],
        "RESET_PASSWORD_WITHIN": timedelta(hours=2),
        "CONFIRM_EMAIL_WITHIN": timedelta(days=2),
        "FRESHNESS": timedelta(minutes=30),
        "FRESHNESS_GRACE_PERIOD": timedelta(0),
        "FRESHNESS_ALLOW_AUTH_TOKEN": False,
        "API_ENABLED_METHODS": ["session"],
        "EMAIL_HTML": False,
        "EMAIL_SENDER": settings.mail_from or "dari@localhost",
        "TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "TWO_FACTOR_RESCUE_EMAIL": False,
        "TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30,
        "TOTP_SECRETS": {"1": totp},
        "TOTP_ISSUER": "Dari",
        "MULTI_FACTOR_RECOVERY_CODES": True,
        "MULTI_FACTOR_RECOVERY_CODES_N": 8,
        "MULTI_FACTOR_RECOVERY_CODES_KEYS": [sealed],
        "CLI_USERS_NAME": None,
        "CLI_ROLES_NAME": None,
        "I18N_DOMAIN": "messages",
        "I18N_DIRNAME": "service/translations",
        "MSG_PASSWORD_BREACHED": (_l("This password is on a list of known ones."), "error"),
    }
    return {f"SECURITY_{name}": value for name, value in found.items()}
