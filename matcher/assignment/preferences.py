"""Owns who would rather have whom: the order of hosts for an applicant, of applicants for a host.

An applicant prefers the hosts that it asked for, in its own order, then those that fit it better;
a host prefers those that fit it better. Equal fits: a host prefers whoever has been left waiting
longer, then the lottery decides where there is a seed, and the id where there is none; for an
applicant the id of the host does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matcher.assignment.instance import NOT_ELIGIBLE, UNIT, Applicant, Instance, belongs
from matcher.assignment.lottery import order
from profiles.rules import Rule, RuleKind

Cells = NDArray[np.bool_]
Ranks = NDArray[np.int64]


def of_applicants(instance: Instance) -> Ranks:
    """Tell the place of each host in the order of each applicant.

    Returns:
        shape (n, m), 0 for the dearest; a host that is not eligible is ranked as the others are.
    """
    wished = np.array([_wishes(one, instance.host_ids) for one in instance.applicants], np.int64)
    wished = wished.reshape(instance.fits.shape)
    return _ranks(np.lexsort((-instance.fits, wished), axis=1))


def of_hosts(instance: Instance) -> Ranks:
    """Tell the place of each applicant in the order of each host: shape (n, m), 0 for the best."""
    shape = instance.fits.shape
    ties = np.broadcast_to(tie_places(instance)[:, None], shape)
    return _ranks(np.lexsort((ties, -instance.fits), axis=0).T).T


def tie_places(instance: Instance) -> Ranks:
    """Tell the place of each applicant among equals: shape (n,), 0 for who comes first.

    Who has been left waiting longer comes first, then the lottery decides where there is a seed,
    and the id where there is none.
    """
    ids = instance.applicant_ids
    drawn = ids if instance.seed is None else order(ids, instance.seed)
    waited = {one.id: one.waited for one in instance.applicants}
    first = {id: place for place, id in enumerate(sorted(drawn, key=lambda id: -waited[id]))}
    return np.array([first[id] for id in ids], np.int64)


def allowed(instance: Instance) -> Cells:
    """Tell which pairs may be made as far as no other pair matters: shape (n, m).

    That is: they are eligible, and no rule of a single pair (`forbidden`, `least_fit`, `locked`)
    forbids them.
    """
    open_ = instance.fits > NOT_ELIGIBLE
    for rule in instance.rules:
        open_ &= ~barred(instance, rule)
    return open_


def barred(instance: Instance, rule: Rule) -> Cells:
    """Tell which pairs a rule forbids whatever else is decided: shape (n, m)."""
    named = _named(rule.applicants, instance.applicant_ids)[:, None]
    hosts = _named(rule.hosts, instance.host_ids)[None, :]
    if rule.kind is RuleKind.FORBIDDEN:
        return named & hosts
    if rule.kind is RuleKind.LEAST_FIT and rule.low is not None:
        return named & hosts & (instance.fits < rule.low * UNIT)
    if rule.kind is RuleKind.LOCKED:
        return named & ~hosts if rule.hosts else np.broadcast_to(named, instance.fits.shape)
    return np.zeros(instance.fits.shape, bool)


def places(instance: Instance) -> Ranks:
    """Tell how many applicants each host takes at most: shape (m,); n where nothing bounds it."""
    most = [one.high for one in instance.hosts]
    return _least(most, instance.rules, RuleKind.PLACES, instance.host_ids, len(instance.fits))


def seats(instance: Instance) -> Ranks:
    """Tell how many hosts each applicant gets at most: shape (n,).

    A rule of seats that speaks of some hosts only bounds no more than these, and is not counted.
    """
    given = [_seats(one, instance) for one in instance.applicants]
    return np.array(given, np.int64).reshape(len(instance.applicants))


def _seats(one: Applicant, instance: Instance) -> int:
    """Take the least bound; the instance's own counts unless a rule surely speaks of the applicant.

    A rule for a group bounds whoever may be of it, and replaces the default for its members alone.
    """
    rules = [
        (rule.high, rule.group is None or belongs(one, rule.group))
        for rule in instance.rules
        if rule.kind is RuleKind.SEATS and rule.high is not None and not rule.hosts
        if not rule.applicants or one.id in rule.applicants
    ]
    bounds = [high for high, is_of in rules if is_of is not False]
    is_told = any(is_of for _, is_of in rules)
    return min([*bounds, *([] if is_told else [instance.seats])])


def _least(
    given: list[int | None], rules: tuple[Rule, ...], kind: RuleKind, ids: tuple[str, ...], top: int
) -> Ranks:
    least = np.array([top if one is None else min(one, top) for one in given], np.int64)
    for rule in rules:
        if rule.kind is kind and rule.high is not None:
            least = np.where(_named(rule.hosts, ids), np.minimum(least, rule.high), least)
    return least


def _wishes(one: Applicant, hosts: tuple[str, ...]) -> list[int]:
    wishes = {host: place for place, host in enumerate(one.wishes)}
    return [wishes.get(host, len(wishes)) for host in hosts]


def _named(named: tuple[str, ...], ids: tuple[str, ...]) -> Cells:
    return np.array([not named or id in set(named) for id in ids], bool)


def _ranks(order: NDArray[np.intp]) -> Ranks:
    """Turn orders (each row lists columns, the best first) into the place of each column."""
    ranks = np.empty(order.shape, np.int64)
    np.put_along_axis(ranks, order, np.arange(order.shape[1], dtype=np.int64)[None, :], axis=1)
    return ranks
