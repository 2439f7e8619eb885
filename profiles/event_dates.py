"""Owns the dates of events that are held twice a year, in turn in two countries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

TWICE_A_YEAR = ("exchange-korea-russia", "bilateral-korea-russia")
"""The programmes whose events are proposed."""

_HALVES = ((5, 15), (10, 15))
_WEDNESDAY = 2


@dataclass(frozen=True, slots=True)
class Proposed:
    """An event that could be held: its first day, and in which country."""

    day: date
    country: str


def next_dates(
    after: date, countries: Sequence[str], held: Sequence[Proposed] = (), count: int = 2
) -> tuple[Proposed, ...]:
    """Propose the next events: one each half-year, the countries in turn.

    They begin on the Wednesday on or after the 15th of May and of October. A half-year that has an
    event already gets none; the turn goes on after the last one before it.

    Args:
        after: they begin after this day.
        countries: whose turn it is, in order; the first begins where none was held.
        held: events that are proposed, planned or over.
        count: how many.
    """
    known = sorted(held, key=lambda one: one.day)
    taken = {_half(one.day) for one in known}
    before = [one.country for one in known if one.country in countries]
    turn = (list(countries).index(before[-1]) + 1) if before else 0
    found: list[Proposed] = []
    year = after.year
    while len(found) < count:
        for month, from_day in _HALVES:
            day = _wednesday(date(year, month, from_day))
            if day > after and _half(day) not in taken and len(found) < count:
                found.append(Proposed(day, countries[(turn + len(found)) % len(countries)]))
        year += 1
    return tuple(found)


def _half(day: date) -> tuple[int, int]:
    return day.year, (day.month - 1) // 6


def _wednesday(day: date) -> date:
    return day + timedelta(days=(_WEDNESDAY - day.weekday()) % 7)
