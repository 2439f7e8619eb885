"""Owns the pages by which the two sides of a case answer: by a link, or by their account."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import Gone, NotFound

from profiles import InvalidRecord, Side
from profiles.cases import (
    Answer,
    Case,
    CaseError,
    Decline,
    UnknownCase,
    cases_of,
    get_case,
    is_shown_to,
)
from profiles.casework import LONGEST_WORDS, answer_case
from service.access import current_user
from service.answer_links import AnswerLink, read_link
from service.failures import BrokenLink
from service.holding import require_own
from service.language import language
from service.letters import Lang, about, reasons
from service.opening import opened_to
from service.security import dari
from service.standing import is_named_to, unnamed_reasons

answers = APIBlueprint("answers", __name__, enable_openapi=False)

E = TypeVar("E", bound=StrEnum)


@answers.get("/answer/<token>")
def ask(token: str) -> ResponseReturnValue:
    """Show a side who it is to meet, and why, and ask for its answer; nothing is kept by that."""
    case, link = _linked(token)
    return _page(case, link.side, is_asked=True)


@answers.post("/answer/<token>")
def give(token: str) -> ResponseReturnValue:
    """Keep what a side answers by its link."""
    case, link = _linked(token)
    number = link.number if link.case == case.id else None  # the one that stands has other links
    here = url_for("answers.ask", token=token)
    return _kept(case, link.side, here, number, is_asked=True)


@answers.get("/my/cases")
def own_cases() -> ResponseReturnValue:
    """List the cases that an account's profile has been told of; without one, say what to do."""
    if current_user().profile is None:
        return redirect(url_for("account.mine"), 303)
    side, profile = _own()
    shown = [one for one in cases_of(dari().store, profile) if is_shown_to(one, side)]
    others = dari().store.get_many({one.id_of(side.other) for one in shown})
    return render_template(
        "own_cases.html", cases=shown, side=side, others=others, is_named_to=is_named_to
    )


@answers.get("/my/cases/<int:id>")
def own_case(id: int) -> ResponseReturnValue:
    """Show an account one of its cases."""
    side, profile = _own()
    return _page(_case_of(id, side, profile), side)


@answers.post("/my/cases/<int:id>")
def give_own(id: int) -> ResponseReturnValue:
    """Keep what an account answers."""
    side, profile = _own()
    return _kept(_case_of(id, side, profile), side, url_for("answers.own_case", id=id))


@answers.get("/my/<profile>/cases/<int:id>")
def held_case(profile: str, id: int) -> ResponseReturnValue:
    """Show a startup one of its matches, without an account: this browser may open the startup."""
    now = _own_as_now(profile)
    return _page(_case_of(id, Side.STARTUP, now), Side.STARTUP, of=now)


@answers.post("/my/<profile>/cases/<int:id>")
def give_held(profile: str, id: int) -> ResponseReturnValue:
    """Keep what a startup answers without an account."""
    now = _own_as_now(profile)
    here = url_for("answers.held_case", profile=now, id=id)
    return _kept(_case_of(id, Side.STARTUP, now), Side.STARTUP, here, of=now)


def _own_as_now(profile: str) -> str:
    """Let only those pass who hold a startup, and give the id that it has since a merge."""
    now = dari().store.merged_into([profile]).get(profile, profile)
    require_own(now)
    return now


def _linked(token: str) -> tuple[Case, AnswerLink]:
    """Read the case of a link that holds: signed, in time, the newest, and still to be shown.

    Of one that has stepped aside for a twin, since two profiles were merged, it is that one.
    """
    link = read_link(token, dari().secret_key)
    if link is None:
        raise BrokenLink
    try:
        case = get_case(dari().store, link.case)
    except UnknownCase as error:
        raise BrokenLink from error
    if not link.is_of(case):
        raise BrokenLink
    if link.is_over or not link.is_newest(case) or not is_shown_to(case, link.side):
        raise Gone
    standing = _standing(case)
    if not is_shown_to(standing, link.side):
        raise Gone
    return standing, link


def _standing(case: Case) -> Case:
    """Give the case that stands in the place of one since profiles were merged, else itself."""
    seen = {case.id}
    while case.aside is not None and case.aside not in seen:
        case = get_case(dari().store, case.aside)
        seen.add(case.id)
    return case


def _own() -> tuple[Side, str]:
    """Tell which profile the account speaks for, and on which side that is."""
    profile = current_user().profile
    side = dari().store.sides([profile]).get(profile) if profile else None
    if profile is None or side is None:
        raise NotFound
    return side, profile


def _case_of(id: int, side: Side, profile: str) -> Case:
    """Read a case of an account's own profile, as it stands; any other is not there for it."""
    try:
        case = _standing(get_case(dari().store, id))
    except UnknownCase as error:
        raise NotFound from error
    if case.id_of(side) != profile or not is_shown_to(case, side):
        raise NotFound
    return case


def _kept(
    case: Case,
    side: Side,
    here: str,
    link: int | None = None,
    *,
    of: str | None = None,
    is_asked: bool = False,
) -> ResponseReturnValue:
    form = request.form
    try:
        answer_case(
            dari().store,
            case.id,
            side,
            _chosen(Answer, form.get("answer", "")),
            reason=_chosen(Decline, form["reason"]) if form.get("reason") else None,
            words=form.get("words", ""),
            own=True,
            link=link,
            by=case.id_of(side),
        )
    except InvalidRecord as error:
        again = get_case(dari().store, case.id)
        return _page(again, side, error, of=of, is_asked=is_asked), 422
    flash(gettext("Thank you. Your answer has been kept."), "success")
    return redirect(here, 303)


def _chosen(kind: type[E], given: str) -> E:
    try:
        return kind(given)
    except ValueError as error:
        raise CaseError("answer", "value", given) from error


def _page(
    case: Case,
    side: Side,
    refused: InvalidRecord | None = None,
    *,
    of: str | None = None,
    is_asked: bool = False,
) -> str:
    """Show a side the other one without what that keeps to itself as yet.

    With `of` a startup looks that has no account; `is_asked` if staff have asked it by a link,
    which names the partner even before the two are introduced.
    """
    lang: Lang = "ko" if language() == "ko" else "en"
    other = dari().store.get(case.id_of(side.other))
    is_named = is_asked or is_named_to(case, side)
    shown: dict[str, Any] = {
        "own": dari().store.get(case.id_of(side)),
        "other": other,
        "of": of,
        "is_named": is_named,
        "about": about(case, other, lang, is_named=is_named, is_reached=False),
        "reasons": reasons(case, lang) if is_named else unnamed_reasons(case, other, lang),
        "opened": opened_to(dari().store, case, side, other),
        "declines": tuple(one for one in Decline if one is not Decline.NO_REPLY),
        "given": case.answer_of(side),
        "theirs": case.answer_of(side.other),
        "longest": LONGEST_WORDS,
    }
    typed = request.form if request.method == "POST" else {}
    return render_template(
        "answer.html", case=case, side=side, refused=refused, typed=typed, **shown
    )
