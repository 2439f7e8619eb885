"""Owns the names of codes, the forms of dates and money in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache

from babel import Locale
from flask_babel import format_currency, format_date, format_datetime, gettext
from markupsafe import Markup

from profiles import Money, Programme, Tie, TieKind
from profiles.catalogue import citation as cite
from profiles.taxonomy import (
    Names,
    Sector,
    Vocabulary,
    country_of,
    normalise_region,
    provinces,
    region_name,
    sectors,
    terms,
)
from service.language import language

Choices = list[tuple[str, str]]

_TONGUES = {"": Markup(""), "en": Markup(' lang="en"'), "ko": Markup(' lang="ko"')}
_HANGUL = re.compile("[\uac00-\ud7a3]")

_MOMENTS = {"en": "MMM d, y, h:mm:ss a, VVVV", "ko": "y. M. d. aaaa h:mm:ss, VVVV"}
"""A moment in each language; CLDR's own Korean pattern writes PM for 오후."""


def regions() -> dict[str, Choices]:
    """Offer the 17 Korean provinces, then the countries of the world by name."""
    return {
        "": [("", gettext("Not stated"))],
        gettext("Korea"): province_choices(),
        gettext("Abroad"): list(_countries(language())),
    }


@cache
def _countries(lang: str) -> tuple[tuple[str, str], ...]:
    codes = [str(code) for code in Locale.parse(lang).territories]
    found = {code: normalise_region(code) for code in codes if len(code) == 2 and code != "KR"}
    known = [(code, region_name(code, lang)) for code, place in found.items() if place == code]
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


def stage_choices() -> Choices:
    """Offer the stages of growth."""
    return _of("stages")


def tie_kinds() -> Choices:
    """Offer the kinds of tie."""
    return _of("tie_kinds")


def programme_kinds() -> Choices:
    """Offer the kinds of programme."""
    return _of("programme_kinds")


def funding_units() -> Choices:
    """Offer what an amount of money is counted for."""
    return [("", gettext("Not stated")), *_funding_units().items()]


def yes_no_choices() -> Choices:
    """Offer no, as long as nothing else is said, and yes."""
    return [("", yes_no(False)), ("true", yes_no(True))]


def yes_no(value: bool) -> str:
    """Name a truth value."""
    return str(gettext("yes") if value else gettext("no"))


def nothing() -> tuple[str, str]:
    """Offer to say nothing."""
    return "", str(gettext("Not stated"))


def province_choices() -> Choices:
    """Offer the 17 Korean provinces."""
    lang = language()
    return [(code, region_name(code, lang)) for code in provinces()]


def places_abroad(codes: Iterable[str]) -> Choices:
    """Offer those of some regions that are not in Korea, by name; a country before its parts."""
    abroad = (code for code in codes if normalise_region(code) == code)
    return sorted(
        ((code, region(code)) for code in abroad if country_of(code) != "KR"),
        key=lambda pair: (region_name(country_of(pair[0]), language()), "-" in pair[0], pair[1]),
    )


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


def trl_choices() -> Choices:
    """Offer the nine readiness levels in one line each, with their numbers."""
    return [(code, f"{code} – {text}" if code else text) for code, text in trl_examples()]


def sector_groups() -> list[tuple[Sector, list[Sector]]]:
    """Group the sectors below their parents, in the order of the taxonomy."""
    all_of_them = sectors().values()
    children: dict[str, list[Sector]] = {s.code: [] for s in all_of_them if s.parent is None}
    for sector in all_of_them:
        if sector.parent is not None:
            children[sector.parent].append(sector)
    return [(sectors()[code], below) for code, below in children.items()]


def sector_choices(some: Iterable[Sector]) -> Choices:
    """Offer some sectors."""
    lang = language()
    return [(one.code, one.name.in_(lang)) for one in some]


def term(vocabulary: Vocabulary, code: str) -> str:
    """Name a code of a closed vocabulary."""
    return terms(vocabulary)[code].name.in_(language())


def sector(code: str) -> str:
    """Name a sector."""
    return sectors()[code].name.in_(language())


