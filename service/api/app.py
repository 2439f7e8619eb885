"""Owns the registration of the API."""

from __future__ import annotations

from apiflask import APIFlask
from flask_wtf.csrf import CSRFProtect

from service.api.health import health
from service.api.openapi import describe
from service.api.records import record_calls
from service.api.routes import open_calls, staff_calls

SUBMISSION = "open.submit_startup"


def init_app(app: APIFlask, csrf: CSRFProtect) -> None:
    """Add the API to the application; no cookie lets a call write, so none needs a CSRF token."""
    for blueprint in (open_calls, staff_calls, record_calls):
        csrf.exempt(blueprint)
        app.register_blueprint(blueprint, url_prefix="/api/v1")
    app.register_blueprint(health)
    app.spec_processor(describe)
