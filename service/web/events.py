"""Owns the pages of events for staff: plans, participants, the schedule, and changes of the day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound

from profiles import InvalidRecord
from profiles.case_meetings import zones
from profiles.event_dates import TWICE_A_YEAR
from profiles.event_meetings import mark_held
from profiles.event_people import add_person, change_person, new_link, people_of, remove_person
from profiles.event_plan import Chosen, EventPlan
from profiles.events import EventError, EventState, Participant, change_event, open_event
from profiles.events import events as read_events
from service import labels
from service.event_day import KINDS, refuse_others
from service.event_links import token_of
from service.event_proposals import propose_events, series_of
from service.event_schedules import scheduled
from service.event_undo import can_undo, undo_change
from service.naming import named_on
from service.security import dari, editor, require_session
from service.web.event_forms import (
    form_of,
    happened_of,
    number,
    person_of,
    plan_of,
    sent,
    wishes_of,
)
from service.web.event_papers import calendar_answer, table_answer
from service.web.event_telling import (
    EventPage,
    event_field,
    job_of,
    page_or_none_such,
    person_or_none_such,
    proof_of,
    proposed_words,
    state_name,
    zone_of,
)

events = APIBlueprint("events", __name__, url_prefix="/events", enable_openapi=False)
events.before_request(require_session)

_WORDS = {
    "state_name": state_name,
    "proof_of": proof_of,
    "event_field": event_field,
    "zone_of": zone_of,
    "can_undo": can_undo,
}


@events.get("")
def overview() -> ResponseReturnValue:
    """List the events, and offer the next ones."""
    return _list(None)


@events.get("/of/<programme>")
def of_programme(programme: str) -> ResponseReturnValue:
    """List the events of a programme."""
    return _list(programme)


@events.post("/propose")
def propose() -> ResponseReturnValue:
    """Propose the next two events of a programme that holds them twice a year."""
    programme = request.form.get("programme", "")
    if programme not in TWICE_A_YEAR:
        raise NotFound
    made = propose_events(dari(), programme, dari().settings.today(), by=editor())
    flash(*proposed_words(len(made)))
    return redirect(url_for("events.of_programme", programme=programme), 303)


@events.get("/new")
def new() -> ResponseReturnValue:
    """Offer to plan an event."""
    given = {"opens": "10:00", "closes": "17:00", "minutes": "25", "gap": "5", "walk": "0"}
    given |= {"breaks": "12:00-13:30", "zone": "Asia/Seoul", "fill": "on"}
    return _form({**given, **request.args.to_dict()}, url_for("events.add"))


@events.post("/new")
def add() -> ResponseReturnValue:
    """Keep a new event."""
    try:
        programme = sent().get("programme") or None
        made = open_event(dari().store, plan_of(sent()), programme=programme, by=editor())
    except InvalidRecord as error:
        return _form(sent().to_dict(), url_for("events.add"), error), 422
    _tell_of_the_past(made.plan)
    return redirect(url_for("events.show", id=made.id), 303)


def _tell_of_the_past(plan: EventPlan) -> None:
    """Say that the first day of a plan is over, which a wrong year often explains."""
    first = plan.days[0]
    if first < dari().settings.today():
        flash(gettext("Check the days: %(day)s has passed.", day=labels.day(first)), "warning")


@events.get("/<int:id>")
def show(id: int) -> ResponseReturnValue:
    """Show an event with its schedule."""
    return _show(page_or_none_such(id))


@events.get("/<int:id>/edit")
def edit(id: int) -> ResponseReturnValue:
    """Offer to change the plan."""
    event = page_or_none_such(id).event
    given = {**form_of(event.plan), "revision": str(event.revision)}
    return _form(given, url_for("events.save", id=id), event=id)


@events.post("/<int:id>/edit")
def save(id: int) -> ResponseReturnValue:
    """Keep a changed plan."""
    event, here = page_or_none_such(id).event, url_for("events.save", id=id)
    try:
        base = number("revision", sent().get("revision", ""))
        kept = change_event(dari().store, id, plan=plan_of(sent(), event.plan), base=base)
    except InvalidRecord as error:
        return _form(sent().to_dict(), here, error, event=id), 422
    flash(gettext("Your changes have been kept."), "success")
    if kept.plan.days != event.plan.days:
        _tell_of_the_past(kept.plan)
    return redirect(url_for("events.show", id=id), 303)


@events.post("/<int:id>/state")
def turn(id: int) -> ResponseReturnValue:
    """Confirm an event, or call it off."""
    to = EventState.CANCELLED if sent().get("state") == "cancelled" else EventState.CONFIRMED
    return _done(id, lambda: change_event(dari().store, id, state=to))


@events.post("/<int:id>/people")
def invite(id: int) -> ResponseReturnValue:
    """Add a participant."""
    return _done(id, lambda: add_person(dari().store, id, **_invited()), "people")


@events.get("/<int:id>/people/<int:person>")
def person(id: int, person: int) -> ResponseReturnValue:
    """Show a participant: wishes, times away, meetings, calendar, link."""
    page = page_or_none_such(id)
    return _person(page, person_or_none_such(id, person))


@events.post("/<int:id>/people/<int:person>")
def keep_person(id: int, person: int) -> ResponseReturnValue:
    """Keep what staff were told of a participant: how it takes part, wishes, times away."""
    page = page_or_none_such(id)
    one = person_or_none_such(id, person)
    try:
        told = {name: value for name, value in person_of(sent()).items() if name != "side"}
        wishes, away = wishes_of(sent()), sent().getlist("away")
        change_person(dari().store, id, person, wishes=wishes, away=away, **told)
    except InvalidRecord as error:
        return _person(page, one, error), 422
    flash(gettext("Your changes have been kept."), "success")
    return redirect(url_for("events.person", id=id, person=person), 303)


@events.post("/<int:id>/people/<int:person>/remove")
def remove(id: int, person: int) -> ResponseReturnValue:
    """Take a participant out."""
    return _done(id, lambda: remove_person(dari().store, id, person), "people")


@events.post("/<int:id>/people/<int:person>/link")
def link(id: int, person: int) -> ResponseReturnValue:
    """Make a link by which a participant says whom it wishes to meet; older ones end."""
    new_link(dari().store, page_or_none_such(id).event.id, person_or_none_such(id, person).id)
    return redirect(url_for("events.person", id=id, person=person), 303)


@events.post("/<int:id>/pairs")
def decide(id: int) -> ResponseReturnValue:
    """Decide that a pair must meet, or must not, or take that back."""
    return _done(id, lambda: _decide(id), "pairs")


@events.post("/<int:id>/schedule")
def schedule(id: int) -> ResponseReturnValue:
    """Make the schedule: a short one now, a long one by a job."""
    return _done(id, lambda: scheduled(dari(), id, by=editor()))


@events.post("/<int:id>/change")
def change(id: int) -> ResponseReturnValue:
    """Fit the schedule to what happened on the day: a short one now, a long one by a job."""
    return _done(id, lambda: scheduled(dari(), id, happened_of(sent()), by=editor()), "schedule")


@events.post("/<int:id>/undo")
def undo(id: int) -> ResponseReturnValue:
    """Take the newest change on the day back."""
    schedule = request.form.get("schedule", 0, type=int)
    return _done(id, lambda: undo_change(dari(), id, schedule, by=editor()), "schedule")


@events.post("/<int:id>/held/<int:meeting>")
def hold(id: int, meeting: int) -> ResponseReturnValue:
    """Note that a meeting took place, or take that back."""
    held = sent().get("held") != "no"
    return _done(id, lambda: mark_held(dari().store, id, meeting, held=held), "schedule")


@events.get("/<int:id>/print")
def printed(id: int) -> ResponseReturnValue:
    """Show the schedule as it is hung on doors (by=room) or handed out (by=person); `only` one."""
    page, only = page_or_none_such(id), request.args.get("only", "")
    by = "room" if request.args.get("by") == "room" else "person"
    sheets = page.rooms(only) if by == "room" else page.some(only)
    shown = render_template(
        "event_print.html", page=page, by=by, only=only, sheets=sheets, **_WORDS
    )
    return shown, 404 if only and not sheets else 200


@events.get("/<int:id>/<any(all, cancelled):which>.ics")
def calendar(id: int, which: str) -> ResponseReturnValue:
    """Give all meetings as a calendar file, or those that are cancelled."""
    return calendar_answer(page_or_none_such(id), cancelled=which == "cancelled")


@events.get("/<int:id>/people/<int:person>/<any(meetings, cancelled):which>.ics")
def own_calendar(id: int, person: int, which: str) -> ResponseReturnValue:
    """Give a participant's meetings as a calendar file, or those that are cancelled."""
    page, one = page_or_none_such(id), person_or_none_such(id, person)
    return calendar_answer(page, one, cancelled=which == "cancelled")


