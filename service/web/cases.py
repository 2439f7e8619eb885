"""Owns the pages of one case for staff: what stands, and every change of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Literal, TypeVar, cast

from apiflask import APIBlueprint
from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound

from profiles import AnyProfile, FieldError, InvalidRecord, Side, StaleEdit, validate
from profiles.case_meetings import (
    LONGEST_PLACE,
    cancel_meeting,
    change_meeting,
    plan_meeting,
    zones,
)
from profiles.case_moves import TIES, close_case, judge_case, move_back, move_case
from profiles.cases import (
    Answer,
    CaseError,
    CaseStage,
    Decline,
    HeldCase,
    Outcome,
    UnknownCase,
    is_shown_to,
    may_see_confidential,
    whole_case,
)
from profiles.casework import (
    LONGEST_NOTE,
    LONGEST_OWNER,
    LONGEST_WORDS,
    answer_case,
    assign_case,
    make_link,
    note_case,
    record_letter,
    release_case,
)
from profiles.validation import without_unknown_fields
from service.answer_links import newest_link, sign
from service.calendars import meeting_file
from service.language import LANGUAGES, language
from service.letters import Lang, Sent, as_file, draft, language_of, reasons
from service.security import dari, editor, local_address, require_session
from service.web.case_telling import event_text, event_words, meeting_text, side_name

cases = APIBlueprint("cases", __name__, url_prefix="/cases", enable_openapi=False)
cases.before_request(require_session)

E = TypeVar("E", bound=StrEnum)


@cases.get("/<int:id>")
def case(id: int) -> ResponseReturnValue:
    """Show a case with both profiles in short, why they were matched, and all that happened."""
    held = _held(id)
    if held.case.aside is not None:
        return redirect(url_for("cases.case", id=held.case.aside))
    return _page(held)


@cases.post("/<int:id>/move")
def move(id: int) -> ResponseReturnValue:
    """Move a case on; who would introduce a pair that its startup knows nothing of is asked."""
    form, to, held = request.form, _chosen(CaseStage, "stage"), _held(id)
    is_fresh = _seen()["base"] in (None, held.case.revision)
    if "release" not in form and is_fresh and held.case.leaves_unaware(to):
        return _page(held, unaware=to), 409
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
    return _letter_page(_held(id), Side(side))


@cases.post("/<int:id>/letter/<any(startup, partner):side>")
def keep_letter(id: int, side: str) -> ResponseReturnValue:
    """Give a letter as a file, or note that it was sent; either is an event of the case."""
    held, to = _held(id), Side(side)
    lang = _lang(held, to)
    form = {**request.form, "text": request.form.get("text", "").replace("\r\n", "\n")}
    try:
        sent = validate(Sent, without_unknown_fields(Sent, form)[0])
    except InvalidRecord as error:
        return _letter_page(held, to, form, error), 422
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
    held = _held(id)
    found = next((one for one in held.meetings if one.id == meeting), None)
    if found is None:
        raise NotFound
    sides, lang = _sides(held), cast(Lang, language())
    names = " · ".join(sides[side].name.in_(lang) for side in Side)
    summary = gettext("Meeting: %(names)s", names=names)
    why = "\n".join(reasons(held.case, lang))
    return _file(meeting_file(found, summary, why), "text/calendar", f"meeting-{meeting}.ics")


def _held(id: int) -> HeldCase:
    try:
        return whole_case(dari().store, id)
    except UnknownCase as error:
        raise NotFound from error


def _sides(held: HeldCase) -> Mapping[Side, AnyProfile]:
    store = dari().store
    return {side: store.get(held.case.id_of(side)) for side in Side}


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
        return _page(_held(id), stale=True), 409
    except InvalidRecord as error:
        return _page(_held(id), refused=error), 422
    flash(told, "success")
    here = url_for("cases.case", id=id)
    return redirect(local_address(request.form.get("back"), here), 303)


def _page(
    held: HeldCase,
    refused: InvalidRecord | None = None,
    *,
    stale: bool = False,
    unaware: CaseStage | None = None,
) -> str:
    found, settings = held.case, dari().settings
    links = {side: newest_link(held, side) for side in Side}
    urls = {
        side.value: url_for("answers.ask", token=sign(one, dari().secret_key), _external=True)
        for side, one in links.items()
        if one
    }
    known = {
        "sides": _sides(held),
        "programmes": dari().store.programmes(),
        "shown_to": {side.value: is_shown_to(found, side) for side in Side},
        "both_accepted": may_see_confidential(found),
        "letter_langs": {side.value: language_of(one) for side, one in _sides(held).items()},
        "links": {side.value: one for side, one in links.items()},
        "urls": urls,
    }
    lists = {"stages": tuple(CaseStage), "declines": tuple(Decline), "answers": tuple(Answer)}
    limits = {"note": LONGEST_NOTE, "owner": LONGEST_OWNER, "words": LONGEST_WORDS}
    return render_template(
        "case.html",
        held=held,
        case=found,
        today=settings.today(),
        zone=settings.timezone.key,
        zones=zones(),
        dated={stage.value for stage in TIES},
        refused=refused,
        stale=stale,
        unaware=unaware,
        typed=request.form if request.method == "POST" else {},
        limits={**limits, "place": LONGEST_PLACE},
        event_text=event_text,
        event_words=event_words,
        meeting_text=meeting_text,
        side_name=side_name,
        **known,
        **lists,
    )


def _lang(held: HeldCase, to: Side) -> Lang:
    asked = request.values.get("letter_lang", "")
    return cast(Lang, asked) if asked in LANGUAGES else language_of(_sides(held)[to])


def _letter_page(
    held: HeldCase,
    to: Side,
    typed: Mapping[str, str] | None = None,
    refused: InvalidRecord | None = None,
) -> str:
    if held.case.aside is not None:
        raise CaseError("case", "case_aside", held.case.id, into=held.case.aside)
    sides, lang = _sides(held), _lang(held, to)
    link = newest_link(held, to)
    key = dari().secret_key
    address = url_for("answers.ask", token=sign(link, key), _external=True) if link else None
    name = "" if editor() == "staff" else editor()
    written = draft(held.case, sides, to, lang, sender=name, link=address)
    return render_template(
        "letter.html",
        case=held.case,
        sides=sides,
        to=to,
        letter=written,
        typed=typed or {},
        refused=refused,
        side_name=side_name,
        both_accepted=may_see_confidential(held.case),
        has_link=link is not None,
    )


def _file(data: bytes, kind: str, name: str) -> Response:
    answer = Response(data, mimetype=kind)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
