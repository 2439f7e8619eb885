"""Owns the lists of startups and partners as staff work with them: search, views, deeds, export."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qsl, quote, urlencode

from apiflask import APIBlueprint
from flask import (
    Response,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal, gettext
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound

from index import Listed
from profiles import AnyProfile, FieldError, InvalidRecord, Side
from profiles.exporting import export_profiles
from profiles.views import SavedView, remove_view, save_view, views_of
from service.access import may
from service.language import language
from service.lists import COLUMNS, ListView, chosen_columns, read_list
from service.queries import MOST_SIMILAR
from service.security import dari, own_name, require_session
from service.web.columns import column_names, tellers
from service.web.facets import Chip, Facet, chips, facets, readings, sides_name

workbench = APIBlueprint("workbench", __name__, enable_openapi=False)
workbench.before_request(require_session)

SIDES = {"startups": Side.STARTUP, "partners": Side.PARTNER}
FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
}
EXPORT = "export-"
_MOST_FIELDS = 500
_BLOCK = 1 << 16
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row of a list: the profile, its name, the addresses of its pages, and its cells."""

    profile: AnyProfile
    name: str
    address: str
    matches: str
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class ListPage:
    """What the page of a list shows."""

    side: str
    view: ListView
    listed: Listed
    items: tuple[AnyProfile, ...]
    similar: tuple[AnyProfile, ...]
    entered: Mapping[str, Any]

    @property
    def facets(self) -> list[Facet]:
        """What the list may be narrowed to."""
        return facets(self.view, self.listed)

    @property
    def chips(self) -> list[Chip]:
        """The filters in force."""
        return chips(self.view)

    @property
    def readings(self) -> list[tuple[str, str]]:
        """Which words were read as regions and sectors, and as which."""
        return readings(self.view) if self.view.q else []

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns beside the name."""
        return chosen_columns(self.view)

    @property
    def heads(self) -> list[str]:
        """What the columns beside the name are called."""
        names = column_names()
        return [names[column] for column in self.columns]

    @property
    def rows(self) -> list[ListRow]:
        """The rows of the table, those with similar names at its end."""
        lang, back = language(), self.back
        told = tellers(self.columns, self.entered)
        profile, matches = (
            url_for(f"staff.{view}", side=self.side, id="\x00") for view in ("profile", "matches")
        )
        behind = f"?{urlencode({'back': back})}" if back else ""
        rows = []
        for one in self.items + self.similar:
            id = quote(one.id, safe="/:@!$'()*+,;=-._~")
            rows.append(
                ListRow(
                    one,
                    one.name.in_(lang),
                    profile.replace("%00", id) + behind,
                    matches.replace("%00", id),
                    [tell(one) for tell in told],
                )
            )
        return rows

    @property
    def said(self) -> str:
        """How many there are, as a screen reader is told."""
        counted = sides_name(self.view.side, self.listed.total)
        if not self.similar:
            return counted
        similar = gettext("%(count)s with a similar name", count=len(self.similar))
        return f"{counted}, {similar}"

    @property
    def kept_query(self) -> str:
        """What a saved view of the list is asked: the columns that it shows are named."""
        return replace(self.view, columns=self.columns).query

    @property
    def home(self) -> str:
        """The address of the list with its filters, from the first page on."""
        return self.address(self.view.query)

    @property
    def back(self) -> str | None:
        """The address that a profile's page leads back to; None for the plain list."""
        query = self.view.here(language())
        return self.address(query) if query else None

    @property
    def next(self) -> str | None:
        """The address of the next part."""
        key = self.listed.after
        return self.address(self.view.at("cursor", key, language())) if key else None

    @property
    def previous(self) -> str | None:
        """The address of the part before."""
        key = self.listed.before
        return self.address(self.view.at("before", key, language())) if key else None

    @property
    def is_first(self) -> bool:
        """Whether it shows the list from its beginning."""
        return self.listed.first <= 1

    def address(self, query: str) -> str:
        """Give the address of this list under a query."""
        return list_address(self.side, query)


def list_address(side: str, query: str) -> str:
    """Give the address of a list under a query."""
    plain = url_for("staff.profiles", side=side)
    return f"{plain}?{query}" if query else plain


def show_list(side: str) -> ResponseReturnValue:
    """Show a list, and remember the columns that were asked for."""
    view = _asked(side, request.args)
    page = _page(side, view)
    person, names = own_name(), column_names()
    shown = {
        "page": page,
        "views": views_of(dari().store, view.side, person),
        "all_columns": [(one, names[one]) for one in COLUMNS[view.side]],
        "formats": list(FORMATS),
        "deeds": offered(side),
    }
    answer = make_response(render_template("list.html", side=side, **shown))
    return _remembering(answer, side, view)


