"""Owns the page that keeps what a form of staff sent, where that could not be taken."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from service.failures import Failure

_BLUEPRINTS = ("staff", "duplicates", "judging", "drafts", "pipeline", "cases")
_TYPED = ("note",)
"""The fields that a person types; the others are sent again as they were."""


def is_sent() -> bool:
    """Tell whether a form of this site's staff pages is being sent that is no form of a record."""
    origin = request.headers.get("Origin")
    is_own = origin is None or urlsplit(origin).netloc == request.host
    return is_own and request.method == "POST" and request.blueprint in _BLUEPRINTS


def sent_again(failure: Failure) -> ResponseReturnValue | None:
    """Show what was sent, to be sent again; None for any other request."""
    if not is_sent():
        return None
    fields = [one for one in request.form.items(multi=True) if one[0] != "csrf_token"]
    shown = {
        "typed": [(name, value) for name, value in fields if name in _TYPED],
        "kept": [(name, value) for name, value in fields if name not in _TYPED],
        "home": _home(),
    }
    return render_template("again.html", failure=failure, **shown), failure.status


def is_of_nobody() -> bool:
    """Tell whether what is sent comes from a page that needs no account."""
    return request.blueprint == "drafts"


def _home() -> str:
    if is_of_nobody():
        return url_for("public.home")
    return url_for("staff.profiles", side="startups")
