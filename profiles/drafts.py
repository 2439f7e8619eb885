"""Owns the drafts: what a startup has begun to tell, not handed in yet, and therefore not matched.

A draft is nobody's profile: it has no revisions and no vectors, no list shows it, and it goes when
it expires, is handed in, or its person deletes it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select, update

from profiles import rows
from profiles import tables as t
from profiles.database import reading, writing
from profiles.errors import UnknownId, UnknownRecord
from profiles.kinds import Side
from profiles.revisions import StaleEdit

if TYPE_CHECKING:
    from profiles.store import Store

Value = str | list[str]
Values = Mapping[str, Value]

_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed so far, field by field as a form holds it, valid or not.

    `steps` counts how often each step was saved; `place` is where its person was last, empty if
    that is not known. `startup` is the profile that the draft would
    change, read at its revision `base`; both are None for a startup that is new.
    """

    id: str
    values: Values
    steps: Mapping[str, int]
    language: str
    email: str | None
    startup: str | None
    base: int | None
    made_at: datetime
    changed_at: datetime
    expires_at: datetime
    place: str = ""


def begin(
    store: Store,
    values: Values,
    *,
    language: str,
    now: datetime,
    expires_at: datetime,
    startup: str | None = None,
    base: int | None = None,
) -> Draft:
    """Keep a new draft under an id that nobody can guess: `d-` and 60 random bits."""
    id = "d-" + "".join(secrets.choice(_BASE32) for _ in range(12))
    draft = Draft(id, values, {}, language, None, startup, base, now, now, expires_at)
    with writing(store.engine) as connection:
        connection.execute(insert(t.drafts).values(**_row(draft)))
    return draft


def draft_of(store: Store, id: str, now: datetime) -> Draft:
    """Read a draft that has not expired.

    Raises:
        UnknownId: if there is none.
    """
    with reading(store.engine) as connection:
        return _read(connection, id, now)


def save(
    store: Store,
    id: str,
    step: str,
    values: Values,
    *,
    saved: int,
    language: str,
    now: datetime,
    expires_at: datetime,
) -> Draft:
    """Put what was typed in one step into a draft; the other steps stay as they are.

    Args:
        store: where it is kept.
        id: the draft.
        step: the step, whose count goes up by one if something has changed.
        values: the fields of the step.
        saved: the count that the step had when the form was shown.
        language: the language in which it is written now.
        now: the moment (UTC).
        expires_at: when the draft expires if nothing more is typed.

    Raises:
        UnknownId: if there is no such draft any more.
        StaleEdit: if the step has been saved from elsewhere since, with something else.
    """
    with writing(store.engine) as connection:
        held = _read(connection, id, now)
        count = held.steps.get(step, 0)
        same = all(held.values.get(name) == value for name, value in values.items())
        if count != saved and not same:
            raise StaleEdit(id, saved, count, {name: held.values.get(name) for name in values})
        steps = {**held.steps, step: count if same and count else count + 1}
        draft = Draft(
            id,
            {**held.values, **values},
            steps,
            language,
            held.email,
            held.startup,
            held.base,
            held.made_at,
            now,
            expires_at,
            step,
        )
        _write(connection, draft)
    return draft


def leave_at(store: Store, id: str, place: str, *, now: datetime) -> None:
    """Keep where the person of a draft was led to: a step, or what comes after the steps.

    Raises:
        UnknownId: if there is no such draft any more.
    """
    with writing(store.engine) as connection:
        held = _read(connection, id, now)
        if held.place != place:
            _write(connection, replace(held, place=place))


def rebase(store: Store, id: str, values: Values, base: int, *, now: datetime) -> None:
    """Let an edit stand on a newer revision of its startup, with values brought together.

    Raises:
        UnknownId: if there is no such draft any more.
    """
    with writing(store.engine) as connection:
        held = _read(connection, id, now)
        _write(connection, replace(held, values=values, base=base, changed_at=now))


def name_email(store: Store, id: str, email: str, *, now: datetime) -> None:
    """Keep the address that links to a draft are sent to.

    Raises:
        UnknownId: if there is no such draft any more.
    """
    with writing(store.engine) as connection:
        _read(connection, id, now)
        connection.execute(update(t.drafts).where(t.drafts.c.id == id).values(email=email))


