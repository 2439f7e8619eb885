"""Owns support by stage: which programmes a startup may apply to now, and which when, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from index import Filters
from matcher.bodies import Body, Target, bodies_of, targets_of
from matcher.matchlist import Match
from matcher.qualifying import Reach, Standing, standing_under
from matcher.sources import Sources
from profiles import Programme, ProgrammeKind, Stage, Startup, Support
from profiles.fields import Day, Regions
from profiles.record import Record

MONEY = (Support.GRANT, Support.INVESTMENT, Support.LOAN)
"""What a startup looks for first, in the order in which it usually comes."""

PARTNERS = 3
"""How many partners of a programme are named, those that fit best."""


class SupportAsked(Record):
    """What is asked: for which markets, on what day. Without markets, those that its text names."""

    country: Regions = ()
    as_of: Day | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A programme, how a startup stands to it, and its partners that fit it best."""

    programme: Programme
    standing: Standing
    partners: tuple[Match, ...] = ()

    @property
    def money(self) -> tuple[Support, ...]:
        """The kinds of money that it gives."""
        return tuple(one for one in MONEY if one in self.programme.gives)


@dataclass(frozen=True, slots=True)
class SupportPlan:
    """What there is for a startup, in the order in which it can be had.

    Attributes:
        startup: for whom it is.
        asked: what was asked.
        on: the day that counts.
        offers: the programmes of support by stage, by `Reach`, then by how far away they are.
        targets: the markets, and what names each.
        bodies: who certifies its product or takes it to a market, the best first.
    """

    startup: Startup
    asked: SupportAsked
    on: date
    offers: tuple[Offer, ...]
    targets: tuple[Target, ...]
    bodies: tuple[Body, ...]

    def within(self, reach: Reach) -> tuple[Offer, ...]:
        """Give the offers of one reach."""
        return tuple(one for one in self.offers if one.standing.reach is reach)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages from its own on; all where its own is not known."""
        every = tuple(Stage)
        return every[every.index(self.startup.stage) :] if self.startup.stage else every


def support_for(sources: Sources, startup: Startup, asked: SupportAsked) -> SupportPlan:
    """Tell which programmes of support by stage a startup may apply to, and when.

    Raises:
        UnknownId: if the startup is erased meanwhile.
    """
    on = sources.matchmaker.day(None, asked.as_of)
    programmes = [
        one for one in sources.store.programmes() if one.kind is ProgrammeKind.STAGE_SUPPORT
    ]
    offers = sorted(
        (_offer(sources, startup, one, on) for one in programmes),
        key=lambda one: (one.standing.order, one.programme.id),
    )
    targets = targets_of(startup, asked.country)
    return SupportPlan(
        startup, asked, on, tuple(offers), targets, bodies_of(sources, startup, targets, on)
    )


def _offer(sources: Sources, startup: Startup, programme: Programme, on: date) -> Offer:
    standing = standing_under(startup, programme, on)
    if standing.reach is not Reach.NOW:
        return Offer(programme, standing)
    found = sources.matchmaker.match(
        startup,
        PARTNERS,
        programme=programme.id,
        filters=Filters(ids=frozenset(programme.partners)),
        as_of=on,
    )
    return Offer(programme, standing, found.matches)
