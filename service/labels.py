"""Owns the names of codes, the forms of dates and money in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache

from babel import Locale
from flask_babel import format_currency, format_date, gettext

from profiles import Money, Programme
from profiles.taxonomy import (
    Sector,
    Vocabulary,
    normalise_region,
    provinces,
    region_name,
    sectors,
    terms,
)
from service.language import language

Choices = list[tuple[str, str]]


def regions() -> dict[str, Choices]:
    """Offer the 17 Korean provinces, then the countries of the world by name."""
    return {
        "": [("", gettext("Not stated"))],
        gettext("Korea"): province_choices(),
        gettext("Abroad"): list(_countries(language())),
    }


@cache
def _countries(lang: str) -> tuple[tuple[str, str], ...]:
    codes = (code for code in Locale.parse(lang).territories if len(code) == 2 and code != "KR")
    known = [(code, region_name(code, lang)) for code in codes if normalise_region(code) == code]
    return tuple(sorted(known, key=lambda pair: pair[1]))


def stages() -> Choices:
    """Offer the stages of growth and "not stated"."""
    return [("", gettext("Not stated")), *_of("stages")]


def supports() -> Choices:
    """Offer the kinds of support."""
    return _of("supports")


def partner_kinds() -> Choices:
    """Offer the kinds of partner."""
    return _of("partner_kinds")


def province_choices() -> Choices:
    """Offer the 17 Korean provinces."""
    return [(code, region_name(code, language())) for code in provinces()]


def trl_examples() -> Choices:
    """Offer the nine readiness levels, each with an example."""
    return [
        ("", gettext("Not stated")),
        ("1", gettext("An effect has been observed and written up.")),
        ("2", gettext("A use for it has been described; nothing is built yet.")),
        ("3", gettext("A first experiment shows that the idea works.")),
        ("4", gettext("A breadboard or first model works in the laboratory.")),
        ("5", gettext("It works in a setting like the real one, for example a test bed.")),
        ("6", gettext("A prototype has been shown in a setting like the real one.")),
        ("7", gettext("A prototype runs at a real site, for example at a pilot customer.")),
        ("8", gettext("The finished product has passed its tests and certification.")),
        ("9", gettext("It is sold and proves itself in daily use.")),
    ]


def sector_groups() -> list[tuple[Sector, list[Sector]]]:
    """Group the sectors below their parents, in the order of the taxonomy."""
    all_of_them = sectors().values()
    children: dict[str, list[Sector]] = {s.code: [] for s in all_of_them if s.parent is None}
    for sector in all_of_them:
        if sector.parent is not None:
            children[sector.parent].append(sector)
    return [(sectors()[code], below) for code, below in children.items()]


def term(vocabulary: Vocabulary, code: str) -> str:
    """Name a code of a closed vocabulary."""
    return terms(vocabulary)[code].name.in_(language())


def sector(code: str) -> str:
    """Name a sector."""
    return sectors()[code].name.in_(language())


def region(code: str) -> str:
    """Name a region or country."""
    return region_name(code, language())


def sector_list(codes: Iterable[str]) -> str:
    """Name several sectors."""
    return ", ".join(sector(code) for code in codes)


def day(value: date | None) -> str:
    """Write a date as the reader's language does."""
    return format_date(value, "long") if value else ""


def period(programme: Programme) -> str:
    """Write the dates of a programme; an open end stays open."""
    start, end = programme.valid_from, programme.valid_to
    if not (start or end):
        return gettext("not stated")
    return f"{day(start)} – {day(end)}".strip()


def money(value: Money) -> str:
    """Write an amount with its currency and what it is counted for."""
    units = {
        "startup": gettext("for each startup"),
        "side": gettext("from each side"),
        "programme": gettext("in all"),
    }
    amount = format_currency(
        value.amount, value.currency, currency_digits=False, format_type="standard"
    )
    return f"{amount.removesuffix('.00')} {units[value.per.value]}"


def families() -> dict[str, str]:
    """Name the families of reasons, as the legend of a score bar shows them."""
    return {
        "text": gettext("Texts"),
        "sector": gettext("Sectors"),
        "region": gettext("Region"),
        "support": gettext("Support and stage"),
        "past": gettext("Programmes and past work"),
        "other": gettext("Other"),
    }


def _of(vocabulary: Vocabulary) -> Choices:
    return [(term.code, term.name.in_(language())) for term in terms(vocabulary).values()]
