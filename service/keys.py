"""Owns what opens a door: the token of the installation, and the session of an account."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, cast

from flask import current_app, request, session

from service.wiring import Dari

if TYPE_CHECKING:
    from service.people import Person


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


def signed_in() -> Person | None:
    """Give the person who is signed in by an account that may be used; None for anybody else."""
    from flask_login import current_user

    from service.people import Person

    if "_user_id" not in session:
        return None
    found = current_user._get_current_object()
    return found if isinstance(found, Person) and found.active else None
