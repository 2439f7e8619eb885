"""Owns the pages of incubator staff: lists, profiles, match lists, verdicts, programmes."""

from __future__ import annotations

from typing import cast

from apiflask import APIBlueprint
from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from profiles import Side, Tie
from profiles.merging import merges_of
from service.labels import places_abroad
from service.match_queries import LISTS
from service.naming import near_names
from service.queries import (
    ListQuery,
    ProfileQuery,
    TieQuery,
    profile_on,
    read_match_query,
    read_query,
    read_ties,
)
from service.security import dari, editor, local_address, require_session
from service.submission import keep_sectors
from service.web.matches import beside, match_page, read_verdict
from service.web.understanding import suggested_sectors
from service.web.workbench import show_list

staff = APIBlueprint("staff", __name__, enable_openapi=False)
staff.before_request(require_session)

SIDES = {"startups": Side.STARTUP, "partners": Side.PARTNER}


@staff.get("/<any(startups, partners):side>")
def profiles(side: str) -> ResponseReturnValue:
    """List startups the newest first, partners by name, a page at a time."""
    return show_list(side)


@staff.get("/<any(startups, partners):side>/<path:id>")
def profile(side: str, id: str) -> ResponseReturnValue:
    """Show one profile with its ties, a page of them at a time."""
    store = dari().store
    found = profile_on(store, SIDES[side], id)
    after = read_query(ProfileQuery, request.args, strict=False).ties
    ties = read_ties(store, TieQuery(profile=id, cursor=after))
    names = store.get_many({
        end for tie in cast(tuple[Tie, ...], ties.items) for end in (tie.a, tie.b)
    })
    merged = [one for one in merges_of(store, id) if one.kept == id and one.undone_at is None]
    shown = {
        "ties": ties,
        "after": after,
        "names": names,
        "suggested": suggested_sectors(found),
        "merged": merged,
        "home": _list_of(side, request.args.get("back")),
    }
    return render_template("profile.html", side=side, profile=found, **shown)


def _list_of(side: str, back: str | None) -> str:
    """Give the address of the list that a reader comes from, else that of the whole list."""
    plain = url_for("staff.profiles", side=side)
    kept = local_address(back, plain)
    return kept if kept.partition("?")[0] == plain else plain


@staff.post("/startups/<path:id>/sectors")
def choose_sectors(id: str) -> ResponseReturnValue:
    """Keep the sectors that staff confirm of a startup that named none."""
    profile_on(dari().store, Side.STARTUP, id)
    keep_sectors(dari(), id, request.form.getlist("sectors"), by=editor())
    flash(gettext("The sectors have been kept."), "success")
    return redirect(url_for("staff.profile", side="startups", id=id), 303)


@staff.get("/<any(startups, partners):side>/<path:id>/matches")
def matches(side: str, id: str) -> ResponseReturnValue:
    """Show who fits a profile, and why."""
    found = profile_on(dari().store, SIDES[side], id)
    query = read_match_query(LISTS[found.side], request.args, dari().store, strict=False)
    page = match_page(dari(), found, query)
    abroad = places_abroad(dari().matchmaker.regions(found.side.other, page.found.index_seq))
    return render_template("matches.html", side=side, query=query, page=page, abroad=abroad)


@staff.post("/<any(startups, partners):side>/<path:id>/verdicts")
def add_verdict(side: str, id: str) -> ResponseReturnValue:
    """Keep what staff say of a shown match."""
    found = profile_on(dari().store, SIDES[side], id)
    verdict = read_verdict(dari().store, found, request.form)
    dari().store.add_verdict(verdict, by=editor())
    flash(gettext("Your verdict has been kept."), beside(verdict.candidate))
    default = url_for("staff.matches", side=side, id=id)
    return redirect(local_address(request.form.get("back"), default), 303)


@staff.get("/names")
def names() -> ResponseReturnValue:
    """Give the profiles whose names are like what is typed in a form, the likest first."""
    query = read_query(ListQuery, request.args, strict=False)
    found = near_names(dari(), query.q or "")
    return jsonify([{"id": one.id, "name": " / ".join(one.name.parts)} for one in found])


@staff.get("/programmes")
def programmes() -> ResponseReturnValue:
    """List the programmes with their facts."""
    found = dari().store.programmes()
    names = dari().store.get_many({id for programme in found for id in programme.partners})
    return render_template("programmes.html", programmes=found, names=names)
