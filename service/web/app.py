"""Owns the registration of the pages and what every template can use."""

from __future__ import annotations

from typing import Any

from flask import Flask

from matcher import FAMILIES, family
from service import labels
from service.access import current_user, may
from service.accounts import mail_state
from service.describing import asked_name, field_name
from service.exporting import about, weights_told
from service.forms import CONSENT_PURPOSE, CONSENT_VERSION
from service.keys import dari
from service.language import LANGUAGES, language, switch_url
from service.pipeline import cases_on_page
from service.security import is_signed_in, own_name
from service.web.account import account
from service.web.accounts import accounts
from service.web.advice import advice
from service.web.answers import answers
from service.web.applications import applications, rounds_of
from service.web.assignments import assignments
from service.web.bundles import bundles
from service.web.cases import cases
from service.web.changes import changes
from service.web.chronicle import chronicle
from service.web.cohorts import rounds
from service.web.decisions import decisions
from service.web.deeds import deeds
from service.web.drafts import drafts
from service.web.duplicates import duplicates
from service.web.editing import editing
from service.web.entrance import entrance
from service.web.evaluations import evaluations
from service.web.event_guests import meets
from service.web.events import events
from service.web.geography import geography
from service.web.judging import judging
from service.web.keys import keys
from service.web.matching import matching
from service.web.menu import menu
from service.web.models import models
from service.web.own import own
from service.web.pairing import pairing
from service.web.pipeline import pipeline
from service.web.privacy import privacy
from service.web.profile_rounds import request_said, rounds_on_page
from service.web.programmes import programmes
from service.web.public import is_draft, public
from service.web.rendering import address_of_profile, options, translate_quickly, with_particles
from service.web.returning import returning
from service.web.reviews import asking, reviews
from service.web.round_opening import round_opening
from service.web.staff import staff
from service.web.support import support
from service.web.test_sets import test_sets
from service.web.triads import triads
from service.web.workbench import workbench

SUBMISSION = "public.submit_startup"

__all__ = ["SUBMISSION", "init_app", "is_draft"]


def init_app(app: Flask) -> None:
    """Add the pages to the application."""
    app.context_processor(_for_templates)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["field_name"] = field_name
    app.jinja_env.filters["with_particles"] = with_particles
    app.jinja_env.globals["options"] = options
    app.jinja_env.globals["tongue_mark"] = labels.tongue_mark
    app.jinja_env.globals["address_of_profile"] = address_of_profile
    translate_quickly(app)
    for blueprint in (
        *(public, drafts, own, returning, entrance, changes, staff, matching, privacy),
        *(pipeline, cases, answers),
        *(duplicates, editing, chronicle, judging, round_opening, models, keys),
        *(account, accounts),
        *(workbench, deeds, geography),
        *(evaluations, test_sets),
        *(rounds, assignments, programmes, applications),
        *(pairing, advice),
        *(decisions, reviews, asking),
        *(bundles, triads, support),
        *(events, meets),
    ):
        app.register_blueprint(blueprint)


def _for_templates() -> dict[str, Any]:
    return {
        "labels": labels,
        "field_name": field_name,
        "languages": LANGUAGES,
        "lang": language(),
        "switch_url": switch_url,
        "signed_in": is_signed_in(),
        "own_name": own_name(),
        "menu": menu,
        "mail_state": mail_state,
        "sign_on_name": dari().settings.oidc_issuer and dari().settings.oidc_name,
        "user": current_user(),
        "may": may,
        "about": about,
        "families": FAMILIES,
        "family": family,
        "asked_name": asked_name,
        "weights_told": weights_told,
        "rounds_of": rounds_of,
        "cases_on_page": lambda id: cases_on_page(dari().store, id),
        "rounds_on_page": lambda id: rounds_on_page(dari().store, id),
        "request_said": request_said,
        "consent_purpose": CONSENT_PURPOSE,
        "consent_version": CONSENT_VERSION,
    }
