"""Owns the page of one's own account, and where somebody arrives who has signed in."""

from __future__ import annotations

import json
from dataclasses import replace

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import logout_user
from werkzeug.exceptions import NotFound, Unauthorized

from profiles.accounts import ONESELF, Account, AccountError, keep_account
from profiles.judges import is_used_name
from service.access import current_user, may
from service.account_lines import own_log
from service.keys import dari, signed_in
from service.language import language
from service.managing import (
    change_account,
    checked_name,
    end_all_sessions,
    held_of_account,
)
from service.roles import Role
from service.sessions import end_one, leave_others, open_sessions, over, own_handle
from service.web.draft_ways import handed_in_here

account = Blueprint("account", __name__, url_prefix="/account")


@account.get("")
def overview() -> ResponseReturnValue:
    """Show the account of whoever is signed in; with the token there is none."""
    if signed_in() is None and current_user().is_known:
        return render_template("account_none.html")
    return render_template("account.html", account=_own(), settings=dari().settings)


@account.get("/arrive")
def arrive() -> ResponseReturnValue:
    """Lead to the page that somebody works on, by what they may do."""
    if may("see", "workbench"):
        return redirect(url_for("staff.profiles", side="startups"), 303)
    if may("see", "own"):
        return redirect(url_for("account.mine"), 303)
    if may("see", "rounds"):
        return redirect(url_for("judging.overview"), 303)
    return redirect(url_for("public.home"), 303)


@account.get("/mine")
def mine() -> ResponseReturnValue:
    """Lead to the page of the startup, or to the introductions of the partner, that one is for."""
    user = current_user()
    if Role.PARTNER in user.roles and user.profile:
        return redirect(url_for("answers.own_cases"), 303)
    if user.profile:
        return redirect(url_for("own.status", id=user.profile), 303)
    return render_template("account_unlinked.html", startups=handed_in_here())


@account.post("/claim")
def claim() -> ResponseReturnValue:
    """Let the account speak for a startup that this browser may open: it, or its link, was its."""
    id, found = request.form.get("id", ""), _own()
    if found.profile or id not in {one.id for one in handed_in_here()}:
        raise NotFound
    try:
        change_account(
            dari().store,
            found,
            name=found.name,
            roles=found.roles,
            profile=id,
            by=found.id,
        )
        flash(gettext("This account now speaks for the startup."), "success")
    except AccountError as error:
        flash(" ".join(error.told(language())), "danger")
    return redirect(url_for("account.mine"), 303)


@account.post("/name")
def rename() -> ResponseReturnValue:
    """Keep another name of one's own."""
    try:
        name, own = checked_name(request.form.get("name", "")), _own()
        is_new = name.casefold() != own.name.casefold()
        if is_new and is_used_name(dari().store, name):  # its views and judgements are another's
            raise AccountError("name", "account_name_taken", name)
        keep_account(dari().store, replace(own, name=name), by=ONESELF)
        flash(gettext("Your name has been changed."), "success")
    except AccountError as error:
        flash(" ".join(error.told(language())), "danger")
    return redirect(url_for("account.overview"), 303)


@account.post("/sign-out-everywhere")
def leave_everywhere() -> ResponseReturnValue:
    """End every session of the account."""
    try:
        end_all_sessions(dari().store, _own(), by=ONESELF)
    except AccountError as error:  # it was changed at the same moment
        flash(" ".join(error.told(language())), "danger")
        return redirect(url_for("account.overview"), 303)
    logout_user()
    flash(gettext("You are signed out on every device."), "success")
    return redirect(url_for("security.login"), 303)


@account.get("/held.json")
def held() -> Response:
    """Give all that is held of the account."""
    found = held_of_account(dari().store, _own(), over(dari().settings))
    text = json.dumps(found, ensure_ascii=False, indent=2)
    answer = Response(text, mimetype="application/json")
    answer.headers.set("Content-Disposition", "attachment", filename="account.json")
    return answer


@account.get("/log")
def log() -> str:
    """Show when and how one signed in, and what of the account was changed."""
    own = _own()
    return render_template("account_log.html", account=own, lines=own_log(dari().store, own))


@account.get("/sessions")
def sessions() -> str:
    """Show on which devices one is signed in."""
    found = open_sessions(_own().id)
    return render_template("account_sessions.html", sessions=found, here=own_handle())


@account.post("/sessions/end")
def end_session() -> ResponseReturnValue:
    """End one session of the account, or all but this browser's."""
    own, is_one = _own(), "id" in request.form
    number = request.form.get("id", 0, type=int)
    if end_one(own.id, number) if is_one else leave_others(own.id):
        flash(_ended(is_one=is_one), "success")
    else:
        flash(gettext("It is signed out already."), "info")
    return redirect(url_for("account.sessions"), 303)


def _ended(*, is_one: bool) -> str:
    one, all_ = gettext("The device is signed out."), gettext("All other devices are signed out.")
    return str(one if is_one else all_)


def _own() -> Account:
    person = signed_in()
    if person is None or person.account is None:
        raise Unauthorized
    return person.account
