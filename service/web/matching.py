"""Owns the pages beside a match list: comparing, why somebody is not in it, print and exports."""

from __future__ import annotations

from typing import Any, NamedTuple

from apiflask import APIBlueprint
from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher import Beside, Match, Named, lacks
from profiles import AnyProfile, FieldError, InvalidRecord
from service.exporting import TYPES, as_csv, as_json, as_xlsx, match_sheet
from service.match_queries import LISTS, NAMED, StartupsAsked, ask_beside
from service.naming import named_on
from service.queries import profile_on, read_match_query
from service.security import dari, require_session
from service.web.matches import MatchPage, match_page, page_of
from service.web.staff import SIDES

MOST_COMPARED = 4

matching = APIBlueprint("matching", __name__, enable_openapi=False)
matching.before_request(require_session)

_LIST = "/<any(startups, partners):side>/<path:id>"


class Shown(NamedTuple):
    """What a page beside a list is about: who asks, what was asked, what was found."""

    profile: AnyProfile
    query: StartupsAsked
    beside: Beside
    page: MatchPage


@matching.get(f"{_LIST}/matches/print")
def printed(side: str, id: str) -> ResponseReturnValue:
    """Show a match list as it is taken into a meeting."""
    profile = profile_on(dari().store, SIDES[side], id)
    query = read_match_query(LISTS[profile.side], request.args, dari().store, strict=False)
    page = match_page(dari(), profile, query)
    return render_template("matches_print.html", side=side, query=query, page=page)


@matching.get(f"{_LIST}/matches/export.<any(csv, xlsx, json):ending>")
def export(side: str, id: str, ending: str) -> ResponseReturnValue:
    """Give a match list as a file."""
    profile = profile_on(dari().store, SIDES[side], id)
    query = read_match_query(LISTS[profile.side], request.args, dari().store, strict=False)
    page = match_page(dari(), profile, query)
    return _file(page, query, page.found.matches, "matches", ending)


@matching.get(f"{_LIST}/compare")
def compare(side: str, id: str) -> ResponseReturnValue:
    """Show up to four candidates side by side."""
    shown = _compared(side, id)
    return render_template("compare.html", side=side, **shown._asdict())


@matching.get(f"{_LIST}/compare/print")
def compare_printed(side: str, id: str) -> ResponseReturnValue:
    """Show up to four candidates side by side as they are taken into a meeting."""
    shown = _compared(side, id)
    return render_template("compare_print.html", side=side, **shown._asdict())


@matching.get(f"{_LIST}/compare/export.<any(csv, xlsx, json):ending>")
def compare_export(side: str, id: str, ending: str) -> ResponseReturnValue:
    """Give a comparison as a file."""
    shown = _compared(side, id)
    matches = tuple(one.match for one in shown.beside.named)
    return _file(shown.page, shown.query, matches, "comparison", ending, shown.beside)


@matching.post(f"{_LIST}/compare")
def choose(side: str, id: str) -> ResponseReturnValue:
    """Lead from the boxes that were ticked in a list to their comparison, which has an address."""
    profile = profile_on(dari().store, SIDES[side], id)
    name = str(profile.side.other)
    kept = read_match_query(LISTS[profile.side], request.args, dari().store, strict=False).address
    chosen = {name: _few(request.form.getlist(name), name)}
    return redirect(url_for("matching.compare", side=side, id=id, **{**kept, **chosen}), 303)


@matching.get(f"{_LIST}/why-not")
def why_not(side: str, id: str) -> ResponseReturnValue:
    """Tell why somebody who is named is not in a list, and what it lacks."""
    profile = profile_on(dari().store, SIDES[side], id)
    query = read_match_query(NAMED[profile.side], request.args, dari().store, strict=False)
    found, near = named_on(dari(), profile.side.other, query.name or "")
    given: dict[str, Any] = {"side": side, "profile": profile, "query": query, "near": near}
    if found is None:
        return render_template("why_not.html", **given, one=None)
    beside = ask_beside(dari().matchmaker, profile, (found.id,), query)
    one = beside.named[0]
    page = page_of(dari(), beside.found, (one.match,))
    against = _against(beside, one)
    told = lacks(one.match, against) if against else ()
    return render_template(
        "why_not.html", **given, one=one, beside=beside, page=page, against=against, told=told
    )


def _against(beside: Beside, one: Named) -> Match | None:
    """Give the match that one is held against: the last shown, or the one above it."""
    shown = beside.found.matches
    if one.reasons or not shown:
        return None
    if 0 < one.match.rank <= len(shown):
        return shown[one.match.rank - 2] if one.match.rank > 1 else None
    return shown[-1]


def _compared(side: str, id: str) -> Shown:
    profile = profile_on(dari().store, SIDES[side], id)
    query = read_match_query(LISTS[profile.side], request.args, dari().store, strict=False)
    other = profile.side.other
    ids = _few(request.args.getlist(str(other)), str(other))
    for one in ids:
        profile_on(dari().store, other, one)
    beside = ask_beside(dari().matchmaker, profile, tuple(ids), query)
    named = tuple(one.match for one in beside.named)
    return Shown(profile, query, beside, page_of(dari(), beside.found, named))


def _few(given: list[str], field: str) -> list[str]:
    """Give the two to four that are to be compared.

    Raises:
        InvalidRecord: if there are fewer or more.
    """
    ids = list(dict.fromkeys(one.strip() for one in given if one.strip()))
    if not 2 <= len(ids) <= MOST_COMPARED:
        raise InvalidRecord([FieldError(field, "chosen_few", None, {"count": len(ids)})])
    return ids


def _file(
    page: MatchPage,
    query: StartupsAsked,
    matches: tuple[Match, ...],
    what: str,
    ending: str,
    beside: Beside | None = None,
) -> Response:
    sheet = match_sheet(page, query, matches)
    if ending == "json":
        data = as_json(page, query, beside)
    else:
        data = as_csv(sheet) if ending == "csv" else as_xlsx(sheet)
    name = f"dari-{what}-{page.found.as_of.isoformat()}.{ending}"
    answer = Response(data, mimetype=TYPES[ending])
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
