"""Owns the managing of accounts, for pages and the command line alike: what may be changed how."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from profiles import Side, Store, sessions
from profiles.account_log import as_values, events_of
from profiles.accounts import (
    LONGEST_NAME,
    Account,
    AccountError,
    accounts,
    free_name,
    keep_account,
    remove_account,
)
from profiles.sessions import Over
from service.roles import Role

_ALL = 1_000_000
_SPEAKING = {Role.STARTUP: Side.STARTUP, Role.PARTNER: Side.PARTNER}


def fresh_uniquifier() -> str:
    """Make what sessions and links name: with a new one, all that were given before end."""
    return uuid.uuid4().hex


def add_account(
    store: Store,
    email: str,
    roles: Iterable[str],
    *,
    name: str = "",
    profile: str | None = None,
    password: str | None = None,
    confirmed: bool = True,
    by: int | None = None,
) -> Account:
    """Make an account; without a password (its hash), one is set by a link.

    Here and below `by` is the number of the account that does it, for the log.

    Raises:
        AccountError: if the address, a role, the name or the profile cannot be used.
    """
    address = checked_email(email)
    now = datetime.now(UTC)
    made = Account(
        email=address,
        name=checked_name(name) if name.strip() else free_name(store, address),
        roles=checked_roles(roles),
        profile=_checked_profile(store, checked_roles(roles), profile),
        password=password,
        uniquifier=fresh_uniquifier(),
        created_at=now,
        confirmed_at=now if confirmed else None,
    )
    return keep_account(store, made, by=by)


def change_account(
    store: Store,
    account: Account,
    *,
    name: str,
    roles: Iterable[str],
    profile: str | None,
    by: int | None = None,
) -> Account:
    """Give an account another name, other roles, another profile.

    Raises:
        AccountError: if one of them cannot be used, or nobody would be an admin any more.
    """
    wanted = checked_roles(roles)
    changed = replace(
        account,
        name=checked_name(name),
        roles=wanted,
        profile=_checked_profile(store, wanted, profile),
    )
    _keep_an_admin(store, account, changed)
    return keep_account(store, changed, by=by)


def disable_account(
    store: Store, account: Account, *, disabled: bool = True, by: int | None = None
) -> Account:
    """Shut an account, with all its sessions, or open it again.

    Raises:
        AccountError: if nobody would be an admin any more.
    """
    at = datetime.now(UTC) if disabled else None
    changed = replace(account, disabled_at=at, uniquifier=fresh_uniquifier())
    _keep_an_admin(store, account, changed)
    return keep_account(store, changed, by=by)


def reset_account(store: Store, account: Account, *, by: int | None = None) -> Account:
    """Take password and second step away, and end every session; a link then sets a password."""
    return keep_account(
        store,
        replace(
            account,
            password=None,
            totp=None,
            totp_counter=None,
            recovery=(),
            uniquifier=fresh_uniquifier(),
        ),
        by=by,
    )


def drop_account(store: Store, account: Account, *, by: int | None = None) -> None:
    """Remove an account for good.

    Raises:
        AccountError: if nobody would be an admin any more.
    """
    _keep_an_admin(store, account, None)
    remove_account(store, account.email, by=by)


def checked_email(given: str) -> str:
    """Read an e-mail address, in lower case.

    Raises:
        AccountError: if it is none.
    """
    from email_validator import EmailNotValidError, validate_email

    try:
        return str(validate_email(given.strip(), check_deliverability=False).normalized).lower()
    except EmailNotValidError as error:
        raise AccountError("email", "account_email", given) from error


def checked_name(given: str) -> str:
    """Read a name: printable, on one line.

    Raises:
        AccountError: if there is none, or it is too long.
    """
    plain = unicodedata.normalize("NFC", given)
    name = " ".join("".join(one if one.isprintable() else " " for one in plain).split())
    if not name or len(name) > LONGEST_NAME:
        raise AccountError("name", "account_name", given, longest=LONGEST_NAME)
    return name


def checked_roles(given: Iterable[str]) -> tuple[str, ...]:
    """Read roles.

    Raises:
        AccountError: if there is none, or one that Dari does not know.
    """
    roles = tuple(sorted(set(given)))
    if not roles or not set(roles) <= set(Role):
        raise AccountError("roles", "account_roles", ", ".join(roles))
    return roles


def _checked_profile(store: Store, roles: tuple[str, ...], given: str | None) -> str | None:
    """Read the profile that an account speaks for: of the side of its role, if it has one."""
    sides = [side for role, side in _SPEAKING.items() if role in roles]
    if not given or not given.strip():
        return None
    id = store.merged_into([given.strip()]).get(given.strip(), given.strip())
    held = store.sides([id]).get(id)
    if held not in [side.value for side in sides]:
        wanted = " / ".join(side.value for side in sides) or "startup / partner"
        raise AccountError("profile", "account_profile", given, side=wanted)
    return id


def _keep_an_admin(store: Store, was: Account, will: Account | None) -> None:
    """Refuse what would leave nobody to manage accounts, once there is somebody."""
    if not _is_admin(was) or (will is not None and _is_admin(will)):
        return
    if not any(_is_admin(one) for one in accounts(store) if one.id != was.id):
        raise AccountError("roles", "account_last_admin", was.email)


def _is_admin(account: Account) -> bool:
    return Role.ADMIN in account.roles and account.is_active


def end_all_sessions(store: Store, account: Account, *, by: int | None = None) -> Account:
    """End every session of an account; its password stays."""
    return keep_account(store, replace(account, uniquifier=fresh_uniquifier()), by=by)


def held_of_account(store: Store, found: Account, over: Over) -> dict[str, Any]:
    """Tell what is held of an account, its log and its open sessions too.

    Of secrets only whether there are any. `over` tells which sessions are not open any more.
    """
    plain = {name: getattr(found, name) for name in ("email", "name", "profile", "subject")}
    moments = ("created_at", "confirmed_at", "disabled_at")
    dated = {name: at.isoformat() if (at := getattr(found, name)) else None for name in moments}
    secret = {
        "password": bool(found.password),
        "second_step": bool(found.totp),
        "recovery_codes_left": len(found.recovery),
    }
    log = [as_values(one) for one in events_of(store, found.id, most=_ALL)]
    opened = [sessions.as_values(one) for one in sessions.sessions_of(store, found.id, over)]
    said = {"sessions": opened, "log": log}
    return {**plain, "roles": list(found.roles), **dated, **secret, **said}
