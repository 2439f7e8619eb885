"""Owns the people as Flask-Security sees them: its users over the accounts of the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import g
from flask_security import RoleMixin, UserMixin
from flask_security.datastore import UserDatastore

from profiles import Store
from profiles.accounts import (
    ONESELF,
    Account,
    Key,
    find_account,
    free_name,
    keep_account,
    remove_account,
    take_recovery,
)
from service.keys import dari
from service.roles import Role

_KEYS: dict[str, Key] = {"id": "id", "email": "email", "fs_uniquifier": "uniquifier"}
_AUTHENTICATOR = "authenticator"


class Office(RoleMixin):
    """A role as Flask-Security asks for it."""

    def __init__(self, name: str) -> None:
        self.name = name


class Person(UserMixin):
    """A user: what of an account may change, under the names that Flask-Security gives."""

    fs_uniquifier: str = ""
    """What sessions and links name; it stands on the class because Flask-Security looks there."""

    email: str = ""
    password: str | None = None

    def __init__(
        self,
        *,
        email: str,
        fs_uniquifier: str,
        roles: list[Office],
        password: str | None = None,
        active: bool = True,
        account: Account | None = None,
        **_more: Any,
    ) -> None:
        self.account = account
        self.id = account.id if account else 0
        self.email, self.fs_uniquifier, self.password = email, fs_uniquifier, password
        self.active, self.roles = active, list(roles)
        self.confirmed_at: datetime | None = account.confirmed_at if account else None
        self.tf_totp_secret: str | None = account.totp if account else None
        self.tf_primary_method = _AUTHENTICATOR if self.tf_totp_secret else None
        self.tf_phone_number: str | None = None
        self.mf_recovery_codes: list[str] | None = list(account.recovery) if account else []

    @classmethod
    def of(cls, account: Account) -> Person:
        """Make the user of an account."""
        return cls(
            email=account.email,
            fs_uniquifier=account.uniquifier,
            roles=[Office(name) for name in account.roles],
            password=account.password,
            active=account.is_active,
            account=account,
        )

    def check_tf_required(
        self, tf_setup_methods: list[tuple[str, str]], tf_fresh: bool
    ) -> tuple[bool, list[tuple[str, str]]]:
        """Tell whether a sign-in takes a second step: who has one, and who must have one."""
        return bool(tf_setup_methods) or self.check_tf_required_setup(), tf_setup_methods

    def check_tf_required_setup(self) -> bool:
        """Tell whether the settings ask this person for a second step."""
        works = {role.name for role in self.roles} & {Role.ADMIN, Role.STAFF, Role.EVALUATOR}
        return dari().settings.second_step_required and bool(works)


class People(UserDatastore):
    """Finds and keeps users; what was put is written by `commit`."""

    def __init__(self, store: Callable[[], Store], now: Callable[[], datetime]) -> None:
        super().__init__(Person, Office)
        self._store, self._now = store, now

    def find_user(self, case_insensitive: bool = False, **sought: Any) -> Person | None:
        """Find the user of one key; an address is found whatever its case."""
        name, value = next(iter(sought.items()))
        account = find_account(self._store(), _KEYS[name], value)
        return Person.of(account) if account else None

    def find_role(self, role: str) -> Office | None:
        """Find a role by its name."""
        return Office(role) if role in set(Role) else None

    def create_user(self, **given: Any) -> UserMixin:
        """Make a user that registers: a startup, until an admin says otherwise."""
        given.setdefault("roles", [Role.STARTUP.value])
        return super().create_user(**given)

    def put(self, model: Person) -> Person:
        """Remember a user that has changed."""
        changed: list[Person] = g.setdefault("people_changed", [])
        model = getattr(model, "_get_current_object", lambda: model)()
        if model not in changed:
            changed.append(model)
        return model

    def delete(self, model: Person) -> None:
        """Delete a user for good."""
        remove_account(self._store(), model.email)

    def commit(self) -> None:
        """Write the users that have changed.

        Raises:
            AccountError: if one has changed in the store meanwhile.
        """
        for person in g.pop("people_changed", []):
            person.account = keep_account(self._store(), self._account(person), by=ONESELF)
            person.id = person.account.id

    def mf_delete_recovery_code(self, user: UserMixin, idx: int) -> bool:
        """Use up a recovery code at once, so that no second request can use it too.

        Raises:
            AccountError: if another request has just used it.
        """
        code = (user.mf_recovery_codes or [])[idx]
        if not take_recovery(self._store(), user.id, code):
            raise _used(user)
        return True

    def _account(self, person: Person) -> Account:
        now = self._now()
        held = person.account or Account(
            email=person.email,
            name=free_name(self._store(), person.email),
            roles=(),
            uniquifier=person.fs_uniquifier,
            created_at=now,
        )
        return replace(
            held,
            email=person.email,
            roles=tuple(role.name for role in person.roles),
            uniquifier=person.fs_uniquifier,
            password=person.password,
            confirmed_at=person.confirmed_at,
            disabled_at=None if person.active else held.disabled_at or now,
            totp=person.tf_totp_secret,
            recovery=tuple(person.mf_recovery_codes or ()),
        )


def _used(user: UserMixin) -> Exception:
    from profiles.accounts import AccountError

    return AccountError("email", "account_changed", user.email)
