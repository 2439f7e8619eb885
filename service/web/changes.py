"""Owns the pages that tell what filling in an empty field would change."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import render_template, request
from flask.typing import ResponseReturnValue

from matcher import lines_of, tell, tell_help
from service.match_queries import ONES, ask_one
from service.queries import profile_on, read_match_query
from service.security import dari, require_session
from service.web.staff import SIDES

changes = APIBlueprint("changes", __name__, enable_openapi=False)
changes.before_request(require_session)


@changes.get("/<any(startups, partners):side>/<path:id>/why")
def why(side: str, id: str) -> ResponseReturnValue:
    """Show what would change the rank of a match; with `part`, only that."""
    profile = profile_on(dari().store, SIDES[side], id)
    query = read_match_query(ONES[profile.side], request.args, dari().store, strict=False)
    profile_on(dari().store, profile.side.other, query.candidate)
    found = ask_one(dari().matchmaker, profile, query)
    told = [tell(change, found.who, found.rank) for change in found.changes]
    page = "changes_part.html" if "part" in request.args else "why.html"
    return render_template(page, side=side, why=found, told=told, query=query, lines_of=lines_of)


@changes.get("/<any(startups, partners):side>/<path:id>/missing")
def missing(side: str, id: str) -> ResponseReturnValue:
    """Show which empty field of a profile would help its matches most; with `part`, only that."""
    profile = profile_on(dari().store, SIDES[side], id)
    who = {profile.side: profile.name}
    told = [tell_help(change, who) for change in dari().matchmaker.helpful(profile)]
    page = "changes_part.html" if "part" in request.args else "helpful.html"
    return render_template(page, side=side, profile=profile, told=told)
