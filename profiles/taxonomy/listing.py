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


def in_a_row(sentences: Iterable[str]) -> str:
    """Put sentences one after the other: one that ends without a stop gets one before the next."""
    *firsts, last = [*sentences] or [""]
    return " ".join([*(f"{one.removesuffix('.')}." for one in firsts), last])


def region_names(codes: Iterable[str]) -> Names:
    """Name regions and countries."""
    return listed(Names(region_name(code, "en"), region_name(code, "ko")) for code in codes)


def sector_names(codes: Iterable[str]) -> Names:
    """Name sectors."""
    return listed(sectors()[code].name for code in codes)


def term_names(vocabulary: Vocabulary, codes: Iterable[str]) -> Names:
    """Name codes of a closed vocabulary."""
    return listed(terms(vocabulary)[code].name for code in codes)
