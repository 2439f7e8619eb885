"""Owns what a candidate must be to enter a list, before any ranking."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from profiles import Partner, PartnerKind, Profile, Side
from profiles.taxonomy import country_of, sectors


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

    def admits(self, id: str, facts: Facts) -> bool:
        """Tell whether a profile passes."""
        return (
            (self.ids is None or id in self.ids)
            and (not self.kinds or facts.kind in self.kinds)
            and (not self.regions or bool(self.regions & _with_countries(facts.regions)))
            and (not self.sectors or bool(self.sectors & _with_parents(facts.sectors)))
        )


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


def _with_countries(regions: frozenset[str]) -> frozenset[str]:
    return regions | {country_of(region) for region in regions}


def _with_parents(codes: frozenset[str]) -> frozenset[str]:
    return codes | {parent for code in codes if (parent := sectors()[code].parent)}
