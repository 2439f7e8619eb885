"""Owns the sectors: their names, the edges between them and their words in other vocabularies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from profiles.data import read_yaml
from profiles.taxonomy.names import FALSE_FRIEND, Names, PhraseBook

SectorRelation = Literal["same", "parent", "related", "complementary", "sibling", "none"]
ExternalVocabulary = Literal["euroscivoc", "crunchbase2013", "ksic"]


@dataclass(frozen=True, slots=True)
class Sector:
    """A sector, the words by which a text names it, and the sectors that it touches."""

    code: str
    parent: str | None
    name: Names
    synonyms_en: tuple[str, ...]
    synonyms_ko: tuple[str, ...]
    description: Names
    related: frozenset[str]
    complements: frozenset[str]


@cache
def sectors() -> Mapping[str, Sector]:
    """Return every sector by code, in the order of the file: a parent, then its children."""
    entries = _file()["sectors"]
    related = _closed(entries, "related")
    complements = _closed(entries, "complements")
    return MappingProxyType({
        entry["code"]: Sector(
            code=entry["code"],
            parent=entry.get("parent"),
            name=Names(**entry["name"]),
            synonyms_en=tuple(entry["synonyms"]["en"]),
            synonyms_ko=tuple(entry["synonyms"]["ko"]),
            description=Names(**entry["description"]),
            related=frozenset(related[entry["code"]]),
            complements=frozenset(complements[entry["code"]]),
        )
        for entry in entries
    })


def sector_relation(a: str, b: str) -> SectorRelation:
    """Return how two sectors stand to each other; the nearest relation wins.

    "parent": one is the other's parent. "related" and "complementary": an edge of the taxonomy.
    "sibling": both have the same parent. The relation is symmetric.

    Raises:
        ValueError: for a code that the taxonomy does not hold.

    """
    first, second = _sector(a), _sector(b)
    if a == b:
        return "same"
    if first.parent == b or second.parent == a:
        return "parent"
    if b in first.related:
        return "related"
    if b in first.complements:
        return "complementary"
    if first.parent is not None and first.parent == second.parent:
        return "sibling"
    return "none"


def find_sectors(text: str) -> tuple[str, ...]:
    """Return the sectors that a text names, most hits first, then in the order of the file.

    English counts by whole words (a plural s is allowed), Korean by substring.
    """
    return _phrases().find(text)


def normalise_sector(text: str) -> str | None:
    """Return the code that a text gives as a code, a name or a synonym, or None."""
    code = "_".join(text.casefold().replace("-", " ").split())
    return code if code in sectors() else _phrases().exact(text)


def map_external(vocabulary: ExternalVocabulary, value: str) -> tuple[str, ...]:
    """Return the sectors of a value of another vocabulary; none when nothing fits.

    EuroSciVoc: the longest known prefix of the path. KSIC: the division, a code's first two digits
    (a leading letter of the section is passed over).

    Raises:
        ValueError: for a vocabulary that the taxonomy does not map.

    """
    mappings = _file()["mappings"]
    if vocabulary not in mappings:
        message = f"{vocabulary!r} is not mapped to sectors: use one of {', '.join(mappings)}"
        raise ValueError(message)
    mapping = mappings[vocabulary]
    for key in _external_keys(vocabulary, value.strip()):
        if key in mapping:
            return tuple(mapping[key])
    return ()


def _external_keys(vocabulary: ExternalVocabulary, value: str) -> Iterator[str]:
    """Yield the keys under which a value may stand, the most specific first."""
    if vocabulary == "euroscivoc":
        parts = value.strip("/").split("/")
        for depth in range(len(parts), 0, -1):
            yield "/" + "/".join(parts[:depth])
    elif vocabulary == "ksic":
        yield value.lstrip("ABCDEFGHIJKLMNOPQRSTU")[:2]
    else:
        yield value.casefold()


def _sector(code: str) -> Sector:
    try:
        return sectors()[code]
    except KeyError:
        message = f"{code!r} is not a sector code: normalise_sector() finds the code of a name"
        raise ValueError(message) from None


def _closed(entries: list[dict[str, Any]], edge: str) -> Mapping[str, set[str]]:
    """Return each sector's neighbours along an edge, closed in both directions."""
    neighbours: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        for other in entry.get(edge, ()):
            neighbours[entry["code"]].add(other)
            neighbours[other].add(entry["code"])
    return neighbours


@cache
def _file() -> dict[str, Any]:
    held: dict[str, Any] = read_yaml("profiles.taxonomy", "sectors.yaml")
    return held


@cache
def _phrases() -> PhraseBook:
    own = [
        (sector.code, phrase)
        for sector in sectors().values()
        for phrase in (sector.name.en, sector.name.ko, *sector.synonyms_en, *sector.synonyms_ko)
    ]
    friends = _file()["false_friends"]
    return PhraseBook.of([
        *own,
        *((FALSE_FRIEND, phrase) for phrase in [*friends["en"], *friends["ko"]]),
    ])
