"""Owns the check of a solution: every rule and level is counted again, without the solver."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from matcher.assignment.instance import NOT_ELIGIBLE, UNIT, Applicant, Host, Instance, belongs
from matcher.assignment.rulebook import ELIGIBILITY, SEATS, rulebook
from matcher.assignment.solution import Aim, Solution
from matcher.assignment.words import rule_words, said
from profiles.rules import Rule, RuleKind
from profiles.taxonomy import Names

Pair = tuple[str, str]

_PERCENT = 100
_THOUSAND = 1000


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a solution breaks, by id ("aim:..." where a level is not as told)."""

    rule_id: str
    said: Names


class _Case:
    """An instance and pairs, with what is looked up again and again."""

    def __init__(self, instance: Instance, pairs: Sequence[Pair]) -> None:
        self.instance, self.pairs = instance, pairs
        rows = {id: row for row, id in enumerate(instance.applicant_ids)}
        columns = {id: column for column, id in enumerate(instance.host_ids)}
        self.strange = [one for one in pairs if one[0] not in rows or one[1] not in columns]
        self.strange += [one for one, times in Counter(pairs).items() if times > 1]
        known = [one for one in pairs if one not in self.strange]
        self.fits = [(one, int(instance.fits[rows[one[0]], columns[one[1]]])) for one in known]
        self.people = {one.id: one for one in instance.applicants}

    def at(self, rule: Rule) -> list[Pair]:
        """The pairs with a host that a rule names, or with any."""
        return [pair for pair in self.pairs if not rule.hosts or pair[1] in rule.hosts]


def check(instance: Instance, solution: Solution) -> list[Broken]:
    """List what a solution breaks; nothing where it keeps all rules and tells its levels truly.

    Plain counting in Python that shares nothing with the solver. Names are ids here.
    """
    case = _Case(instance, solution.pairs)
    if case.strange:
        return [
            Broken("pairs", said("check.strange", applicant=applicant, host=host))
            for applicant, host in case.strange
        ]
    broken = [rule for rule in rulebook(instance) if not _is_kept(case, rule)]
    return [*(Broken(one.id, rule_words(one, str)) for one in broken), *_levels(case, solution)]


def count_levels(instance: Instance, solution: Solution) -> dict[Aim, int]:
    """Count what the pairs of a solution come to by each aim; fits in 1/1024 point.

    A pair that eligibility refuses counts as a place, and has no fit to count.
    """
    case = _Case(instance, solution.pairs)
    return {aim: _counted(case, aim) for aim in Aim}


def _is_kept(case: _Case, rule: Rule) -> bool:
    if rule.id == ELIGIBILITY:
        return all(fit != NOT_ELIGIBLE for _, fit in case.fits)
    if rule.id == SEATS:
        met = Counter(applicant for applicant, _ in case.pairs)
        return all(met[one.id] <= case.instance.seats for one in _plain(case.instance))
    return _KEEPS[rule.kind](case, rule)


def _plain(instance: Instance) -> Iterator[Applicant]:
    """Give the applicants of whom no rule says how many hosts they get at most."""
    rules = [
        rule
        for rule in instance.rules
        if rule.kind is RuleKind.SEATS and rule.high is not None and not rule.hosts
    ]
    for one in instance.applicants:
        if not any(_names(rule, one.id) and _is_of(one, rule) for rule in rules):
            yield one


def _names(rule: Rule, applicant: str) -> bool:
    return not rule.applicants or applicant in rule.applicants


def _is_of(one: Applicant, rule: Rule) -> bool | None:
    return True if rule.group is None else belongs(one, rule.group)


def _within(low: int | None, number: int, high: int | None) -> bool:
    return (low is None or low <= number) and (high is None or number <= high)


def _places(case: _Case, rule: Rule) -> bool:
    filled = Counter(host for _, host in case.at(rule))
    hosts = [id for id in case.instance.host_ids if not rule.hosts or id in rule.hosts]
    return all(_within(rule.low, filled[host], rule.high) for host in hosts)


def _seats(case: _Case, rule: Rule) -> bool:
    met = Counter(applicant for applicant, _ in case.at(rule))
    for one in case.instance.applicants:
        member = _is_of(one, rule)
        if not _names(rule, one.id) or member is False:
            continue
        if not _within(rule.low if member else None, met[one.id], rule.high):
            return False
    return True


