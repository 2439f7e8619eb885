"""Owns the proposals of events that a programme holds twice a year, in turn in its countries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from profiles import Programme
from profiles.event_dates import TWICE_A_YEAR, Dated, next_dates
from profiles.events import Event, EventError, EventState, events, fill_series

if TYPE_CHECKING:
    from service.wiring import Dari

_ZONES = {"KR": "Asia/Seoul", "RU": "Europe/Moscow"}
_NAMES = {"KR": ("in Korea", "한국"), "RU": ("in Russia", "러시아")}
_SIDES = {"KR": {"en": "Korea", "ko": "한국"}, "RU": {"en": "Russia", "ko": "러시아"}}


@dataclass(frozen=True, slots=True)
class Series:
    """The events that a programme holds twice a year.

    Attributes:
        programme: whose they are.
        of: the programmes that hold them together.
        coming: the next two that are held, or are to be.
    """

    programme: Programme
    of: tuple[str, ...]
    coming: tuple[Dated, ...]

    @property
    def lacks(self) -> tuple[Dated, ...]:
        """Those that nobody has proposed or planned yet."""
        return tuple(one for one in self.coming if not one.event)


def series_of(dari: Dari, programme: str, today: date) -> Series:
    """Give the events of a programme's series.

    Raises:
        EventError: if there is no such programme, or it holds none twice a year.
    """
    id = TWICE_A_YEAR.get(programme, "")
    found = next((one for one in dari.store.programmes() if one.id == id), None)
    if found is None or len(found.countries) < 2:
        raise EventError("programme", "event_no_series", programme)
    of = tuple(one for one, whose in TWICE_A_YEAR.items() if whose == id)
    held = [one for one in events(dari.store, of) if one.state is not EventState.CANCELLED]
    return Series(found, of, _coming(found, held, today))


def propose_events(dari: Dari, programme: str, today: date, *, by: str) -> list[Event]:
    """Keep what the next two events of a series lack as proposals, which staff confirm or call off.

    Programmes of one series share its events; asked again, nothing is added.

    Returns:
        the new ones.

    Raises:
        EventError: if there is no such programme, or it holds none twice a year.
    """
    series = series_of(dari, programme, today)

    def missing(held: Sequence[Event]) -> Iterator[dict[str, Any]]:
        coming = _coming(series.programme, held, today)
        return (_plan(series.programme, one) for one in coming if not one.event)

    return fill_series(dari.store, series.programme.id, missing, of=series.of, by=by)


def _coming(programme: Programme, held: Sequence[Event], today: date) -> tuple[Dated, ...]:
    known = [Dated(one.starts, one.plan.country or "", one.id) for one in held]
    return next_dates(today, programme.countries, known)


def _plan(programme: Programme, one: Dated) -> dict[str, Any]:
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
