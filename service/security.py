"""Owns who may enter: the staff token, the session, local addresses and the headers of answers."""

from __future__ import annotations

import re

from flask import Flask, Response, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import logout_user

from service.access import current_user, may, require_row
from service.editing import LONGEST_MAKER
from service.keys import dari, is_token, token_mark
from service.sessions import begin_session

__all__ = [
    "SecureWhereTls",
    "dari",
    "editor",
    "guard",
    "is_signed_in",
    "is_token",
    "local_address",
    "own_name",
    "require_session",
    "set_headers",
    "sign_as",
    "sign_in",
    "sign_out",
]

_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_CSRF = "csrf_token"
_API = "/api/"
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


class SecureWhereTls(SecureCookieSessionInterface):
    """Marks the session cookie Secure where the request came over TLS."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Tell whether the cookie travels over TLS only: by the settings, or as it came."""
        return request.is_secure or super().get_cookie_secure(app)


def sign_in() -> None:
    """Open a staff session; it ends when the token is changed.

    The CSRF token stays, so that a form that is open in another tab can still be sent.
    """
    kept = {name: session[name] for name in (_CSRF,) if name in session}
    session.clear()
    session.update(kept, staff=token_mark())
    begin_session()


def sign_out() -> None:
    """End the session with all that it holds."""
    logout_user()
    session.clear()


def is_signed_in() -> bool:
    """Tell whether this browser's session may use the workbench of staff."""
    return may("see", "workbench")


def editor() -> str:
    """Name who edits, for the history: the account's name, the name typed last, else "staff"."""
    return own_name() or "staff"


def own_name() -> str:
    """Give the account's name, else that which was typed in this session; empty without any."""
    return current_user().name or str(session.get("name") or "")


def sign_as(name: str) -> None:
    """Remember who edits in this session; the holder of an account keeps the account's name."""
    shown = "".join(letter for letter in name if letter.isprintable())
    session["name"] = " ".join(shown.split())[:LONGEST_MAKER]


def guard() -> None:
    """Let only those pass who may use the address that is asked for.

    Raises:
        Unauthorized: for somebody who is not signed in.
        Forbidden: for somebody who is, and may not.
    """
    # An address that does not exist is told of as such; `service.api.guard` reads keys and scopes.
    if request.endpoint is not None and not request.path.startswith(_API):
        require_row()


def require_session() -> None:
    """Let only those pass who may use the page that is asked for.

    Raises:
        Unauthorized: for somebody who is not signed in.
        Forbidden: for somebody who is, and may not.
    """
    require_row()


def local_address(target: str | None, default: str) -> str:
    """Keep an address of this site; give `default` for any that leads elsewhere."""
    return target if target and _LOCAL.fullmatch(target) else default


def set_headers(response: Response) -> Response:
    """Add the headers that bind what a browser may do with an answer."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint not in ("static", "bootstrap.static"):
        kept = "private, no-cache" if request.blueprint == "public" else "no-store"
        response.headers.setdefault("Cache-Control", kept)
    return response
