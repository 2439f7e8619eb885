"""Owns the audit of envy: who would rather have which place, and why it has not got it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from matcher.assignment import preferences
from matcher.assignment.exchanges import Exchanges, Pair
from matcher.assignment.instance import NOT_ELIGIBLE, Instance
from matcher.assignment.solution import Solution
from matcher.assignment.stability import made
from matcher.phrases import phrase
from profiles.rules import RuleKind
from profiles.taxonomy import Names

if TYPE_CHECKING:
    from matcher.assignment.record import Record


class Why(StrEnum):
    """Why somebody has not got a place that it would rather have.

    `not_eligible`: the rules of eligibility refuse the pair. `rule`: rules of the programme would
    be broken. `fit`: who has the place fits better. `waited`, `drawn`: who has it fits as well, and
    has been left waiting longer, or comes first by lottery or id. `whole`: nothing of these; the
    places as a whole are given out better as they are. `no_places`: nobody gets a place there.
    `taken`: a person took it out of a place there. `otherwise`: nothing stands against it but that
    persons decided otherwise than the search, so that nothing tells what the whole would lose.
    """

    NOT_ELIGIBLE = "not_eligible"
    RULE = "rule"
    FIT = "fit"
    WAITED = "waited"
    DRAWN = "drawn"
    WHOLE = "whole"
    NO_PLACES = "no_places"
    TAKEN = "taken"
    OTHERWISE = "otherwise"


@dataclass(frozen=True, slots=True)
class ByHand:
    """What persons decided otherwise than the search: the pairs that they undid."""

    taken: Collection[Pair] = ()


@dataclass(frozen=True, slots=True)
class Envy:
    """One who would rather have a place of another host than what it has.

    Attributes:
        applicant: who.
        host: whose place.
        has: the host that it would give up for it; None where it has a seat free.
        other: of those who have a place there, the one with the weakest claim: if that claim is
            the better one, all are; None where a place there is free.
        why: why it has not got it.
        rules: the ids of the rules that stand against it, for `rule`.
    """

    applicant: str
    host: str
    has: str | None
    other: str | None
    why: Why
    rules: tuple[str, ...] = ()

    @property
    def is_justified(self) -> bool:
        """Whether its claim is the better one: by fit alone the place would be its own."""
        return self.why in {Why.RULE, Why.WHOLE, Why.TAKEN, Why.OTHERWISE}


def envy(
    instance: Instance,
    solution: Solution,
    applicants: Collection[str] | None = None,
    *,
    most: int | None = None,
    by_hand: ByHand | None = None,
) -> tuple[Envy, ...]:
    """Tell for applicants (by default all) each place that they would rather have, dearest first.

    A host that an applicant is not eligible for counts only where it asked for it.

    Args:
        instance: who applied, who takes.
        solution: what was decided.
        applicants: who is looked at.
        most: how many hosts are told of each at most; all by default.
        by_hand: what persons decided; None: all is as the search gave it.
    """
    audit = _Audit(instance, solution, by_hand)
    chosen = set(instance.applicant_ids if applicants is None else applicants)
    rows = [a for a, one in enumerate(instance.applicants) if one.id in chosen]
    return tuple(audit.tell(a, h) for a in rows for h in audit.wanted(a)[:most])


def envy_of(
    record: Record, applicants: Collection[str], *, most: int | None = None
) -> tuple[Envy, ...]:
    """Tell it of the pairs of a decision, with what persons decided otherwise; as `envy` does."""
    by_hand = ByHand(record.taken_out) if record.overrides else None
    return envy(record.instance, record.decided, applicants, most=most, by_hand=by_hand)


def count_wanted(instance: Instance, solution: Solution) -> dict[str, int]:
    """Count for each applicant the hosts that it would rather have than what it has."""
    audit = _Audit(instance, solution)
    return {id: len(audit.wanted(a)) for a, id in enumerate(instance.applicant_ids)}


def said(one: Envy, name: Callable[[str], str | Names]) -> Names:
    """Say why in one sentence; `name` gives what a host or a rule is called, by its id."""
    rules = [name(rule) for rule in one.rules]
    is_free = one.other is None and one.why not in {Why.NO_PLACES, Why.TAKEN}
    code = f"envy.free_{one.why}" if is_free else f"envy.{one.why}"
    return phrase(code, host=name(one.host), rules=_listed(rules))


def _listed(names: list[str | Names]) -> Names:
    if not names:
        return Names("", "")
    both = [(one, one) if isinstance(one, str) else (one.en, one.ko) for one in names]
    en, ko = ("; ".join(one.rstrip(".") for one in each) for each in zip(*both, strict=True))
    return Names(en, ko)


class _Audit:
    def __init__(
        self, instance: Instance, solution: Solution, by_hand: ByHand | None = None
    ) -> None:
        self._instance = instance
        self._taken = frozenset(by_hand.taken if by_hand else ())
        self._whole = Why.OTHERWISE if by_hand else Why.WHOLE
        self._made = made(instance, solution)
        self._ranks = preferences.of_applicants(instance)
        self._claims = preferences.of_hosts(instance)
        self._places = preferences.places(instance)
        self._seats = preferences.seats(instance)
        self._open = preferences.allowed(instance)
        self._exchanges = Exchanges(instance, solution)

    def wanted(self, a: int) -> list[int]:
        """Give the hosts that an applicant would rather have than the worst that it has."""
        wishes = set(self._instance.applicants[a].wishes)
        has = self._gives_up(a)
        limit = len(self._instance.hosts) if has is None else self._ranks[a, has]
        return [
            int(h)
            for h in np.argsort(self._ranks[a])
            if self._ranks[a, h] < limit and not self._made[a, h]
            if self._instance.fits[a, h] > NOT_ELIGIBLE or self._instance.host_ids[h] in wishes
        ]

    def tell(self, a: int, h: int) -> Envy:
        """Say of one applicant and one host why they are not together."""
        has, other = self._gives_up(a), self._weakest(h)
        if other is None and self._is_counted_full(a, h, has):
            other = self._last(h)
        why, rules = self._why(a, h, has, other)
        hosts, ids = self._instance.host_ids, self._instance.applicant_ids
        return Envy(
            ids[a],
            hosts[h],
            None if has is None else hosts[has],
            None if other is None else ids[other],
            why,
            rules,
        )

    def _why(
        self, a: int, h: int, has: int | None, other: int | None
    ) -> tuple[Why, tuple[str, ...]]:
        if self._instance.fits[a, h] == NOT_ELIGIBLE:
            return Why.NOT_ELIGIBLE, ()
        if (self._instance.applicant_ids[a], self._instance.host_ids[h]) in self._taken:
            return Why.TAKEN, ()
        if not self._places[h]:
            return Why.NO_PLACES, ()
        if not self._open[a, h]:
            rules = self._instance.rules
            barring = [one.id for one in rules if preferences.barred(self._instance, one)[a, h]]
            return Why.RULE, tuple(sorted(barring))
        if other is not None and self._claims[a, h] > self._claims[other, h]:
            return self._better_claim(a, h, other), ()
        broken = self._breaks(a, h, has, other)
        return (Why.RULE, broken) if broken else (self._whole, ())

    def _better_claim(self, a: int, h: int, other: int) -> Why:
        if self._instance.fits[a, h] < self._instance.fits[other, h]:
            return Why.FIT
        one, two = self._instance.applicants[a], self._instance.applicants[other]
        return Why.WAITED if one.waited < two.waited else Why.DRAWN

    def _breaks(self, a: int, h: int, has: int | None, other: int | None) -> tuple[str, ...]:
        ids, hosts = self._instance.applicant_ids, self._instance.host_ids
        left = [(ids[a], hosts[has])] if has is not None else []
        out = [(ids[other], hosts[h])] if other is not None else []
        return self._exchanges.breaks(without=[*left, *out], made=[(ids[a], hosts[h])])

    def _gives_up(self, a: int) -> int | None:
        """Give the worst host that an applicant has; None where it has a seat free."""
        held = np.flatnonzero(self._made[a])
        if len(held) < self._seats[a]:
            return None
        return int(max(held, key=lambda h: self._ranks[a, h], default=0)) if len(held) else None

    def _weakest(self, h: int) -> int | None:
        """Give who has the weakest claim on a place that it has; None where a place is free."""
        return None if self._made[:, h].sum() < self._places[h] else self._last(h)

    def _last(self, h: int) -> int | None:
        held = np.flatnonzero(self._made[:, h])
        return int(max(held, key=lambda a: self._claims[a, h])) if len(held) else None

    def _is_counted_full(self, a: int, h: int, has: int | None) -> bool:
        """Whether nothing but the number of all places, or their money, leaves no further one."""
        if not self._open[a, h]:
            return False
        broken = set(self._breaks(a, h, has, None))
        kinds = {rule.kind for rule in self._instance.rules if rule.id in broken}
        return bool(broken) and kinds <= {RuleKind.TOTAL, RuleKind.BUDGET}
