"""Owns the pages by which participants of an event say whom they wish to meet: link or account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import parseaddr
from functools import partial

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import Gone, NotFound

from profiles import InvalidRecord
from profiles.event_people import change_person, taking_part
from profiles.events import EventState, Participant
from service.access import current_user
from service.event_links import read_meet_link
from service.failures import BrokenLink
from service.security import dari
from service.web.event_forms import sent, wishes_of
from service.web.event_papers import calendar_answer
from service.web.event_telling import (
    EventPage,
    event_field,
    page_or_none_such,
    person_or_none_such,
    state_name,
    zone_of,
)

Files = Mapping[str, str]
"""'meetings' and 'cancelled' → the addresses of their calendar files."""

meets = APIBlueprint("meets", __name__, enable_openapi=False)


class CalledOff(Gone):
    """A participant asks for an event that has been called off.

    Args:
        page: the event.
        one: who asks.
        files: the addresses of its calendar files, which still tell what is cancelled.
    """

    def __init__(self, page: EventPage, one: Participant, files: Files) -> None:
        super().__init__()
        self.page, self.one, self.files = page, one, files


@meets.errorhandler(CalledOff)
def called_off(error: CalledOff) -> ResponseReturnValue:
    """Tell a participant that an event was called off, when, and whom to ask."""
    told = {"page": error.page, "one": error.one, "files": error.files, "zone_of": zone_of}
    asked = parseaddr(dari().settings.mail_from or "")[1]
    return render_template("event_off.html", **told, asked=asked), 410


@meets.get("/meet/<token>")
def ask(token: str) -> ResponseReturnValue:
    """Show a participant who comes, and ask whom it wishes to meet."""
    page, one = _linked(token)
    return _shown(page, one, _linked_files(token))


@meets.post("/meet/<token>")
def give(token: str) -> ResponseReturnValue:
    """Keep what a participant says by its link."""
    page, one = _linked(token)
    return _kept(page, one, url_for("meets.ask", token=token), _linked_files(token))


@meets.get("/meet/<token>/<any(meetings, cancelled):which>.ics")
def calendar(token: str, which: str) -> ResponseReturnValue:
    """Give a participant its calendar file, or that of what is cancelled, the event itself too."""
    cancelled = which == "cancelled"
    return calendar_answer(*_linked(token, cancelled=cancelled), cancelled=cancelled)


@meets.get("/my/events")
def own_events() -> ResponseReturnValue:
    """List the events that an account's profile takes part in."""
    if current_user().profile is None:
        return redirect(url_for("account.mine"), 303)
    shown = taking_part(dari().store, _profile())
    return render_template("event_own.html", events=shown, zone_of=zone_of, state_name=state_name)


@meets.get("/my/events/<int:id>/<int:person>")
def own_event(id: int, person: int) -> ResponseReturnValue:
    """Show an account one of its events."""
    page, one = _own(id, person)
    return _shown(page, one, _own_files(id, person))


@meets.post("/my/events/<int:id>/<int:person>")
def give_own(id: int, person: int) -> ResponseReturnValue:
    """Keep what an account says."""
    page, one = _own(id, person)
    here = url_for("meets.own_event", id=id, person=person)
    return _kept(page, one, here, _own_files(id, person))


@meets.get("/my/events/<int:id>/<int:person>/<any(meetings, cancelled):which>.ics")
def own_calendar(id: int, person: int, which: str) -> ResponseReturnValue:
    """Give an account the calendar file of one of its events, or that of what is cancelled."""
    cancelled = which == "cancelled"
    return calendar_answer(*_own(id, person, cancelled=cancelled), cancelled=cancelled)


def _files(address: Callable[..., str]) -> Files:
    """Give the addresses of both calendar files."""
    return {which: address(which=which) for which in ("meetings", "cancelled")}


def _linked_files(token: str) -> Files:
    return _files(partial(url_for, "meets.calendar", token=token))


def _own_files(id: int, person: int) -> Files:
    return _files(partial(url_for, "meets.own_calendar", id=id, person=person))


def _profile() -> str:
    profile = current_user().profile
    if profile is None:
        raise NotFound
    return profile


def _linked(token: str, *, cancelled: bool = False) -> tuple[EventPage, Participant]:
    """Read the event of a link that holds: signed, in time, the newest.

    Raises:
        CalledOff: if it is called off, and what is cancelled is not asked for.
    """
    link = read_meet_link(token, dari().secret_key)
    if link is None:
        raise BrokenLink
    page, one = _found(link.event, link.person)
    if not link.holds(page.event, one):
        raise Gone
    if page.event.state is EventState.CANCELLED and not cancelled:
        raise CalledOff(page, one, _linked_files(token))
    return page, one


def _own(id: int, person: int, *, cancelled: bool = False) -> tuple[EventPage, Participant]:
    """Read an event of an account's own profile; others, and mere proposals, are not there.

    Raises:
        CalledOff: if it is called off, and what is cancelled is not asked for.
    """
    page, one = _found(id, person)
    if one.profile != _profile() or page.event.state is EventState.PROPOSED:
        raise NotFound
    if page.event.state is EventState.CANCELLED and not cancelled:
        raise CalledOff(page, one, _own_files(id, person))
    return page, one


def _found(id: int, person: int) -> tuple[EventPage, Participant]:
    return page_or_none_such(id), person_or_none_such(id, person)


def _kept(page: EventPage, one: Participant, here: str, files: Files) -> ResponseReturnValue:
    """Keep wishes and times away, both or neither."""
    try:
        wishes, away = wishes_of(sent()), sent().getlist("away")
        change_person(dari().store, one.event, one.id, wishes=wishes, away=away)
    except InvalidRecord as error:
        return _shown(page, one, files, error), 422
    flash(gettext("Thank you. Your wishes have been kept."), "success")
    return redirect(here, 303)


def _shown(
    page: EventPage, one: Participant, files: Files, refused: InvalidRecord | None = None
) -> str:
    return render_template(
        "event_guest.html",
        page=page,
        one=one,
        files=files,
        refused=refused,
        state_name=state_name,
        event_field=event_field,
        zone_of=zone_of,
    )
