"""Owns the token of the installation: the way in of the first admin, and of scripts."""

from __future__ import annotations

import hashlib
import hmac
from typing import cast

from flask import current_app, request, session

from service.wiring import Dari


def dari() -> Dari:
    """Give the engine behind the application that answers now."""
    return cast(Dari, current_app.extensions["dari"])


def is_token(given: str) -> bool:
    """Compare with the staff token in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), dari().staff_token.encode("utf-8"))


def token_mark() -> str:
    """Give what a session holds that the token has opened; another token has another mark."""
    return hashlib.sha256(b"session\x00" + dari().staff_token.encode()).hexdigest()


def holds_token() -> bool:
    """Tell whether the token has opened this browser's session."""
    return hmac.compare_digest(str(session.get("staff", "")).encode(), token_mark().encode())


def bears_token() -> bool:
    """Tell whether the request bears the token in its header."""
    held = request.authorization
    return bool(held and held.type == "bearer" and held.token and is_token(held.token))
