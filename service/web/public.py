"""Owns the pages that are open to everybody: home, the startup form and its thanks."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from profiles import InvalidRecord, Side, Startup
from service.forms import StartupForm
from service.holding import hold
from service.security import dari
from service.submission import keep_sectors, submit
from service.web.draft_pages import first_page
from service.web.understanding import understand

public = Blueprint("public", __name__)


@public.get("/")
def home() -> ResponseReturnValue:
    """Say what Dari does and open a door to each of its users."""
    store = dari().store
    counts = (store.count(Side.STARTUP), store.count(Side.PARTNER), len(store.programmes()))
    return render_template("home.html", counts=counts)


@public.get("/startups/new")
def new_startup() -> ResponseReturnValue:
    """Show the first step of the form."""
    return first_page()


@public.get("/startups/new/one-page")
def one_page() -> ResponseReturnValue:
    """Show the whole form, empty, on one page."""
    return render_template("startup_form.html", form=StartupForm())


@public.post("/startups/new")
def submit_startup() -> ResponseReturnValue:
    """Keep a startup, or show the form again with what was typed and what is wrong."""
    form = StartupForm()
    if is_draft():
        return render_template("startup_form.html", form=form)
    try:
        session["submitted"] = submit(dari(), form.raw(datetime.now(UTC)), by="public form").id
        hold(session["submitted"])
    except InvalidRecord as error:
        form.show(error.errors)
        return render_template("startup_form.html", form=form), 422
    return redirect(url_for("public.thanks"), 303)


@public.get("/thanks")
def thanks() -> ResponseReturnValue:
    """Show the person who has just handed in a startup how it was understood."""
    startup = _submitted()
    return render_template("thanks.html", startup=startup, understood=understand(startup))


@public.post("/thanks/sectors")
def choose_own_sectors() -> ResponseReturnValue:
    """Keep the sectors that a person confirms of the startup just handed in."""
    startup = _submitted()
    keep_sectors(dari(), startup.id, request.form.getlist("sectors"), by="public form")
    return redirect(url_for("public.thanks"), 303)


def _submitted() -> Startup:
    """Read the startup that this browser has just handed in."""
    found = dari().store.get_many([session.get("submitted", "")])
    startup = next(iter(found.values()), None)
    if not isinstance(startup, Startup):
        raise NotFound
    return startup


def is_draft() -> bool:
    """Tell whether the form came only to be shown again, in another language."""
    return "draft" in request.args
