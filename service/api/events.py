"""Owns the calls on events: lists, schedules as JSON and calendars, and jobs that change them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, NamedTuple

from apiflask import APIBlueprint
from flask import Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from matcher.scheduling import levels_of, proof_words
from profiles import Text
from profiles.api_keys import Scope
from profiles.event_meetings import EventMeeting, meetings_of, schedules_of
from profiles.event_people import get_person, people_of
from profiles.events import (
    Event,
    EventState,
    Participant,
    change_event,
    get_event,
)
from profiles.events import events as read_events
from profiles.jobs import Job, JobError, JobKind, cancel
from profiles.jobs import job as read_job
from service.api.answering import chosen_form
from service.api.bodies import read_body
from service.api.calls import JSON, Call, add
from service.api.cursors import sequence
from service.api.evaluating import job_json
from service.api.event_schemas import (
    EventChangeBody,
    EventListQuery,
    HappenedBody,
    ProposalBody,
    ScheduleQuery,
)
from service.api.guard import maker
from service.api.preconditions import Read, as_read
from service.event_calendars import event_file
from service.event_day import Happened, newest
from service.event_planning import key, names_of
from service.event_proposals import propose_events, series_of
from service.event_schedules import schedule_job
from service.event_undo import undo_change
from service.language import language
from service.queries import EditQuery, read_query
from service.security import dari

event_calls = APIBlueprint("event_api", __name__, tag="events")

_ONE = "/events/<int:event>"
_CALENDAR = "text/calendar"
_DIGITS = 12
_LINKS = {"read": ("getEventJob", "job", "$response.body#/id")}


class _Version(NamedTuple):
    """The version of an event: of its plan and state, and of its schedule."""

    revision: int
    schedule: int

    def __str__(self) -> str:
        """Write it as ETags begin."""
        return f"{self.revision}.{self.schedule}"


@add(
    event_calls, "GET", "/events",
    Call("listEvents", "List the events by number.", Scope.READ, query=EventListQuery,
         answer="EventPage"),
    endpoint="all",
)  # fmt: skip
def all_events() -> ResponseReturnValue:
    """List the events."""
    query = read_query(EventListQuery, request.args, strict=True)
    found = read_events(dari().store, query.programme)
    wanted = [one for one in found if query.state in (None, one.state)]
    return sequence(wanted, query, lambda one: one.id, _json)


@add(
    event_calls, "POST", "/events/proposals",
    Call("proposeEvents", "Propose what the next two events of a programme lack; give both.",
         Scope.WRITE, query=EditQuery, body=ProposalBody, answer="Proposals",
         sent={"programme": "exchange-korea-russia"}),
    endpoint="propose",
)  # fmt: skip
def propose() -> Response:
    """Propose the next two events."""
    read_query(EditQuery, request.args, strict=True)
    programme, today = read_body(ProposalBody, request).programme, dari().settings.today()
    added = propose_events(dari(), programme, today, by=maker())
    coming = series_of(dari(), programme, today).coming
    found = [get_event(dari().store, one.event) for one in coming]
    return jsonify(items=[_json(one) for one in found], added=len(added))


@add(
    event_calls, "GET", _ONE,
    Call("getEvent", "Read one event with its plan and who takes part.", Scope.READ,
         answer="WholeEvent", etag="read", problems=(404,)),
    endpoint="one",
)  # fmt: skip
def one_event(event: int) -> Response:
    """Read one event."""
    return _answer(event)


@add(
    event_calls, "PATCH", _ONE,
    Call("changeEvent", "Confirm an event, or call it off.", Scope.WRITE, query=EditQuery,
         body=EventChangeBody, answer="WholeEvent", etag="change", sent={"state": "confirmed"}),
    endpoint="change",
)  # fmt: skip
def change_one(event: int) -> Response:
    """Confirm an event, or call it off."""
    read_query(EditQuery, request.args, strict=True)
    with as_read(_read(event), _version_of) as seen:
        state = EventState(read_body(EventChangeBody, request).state)
        change_event(dari().store, event, state=state, base=seen.revision)
    return _answer(event)


@add(
    event_calls, "GET", f"{_ONE}/schedule",
    Call("eventSchedule", "Give the newest schedule of an event: as JSON or a calendar file.",
         Scope.READ, query=ScheduleQuery, answer="EventSchedule", etag="read",
         produces=(JSON, _CALENDAR), problems=(404,)),
    endpoint="schedule",
)  # fmt: skip
def schedule(event: int) -> Response:
    """Give the meetings of an event, or those of one participant."""
    query = read_query(ScheduleQuery, request.args, strict=True)
    held = get_event(dari().store, event)
    version = _version(held)
    one = get_person(dari().store, event, query.person) if query.person is not None else None
    every = meetings_of(dari().store, event, cancelled=True)
    its = [met for met in every if one is None or one.id in (met.a, met.b)]
    if chosen_form() == _CALENDAR:
        answer = _calendar(held, its, one, cancelled=query.cancelled == "yes")
    else:
        answer = _schedule(held, its)
    return _versioned(answer, version)


@add(
    event_calls, "POST", f"{_ONE}/schedule",
    Call("scheduleEvent", "Ask for the schedule of an event to be made anew.", Scope.WRITE,
         query=EditQuery, answer="Job", status=201, links=_LINKS, problems=(404, 422)),
    endpoint="make",
)  # fmt: skip
def make(event: int) -> ResponseReturnValue:
    """Ask for a schedule."""
    read_query(EditQuery, request.args, strict=True)
    return _asked(event, schedule_job(dari(), event, by=maker()))


@add(
    event_calls, "POST", f"{_ONE}/changes",
    Call("changeOfTheDay", "Ask for the schedule to be fitted to what happened on the day.",
         Scope.WRITE, query=EditQuery, body=HappenedBody, answer="Job", status=201, etag="change",
         links=_LINKS, sent={"kind": "absent", "person": 1, "slot": "2027-05-19T10:00"}),
    endpoint="happen",
)  # fmt: skip
def happen(event: int) -> ResponseReturnValue:
    """Ask for a change on the day."""
    read_query(EditQuery, request.args, strict=True)
    with as_read(_read(event), _version_of):
        happened = Happened(**read_body(HappenedBody, request).model_dump())
        return _asked(event, schedule_job(dari(), event, happened, by=maker()))


@add(
    event_calls, "POST", f"{_ONE}/changes/undo",
    Call("undoChangeOfTheDay", "Take the newest change on the day back.", Scope.WRITE,
         query=EditQuery, answer="EventSchedule", etag="change", problems=(404, 422)),
    endpoint="undo",
)  # fmt: skip
def undo(event: int) -> Response:
    """Take the newest change on the day back."""
    read_query(EditQuery, request.args, strict=True)
    with as_read(_read(event), _version_of) as seen:
        undo_change(dari(), event, seen.schedule, by=maker())
    held = get_event(dari().store, event)
    version = _version(held)
    return _versioned(_schedule(held, meetings_of(dari().store, event, cancelled=True)), version)


@add(
    event_calls, "GET", f"{_ONE}/jobs/<int:job>",
    Call("getEventJob", "Tell how far a job of an event is, or what came of it.", Scope.READ,
         answer="Job", etag="read", problems=(404,)),
    endpoint="job",
)  # fmt: skip
def one_job(event: int, job: int) -> Response:
    """Tell how far a job is."""
    return jsonify(job_json(_job(event, job)))


@add(
    event_calls, "POST", f"{_ONE}/jobs/<int:job>/cancel",
    Call("cancelEventJob", "Cancel a job of an event; nothing of it is kept.", Scope.WRITE,
         query=EditQuery, answer="Job", problems=(404, 422)),
    endpoint="stop",
)  # fmt: skip
def stop(event: int, job: int) -> Response:
    """Cancel a job."""
    read_query(EditQuery, request.args, strict=True)
    return jsonify(job_json(cancel(dari().store, _job(event, job).id, by=maker())))


def _job(event: int, number: int) -> Job:
    try:
        found = read_job(dari().store, number)
    except JobError as error:
        raise NotFound from error
    if found.kind is not JobKind.SCHEDULE or found.arguments.get("event") != event:
        raise NotFound
    return found


def _asked(event: int, made: Job) -> ResponseReturnValue:
    where = url_for("event_api.job", event=event, job=made.id)
    return jsonify(job_json(made)), 201, {"Location": where}


def _version(event: Event) -> _Version:
    """Give the version of an event, before its people and meetings are read: these are no older."""
    return _Version(event.revision, newest(dari(), event.id))


def _read(id: int) -> Read[_Version]:
    def read() -> tuple[_Version, dict[str, Any]]:
        held = get_event(dari().store, id)
        return _version(held), _json(held)

    return read


def _version_of(tag: str) -> str:
    """Give the version that an ETag names: it tells a digest of the answer, too."""
    return ".".join(tag.split(".")[:2])


def _versioned(answer: Response, version: _Version) -> Response:
    """Give an answer its ETag: the version of the event, and a digest of what the answer says."""
    said = sha256(answer.get_data()).hexdigest()[:_DIGITS]
    answer.set_etag(f"{version}.{said}")
    return answer


def _answer(id: int) -> Response:
    event = get_event(dari().store, id)
    version = _version(event)
    people = people_of(dari().store, id)
    names, met = _names(event, people), meetings_of(dari().store, id)
    told = [_person(one, names[key(one.id)].model_dump(), met) for one in people]
    return _versioned(jsonify({**_json(event), "people": told}), version)


def _names(event: Event, people: Sequence[Participant]) -> dict[str, Text]:
    """Name participants by their organisations: a person's own name is personal."""
    return names_of(dari(), event, [replace(one, called="") for one in people])


