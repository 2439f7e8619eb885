"""Owns the page that tells the history of a record: who changed what, and when, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from apiflask import APIBlueprint
from flask import render_template, request
from flask.typing import ResponseReturnValue

from profiles import AnyProfile, Revision, Step, Store
from profiles.histories import history_page
from profiles.merging import Told as Merging
from profiles.merging import merges_of, merges_told
from service.describing import FIELDS, field_name, is_text, value_text
from service.editing import Kind
from service.language import language
from service.queries import HistoryQuery, read_query
from service.security import dari, require_session

chronicle = APIBlueprint("chronicle", __name__, enable_openapi=False)
chronicle.before_request(require_session)

_PAGE = 50
_TEXTS = ("en", "ko")
_NAMING = ("a", "b", "conflicts", "partners")
"""The fields whose values are ids of profiles."""

_PLACES = {field: place for place, field in enumerate(FIELDS)}


@dataclass(frozen=True, slots=True)
class Told:
    """A change of one field as a person reads it; empty where there was or is nothing."""

    name: str
    before: str
    after: str
    is_long: bool


@dataclass(frozen=True, slots=True)
class Chronicle:
    """A page of a history: its steps, how many there are in all, and the names of profiles."""

    steps: Sequence[Step]
    total: int
    names: dict[str, AnyProfile]
    merges: Mapping[tuple[str, str, int], Merging]

    def told(self, step: Step) -> list[Told]:
        """Tell the changes of a step, each language of a text by itself."""
        changes = sorted(step.changes, key=lambda change: _PLACES.get(change.field, len(_PLACES)))
        kind, names = step.revision.kind, self.names
        return [one for change in changes for one in _told(kind, change, names)]

    def merging(self, one: Revision) -> Merging | None:
        """Give the merge that made a revision, or whose undoing did; None for any other."""
        return self.merges.get((one.kind, one.id, one.number))


@chronicle.get("/<any(startups, partners):kinds>/<path:id>/history")
@chronicle.get("/ties/<path:id>/history", defaults={"kinds": "ties"})
@chronicle.get("/programmes/<path:id>/history", defaults={"kinds": "programmes"})
def history(kinds: str, id: str) -> ResponseReturnValue:
    """Tell who changed what of a record, of a profile with its ties and verdicts."""
    query = read_query(HistoryQuery, request.args, strict=False)
    kind = cast(Kind, kinds.removesuffix("s"))
    told = _page(dari().store, kind, id, query.page)
    pages = -(-told.total // _PAGE)
    return render_template(
        "history.html",
        kind=kind,
        kinds=kinds,
        id=id,
        told=told,
        page=query.page,
        pages=pages,
        title=_title(dari().store, kind, id),
    )


def _title(store: Store, kind: str, id: str) -> str:
    """Name a record by what it is or was last: a tie by both its ends; else by its id."""
    held = (one.payload for one in reversed(store.history(id)) if one.kind == kind)
    last: Mapping[str, Any] = next(filter(None, held), {})
    if kind == "tie" and last:
        known = store.get_many([last["a"], last["b"]])
        ends = [
            known[end].name.in_(language()) if end in known else end
            for end in (last["a"], last["b"])
        ]
        return " – ".join(ends)
    names = last.get("name") or {}
    return str(names.get(language()) or next(iter(names.values()), id))


def _page(store: Store, kind: Kind, id: str, number: int) -> Chronicle:
    """Read a page of a history, newest first.

    Raises:
        UnknownId: if no record of this kind has or had this id.
    """
    found = history_page(store, kind, id, offset=(number - 1) * _PAGE, limit=_PAGE)
    shown = found.steps
    owners = {one.revision.id for one in shown if one.revision.kind == kind}
    merges = {
        key: one for id in owners for key, one in merges_told(id, merges_of(store, id)).items()
    }
    return Chronicle(shown, found.total, store.get_many({id, *_named(shown)}), merges)


def _named(shown: Sequence[Step]) -> set[str]:
    payloads = [(step.revision.id, step.revision.payload or {}) for step in shown]
    fields = ("a", "b", "candidate")
    found = {id for id, _ in payloads} | {p[f] for _, p in payloads for f in fields if f in p}
    changed = [change for step in shown for change in step.changes if change.field in _NAMING]
    told = [value for change in changed for value in (change.before, change.after)]
    return found | {id for value in told for id in _ids(value)}


def _ids(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _by_name(value: Any, names: Mapping[str, AnyProfile]) -> str:
    """Write ids as names with the ids behind them; an id that is no profile's stays alone."""
    told = (f"{names[id].name.in_(language())} ({id})" if id in names else id for id in _ids(value))
    return ", ".join(told)


def _told(kind: str, change: Any, names: Mapping[str, AnyProfile]) -> list[Told]:
    before, after, name = change.before, change.after, change.field
    if name in _NAMING:
        was, now = _by_name(before, names), _by_name(after, names)
        return [Told(field_name(name), was, now, is_long=False)]
    if not is_text(before, after):
        was, now = value_text(kind, name, before), value_text(kind, name, after)
        return [Told(field_name(name), was, now, is_long=False)]
    old, new = before or {}, after or {}
    return [
        Told(field_name(f"{name}_{part}"), old.get(part) or "", new.get(part) or "", is_long=True)
        for part in _TEXTS
        if old.get(part) != new.get(part)
    ]