def _total(case: _Case, rule: Rule) -> bool:
    return _within(rule.low, len(case.pairs), rule.high)


def _members(case: _Case, rule: Rule) -> tuple[int, int, int]:
    """Count the pairs at the hosts of a rule: of the group, perhaps of it, and all."""
    told = [_is_of(case.people[applicant], rule) for applicant, _ in case.at(rule)]
    return told.count(True), len(told) - told.count(False), len(told)


def _quota(case: _Case, rule: Rule) -> bool:
    known, possible, _ = _members(case, rule)
    return _within(rule.low, known, None) and _within(None, possible, rule.high)


def _share(case: _Case, rule: Rule) -> bool:
    known, possible, placed = _members(case, rule)
    enough = rule.low is None or _PERCENT * known >= rule.low * placed
    return enough and (rule.high is None or _PERCENT * possible <= rule.high * placed)


def _budget(case: _Case, rule: Rule) -> bool:
    return sum(rule.each or 0 for _ in case.at(rule)) <= (rule.high or 0)


def _least_fit(case: _Case, rule: Rule) -> bool:
    least = (rule.low or 0) * UNIT
    mine = [(pair, fit) for pair, fit in case.fits if _names(rule, pair[0])]
    return all(fit >= least for pair, fit in mine if not rule.hosts or pair[1] in rule.hosts)


def _forced(case: _Case, rule: Rule) -> bool:
    return {(one, host) for one in rule.applicants for host in rule.hosts} <= {*case.pairs}


def _forbidden(case: _Case, rule: Rule) -> bool:
    return not {(one, host) for one in rule.applicants for host in rule.hosts} & {*case.pairs}


def _locked(case: _Case, rule: Rule) -> bool:
    mine = {pair for pair in case.pairs if pair[0] in rule.applicants}
    return mine == {(one, host) for one in rule.applicants for host in rule.hosts}


def _apart(case: _Case, rule: Rule) -> bool:
    met = Counter(host for one, host in case.at(rule) if one in rule.applicants)
    return max(met.values(), default=0) <= 1


_KEEPS: Mapping[RuleKind, Callable[[_Case, Rule], bool]] = {
    RuleKind.PLACES: _places,
    RuleKind.SEATS: _seats,
    RuleKind.TOTAL: _total,
    RuleKind.QUOTA: _quota,
    RuleKind.SHARE: _share,
    RuleKind.BUDGET: _budget,
    RuleKind.LEAST_FIT: _least_fit,
    RuleKind.FORCED: _forced,
    RuleKind.FORBIDDEN: _forbidden,
    RuleKind.LOCKED: _locked,
    RuleKind.APART: _apart,
}


def _levels(case: _Case, solution: Solution) -> Iterator[Broken]:
    """Count each level again, and hold it against its bound."""
    for level in solution.levels:
        value = _counted(case, level.aim)
        passed = level.bound > value if level.aim is Aim.SPREAD else level.bound < value
        if value != level.value or passed:
            told = {"value": value, "told": level.value, "bound": level.bound}
            yield Broken(f"aim:{level.aim}", said("check.level", **told))


def _counted(case: _Case, aim: Aim) -> int:
    fits = [fit for _, fit in case.fits if fit != NOT_ELIGIBLE]
    if aim is Aim.PLACED:
        return len(case.fits)
    if aim is Aim.WORST:
        return min(fits, default=0)
    return sum(fits) if aim is Aim.TOTAL else _spread(case)


def _spread(case: _Case) -> int:
    filled = Counter(host for _, host in case.pairs)
    most = {one.id: _most(case.instance, one) for one in case.instance.hosts}
    shares = [_THOUSAND * filled[host] // high for host, high in most.items() if high]
    return max(shares, default=0) - min(shares, default=0)


def _most(instance: Instance, host: Host) -> int:
    """Tell how many a host may take: by its own bound and the rules, or all applicants."""
    bounds = [len(instance.applicants)] if host.high is None else [host.high]
    for rule in instance.rules:
        at = not rule.hosts or host.id in rule.hosts
        if rule.kind is RuleKind.PLACES and rule.high is not None and at:
            bounds.append(rule.high)
    return min([*bounds, len(instance.applicants)])
