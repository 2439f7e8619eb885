"""Owns bundles: for a startup, a few partners of different roles that together cover what it seeks.

Which of them are chosen is `matcher.covering`; what a startup needs, `matcher.needs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from index import Filters
from matcher.covering import MOST_MEMBERS, Chosen, Option, alone, choose, cover_of, worth_of
from matcher.matchlist import Evidence, Match, MatchList, Refused, Scored
from matcher.needs import WEIGHTS, Need, NeedKind, borne, covered_by, needs_of
from matcher.roles import ASKED, ROLES, may_join, roles_of
from matcher.sources import Sources
from matcher.uncovered import Uncovered, uncovered
from matcher.words import commonness_in
from profiles import Partner, Startup
from profiles.fields import Day, Id, PartnerKinds, Whole
from profiles.record import Record

UNIT = 1024
MOST_OF_A_ROLE = 200
"""How many of a role are looked at: those that fit best."""
ALTERNATIVES = 2

_LEAST = WEIGHTS[NeedKind.NAMED]
"""From which weight a need is heavy: nobody joins for a sector or a word."""


class BundleAsked(Record):
    """What is asked of a bundle: under which programme, of which kinds, of how many, on what day.

    Where no kinds are asked for, they are those of the programme (`matcher.roles`).
    """

    programme: Id | None = None
    kind: PartnerKinds = ()
    most: Annotated[Whole, Field(ge=1, le=MOST_MEMBERS)] = len(ASKED)
    as_of: Day | None = None


@dataclass(frozen=True, slots=True)
class Borne:
    """A need that a member covers, by what, and whether no other member does."""

    need: Need
    by: Evidence
    is_alone: bool


@dataclass(frozen=True, slots=True)
class Alternative:
    """Who could stand in for a member, and what the bundle would then gain and lose."""

    partner: Partner
    score: float
    gains: tuple[Need, ...]
    loses: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """A partner of a bundle, with what it covers and who could stand in for it, the best first."""

    role: str
    match: Match
    covers: tuple[Borne, ...]
    alternatives: tuple[Alternative, ...]

    @property
    def adds(self) -> tuple[Need, ...]:
        """What it alone adds."""
        return tuple(one.need for one in self.covers if one.is_alone)

    def bears(self, need: Need) -> Borne | None:
        """Give by what it covers a need; None where it does not."""
        return next((one for one in self.covers if one.need.id == need.id), None)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle, and what it leaves open.

    Attributes:
        startup: for whom it is.
        asked: what was asked.
        roles: of which it has one member each at most.
        least: the weight from which a need is heavy.
        needs: all that the startup seeks, the weightiest first.
        members: by role, in the order of the roles.
        uncovered: the needs that no member covers, and why; none where the startup itself is kept
            off by the rules of the programme.
        chosen: what was reached, and what nothing can pass.
        found: the members as a match list, which tells the model, the day and each one's reasons.
        empty: the roles of which nobody may be matched and covers anything.
    """

    startup: Startup
    asked: BundleAsked
    roles: tuple[str, ...]
    least: int
    needs: tuple[Need, ...]
    members: tuple[Member, ...]
    uncovered: tuple[Uncovered, ...]
    chosen: Chosen
    found: MatchList
    empty: tuple[str, ...]

    @property
    def weight(self) -> int:
        """The weight of all heavy needs."""
        return sum(need.weight for need in self.needs if need.weight >= self.least)

    @property
    def own_refusals(self) -> tuple[Refused, ...]:
        """The rules of the programme that the startup itself does not meet."""
        return tuple(one for one in self.found.refused if one.id == self.startup.id)


