"""Owns how often somebody may try: sign-ins, letters, submissions and links, in any worker."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from service import api, web
from service.counting import SCHEME
from service.wiring import Dari


def init_app(app: Flask, dari: Dari) -> None:
    """Bound calls of the API, submissions, links, sign-ins and letters."""
    counts: dict[str, str | int] = {
        "file": str(dari.settings.home / "counts.sqlite3"),
        "secret": dari.secret_key,
    }
    limiter = Limiter(
        get_remote_address,
        app=app,
        storage_uri=f"{SCHEME}://",
        storage_options=counts,
        application_limits=[*api.call_limits()],
    )
    _limit_submissions(app, limiter, dari)
    _limit_accounts(app, limiter, dari)


def _limit_submissions(app: Flask, limiter: Limiter, dari: Dari) -> None:
    """Bound the submissions of one address, form and API together, and the links it asks for."""
    per_hour = dari.settings.public_submissions_per_hour
    exempt: dict[str, Any] = {web.SUBMISSION: web.is_draft, api.SUBMISSION: api.is_keyed}
    for endpoint in (*exempt, "drafts.submit"):
        limit = limiter.shared_limit(
            f"{per_hour} per hour",
            scope="submissions",
            methods=["POST"],
            exempt_when=exempt.get(endpoint),
        )
        _bind(app, endpoint, limit)
    links = dari.settings.links_per_hour
    ask = limiter.shared_limit(f"{links} per hour", scope="links", methods=["POST"])
    for endpoint in ("returning.ask", "drafts.make_link", "own.link"):
        _bind(app, endpoint, ask)
    _bind(app, "returning.come_back", limiter.limit(f"{3 * links} per hour"))
    _bind(app, "drafts.start", limiter.limit(f"{per_hour} per hour"))
    for endpoint in ("drafts.worth", "advice.own"):  # they score, and need no account
        _bind(app, endpoint, limiter.limit(f"{per_hour} per hour"))


def _bind(app: Flask, endpoint: str, limit: Callable[..., Any]) -> None:
    view: Callable[..., Any] = app.view_functions[endpoint]
    app.view_functions[endpoint] = limit(view)


def _limit_accounts(app: Flask, limiter: Limiter, dari: Dari) -> None:
    """Bound how often somebody may try, whether the account that they name exists or not.

    Failed sign-ins and codes count, for the account and for the address of the network; of letters,
    each that is asked for.
    """
    tries = f"{dari.settings.sign_in_attempts} per 15 minutes"
    letters = f"{dari.settings.public_submissions_per_hour} per hour"
    failed: dict[str, tuple[Callable[[], str], ...]] = {
        "security.login": (get_remote_address, _named_account),
        "security.two_factor_token_validation": (get_remote_address, _half_signed_in),
        "security.mf_recovery": (get_remote_address, _half_signed_in),
        "security.verify": (_signed_in_account,),
        "security.change_password": (_signed_in_account,),
    }
    for endpoint, keys in failed.items():
        _limit(app, limiter, endpoint, tries, keys, _has_failed)
    for endpoint in ("entrance.give_token", "entrance.ask_token"):
        _limit(app, limiter, endpoint, tries, (get_remote_address,), _is_refused)
    for endpoint in ("security.forgot_password", "security.send_confirmation", "security.register"):
        if endpoint in app.view_functions:
            _limit(app, limiter, endpoint, "5 per hour", (_named_account,), _is_sent)
            _limit(app, limiter, endpoint, letters, (get_remote_address,), _is_sent)


def _limit(
    app: Flask,
    limiter: Limiter,
    endpoint: str,
    limit: str,
    keys: tuple[Callable[[], str], ...],
    counts: Callable[[Response], bool],
) -> None:
    for key in keys:
        scope = f"{endpoint} {key.__name__}"
        bound = limiter.shared_limit(
            limit, scope=scope, key_func=key, deduct_when=counts, exempt_when=_only_looks
        )
        view: Callable[..., Any] = app.view_functions[endpoint]
        app.view_functions[endpoint] = bound(view)


def _only_looks() -> bool:
    return request.method != "POST" and "token" not in request.args


def _named_account() -> str:
    given = request.form.get("email", "").strip().lower()
    return hashlib.sha256(given.encode()).hexdigest()


def _half_signed_in() -> str:
    return str(session.get("tf_user_id") or get_remote_address())


def _signed_in_account() -> str:
    return str(session.get("_user_id") or get_remote_address())


def _has_failed(response: Response) -> bool:
    return request.method == "POST" and response.status_code == 200


def _is_refused(response: Response) -> bool:
    return response.status_code == 401


def _is_sent(response: Response) -> bool:
    refused = request.endpoint == "security.register" and response.status_code == 200
    return request.method == "POST" and not refused
