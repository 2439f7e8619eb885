"""Owns the dates of events that are held twice a year, in turn in two countries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

TWICE_A_YEAR = {
    "exchange-korea-russia": "exchange-korea-russia",
    "bilateral-korea-russia": "exchange-korea-russia",
}
"""The programmes whose events are proposed → the programme that these are of.

The platform's events are those of its exchange: two a year, whichever of both is asked for."""

_HALVES = ((5, 15), (10, 15))
_WEDNESDAY = 2


@dataclass(frozen=True, slots=True)
class Dated:
    """An event of a series: its first day, in which country, its number; 0 where there is none."""

    day: date
    country: str
    event: int = 0


def next_dates(
    after: date, countries: Sequence[str], held: Sequence[Dated] = (), most: int = 2
) -> tuple[Dated, ...]:
    """Give the next events of a series: one each half-year, the countries in turn.

    A half-year that has an event already gives that one, or none where it is over. Another one
    begins on the Wednesday on or after the 15th of May or of October, in the country whose turn it
    is after the event before it.

    Args:
        after: they begin after this day.
        countries: whose turn it is, in order; the first begins where none was held.
        held: events that are proposed, planned or over.
        most: how many.
    """
    found: list[Dated] = []
    for half in _half_years(after):
        its = [one for one in held if _half(one.day) == _half(half)]
        coming = sorted((one for one in its if one.day > after), key=lambda one: one.day)
        if coming:
            found.append(coming[0])
        elif not its and half > after:
            found.append(Dated(half, _turn(countries, [*held, *found], half)))
        if len(found) == most:
            break
    return tuple(found)


def _half_years(after: date) -> Iterator[date]:
    """Give the day on which each half-year's event begins, from the half-year of a day on."""
    for number in count(2 * after.year + (after.month > 6)):
        year, half = divmod(number, 2)
        yield _wednesday(date(year, *_HALVES[half]))


def _turn(countries: Sequence[str], known: Sequence[Dated], day: date) -> str:
    """Give the country after that of the last event before a day, else before that of the next."""
    its = sorted((one for one in known if one.country in countries), key=lambda one: one.day)
    before = [one.country for one in its if one.day < day]
    if before:
        return countries[(countries.index(before[-1]) + 1) % len(countries)]
    return countries[countries.index(its[0].country) - 1] if its else countries[0]


def _half(day: date) -> tuple[int, int]:
    return day.year, (day.month - 1) // 6


def _wednesday(day: date) -> date:
    return day + timedelta(days=(_WEDNESDAY - day.weekday()) % 7)
