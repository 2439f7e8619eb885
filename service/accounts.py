"""Owns the wiring of Flask-Security: its rules, its letters, its second step, its limits."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from flask import (
    Flask,
    Request,
    Response,
    after_this_request,
    current_app,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import Babel, gettext
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import logout_user
from flask_security import MailUtil, Security, UserMixin, user_authenticated
from flask_security.totp import Totp

from profiles import DariError
from profiles.accounts import Account, AccountError, find_account, take_counter
from service.keys import dari
from service.mail import Letter, deliver, has_mail_server
from service.passwords import SHORTEST, Passwords
from service.people import People, Person
from service.sayings import sayings
from service.settings import Settings
from service.wiring import Dari

_CSRF = "csrf_token"
_SINCE = "since"


class Mail(MailUtil):
    """Sends letters once the page has been answered.

    So an answer takes as long for an address that has an account as for one that has none.
    """

    def send_mail(
        self,
        template: str,
        subject: Any,
        recipient: Any,
        sender: Any,
        body: str | None,
        html: str | None,
        **_context: Any,
    ) -> None:
        """Send a letter after the answer; what goes wrong is logged without its content."""
        settings, logger, here = dari().settings, current_app.logger, request.host_url
        letter = Letter(str(recipient), str(subject), body or "")

        def send() -> None:
            try:
                deliver(settings, _with_address(letter, settings, here))
            except DariError as error:
                logger.error("A letter of the accounts cannot be sent: %s", error.rule)

        @after_this_request
        def _later(response: Response) -> Response:
            response.call_on_close(send)
            return response


def _with_address(letter: Letter, settings: Settings, here: str) -> Letter:
    """Let a letter's links lead to the address of the settings, never to a forged one.

    Raises:
        AccountError: if none is set, and the reader came by another name than this machine's own.
    """
    if settings.public_url:
        return replace(
            letter, text=letter.text.replace(here, f"{settings.public_url.rstrip('/')}/")
        )
    if not is_own_host(urlsplit(here).hostname or ""):
        raise AccountError("address", "account_address", urlsplit(here).hostname)
    return letter


def send_invitation(account: Account) -> None:
    """Send somebody the link by which to choose a password."""
    text = render_template("letters/invitation.txt", account=account, link=one_time_link(account))
    subject = gettext("Your account at Dari")
    Mail(current_app).send_mail("invitation", subject, account.email, None, text, None)


def one_time_link(account: Account) -> str:
    """Make the link by which a password is chosen, once, within a day."""
    from flask_security.recoverable import generate_reset_password_token

    token = generate_reset_password_token(Person.of(account))  # type: ignore[no-untyped-call]
    path = url_for("security.reset_password", token=token)
    base = dari().settings.public_url or request.host_url
    return f"{base.rstrip('/')}{path}"


def is_own_host(name: str) -> bool:
    """Tell whether a host name means this machine itself."""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class OneTimeCodes(Totp):
    """Takes a code of the second step once, whichever worker is asked."""

    def get_last_counter(self, user: UserMixin) -> int | None:
        """Give the time step of the last code that was taken."""
        account = find_account(dari().store, "id", user.id)
        return account.totp_counter if account else None

    def set_last_counter(self, user: UserMixin, tmatch: Any) -> None:
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
    )
    app.blueprints["security"].enable_openapi = False  # type: ignore[attr-defined]
    security.want_json(_never)
    app.login_manager.request_loader(_nobody)  # type: ignore[attr-defined]
    user_authenticated.connect(_begin_anew, app)
    app.before_request(_end_old_session)
    logging.getLogger("flask_security").setLevel(logging.WARNING)
    return security


def bare_app(dari: Dari, language: str) -> Flask:
    """Build an application of accounts alone, for the command line: no pages, the same secrets."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY=dari.secret_key, BABEL_DEFAULT_LOCALE=language)
    app.extensions["dari"] = dari
    translations = str(Path(__file__).parent / "translations")
    Babel(app, default_translation_directories=translations, locale_selector=lambda: language)
    init_app(app)
    return app


