"""Owns the open sessions of accounts: on what device, since when, and when last used.

Kept is no address of the network and nothing that a browser says of itself but a word or two for
its kind; of the value in the cookie, only a digest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from profiles import rows
from profiles import tables as t
from profiles.account_log import Happening, note
from profiles.database import reading, writing

if TYPE_CHECKING:
    from profiles.store import Store


@dataclass(frozen=True, slots=True)
class Session:
    """One way in.

    Attributes:
        id: its number.
        account: whose.
        handle: the digest of what its cookie holds.
        uniquifier: the account's when somebody signed in; with another one, it is over.
        device: its browser and system; empty if they are not known.
        since: when somebody signed in.
        seen: when it was last used, to some minutes.
    """

    id: int
    account: int
    handle: str
    uniquifier: str
    device: str
    since: datetime
    seen: datetime


@dataclass(frozen=True, slots=True)
class Over:
    """Which sessions are over: that began before `since`, or were last used before `seen`."""

    since: datetime
    seen: datetime

    @property
    def sessions(self) -> ColumnElement[bool]:
        """The condition of it."""
        return (t.sessions.c.since < self.since) | (t.sessions.c.seen < self.seen)


def open_session(
    store: Store, account: int, handle: str, uniquifier: str, device: str, over: Over
) -> None:
    """Keep a session that begins now, and forget those of everybody that are over."""
    at = rows.now()
    values = {"account": account, "handle": handle, "uniquifier": uniquifier, "device": device}
    with writing(store.engine) as connection:
        connection.execute(delete(t.sessions).where(over.sessions))
        connection.execute(insert(t.sessions).values(**values, since=at, seen=at))


def is_open(store: Store, handle: str) -> bool:
    """Tell whether there is a session of a handle that nobody has ended."""
    with reading(store.engine) as connection:
        its = select(t.sessions.c.id).where(t.sessions.c.handle == handle)
        return connection.execute(its).first() is not None


def touch_session(store: Store, handle: str) -> None:
    """Note that a session is used now."""
    with writing(store.engine) as connection:
        its = update(t.sessions).where(t.sessions.c.handle == handle)
        connection.execute(its.values(seen=rows.now()))


def sessions_of(store: Store, account: int, over: Over) -> list[Session]:
    """Read the open sessions of an account, the one last used first."""
    s, a = t.sessions.c, t.accounts.c
    its = select(t.sessions).join(t.accounts, (a.id == s.account) & (a.uniquifier == s.uniquifier))
    known = its.where(s.account == account, ~over.sessions).order_by(s.seen.desc(), s.id.desc())
    with reading(store.engine) as connection:
        return [Session(**row._mapping) for row in connection.execute(known)]


def close_session(store: Store, handle: str) -> None:
    """Forget a session whose holder signs out, or that has lasted its time."""
    with writing(store.engine) as connection:
        connection.execute(delete(t.sessions).where(t.sessions.c.handle == handle))


def end_session(store: Store, account: int, id: int) -> bool:
    """End one session of an account, and log it; False if it has no such one."""
    return 0 < id < 1 << 63 and _end(store, account, t.sessions.c.id == id)


def end_others(store: Store, account: int, handle: str) -> bool:
    """End all sessions of an account but one, and log it; False if there is no other."""
    return _end(store, account, t.sessions.c.handle != handle)


def _end(store: Store, account: int, which: ColumnElement[bool]) -> bool:
    with writing(store.engine) as connection:
        its = delete(t.sessions).where(t.sessions.c.account == account, which)
        is_any = bool(connection.execute(its).rowcount)
        if is_any:
            told = {"fields": ["single_sessions"]}
            note(connection, account, Happening.CHANGED, by=account, told=told)
    return is_any


def drop_sessions(connection: Connection, account: int, *, but: str = "") -> None:
    """Forget the sessions of an account within a transaction, but those of a uniquifier."""
    s = t.sessions.c
    connection.execute(delete(t.sessions).where(s.account == account, s.uniquifier != but))


def as_values(session: Session) -> dict[str, Any]:
    """Give a session as plain values for JSON, without what it is known by."""
    since, seen = session.since.isoformat(), session.seen.isoformat()
    return {"device": session.device, "since": since, "last_used": seen}
