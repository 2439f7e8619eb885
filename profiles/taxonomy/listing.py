"""Owns the names of several codes in one line, in both languages."""

from __future__ import annotations

from collections.abc import Iterable

from profiles.taxonomy.names import Names
from profiles.taxonomy.regions import region_name
from profiles.taxonomy.sectors import sectors
from profiles.taxonomy.vocabulary import Vocabulary, terms


def listed(names: Iterable[Names]) -> Names:
    """Join names by commas."""
    some = list(names)
    return Names(", ".join(one.en for one in some), ", ".join(one.ko for one in some))


def region_names(codes: Iterable[str]) -> Names:
    """Name regions and countries."""
    return listed(Names(region_name(code, "en"), region_name(code, "ko")) for code in codes)


def sector_names(codes: Iterable[str]) -> Names:
    """Name sectors."""
    return listed(sectors()[code].name for code in codes)


def term_names(vocabulary: Vocabulary, codes: Iterable[str]) -> Names:
    """Name codes of a closed vocabulary."""
    return listed(terms(vocabulary)[code].name for code in codes)