def region(code: str) -> str:
    """Name a region or country; a region abroad with its country, which Korean puts first."""
    lang = language()
    country = country_of(code)
    if code in provinces() or code == country:
        return region_name(code, lang)
    named, abroad = region_name(code, lang), region_name(country, lang)
    return f"{abroad} {named}" if lang == "ko" else f"{named}, {abroad}"


def place(text: str) -> str:
    """Name what is the code of a region or country; give any other text as it is."""
    return region(text) if normalise_region(text) == text else text


def term_names(vocabulary: Vocabulary, code: str) -> Names:
    """Name a code of a closed vocabulary in both languages."""
    return terms(vocabulary)[code].name


def sector_names(code: str) -> Names:
    """Name a sector in both languages."""
    return sectors()[code].name


def region_names(code: str) -> Names:
    """Name a region or country in both languages."""
    return Names(region_name(code, "en"), region_name(code, "ko"))


def region_short(code: str) -> str:
    """Name a Korean province in short, any other place by its country."""
    known = provinces().get(code)
    return known.short.in_(language()) if known else region_name(country_of(code), language())


def sector_list(codes: Iterable[str]) -> str:
    """Name several sectors."""
    return ", ".join(sector(code) for code in codes)


def day(value: date | None) -> str:
    """Write a date as the reader's language does."""
    return str(format_date(value, "long")) if value else ""


def moment(value: datetime) -> str:
    """Write a date with its time and the name of its time zone."""
    return str(format_datetime(value, _MOMENTS[language()]))


def maker(by: str) -> str:
    """Name who made a revision: a person by the name given, a door in the reader's language."""
    doors = {
        "public form": gettext("public form"),
        "public API": gettext("public API"),
        "import": gettext("import"),
        "system": gettext("system"),
        "staff": gettext("staff"),
        "command line": gettext("command line"),
        "before revisions": gettext("before the history began"),
    }
    name = by.removesuffix(" (API)")
    return str(doors.get(name, name)) + by[len(name) :]


def period(record: Programme | Tie) -> str:
    """Write from when to when something holds; an open end stays open."""
    return span(record.valid_from, record.valid_to)


def span(first: date | None, last: date | None) -> str:
    """Write from one day to another, each of which may be open."""
    start, end = day(first), day(last)
    if start and end:
        return f"{start} – {end}"
    if start:
        return str(gettext("since %(date)s", date=start))
    return str(gettext("until %(date)s", date=end) if end else gettext("not stated"))


def tie_dates(tie: Tie) -> str:
    """Write when a tie held; what happened once has one date."""
    lasting = tie.kind in (TieKind.PAIRING, TieKind.PROGRAMME, TieKind.CONFLICT)
    return period(tie) if lasting or tie.valid_to else day(tie.valid_from)


def citation(source: str) -> str:
    """Give a source in the reader's language, as far as its words in it are known."""
    return cite(source, language())


def tongue(text: str) -> str:
    """Name the language of a text that is not in the reader's: 'en' or 'ko'; "" where it is."""
    has_hangul = _HANGUL.search(text) is not None
    if language() == "ko":
        return "en" if not has_hangul and any(map(str.isalpha, text)) else ""
    return "ko" if has_hangul else ""


def tongue_mark(text: str) -> Markup:
    """Mark an element whose text is not in the reader's language."""
    return _TONGUES[tongue(text)]


def points(value: float) -> str:
    """Write points with their sign, as a reason adds them."""
    return f"{value:+.1f}"


def money(value: Money) -> str:
    """Write an amount with its currency and what it is counted for."""
    return f"{amount(value.amount, value.currency)} {_funding_units()[value.per.value]}"


def amount(value: int, currency: str) -> str:
    """Write an amount of whole units in the reader's form."""
    return str(format_currency(value, currency, "¤#,##0", currency_digits=False))


def _funding_units() -> dict[str, str]:
    return {
        "startup": gettext("for each startup"),
        "side": gettext("from each side"),
        "programme": gettext("in all"),
    }


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
    lang = language()
    return [(term.code, term.name.in_(lang)) for term in terms(vocabulary).values()]
