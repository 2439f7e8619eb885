"""Owns all rules that hold of an instance: its own, and those that its parts imply, by name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Literal

import numpy as np

from matcher.assignment.instance import Host, Instance
from profiles.rules import Rule, RuleKind

ELIGIBILITY = "#eligibility"
"""The rule that no pair is made which eligibility refuses."""

SEATS = "#seats"
"""The rule of how many hosts an applicant gets where no other says so."""

PLACES = "#places:"


Bound = Literal["low", "high"]
"""Which bound of a rule."""


def rulebook(instance: Instance) -> tuple[Rule, ...]:
    """List all rules of an instance: its own by id, then hosts' places, seats and eligibility.

    The ids of the latter begin with "#", which no own rule's does.
    """
    own = tuple(sorted(instance.rules, key=lambda rule: rule.id))
    places = [rule for host in instance.hosts if (rule := _places_of(host))]
    seats = Rule.model_construct(id=SEATS, kind=RuleKind.SEATS, high=instance.seats)
    eligibility = Rule.model_construct(id=ELIGIBILITY, kind=RuleKind.FORBIDDEN)
    return (*own, *places, seats, eligibility)


def without(instance: Instance, ids: Collection[str]) -> Instance:
    """Give the instance with some of its rules dropped; a pair that was not eligible fits by 0."""
    fits = instance.fits
    return replace(
        instance,
        rules=tuple(rule for rule in instance.rules if rule.id not in ids),
        hosts=tuple(
            replace(host, low=0, high=None) if f"{PLACES}{host.id}" in ids else host
            for host in instance.hosts
        ),
        seats=len(instance.hosts) if SEATS in ids else instance.seats,
        fits=np.maximum(fits, 0) if ELIGIBILITY in ids else fits,
    )


def with_rule(instance: Instance, rule: Rule) -> Instance:
    """Give the instance with a rule in the place of the one of the same id."""
    if rule.id.startswith(PLACES):
        low, high = rule.low or 0, rule.high
        return replace(
            instance,
            hosts=tuple(
                replace(one, low=low, high=high) if one.id in rule.hosts else one
                for one in instance.hosts
            ),
        )
    if rule.id == SEATS:
        return replace(instance, seats=len(instance.hosts) if rule.high is None else rule.high)
    rules = tuple(rule if one.id == rule.id else one for one in instance.rules)
    return replace(instance, rules=rules)


def _places_of(host: Host) -> Rule | None:
    """Tell the places of a host as a rule; None where nothing bounds them."""
    if not host.low and host.high is None:
        return None
    return Rule.model_construct(
        id=f"{PLACES}{host.id}",
        kind=RuleKind.PLACES,
        hosts=(host.id,),
        low=host.low or None,
        high=host.high,
    )


def with_bound(rule: Rule, bound: Bound, value: int) -> Rule:
    """Give the rule with another value of a bound."""
    return rule.model_copy(update={bound: value})
