"""Owns the pages of startups and partners with an account: their own profile, and their cases."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound

from profiles import AnyProfile, Startup
from profiles.accounts import AccountError, find_account
from profiles.cases import Case
from profiles.privacy import held
from service.access import User, current_user, hidden_from, may, require, shown_cases
from service.discreet import of_oneself, without_fields
from service.keys import dari
from service.language import language
from service.managing import change_account
from service.privacy import held_zip, now

own = APIBlueprint("own", __name__, url_prefix="/own", enable_openapi=False)


@own.get("")
def overview() -> ResponseReturnValue:
    """Show one's own profile, and whom staff have brought together with it."""
    user = current_user()
    cases = shown_cases(user)
    others = {one.id: _other(one, user) for one in cases}
    names = dari().store.get_many(others.values())
    profile = _own_profile(user)
    shown = {"profile": profile, "cases": cases, "others": others, "names": names}
    return render_template("own.html", submitted=_submitted(user), **shown)


@own.get("/profiles/<path:id>")
def profile(id: str) -> ResponseReturnValue:
    """Show the other side of a case, without what is not for these eyes yet."""
    found = dari().store.get(id)
    if not may("see", found):  # whether there is one is not for these eyes either
        raise NotFound
    seen = without_fields(found, hidden_from(current_user(), found))
    return render_template("own_profile.html", profile=seen)


@own.get("/held.zip")
def held_of() -> ResponseReturnValue:
    """Give what is held about the startup that the account speaks for."""
    user = current_user()
    found = _own_profile(user)
    if found is None:
        raise NotFound
    require("see", "held")
    shown = frozenset(one.id for one in shown_cases(user))
    packed = held_zip(of_oneself(held(dari().store, found.id), shown), now())
    answer = Response(packed, mimetype="application/zip")
    answer.headers.set("Content-Disposition", "attachment", filename="held.zip")
    return answer


@own.post("/claim")
def claim() -> ResponseReturnValue:
    """Let the account speak for the startup that this browser has just handed in."""
    user = current_user()
    found = _submitted(user)
    account = find_account(dari().store, "id", user.account)
    if found is None or account is None:
        raise NotFound
    try:
        roles = account.roles
        change_account(dari().store, account, name=account.name, roles=roles, profile=found.id)
        session.pop("submitted", None)
        flash(gettext("This account now speaks for the startup."), "success")
    except AccountError as error:
        flash(" ".join(error.told(language())), "danger")
    return redirect(url_for("own.overview"), 303)


def _own_profile(user: User) -> AnyProfile | None:
    found = dari().store.get_many([user.profile or ""])
    return next(iter(found.values()), None)


def _submitted(user: User) -> Startup | None:
    """Read the startup that this browser has handed in, where the account speaks for none yet."""
    if user.profile is not None:
        return None
    found = next(iter(dari().store.get_many([session.get("submitted", "")]).values()), None)
    return found if isinstance(found, Startup) else None


def _other(case: Case, user: User) -> str:
    return case.partner if case.startup == user.profile else case.startup
