"""Owns the numbers of a round: how many applied, how many each step left, how many places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matcher.assignment.instance import Host, Instance
from matcher.phrases import phrase
from profiles.rules import Rule, RuleKind
from profiles.taxonomy import Names

STEPS = ("first", "final")
"""The screenings, in their order."""


@dataclass(frozen=True, slots=True)
class Turnout:
    """How many took part in a round, as it stood when its places were given out.

    Attributes:
        applied: how many applied, those included who took their application back.
        withdrawn: how many of them took it back.
        eligible: how many of the others met the rules of eligibility.
        screened: how many of these passed each screening, in order; none where there is none.
    """

    applied: int
    withdrawn: int
    eligible: int
    screened: tuple[int, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Give it as plain values."""
        told = {"applied": self.applied, "withdrawn": self.withdrawn, "eligible": self.eligible}
        return {**told, "screened": list(self.screened)}


def turnout_from_json(held: Mapping[str, Any] | None) -> Turnout | None:
    """Read what `Turnout.as_json` gave; None where nothing was kept.

    Raises:
        ValueError: if one of the numbers is none.
    """
    if held is None:
        return None
    applied, withdrawn, eligible = (held[one] for one in ("applied", "withdrawn", "eligible"))
    screened = tuple(held["screened"])
    numbers = (applied, withdrawn, eligible, *screened)
    if len(screened) > len(STEPS) or not all(map(_is_count, numbers)):
        raise ValueError(numbers)
    return Turnout(applied, withdrawn, eligible, screened)


def _is_count(one: object) -> bool:
    return isinstance(one, int) and not isinstance(one, bool) and one >= 0


def places_of(instance: Instance) -> int | None:
    """Tell how many places there are in all; None where nothing bounds them.

    The least of what hosts take together, of the bounds of all pairs, and of what the money of all
    pairs suffices for.
    """
    most = [_most(one, instance.rules) for one in instance.hosts]
    known = [one for one in most if one is not None]
    bounds = [sum(known)] if len(known) == len(most) else []
    bounds += [bound for rule in instance.rules if (bound := _in_all(rule)) is not None]
    return min(bounds, default=None)


def _most(host: Host, rules: Sequence[Rule]) -> int | None:
    named = [
        rule.high
        for rule in rules
        if rule.kind is RuleKind.PLACES and (not rule.hosts or host.id in rule.hosts)
    ]
    return min((one for one in (host.high, *named) if one is not None), default=None)


def _in_all(rule: Rule) -> int | None:
    if rule.kind is RuleKind.TOTAL:
        return rule.high
    if rule.kind is RuleKind.BUDGET and rule.each and not (rule.hosts or rule.applicants):
        return (rule.high or 0) // rule.each
    return None


def numbers_said(turnout: Turnout | None, instance: Instance, placed: int) -> Names:
    """Say the numbers of a round in one sentence; what is not known is left out.

    Args:
        turnout: how many took part; None: it is told how many stood where places were given out.
        instance: among whom, and what was given out.
        placed: how many have a place.
    """
    said = [phrase(f"numbers.{name}", count=count) for name, count in _counts(turnout, instance)]
    said.append(phrase("numbers.placed", count=placed))
    en, ko = ("; ".join(one.en for one in said), ", ".join(one.ko for one in said))
    return phrase("notice.numbers", numbers=Names(en, ko))


def _counts(turnout: Turnout | None, instance: Instance) -> Iterator[tuple[str, int]]:
    if turnout is None:
        yield "stood", len(instance.applicants)
    else:
        yield "applied", turnout.applied
        if turnout.withdrawn:
            yield "withdrawn", turnout.withdrawn
        yield "eligible", turnout.eligible
        yield from zip(STEPS, turnout.screened, strict=False)
    if (places := places_of(instance)) is not None:
        yield "places", places