@events.get("/<int:id>/meetings.<any(csv, xlsx):ending>")
def export(id: int, ending: str) -> ResponseReturnValue:
    """Give the meetings as a table."""
    return table_answer(page_or_none_such(id), ending)


def _done(id: int, do: Callable[[], object], anchor: str = "") -> ResponseReturnValue:
    """Do something to an event that is there, and show it; what is refused is told on its page."""
    page = page_or_none_such(id)
    try:
        do()
    except InvalidRecord as error:
        return _show(page, error), 422
    return redirect(url_for("events.show", id=id, _anchor=anchor or None), 303)


def _invited() -> dict[str, Any]:
    """Read who is to be added, a profile by its id or by its name.

    Raises:
        EventError: if no profile alone is named so.
    """
    told = person_of(sent())
    typed = told.get("profile", "").strip()
    if not typed:
        return told
    found, near = named_on(dari(), None, typed)
    if found is None and near:
        alike = {
            f"near_{lang}": ", ".join(f"{one.name.in_(lang)} ({one.id})" for one in near)
            for lang in ("en", "ko")
        }
        raise EventError("profile", "event_alike", typed, **alike)
    if found is None:
        raise EventError("profile", "event_no_profile", typed)
    return {**told, "profile": found.id}


def _decide(id: int) -> None:
    event, people = page_or_none_such(id).event, people_of(dari().store, id)
    plan = event.plan
    a, b = (number(side, sent().get(side) or "0") for side in ("a", "b"))
    for side, chosen in (("a", a), ("b", b)):
        refuse_others(people, side, chosen, side)
    others = tuple(one for one in plan.chosen if (one.a, one.b) != (a, b))
    rule = sent().get("rule", "")
    new = tuple(Chosen(a=a, b=b, rule=one) for one in ("forced", "forbidden") if one == rule)
    decided = plan.model_copy(update={"chosen": (*others, *new)})
    change_event(dari().store, id, plan=decided, base=event.revision)


