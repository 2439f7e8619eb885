"""Owns the pages of support by stage: what there is for a startup, and who qualifies."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import render_template, request
from flask.typing import ResponseReturnValue

from matcher.qualifying import Qualifying, Reach, qualifying
from matcher.support import SupportAsked, SupportPlan, support_for
from service.bundle_json import qualifying_json, support_json
from service.bundling import (
    qualifying_grid,
    reach_name,
    sources_of,
    startup_of,
    support_grids,
)
from service.queries import read_query
from service.security import dari, require_session
from service.web.gridded import given

support = APIBlueprint("support", __name__, enable_openapi=False)
support.before_request(require_session)

MOST_SHOWN = 100

_OF_STARTUP = "/startups/<path:id>/support"
_OF_PROGRAMME = "/programmes/<path:id>/qualifying"
_FILE = "export.<any(csv, xlsx, json):ending>"


@support.get(_OF_STARTUP)
def of_startup(id: str) -> ResponseReturnValue:
    """Show which programmes a startup may apply to now and next, and who leads to its markets."""
    return render_template(
        "bundle_support.html", plan=_plan(id), reaches=list(Reach), reach_name=reach_name
    )


@support.get(f"{_OF_STARTUP}/{_FILE}")
def export(id: str, ending: str) -> ResponseReturnValue:
    """Give the support of a startup as a file."""
    plan = _plan(id)
    return given(ending, "support", support_grids(plan)[0], support_json(plan))


@support.get(_OF_PROGRAMME)
def of_programme(id: str) -> ResponseReturnValue:
    """Show which startups may apply to a programme, and what the others lack."""
    return render_template("bundle_qualifying.html", found=_qualifying(id), most=MOST_SHOWN)


@support.get(f"{_OF_PROGRAMME}/{_FILE}")
def export_programme(id: str, ending: str) -> ResponseReturnValue:
    """Give those who may apply to a programme as a file."""
    found = _qualifying(id)
    return given(ending, "qualifying", qualifying_grid(found), qualifying_json(found))


def _plan(id: str) -> SupportPlan:
    startup = startup_of(dari().store, id)
    asked = read_query(SupportAsked, request.args, strict=False)
    return support_for(sources_of(dari()), startup, asked)


def _qualifying(id: str) -> Qualifying:
    asked = read_query(SupportAsked, request.args, strict=False)
    return qualifying(sources_of(dari()), dari().store.programme(id), asked.as_of)
