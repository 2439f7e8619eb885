"""Owns the facets of a list: what it may be narrowed to, with how many there are of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask_babel import format_decimal, gettext, ngettext

from index import NO, UNKNOWN, YES, Listed, read_terms
from profiles import Side
from profiles.taxonomy import provinces, terms
from service import labels
from service.lists import ListView

_KOREA = "KR"


@dataclass(frozen=True, slots=True)
class Option:
    """A code that a list may be narrowed to, with how many there are, and those beneath it."""

    code: str
    name: str
    count: int
    chosen: bool
    below: tuple[Option, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether one of those beneath it is chosen."""
        return any(one.chosen for one in self.below)


@dataclass(frozen=True, slots=True)
class Facet:
    """A field that a list is narrowed by, and its options."""

    field: str
    label: str
    options: tuple[Option, ...]

    @property
    def chosen(self) -> int:
        """How many options are chosen."""
        return sum(one.chosen + sum(two.chosen for two in one.below) for one in self.options)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the query without it."""

    label: str
    name: str
    query: str


def facets(view: ListView, listed: Listed) -> list[Facet]:
    """Lay out the facets of a list, in the reader's language."""
    return [
        Facet(name, field_label(name), tuple(_options(view, name, counts)))
        for name, counts in listed.counts.items()
    ]


def chips(view: ListView) -> list[Chip]:
    """Name the filters in force."""
    found = [Chip(gettext("Search"), view.q, view.without("q", ""))] if view.q else []
    return found + [
        Chip(field_label(field), code_name(field, code), view.without(field, code))
        for field, codes in view.filters.items()
        for code in codes
    ]


def readings(view: ListView) -> list[tuple[str, str]]:
    """Tell which words of a search are read as a region or sector too, and as which."""
    return [
        (term.text, ", ".join(labels.region(code) for code in term.regions))
        if term.regions
        else (term.text, labels.sector_list(sorted(term.sectors)))
        for term in read_terms(view.q)
        if term.regions or term.sectors
    ]


def field_label(field: str) -> str:
    """Name a field that lists are narrowed by."""
    names = {
        "region": gettext("Region"),
        "sector": gettext("Sectors"),
        "stage": gettext("Stage"),
        "kind": gettext("Kind"),
        "text": gettext("Text"),
        "open": gettext("Open to matching"),
    }
    return str(names[field])


def code_name(field: str, code: str) -> str:
    """Name a code of a field that lists are narrowed by."""
    if code == UNKNOWN:
        return str(gettext("Not stated"))
    if field == "region":
        return labels.region(code)
    if field == "sector":
        return labels.sector(code)
    if field in ("stage", "kind"):
        return labels.term("stages" if field == "stage" else "partner_kinds", code)
    names = {
        ("text", YES): gettext("Has a text"),
        ("text", NO): gettext("Has no text"),
        ("open", YES): gettext("Open to matching"),
        ("open", NO): gettext("Not open"),
    }
    return str(names[field, code])


def _options(view: ListView, field: str, counts: Mapping[str, int]) -> Iterable[Option]:
    chosen = set(view.filters.get(field, ()))

    def option(code: str, below: tuple[Option, ...] = ()) -> Option:
        name = code_name(field, code)
        return Option(code, name, counts.get(code, 0), code in chosen, below)

    if field == "sector":
        for parent, children in labels.sector_groups():
            wanted = [one.code for one in children if counts.get(one.code) or one.code in chosen]
            if wanted or counts.get(parent.code) or parent.code in chosen:
                yield option(parent.code, tuple(option(code) for code in wanted))
        codes: Iterable[str] = ()
    else:
        codes = _codes(field, counts, chosen)
    for code in (*codes, UNKNOWN):
        if counts.get(code) or code in chosen:
            yield option(code)


def _codes(field: str, counts: Mapping[str, int], chosen: set[str]) -> Iterable[str]:
    if field == "region":
        here = [*([_KOREA] if _KOREA in chosen else []), *provinces()]
        abroad = {code for code in {*counts, *chosen} if code not in provinces()}
        countries = sorted(
            (code for code in abroad - {_KOREA, UNKNOWN} if "-" not in code or code in chosen),
            key=lambda code: (-counts.get(code, 0), code),
        )
        return [*here, *countries]
    if field in ("stage", "kind"):
        return list(terms("stages" if field == "stage" else "partner_kinds"))
    return [YES, NO]


def sides_name(side: Side, count: int) -> str:
    """Say how many startups or partners there are, as a screen reader is told."""
    told = format_decimal(count)
    if side is Side.STARTUP:
        return str(ngettext("%(count)s startup", "%(count)s startups", count, count=told))
    return str(ngettext("%(count)s partner", "%(count)s partners", count, count=told))
