"""Owns the pages of requests about automated decisions: staff's queue, and the startup's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from apiflask import APIBlueprint
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import NotFound

from profiles import AnyProfile, validate
from profiles.cohorts import (
    Cohort,
    CohortEvent,
    Entry,
    EntryStage,
    KeptDecision,
    aftermath,
    final_decision,
    history_of,
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


@dataclass(frozen=True, slots=True)
class _Sender:
    """Who sent a letter about a round, and its application there."""

    profile: AnyProfile
    cohort: Cohort
    entry: Entry


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
    return _letter_page(_sender(request.args))


@reviews.post("/new", endpoint="enter")
def enter() -> ResponseReturnValue:
    """Keep a request that came by letter, on the day on which it came."""
    form, sender = request.form, _sender(request.form)
    about: dict[str, Any] = {"cohort": sender.cohort.id, "entered_by": editor()}
    try:
        kind, came = _chosen(Ask, "kind"), _came(sender)
        words = form.get("words", "")
        made = ask_review(dari().store, sender.profile.id, kind, words, today=came, **about)
    except InvalidRecord as error:
        return _letter_page(sender, refused=error, typed=form), 422
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
        if (
            outcome is ReviewOutcome.CHANGED
            and _stands(review_of(dari().store, id))
            and form.get("stands") != "y"
        ):
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


def _sender(given: Mapping[str, str]) -> _Sender:
    """Read who sent a letter, and about which round; nobody else's is entered."""
    id, number = given.get("profile", ""), given.get("cohort", "")
    profile = dari().store.get_many([id]).get(id)
    applied = with_profile(dari().store, id) if profile else []
    about = next((pair for pair in applied if str(pair[0].id) == number), None)
    if profile is None or about is None:
        raise NotFound
    return _Sender(profile, *about)


def _came(sender: _Sender) -> date:
    """Read the day on which a letter came: from the first decision about its sender to today."""
    came = validate(_Came, {"came": request.form.get("came")}).came
    if came > dari().settings.today():
        raise ReviewError("came", "review_came", came.isoformat())
    first = _first_decided(sender)
    if came < first:
        raise ReviewError("came", "review_early", came.isoformat(), decided=first.isoformat())
    return came


def _first_decided(sender: _Sender) -> date:
    """Give the day on which something was first decided about an application; else its own."""
    entry = sender.entry
    decided = [
        one.at
        for one in history_of(dari().store, sender.cohort.id)
        if one.kind == "decided" or (one.entry == entry.id and _is_decided(one))
    ]
    return _day(min(decided, default=entry.applied_at))


def _is_decided(event: CohortEvent) -> bool:
    """Tell whether an event of an application is something that was decided about it."""
    return event.kind == "moved" and event.data["to"] != EntryStage.WITHDRAWN.value


def _day(moment: datetime) -> date:
    return moment.astimezone(dari().settings.timezone).date()


def _letter_page(sender: _Sender, **more: object) -> str:
    known: dict[str, object] = {"first": _first_decided(sender), "today": dari().settings.today()}
    return render_template("review_new.html", sender=sender, **known, **_NAMES, **more)


def _page(review: Review, **more: object) -> str:
    store = dari().store
    profile = store.get_many([review.profile]).get(review.profile)
    applied = {held.id: held for held, _ in with_profile(store, review.profile)}
    known: dict[str, object] = {"most_days": EXTENSION, "most_extensions": EXTENSIONS, **_NAMES}
    today = dari().settings.today()
    about = applied.get(review.cohort) if review.cohort else None
    final, decided_at = _decided(about) if about else (None, None)
    known |= {"final": final, "decided_at": decided_at}
    known["is_before"] = decided_at is not None and not _is_since(decided_at, review)
    return render_template(
        "review.html", review=review, profile=profile, cohort=about, today=today, **known, **more
    )


def _decided(held: Cohort) -> tuple[KeptDecision | None, datetime | None]:
    """Give the decision of a round that holds, and when it was made final."""
    final = final_decision(dari().store, held.id)
    return final, aftermath(dari().store, final).final_at if final else None


def _is_since(moment: datetime, review: Review) -> bool:
    """Tell whether a moment lies after a request came, which a letter does before it is entered."""
    return moment >= review.asked_at or _day(moment) > review.asked_on


def _stands(review: Review) -> bool:
    """Tell whether the result that a request is about is what it was when that was asked."""
    for held, entry in with_profile(dari().store, review.profile):
        decided_at = _decided(held)[1] if held.id == review.cohort else None
        if decided_at is not None:
            # Another host for one who stays selected is no other stage: the decision tells of it.
            placed = entry.stage is EntryStage.SELECTED
            last = max(entry.moved_at, decided_at if placed else entry.moved_at)
            return not _is_since(last, review)
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
