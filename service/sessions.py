"""Owns how long a session lasts: so long from signing in on, and so long without a request."""

from __future__ import annotations

import time
from typing import Any, Final

from flask import Flask, flash, request, session
from flask_babel import gettext
from flask_login import logout_user
from flask_security import user_authenticated

from service.keys import dari

_CSRF = "csrf_token"
_SINCE = "since"
_SEEN = "seen"
_KEPT_S = 60
_UNASKED: Final = frozenset({"assignments.progress", "evaluations.progress"})
"""What pages ask for by themselves: it does not show that somebody is there."""


def init_app(app: Flask) -> None:
    """Let sessions begin with nothing of before, and end in time."""
    user_authenticated.connect(_begin_anew, app)
    app.before_request(end_old_session)


def begin_session() -> None:
    """Note that somebody signs in now."""
    session[_SINCE] = session[_SEEN] = int(time.time())


def end_old_session() -> None:
    """End the session of an account or of the token that is too old, or was left alone too long."""
    if (request.endpoint or "static").endswith("static") or not _is_open():
        return
    now, settings = int(time.time()), dari().settings
    if now - session.get(_SINCE, 0) > settings.session_hours * 3600:
        _end("age", gettext("You have been signed out: a session lasts a while only."))
    elif now - session.get(_SEEN, 0) > settings.session_idle_minutes * 60:
        _end("idle", gettext("You have been signed out, for nothing was done for a while."))
    elif now - session[_SEEN] >= _KEPT_S and request.endpoint not in _UNASKED:
        session[_SEEN] = now


def ended_by() -> str:
    """Tell why a session ends now: `age`, `idle`, or `person` for who signs out."""
    return str(session.get("ended", "person"))


def _is_open() -> bool:
    return "_user_id" in session or "staff" in session


def _end(why: str, said: str) -> None:
    session["ended"] = why  # for the log, which hears of it by a signal
    logout_user()
    session.clear()
    flash(said, "warning")


def _begin_anew(_app: Flask, **_more: Any) -> None:
    """Take out of the session what was there before somebody signed in, and note the time."""
    for name in ("staff", "name", _CSRF):
        session.pop(name, None)
    begin_session()
