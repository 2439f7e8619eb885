"""Owns who takes a product to a market: bodies that certify it, and those that lead there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from index import Filters
from matcher.bundle_words import say
from matcher.markets import countries_named
from matcher.sources import Sources
from matcher.traits import places_of, relation
from profiles import Partner, PartnerKind, Startup, Support
from profiles.taxonomy import Names, country_of, region_names, sectors

MOST_BODIES = 8
"""How many are told who certify, and how many who lead abroad."""

_MOST_LOOKED_AT = 500
_OF_ANY_SECTOR = frozenset({PartnerKind.PUBLIC_AGENCY, PartnerKind.CLUSTER_OPERATOR})
_WAYS = (Support.CERTIFICATION, Support.OVERSEAS)


@dataclass(frozen=True, slots=True)
class Target:
    """A market of a startup, and the sentence of it that names it; None where it was asked for."""

    country: str
    sentence: Names | None


@dataclass(frozen=True, slots=True)
class Market:
    """A market that a body serves, and what says so: that it lies there, or what it says itself."""

    country: str
    by: Names


@dataclass(frozen=True, slots=True)
class Body:
    """Who certifies a product or takes it to a market.

    Attributes:
        partner: who it is.
        score: its fit, in points.
        ways: what it offers of certification and of the way abroad.
        sectors: those of the startup's sectors that it works in or near.
        markets: the markets asked for that it is known to serve.
    """

    partner: Partner
    score: float
    ways: tuple[Support, ...]
    sectors: tuple[Names, ...]
    markets: tuple[Market, ...]

    @property
    def certifies(self) -> bool:
        """Whether it certifies products of the startup's sectors."""
        return Support.CERTIFICATION in self.ways and bool(self.sectors)


def targets_of(startup: Startup, asked: Sequence[str]) -> tuple[Target, ...]:
    """Give the markets of a startup: those that are asked for, else those that its text names.

    Its own country is none.
    """
    home = country_of(startup.region) if startup.region else None
    if asked:
        codes = dict.fromkeys(country_of(code) for code in asked)
        return tuple(Target(code, None) for code in codes if code != home)
    named = countries_named(startup.seeking, apart_from=home)
    return tuple(Target(code, said) for code, said in named.items())


def bodies_of(
    sources: Sources, startup: Startup, targets: Sequence[Target], on: date
) -> tuple[Body, ...]:
    """Find who certifies a startup's product, then who takes it to its markets.

    Both work in one of the startup's sectors or have its parent; one that only leads abroad may be
    of a kind that serves any sector instead, and is known to serve one of the markets. Of each,
    those that serve the most markets stand first, then those that fit best.
    """
    scored = sources.matchmaker.scores(startup, _MOST_LOOKED_AT, filters=Filters(), as_of=on)
    found = [
        _body(startup, one.profile, one.score, targets)
        for one in scored.standing
        if isinstance(one.profile, Partner)
    ]
    fit = [one for one in found if one is not None]
    fit.sort(key=lambda one: (-len(one.markets), -one.score, one.partner.id))
    certify = [one for one in fit if one.certifies]
    lead = [one for one in fit if not one.certifies]
    return (*certify[:MOST_BODIES], *lead[:MOST_BODIES])


def _body(
    startup: Startup, partner: Partner, score: float, targets: Sequence[Target]
) -> Body | None:
    ways = tuple(way for way in _WAYS if way in partner.offers)
    shared = _near_sectors(startup, partner)
    markets = _markets(partner, targets) if ways else ()
    body = Body(partner, score, ways, shared, markets)
    leads = Support.OVERSEAS in ways and bool(markets)
    near = bool(shared) or partner.kind in _OF_ANY_SECTOR
    return body if body.certifies or (leads and near) else None


def _near_sectors(startup: Startup, partner: Partner) -> tuple[Names, ...]:
    return tuple(
        sectors()[code].name
        for code in startup.sectors
        if any(relation(code, own) in ("same", "parent") for own in partner.sectors)
    )


def _markets(partner: Partner, targets: Sequence[Target]) -> tuple[Market, ...]:
    """Give the markets that a body is known to serve; of all others nothing is known."""
    there = {country_of(place) for place in places_of(partner)}
    named = countries_named(partner.offering)
    return tuple(
        Market(one.country, _lies(one.country) if one.country in there else named[one.country])
        for one in targets
        if one.country in there or one.country in named
    )


def _lies(country: str) -> Names:
    return say("lies_in", country=region_names([country]))
