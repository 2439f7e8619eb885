"""Owns the reader's language: how it is chosen, kept and switched."""

from __future__ import annotations

from typing import cast

from flask import Response, current_app, request
from flask_babel import get_locale

from service.form_pages import page_here
from service.settings import Settings

LANGUAGES = {"ko": "한국어", "en": "English"}
_COOKIE = "language"
_YEAR = 365 * 24 * 3600


def choose_language() -> str:
    """Take the language asked for, else the kept one, else the browser's, else the settings'."""
    wishes = [request.args.get("lang"), request.cookies.get(_COOKIE)]
    if request.path.startswith("/api/"):
        wishes = []
    settings = cast(Settings, current_app.extensions["dari"].settings)
    wishes.append(request.accept_languages.best_match(LANGUAGES))
    return next((wish for wish in wishes if wish in LANGUAGES), settings.language)


def language() -> str:
    """Name the reader's language: 'ko' or 'en'."""
    return str(get_locale().language)


def keep_language(response: Response) -> Response:
    """Remember a language that was asked for by ?lang=, and say which one the answer is in."""
    if (asked := request.args.get("lang")) in LANGUAGES and not request.path.startswith("/api/"):
        response.set_cookie(
            _COOKIE,
            asked,
            max_age=_YEAR,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
    if response.mimetype in ("text/html", "application/problem+json"):
        response.content_language.add(language())
        response.vary.update(("Accept-Language", "Cookie"))
    return response


def switch_url(lang: str, here: str = "") -> str:
    """Give the address of this page, or of another one, in another language."""
    page = here or page_here()
    return f"{page}{'&' if '?' in page else '?'}lang={lang}"
