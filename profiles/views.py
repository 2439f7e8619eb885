"""Owns the saved views of lists: a name for what a list was asked, of a person or of all staff."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from profiles import rows
from profiles import tables as t
from profiles.database import reading, writing
from profiles.errors import FieldError, InvalidRecord, UnknownRecord
from profiles.kinds import Side
from profiles.text import is_clean

if TYPE_CHECKING:
    from profiles.store import Store

LONGEST_VIEW_NAME = 100
LONGEST_ASKED = 2_000
MOST_VIEWS = 200
"""How many views of one side one person, or all staff together, may keep."""


_REACHES = ("contact", "website", "registration")
_WIDE = 4


@dataclass(frozen=True, slots=True)
class SavedView:
    """A view: `asked` is the query of a list's address, `owner` who made it, by name."""

    id: int
    side: Side
    name: str
    asked: str
    owner: str
    shared: bool
    at: datetime


def save_view(
    store: Store, side: Side, name: str, asked: str, *, owner: str, shared: bool
) -> SavedView:
    """Keep a view; one of the same name, side and reach takes the place of the one before.

    Raises:
        InvalidRecord: if the name is empty, too long or garbled, the query too long, or there
            are too many views.
    """
    name = " ".join(name.split())
    _check(name, asked)
    v = t.saved_views.c
    row = {"side": side.value, "name": name, "owner": owner, "shared": shared}
    with writing(store.engine) as connection:
        theirs = and_(v.side == side.value, _of(owner, shared=shared))
        connection.execute(delete(t.saved_views).where(theirs, v.name == name))
        if len(list(connection.execute(select(v.id).where(theirs)))) >= MOST_VIEWS:
            raise _wrong("views_full", name, limit=MOST_VIEWS)
        values = {**row, "asked": asked, "at": rows.now()}
        made = connection.execute(insert(t.saved_views).values(**values).returning(v.id))
        found = connection.execute(select(t.saved_views).where(v.id == made.scalar_one()))
        return _read(found.one())


def views_of(store: Store, side: Side, person: str) -> list[SavedView]:
    """Read the views of a side that a person sees: their own, then the shared ones, by name."""
    v = t.saved_views.c
    seen = or_(v.shared, v.owner == person) if person else v.shared
    with reading(store.engine) as connection:
        found = connection.execute(select(t.saved_views).where(v.side == side.value, seen))
        views = [_read(row) for row in found]
    return sorted(views, key=lambda one: (one.shared, one.name.casefold(), one.id))


def view_of(store: Store, id: int, person: str) -> SavedView:
    """Read a view that a person sees.

    Raises:
        UnknownId: if there is none, or it is another's.
    """
    v = t.saved_views.c
    seen = or_(v.shared, v.owner == person) if person else v.shared
    with reading(store.engine) as connection:
        row = connection.execute(select(t.saved_views).where(v.id == id, seen)).one_or_none()
    if row is None:
        raise UnknownRecord(id, "view_unknown")
    return _read(row)


def remove_view(store: Store, id: int, person: str) -> SavedView:
    """Delete a view that a person sees: one of their own, or a shared one.

    Raises:
        UnknownId: if there is none, or it is another's.
    """
    view = view_of(store, id, person)
    with writing(store.engine) as connection:
        connection.execute(delete(t.saved_views).where(t.saved_views.c.id == id))
    return view


def forget_views_of(connection: Connection, names: Collection[str], nobody: str) -> int:
    """Delete a person's own views; shared ones stay under a name that tells nothing.

    Returns:
        How many views were the person's, the shared ones too.
    """
    v = t.saved_views.c
    its = v.owner.in_(sorted(names))
    gone = connection.execute(delete(t.saved_views).where(its, v.shared.is_(False))).rowcount
    renamed = update(t.saved_views).where(its).values(owner=nobody)
    return gone + connection.execute(renamed).rowcount


def forget_views_naming(connection: Connection, ids: Collection[str]) -> int:
    """Delete the views whose name or question tells of profiles; count them.

    They do by a name, an id, an address, a site or a number of theirs, alone or among other words.
    """
    p = t.profiles.c
    held = rows.by_ids(connection, t.profiles, p.id, ids, only=(p.names, p.payload))
    said = {one.casefold() for one in ids} | {one for row in held for one in _told_by(row)}
    found = connection.execute(select(t.saved_views)).all()
    ids = [row.id for row in found if any(_tells(text, said) for text in _texts_of(row))]
    rows.delete_by(connection, t.saved_views, t.saved_views.c.id, ids)
    return len(ids)


def owned_by(connection: Connection, names: Collection[str]) -> tuple[SavedView, ...]:
    """Read the views whose owner is among some names, oldest first."""
    v = t.saved_views.c
    its = select(t.saved_views).where(v.owner.in_(sorted(names))).order_by(v.id)
    return tuple(_read(row) for row in connection.execute(its))


def _texts_of(row: Any) -> Iterable[str]:
    yield row.name.casefold()
    yield from (value.strip().casefold() for _, value in parse_qsl(row.asked))


def _told_by(row: Any) -> Iterable[str]:
    """Give what a profile is known by: its names, and what reaches or numbers it."""
    yield from row.names.split("\n")
    held = json.loads(row.payload)
    yield from (str(held[name]).casefold() for name in _REACHES if held.get(name))


def _tells(text: str, said: Collection[str]) -> bool:
    """Tell whether a text is one of some others, or has one among its words.

    A short one may be an ordinary word: it must be the whole text. What ends in Hangul may have a
    particle behind it.
    """
    return any(one == text or (_width(one) >= _WIDE and _stands_in(one, text)) for one in said)


def _stands_in(one: str, text: str) -> bool:
    end = "" if _is_hangul(one[-1]) else r"(?!\w)"
    return re.search(rf"(?<!\w){re.escape(one)}{end}", text) is not None


def _is_hangul(sign: str) -> bool:
    return "\uac00" <= sign <= "\ud7a3"


def _width(text: str) -> int:
    """Count signs; one of Hangul is a syllable, and counts twice."""
    return sum(2 if _is_hangul(one) else 1 for one in text)


def _of(owner: str, *, shared: bool) -> Any:
    v = t.saved_views.c
    return v.shared if shared else and_(v.shared.is_(False), v.owner == owner)


def _check(name: str, asked: str) -> None:
    if not name:
        raise _wrong("missing", name)
    if not is_clean(name) or not is_clean(asked):
        raise _wrong("text_control", name)
    if len(name) > LONGEST_VIEW_NAME:
        raise _wrong("text_too_long", name, limit=LONGEST_VIEW_NAME)
    if len(asked) > LONGEST_ASKED:
        raise _wrong("text_too_long", asked, limit=LONGEST_ASKED)


def _wrong(code: str, value: str, **params: object) -> InvalidRecord:
    return InvalidRecord([FieldError("name", code, value, params)])


def _read(row: Any) -> SavedView:
    return SavedView(
        row.id, Side(row.side), row.name, row.asked, row.owner, bool(row.shared), row.at
    )
