"""Owns the traits of a profile: what features compare, as numbers and bits."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from enum import IntEnum, StrEnum
from functools import cache, lru_cache
from itertools import chain
from struct import Struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from profiles import AnyProfile, Partner, Stage, Support
from profiles.taxonomy import SectorRelation, sector_relation, sectors

Words = NDArray[np.uint64]

_WORD = 64
_FULL = (1 << _WORD) - 1
_LANGUAGES = {"en": 0, "ko": 1}
_KEPT = 20_000
RELATIONS: tuple[SectorRelation, ...] = ("parent", "related", "complementary", "sibling")
"""How two sectors can be near to each other, the nearest first; equal ones are not near but the
same."""


class Trait(IntEnum):
    """The columns of traits that every profile has; the words of its sectors follow."""

    SEEKS = 0
    OFFERS = 1
    STAGES = 2
    LACKS_OFFERING = 3
    LACKS_SEEKING = 4
    TRL = 5
    LANGUAGES = 6


_COLUMNS = Struct(f"={len(Trait)}Q")


class Traits(NamedTuple):
    """What features compare of a profile: its columns, and the places where it works.

    The columns, 8 bytes each, are those of `Trait`, then the words of the bits of its sectors,
    then, for each of `RELATIONS`, those of the sectors that stand so to one of its own. `TRL` is
    the readiness level that a startup has, or that a partner asks for; 0 is unknown.
    """

    columns: bytes
    places: tuple[str, ...]


def traits_of(profile: AnyProfile) -> Traits:
    """Work out the traits of a profile."""
    if isinstance(profile, Partner):
        stages, trl = profile.stages, profile.trl_min
    else:
        stages, trl = (profile.stage,) if profile.stage else (), profile.trl
    columns = (
        _terms_of(Support, profile.seeks),
        _terms_of(Support, profile.offers),
        _terms_of(Stage, stages),
        int(profile.offering is None),
        int(profile.seeking is None),
        trl or 0,
        _bits(languages_of(profile), _LANGUAGES),
    )
    return Traits(_COLUMNS.pack(*columns) + _sectors_of(profile.sectors), places_of(profile))


def places_of(profile: AnyProfile) -> tuple[str, ...]:
    """Give where a profile works: its seat, then its sites."""
    seat = (profile.region,) if profile.region else ()
    sites = profile.sites if isinstance(profile, Partner) else ()
    return tuple(dict.fromkeys((*seat, *sites)))


def languages_of(profile: AnyProfile) -> list[str]:
    """Give the languages ("en", "ko") in which a profile says anything beside its name."""
    texts = [text for text in (profile.summary, profile.offering, profile.seeking) if text]
    return [lang for lang in _LANGUAGES if any(getattr(text, lang) for text in texts)]


def columns_of(traits: Sequence[Traits]) -> Words:
    """Give the columns of n profiles, shape (c, n)."""
    width = len(Trait) + (1 + len(RELATIONS)) * sector_words()
    found = np.frombuffer(b"".join([one.columns for one in traits]), np.uint64)
    return np.ascontiguousarray(found.reshape(len(traits), width).T)


def sectors_in(columns: Words) -> Words:
    """Give the bits of the sectors of n profiles, shape (w, n), out of their columns."""
    return columns[len(Trait) : len(Trait) + sector_words()]


def near_sectors_in(columns: Words, relation: SectorRelation) -> Words:
    """Give the bits of the sectors that stand so to any of n profiles' own, (w, n)."""
    start = len(Trait) + (1 + RELATIONS.index(relation)) * sector_words()
    return columns[start : start + sector_words()]


@cache
def relation(a: str, b: str) -> SectorRelation:
    """Tell how two sectors stand to each other; there are few, so all that is asked is kept."""
    return sector_relation(a, b)


@cache
def sector_words() -> int:
    """Count the words of 64 bits in which all sectors have room."""
    return -(-len(sectors()) // _WORD)


@cache
def _sector_places() -> dict[str, int]:
    return {code: place for place, code in enumerate(sectors())}


@cache
def _places(kinds: type[StrEnum]) -> dict[str, int]:
    return {kind.value: place for place, kind in enumerate(kinds)}


@cache
def _near_sectors() -> dict[str, list[int]]:
    """Give for each sector the bits of those near it, by relation."""
    places = _sector_places()
    return {
        code: [_bits([a for a in places if relation(a, code) == one], places) for one in RELATIONS]
        for code in places
    }


@lru_cache(maxsize=_KEPT)
def _sectors_of(codes: tuple[str, ...]) -> bytes:
    """Write the words of some sectors, and of those that stand in each relation to any of them."""
    near = _near_sectors()
    reached = [0] * len(RELATIONS)
    for code in codes:
        reached = [bits | more for bits, more in zip(reached, near[code], strict=True)]
    words = map(_words, (_bits(codes, _sector_places()), *reached))
    return array("Q", chain.from_iterable(words)).tobytes()


@lru_cache(maxsize=_KEPT)
def _terms_of(kinds: type[StrEnum], codes: tuple[str, ...]) -> int:
    return _bits(codes, _places(kinds))


def _bits(codes: Iterable[str], places: dict[str, int]) -> int:
    bits = 0
    for code in codes:
        bits |= 1 << places[code]
    return bits


def _words(bits: int) -> list[int]:
    return [bits >> _WORD * word & _FULL for word in range(sector_words())]
