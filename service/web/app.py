"""Owns the registration of the pages and what every template can use."""

from __future__ import annotations

from typing import Any

from flask import Flask

from service import labels
from service.forms import CONSENT_PURPOSE, CONSENT_VERSION
from service.language import LANGUAGES, language, switch_url
from service.security import is_signed_in, own_name
from service.web.changes import changes
from service.web.chronicle import chronicle
from service.web.duplicates import duplicates
from service.web.editing import editing
from service.web.entrance import entrance
from service.web.evaluations import evaluations
from service.web.judging import judging
from service.web.matches import family
from service.web.models import models
from service.web.privacy import privacy
from service.web.public import is_draft, public
from service.web.staff import staff
from service.web.test_sets import test_sets

SUBMISSION = "public.submit_startup"

__all__ = ["SUBMISSION", "init_app", "is_draft"]


def init_app(app: Flask) -> None:
    """Add the pages to the application."""
    app.context_processor(_for_templates)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for blueprint in (
        *(public, entrance, changes, staff, privacy),
        *(duplicates, editing, chronicle, judging, models),
        *(evaluations, test_sets),
    ):
        app.register_blueprint(blueprint)


def _for_templates() -> dict[str, Any]:
    return {
        "labels": labels,
        "languages": LANGUAGES,
        "lang": language(),
        "switch_url": switch_url,
        "signed_in": is_signed_in(),
        "own_name": own_name(),
        "family": family,
        "consent_purpose": CONSENT_PURPOSE,
        "consent_version": CONSENT_VERSION,
    }
