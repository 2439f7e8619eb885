"""Owns what a browser may open without an account: drafts and startups that its person has shown.

Whoever begins a draft, hands a startup in, or comes by a link holds it in this browser's session.
`require_own` is the one place that decides on it.
"""

from __future__ import annotations

import time

from flask import session
from werkzeug.exceptions import NotFound

from service.access import Role, current_user
from service.keys import dari

_KEY = "held"
_MOST = 8
_LASTS = 7 * 24 * 3600
"""For how many seconds a session holds what it was given; after that a new link is needed."""


def hold(id: str) -> None:
    """Let this browser open a draft or a startup from now on; the oldest of many is let go."""
    held = {**_held(), id: int(time.time())}
    newest = sorted(held.items(), key=lambda one: one[1])[-_MOST:]
    session[_KEY] = dict(newest)


def let_go(id: str) -> None:
    """Take from this browser what it could open."""
    session[_KEY] = {one: since for one, since in _held().items() if one != id}


def held_ids() -> list[str]:
    """Name what this browser may open, the newest first."""
    return sorted(_held(), key=lambda id: -_held()[id])


def holds(id: str) -> bool:
    """Tell whether this browser may open a draft or a startup."""
    return id in _held()


def require_own(id: str) -> None:
    """Let only those pass who hold a draft or a startup, or whose account speaks for it.

    Whoever holds what has been merged into a startup holds that startup.

    Raises:
        NotFound: for everybody else, as for what does not exist.
    """
    user = current_user()
    speaks = Role.STARTUP in user.roles and user.profile == id
    if not (speaks or holds(id) or id in dari().store.merged_into(held_ids()).values()):
        raise NotFound


def _held() -> dict[str, int]:
    kept = session.get(_KEY)
    limit = time.time() - _LASTS
    known = kept if isinstance(kept, dict) else {}
    return {id: since for id, since in known.items() if isinstance(since, int) and since > limit}