def dari_of(app: Flask) -> Dari:
    """Give the engine behind an application."""
    return cast(Dari, app.extensions["dari"])


def mail_state() -> str:
    """Tell how letters go: 'sent', 'outbox' (kept as files), or 'unsafe' (no address is set)."""
    settings = dari().settings
    if not settings.public_url and not is_own_host(urlsplit(request.host_url).hostname or ""):
        return "unsafe"
    return "sent" if has_mail_server(settings) else "outbox"


def _never(_request: Request) -> bool:
    """Answer no program as a program: there is the API for them."""
    return False


def _nobody(_request: Request) -> None:
    """Let nobody sign in by a token of Flask-Security."""
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
        "DATETIME_FACTORY": _now,
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
        "RESET_PASSWORD_WITHIN": timedelta(days=1),
        "CONFIRM_EMAIL_WITHIN": timedelta(days=2),
        "FRESHNESS": timedelta(minutes=30),
        "FRESHNESS_GRACE_PERIOD": timedelta(0),
        "FRESHNESS_ALLOW_AUTH_TOKEN": False,
        "API_ENABLED_METHODS": ["session"],
        "EMAIL_HTML": False,
        "EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},  # nobody else is asked
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
        "I18N_DIRNAME": str(Path(__file__).parent / "translations"),
    }
    return {f"SECURITY_{name}": value for name, value in (found | sayings()).items()}


def add_limits(app: Flask, limiter: Limiter) -> None:
    """Bound how often somebody may try, whether the account that they name exists or not.

    Failed sign-ins and codes count, for the account and for the address of the network; of letters,
    each that is asked for. Each worker counts its own.
    """
    tries = f"{dari_of(app).settings.sign_in_attempts} per 15 minutes"
    letters = f"{dari_of(app).settings.public_submissions_per_hour} per hour"
    failed: dict[str, tuple[Callable[[], str], ...]] = {
        "security.login": (get_remote_address, _named_account),
        "security.two_factor_token_validation": (get_remote_address, _half_signed_in),
        "security.mf_recovery": (get_remote_address, _half_signed_in),
        "security.verify": (_signed_in_account,),
        "security.change_password": (_signed_in_account,),
    }
    for endpoint, keys in failed.items():
        _limit(app, limiter, endpoint, tries, keys, _has_failed)
    for endpoint in ("entrance.give_token", "entrance.ask_token"):
        _limit(app, limiter, endpoint, tries, (get_remote_address,), _is_refused)
    for endpoint in ("security.forgot_password", "security.send_confirmation", "security.register"):
        if endpoint in app.view_functions:
            _limit(app, limiter, endpoint, "5 per hour", (_named_account,), _is_sent)
            _limit(app, limiter, endpoint, letters, (get_remote_address,), _is_sent)


def _limit(
    app: Flask,
    limiter: Limiter,
    endpoint: str,
    limit: str,
    keys: tuple[Callable[[], str], ...],
    counts: Callable[[Response], bool],
) -> None:
    for key in keys:
        scope = f"{endpoint} {key.__name__}"
        bound = limiter.shared_limit(
            limit, scope=scope, key_func=key, deduct_when=counts, exempt_when=_only_looks
        )
        view: Callable[..., Any] = app.view_functions[endpoint]
        app.view_functions[endpoint] = bound(view)


def _only_looks() -> bool:
    return request.method != "POST" and "token" not in request.args


def _named_account() -> str:
    given = request.form.get("email", "").strip().lower()
    return hashlib.sha256(given.encode()).hexdigest()


def _half_signed_in() -> str:
    return str(session.get("tf_user_id") or get_remote_address())


def _signed_in_account() -> str:
    return str(session.get("_user_id") or get_remote_address())


def _has_failed(response: Response) -> bool:
    return request.method == "POST" and response.status_code == 200


def _is_refused(response: Response) -> bool:
    return response.status_code == 401


def _is_sent(response: Response) -> bool:
    refused = request.endpoint == "security.register" and response.status_code == 200
    return request.method == "POST" and not refused
