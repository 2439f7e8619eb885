"""Owns the ways in and out for staff."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from service.access import current_user
from service.account_lines import log_token
from service.forms import NameForm, SignInForm
from service.security import (
    is_token,
    local_address,
    own_name,
    require_session,
    sign_as,
    sign_in,
    sign_out,
)

entrance = Blueprint("entrance", __name__)


@entrance.get("/sign-in")
def ask_token() -> ResponseReturnValue:
    """Ask for the token, or take it from the link that the server printed."""
    if token := request.args.get("token"):
        return _enter(token, request.args.get("next"))
    return render_template("sign_in.html", form=SignInForm(next=request.args.get("next")))


@entrance.post("/sign-in")
def give_token() -> ResponseReturnValue:
    """Take a token that was typed."""
    return _enter(request.form.get("token", "").strip(), request.form.get("next"))


@entrance.post("/sign-out")
def leave() -> ResponseReturnValue:
    """End the session."""
    sign_out()
    return redirect(url_for("public.home"), 303)


@entrance.get("/name")
def ask_name() -> ResponseReturnValue:
    """Ask who works in this session; an account has its own name."""
    require_session()
    if current_user().account is not None:
        return redirect(url_for("account.overview"))
    form = NameForm(formdata=None, name=own_name(), next=request.args.get("next"))
    return render_template("name.html", form=form)


@entrance.post("/name")
def give_name() -> ResponseReturnValue:
    """Remember who works in this session, for the history."""
    require_session()
    sign_as(request.form.get("name", ""))
    flash(gettext("Your name has been kept until you sign out."), "success")
    home = url_for("staff.profiles", side="startups")
    return redirect(local_address(request.form.get("next"), home), 303)


def _enter(token: str, target: str | None) -> ResponseReturnValue:
    home = url_for("staff.profiles", side="startups")
    if not is_token(token):
        log_token(good=False)
        form = SignInForm(formdata=None, next=local_address(target, home))
        return render_template("sign_in.html", form=form, refused=True), 401
    sign_in()
    log_token(good=True)
    return redirect(local_address(target, home), 303)
