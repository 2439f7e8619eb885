"""Owns who takes a product to a market: bodies that certify it, and those that lead there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from index import Filters
from matcher.bundle_words import say
from matcher.markets import countries_named
from matcher.roles import may_join, role_of
from matcher.sources import Sources
from matcher.traits import places_of, relation
from profiles import Partner, Startup, Support
from profiles.taxonomy import Names, country_of, region_name, sectors

MOST_BODIES = 12
_MOST_LOOKED_AT = 500
_WAYS = (Support.CERTIFICATION, Support.OVERSEAS)


@dataclass(frozen=True, slots=True)
class Target:
    """A market of a startup, and the sentence of its text that names it; None where it was asked."""

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
    """Find who certifies a startup's product, or takes it to its markets.

    A body that certifies works in or near one of the startup's sectors; one that only leads abroad
    is known to serve one of the markets. Both have a subject in common with the startup, or are of
    a kind that serves any. Those that serve the most markets stand first, then those
    that fit best.
    """
    scored = sources.matchmaker.scores(startup, _MOST_LOOKED_AT, filters=Filters(), as_of=on)
    found = [
        _body(startup, one.profile, one.score, targets)
        for one in scored.standing
        if isinstance(one.profile, Partner) and may_join(one, role_of(one.profile.kind))
    ]
    fit = [one for one in found if one is not None]
    fit.sort(key=lambda one: (-len(one.markets), -one.score, one.partner.id))
    return tuple(fit[:MOST_BODIES])


def _body(
    startup: Startup, partner: Partner, score: float, targets: Sequence[Target]
) -> Body | None:
    ways = tuple(way for way in _WAYS if way in partner.offers)
    shared = _near_sectors(startup, partner)
    markets = _markets(partner, targets) if ways else ()
    certifies = Support.CERTIFICATION in ways and bool(shared)
    leads = Support.OVERSEAS in ways and bool(markets)
    return Body(partner, score, ways, shared, markets) if certifies or leads else None


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
    return say("lies_in", country=Names(region_name(country, "en"), region_name(country, "ko")))
