"""Owns why no assignment keeps all rules: the fewest that contradict, and what would help."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from matcher.assignment.effort import Effort
from matcher.assignment.instance import UNIT, Instance
from matcher.assignment.rulebook import Bound, rulebook, with_bound, with_rule, without
from matcher.assignment.solution import Aim, Solution, Status
from matcher.assignment.solving import solve
from matcher.assignment.words import Naming, numbered, rule_words, said
from profiles.errors import DariError
from profiles.rules import Rule, RuleKind
from profiles.taxonomy import Names

_LEAST_SECONDS = 0.01
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One rule loosened, the others kept.

    Attributes:
        rule: the rule as it stands.
        loosened: the rule as it would be, no looser than it must; None where it is dropped.
        solution: what it brings; infeasible where this rule alone is not enough.
        said: what is loosened and what that brings.
    """

    rule: Rule
    loosened: Rule | None
    solution: Solution
    said: Names


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Rules that cannot all be kept.

    Attributes:
        rules: they contradict each other, and without any one of them the others do not.
        said: this in words.
        relaxations: for each of them, what loosening it brings.
        minimal: whether it was proven for each that the others do not contradict without it.
    """

    rules: tuple[Rule, ...]
    said: Names
    relaxations: tuple[Relaxation, ...]
    minimal: bool


class NotContradictory(DariError):
    """An instance of which it is not proven that its rules contradict."""


def explain_infeasible(
    instance: Instance,
    *,
    seconds: float = 60.0,
    name: Naming = str,
    stop: Callable[[], bool] | None = None,
) -> Contradiction:
    """Find rules that contradict each other, none of them needless, and what would help.

    The set is halved again and again (Junker, "QuickXplain", AAAI 2004); then it is solved once
    more, and once without each of its rules, so that nothing rests on the search alone.

    Args:
        instance: one whose rules contradict.
        seconds: how long it may take.
        name: gives the names of applicants and hosts.
        stop: asked whether to end early; then fewer rules may be proven needless.

    Raises:
        NotContradictory: if it is not proven in this time that the rules contradict.
    """
    inquiry = _Inquiry(instance, Effort(seconds, stop or (lambda: False)))
    every = rulebook(instance)
    if not inquiry.contradict(every):
        raise NotContradictory(
            value=", ".join(rule.id for rule in every),
            rule="It is not proven that these rules contradict each other.",
            remedy="Solve the instance, or allow more time.",
        )
    core = _fewest(inquiry, [], [], every)
    minimal = inquiry.contradict(core) and all(
        inquiry.agree([other for other in core if other is not rule]) for rule in core
    )
    relaxations = tuple(_relaxations(inquiry, core, name))
    return Contradiction(tuple(core), _together(core, minimal, name), relaxations, minimal)


def _together(core: Sequence[Rule], minimal: bool, name: Naming) -> Names:
    """Say that rules contradict."""
    told = [rule_words(rule, name) for rule in core]
    if len(told) == 1:
        return said("core.alone", rules=told[0])
    code = "core.together" if minimal else "core.unproven"
    return said(code, rules=numbered(told), number=len(told))


class _Inquiry:
    """Asks whether some of the rules of an instance can be kept together."""

    def __init__(self, instance: Instance, effort: Effort) -> None:
        self.instance, self.effort = instance, effort
        self._all = {rule.id for rule in rulebook(instance)}
        self._each = effort.seconds / 4
        self._known: dict[frozenset[str], Status] = {}

    def _status(self, rules: Collection[Rule]) -> Status:
        kept = frozenset(rule.id for rule in rules)
        if kept not in self._known:
            self._known[kept] = self.any_of(without(self.instance, self._all - kept))
        return self._known[kept]

    def contradict(self, rules: Collection[Rule]) -> bool:
        """Tell whether it is proven that these rules cannot be kept together."""
        return self._status(rules) is Status.INFEASIBLE

    def agree(self, rules: Collection[Rule]) -> bool:
        """Tell whether pairs were found that keep these rules."""
        return self._status(rules) in _FOUND

    def any_of(self, instance: Instance) -> Status:
        """Tell whether there are any pairs that keep the rules of an instance."""
        seconds = max(min(self._each, self.effort.left), _LEAST_SECONDS)
        return solve(instance, seconds=seconds, aims=(), stop=self.effort.stopped).status

    def best_of(self, instance: Instance, share: float) -> Solution:
        """Solve an instance within a share of what is left."""
        seconds = max(self.effort.left * share, _LEAST_SECONDS)
        return solve(instance, seconds=seconds, stop=self.effort.stopped)


_FOUND = frozenset({Status.OPTIMAL, Status.FEASIBLE})


def _fewest(
    inquiry: _Inquiry, kept: Sequence[Rule], new: Sequence[Rule], rules: Sequence[Rule]
) -> list[Rule]:
    """Find which of the rules contradict those that are kept, none of them needless.

    Args:
        inquiry: what is asked.
        kept: rules that are taken as given.
        new: those of them that came last; where there are none, nothing new need be asked.
        rules: those to choose from; with those kept, they contradict.
    """
    if new and inquiry.contradict(kept):
        return []
    if len(rules) <= 1:
        return [*rules]
    half = len(rules) // 2
    first, second = rules[:half], rules[half:]
    of_second = _fewest(inquiry, [*kept, *first], first, second)
    of_first = _fewest(inquiry, [*kept, *of_second], of_second, first)
    return [*of_first, *of_second]


def _relaxations(inquiry: _Inquiry, core: Sequence[Rule], name: Naming) -> Iterator[Relaxation]:
    """Loosen each bound of each rule as little as helps; drop a rule where no bound alone does."""
    tried = [(rule, one) for rule in core for one in _ways_out(inquiry, rule)]
    for left, (rule, loosened) in zip(range(len(tried), 0, -1), tried, strict=True):
        instance = inquiry.instance
        changed = with_rule(instance, loosened) if loosened else without(instance, {rule.id})
        solution = inquiry.best_of(changed, share=1 / left)
        yield Relaxation(rule, loosened, solution, _brings(rule, loosened, solution, name))


def _ways_out(inquiry: _Inquiry, rule: Rule) -> list[Rule | None]:
    """List the rule with each bound loosened that helps; else None, for the rule dropped."""
    bounds: tuple[Bound, Bound] = "low", "high"
    found = [one for bound in bounds if (one := _loosened(inquiry, rule, bound))]
    return [*found] or [None]


def _loosened(inquiry: _Inquiry, rule: Rule, bound: Bound) -> Rule | None:
    """Find the bound nearest to that of the rule under which there are pairs; None: there is none.

    What a bound allows, a looser one allows too: the number of steps is halved again and again.
    """
    steps = _steps(inquiry.instance, rule, bound)

    def moved(step: int) -> Rule:
        return with_bound(rule, bound, steps[step])

    def helps(step: int) -> bool:
        return inquiry.any_of(with_rule(inquiry.instance, moved(step))) in _FOUND

    if not steps or not helps(len(steps) - 1):
        return None
    low, high = 0, len(steps) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if helps(middle) else (middle + 1, high)
    return moved(high)


def _steps(instance: Instance, rule: Rule, bound: Bound) -> Sequence[int]:
    """List the values to which a bound may be loosened, the nearest first."""
    value = rule.low if bound == "low" else rule.high
    if value is None or rule.kind in _WHOLE:
        return ()
    if bound == "low":
        return range(value - 1, -1, -1)
    if rule.kind is RuleKind.SHARE:
        return range(value + 1, _PERCENT + 1)
    if rule.kind is RuleKind.BUDGET:
        each = rule.each or 1
        return range((value // each + 1) * each, (instance.fits.size + 1) * each, each)
    return range(value + 1, instance.fits.size + 1)


_WHOLE = frozenset({RuleKind.FORCED, RuleKind.FORBIDDEN, RuleKind.LOCKED, RuleKind.APART})
"""Kinds without a bound: they are kept or dropped."""


def _brings(rule: Rule, loosened: Rule | None, solution: Solution, name: Naming) -> Names:
    what = rule_words(loosened or rule, name)
    if not solution.levels:
        return said("relax.not_enough", rule=what)
    return said("relax.loosened" if loosened else "relax.dropped", rule=what, **_told(solution))


def _told(solution: Solution) -> dict[str, str]:
    worst, total = (f"{solution.value(aim) / UNIT:,.1f}" for aim in (Aim.WORST, Aim.TOTAL))
    return {"placed": f"{solution.value(Aim.PLACED):,}", "worst": worst, "total": total}
