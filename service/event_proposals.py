"""Owns the proposals of events that a programme holds twice a year, in turn in its countries."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from profiles import Programme
from profiles.event_dates import Proposed, next_dates
from profiles.events import Event, EventError, EventState, events, open_event

if TYPE_CHECKING:
    from service.wiring import Dari

_ZONES = {"KR": "Asia/Seoul", "RU": "Europe/Moscow"}
_NAMES = {"KR": ("in Korea", "한국"), "RU": ("in Russia", "러시아")}
_SIDES = {"KR": {"en": "Korea", "ko": "한국"}, "RU": {"en": "Russia", "ko": "러시아"}}


def propose_events(dari: Dari, programme: str, today: date, *, by: str) -> list[Event]:
    """Keep the next two events of a programme as proposals, which staff confirm or call off.

    Half-years that have an event already get none, and the turn goes on after the last one.

    Raises:
        EventError: if there is no such programme, or it names no two countries.
    """
    known = {one.id: one for one in dari.store.programmes()}
    if programme not in known or len(known[programme].countries) < 2:
        raise EventError("programme", "event_no_programme", programme)
    one = known[programme]
    held = [
        Proposed(event.starts, event.plan.country or "")
        for event in events(dari.store, programme)
        if event.state is not EventState.CANCELLED
    ]
    return [
        open_event(
            dari.store, _plan(one, date), programme=programme, state=EventState.PROPOSED, by=by
        )
        for date in next_dates(today, one.countries, held)
    ]


def _plan(programme: Programme, one: Proposed) -> dict[str, Any]:
    """Plan two days in a country: guests are of the other one."""
    host = one.country
    guests = next(code for code in programme.countries if code != host)
    where_en, where_ko = _NAMES.get(host, (host, host))
    name_en, name_ko = (programme.name.in_(lang) for lang in ("en", "ko"))
    half = 1 if one.day.month < 7 else 2
    return {
        "name": {
            "en": f"{name_en} {where_en}, {one.day.year}/{half}",
            "ko": f"{name_ko} {one.day.year}년 {'상' if half == 1 else '하'}반기({where_ko})",
        },
        "country": host,
        "zone": _ZONES.get(host, "Asia/Seoul"),
        "days": [one.day, one.day + timedelta(days=1)],
        "breaks": [{"begins": "12:00", "ends": "13:30"}],
        "rooms": [{"name": f"{number:02d}"} for number in range(1, 11)],
        "in_a_row": 4,
        "side_a": _SIDES.get(guests),
        "side_b": _SIDES.get(host),
    }
