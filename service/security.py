"""Owns who may enter: the staff token, the session, local addresses and the headers of answers."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import cast

from flask import Flask, Response, current_app, request, session
from flask.sessions import SecureCookieSessionInterface
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from service.editing import LONGEST_MAKER
from service.wiring import Dari

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
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


class SecureWhereTls(SecureCookieSessionInterface):
    """Marks the session cookie Secure where the request came over TLS."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Tell whether the cookie travels over TLS only: by the settings, or as it came."""
        return request.is_secure or super().get_cookie_secure(app)


def dari() -> Dari:
    """Give the engine behind the application that answers now."""
    return cast(Dari, current_app.extensions["dari"])


def is_token(given: str) -> bool:
    """Compare with the staff token in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), dari().staff_token.encode("utf-8"))


def sign_in() -> None:
    """Open a staff session; it ends when the token is changed.

    The CSRF token stays, so that a form that is open in another tab can still be sent.
    """
    kept = {name: session[name] for name in (_CSRF,) if name in session}
    session.clear()
    session.update(kept, staff=_mark())


def sign_out() -> None:
    """End the session with all that it holds."""
    session.clear()


def is_signed_in() -> bool:
    """Tell whether this browser's session belongs to staff."""
    return hmac.compare_digest(str(session.get("staff", "")).encode(), _mark().encode())


def editor() -> str:
    """Name who edits, for the history: the name that was typed last, else "staff"."""
    return own_name() or "staff"


def own_name() -> str:
    """Give the name that this session's person has given; empty where they gave none."""
    return str(session.get("name") or "")


def sign_as(name: str) -> None:
    """Remember the name of the person who edits in this session."""
    shown = "".join(letter for letter in name if letter.isprintable())
    session["name"] = " ".join(shown.split())[:LONGEST_MAKER]


def require_session() -> None:
    """Let only signed-in staff pass.

    Raises:
        Unauthorized: for anybody else.
    """
    if not is_signed_in():
        raise Unauthorized


def require_token() -> None:
    """Let a call pass that bears the staff token, or a GET of signed-in staff.

    Raises:
        Unauthorized: for any other.
    """
    held = request.authorization
    if held and held.type == "bearer" and held.token and is_token(held.token):
        return
    if held is None and request.method in ("GET", "HEAD") and is_signed_in():
        return
    raise Unauthorized(www_authenticate=WWWAuthenticate("bearer", {"realm": "Dari"}))


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


def _mark() -> str:
    return hashlib.sha256(b"session\x00" + dari().staff_token.encode()).hexdigest()
