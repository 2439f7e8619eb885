"""Owns the calls on accounts: which there are, making, changing, shutting and removing one."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound, PreconditionRequired

from profiles.accounts import Account, accounts, find_account
from profiles.api_keys import Scope
from service.accounts import send_invitation
from service.api.asked import AccountBody, AccountChangeBody
from service.api.bodies import read_body
from service.api.calls import Call, add
from service.api.cursors import PageQuery, sequence
from service.api.problems import Problem
from service.managing import add_account, change_account, disable_account, drop_account
from service.queries import EditQuery, read_query
from service.security import dari

account_calls = APIBlueprint("account_api", __name__, tag="accounts")

_ONE = "/accounts/<int:account>"
_LINKS = {"read": ("getAccount", "account", "$response.body#/id")}


@add(
    account_calls, "GET", "/accounts",
    Call("listAccounts", "List the accounts by number.", Scope.ADMIN, query=PageQuery,
         answer="AccountPage"),
)  # fmt: skip
def all_accounts() -> ResponseReturnValue:
    """List the accounts."""
    query = read_query(PageQuery, request.args, strict=True)
    return sequence(accounts(dari().store), query, lambda one: one.id, _json)


@add(
    account_calls, "POST", "/accounts",
    Call("addAccount", "Make an account, and send its person a link to choose a password.",
         Scope.ADMIN, query=EditQuery, body=AccountBody, answer="Account", status=201,
         links=_LINKS, sent={"email": "kim@centre.example", "roles": ["staff"]}),
)  # fmt: skip
def add_one() -> ResponseReturnValue:
    """Make an account."""
    read_query(EditQuery, request.args, strict=True)
    asked = read_body(AccountBody, request)
    made = add_account(
        dari().store, asked.email, asked.roles, name=asked.name, profile=asked.profile
    )
    send_invitation(made)
    answer = _answer(made)
    return answer, 201, {"Location": url_for("account_api.one_account", account=made.id)}


@add(
    account_calls, "GET", _ONE,
    Call("getAccount", "Show one account; of its secrets only whether there are any.", Scope.ADMIN,
         answer="Account", etag="read", problems=(404,)),
)  # fmt: skip
def one_account(account: int) -> ResponseReturnValue:
    """Show an account."""
    return _answer(_known(account)).make_conditional(request)


@add(
    account_calls, "PATCH", _ONE,
    Call("changeAccount", "Give an account other roles, a name, a profile; shut or open it.",
         Scope.ADMIN, query=EditQuery, body=AccountChangeBody, answer="Account", etag="change",
         problems=(404,), sent={"active": False}),
)  # fmt: skip
def change_one(account: int) -> Response:
    """Change an account as it was read."""
    read_query(EditQuery, request.args, strict=True)
    found = _as_read(account)
    asked = read_body(AccountChangeBody, request)
    given = asked.model_fields_set
    if given & {"roles", "name", "profile"}:
        found = change_account(
            dari().store,
            found,
            name=asked.name or found.name,
            roles=asked.roles or found.roles,
            profile=asked.profile if "profile" in given else found.profile,
        )
    if asked.active is not None and asked.active != found.is_active:
        found = disable_account(dari().store, found, disabled=not asked.active)
    return _answer(found)


@add(
    account_calls, "DELETE", _ONE,
    Call("removeAccount", "Remove an account for good.", Scope.ADMIN, query=EditQuery,
         etag="change", status=204, problems=(404,)),
)  # fmt: skip
def remove_one(account: int) -> Response:
    """Remove an account as it was read."""
    read_query(EditQuery, request.args, strict=True)
    drop_account(dari().store, _as_read(account))
    return Response(status=204)


def _known(id: int) -> Account:
    found = find_account(dari().store, "id", id)
    if found is None:
        raise NotFound
    return found


def _as_read(id: int) -> Account:
    """Read the account that a change is for, at the version that the caller has read.

    Raises:
        PreconditionRequired: if the change names no version.
        Problem: if it names another one.
    """
    found = _known(id)
    if request.if_match.star_tag or not request.if_match:
        raise PreconditionRequired
    if str(found.version) not in request.if_match:
        raise Problem("stale", etag=f'"{found.version}"')
    return found


def _answer(one: Account) -> Response:
    answer = jsonify(_json(one))
    answer.set_etag(str(one.version))
    return answer


def _json(one: Account) -> dict[str, Any]:
    moments = ("created_at", "confirmed_at", "disabled_at")
    return {
        **{name: getattr(one, name) for name in ("id", "email", "name", "profile")},
        **{name: at.isoformat() if (at := getattr(one, name)) else None for name in moments},
        "roles": list(one.roles),
        "active": one.is_active,
        "second_step": bool(one.totp),
    }
