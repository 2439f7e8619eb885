"""Owns the page of a bilateral programme's triads: projects, money, reserve, refusals."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from matcher import lines_of
from matcher.complement import UNIT
from matcher.triads import Triads, TriadsAsked
from service.bundle_json import triads_json
from service.bundling import sources_of, triads_grids
from service.language import language
from service.queries import read_query
from service.security import dari, require_session
from service.web.gridded import given, points_chart

triads = APIBlueprint("triads", __name__, enable_openapi=False)
triads.before_request(require_session)

_ADDRESS = "/programmes/<path:id>/triads"


@triads.get(_ADDRESS)
def of_programme(id: str) -> ResponseReturnValue:
    """Show the joint projects of a bilateral programme that its money is best spent on."""
    return render_template("bundle_triads.html", found=_asked(id), unit=UNIT, lines_of=lines_of)


@triads.get(f"{_ADDRESS}/points.svg")
def chart(id: str) -> ResponseReturnValue:
    """Draw the points of each project by its three pairs."""
    parts = pair_names()
    rows = [
        {"name": f"{number}. {one.triad.home.name.in_(language())}", "part": part, "count": points}
        for number, one in enumerate(_asked(id).chosen, start=1)
        for part, points in zip(
            parts,
            (one.triad.home_fit, one.triad.abroad_fit, one.triad.complement.points / UNIT),
            strict=True,
        )
    ]
    said = gettext("The points of each project by its three pairs; the table has the numbers.")
    return points_chart(rows, parts, said)


@triads.get(f"{_ADDRESS}/export.<any(csv, xlsx, json):ending>")
def export(id: str, ending: str) -> ResponseReturnValue:
    """Give the joint projects as a file."""
    found = _asked(id)
    return given(ending, "triads", triads_grids(found)[0], triads_json(found))


def pair_names() -> list[str]:
    """Name the three pairs of a triad: either startup with the institute, and both startups."""
    return [
        gettext("Startup at home"),
        gettext("Startup abroad"),
        gettext("Both startups"),
    ]


def _asked(id: str) -> Triads:
    asked = read_query(TriadsAsked, request.args, strict=False)
    return dari().triads.of(sources_of(dari()), id, asked)