def _json(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "programme": event.programme,
        "state": event.state.value,
        "starts": event.starts.isoformat(),
        "plan": event.plan.model_dump(mode="json", exclude_defaults=True),
        "slots": list(event.plan.slots),
        "made_at": event.made_at.isoformat(),
        "made_by": event.made_by,
        "off_at": event.off_at.isoformat() if event.off_at else None,
        "etag": f'"{_version(event)}"',
    }


def _person(one: Participant, name: dict[str, Any], met: list[EventMeeting]) -> dict[str, Any]:
    """Write a participant; whom it wishes for, and the name of the person, stay inside."""
    plain = {name: getattr(one, name) for name in ("id", "side", "profile", "online", "zone")}
    return {
        **plain,
        "name": name,
        "least": one.least,
        "most": one.most,
        "wishes": len(one.wishes),
        "meetings": sum(one.id in (each.a, each.b) for each in met),
        "away": sorted(one.away),
    }


def _schedule(event: Event, meetings: list[EventMeeting]) -> Response:
    made = next(iter(schedules_of(dari().store, event.id)), None)
    record = made.record if made else {}
    levels = record.get("levels", [])
    proof = proof_words(levels_of(levels)).in_(language()) if levels else None
    return jsonify(
        event=event.id,
        number=made.number if made else 0,
        status=record.get("status"),
        proof=proof,
        levels=levels,
        difference=record.get("difference"),
        meetings=[_meeting(event, one) for one in meetings],
    )


def _meeting(event: Event, one: EventMeeting) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in ("id", "slot", "room", "uid", "sequence")}
    told |= {side: id if id > 0 else None for side, id in (("a", one.a), ("b", one.b))}
    starts = event.plan.moment(one.slot).isoformat()
    return {**told, "starts": starts, "state": one.state.value}


def _calendar(
    event: Event, meetings: list[EventMeeting], one: Participant | None, *, cancelled: bool
) -> Response:
    names = _names(event, people_of(dari().store, event.id))
    data = event_file(event, meetings, names, language(), person=one, cancelled=cancelled)
    return Response(data, content_type=f"{_CALENDAR}; charset=utf-8")
