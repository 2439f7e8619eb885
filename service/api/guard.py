"""Owns who may call: the keys, the token of the installation, and a reading session of staff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from flask import g, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from profiles.api_keys import ApiKey, Scope, key_of, stamp_use
from profiles.rows import now
from service.access import (
    EVERYBODY,
    Action,
    Role,
    Thing,
    current_user,
    require_row,
    roles_for,
    row_of,
)
from service.api.calls import this_call
from service.api.problems import Problem
from service.queries import EditQuery, read_query
from service.security import dari, editor, is_token

_EVERYTHING = frozenset(Scope)
_ROLES: Mapping[Scope, Role] = {
    Scope.READ: Role.STAFF,
    Scope.WRITE: Role.STAFF,
    Scope.EVALUATE: Role.EVALUATOR,
    Scope.ADMIN: Role.ADMIN,
}
"""As what a key with a scope acts; within that, its scopes say what of it."""
_SCOPE_ALONE: frozenset[tuple[Thing, Action]] = frozenset({("draft", "use")})
"""What no account may through the API, and a key by its scope alone."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a name for the history, an id that no other caller has, and what they may do."""

    id: str
    name: str
    scopes: frozenset[Scope]
    key: ApiKey | None = None

    def may(self, scope: Scope | None) -> bool:
        """Tell whether the caller has a scope; `admin` stands for all."""
        return scope is None or scope in self.scopes or Scope.ADMIN in self.scopes


_NOBODY = Caller("nobody", "public API", frozenset())


def caller() -> Caller:
    """Give who makes this call."""
    return cast(Caller, g.get("caller", _NOBODY))


def is_keyed() -> bool:
    """Tell whether a call bears a key or the token that is valid; bad ones are refused before."""
    return "caller" in g


def maker(nobody: str = "staff") -> str:
    """Name who makes a change, for the history: who is named by `by`, else the key.

    Raises:
        InvalidRecord: if that is no name, or the address asks for anything else.
    """
    if "caller" not in g:
        return nobody
    by = read_query(EditQuery, request.args.copy(), strict=False).by
    named = [by] if by else []
    if caller().key is not None or not named:
        named.append(caller().name)
    return f"{', '.join(named)} (API)"


def admit() -> None:
    """Let a call pass that its caller may make: a key by its scopes, an account by its row.

    Raises:
        Problem: for a key that is not valid, or lacks the scope of the call.
        Unauthorized: for one without a key.
        Forbidden: for an account whose roles do not allow it, or an address without a row.
    """
    call, row = this_call(), row_of(request.endpoint)
    if request.method == "OPTIONS":
        return
    if call is None or row is None:
        raise Forbidden
    is_keyed = "Authorization" in request.headers
    scope = call.keyed if call.scope is None and is_keyed else call.scope
    if scope is None:
        return
    if is_keyed:
        g.caller = _bearer()
        if not (g.caller.may(scope) and _is_admitted(g.caller, row)):
            sent = _challenge("insufficient_scope", scope)
            raise Problem("scope_missing", sent=sent, scope=scope.value)
        return
    if request.method not in ("GET", "HEAD") or not current_user().is_known:
        raise Unauthorized(www_authenticate=WWWAuthenticate("bearer", {"realm": "Dari"}))
    require_row()
    g.caller = Caller("session", editor(), frozenset({Scope.READ}))


def _is_admitted(caller: Caller, row: tuple[Thing, Action]) -> bool:
    """Tell whether the table of roles admits a key: it may do what the roles of its scopes may."""
    roles = {_ROLES[scope] for scope in caller.scopes if scope in _ROLES}
    return row in EVERYBODY | _SCOPE_ALONE or bool(roles & roles_for(row))


def _bearer() -> Caller:
    held = request.authorization
    token = (held.token or "") if held is not None and held.type == "bearer" else ""
    if token and is_token(token):
        return Caller("token", "staff", _EVERYTHING)
    key = key_of(dari().store, token)
    if key is None:
        raise Problem("key_unknown", sent=_challenge("invalid_token"))
    if (state := key.state(now())) != "valid":
        raise Problem(f"key_{state}", sent=_challenge("invalid_token"))
    stamp_use(dari().store, key)
    return Caller(f"key {key.prefix}", key.name, key.scopes, key)


def _challenge(error: str | None = None, scope: Scope | None = None) -> dict[str, str]:
    told = {"realm": "Dari", "error": error, "scope": scope.value if scope else None}
    given: dict[str, str | None] = {name: value for name, value in told.items() if value}
    return {"WWW-Authenticate": WWWAuthenticate("bearer", given).to_header()}
