"""Owns what calls on events are asked with, and the schemas of their answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from profiles.event_rows import EventState
from profiles.fields import Id, Plain, Whole
from profiles.record import Record
from service.api.cursors import PageQuery
from service.api.shapes import ANY, MOMENT, NAMES, NO_MOMENT, NO_TEXT, object_of, page_of, ref

_Number = Annotated[Whole, Field(ge=0, le=999_999_999)]
_Slot = Annotated[str, StringConstraints(max_length=16)]
"""The number of a participant; 0 for none. A slot, as '2027-05-19T10:00'; "" for none."""


class EventListQuery(PageQuery):
    """Which events are asked for."""

    programme: Id | None = None
    state: EventState | None = None


class ScheduleQuery(Record):
    """Whose meetings are asked for, and whether a calendar is to take those out that are off."""

    person: _Number | None = None
    cancelled: Literal["yes", "no"] = "no"


class ProposalBody(Record):
    """Of which programme the next two events are proposed."""

    programme: Id


class EventChangeBody(Record):
    """Whether an event is confirmed, or called off."""

    state: Literal["confirmed", "cancelled"]


class HappenedBody(Record):
    """What happened on the day, as the page of an event asks for it."""

    kind: Literal["absent", "late", "room", "add"]
    slot: _Slot
    now: _Slot = ""
    person: _Number = 0
    other: _Number = 0
    room: Annotated[Plain, StringConstraints(max_length=80)] = ""


def event_schemas() -> dict[str, Any]:
    """Give the schemas of events, by name."""
    event = {
        "id": "integer", "programme": NO_TEXT, "state": "string", "starts": "string",
        "plan": ANY, "slots": {"type": "array", "items": {"type": "string"}},
        "made_at": MOMENT, "made_by": "string", "off_at": NO_MOMENT, "etag": "string",
    }  # fmt: skip
    person = object_of(
        id="integer", side="string", profile=NO_TEXT, name=NAMES, online="boolean", zone=NO_TEXT,
        least="integer", most={"type": ["integer", "null"]}, wishes="integer", meetings="integer",
        away={"type": "array", "items": {"type": "string"}},
    )  # fmt: skip
    who = {"type": ["integer", "null"]}  # null: it takes no part any more
    meeting = object_of(
        id="integer", a=who, b=who, slot="string", starts=MOMENT, room="string",
        state="string", uid="string", sequence="integer",
    )  # fmt: skip
    return {
        "Event": object_of(**event),
        "EventPage": page_of("Event"),
        "WholeEvent": object_of(**event, people={"type": "array", "items": person}),
        "Proposals": object_of(items={"type": "array", "items": ref("Event")}, added="integer"),
        "EventSchedule": object_of(
            event="integer", number="integer", status=NO_TEXT, proof=NO_TEXT,
            levels={"type": "array", "items": ANY}, difference={"type": ["object", "null"]},
            meetings={"type": "array", "items": meeting},
        ),
    }  # fmt: skip
