"""Owns the registration of the API."""

from __future__ import annotations

from apiflask import APIFlask
from flask_wtf.csrf import CSRFProtect

from service.api.account_calls import account_calls
from service.api.answering import finish, refuse_unreadable
from service.api.cases import case_calls
from service.api.cohort_calls import cohort_calls
from service.api.decision_calls import decision_calls
from service.api.draft_calls import draft_calls
from service.api.evaluating import evaluation_calls
from service.api.events import event_calls
from service.api.guard import admit
from service.api.health import health
from service.api.identity import identity_calls
from service.api.judging import judging_calls
from service.api.matching import match_calls
from service.api.openapi import describe
from service.api.own_keys import key_calls
from service.api.problems import Problem
from service.api.records import record_calls
from service.api.registry import model_calls
from service.api.replaying import keep_answer, replay
from service.api.routes import open_calls, staff_calls
from service.api.takeout import takeout_calls

SUBMISSION = "open.submit_startup"

_BLUEPRINTS = (
    *(open_calls, match_calls, takeout_calls, staff_calls, identity_calls),
    *(judging_calls, model_calls, key_calls, case_calls, record_calls),
    *(evaluation_calls, account_calls, draft_calls, cohort_calls, decision_calls, event_calls),
)


def init_app(app: APIFlask, csrf: CSRFProtect) -> None:
    """Add the API to the application; no cookie lets a call write, so none needs a CSRF token."""
    for blueprint in _BLUEPRINTS:
        csrf.exempt(blueprint)
        if not blueprint._got_registered_once:
            for before in (admit, refuse_unreadable, replay):
                blueprint.before_request(before)
            blueprint.after_request(keep_answer)
        app.register_blueprint(blueprint, url_prefix="/api/v1")
    app.register_blueprint(health)
    app.register_error_handler(Problem, lambda error: error.answer())
    app.after_request(finish)
    app.spec_processor(describe)


def leave_pages_out(app: APIFlask) -> None:
    """Tell APIFlask that no other blueprint describes calls; those of extensions do not say so."""
    for blueprint in app.blueprints.values():
        if not hasattr(blueprint, "enable_openapi"):
            setattr(blueprint, "enable_openapi", False)  # noqa: B010
