"""Owns the composition of the web application."""

from __future__ import annotations

from typing import Any

from apiflask import APIFlask
from flask.json.provider import DefaultJSONProvider
from flask_babel import Babel
from flask_bootstrap import Bootstrap5
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from service import accounts, addresses, api, errors, limits, sso, web
from service.language import choose_language, keep_language
from service.security import SecureWhereTls, guard, set_headers
from service.settings import Settings
from service.web.test_sets import allow_uploads
from service.wiring import Dari, build


def create_app(settings: Settings | None = None) -> APIFlask:
    """Build the application: pages, the API under /api/v1, /openapi.json and /healthz.

    Raises:
        DariError: if the database or the encoder that the settings name cannot be used.
    """
    dari = build(settings or Settings())
    app = APIFlask(__name__, title="Dari", version="1.0", docs_path=None, json_errors=False)
    app.config.update(_config(dari))
    app.extensions["dari"] = dari
    app.session_interface = SecureWhereTls()
    app.url_map.merge_slashes = False
    addresses.init_app(app)
    if proxies := dari.settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0
        )
    Babel(app, locale_selector=choose_language)
    Bootstrap5(app)
    app.before_request(allow_uploads)  # before the CSRF check, which reads the form
    csrf = CSRFProtect(app)
    accounts.init_app(app)
    app.before_request(guard)
    sso.init_app(app)
    web.init_app(app)
    api.init_app(app, csrf)
    errors.init_app(app)
    limits.init_app(app, dari)
    api.leave_pages_out(app)
    app.json = _readable_json(app)  # Flask-Security has put its own in its place
    app.after_request(keep_language)
    app.after_request(set_headers)
    return app


def _config(dari: Dari) -> dict[str, Any]:
    limit = dari.settings.max_content_length
    return {
        "SECRET_KEY": dari.secret_key,
        "TESTING": dari.settings.testing,
        "MAX_CONTENT_LENGTH": limit,
        "MAX_FORM_MEMORY_SIZE": limit,
        "SESSION_COOKIE_NAME": "dari",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": dari.settings.secure_cookies,
        "BABEL_DEFAULT_TIMEZONE": dari.settings.timezone.key,
        "WTF_CSRF_TIME_LIMIT": None,
        "BABEL_DEFAULT_LOCALE": dari.settings.language,
        "BOOTSTRAP_SERVE_LOCAL": True,
        "SEND_FILE_MAX_AGE_DEFAULT": 3600,
        "AUTO_404_RESPONSE": False,
        "AUTO_AUTH_ERROR_RESPONSE": False,
        "SECURITY_SCHEMES": api.SECURITY_SCHEMES,
    }


def _readable_json(app: APIFlask) -> DefaultJSONProvider:
    """Write JSON with its own letters, in the order in which fields are declared."""
    provider = DefaultJSONProvider(app)
    provider.ensure_ascii, provider.sort_keys = False, False
    return provider
