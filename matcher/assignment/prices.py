"""Owns what rules cost: the best without a rule beside the best with it, and to whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from matcher.assignment.effort import Effort
from matcher.assignment.hiding import OutOfTime, Runs, hidden
from matcher.assignment.instance import UNIT, Instance
from matcher.assignment.rulebook import Bound, rulebook, with_bound, with_rule
from matcher.assignment.solution import Aim, Solution, Status
from matcher.assignment.solving import solve
from matcher.assignment.words import Naming, numbered, rule_words, said
from profiles.errors import DariError
from profiles.rules import Rule
from profiles.taxonomy import Names

_LEAST_SECONDS = 0.01
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Price:
    """What a rule costs, or several at once: what there would be more without them.

    Attributes:
        rules: the rules; one, or several that hide each other.
        total: of total fit, in 1/1024 point; below 0 where the rules bring some.
        percent: the same as per cent of the total without them.
        placed: of pairs made.
        worst: of the fit of the pair that fits least, in 1/1024 point.
        gains: who fits better by them: (applicant, by how much in 1/1024 point), most first.
        loses: who fits worse by them, in the same way.
        proven: whether both are the best by every aim; else these are the best that were found.
        without: the solution without them.
        said: this in words.
    """

    rules: tuple[Rule, ...]
    total: int
    percent: float
    placed: int
    worst: int
    gains: tuple[tuple[str, int], ...]
    loses: tuple[tuple[str, int], ...]
    proven: bool
    without: Solution
    said: Names

    @property
    def rule(self) -> Rule:
        """The rule, where it is one."""
        return self.rules[0]


@dataclass(frozen=True, slots=True)
class Tags:
    """What the rules of an instance cost.

    Attributes:
        prices: of each rule without which alone a level changes; the dearest first.
        joint: of rules that hide each other: without fewer of them less changes, or nothing.
        idle: the rules that do not bind: without all of them at once no level changes, as long as
            the others stand.
        untried: the rules of which the time did not suffice to tell.
    """

    prices: tuple[Price, ...] = ()
    joint: tuple[Price, ...] = ()
    idle: tuple[Rule, ...] = ()
    untried: tuple[Rule, ...] = ()


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
) -> Tags:
    """Tell what rules cost, by solving again without each, and without those that hide each other.

    Args:
        instance: what was solved.
        solution: its solution, with all levels.
        seconds: how long all of it may take.
        rules: the ids of the rules, those of `rulebook` too; all of the instance's own if None.
        name: gives the names of applicants and hosts.
        stop: asked whether to end early; then the rules that were not tried are told apart.

    Raises:
        NoSuchRule: for an id that no rule has.
    """
    ids = [rule.id for rule in instance.rules] if rules is None else rules
    asked = {id: _rule(instance, id) for id in sorted(ids)}
    effort = Effort(seconds, stop or (lambda: False))
    runs = Runs(instance, solution, effort, stop, planned=2 * len(asked))
    binding = _binding(runs, asked)
    priced, silent = ([id for id, it in binding.items() if it is one] for one in (True, False))
    groups, idle = hidden(runs, priced, silent)

    def price(some: Collection[str]) -> Price:
        return _price(runs, [asked[id] for id in sorted(some)], name)

    known = {*priced, *idle, *(id for some in groups for id in some)}
    return Tags(
        _dearest_first([price({id}) for id in priced]),
        _dearest_first([price(some) for some in groups]),
        tuple(asked[id] for id in sorted(idle)),
        tuple(rule for id, rule in asked.items() if id not in known),
    )


def _binding(runs: Runs, ids: Iterable[str]) -> dict[str, bool]:
    """Tell of each rule whether a level changes without it; of those that there is time for."""
    found: dict[str, bool] = {}
    try:
        for id in ids:
            found[id] = runs.changes(frozenset({id}))
    except OutOfTime:
        return found
    return found


def _dearest_first(prices: list[Price]) -> tuple[Price, ...]:
    return tuple(sorted(prices, key=lambda one: (-one.total, one.rule.id)))


def _price(runs: Runs, rules: Sequence[Rule], name: Naming) -> Price:
    """Compare what stands under rules with what would stand without them."""
    bound, free = runs.solution, runs.free(frozenset(rule.id for rule in rules))
    had, has = _fits(runs.instance, free), _fits(runs.instance, bound)
    changes = {id: has[id] - had[id] for id in {*had, *has}}
    more = {aim: free.value(aim) - bound.value(aim) for aim in Aim}
    percent = _PERCENT * more[Aim.TOTAL] / (free.value(Aim.TOTAL) or 1)
    gains = tuple(sorted(((a, c) for a, c in changes.items() if c > 0), key=_most_first))
    loses = tuple(sorted(((a, -c) for a, c in changes.items() if c < 0), key=_most_first))
    told = said(
        "price.rule" if len(rules) == 1 else "price.joint",
        rule=numbered([rule_words(rule, name) for rule in rules]),
        number=len(rules),
        total=f"{more[Aim.TOTAL] / UNIT:,.1f}",
        percent=f"{percent:.1f}",
        placed=more[Aim.PLACED],
        worst=f"{more[Aim.WORST] / UNIT:.1f}",
        gains=len(gains),
        loses=len(loses),
    )
    proven = bound.status is free.status is Status.OPTIMAL
    return Price(
        tuple(rules), more[Aim.TOTAL], percent, more[Aim.PLACED], more[Aim.WORST],
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
