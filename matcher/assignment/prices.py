"""Owns what rules cost: the best without a rule beside the best with it, and to whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from matcher.assignment.effort import Effort
from matcher.assignment.instance import UNIT, Instance
from matcher.assignment.rulebook import Bound, rulebook, with_bound, with_rule, without
from matcher.assignment.solution import Aim, Solution, Status
from matcher.assignment.solving import solve
from matcher.assignment.words import Naming, rule_words, said
from profiles.errors import DariError
from profiles.rules import Rule
from profiles.taxonomy import Names

_LEAST_SECONDS = 0.01
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Price:
    """What a rule costs: what there would be more without it.

    Attributes:
        rule: the rule.
        total: of total fit, in 1/1024 point; below 0 where the rule brings some.
        percent: the same as per cent of the total without it.
        placed: of pairs made.
        worst: of the fit of the pair that fits least, in 1/1024 point.
        gains: who fits better by the rule: (applicant, by how much in 1/1024 point), most first.
        loses: who fits worse by it, in the same way.
        proven: whether both are the best by every aim; else these are the best that were found.
        without: the solution without the rule.
        said: this in words.
    """

    rule: Rule
    total: int
    percent: float
    placed: int
    worst: int
    gains: tuple[tuple[str, int], ...]
    loses: tuple[tuple[str, int], ...]
    proven: bool
    without: Solution
    said: Names


@dataclass(frozen=True, slots=True)
class Point:
    """The best under a rule whose bound has another value."""

    value: int
    solution: Solution


def price_tags(
    instance: Instance,
    solution: Solution,
    *,
    seconds: float = 60.0,
    rules: Collection[str] | None = None,
    name: Naming = str,
    stop: Callable[[], bool] | None = None,
) -> tuple[Price, ...]:
    """Tell what each binding rule costs, by solving again without it; the dearest first.

    A rule without which no level changes costs nothing and is left out.

    Args:
        instance: what was solved.
        solution: its solution, with all levels.
        seconds: how long all of it may take.
        rules: the ids of the rules, those of `rulebook` too; all of the instance's own if None.
        name: gives the names of applicants and hosts.
        stop: asked whether to end early; then the rules that were not tried are left out.

    Raises:
        NoSuchRule: for an id that no rule has.
    """
    effort = Effort(seconds, stop or (lambda: False))
    ids = [rule.id for rule in instance.rules] if rules is None else rules
    asked = [_rule(instance, id) for id in sorted(ids)]
    prices = []
    for left, rule in zip(range(len(asked), 0, -1), asked, strict=True):
        if effort.over:
            break
        share = max(effort.left / left, _LEAST_SECONDS)
        aims = [level.aim for level in solution.levels]
        free = solve(
            without(instance, {rule.id}), seconds=share, aims=aims, hint=solution, stop=stop
        )
        if [one.value for one in free.levels] != [one.value for one in solution.levels]:
            prices.append(_price(instance, rule, solution, free, name))
    return tuple(sorted(prices, key=lambda one: (-one.total, one.rule.id)))


def _price(instance: Instance, rule: Rule, bound: Solution, free: Solution, name: Naming) -> Price:
    """Compare what stands under a rule with what would stand without it."""
    had, has = _fits(instance, free), _fits(instance, bound)
    changes = {id: has[id] - had[id] for id in {*had, *has}}
    more = {aim: free.value(aim) - bound.value(aim) for aim in Aim}
    percent = _PERCENT * more[Aim.TOTAL] / (free.value(Aim.TOTAL) or 1)
    gains = tuple(sorted(((a, c) for a, c in changes.items() if c > 0), key=_most_first))
    loses = tuple(sorted(((a, -c) for a, c in changes.items() if c < 0), key=_most_first))
    told = said(
        "price.rule",
        rule=rule_words(rule, name),
        total=f"{more[Aim.TOTAL] / UNIT:,.1f}",
        percent=f"{percent:.1f}",
        placed=more[Aim.PLACED],
        worst=f"{more[Aim.WORST] / UNIT:.1f}",
        gains=len(gains),
        loses=len(loses),
    )
    proven = bound.status is free.status is Status.OPTIMAL
    return Price(
        rule, more[Aim.TOTAL], percent, more[Aim.PLACED], more[Aim.WORST],
        gains, loses, proven, free, told,
    )  # fmt: skip


def _most_first(one: tuple[str, int]) -> tuple[int, str]:
    return -one[1], one[0]


def _fits(instance: Instance, solution: Solution) -> Counter[str]:
    """Add up the fits of each applicant; one that is not placed has none."""
    rows = {id: row for row, id in enumerate(instance.applicant_ids)}
    columns = {id: column for column, id in enumerate(instance.host_ids)}
    found: Counter[str] = Counter()
    for applicant, host in solution.pairs:
        found[applicant] += max(int(instance.fits[rows[applicant], columns[host]]), 0)
    return found


def trade_off(
    instance: Instance,
    rule_id: str,
    values: Sequence[int],
    *,
    bound: Bound | None = None,
    seconds: float = 60.0,
    stop: Callable[[], bool] | None = None,
) -> tuple[Point, ...]:
    """Solve under each of several values of one bound of a rule.

    Args:
        instance: what is solved.
        rule_id: whose bound is moved, those of `rulebook` too.
        values: the values, in the unit of the rule.
        bound: which bound; if None the one that the rule has, the lower one where it has both.
        seconds: how long all of it may take.
        stop: asked whether to end early; then later points are left out.

    Raises:
        NoSuchRule: for an id that no rule has, or a rule without this bound.
    """
    rule = _rule(instance, rule_id)
    which: Bound = bound or ("high" if rule.low is None else "low")
    if (rule.low if which == "low" else rule.high) is None:
        raise NoSuchRule(
            value=rule_id,
            rule=f"The rule has no bound “{which}” that could be moved.",
            remedy="Name a rule that has one.",
        )
    points: list[Point] = []
    effort = Effort(seconds, stop or (lambda: False))
    for left, value in zip(range(len(values), 0, -1), values, strict=True):
        if effort.over:
            break
        moved = with_rule(instance, with_bound(rule, which, value))
        hint = points[-1].solution if points else None
        share = max(effort.left / left, _LEAST_SECONDS)
        points.append(Point(value, solve(moved, seconds=share, hint=hint, stop=stop)))
    return tuple(points)


class NoSuchRule(DariError):
    """A rule that an instance does not have, or that has no such bound."""


def _rule(instance: Instance, id: str) -> Rule:
    found = next((rule for rule in rulebook(instance) if rule.id == id), None)
    if found is None:
        known = ", ".join(rule.id for rule in rulebook(instance))
        raise NoSuchRule(
            value=id, rule="No rule of this instance has this id.", remedy=f"Name one of {known}."
        )
    return found
