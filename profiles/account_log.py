"""Owns the log of accounts: who signed in or failed to, and what of an account was changed by whom.

It holds numbers of accounts, moments, and names of fields; no address of the network, no name, no
password, token, code or link.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select

from profiles import rows
from profiles import tables as t
from profiles.database import reading, writing

if TYPE_CHECKING:
    from profiles.accounts import Account
    from profiles.store import Store

MOST = 100


class Happening(StrEnum):
    """What happens to an account."""

    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    FAILED = "failed"
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """One line of the log.

    Attributes:
        account: whose; None for the token of the installation.
        by: the number of the account that did it; None for the token or the command line.
        told: `way` and `ended` of sign-ins, `fields` of changes, and `roles` and `profile` as they
            are from then on.
    """

    id: int
    account: int | None
    kind: Happening
    at: datetime
    by: int | None
    told: Mapping[str, Any]


def note(
    connection: Connection,
    account: int | None,
    kind: Happening,
    *,
    by: int | None,
    told: Mapping[str, Any],
) -> None:
    """Write a line within a transaction that writes."""
    values = {"account": account, "kind": kind.value, "at": rows.now(), "by": by}
    connection.execute(insert(t.account_events).values(**values, data=rows.written(told)))


def log_event(
    store: Store, account: int | None, kind: Happening, *, told: Mapping[str, Any]
) -> None:
    """Write a line about what somebody did with their own account."""
    with writing(store.engine) as connection:
        note(connection, account, kind, by=account, told=told)


def note_change(
    connection: Connection, was: Account | None, will: Account, *, by: int | None
) -> None:
    """Write a line about an account that was made or changed, if anything was that one can tell."""
    if was is None:
        told = {"roles": list(will.roles), "profile": will.profile}
        note(connection, will.id, Happening.ADDED, by=by, told=told)
        return
    fields = _changed(was, will)
    if not fields:
        return
    told = {"fields": fields}
    if "roles" in fields:
        told["roles"] = list(will.roles)
    if "profile" in fields:
        told["profile"] = will.profile
    note(connection, will.id, Happening.CHANGED, by=by, told=told)


def note_removal(connection: Connection, account: int, *, by: int | None) -> None:
    """Take all lines of an account out of the log, but for one that says that it went."""
    connection.execute(delete(t.account_events).where(t.account_events.c.account == account))
    note(connection, account, Happening.REMOVED, by=by, told={})


def events_of(store: Store, account: int, *, most: int = MOST) -> list[AccountEvent]:
    """Read what happened to an account, the newest first."""
    with reading(store.engine) as connection:
        its = select(t.account_events).where(t.account_events.c.account == account)
        return [_read(row) for row in connection.execute(_newest(its, most))]


def all_events(store: Store, *, before: int | None = None, most: int = MOST) -> list[AccountEvent]:
    """Read what happened to all accounts, the newest first, from below a line on."""
    query = select(t.account_events)
    if before is not None:
        query = query.where(t.account_events.c.id < min(max(before, 0), (1 << 63) - 1))
    with reading(store.engine) as connection:
        return [_read(row) for row in connection.execute(_newest(query, most))]


def forget_events(store: Store, until: datetime) -> None:
    """Delete the lines from before a moment."""
    with writing(store.engine) as connection:
        connection.execute(delete(t.account_events).where(t.account_events.c.at < until))


def as_values(event: AccountEvent) -> dict[str, Any]:
    """Give a line as plain values for JSON."""
    return {"at": event.at.isoformat(), "kind": event.kind.value, "by": event.by, **event.told}


_TOLD = {
    "email": "email",
    "name": "name",
    "roles": "roles",
    "profile": "profile",
    "password": "password",
    "subject": "single_sign_on",
    "confirmed_at": "confirmed",
    "disabled_at": "shut",
    "totp": "second_step",
    "recovery": "recovery_codes",
    "uniquifier": "sessions",
}
"""Which fields of an account are told of, and under which name."""


def _changed(was: Account, will: Account) -> list[str]:
    return [told for name, told in _TOLD.items() if getattr(was, name) != getattr(will, name)]


def _newest(query: Any, most: int) -> Any:
    return query.order_by(t.account_events.c.id.desc()).limit(most)


def _read(row: Any) -> AccountEvent:
    return AccountEvent(
        row.id, row.account, Happening(row.kind), row.at, row.by, json.loads(row.data)
    )
