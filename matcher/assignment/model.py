"""Owns the model: which pairs are open, and what each kind of rule says of them in numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matcher.assignment.instance import UNIT, Instance, belongs
from profiles.rules import Rule, RuleKind

Ints = NDArray[np.int64]
Bits = NDArray[np.bool_]

PERCENT = 100


@dataclass(frozen=True, slots=True)
class Row:
    """A bound of a weighted number of pairs: low <= sum of the weights of those made <= high.

    Attributes:
        pairs: shape (k,), places in the pairs of the model.
        weights: shape (k,).
        low: the least; None where nothing bounds it.
        high: the most; None where nothing bounds it.
    """

    pairs: Ints
    weights: Ints
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class Model:
    """An instance in numbers, for p open pairs in the order of applicants, then hosts.

    Attributes:
        instance: what it was made of.
        applicants: shape (p,), the row of each pair.
        hosts: shape (p,), the column of each pair.
        fits: shape (p,), in 1/1024 point.
        forced: shape (p,), the pairs that must be made.
        seats: shape (2, n), the least and the most hosts of each applicant.
        places: shape (2, m), the least and the most applicants of each host.
        total: the least and the most pairs in all.
        rows: the bounds that are none of these.
    """

    instance: Instance
    applicants: Ints
    hosts: Ints
    fits: Ints
    forced: Bits
    seats: Ints
    places: Ints
    total: tuple[int, int]
    rows: tuple[Row, ...]

    @cached_property
    def size(self) -> int:
        """The number of open pairs, p."""
        return len(self.fits)

    @cached_property
    def everything(self) -> tuple[Row, ...]:
        """All bounds as rows, those of seats, places, total and forced pairs included."""
        ones = np.ones(self.size, np.int64)
        every = np.arange(self.size)
        return (
            *_sides(self.applicants, self.seats),
            *_sides(self.hosts, self.places),
            Row(every, ones, *self.total),
            *(Row(every[[p]], ones[[p]], 1, 1) for p in np.flatnonzero(self.forced)),
            *self.rows,
        )

    @property
    def capacities(self) -> Ints:
        """Shape (m,): how many each host may take at most, and no more than there are."""
        most: Ints = self.places[1]
        return most

    def pairs_of(self, taken: Bits) -> tuple[tuple[str, str], ...]:
        """Name the pairs that are made; shape (p,) → (applicant, host), ascending."""
        names, others = self.instance.applicant_ids, self.instance.host_ids
        chosen = np.flatnonzero(taken)
        return tuple(
            (names[i], others[j])
            for i, j in zip(self.applicants[chosen], self.hosts[chosen], strict=True)
        )

    def taken_of(self, pairs: Iterable[tuple[str, str]]) -> Bits:
        """Find named pairs, shape (p,); those that are not open are left out."""
        row = {id: i for i, id in enumerate(self.instance.applicant_ids)}
        column = {id: j for j, id in enumerate(self.instance.host_ids)}
        named = [(row[a], column[b]) for a, b in pairs if a in row and b in column]
        wanted = np.array([i * len(column) + j for i, j in named], np.int64)
        return np.isin(self.applicants * len(column) + self.hosts, wanted)


def _sides(of: Ints, bounds: Ints) -> Iterator[Row]:
    """Bound the pairs of each applicant, or of each host."""
    order = np.argsort(of, kind="stable")
    cuts = np.searchsorted(of[order], np.arange(bounds.shape[1] + 1))
    for which, (low, high) in enumerate(bounds.T.tolist()):
        mine = order[cuts[which] : cuts[which + 1]]
        if low > 0 or high < len(mine):
            yield Row(mine, np.ones(len(mine), np.int64), low, high)


@dataclass(frozen=True, slots=True)
class _Sum:
    """A bound of the pairs of some applicants (u,) and hosts (v,), weighted by applicant (u,)."""

    who: Ints
    columns: Ints
    weights: Ints
    low: int | None
    high: int | None


class _Draft:
    """What is known of an instance while its rules are read."""

    def __init__(self, instance: Instance) -> None:
        n, m = instance.fits.shape
        self.instance = instance
        self.open = instance.fits >= 0
        self.forced = np.zeros((n, m), np.bool_)
        lows = [host.low for host in instance.hosts]
        highs = [n if host.high is None else min(host.high, n) for host in instance.hosts]
        self.places = np.array([lows, highs], np.int64).reshape(2, m)
        self.seats = np.array([[0] * n, [min(instance.seats, m)] * n], np.int64).reshape(2, n)
        self.total = (0, n * m)
        self.sums: list[_Sum] = []

    def rows(self, rule: Rule) -> Bits:
        """Shape (n,): the applicants that a rule names, or all."""
        return _named(rule.applicants, self.instance.applicant_ids)

    def columns(self, rule: Rule) -> Bits:
        """Shape (m,): the hosts that a rule names, or all."""
        return _named(rule.hosts, self.instance.host_ids)

    def scope(self, rule: Rule) -> Bits:
        """Shape (n, m): the pairs that a rule names."""
        return np.outer(self.rows(rule), self.columns(rule))

    def group(self, rule: Rule) -> tuple[Bits, Bits]:
        """Shape (n,) each: who is of the group of a rule, and who may be; all without a group."""
        everybody = self.instance.applicants
        told = [rule.group is None or belongs(one, rule.group) for one in everybody]
        known = np.array([one is True for one in told], np.bool_)
        return known, np.array([one is not False for one in told], np.bool_)

    def bound(
        self,
        who: Bits,
        columns: Bits,
        low: int | None,
        high: int | None,
        weights: Ints | None = None,
    ) -> None:
        """Bound the sum of the weights (n,), else the number, of the pairs that are made."""
        rows = np.flatnonzero(who)
        by = np.ones(len(rows), np.int64) if weights is None else weights[rows]
        self.sums.append(_Sum(rows, np.flatnonzero(columns), by, low, high))


def _named(ids: tuple[str, ...], among: tuple[str, ...]) -> Bits:
    named = frozenset(ids)
    return np.array([not named or id in named for id in among], np.bool_)


def _places(draft: _Draft, rule: Rule) -> None:
    _narrow(draft.places, draft.columns(rule), rule.low, rule.high)


def _narrow(bounds: Ints, of: Bits, low: int | None, high: int | None) -> None:
    bounds[0, of] = np.maximum(bounds[0, of], low or 0)
    if high is not None:
        bounds[1, of] = np.minimum(bounds[1, of], high)


def _seats(draft: _Draft, rule: Rule) -> None:
    known, possible = draft.group(rule)
    named = draft.rows(rule)
    if not rule.hosts:
        _narrow(draft.seats, named & known, rule.low, None)
        _narrow(draft.seats, named & possible, None, rule.high)
        return
    for who in np.flatnonzero(named & possible):
        alone = np.arange(len(named)) == who
        draft.bound(alone, draft.columns(rule), rule.low if known[who] else None, rule.high)


def _lift(draft: _Draft, rules: Iterable[Rule]) -> None:
    """Take the default off those of whom a rule says how many hosts they get at most."""
    for rule in rules:
        if rule.kind is RuleKind.SEATS and rule.high is not None and not rule.hosts:
            draft.seats[1, draft.rows(rule) & draft.group(rule)[0]] = len(draft.instance.hosts)


def _total(draft: _Draft, rule: Rule) -> None:
    low, high = draft.total
    most = high if rule.high is None else min(high, rule.high)
    draft.total = max(low, rule.low or 0), most


def _quota(draft: _Draft, rule: Rule) -> None:
    known, possible = draft.group(rule)
    if rule.low is not None:
        draft.bound(known, draft.columns(rule), rule.low, None)
    if rule.high is not None:
        draft.bound(possible, draft.columns(rule), None, rule.high)


def _share(draft: _Draft, rule: Rule) -> None:
    known, possible = draft.group(rule)
    every = np.ones_like(known)
    if rule.low is not None:
        over = PERCENT * known - rule.low
        draft.bound(every, draft.columns(rule), 0, None, over)
    if rule.high is not None:
        over = PERCENT * possible - rule.high
        draft.bound(every, draft.columns(rule), None, 0, over)


def _budget(draft: _Draft, rule: Rule) -> None:
    if rule.each:
        most = (rule.high or 0) // rule.each
        draft.bound(draft.rows(rule), draft.columns(rule), None, most)


def _least_fit(draft: _Draft, rule: Rule) -> None:
    draft.open &= ~(draft.scope(rule) & (draft.instance.fits < (rule.low or 0) * UNIT))


def _forced(draft: _Draft, rule: Rule) -> None:
    """Make the pairs of a rule; one with somebody who is not there cannot be made."""
    draft.forced |= draft.scope(rule)
    strange = {*rule.applicants} - {*draft.instance.applicant_ids}
    strange |= {*rule.hosts} - {*draft.instance.host_ids}
    if strange:
        _never(draft)


def _never(draft: _Draft) -> None:
    """Ask for one pair of none."""
    none = np.zeros(len(draft.instance.applicants), np.bool_)
    draft.bound(none, np.zeros(len(draft.instance.hosts), np.bool_), 1, None)


def _forbidden(draft: _Draft, rule: Rule) -> None:
    draft.open &= ~draft.scope(rule)


def _locked(draft: _Draft, rule: Rule) -> None:
    """Make these pairs and no others of these applicants."""
    kept = draft.scope(rule) if rule.hosts else np.zeros_like(draft.open)
    draft.open &= kept | ~draft.rows(rule)[:, None]
    if rule.hosts:
        _forced(draft, rule)


def _apart(draft: _Draft, rule: Rule) -> None:
    every = np.arange(len(draft.instance.hosts))
    for column in np.flatnonzero(draft.columns(rule)):
        draft.bound(draft.rows(rule), every == column, None, 1)


_READERS: Mapping[RuleKind, Callable[[_Draft, Rule], None]] = {
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


def model_of(instance: Instance) -> Model:
    """Read an instance into numbers; the order in which its rules stand changes nothing."""
    draft = _Draft(instance)
    _lift(draft, instance.rules)
    for rule in sorted(instance.rules, key=lambda rule: rule.id):
        _READERS[rule.kind](draft, rule)
    if (draft.forced & ~draft.open).any():
        _never(draft)
    applicants, hosts = np.nonzero(draft.open)
    place = np.full(draft.open.shape, -1, np.int64)
    place[applicants, hosts] = np.arange(len(applicants))
    return Model(
        instance,
        applicants,
        hosts,
        instance.fits[applicants, hosts],
        draft.forced[applicants, hosts],
        draft.seats,
        draft.places,
        draft.total,
        tuple(_row(one, place) for one in draft.sums),
    )


def _row(one: _Sum, place: Ints) -> Row:
    found = place[np.ix_(one.who, one.columns)]
    weights = np.broadcast_to(one.weights[:, None], found.shape)
    kept = (found >= 0) & (weights != 0)
    return Row(found[kept], weights[kept], one.low, one.high)
