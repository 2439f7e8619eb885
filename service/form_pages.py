"""Owns where a form stands: the page for whoever asks for the address that the form is sent to."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

_READING = ("GET", "HEAD")


def page_here() -> str:
    """Give the address of what is shown: of the form's page where a form is answered.

    That is the page that the browser names as where the form came from, else the nearest address
    above this one that can be read, else the home page. The query stays, without the language.
    """
    if request.method in _READING or not _taker():
        return _address(request.path, request.args.items(multi=True))
    return _came_from() or form_page() or "/"


def form_page() -> str | None:
    """Give the page of the form that is sent to this address; None where none is or none is near.

    What the address stands for by default, such as the step of a round, is asked of that page.
    """
    taker = _taker()
    path = request.path.rpartition("/")[0] if taker else ""
    while path and not _rule(path, "GET"):
        path = path.rpartition("/")[0]
    asked = dict(taker.defaults or {}) if taker else {}
    return _address(path, asked.items()) if path else None


def page_without(fields: Iterable[str]) -> str | None:
    """Give this address without some of what it asks; None where it asks none of them."""
    asked, wrong = [*request.args.items(multi=True)], set(fields)
    left = [(name, value) for name, value in asked if name not in wrong]
    return _address(request.path, left) if len(left) < len(asked) else None


def _taker() -> Rule | None:
    """Give the rule by which this address takes forms; None where it can be read as well."""
    taker, reader = _rule(request.path, "POST"), _rule(request.path, "GET")
    return None if taker and reader and taker.rule == reader.rule else taker


def _came_from() -> str | None:
    """Give the page of this site that the browser came from; None where that is no page."""
    named = urlsplit(request.referrer or "")
    path = unquote(named.path).removeprefix(request.script_root)
    if named.netloc != request.host or not _rule(path, "GET"):
        return None
    return _address(path, parse_qsl(named.query))


def _rule(path: str, method: str) -> Rule | None:
    """Find the rule that answers an address."""
    try:
        found, _ = current_app.url_map.bind("").match(path, method, return_rule=True)
    except HTTPException:
        return None
    return found


def _address(path: str, asked: Iterable[tuple[str, str]]) -> str:
    """Write an address of this site; what stays of its query is neither language nor token."""
    kept = urlencode([(k, v) for k, v in asked if k not in ("lang", "token")])
    written = request.script_root + quote(path)
    return f"{written}?{kept}" if kept else written