def remove(store: Store, id: str) -> None:
    """Delete a draft with its links; one that is gone already changes nothing.

    What was deleted is off the disk once `profiles.remains.settle` is done.
    """
    with writing(store.engine) as connection:
        _delete(connection, [id])


def edits_of(store: Store, startup: str, now: datetime) -> list[Draft]:
    """Give the drafts that would change a startup, the newest first."""
    d = t.drafts.c
    wanted = select(t.drafts).where(d.startup == startup, d.expires_at > now)
    with reading(store.engine) as connection:
        return [_draft(row) for row in connection.execute(wanted.order_by(d.made_at.desc(), d.id))]


def known_to(store: Store, email: str, now: datetime) -> tuple[list[str], list[str]]:
    """Give the ids of the drafts, and of the startups, that an address belongs to.

    All startups are looked through whether one is found or not, so the time tells nothing.
    """
    d, p = t.drafts.c, t.profiles.c
    drafts = select(d.id).where(d.email == email, d.expires_at > now).order_by(d.id)
    like = rows.member("contact", email)
    its = select(p.id, p.payload).where(
        p.side == Side.STARTUP.value, p.payload.contains(like, autoescape=True)
    )
    with reading(store.engine) as connection:
        startups = [
            row.id
            for row in connection.execute(its.order_by(p.id))
            if json.loads(row.payload).get("contact") == email
        ]
        return list(connection.execute(drafts).scalars()), startups


def expire(store: Store, now: datetime) -> list[Draft]:
    """Delete the drafts that have expired, and all links that have; give the drafts."""
    d = t.drafts.c
    with writing(store.engine) as connection:
        old = select(t.drafts).where(d.expires_at <= now).order_by(d.id)
        gone = [_draft(row) for row in connection.execute(old)]
        _delete(connection, [one.id for one in gone])
        connection.execute(delete(t.links).where(t.links.c.expires_at <= now))
    return gone


def about(connection: Connection, ids: Collection[str]) -> tuple[Draft, ...]:
    """Read the drafts that would change profiles."""
    found = rows.by_ids(connection, t.drafts, t.drafts.c.startup, ids)
    return tuple(sorted(map(_draft, found), key=lambda one: one.id))


def forget_edits(connection: Connection, ids: Collection[str]) -> None:
    """Delete the drafts that would change profiles, with the links to them."""
    _delete(connection, [one.id for one in about(connection, ids)])


def _delete(connection: Connection, ids: Collection[str]) -> None:
    rows.delete_by(connection, t.links, t.links.c.of, ids)
    rows.delete_by(connection, t.drafts, t.drafts.c.id, ids)


def _read(connection: Connection, id: str, now: datetime) -> Draft:
    found = next(rows.by_ids(connection, t.drafts, t.drafts.c.id, [id]), None)
    if found is None or found.expires_at <= now:
        raise unknown_draft(id)
    return _draft(found)


def unknown_draft(id: str) -> UnknownId:
    """Make the error for a draft that is not there, or not any more."""
    return UnknownRecord(id, "draft_unknown")


def _draft(row: Any) -> Draft:
    told = json.loads(row.payload)
    return Draft(
        row.id,
        told["values"],
        told["steps"],
        told["language"],
        row.email,
        row.startup,
        row.base,
        row.made_at,
        row.changed_at,
        row.expires_at,
        told.get("place", ""),
    )


def _row(draft: Draft) -> dict[str, Any]:
    told = {"values": dict(draft.values), "steps": dict(draft.steps), "language": draft.language}
    told["place"] = draft.place
    kept = ("id", "email", "startup", "base", "made_at", "changed_at", "expires_at")
    return {"payload": _text(told)} | {name: getattr(draft, name) for name in kept}


def _text(told: Mapping[str, Any]) -> str:
    """Write what was typed, whatever it holds; half a character is no text on any database."""
    said = json.dumps(told, ensure_ascii=False, sort_keys=True)
    return said.encode("utf-8", "replace").decode("utf-8")


def _write(connection: Connection, draft: Draft) -> None:
    connection.execute(update(t.drafts).where(t.drafts.c.id == draft.id).values(**_row(draft)))
