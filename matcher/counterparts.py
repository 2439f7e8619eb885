"""Owns counterparts: who does in a joined cluster what a partner does in its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from index import SearchIndex
from index.passages import Facet
from matcher.bundle_words import say
from matcher.roles import role_name, role_of
from matcher.sources import Sources
from profiles import Partner, Programme, ProgrammeKind, Side, Tie
from profiles.taxonomy import Names, country_of, listed, region_names, sectors, terms

_FACETS: tuple[Facet, ...] = ("is", "offers")


@dataclass(frozen=True, slots=True)
class Counterpart:
    """Who stands for a partner in the other cluster.

    Attributes:
        partner: the counterpart.
        programme: the programme whose member it is.
        likeness: 0 to 1, the mean of four parts each 0 to 1: the cosines of what they are and of
            what they offer, the shares of supports offered and of sectors that both have. What is
            not known of either is 0.
        ties: what is on record between the two, the newest first.
        reasons: what they have in common, in words.
    """

    partner: Partner
    programme: Programme
    likeness: float
    ties: tuple[Tie, ...]
    reasons: tuple[Names, ...]


@dataclass(frozen=True, slots=True)
class Unpaired:
    """That a partner has no counterpart, and why."""

    said: Names


def counterparts(
    sources: Sources, partners: Sequence[Partner], on: date
) -> dict[str, Counterpart | Unpaired]:
    """Find, for each of some partners by id, its counterpart across the joined clusters on a day.

    It has the same role, is a member of a cluster hub that runs on the day, and lies in another
    country that a hub joins with the partner's own. Of several it is the one with whom something
    is on record, then the likest, then the first by id.
    """
    hubs = [one for one in sources.store.programmes() if _is_hub(one, on)]
    held = sources.store.get_many({id for hub in hubs for id in hub.partners})
    members = {id: one for id, one in sorted(held.items()) if isinstance(one, Partner)}
    index = sources.index
    return {one.id: _counterpart(one, hubs, members.values(), index, on) for one in partners}


def joined_with(here: str | None, hubs: Iterable[Programme]) -> frozenset[str]:
    """Give the countries that cluster hubs join with the one of a region."""
    if here is None:
        return frozenset()
    home = country_of(here)
    joined = (set(hub.countries) for hub in hubs if home in hub.countries)
    return frozenset[str]().union(*joined) - {home}


def _is_hub(programme: Programme, on: date) -> bool:
    runs = (programme.valid_from or on) <= on <= (programme.valid_to or on)
    return programme.kind is ProgrammeKind.CLUSTER_HUB and runs


def _counterpart(
    partner: Partner,
    hubs: Sequence[Programme],
    members: Iterable[Partner],
    index: SearchIndex,
    on: date,
) -> Counterpart | Unpaired:
    role = role_of(partner.kind)
    if role is None or partner.region is None:
        return Unpaired(say("unpaired_unknown"))
    abroad = joined_with(partner.region, hubs)
    if not abroad:
        return Unpaired(say("unpaired_country", country=region_names([country_of(partner.region)])))
    found = [
        one
        for one in members
        if role_of(one.kind) == role and _lies_in(one, abroad) and one.id != partner.id
    ]
    if not found:
        where = region_names(sorted(abroad))
        return Unpaired(say("unpaired_role", role=role_name(role), country=where))
    told = [_compared(partner, one, hubs, index, on) for one in found]
    return min(told, key=lambda one: (not one.ties, -one.likeness, one.partner.id))


def _lies_in(partner: Partner, countries: Collection[str]) -> bool:
    """Tell whether the seat of a partner lies in one of some countries; unknown lies in none."""
    return partner.region is not None and country_of(partner.region) in countries


def _compared(
    one: Partner, other: Partner, hubs: Sequence[Programme], index: SearchIndex, on: date
) -> Counterpart:
    supports = [code for code in one.offers if code in other.offers]
    shared = [code for code in one.sectors if code in other.sectors]
    parts = [
        *_cosines(index, one.id, other.id),
        _share(len(supports), len({*one.offers, *other.offers})),
        _share(len(shared), len({*one.sectors, *other.sectors})),
    ]
    ties = [tie for tie in index.history.between(one.id, other.id) if _holds(tie, on)]
    reasons = [
        *(say("same_tie", what=tie.subject) for tie in ties if tie.subject),
        *_told("same_supports", [terms("supports")[code].name for code in supports]),
        *_told("same_sectors", [sectors()[code].name for code in shared]),
    ]
    hub = next(hub for hub in hubs if other.id in hub.partners)
    return Counterpart(other, hub, sum(parts) / len(parts), tuple(ties), tuple(reasons))


def _cosines(index: SearchIndex, one: str, other: str) -> list[float]:
    """Give the cosines of what two partners are and offer, never below 0; 0 where one says none."""
    numbers = index.roster.numbers([one, other])
    found = []
    for facet in _FACETS if numbers.min() >= 0 else ():
        vectors = index.facets[Side.PARTNER, facet].vectors_at(numbers)
        cosine = float(vectors[0] @ vectors[1])
        found.append(0.0 if np.isnan(cosine) else max(0.0, min(1.0, cosine)))
    return found or [0.0] * len(_FACETS)


def _share(common: int, whole: int) -> float:
    return common / whole if whole else 0.0


def _holds(tie: Tie, on: date) -> bool:
    return tie.valid_from is None or tie.valid_from <= on


def _told(code: str, names: list[Names]) -> list[Names]:
    return [say(code, names=listed(names))] if names else []
