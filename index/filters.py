"""Owns what a candidate must be to enter a list, before any ranking."""

from __future__ import annotations

from dataclasses import dataclass

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
    return Facts(
        side=profile.side,
        kind=partner.kind if partner else None,
        regions=frozenset([*here, *(partner.sites if partner else ())]),
        sectors=frozenset(profile.sectors),
    )


def _with_countries(regions: frozenset[str]) -> frozenset[str]:
    return regions | {country_of(region) for region in regions}


def _with_parents(codes: frozenset[str]) -> frozenset[str]:
    return codes | {parent for code in codes if (parent := sectors()[code].parent)}
