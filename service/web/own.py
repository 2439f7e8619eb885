"""Owns the pages of a startup that is handed in: where it stands, edit, download, erasure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from profiles import Startup
from profiles.drafts import edits_of
from profiles.links import LinkError
from profiles.privacy import held
from service.drafting import OWN_MAKER, read_startup
from service.held_files import own_zip
from service.holding import let_go, require_own
from service.language import language
from service.mail import MailError, has_mail_server
from service.privacy import erase
from service.security import dari
from service.standing import Standing, way_of
from service.web.drafts import edit as edit_in_steps
from service.web.links import base_url, new_token, send_link
from service.web.understanding import understand

own = Blueprint("own", __name__)

STANDINGS = {
    Standing.SUBMITTED: _l("Submitted"),
    Standing.REVIEW: _l("In review"),
    Standing.MATCHED: _l("Matched"),
    Standing.INTRODUCED: _l("Introduced"),
    Standing.MET: _l("Met"),
    Standing.POC: _l("Proof of concept"),
    Standing.CONTRACT: _l("Contract"),
    Standing.CLOSED: _l("At an end"),
}
"""What each stand is called."""

MEANINGS = {
    Standing.SUBMITTED: _l("The incubator has received your profile. Nobody has worked on it yet."),
    Standing.REVIEW: _l("The incubator is looking for partners. What it shows you stands here."),
    Standing.MATCHED: _l("The incubator has chosen partners that could fit. See below why."),
    Standing.INTRODUCED: _l("You and a partner have been introduced to each other."),
    Standing.MET: _l("You and a partner have met."),
    Standing.POC: _l("A proof of concept with a partner is under way."),
    Standing.CONTRACT: _l("There is a contract with a partner."),
    Standing.CLOSED: _l("All matches so far are closed. New ones appear here."),
}
HAPPENINGS = {
    "handed_in": _l("The profile was handed in."),
    "edited": _l("The profile was changed."),
    "matched": _l("A match was shown to you."),
    "introduced": _l("You were introduced."),
    "met": _l("You met."),
    "poc": _l("A proof of concept began."),
    "contract": _l("A contract was made."),
    "closed": _l("A match was closed."),
    "answered_yes": _l("You said that you would like to meet."),
    "answered_no": _l("You said that it does not fit."),
    "answered_undecided": _l("You took your answer back."),
}
"""What each thing that happened is called."""


@own.get("/my/<id>")
def status(id: str) -> ResponseReturnValue:
    """Show a startup where it stands."""
    return _page(_startup(id))


@own.post("/my/<id>/edit")
def edit(id: str) -> ResponseReturnValue:
    """Begin to edit the profile in steps."""
    return edit_in_steps(_startup(id).id)


@own.get("/my/<id>/held.zip")
def held_of(id: str) -> ResponseReturnValue:
    """Give what is held about the startup, as one ZIP."""
    found = held(dari().store, _startup(id).id)
    answer = Response(own_zip(found, datetime.now(UTC)), mimetype="application/zip")
    answer.headers.set("Content-Disposition", "attachment", filename="held.zip")
    return answer


@own.post("/my/<id>/link")
def link(id: str) -> ResponseReturnValue:
    """Send a new link to the kept address, or show one on the page, once."""
    startup = _startup(id)
    try:
        if request.form.get("way") == "here" or not startup.contact:
            return _page(startup, token=new_token(dari(), "startup", id))
        path, base = url_for("returning.enter"), base_url(dari())
        to = startup.contact
        sent = send_link(dari(), "startup", id, to=to, base=base, path=path, lang=language())
    except LinkError as error:
        return _page(startup, errors=error.errors), 422
    except MailError as error:
        return _page(startup, failure=error), 503
    return _page(startup, sent=sent)


@own.post("/my/<id>/leave")
def leave(id: str) -> ResponseReturnValue:
    """Let this browser open the startup no more."""
    require_own(id)
    let_go(id)
    flash(gettext("This browser cannot open it any more. You come back by a link."), "success")
    return redirect(url_for("public.home"), 303)


@own.get("/my/<id>/erase")
def ask_erasure(id: str) -> ResponseReturnValue:
    """Ask whether all is to be erased."""
    return render_template("own_erase.html", startup=_startup(id))


@own.post("/my/<id>/erase")
def erase_all(id: str) -> ResponseReturnValue:
    """Erase the startup with all that is held of it, once its person has said so by a tick."""
    startup = _startup(id)
    if request.form.get("sure") != "y":
        return render_template("own_erase.html", startup=startup, unsure=True), 422
    _, left = erase(dari(), [id], by=OWN_MAKER, tell=_say_nothing, while_served=True)
    let_go(id)
    if left:
        text = gettext(
            "Everything is erased. The disk may hold remains until the incubator cleans it."
        )
        flash(text, "warning")
    else:
        flash(gettext("Everything that was held about your startup is erased."), "success")
    return redirect(url_for("public.home"), 303)


def _say_nothing(_: str) -> None:
    """Tell nobody, for a page is waiting."""


def _startup(id: str) -> Startup:
    """Read a startup for whoever may see it as its own."""
    require_own(id)
    return read_startup(dari().store, id)


def _page(startup: Startup, **more: Any) -> str:
    names = {"standings": STANDINGS, "meanings": MEANINGS, "happenings": HAPPENINGS}
    way = way_of(dari(), startup.id)
    token, base = more.get("token"), base_url(dari()) or request.host_url.rstrip("/")
    more["link"] = f"{base}{url_for('returning.enter')}#{token}" if token else None
    more["has_mail"] = has_mail_server(dari().settings)
    more["understood"] = understand(startup)
    more["begun"] = bool(edits_of(dari().store, startup.id, datetime.now(UTC)))
    return render_template("own.html", startup=startup, way=way, **names, **more)
