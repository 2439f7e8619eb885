"""Owns the pages of requests about automated decisions: staff's queue, and the startup's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from apiflask import APIBlueprint
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import NotFound

from profiles import validate
from profiles.cohorts import (
    Cohort,
    EntryStage,
    KeptDecision,
    aftermath,
    final_decision,
    with_profile,
)
from profiles.errors import InvalidRecord
from profiles.fields import Day
from profiles.record import Record
from profiles.reviews import (
    EXTENSION,
    EXTENSIONS,
    IN_LIST,
    LONGEST,
    Ask,
    Review,
    ReviewError,
    ReviewOutcome,
    ReviewState,
    answer_review,
    ask_review,
    count_reviews,
    extend_review,
    queue,
    review_of,
    reviews_of,
)
from service import labels
from service.drafting import read_startup
from service.holding import require_own
from service.security import dari, editor, require_session

reviews = APIBlueprint("reviews", __name__, url_prefix="/reviews", enable_openapi=False)
reviews.before_request(require_session)
asking = Blueprint("asking", __name__)

KINDS = {
    Ask.EXPLANATION: _l("Explain the decision"),
    Ask.REVIEW: _l("Let a person look again"),
    Ask.REFUSAL: _l("Refuse the automated decision"),
}
REVIEW_STATES = {
    ReviewState.ASKED: _l("Waits for an answer"),
    ReviewState.EXTENDED: _l("Time extended"),
    ReviewState.ANSWERED: _l("Answered"),
}
OUTCOMES = {
    ReviewOutcome.EXPLAINED: _l("Explained"),
    ReviewOutcome.KEPT: _l("Looked at again by a person: it stays"),
    ReviewOutcome.CHANGED: _l("Looked at again by a person: changed"),
    ReviewOutcome.SET_ASIDE: _l("Not applied any more"),
    ReviewOutcome.DECLINED: _l("Not followed, for a good reason"),
}
_DIGITS = 9
_NAMES = {"kinds": KINDS, "review_states": REVIEW_STATES, "outcomes": OUTCOMES, "longest": LONGEST}

E = TypeVar("E", bound=StrEnum)


class _Came(Record):
    """The day on which a letter came."""

    came: Day


@reviews.get("", endpoint="queue")
def show_queue() -> ResponseReturnValue:
    """Show the requests, those that are due first before the others."""
    store = dari().store
    total, waiting = count_reviews(store)
    after = min(max(request.args.get("after", 0, type=int), 0), total)
    found = queue(store, after=after)
    profiles = store.get_many([one.profile for one in found])
    counts = {"total": total, "waiting": waiting, "after": after, "page": IN_LIST}
    today = dari().settings.today()
    return render_template(
        "reviews.html", found=found, profiles=profiles, today=today, **counts, **_NAMES
    )


@reviews.get("/new", endpoint="new")
def letter() -> ResponseReturnValue:
    """Offer to enter a request that came by letter, of one who applied to a round."""
    return _letter_page(request.args)


@reviews.post("/new", endpoint="enter")
def enter() -> ResponseReturnValue:
    """Keep a request that came by letter, on the day on which it came."""
    form, today = request.form, dari().settings.today()
    id = form.get("profile", "")
    try:
        kind, came = _chosen(Ask, "kind"), validate(_Came, {"came": form.get("came")}).came
        if came > today:
            raise ReviewError("came", "review_came", came.isoformat())
        about = _cohort(id, form.get("cohort", ""))
        made = ask_review(dari().store, id, kind, form.get("words", ""), today=came, cohort=about)
    except InvalidRecord as error:
        return _letter_page(form, refused=error, typed=form), 422
    told = gettext("The request is kept. An answer is due by %(day)s.", day=labels.day(made.due))
    flash(told, "success")
    return redirect(url_for("reviews.one", id=made.id), 303)


@reviews.get("/<int:id>", endpoint="one")
def show_one(id: int) -> ResponseReturnValue:
    """Show a request with all that was said."""
    return _page(review_of(dari().store, id))


@reviews.post("/<int:id>/extend")
def extend(id: int) -> ResponseReturnValue:
    """Extend the time for an answer, and keep why."""
    form, today = request.form, dari().settings.today()
    try:
        days = _days(form.get("days", ""))
        extend_review(
            dari().store, id, days=days, why=form.get("why", ""), by=editor(), today=today
        )
    except ReviewError as error:
        return _page(review_of(dari().store, id), refused=error, typed=form), 422
    flash(gettext("The time is extended. The startup sees the reason on its page."), "success")
    return redirect(url_for("reviews.one", id=id), 303)


@reviews.post("/<int:id>/answer")
def answer(id: int) -> ResponseReturnValue:
    """Keep an answer."""
    form = request.form
    try:
        outcome = _chosen(ReviewOutcome, "outcome")
        if outcome is ReviewOutcome.CHANGED and _stands(id) and form.get("stands") != "y":
            raise ReviewError("stands", "review_stands", id)
        answer_review(dari().store, id, outcome=outcome, answer=form.get("answer", ""), by=editor())
    except ReviewError as error:
        return _page(review_of(dari().store, id), refused=error, typed=form), 422
    flash(gettext("The answer is kept. The startup sees it on its page."), "success")
    return redirect(url_for("reviews.one", id=id), 303)


@asking.get("/my/<id>/decisions")
def mine(id: str) -> ResponseReturnValue:
    """Show a startup which rounds it applied to, what it may ask, and what it was answered."""
    return _own_page(id)


@asking.post("/my/<id>/decisions")
def ask(id: str) -> ResponseReturnValue:
    """Keep a request of a startup."""
    require_own(id)
    form, today = request.form, dari().settings.today()
    try:
        kind = _chosen(Ask, "kind")
        cohort = _cohort(id, form.get("cohort", ""))
        made = ask_review(dari().store, id, kind, form.get("words", ""), today=today, cohort=cohort)
    except InvalidRecord as error:
        return _own_page(id, refused=error, typed=form), 422
    told = gettext("Your request is kept. An answer is due by %(day)s.", day=labels.day(made.due))
    flash(told, "success")
    return redirect(url_for("asking.mine", id=id), 303)


def _days(given: str) -> int:
    if not given.strip().isdecimal() or len(given) > _DIGITS:
        raise ReviewError("days", "review_days", given, most=EXTENSION)
    return int(given)


def _cohort(id: str, number: str) -> int | None:
    """Read the round that a request is about: one that the startup applied to, or none."""
    if not number:
        return None
    applied = {str(held.id): held.id for held, _ in with_profile(dari().store, id)}
    if number not in applied:
        raise ReviewError("cohort", "review_cohort", number)
    return applied[number]


def _chosen(kind: type[E], field: str) -> E:
    given = request.form.get(field, "")
    if given not in set(kind):
        raise ReviewError(field, "choice", given)
    return kind(given)


def _letter_page(given: Mapping[str, str], **more: object) -> str:
    id, number = given.get("profile", ""), given.get("cohort", "")
    profile = dari().store.get_many([id]).get(id)
    applied = {str(held.id): held for held, _ in with_profile(dari().store, id)} if profile else {}
    if profile is None or number not in applied:
        raise NotFound
    today = dari().settings.today()
    told: dict[str, object] = {"profile": profile, "cohort": applied[number], "today": today}
    return render_template("review_new.html", **told, **_NAMES, **more)


def _page(review: Review, **more: object) -> str:
    store = dari().store
    profile = store.get_many([review.profile]).get(review.profile)
    applied = {held.id: held for held, _ in with_profile(store, review.profile)}
    known: dict[str, object] = {"most_days": EXTENSION, "most_extensions": EXTENSIONS, **_NAMES}
    today = dari().settings.today()
    about = applied.get(review.cohort) if review.cohort else None
    known["final"], known["decided_at"] = _decided(about) if about else (None, None)
    return render_template(
        "review.html", review=review, profile=profile, cohort=about, today=today, **known, **more
    )


def _decided(held: Cohort) -> tuple[KeptDecision | None, datetime | None]:
    """Give the decision of a round that holds, and when it was made final."""
    final = final_decision(dari().store, held.id)
    return final, aftermath(dari().store, final).final_at if final else None


def _stands(id: int) -> bool:
    """Tell whether the result that a request is about is what it was when that was asked."""
    review = review_of(dari().store, id)
    for held, entry in with_profile(dari().store, review.profile):
        decided_at = _decided(held)[1] if held.id == review.cohort else None
        if decided_at is not None:
            # Another host for one who stays selected is no other stage: the decision tells of it.
            placed = entry.stage is EntryStage.SELECTED
            return max(entry.moved_at, decided_at if placed else entry.moved_at) < review.asked_at
    return False


def _own_page(id: str, **more: object) -> str:
    require_own(id)
    startup = read_startup(dari().store, id)
    applied = with_profile(dari().store, id)
    asked = reviews_of(dari().store, id)
    programmes = {one.id: one for one in dari().store.programmes()}
    return render_template(
        "review_own.html",
        startup=startup,
        applied=applied,
        programmes=programmes,
        asked=asked,
        **_NAMES,
        **more,
    )
