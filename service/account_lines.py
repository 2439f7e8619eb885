"""Owns the log of accounts as pages tell it, and what writes it when somebody comes or fails to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Flask, Response, request, session
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import user_logged_out
from flask_security import user_authenticated

from profiles import Store
from profiles.account_log import (
    MOST,
    AccountEvent,
    Happening,
    all_events,
    events_of,
    forget_events,
    log_event,
)
from profiles.accounts import Account, accounts, find_account
from profiles.rows import now
from service.keys import dari
from service.people import Person
from service.roles import Role
from service.sessions import ended_by, forget_own

_FIELDS: Final[Mapping[str, Any]] = {
    "email": _l("e-mail address"),
    "name": _l("name"),
    "roles": _l("roles"),
    "profile": _l("what it speaks for"),
    "password": _l("password"),
    "single_sign_on": _l("single sign-on"),
    "confirmed": _l("confirmation of the address"),
    "shut": _l("shut or opened"),
    "second_step": _l("second step"),
    "recovery_codes": _l("recovery codes"),
    "sessions": _l("all sessions ended"),
    "single_sessions": _l("sessions on other devices ended"),
}
_WAYS: Final[Mapping[str, Any]] = {
    "password": _l("password"),
    "authenticator": _l("code of the second step"),
    "recovery_code": _l("recovery code"),
    "oidc": _l("single sign-on"),
    "token": _l("token of the installation"),
    "reset": _l("link"),
    "confirm": _l("link"),
    "register": _l("password"),
}
_HAPPENINGS: Final[Mapping[Happening, Any]] = {
    Happening.SIGNED_IN: _l("Signed in"),
    Happening.SIGNED_OUT: _l("Signed out"),
    Happening.FAILED: _l("Failed to sign in"),
    Happening.ADDED: _l("Account added"),
    Happening.CHANGED: _l("Account changed"),
    Happening.REMOVED: _l("Account removed"),
}
_ROLES: Final[Mapping[Role, Any]] = {
    Role.ADMIN: _l("Admin"),
    Role.STAFF: _l("Staff"),
    Role.EVALUATOR: _l("Evaluator"),
    Role.STARTUP: _l("Startup"),
    Role.PARTNER: _l("Partner"),
}
_ENDS: Final[Mapping[str, Any]] = {
    "idle": _l("nothing was done for a while"),
    "age": _l("the session had lasted its time"),
    "elsewhere": _l("it was ended from elsewhere"),
}
_STEPS: Final[Mapping[str, str]] = {
    "security.login": "password",
    "security.two_factor_token_validation": "authenticator",
    "security.mf_recovery": "recovery_code",
    "security.verify": "password",
}
"""Which addresses answer 200 to a POST that failed, and what was wrong there."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log in the reader's language; `whose` is empty where all are of one."""

    at: datetime
    what: str
    how: str
    by: str
    whose: str
    is_failure: bool


def init_app(app: Flask) -> None:
    """Let whoever signs in, signs out or fails to be logged."""
    user_authenticated.connect(_signed_in, app)
    user_logged_out.connect(_signed_out, app)
    app.after_request(_failed)


def log_token(*, good: bool) -> None:
    """Log that the token of the installation was used, or a wrong one."""
    kind = Happening.SIGNED_IN if good else Happening.FAILED
    log_event(dari().store, None, kind, told={"way": ["token"]})


def own_log(store: Store, account: Account) -> list[Line]:
    """Give the newest lines of an account."""
    return _lines(store, events_of(store, account.id), is_of_all=False)


def all_log(store: Store, before: int | None) -> tuple[list[Line], int | None]:
    """Give a page of the log of all accounts, and below which line the next one goes on."""
    found = all_events(store, before=before, most=MOST + 1)
    older = found[MOST - 1].id if len(found) > MOST else None
    return _lines(store, found[:MOST], is_of_all=True), older


def _lines(store: Store, events: Sequence[AccountEvent], *, is_of_all: bool) -> list[Line]:
    names = {one.id: one.name for one in accounts(store)}
    return [
        Line(
            event.at,
            str(_HAPPENINGS[event.kind]),
            _told(event.told),
            _name(names, event.by),
            _name(names, event.account) if is_of_all else "",
            event.kind is Happening.FAILED,
        )
        for event in events
    ]


def _name(names: Mapping[int, str], id: int | None) -> str:
    """Name an account; without a number it is the token or the command line."""
    if id is None:
        return str(gettext("the installation"))
    return names.get(id) or str(gettext("an account that is gone (no. %(number)s)", number=id))


def _told(told: Mapping[str, Any]) -> str:
    ways = [str(_WAYS.get(way, way)) for way in told.get("way", [])]
    fields = [str(_FIELDS[name]) for name in told.get("fields", [])]
    roles = ", ".join(str(_ROLES[Role(one)]) for one in told.get("roles", ()))
    values = [one for one in (roles, told.get("profile")) if one]
    ended = [str(_ENDS[told["ended"]])] if told.get("ended") in _ENDS else []
    said = ", ".join((*ways, *fields, *ended))
    return f"{said}: {', '.join(values)}" if said and values else said or ", ".join(values)


def _signed_in(_app: Flask, user: Person, authn_via: Sequence[str] | None, **_more: Any) -> None:
    log_event(dari().store, user.id, Happening.SIGNED_IN, told={"way": list(authn_via or ())})
    forget_events(dari().store, now() - timedelta(days=dari().settings.account_log_days))


def _signed_out(_app: Flask, user: Any, **_more: Any) -> None:
    if isinstance(user, Person):
        forget_own()
        log_event(dari().store, user.id, Happening.SIGNED_OUT, told={"ended": ended_by()})


def _failed(response: Response) -> Response:
    """Log a failure, if it is of an account that there is: an unknown address may be a slip."""
    way = _STEPS.get(request.endpoint or "")
    if way and request.method == "POST" and response.status_code == 200:
        account = _meant()
        if account:
            log_event(dari().store, account.id, Happening.FAILED, told={"way": [way]})
    return response


def _meant() -> Account | None:
    """Find whose account somebody tried to use."""
    store = dari().store
    if request.endpoint == "security.login":
        return find_account(store, "email", request.form.get("email", "").strip())
    held = session.get("tf_user_id") or session.get("_user_id")
    return find_account(store, "uniquifier", held)