def bundle_of(sources: Sources, startup: Startup, asked: BundleAsked) -> Bundle:
    """Choose the bundle of a startup.

    Raises:
        UnknownId: if there is no such programme.
    """
    under = sources.store.programme(asked.programme) if asked.programme else None
    roles = roles_of(under, sources.store, asked.kind)
    scored = {role: _scored(sources, startup, asked, role) for role in roles}
    partners = [one for of_role in scored.values() for one in _partners(of_role)]
    needs = needs_of(startup, partners, commonness_in(sources.index))
    options = [one for role in roles for one in _options(role, scored[role], needs)]
    weights = {need.id: need.weight for need in needs}
    least = min(_LEAST, max(weights.values(), default=_LEAST))
    chosen = choose(options, weights, most=asked.most, least=least)
    found = _explained(sources, startup, asked, chosen.ids)
    choice = _Choice(needs, weights, least, options, chosen, {one.id: one for one in partners})
    members = [choice.member(match) for match in found.matches]
    covered = {one.need.id for member in members for one in member.covers}
    is_refused = any(one.id == startup.id for one in found.refused)
    left = [need for need in needs if need.id not in covered and not is_refused]
    return Bundle(
        startup,
        asked,
        roles,
        least,
        needs,
        tuple(sorted(members, key=lambda member: roles.index(member.role))),
        uncovered(sources, startup, left, scored, asked),
        chosen,
        found,
        tuple(role for role in roles if not any(one.role == role for one in options)),
    )


def _scored(sources: Sources, startup: Startup, asked: BundleAsked, role: str) -> Scored:
    return sources.matchmaker.scores(
        startup,
        MOST_OF_A_ROLE,
        programme=asked.programme,
        filters=Filters(kinds=ROLES[role]),
        as_of=asked.as_of,
    )


def _explained(
    sources: Sources, startup: Startup, asked: BundleAsked, ids: Iterable[str]
) -> MatchList:
    members = frozenset(ids)
    return sources.matchmaker.match(
        startup,
        max(1, len(members)),
        programme=asked.programme,
        filters=Filters(ids=members),
        as_of=asked.as_of,
    )


def _partners(scored: Scored) -> list[Partner]:
    return [one.profile for one in scored.standing if isinstance(one.profile, Partner)]


def _options(role: str, scored: Scored, needs: Sequence[Need]) -> list[Option]:
    return [
        Option(one.profile.id, role, covers, round(one.score * UNIT))
        for one in scored.standing
        if may_join(one, role)
        and isinstance(one.profile, Partner)
        and (covers := covered_by(needs, one.profile))
    ]


@dataclass(frozen=True, slots=True)
class _Choice:
    """What a bundle was chosen from, and what was chosen."""

    needs: Sequence[Need]
    weights: Mapping[str, int]
    least: int
    options: Sequence[Option]
    chosen: Chosen
    partners: Mapping[str, Partner]

    @property
    def members(self) -> list[Option]:
        return [one for one in self.options if one.id in self.chosen.ids]

    def member(self, match: Match) -> Member:
        """Tell what a member covers, and who could stand in for it."""
        own = next(one for one in self.members if one.id == match.profile.id)
        adds = alone(own, self.members)
        partner = self.partners[own.id]
        covers = tuple(
            Borne(need, by, need.id in adds)
            for need in self.needs
            if need.id in own.covers and (by := borne(need, partner)) is not None
        )
        return Member(own.role, match, covers, self._alternatives(own))

    def _alternatives(self, own: Option) -> tuple[Alternative, ...]:
        """Give those of the role who keep the most of the cover, then of the worth."""
        others = [one for one in self.members if one is not own]
        standing_in = [
            one for one in self.options if one.role == own.role and one.id not in self.chosen.ids
        ]
        best = sorted(standing_in, key=lambda one: self._rank([*others, one], one))
        return tuple(self._alternative(own, one, others) for one in best[:ALTERNATIVES])

    def _rank(self, bundle: Sequence[Option], one: Option) -> tuple[int, int, str]:
        cover = cover_of(bundle, self.weights, self.least)
        return -cover, -worth_of(bundle, self.weights, self.least), one.id

    def _alternative(self, own: Option, one: Option, others: Sequence[Option]) -> Alternative:
        gained, lost = alone(one, [own, *others]), alone(own, [one, *others])
        return Alternative(
            self.partners[one.id],
            one.fit / UNIT,
            tuple(need for need in self.needs if need.id in gained),
            tuple(need for need in self.needs if need.id in lost),
        )
