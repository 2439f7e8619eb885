"""Owns how long a session lasts: for its hours, not left alone too long, and until it is ended."""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from datetime import timedelta
from typing import Any, Final

from flask import Flask, Response, after_this_request, flash, request, session
from flask_babel import gettext
from flask_login import logout_user
from flask_security import user_authenticated

from profiles import DariError, rows
from profiles.sessions import (
    Over,
    Session,
    close_session,
    end_others,
    end_session,
    is_open,
    open_session,
    sessions_of,
    touch_session,
)
from service.devices import device_of
from service.keys import dari
from service.people import Person
from service.settings import Settings

_CSRF = "csrf_token"
_SINCE = "since"
_SEEN = "seen"
_TOLD = "told"
_NUMBER = "number"
_KEPT_S = 60
_TOLD_S = 300
_UNASKED: Final = frozenset({"assignments.progress", "evaluations.progress"})
"""What pages ask for by themselves: it does not show that somebody is there."""

log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Let sessions begin with nothing of before, and end in time."""
    user_authenticated.connect(_begin_anew, app)
    app.before_request(end_old_session)


def begin_session() -> None:
    """Note that somebody signs in now."""
    session[_SINCE] = session[_SEEN] = int(time.time())


def end_old_session() -> None:
    """End the session of an account or of the token that was ended, is too old, or was left."""
    if (request.endpoint or "static").endswith("static") or not _is_signed_in():
        return
    now, settings = int(time.time()), dari().settings
    if now - session.get(_SINCE, 0) > settings.session_hours * 3600:
        _end("age", gettext("You have been signed out: a session lasts a while only."))
    elif now - session.get(_SEEN, 0) > settings.session_idle_minutes * 60:
        _end("idle", gettext("You have been signed out, for nothing was done for a while."))
    elif "_user_id" in session and not is_open(dari().store, own_handle()):
        _end("elsewhere", _ended_elsewhere())
    elif now - session[_SEEN] >= _KEPT_S and request.endpoint not in _UNASKED:
        session[_SEEN] = now
        _tell(now)


def ended_by() -> str:
    """Tell why a session ends now: `age`, `idle`, `elsewhere`, or `person` for who signs out."""
    return str(session.get("ended", "person"))


def own_handle() -> str:
    """Give the digest by which the session of this browser is kept."""
    return hashlib.sha256(str(session.get(_NUMBER, "")).encode()).hexdigest()


def open_sessions(account: int) -> list[Session]:
    """Give the open sessions of an account, the one last used first."""
    return sessions_of(dari().store, account, over(dari().settings))


def leave_others(account: int) -> bool:
    """End all sessions of an account but this browser's; False if there is no other."""
    return end_others(dari().store, account, own_handle())


def end_one(account: int, id: int) -> bool:
    """End one session of an account; False if it has no such one."""
    return end_session(dari().store, account, id)


def forget_own() -> None:
    """Forget the session of this browser, which ends."""
    close_session(dari().store, own_handle())


def over(settings: Settings) -> Over:
    """Tell which sessions are over by now, with the time that noting their use may take."""
    now, slack = rows.now(), timedelta(seconds=_TOLD_S + _KEPT_S)
    idle = timedelta(minutes=settings.session_idle_minutes)
    return Over(now - timedelta(hours=settings.session_hours), now - idle - slack)


def _is_signed_in() -> bool:
    return "_user_id" in session or "staff" in session


def _ended_elsewhere() -> str:
    """Say why a session may be unknown: it was ended, or Dari was renewed or put back."""
    said = gettext(
        "Your session has been ended: from another device, by an admin, or because Dari was "
        "updated or restored from a backup. Please sign in again."
    )
    return str(said)


def _end(why: str, said: str) -> None:
    session["ended"] = why  # for the log, which hears of it by a signal
    logout_user()
    session.clear()
    flash(said, "warning")


def _begin_anew(_app: Flask, user: Person, **_more: Any) -> None:
    """Take out of the session what was there before somebody signed in, and keep that it began."""
    if _NUMBER in session:
        forget_own()
    for name in ("staff", "name", _CSRF):
        session.pop(name, None)
    begin_session()
    session[_TOLD], session[_NUMBER] = session[_SEEN], secrets.token_urlsafe(32)
    device, ended = device_of(request.user_agent.string), over(dari().settings)
    open_session(dari().store, user.id, own_handle(), user.fs_uniquifier, device, ended)


def _tell(now: int) -> None:
    """Keep now and then that the session is used, once the page has been answered."""
    if _NUMBER not in session or now - session.get(_TOLD, 0) < _TOLD_S:
        return
    session[_TOLD], store, handle = now, dari().store, own_handle()

    def tell() -> None:
        try:
            touch_session(store, handle)
        except DariError as error:
            log.warning("When a session was last used cannot be kept: %s", error)

    @after_this_request
    def _later(response: Response) -> Response:
        response.call_on_close(tell)
        return response