@workbench.get("/lists/<any(startups, partners):side>.json")
def part(side: str) -> ResponseReturnValue:
    """Give what a list shows as it is typed: how many are found, the rows, and the facets."""
    page = _page(side, _asked(side, request.args))
    shown = {"side": side, "page": page}
    return jsonify(
        said=page.said,
        total_text=format_decimal(page.listed.total),
        address=page.home,
        asked=page.kept_query,
        rows=render_template("list_rows.html", **shown),
        facets=render_template("list_facets.html", **shown),
    )


@workbench.get("/lists/<any(startups, partners):side>.<any(xlsx, csv, jsonl):ending>")
def export(side: str, ending: str) -> ResponseReturnValue:
    """Give the whole list under its filters as a file, in its order, without personal data."""
    view = _asked(side, request.args)
    ids = dari().listing.all_ids(view.side, view.asked(language()))
    return exported(side, ids, ending)


@workbench.post("/lists/<any(startups, partners):side>/views")
def save(side: str) -> ResponseReturnValue:
    """Keep what a list is asked under a name: for oneself, or for all staff."""
    form = request.form
    view = _asked(side, MultiDict(_pairs(form.get("asked", ""))))
    person = own_name()
    shared = bool(form.get("shared")) or not person
    name = form.get("name", "")
    store = dari().store
    saved = save_view(store, SIDES[side], name, view.query, owner=person, shared=shared)
    flash(gettext("The view “%(name)s” has been kept.", name=saved.name), "success")
    return redirect(list_address(side, view.query), 303)


@workbench.post("/lists/views/<int:id>/remove")
def remove(id: int) -> ResponseReturnValue:
    """Delete a saved view."""
    view: SavedView = remove_view(dari().store, id, own_name())
    flash(gettext("The view “%(name)s” has been deleted.", name=view.name), "success")
    return redirect(url_for("staff.profiles", side=f"{view.side.value}s"), 303)


def offered(side: str) -> list[tuple[str, str]]:
    """Offer what may be done with the chosen of a list, in the reader's language."""
    found = [
        (f"{EXPORT}{ending}", gettext("Export as %(format)s", format=name))
        for ending, name in (("xlsx", gettext("Excel")), ("csv", "CSV"), ("jsonl", "JSONL"))
    ]
    if side == "startups":
        found.append(("shortlist", gettext("Shortlist for a partner")))
        found.append(("sectors", gettext("Confirm sectors")))
        found.append(("withdraw", gettext("Withdraw consent")))
    if may("edit", "erasure"):
        found.append(("erase", gettext("Erase")))
    return found


def exported(side: str, ids: Sequence[str], ending: str) -> ResponseReturnValue:
    """Write profiles to a file that is gone from the disk once it is sent.

    Raises:
        NotFound: for an ending that lists are not exported as.
        UnwritableFile: if XLSX cannot hold them.
    """
    if ending not in FORMATS:
        raise NotFound
    with tempfile.TemporaryDirectory(prefix="list-", dir=dari().settings.home) as folder:
        path = Path(folder) / f"{side}.{ending}"
        export_profiles(dari().store, SIDES[side], ids, path)
        stream = path.open("rb")
    day = dari().settings.today().isoformat()
    answer = Response(_blocks(stream), content_type=FORMATS[ending])
    name = f"{side}-{day}.{ending}"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    with stream:
        while block := stream.read(_BLOCK):
            yield block


def _asked(side: str, args: MultiDict[str, str]) -> ListView:
    kept = request.cookies.get(f"columns-{side}", "")[:500]
    return read_list(SIDES[side], args, language(), kept)


def _page(side: str, view: ListView) -> ListPage:
    asked = view.asked(language())
    listed = dari().listing.ask(view.side, asked)
    near: list[str] = []
    if view.q and listed.after is None:
        found = [id for id, _ in dari().names.search(view.q, view.side, MOST_SIMILAR)]
        near = dari().listing.among(view.side, found, asked)
    held = dari().store.get_many({*listed.ids, *near})
    return ListPage(
        side=side,
        view=view,
        listed=listed,
        items=tuple(held[id] for id in listed.ids if id in held),
        similar=tuple(held[id] for id in near if id in held),
        entered=dict(zip(listed.ids, listed.entered, strict=True)),
    )


def _remembering(answer: Response, side: str, view: ListView) -> Response:
    if "columns" in request.args:
        answer.set_cookie(
            f"columns-{side}",
            ".".join(view.columns or ()) or "-",
            max_age=_YEAR,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure or dari().settings.secure_cookies,
        )
    return answer


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise InvalidRecord([FieldError("asked", "value", query)]) from error
