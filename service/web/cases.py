"""Owns the pages of one case for staff: what stands, and every change of it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Literal, TypeVar, cast

from apiflask import APIBlueprint
from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound

from profiles import FieldError, InvalidRecord, Side, StaleEdit, validate
from profiles.case_meetings import (
    cancel_meeting,
    change_meeting,
    plan_meeting,
)
from profiles.case_moves import close_case, judge_case, move_back, move_case
from profiles.cases import (
    Answer,
    CaseStage,
    Decline,
    Outcome,
    UnknownCase,
)
from profiles.casework import (
    answer_case,
    assign_case,
    make_link,
    note_case,
    record_letter,
    release_case,
)
from profiles.validation import without_unknown_fields
from service.calendars import meeting_file
from service.language import language
from service.letters import Lang, Sent, as_file, reasons
from service.security import dari, editor, local_address, require_session
from service.web.case_letter import letter_language, letter_page
from service.web.case_page import case_page, held_case, sides_of

cases = APIBlueprint("cases", __name__, url_prefix="/cases", enable_openapi=False)
cases.before_request(require_session)

E = TypeVar("E", bound=StrEnum)


@cases.get("/<int:id>")
def case(id: int) -> ResponseReturnValue:
    """Show a case with both profiles in short, why they were matched, and all that happened."""
    held = held_case(id)
    if held.case.aside is not None:
        return redirect(url_for("cases.case", id=held.case.aside))
    return case_page(held)


@cases.post("/<int:id>/move")
def move(id: int) -> ResponseReturnValue:
    """Move a case on; who would introduce a pair that its startup knows nothing of is asked."""
    form, to, held = request.form, _chosen(CaseStage, "stage"), held_case(id)
    is_fresh = _seen()["base"] in (None, held.case.revision)
    if "release" not in form and is_fresh and held.case.leaves_unaware(to):
        return case_page(held, unaware=to), 409
    given: dict[str, Any] = {"day": form.get("day") or None, "release": form.get("release") == "y"}
    return _done(
        id,
        lambda: move_case(dari().store, id, to, **given, **_seen()),
        gettext("The case has been moved."),
    )


@cases.post("/<int:id>/back")
def back(id: int) -> ResponseReturnValue:
    """Take the last move of a case back."""
    reason = request.form.get("reason", "")
    return _done(
        id,
        lambda: move_back(dari().store, id, reason=reason, **_seen()),
        gettext("The last move has been taken back."),
    )


@cases.post("/<int:id>/close")
def close(id: int) -> ResponseReturnValue:
    """Close a case with its outcome, and with a verdict where one is given."""
    form = request.form
    label = form.get("verdict")
    return _done(
        id,
        lambda: close_case(
            dari().store,
            id,
            _chosen(Outcome, "outcome"),
            reason=_chosen(Decline, "reason") if form.get("reason") else None,
            words=form.get("words", ""),
            verdict=cast(Literal["good", "poor"], label) if label in ("good", "poor") else None,
            **_seen(),
        ),
        gettext("The case is closed."),
    )


@cases.post("/<int:id>/verdict")
def judge(id: int) -> ResponseReturnValue:
    """Keep a verdict on the match of a case."""
    label = request.form.get("verdict")
    if label not in ("good", "poor"):
        raise InvalidRecord([FieldError("verdict", "value", label)])
    said = cast(Literal["good", "poor"], label)
    words = request.form.get("words", "")
    return _done(
        id,
        lambda: judge_case(dari().store, id, said, words=words, by=editor()),
        gettext("Your verdict has been kept."),
    )


@cases.post("/<int:id>/note")
def note(id: int) -> ResponseReturnValue:
    """Add a note."""
    text = request.form.get("note", "")
    return _done(
        id,
        lambda: note_case(dari().store, id, text, by=editor()),
        gettext("The note has been kept."),
    )


@cases.post("/<int:id>/assign")
def assign(id: int) -> ResponseReturnValue:
    """Say who looks after a case, when its next step is due, and its programme."""
    said = {name: request.form.get(name) or None for name in ("owner", "due", "programme")}
    return _done(
        id,
        lambda: assign_case(
            dari().store,
            id,
            owner=said["owner"],
            due=said["due"],
            programme=said["programme"],
            **_seen(),
        ),
        gettext("Your changes have been kept."),
    )


@cases.post("/<int:id>/release")
def release(id: int) -> ResponseReturnValue:
    """Let the startup see the match, or take that back."""
    released = request.form.get("released") != "no"
    told = gettext("The startup can see the match now.")
    if not released:
        told = gettext("The startup does not see the match any more.")
    return _done(id, lambda: release_case(dari().store, id, released=released, **_seen()), told)


@cases.post("/<int:id>/answer")
def answer(id: int) -> ResponseReturnValue:
    """Write down what a side has answered."""
    form = request.form
    return _done(
        id,
        lambda: answer_case(
            dari().store,
            id,
            _chosen(Side, "side"),
            _chosen(Answer, "answer"),
            reason=_chosen(Decline, "reason") if form.get("reason") else None,
            words=form.get("words", ""),
            **_seen(),
        ),
        gettext("The answer has been kept."),
    )


@cases.post("/<int:id>/link")
def link(id: int) -> ResponseReturnValue:
    """Make a link by which a side can answer; older ones end."""
    return _done(
        id,
        lambda: make_link(dari().store, id, _chosen(Side, "side"), by=editor()),
        gettext(
            "A new link has been made; it is shown below. Older links of this side have ended."
        ),
    )


@cases.get("/<int:id>/letter/<any(startup, partner):side>")
def letter(id: int, side: str) -> ResponseReturnValue:
    """Draft the letter to a side; nothing is kept or sent by that."""
    return letter_page(held_case(id), Side(side))


@cases.post("/<int:id>/letter/<any(startup, partner):side>")
def keep_letter(id: int, side: str) -> ResponseReturnValue:
    """Give a letter as a file, or note that it was sent; either is an event of the case."""
    held, to = held_case(id), Side(side)
    lang = letter_language(held, to)
    form = {**request.form, "text": request.form.get("text", "").replace("\r\n", "\n")}
    try:
        sent = validate(Sent, without_unknown_fields(Sent, form)[0])
    except InvalidRecord as error:
        return letter_page(held, to, form, error), 422
    is_sent = request.form.get("do") == "sent"
    record_letter(dari().store, id, to, lang, sent=is_sent, by=editor())
    if is_sent:
        flash(gettext("It is noted that the letter was sent."), "success")
        return redirect(url_for("cases.case", id=id, _anchor="events"), 303)
    data = as_file(sent, dari().settings.mail_from)
    return _file(data, "message/rfc822", f"case-{id}-{side}.eml")


@cases.post("/<int:id>/meetings")
def plan(id: int) -> ResponseReturnValue:
    """Plan a meeting."""
    return _done(
        id,
        lambda: plan_meeting(dari().store, id, **_meeting(), by=editor()),
        gettext("The meeting is planned. Its calendar file is below."),
    )


@cases.post("/<int:id>/meetings/<int:meeting>")
def change(id: int, meeting: int) -> ResponseReturnValue:
    """Change or cancel a meeting."""
    seen = request.form.get("sequence", type=int)
    more: dict[str, Any] = {"seen": seen, "by": editor()}
    if request.form.get("do") == "cancel":
        told = gettext(
            "The meeting is cancelled. Send its calendar file once more to those who have it."
        )
        return _done(id, lambda: cancel_meeting(dari().store, id, meeting, **more), told)
    return _done(
        id,
        lambda: change_meeting(dari().store, id, meeting, **_meeting(), **more),
        gettext("The meeting is changed. Send its calendar file once more to those who have it."),
    )


@cases.get("/<int:id>/meetings/<int:meeting>.ics")
def calendar(id: int, meeting: int) -> ResponseReturnValue:
    """Give the calendar file of a meeting."""
    held = held_case(id)
    found = next((one for one in held.meetings if one.id == meeting), None)
    if found is None:
        raise NotFound
    sides, lang = sides_of(held), cast(Lang, language())
    names = " · ".join(sides[side].name.in_(lang) for side in Side)
    summary = gettext("Meeting: %(names)s", names=names)
    why = "\n".join(reasons(held.case, lang))
    return _file(meeting_file(found, summary, why), "text/calendar", f"meeting-{meeting}.ics")


def _seen() -> dict[str, Any]:
    """Give who changes a case, and the revision that the page showed."""
    return {"by": editor(), "base": request.form.get("revision", type=int)}


def _meeting() -> dict[str, Any]:
    return {
        "starts": request.form.get("starts", ""),
        "zone": request.form.get("zone", ""),
        "minutes": request.form.get("minutes") or 60,
        "place": request.form.get("place", ""),
    }


def _chosen(kind: type[E], field: str) -> E:
    """Read one of a closed list from a form.

    Raises:
        InvalidRecord: for anything else.
    """
    given = request.form.get(field, "")
    try:
        return kind(given)
    except ValueError as error:
        raise InvalidRecord([FieldError(field, "value", given)]) from error


def _done(id: int, act: Callable[[], object], told: str) -> ResponseReturnValue:
    """Do something to a case; where it is refused, show the case with what was typed, and why."""
    try:
        act()
    except UnknownCase as error:
        raise NotFound from error
    except StaleEdit:
        return case_page(held_case(id), stale=True), 409
    except InvalidRecord as error:
        return case_page(held_case(id), refused=error), 422
    flash(told, "success")
    here = url_for("cases.case", id=id)
    return redirect(local_address(request.form.get("back"), here), 303)


def _file(data: bytes, kind: str, name: str) -> Response:
    answer = Response(data, mimetype=kind)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
