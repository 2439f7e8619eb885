"""Owns the page of a startup's bundle: who covers what, the chart of fit, the files."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from matcher import FAMILIES
from matcher.bundles import Bundle, BundleAsked, bundle_of
from matcher.counterparts import Counterpart
from matcher.covering import MOST_MEMBERS
from matcher.roles import ROLES, role_name
from profiles import ProgrammeKind
from service import labels
from service.bundle_json import bundle_json
from service.bundling import bundle_grids, counterparts_of, sources_of, startup_of
from service.language import language
from service.queries import check_programme, read_query
from service.security import dari, require_session
from service.web.gridded import given, points_chart
from service.web.matches import page_of

bundles = APIBlueprint("bundles", __name__, enable_openapi=False)
bundles.before_request(require_session)

_ADDRESS = "/startups/<path:id>/bundle"


@bundles.get(_ADDRESS)
def of_startup(id: str) -> ResponseReturnValue:
    """Show the partners that together cover what a startup seeks."""
    bundle = _asked(id)
    across = counterparts_of(dari(), bundle)
    programmes = [one for one in dari().store.programmes() if one.kind in _KINDS]
    shown = {"page": page_of(dari(), bundle.found), "roles": ROLES, "role_name": role_name}
    return render_template(
        "bundle.html",
        bundle=bundle,
        across=across,
        programmes=programmes,
        is_counterpart=lambda one: isinstance(one, Counterpart),
        most=MOST_MEMBERS,
        **shown,
    )


@bundles.get(f"{_ADDRESS}/fit.svg")
def chart(id: str) -> ResponseReturnValue:
    """Draw the fit of each member by families of reasons."""
    bundle = _asked(id)
    page, names, lang = page_of(dari(), bundle.found), labels.families(), language()
    rows = [
        {"name": one.match.profile.name.in_(lang), "part": names[family], "count": points}
        for one in bundle.members
        for family, points in page.by_family(one.match).items()
    ]
    parts = [names[family] for family in (*FAMILIES, "other") if family in page.families]
    said = gettext("The fit of each member, by what it rests on; the table has the numbers.")
    return points_chart(rows, parts, said)


@bundles.get(f"{_ADDRESS}/export.<any(csv, xlsx, json):ending>")
def export(id: str, ending: str) -> ResponseReturnValue:
    """Give a bundle as a file."""
    bundle = _asked(id)
    across = counterparts_of(dari(), bundle)
    return given(ending, "bundle", bundle_grids(bundle, across)[0], bundle_json(bundle, across))


_KINDS = frozenset({ProgrammeKind.CLUSTER_HUB, ProgrammeKind.SPECIAL_DISTRICT,
                    ProgrammeKind.REGIONAL_CENTRE})  # fmt: skip
"""The kinds of programme that a bundle can be asked under on its page."""


def _asked(id: str) -> Bundle:
    startup = startup_of(dari().store, id)
    asked = read_query(BundleAsked, request.args, strict=False)
    check_programme(dari().store, asked.programme)
    return bundle_of(sources_of(dari()), startup, asked)