def _list(programme: str | None) -> str:
    programmes = {one.id: one for one in dari().store.programmes()}
    if programme is not None and programme not in programmes:
        raise NotFound
    whose = TWICE_A_YEAR.get(programme or "")
    today = dari().settings.today()
    known = (id for id in dict.fromkeys(TWICE_A_YEAR.values()) if id in programmes)
    twice = [series_of(dari(), id, today) for id in known if programme is None or id == whose]
    shown = read_events(dari().store, twice[0].of if whose and twice else programme)
    return render_template(
        "event_list.html", events=shown, held={one.id: one for one in shown},
        programmes=programmes, twice=twice, programme=programmes.get(programme or ""), **_WORDS,
    )  # fmt: skip


def _show(page: EventPage, refused: InvalidRecord | None = None) -> str:
    job = job_of(dari().store, page.event.id)
    typed = sent() if refused else {}
    return render_template(
        "event_show.html", page=page, job=job, refused=refused, typed=typed, kinds=KINDS,
        zones=zones(), **_WORDS,
    )  # fmt: skip


def _person(page: EventPage, one: Participant, refused: InvalidRecord | None = None) -> str:
    url = ""
    if one.link:
        token = token_of(page.event, one, dari().secret_key)
        url = url_for("meets.ask", token=token, _external=True)
    return render_template(
        "event_person.html", page=page, one=one, refused=refused, zones=zones(), link=url, **_WORDS
    )


def _form(
    given: dict[str, str], to: str, refused: InvalidRecord | None = None, event: int | None = None
) -> str:
    programmes = dari().store.programmes()
    return render_template(
        "event_form.html", typed=given, to=to, refused=refused, programmes=programmes,
        zones=zones(), event=event, **_WORDS,
    )  # fmt: skip
