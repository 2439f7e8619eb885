"""Owns the wiring of Flask-Security: its rules, its letters, its second step, its limits."""

from __future__ import annotations

import ipaddress
import logging
from dataclasses import replace
from datetime import UTC, datetime
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
    url_for,
)
from flask_babel import Babel, gettext
from flask_security import LoginForm, MailUtil, Security, UserMixin
from flask_security.totp import Totp

from profiles import DariError
from profiles.accounts import Account, AccountError, find_account, take_counter
from service import account_lines, sessions
from service.account_config import account_config
from service.keys import dari
from service.mail import Letter, deliver, has_mail_server
from service.passwords import Passwords
from service.people import People, Person
from service.settings import Settings
from service.wiring import Dari


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

    # Flask-Security has no types for its functions of recovery.
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


class SignIn(LoginForm):
    """Asks for address and password, and gives no cookie that would outlast the session."""

    remember = None


def init_app(app: Flask) -> Security:
    """Add accounts to the application."""
    app.config.update(account_config(dari_of(app).settings, dari_of(app).secret_key))
    security = Security(
        app,
        People(lambda: dari().store, _now),
        mail_util_cls=Mail,
        password_util_cls=Passwords,
        totp_cls=OneTimeCodes,
        login_form=SignIn,
    )
    # Flask types neither the fields that APIFlask reads of a blueprint nor its login manager.
    app.blueprints["security"].enable_openapi = False  # type: ignore[attr-defined]
    security.want_json(_never)
    app.login_manager.request_loader(_nobody)  # type: ignore[attr-defined]
    account_lines.init_app(app)
    sessions.init_app(app)
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


def _now() -> datetime:
    return datetime.now(UTC)
