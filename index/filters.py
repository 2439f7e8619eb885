"""Owns what a candidate must be to enter a list, before any ranking."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from index.columns import Column, Mask, Numbers
from profiles import Partner, PartnerKind, Profile, Side
from profiles.taxonomy import country_of, sectors

_KINDS = list(PartnerKind)


@dataclass(frozen=True, slots=True)
class Facts:
    """The structured side of a profile that filters look at."""

    side: Side
    kind: PartnerKind | None
    regions: frozenset[str]
    sectors: frozenset[str]


@dataclass(frozen=True, slots=True)
class Filters:
    """A candidate has any of the values within each field that is given, in all of the fields.

    A country code as region matches its subdivisions; a parent sector matches its children.
    A profile that does not say matches no filter on that field.
    """

    kinds: frozenset[PartnerKind] = frozenset()
    regions: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()
    ids: frozenset[str] | None = None


def facts_of(profile: Profile) -> Facts:
    """Read the facts of a profile."""
    here = [profile.region] if profile.region else []
    partner = profile if isinstance(profile, Partner) else None
    return shared_facts(
        profile.side,
        partner.kind if partner else None,
        (*here, *(partner.sites if partner else ())),
        profile.sectors,
    )


@lru_cache(maxsize=1 << 16)
def shared_facts(
    side: Side, kind: PartnerKind | None, regions: tuple[str, ...], sectors: tuple[str, ...]
) -> Facts:
    """Make facts; profiles of which the same is known share one object."""
    return Facts(side, kind, frozenset(regions), frozenset(sectors))


def codes_of(facts: Facts, field: str) -> frozenset[str]:
    """Give the codes of "region" or "sector" that a profile has."""
    return facts.regions if field == "region" else facts.sectors


def kind_code(kind: PartnerKind | None) -> int:
    """Give the number of a kind of partner, from 1; 0 where it is not known."""
    return 1 + _KINDS.index(kind) if kind else 0


class FactColumns:
    """The facts of all profiles as columns of bits, so that a filter is a few looks at arrays."""

    def __init__(self) -> None:
        self._bit: dict[tuple[str, str], int] = {}
        self._words: list[Column] = []
        self._code: dict[str, int] = {}
        self._countries_of: dict[frozenset[str], tuple[int, ...]] = {}
        self._country, self._kind = Column(np.int16), Column(np.int8)
        self.moves = 0
        self._regions: dict[Side, frozenset[str]] = {}

    def put(self, number: int, facts: Facts) -> None:
        """Keep the facts of the profile with this number."""
        self._regions.clear()
        words: dict[int, int] = {}
        for value in _values(facts):
            bit = self._bit.setdefault(value, len(self._bit))
            words[bit // 64] = words.get(bit // 64, 0) | 1 << bit % 64
        while len(self._words) * 64 < len(self._bit):
            self._words.append(Column(np.uint64))
        for place, column in enumerate(self._words):
            column.grow(number + 1)
            column.values[number] = words.get(place, 0)
        found = self.countries_of(facts)
        self._place(number, found[0] if len(found) == 1 else -1, kind_code(facts.kind))

    def remove(self, number: int) -> None:
        """Forget the facts of the profile with this number."""
        self._regions.clear()
        for column in self._words:
            column.grow(number + 1)
            column.values[number] = 0
        self._place(number, -1, 0)

    def countries_of(self, facts: Facts) -> tuple[int, ...]:
        """Give the numbers of the countries where the places of a profile lie."""
        found = self._countries_of.get(facts.regions)
        if found is None:
            held, code = {country_of(region) for region in facts.regions}, self._code
            found = tuple(code.setdefault(country, len(code)) for country in sorted(held))
            self._countries_of[facts.regions] = found
        return found

    def countries(self, size: int) -> tuple[Numbers, int]:
        """Give the number of the country of each profile below `size`, and how many there are.

        It is -1 where a profile's places lie in several countries, or none is known.
        """
        self._country.grow(size)
        return self._country.values.astype(np.int64) - 1, len(self._code)

    def regions(self, side: Side) -> frozenset[str]:
        """Give the regions where any profile of a side is, and their countries."""
        if side not in self._regions:
            self._regions[side] = self._regions_now(side)
        return self._regions[side]

    def _regions_now(self, side: Side) -> frozenset[str]:
        size = max((len(column) for column in self._words), default=0)
        of_side = self._any([("side", side.value)], np.arange(size))
        held = [
            int(np.bitwise_or.reduce(column.values[of_side[: len(column)]], initial=0))
            for column in self._words
        ]
        return frozenset(
            code
            for (field, code), bit in self._bit.items()
            if field == "region" and held[bit // 64] >> bit % 64 & 1
        )

    def kinds(self, size: int) -> NDArray[np.int8]:
        """Give the code of the kind of each profile below `size`, as `kind_code` does."""
        self._kind.grow(size)
        return self._kind.values

    def _place(self, number: int, country: int, kind: int) -> None:
        self._country.grow(number + 1)
        self._kind.grow(number + 1)
        self.moves += self._country.values[number] != country + 1
        self._country.values[number], self._kind.values[number] = country + 1, kind

    def admitted(self, side: Side, filters: Filters, numbers: Numbers) -> Mask:
        """Mark which of n profiles, by number, are of a side and pass the filters, shape (n,).

        `filters.ids` are not looked at.
        """
        wanted = [[("side", side.value)]]
        for field, codes in (
            ("kind", filters.kinds),
            ("region", filters.regions),
            ("sector", filters.sectors),
        ):
            wanted += [[(field, code) for code in codes]] if codes else []
        passed: Mask = np.logical_and.reduce([self._any(values, numbers) for values in wanted])
        return passed

    def told(self, field: str, numbers: Numbers) -> Mask:
        """Mark which of n profiles say anything of "region" or "sector", shape (n,)."""
        return self._any([("told", field)], numbers)

    def alike(self, field: str, codes: Iterable[str], numbers: Numbers) -> Mask:
        """Mark which of n profiles have any of some codes of "region" or "sector", shape (n,)."""
        return self._any([(field, code) for code in codes], numbers)

    def _any(self, values: Iterable[tuple[str, str]], numbers: Numbers) -> Mask:
        """Mark which profiles have any of the values."""
        found = np.zeros(len(numbers), dtype=bool)
        words: dict[int, int] = {}
        for value in values:
            if (bit := self._bit.get(value)) is not None:
                words[bit // 64] = words.get(bit // 64, 0) | 1 << bit % 64
        for place, bits in words.items():
            column = self._words[place]
            column.grow(1 + int(numbers.max(initial=-1)))
            found |= (column.values[numbers] & np.uint64(bits)) != 0
        return found


def _values(facts: Facts) -> Iterable[tuple[str, str]]:
    yield "side", facts.side.value
    if facts.kind:
        yield "kind", facts.kind.value
    yield from (("told", "region") for _ in list(facts.regions)[:1])
    yield from (("told", "sector") for _ in list(facts.sectors)[:1])
    yield from (("region", region) for region in _with_countries(facts.regions))
    yield from (("sector", code) for code in _with_parents(facts.sectors))


def _with_countries(regions: frozenset[str]) -> frozenset[str]:
    return regions | {country_of(region) for region in regions}


def _with_parents(codes: frozenset[str]) -> frozenset[str]:
    return codes | {parent for code in codes if (parent := sectors()[code].parent)}
