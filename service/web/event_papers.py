"""Owns the files of an event as answers: calendars and tables."""

from __future__ import annotations

from flask import Response
from flask_babel import gettext

from profiles.events import Participant
from service.event_calendars import event_file
from service.exporting import TYPES, as_csv, as_xlsx
from service.language import language
from service.web.event_telling import EventPage, sheet_of


def calendar_answer(
    page: EventPage, person: Participant | None = None, *, cancelled: bool = False
) -> Response:
    """Give a calendar file as an answer."""
    data = event_file(
        page.event, page.every, page.names, language(), person=person, cancelled=cancelled
    )
    name = f"event-{page.event.id}{f'-{person.id}' if person else ''}.ics"
    return Response(data, headers=_attached(name), content_type="text/calendar; charset=utf-8")


def table_answer(page: EventPage, ending: str) -> Response:
    """Give the meetings as a table: 'csv' or 'xlsx'."""
    sheet = sheet_of(page)
    data = as_csv(sheet) if ending == "csv" else as_xlsx(sheet, gettext("Meetings"))
    name = f"event-{page.event.id}.{ending}"
    return Response(data, headers=_attached(name), content_type=TYPES[ending])


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
