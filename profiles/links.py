"""Owns the links by which a person comes back: single-use, expiring, known by their hash alone."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, func, insert, select, update

from profiles import merges, rows
from profiles import tables as t
from profiles.database import reading, writing
from profiles.errors import CodedError

if TYPE_CHECKING:
    from profiles.store import Store

Kind = Literal["draft", "startup"]

MOST_AN_HOUR = 5
"""How many links to one thing may be made in an hour: nobody's mailbox is flooded by them."""

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""32 signs that are not mistaken for each other."""
_SIGNS = 26
_GROUP = 4


class LinkError(CodedError):
    """A link that does not open anything (any more), in Korean and English."""

    def __init__(self, code: str) -> None:
        super().__init__("token", code)


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it is held: what it opens and when it was made, ends, and was used; no token."""

    kind: Kind
    of: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


def make_link(store: Store, kind: Kind, of: str, *, now: datetime, lasts: timedelta) -> str:
    """Make a link to a draft or a startup; give its token, which is written down nowhere here.

    A token has 130 random bits, in groups that can be typed.

    Raises:
        LinkError: if there were too many within the last hour.
    """
    signs = "".join(secrets.choice(_LETTERS) for _ in range(_SIGNS))
    link = Link(kind, of, now, now + lasts)
    with writing(store.engine) as connection:
        k = t.links.c
        recent = select(func.count()).where(k.of == of, k.made_at > now - timedelta(hours=1))
        if connection.execute(recent).scalar_one() >= MOST_AN_HOUR:
            raise LinkError("link_often")
        row = {name: getattr(link, name) for name in Link.__slots__}
        connection.execute(insert(t.links).values(hash=_hash(signs), **row))
    return "-".join(signs[at : at + _GROUP] for at in range(0, _SIGNS, _GROUP))


def use_link(store: Store, token: str, *, now: datetime) -> Link:
    """Use a link up; of several attempts at one moment only one succeeds.

    What has been merged is opened as what it is now.

    Raises:
        LinkError: if there is none of this token, or it has been used or has expired.
    """
    wanted = _hash(plain(token))
    k = t.links.c
    with writing(store.engine) as connection:
        found = connection.execute(select(t.links).where(k.hash == wanted)).one_or_none()
        if found is None or not compare_digest(found.hash, wanted):
            raise LinkError("link_unknown")
        if found.used_at is not None:
            raise LinkError("link_used")
        if found.expires_at <= now:
            raise LinkError("link_expired")
        connection.execute(update(t.links).where(k.hash == wanted).values(used_at=now))
        of = merges.merged_ids(connection, [found.of]).get(found.of, found.of)
    return Link(found.kind, of, found.made_at, found.expires_at, now)


def plain(token: str) -> str:
    """Read a token as it was typed: without spaces and hyphens, in small letters."""
    return "".join(sign for sign in token[:200].casefold() if sign in _LETTERS)


def links_of(store: Store, of: str) -> tuple[Link, ...]:
    """Give the links to a draft or a startup, oldest first."""
    with reading(store.engine) as connection:
        return about(connection, [of])


def about(connection: Connection, ids: Collection[str]) -> tuple[Link, ...]:
    """Read the links to drafts and profiles, oldest first."""
    found = map(_link, rows.by_ids(connection, t.links, t.links.c.of, ids))
    return tuple(sorted(found, key=lambda one: (one.made_at, one.of)))


def forget_links(connection: Connection, ids: Collection[str]) -> None:
    """Delete the links to erased profiles."""
    rows.delete_by(connection, t.links, t.links.c.of, ids)


def _link(row: Any) -> Link:
    return Link(row.kind, row.of, row.made_at, row.expires_at, row.used_at)


def _hash(signs: str) -> str:
    return sha256(b"link\x00" + signs.encode()).hexdigest()
