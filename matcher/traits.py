"""Owns the traits of a profile: what features compare, as numbers and bits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum, StrEnum
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from profiles import AnyProfile, Partner, Stage, Support
from profiles.taxonomy import sector_relation, sectors

Words = NDArray[np.uint64]

_WORD = 64
_FULL = (1 << _WORD) - 1
_NEARNESS = {"parent": 1.0, "related": 1.0, "complementary": 0.5, "sibling": 0.5}


class Trait(IntEnum):
    """The columns of traits that every profile has; the words of its sectors follow."""

    SEEKS = 0
    OFFERS = 1
    STAGES = 2
    LACKS_OFFERING = 3
    LACKS_SEEKING = 4


class Traits(NamedTuple):
    """What features compare of a profile: its columns, and the places where it works.

    The columns are those of `Trait`, then the words of the bits of its sectors, then, for each
    value of `levels()`, those of the sectors that are as near to one of its own.
    """

    columns: tuple[int, ...]
    places: tuple[str, ...]


def traits_of(profile: AnyProfile) -> Traits:
    """Work out the traits of a profile."""
    stages = profile.stages if isinstance(profile, Partner) else (profile.stage,)
    columns = (
        _bits(profile.seeks, _places(Support)),
        _bits(profile.offers, _places(Support)),
        _bits([stage for stage in stages if stage], _places(Stage)),
        int(profile.offering is None),
        int(profile.seeking is None),
    )
    numbers, near = _sector_places(), _near_sectors()
    reached = [0] * len(levels())
    for code in profile.sectors:
        reached = [bits | more for bits, more in zip(reached, near[code], strict=True)]
    words = [_words(bits) for bits in (_bits(profile.sectors, numbers), *reached)]
    return Traits(columns + tuple(word for of in words for word in of), places_of(profile))


def places_of(profile: AnyProfile) -> tuple[str, ...]:
    """Give where a profile works: its seat, then its sites."""
    seat = (profile.region,) if profile.region else ()
    sites = profile.sites if isinstance(profile, Partner) else ()
    return tuple(dict.fromkeys((*seat, *sites)))


def columns_of(traits: Sequence[Traits]) -> Words:
    """Give the columns of n profiles, shape (c, n)."""
    width = len(Trait) + (1 + len(levels())) * sector_words()
    found = np.array([one.columns for one in traits], np.uint64).reshape(len(traits), width)
    return np.ascontiguousarray(found.T)


def sectors_in(columns: Words) -> Words:
    """Give the bits of the sectors of n profiles, shape (w, n), out of their columns."""
    return columns[len(Trait) : len(Trait) + sector_words()]


def near_sectors_in(columns: Words, level: int) -> Words:
    """Give the bits of the sectors that are near at a level to those of n profiles, (w, n)."""
    start = len(Trait) + (1 + level) * sector_words()
    return columns[start : start + sector_words()]


@cache
def levels() -> tuple[float, ...]:
    """Give how near two sectors can be, the nearest first; equal ones are not near but the same."""
    return tuple(sorted(set(_NEARNESS.values()), reverse=True))


@cache
def nearness(a: str, b: str) -> float:
    """Score how near two sectors are; there are few, so all that is asked is kept."""
    return _NEARNESS.get(sector_relation(a, b), 0.0)


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
    """Give for each sector the bits of those near it, by level."""
    places = _sector_places()
    return {
        code: [_bits([a for a in places if nearness(a, code) == one], places) for one in levels()]
        for code in places
    }


def _bits(codes: Iterable[str], places: dict[str, int]) -> int:
    bits = 0
    for code in codes:
        bits |= 1 << places[code]
    return bits


def _words(bits: int) -> list[int]:
    return [bits >> _WORD * word & _FULL for word in range(sector_words())]
