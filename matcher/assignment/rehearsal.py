"""Owns the rehearsal of declines: what becomes of the places if some say no, with least change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np

from matcher.assignment import preferences
from matcher.assignment.exchanges import Pair
from matcher.assignment.instance import NOT_ELIGIBLE, UNIT, Instance
from matcher.assignment.solution import Aim, Solution, Status
from matcher.assignment.stability import made
from profiles.rules import Rule, RuleKind

SECONDS = 20.0
"""How long each of the at most three searches of a rehearsal may take, in seconds."""

KEPT = "kept-in-rehearsal-"
"""With what the ids of the rules begin by which those who have a place keep it."""

BARRED = "barred-in-rehearsal-"
"""With what the ids of the rules begin by which nobody gets a place that a person took from it."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would become of a solution if some applicants said no.

    Attributes:
        solution: the places given out again among the others; its status tells whether that is
            possible by the rules, and where it is not, nothing else here means anything.
        declined: who said no, ascending.
        moved: the pairs that would be undone though nobody said no to them.
        gained: the pairs that are new.
        places: how many pairs there are more than before; below 0 where there are fewer.
        lost: the fit that is lost in all, in 1/1024 point; below 0 where some is gained.
    """

    solution: Solution
    declined: tuple[str, ...]
    moved: tuple[Pair, ...]
    gained: tuple[Pair, ...]
    places: int
    lost: int

    @property
    def is_possible(self) -> bool:
        """Whether the places can be given out again with all rules kept."""
        return self.solution.status in {Status.OPTIMAL, Status.FEASIBLE}


@dataclass(frozen=True, slots=True)
class Expected:
    """What random declines cost in the mean.

    Attributes:
        rounds: how many times it was drawn who declines.
        failed: in how many of them the rules left no way; they are in no mean.
        lost, error: the mean of the fit lost and its standard error, in 1/1024 point.
        places: the mean number of places lost.
        moved: the mean number of pairs undone that nobody said no to.
    """

    rounds: int
    failed: int
    lost: float
    error: float
    places: float
    moved: float


def rehearse(
    instance: Instance,
    solution: Solution,
    declines: Collection[str],
    *,
    out: Collection[str] = (),
    barred: Collection[Pair] = (),
    seconds: float = SECONDS,
) -> Rehearsal:
    """Give out again what falls free when applicants say no; who has a place keeps it.

    Only where the rules leave no way with everyone in place are pairs undone, and then as few as
    possible. Those who said no are out of the instance: rules that name them name the others still.

    Args:
        instance: who applied, who takes.
        solution: the places as they stand.
        declines: who says no.
        out: who has no place in the solution and is to get none.
        barred: the pairs that are not to be made: a person took the applicant out there.
        seconds: the limit of each search.

    Raises:
        ValueError: if somebody who declines is not among the applicants.
    """
    gone = frozenset(declines)
    if unknown := gone - set(instance.applicant_ids):
        raise ValueError(f"not among the applicants: {min(unknown)!r}")
    left = _without(_barring(instance, barred), gone.union(out))
    kept = tuple(pair for pair in solution.pairs if pair[0] not in gone)
    again = _least_change(left, kept, seconds)
    return _told(instance, solution, again, kept, gone)


def expected_loss(
    instance: Instance,
    solution: Solution,
    *,
    rate: float,
    rounds: int,
    generator: np.random.Generator,
    out: Collection[str] = (),
    barred: Collection[Pair] = (),
    seconds: float = SECONDS,
) -> Expected:
    """Rehearse declines drawn at random: everyone who has a place says no with a probability.

    Args:
        instance: who applied, who takes.
        solution: what was decided.
        rate: the probability of each to decline, 0 to 1, of the others independent.
        rounds: how many times to draw, 1 or more.
        generator: where chance comes from.
        out: who has no place in the solution and is to get none.
        barred: the pairs that are not to be made: a person took the applicant out there.
        seconds: the limit of each search.
    """
    placed = sorted({applicant for applicant, _ in solution.pairs})
    drawn = [generator.random(len(placed)) < rate for _ in range(rounds)]
    told = [
        rehearse(
            instance,
            solution,
            [id for id, out in zip(placed, one, strict=True) if out],
            out=out,
            barred=barred,
            seconds=seconds,
        )
        for one in drawn
    ]
    return _mean([one for one in told if one.is_possible], rounds)


def _mean(told: list[Rehearsal], rounds: int) -> Expected:
    if not told:
        return Expected(rounds, rounds, 0.0, 0.0, 0.0, 0.0)
    lost = np.array([one.lost for one in told], float)
    error = float(lost.std(ddof=1) / np.sqrt(len(lost))) if len(lost) > 1 else 0.0
    places = float(np.mean([-one.places for one in told]))
    moved = float(np.mean([len(one.moved) for one in told]))
    return Expected(rounds, rounds - len(told), float(lost.mean()), error, places, moved)


def _least_change(left: Instance, kept: tuple[Pair, ...], seconds: float) -> Solution:
    from matcher.assignment import solve

    again = solve(_keeping(left, kept), seconds=seconds)
    if again.status is not Status.INFEASIBLE:
        return again
    most = solve(_counting(left, kept), seconds=seconds, aims=(Aim.TOTAL,))
    if most.status not in {Status.OPTIMAL, Status.FEASIBLE}:
        return most
    return solve(_keeping(left, set(kept) & set(most.pairs)), seconds=seconds)


def _barring(instance: Instance, barred: Collection[Pair]) -> Instance:
    """Add a rule for each applicant that is not to be placed at some hosts."""
    by_applicant: defaultdict[str, list[str]] = defaultdict(list)
    for applicant, host in sorted(barred):
        by_applicant[applicant].append(host)
    rules = [
        Rule(id=f"{BARRED}{n}", kind=RuleKind.FORBIDDEN, applicants=(id,), hosts=tuple(hosts))
        for n, (id, hosts) in enumerate(by_applicant.items())
    ]
    return replace(instance, rules=(*instance.rules, *rules))


def _keeping(instance: Instance, kept: Iterable[Pair]) -> Instance:
    """Add a rule for each host: who has a place there keeps it."""
    by_host: defaultdict[str, list[str]] = defaultdict(list)
    for applicant, host in sorted(kept):
        by_host[host].append(applicant)
    rules = [
        Rule(
            id=f"{KEPT}{number}", kind=RuleKind.FORCED, applicants=tuple(applicants), hosts=(host,)
        )
        for number, (host, applicants) in enumerate(sorted(by_host.items()))
    ]
    return replace(instance, rules=(*instance.rules, *rules))


def _counting(instance: Instance, kept: tuple[Pair, ...]) -> Instance:
    """Make each kept pair worth more than all others together, so that the most of them stay.

    Fits are in whole points here, and what a rule of least fit forbids is not eligible, for the
    rule would read the new numbers.
    """
    fits = np.where(preferences.allowed(instance), instance.fits // UNIT, NOT_ELIGIBLE)
    bonus = 1 + int(np.clip(fits, 0, None).sum())
    stays = made(instance, Solution(Status.FEASIBLE, kept)) & (fits > NOT_ELIGIBLE)
    rules = tuple(one for one in instance.rules if one.kind is not RuleKind.LEAST_FIT)
    return replace(instance, fits=(fits + bonus * stays).astype(np.int64), rules=rules)


def _without(instance: Instance, gone: frozenset[str]) -> Instance:
    rows = [a for a, one in enumerate(instance.applicants) if one.id not in gone]
    rules = (_rule_without(one, gone) for one in instance.rules)
    return replace(
        instance,
        applicants=tuple(instance.applicants[a] for a in rows),
        fits=instance.fits[rows],
        rules=tuple(one for one in rules if one is not None),
    )


def _rule_without(rule: Rule, gone: frozenset[str]) -> Rule | None:
    """Take names out of a rule; None where it named nobody else, for no names would mean all."""
    left = tuple(id for id in rule.applicants if id not in gone)
    if left == rule.applicants:
        return rule
    return rule.model_copy(update={"applicants": left}) if left else None


def _told(
    instance: Instance,
    before: Solution,
    again: Solution,
    kept: tuple[Pair, ...],
    gone: frozenset[str],
) -> Rehearsal:
    total = int(instance.fits[made(instance, before)].sum())
    return Rehearsal(
        again,
        tuple(sorted(gone)),
        tuple(sorted(set(kept) - set(again.pairs))),
        tuple(sorted(set(again.pairs) - set(kept))),
        len(again.pairs) - len(before.pairs),
        total - int(instance.fits[made(instance, again)].sum()),
    )
