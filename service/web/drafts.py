"""Owns the pages on which a startup tells of itself step by step, and hands itself in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from profiles import FieldError, InvalidRecord, StaleEdit, validate
from profiles.drafts import Draft, begin, draft_of, expire, leave_at, name_email, remove, save
from profiles.fields import Email
from profiles.links import LinkError, links_of
from profiles.record import Record
from service.drafting import (
    STEPS,
    Step,
    begin_edit,
    catch_up,
    clean_values,
    errors_of,
    expiry,
    field_of,
    hand_in,
    is_startup,
    startup_id,
    startup_of,
)
from service.failures import Failure
from service.held_files import held_draft
from service.holding import hold, holds, let_go, require_own
from service.labels import moment
from service.language import language
from service.mail import MailError
from service.privacy import forget_letters, settle_briefly
from service.security import dari
from service.web.draft_forms import DraftForm, consent_now
from service.web.draft_pages import link_page, preview_page, step_page, worth_of
from service.web.draft_ways import asked_language, is_there, place_after, resume_url, way_on
from service.web.links import base_url, new_token, send_link

drafts = Blueprint("drafts", __name__)

_STEP = "any(who, build, seek, place, consent)"
_MAKER = "public form"
_JSON = "application/json"


@drafts.post("/drafts")
def start() -> ResponseReturnValue:
    """Begin a draft with what the first step asks for."""
    values = clean_values("who", request.form.to_dict(flat=False))
    if not any(values.values()) and _goes() == "stay":
        return redirect(url_for("public.new_startup", **asked_language()), 303)
    now = datetime.now(UTC)
    gone = expire(dari().store, now)  # whoever begins one sees old ones off
    forget_letters(dari().settings, [one.email for one in gone if one.email])
    draft = begin(dari().store, {}, language=language(), now=now, expires_at=expiry(dari(), now))
    hold(draft.id)
    return _kept(draft.id, "who", values, saved=0)


@drafts.get(f"/drafts/<id>/<{_STEP}:step>")
def step(id: str, step: Step) -> ResponseReturnValue:
    """Show a step of a draft as it was saved."""
    if taken := _handed_in(id):
        return taken
    draft = _own(id)
    form = DraftForm(draft.values)
    found = errors_of(draft.values, consent_now())
    wanted = "check" in request.args
    form.show_step(step, [one for one in found if wanted or one.code not in _NOT_YET])
    return step_page(draft, step, form)


@drafts.post(f"/drafts/<id>/<{_STEP}:step>")
def save_step(id: str, step: Step) -> ResponseReturnValue:
    """Keep what was typed in a step, right or wrong, and lead on."""
    if taken := _handed_in(id):
        return taken
    require_own(id)
    values = clean_values(step, request.form.to_dict(flat=False))
    return _kept(id, step, values, saved=_number(request.form.get("saved")))


@drafts.get("/drafts/<id>/preview")
def preview(id: str) -> ResponseReturnValue:
    """Show how the matcher understands a draft, and what is still missing."""
    if taken := _handed_in(id):
        return taken
    return preview_page(_own(id))


@drafts.get("/drafts/<id>/worth")
def worth(id: str) -> ResponseReturnValue:
    """Show which empty field would help most; with `part`, only that."""
    draft = _own(id)
    try:
        startup = startup_of(draft.startup or draft.id, draft.values, consent_now())
    except InvalidRecord:
        return redirect(url_for("drafts.preview", id=id), 303)
    page = "draft_worth_part.html" if "part" in request.args else "draft_worth.html"
    return render_template(page, draft=draft, told=worth_of(startup))


@drafts.post("/drafts/<id>/hand-in")
def submit(id: str) -> ResponseReturnValue:
    """Hand a draft in, or show what is still missing."""
    if taken := _handed_in(id):
        return taken
    draft = _own(id)
    try:
        startup = hand_in(dari(), draft, consent_now(), by=_MAKER, now=datetime.now(UTC))
    except InvalidRecord:
        return preview_page(draft), 422
    except StaleEdit:
        return redirect(url_for("drafts.preview", id=id), 303)
    let_go(id)
    hold(startup.id)
    edited = gettext("Your changes have been kept.")
    new = gettext("Thank you. Your startup has been received.")
    flash(edited if draft.startup else new, "success")
    return redirect(url_for("own.status", id=startup.id), 303)


@drafts.post("/drafts/<id>/newest")
def bring_together(id: str) -> ResponseReturnValue:
    """Bring an edit together with what others have changed since it was begun."""
    draft = _own(id)
    met = catch_up(dari(), draft, now=datetime.now(UTC))
    return preview_page(_own(id), met=met)


@drafts.get("/drafts/<id>/link")
def link(id: str) -> ResponseReturnValue:
    """Show the ways back to a draft."""
    return link_page(_own(id))


@drafts.post("/drafts/<id>/link")
def make_link(id: str) -> ResponseReturnValue:
    """Send a link to the draft to an address, or show one on the page, once."""
    draft = _own(id)
    try:
        if request.form.get("way") == "here":
            return link_page(draft, token=new_token(dari(), "draft", id))
        email = read_email(request.form.get("email", ""))
        name_email(dari().store, id, email, now=datetime.now(UTC))
        path, base = url_for("returning.enter"), base_url(dari())
        sent = send_link(dari(), "draft", id, to=email, base=base, path=path, lang=language())
    except (LinkError, InvalidRecord) as error:
        return link_page(draft, errors=error.errors, typed=request.form.get("email", "")), 422
    except MailError as error:
        return link_page(draft, failure=error, typed=request.form.get("email", "")), 503
    return link_page(_own(id), sent=sent)


@drafts.get("/drafts/<id>/held.json")
def held(id: str) -> ResponseReturnValue:
    """Give all that is held of a draft."""
    draft = _own(id)
    told = held_draft(draft, links_of(dari().store, id))
    answer = Response(told, mimetype="application/json")
    answer.headers.set("Content-Disposition", "attachment", filename="draft.json")
    return answer


@drafts.get("/drafts/<id>/delete")
def ask_deletion(id: str) -> ResponseReturnValue:
    """Ask whether a draft is to be deleted."""
    return render_template("draft_delete.html", draft=_own(id))


@drafts.post("/drafts/<id>/delete")
def delete(id: str) -> ResponseReturnValue:
    """Delete a draft, its links, and the letters with them that wait in the outbox."""
    draft = _own(id)
    remove(dari().store, id)
    forget_letters(dari().settings, [draft.email or ""])
    let_go(id)
    if settle_briefly(dari()):
        text = gettext(
            "The draft is deleted. The disk may hold remains of it until the database is next idle."
        )
        flash(text, "warning")
    else:
        flash(gettext("The draft is deleted for good."), "success")
    return redirect(url_for("public.home"), 303)


@drafts.post("/drafts/<id>/leave")
def leave(id: str) -> ResponseReturnValue:
    """Let this browser open a draft no more; the draft stays."""
    require_own(id)
    let_go(id)
    flash(gettext("This browser cannot open it any more. You come back by a link."), "success")
    return redirect(url_for("public.home"), 303)


def edit(id: str) -> ResponseReturnValue:
    """Begin to edit a startup in steps."""
    draft = begin_edit(dari(), id, language=language(), now=datetime.now(UTC))
    hold(draft.id)
    return redirect(resume_url(draft), 303)


_NOT_YET = ("missing", "text_missing", "consent")
"""What is only missing is said where somebody looks for it, and before the handing in."""


class _Address(Record):
    email: Email


def read_email(text: str) -> str:
    """Read an e-mail address.

    Raises:
        InvalidRecord: if it is none.
    """
    return validate(_Address, {"email": text.strip()}).email


def _own(id: str) -> Draft:
    require_own(id)
    return draft_of(dari().store, id, datetime.now(UTC))


def _handed_in(id: str) -> ResponseReturnValue | None:
    """Lead whoever held a draft that has been handed in to the startup that it is now."""
    startup = startup_id(id)
    if not holds(startup):
        require_own(id)
    if is_there(id) or not is_startup(dari().store, startup):
        return None
    hold(startup)
    return redirect(url_for("own.status", id=startup), 303)


def _kept(id: str, step: Step, values: dict[str, Any], *, saved: int) -> ResponseReturnValue:
    now = datetime.now(UTC)
    try:
        draft = save(
            dari().store,
            id,
            step,
            values,
            saved=saved,
            language=language(),
            now=now,
            expires_at=expiry(dari(), now),
        )
    except StaleEdit as error:
        return _meet(id, step, values, error)
    found = [
        one
        for one in errors_of(draft.values, consent_now())
        if one.code not in _NOT_YET and field_of(one, draft.values, language()) in STEPS[step]
    ]
    if _wants_json():
        return jsonify(_told(draft, step, found))
    if found and _goes() in ("next", "stay"):
        form = DraftForm(draft.values)
        form.show_step(step, found)
        return step_page(draft, step, form), 422
    if (place := place_after(step, _goes())) != draft.place:
        leave_at(dari().store, draft.id, place, now=now)
    return redirect(way_on(draft, step, _goes()), 303)


def _meet(id: str, step: Step, values: dict[str, Any], error: StaleEdit) -> ResponseReturnValue:
    """Show what was typed, and that another window has saved something else meanwhile."""
    text = gettext("Another window has saved this step meanwhile. Reload to see what stands there.")
    if _wants_json():
        return jsonify({"message": text}), 409
    draft = _own(id)
    form = DraftForm({**draft.values, **values})
    heading = gettext("This step has been saved from another window")
    more = gettext("What stands there is named below. To keep what you typed here, save once more.")
    theirs = {name: value for name, value in error.payload.items() if value != values.get(name)}
    failed = Failure(409, heading, more)
    return step_page(draft, step, form, failure=failed, theirs=theirs), 409


def _told(draft: Draft, step: Step, found: list[FieldError]) -> dict[str, Any]:
    lang = language()
    wrong: dict[str, list[str]] = {}
    for one in found:
        name = field_of(one, draft.values, lang)
        wrong.setdefault(name, []).append(f"{one.rule(lang)} {one.remedy(lang)}")
    return {
        "saved": draft.steps.get(step, 0),
        "at": moment(draft.changed_at),
        "action": url_for("drafts.save_step", id=draft.id, step=step),
        "errors": wrong,
    }


def _goes() -> str:
    return request.args.get("go") or request.form.get("go") or "next"


def _wants_json() -> bool:
    return request.accept_mimetypes.best == _JSON


def _number(text: str | None) -> int:
    text = text or ""
    return int(text) if text.isdecimal() and len(text) < 10 else 0
