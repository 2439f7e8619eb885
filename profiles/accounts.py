"""Owns the accounts of people: who may sign in, as what, and for which profile they speak."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, delete, func, insert, select, update

from profiles import rows
from profiles import tables as t
from profiles.account_log import Happening, note, note_change, note_removal
from profiles.database import forget, reading, writing
from profiles.errors import CodedError
from profiles.sessions import drop_sessions

if TYPE_CHECKING:
    from profiles.store import Store

LONGEST_EMAIL = 254
LONGEST_NAME = 80

Key = Literal["id", "email", "uniquifier", "subject"]
"""What tells one account from all others."""


class AccountError(CodedError):
    """What is wrong with an account, in Korean and English."""


@dataclass(frozen=True, slots=True)
class Account:
    """One person's way in.

    Attributes:
        id: its number; 0 before it is kept.
        email: in lower case, unique.
        name: what histories call the person; unique, whatever the case.
        roles: in order of the alphabet.
        profile: the startup or partner that the person speaks for.
        password: its argon2 hash; None where there is none yet.
        uniquifier: what a session names; a new one ends every session and link.
        subject: the person at the single sign-on: issuer and subject, with a space between.
        totp: the secret of the second step, sealed.
        totp_counter: the time step of the last code that was taken: none is taken twice.
        recovery: the recovery codes that are left, sealed.
        version: grows with each change, so that none is lost to another.
    """

    email: str
    name: str
    roles: tuple[str, ...]
    uniquifier: str
    created_at: datetime
    id: int = 0
    profile: str | None = None
    password: str | None = None
    subject: str | None = None
    confirmed_at: datetime | None = None
    disabled_at: datetime | None = None
    totp: str | None = None
    totp_counter: int | None = None
    recovery: tuple[str, ...] = ()
    version: int = 0

    @property
    def is_active(self) -> bool:
        """Whether it may be signed in to."""
        return self.disabled_at is None


def find_account(store: Store, key: Key, value: object) -> Account | None:
    """Read the account of a key; None where there is none, which is no failure at a door."""
    if value is None:
        return None
    sought = str(value).lower() if key == "email" else value
    with reading(store.engine) as connection:
        row = connection.execute(select(t.accounts).where(t.accounts.c[key] == sought)).first()
    return _read(row) if row else None


def account_of(store: Store, email: str) -> Account:
    """Read the account of an e-mail address.

    Raises:
        AccountError: if there is none.
    """
    found = find_account(store, "email", email)
    if found is None:
        raise AccountError("email", "account_unknown", email)
    return found


def accounts(store: Store) -> list[Account]:
    """Read all accounts by e-mail address."""
    with reading(store.engine) as connection:
        found = connection.execute(select(t.accounts).order_by(t.accounts.c.email))
        return [_read(row) for row in found]


ONESELF = 0
"""Who changes an account: its own holder."""


def keep_account(store: Store, account: Account, *, by: int | None = None) -> Account:
    """Write an account, a new one or one that was read, and log it; give it as it is kept.

    `by` is the number of the account that does it, `ONESELF`, or None for the command line and
    the token of the installation.

    Raises:
        AccountError: if its address or name is another's, or it has changed since it was read.
    """
    with writing(store.engine) as connection:
        _refuse_taken(connection, account)
        values = _values(account) | {"version": account.version + 1}
        was = _of_version(connection, account) if account.id else None
        id = account.id
        if was:
            connection.execute(update(t.accounts).where(t.accounts.c.id == id).values(**values))
            drop_sessions(connection, id, but=account.uniquifier)
        else:
            made = connection.execute(insert(t.accounts).values(**values))
            (id,) = made.inserted_primary_key or (0,)
        kept = _of_number(connection, id)
        note_change(connection, was, kept, by=id if by == ONESELF else by)
    return kept


def take_counter(store: Store, id: int, counter: int) -> bool:
    """Note the time step of a code that is taken; False if it, or a newer one, has been."""
    a = t.accounts.c
    unused = (a.id == id) & (func.coalesce(a.totp_counter, -1) < counter)
    with writing(store.engine) as connection:
        done = connection.execute(update(t.accounts).where(unused).values(totp_counter=counter))
        return done.rowcount == 1


def take_recovery(store: Store, id: int, code: str) -> bool:
    """Use up a sealed recovery code; False if it has been."""
    a = t.accounts.c
    with writing(store.engine) as connection:
        held = connection.execute(select(a.recovery).where(a.id == id)).scalar()
        left = json.loads(held or "[]")
        if code not in left:
            return False
        left.remove(code)
        its = update(t.accounts).where(a.id == id)
        connection.execute(its.values(recovery=json.dumps(left), version=a.version + 1))
        note(connection, id, Happening.CHANGED, by=id, told={"fields": ["recovery_codes"]})
    return True


def remove_account(store: Store, email: str, *, by: int | None = None) -> None:
    """Delete an account for good, with its log; that it went, and by whom, stays.

    Raises:
        AccountError: if there is none.
    """
    with writing(store.engine) as connection:
        a = t.accounts.c
        id = connection.execute(select(a.id).where(a.email == email.lower())).scalar()
        if id is None:
            raise AccountError("email", "account_unknown", email)
        connection.execute(delete(t.accounts).where(a.id == id))
        drop_sessions(connection, id)
        note_removal(connection, id, by=None if by == id else by)
    forget(store.engine)


def accounts_for(connection: Connection, ids: Collection[str]) -> list[Account]:
    """Read the accounts that speak for profiles, by e-mail address."""
    found = rows.by_ids(connection, t.accounts, t.accounts.c.profile, ids)
    return sorted(map(_read, found), key=lambda one: one.email)


def people_for(store: Store, profile: str) -> list[Account]:
    """Read the accounts in use, with a confirmed address, that speak for a profile."""
    with reading(store.engine) as connection:
        found = accounts_for(connection, [profile])
    return [one for one in found if one.is_active and one.confirmed_at]


def let_go(connection: Connection, ids: Collection[str]) -> None:
    """Let the accounts of erased profiles speak for none."""
    for one in accounts_for(connection, ids):
        its = update(t.accounts).where(t.accounts.c.id == one.id)
        connection.execute(its.values(profile=None, version=one.version + 1))
        told = {"fields": ["profile"], "profile": None}
        note(connection, one.id, Happening.CHANGED, by=None, told=told)


def free_name(store: Store, email: str) -> str:
    """Find a name for an address that nobody has: what stands before the @, with a number."""
    first = email.partition("@")[0][: LONGEST_NAME - 8] or "account"
    taken = {one.name.casefold() for one in accounts(store)}
    names = (first if n == 1 else f"{first}-{n}" for n in range(1, len(taken) + 2))
    return next(name for name in names if name.casefold() not in taken)


def _refuse_taken(connection: Connection, account: Account) -> None:
    a = t.accounts.c
    others = select(a.email, a.name).where(a.id != account.id)
    for email, name in connection.execute(others):
        if email == account.email.lower():
            raise AccountError("email", "account_taken", account.email)
        if name.casefold() == account.name.casefold():
            raise AccountError("name", "account_name_taken", account.name)


def _of_number(connection: Connection, id: int) -> Account:
    return _read(connection.execute(select(t.accounts).where(t.accounts.c.id == id)).one())


def _of_version(connection: Connection, account: Account) -> Account:
    """Read what an account was that is to be written anew.

    Raises:
        AccountError: if it has changed, or gone, since it was read.
    """
    a = t.accounts.c
    same = (a.id == account.id) & (a.version == account.version)
    row = connection.execute(select(t.accounts).where(same)).first()
    if row is None:
        raise AccountError("email", "account_changed", account.email)
    return _read(row)


_OWN = tuple(one.name for one in fields(Account) if one.name != "id")


def _values(account: Account) -> dict[str, Any]:
    found = {name: getattr(account, name) for name in _OWN}
    shown = {"email": account.email.lower(), "recovery": json.dumps(list(account.recovery))}
    return found | shown | {"roles": " ".join(sorted(account.roles))}


def _read(row: Any) -> Account:
    held = dict(row._mapping)
    lists = {"roles": tuple(row.roles.split()), "recovery": tuple(json.loads(row.recovery))}
    return Account(**(held | lists))
