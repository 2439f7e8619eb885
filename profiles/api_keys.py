"""Owns the keys of the API: who may call what until when; of a key itself only a hash is kept."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy import Connection, insert, or_, select, update

from profiles import rows
from profiles import tables as t
from profiles.database import reading, writing
from profiles.errors import FieldError, InvalidRecord
from profiles.fields import Plain, Whole
from profiles.record import Record
from profiles.store import SYSTEM, Store
from profiles.validation import validate

LONGEST_NAME = 60
LONGEST_LIFE = 3650
"""For how many days a key may hold at most."""

_STAMP = timedelta(minutes=1)
"""How much newer a use must be than the one that is kept: a key in use is not written each time."""
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_KEY = re.compile(r"dari_([a-z2-7]{10})_([A-Za-z0-9_-]{43})")


class Scope(StrEnum):
    """What a key allows; `admin` allows everything."""

    READ = "read"
    WRITE = "write"
    SUBMIT = "submit"
    EVALUATE = "evaluate"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept; its secret is not. `prefix` is the part of it that may be shown."""

    prefix: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    last_used: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None

    def allows(self, scope: Scope) -> bool:
        """Tell whether the key allows what a scope stands for."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def state(self, now: datetime) -> str:
        """Tell whether the key is "revoked", "expired" or "valid" at a moment."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"

    def as_json(self, now: datetime) -> dict[str, Any]:
        """Give what is kept as plain values for JSON; the hash is left out."""
        moments = ("created_at", "expires_at", "last_used", "revoked_at")
        told = {name: getattr(self, name) for name in moments}
        return {
            "prefix": self.prefix,
            "name": self.name,
            "scopes": sorted(self.scopes),
            "state": self.state(now),
            "created_by": self.created_by,
            "revoked_by": self.revoked_by,
            **{name: moment.isoformat() if moment else None for name, moment in told.items()},
        }


def _some(scopes: tuple[Scope, ...]) -> tuple[Scope, ...]:
    return tuple(dict.fromkeys(scopes))


class _Wish(Record):
    name: Annotated[Plain, StringConstraints(max_length=LONGEST_NAME)]
    scopes: Annotated[tuple[Scope, ...], AfterValidator(_some)]
    days: Annotated[Whole, Field(ge=1, le=LONGEST_LIFE)] | None = None


def add_key(
    store: Store, name: str, scopes: Collection[str], *, days: object = None, by: str = SYSTEM
) -> tuple[ApiKey, str]:
    """Make a key; give it as it is kept, and the key itself, which nobody can read again.

    Args:
        store: where it is kept.
        name: what or whom it is for.
        scopes: what it allows, one scope at the least.
        days: after how many days it expires; never where none is given.
        by: who makes it.

    Raises:
        InvalidRecord: if a value is wrong.
    """
    wish = validate(_Wish, {"name": name, "scopes": list(scopes), "days": days})
    if not wish.scopes:
        raise InvalidRecord([FieldError("scopes", "missing")])
    prefix = "".join(secrets.choice(_BASE32) for _ in range(10))
    secret = secrets.token_urlsafe(32)
    at = rows.now()
    values = {
        "prefix": prefix,
        "hash": _digest(secret),
        "name": wish.name,
        "scopes": " ".join(sorted(wish.scopes)),
        "created_at": at,
        "created_by": by,
        "expires_at": at + timedelta(days=wish.days) if wish.days else None,
    }
    with writing(store.engine) as connection:
        connection.execute(insert(t.api_keys).values(**values))
    return find_key(store, prefix), f"dari_{prefix}_{secret}"


def keys(store: Store) -> list[ApiKey]:
    """Read all keys, the newest first."""
    k = t.api_keys.c
    with reading(store.engine) as connection:
        ordered = select(t.api_keys).order_by(k.created_at.desc(), k.prefix)
        return [_read(row) for row in connection.execute(ordered)]


def find_key(store: Store, prefix: str) -> ApiKey:
    """Read a key by its prefix.

    Raises:
        UnknownId: if there is none.
    """
    with reading(store.engine) as connection:
        row = next(rows.by_ids(connection, t.api_keys, t.api_keys.c.prefix, [prefix]), None)
    if row is None:
        raise rows.unknown_id(prefix)
    return _read(row)


def key_of(store: Store, token: str) -> ApiKey | None:
    """Read the key that a caller shows, valid or not; None where it is none of this store.

    A key that does not exist takes as long to refuse as one whose secret is wrong.
    """
    told = _KEY.fullmatch(token)
    prefix, secret = told.groups() if told else ("", "")
    with reading(store.engine) as connection:
        row = next(rows.by_ids(connection, t.api_keys, t.api_keys.c.prefix, [prefix]), None)
    held = row.hash if row is not None else "0" * 64
    is_right = hmac.compare_digest(held, _digest(secret))
    return _read(row) if is_right and row is not None else None


def prefix_of(token: str) -> str | None:
    """Give the part of a key that may be shown; None where it has not the form of one."""
    told = _KEY.fullmatch(token)
    return told[1] if told else None


def stamp_use(store: Store, key: ApiKey) -> None:
    """Keep that a key has been used now, to the minute."""
    now = rows.now()
    if key.last_used is not None and now - key.last_used < _STAMP:
        return
    of_it = update(t.api_keys).where(t.api_keys.c.prefix == key.prefix)
    with writing(store.engine) as connection:
        connection.execute(of_it.values(last_used=now))


def revoke_key(store: Store, prefix: str, *, by: str = SYSTEM) -> ApiKey:
    """Revoke a key for good; one that is revoked stays as it is.

    Raises:
        UnknownId: if there is none.
    """
    k = t.api_keys.c
    of_it = update(t.api_keys).where(k.prefix == prefix, k.revoked_at.is_(None))
    find_key(store, prefix)
    with writing(store.engine) as connection:
        connection.execute(of_it.values(revoked_at=rows.now(), revoked_by=by))
    return find_key(store, prefix)


def of_person(connection: Connection, names: Collection[str]) -> tuple[ApiKey, ...]:
    """Read the keys that somebody made or revoked, oldest first."""
    k = t.api_keys.c
    its = or_(k.created_by.in_(names), k.revoked_by.in_(names))
    found = connection.execute(select(t.api_keys).where(its).order_by(k.created_at, k.prefix))
    return tuple(map(_read, found))


def erase_names(connection: Connection, names: Collection[str], nobody: str) -> None:
    """Put a name that tells nothing in the place of persons' names at all keys."""
    for column in (t.api_keys.c.created_by, t.api_keys.c.revoked_by):
        its = update(t.api_keys).where(column.in_(names))
        connection.execute(its.values({column.name: nobody}))


def _digest(secret: str) -> str:
    """Hash a secret of 256 random bits: nobody can guess one, so it needs no salt or slow hash."""
    return sha256(secret.encode()).hexdigest()


def _read(row: Any) -> ApiKey:
    named = {name: getattr(row, name) for name in ApiKey.__slots__ if name != "scopes"}
    return ApiKey(**named, scopes=frozenset(map(Scope, row.scopes.split())))
