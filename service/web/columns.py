"""Owns the columns of lists: what each is called, and what it shows of a profile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from flask_babel import gettext

from profiles import AnyProfile, Partner, Startup
from profiles.taxonomy import Vocabulary, sectors, terms
from service import labels
from service.language import language

Tell = Callable[[AnyProfile], str]
"""Writes what a column shows of a profile."""


def column_names() -> dict[str, str]:
    """Name the columns in the reader's language."""
    return {
        "region": gettext("Region"),
        "sectors": gettext("Sectors"),
        "stage": gettext("Stage"),
        "trl": gettext("TRL"),
        "seeks": gettext("Seeks"),
        "offers": gettext("Gives"),
        "founded": gettext("Founded"),
        "website": gettext("Website"),
        "open": gettext("Open to matching"),
        "text": gettext("Text"),
        "entered": gettext("Entered"),
        "id": gettext("ID"),
        "kind": gettext("Kind"),
        "sites": gettext("Further sites"),
        "stages": gettext("Takes startups at"),
        "capacity": gettext("Startups in a round"),
    }


def tellers(columns: Sequence[str], entered: Mapping[str, datetime]) -> list[Tell]:
    """Give for each column what writes it, in the reader's language.

    Many rows are written by each, so what does not change from row to row is looked up once.
    """
    lang = language()
    yes, no = labels.yes_no(True), labels.yes_no(False)

    def named(vocabulary: Vocabulary, field: str) -> Tell:
        known = {code: term.name.in_(lang) for code, term in terms(vocabulary).items()}
        return lambda one: ", ".join(known[code] for code in _several(getattr(one, field)))

    def plain(field: str) -> Tell:
        return lambda one: _text(getattr(one, field))

    def places(field: str) -> Tell:
        return lambda one: ", ".join(map(labels.region_short, _several(getattr(one, field))))

    def works(one: AnyProfile) -> str:
        held = sectors()
        return ", ".join(held[code].name.in_(lang) for code in one.sectors)

    known: dict[str, Callable[[], Tell]] = {
        "region": lambda: places("region"),
        "sites": lambda: places("sites"),
        "sectors": lambda: works,
        "stage": lambda: named("stages", "stage"),
        "stages": lambda: named("stages", "stages"),
        "kind": lambda: named("partner_kinds", "kind"),
        "seeks": lambda: named("supports", "seeks"),
        "offers": lambda: named("supports", "offers"),
        "open": lambda: lambda one: yes if is_open(one) else no,
        "text": lambda: lambda one: yes if one.summary or one.seeking or one.offering else no,
        "entered": lambda: lambda one: labels.day(entered[one.id]) if one.id in entered else "",
    }
    return [known[name]() if name in known else plain(name) for name in columns]


def is_open(one: Startup | Partner) -> bool:
    """Tell whether a profile is open to matching, as far as is known.

    A startup is if its consent is held, a partner unless it takes nobody in a round.
    """
    return one.consent is not None if isinstance(one, Startup) else one.capacity != 0


def _several(value: object) -> Sequence[str]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (str(value),)


def _text(value: object) -> str:
    return "" if value is None else str(value)
