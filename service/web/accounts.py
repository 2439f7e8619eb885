"""Owns the pages on which an admin manages accounts."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound

from profiles.accounts import Account, AccountError, find_account
from profiles.accounts import accounts as all_accounts
from service.access import current_user
from service.account_lines import all_log, own_log
from service.accounts import one_time_link, send_invitation
from service.keys import dari
from service.language import language
from service.managing import (
    add_account,
    change_account,
    disable_account,
    drop_account,
    end_all_sessions,
    reset_account,
)
from service.roles import Role
from service.sessions import open_sessions

accounts = APIBlueprint("accounts", __name__, url_prefix="/accounts", enable_openapi=False)


@accounts.get("")
def overview() -> ResponseReturnValue:
    """List all accounts, with the form of a new one."""
    return _list({"profile": request.args.get("profile", "")})


@accounts.post("")
def add() -> ResponseReturnValue:
    """Make an account, and send its person a link by which to choose a password."""
    given, roles = request.form, request.form.getlist("roles")
    try:
        profile = given.get("profile") or None
        name = given.get("name", "")
        email, by = given.get("email", ""), current_user().account
        made = add_account(dari().store, email, roles, name=name, profile=profile, by=by)
    except AccountError as error:
        return _list({**given.to_dict(), "roles": roles}, error), 422
    return _invite(made)


@accounts.get("/<int:id>")
def one(id: int) -> ResponseReturnValue:
    """Show an account."""
    return _edit(_known(id))


@accounts.post("/<int:id>")
def change(id: int) -> ResponseReturnValue:
    """Keep other roles, another name or profile of an account."""
    found, given = _known(id), request.form
    try:
        change_account(
            dari().store,
            found,
            name=given.get("name", ""),
            roles=given.getlist("roles"),
            profile=given.get("profile") or None,
            by=current_user().account,
        )
    except AccountError as error:
        return _edit(found, error), 422
    flash(gettext("The account has been changed."), "success")
    return redirect(url_for("accounts.one", id=id), 303)


@accounts.post("/<int:id>/turn")
def turn(id: int) -> ResponseReturnValue:
    """Shut an account or open it again."""
    found = _known(id)
    try:
        by = current_user().account
        disable_account(dari().store, found, disabled=found.is_active, by=by)
        flash(gettext("The account has been changed."), "success")
    except AccountError as error:
        flash(" ".join(error.told(language())), "danger")
    return redirect(url_for("accounts.one", id=id), 303)


@accounts.post("/<int:id>/sign-out")
def sign_out(id: int) -> ResponseReturnValue:
    """End every session of an account."""
    end_all_sessions(dari().store, _known(id), by=current_user().account)
    flash(gettext("The account is signed out on every device."), "success")
    return redirect(url_for("accounts.one", id=id), 303)


@accounts.post("/<int:id>/reset")
def reset(id: int) -> ResponseReturnValue:
    """Take password and second step away, and send a link by which to choose anew."""
    return _invite(reset_account(dari().store, _known(id), by=current_user().account))


@accounts.post("/<int:id>/remove")
def remove(id: int) -> ResponseReturnValue:
    """Remove an account for good."""
    try:
        drop_account(dari().store, _known(id), by=current_user().account)
        flash(gettext("The account has been removed."), "success")
    except AccountError as error:
        flash(" ".join(error.told(language())), "danger")
        return redirect(url_for("accounts.one", id=id), 303)
    return redirect(url_for("accounts.overview"), 303)


@accounts.get("/log")
def log() -> str:
    """Show the log of all accounts, a page at a time, the newest first."""
    lines, older = all_log(dari().store, request.args.get("before", type=int))
    return render_template("account_log.html", lines=lines, older=older)


@accounts.get("/<int:id>/log")
def log_of(id: int) -> str:
    """Show the log of an account."""
    found = _known(id)
    return render_template("account_log.html", account=found, lines=own_log(dari().store, found))


def _invite(account: Account) -> ResponseReturnValue:
    """Send the link; the admin sees it too, once, to hand it over by another way."""
    send_invitation(account)
    link = one_time_link(account)
    return render_template("account_link.html", account=account, link=link)


def _list(given: dict[str, object], refused: AccountError | None = None) -> str:
    found = all_accounts(dari().store)
    shown = {"accounts": found, "given": given, "refused": refused, "roles": list(Role)}
    return render_template("accounts.html", **shown)


def _edit(account: Account, refused: AccountError | None = None) -> str:
    opened = len(open_sessions(account.id))
    shown = {"account": account, "open": opened, "refused": refused, "roles": list(Role)}
    return render_template("account_edit.html", **shown)


def _known(id: int) -> Account:
    found = find_account(dari().store, "id", id)
    if found is None:
        raise NotFound
    return found
