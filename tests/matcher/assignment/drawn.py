"""Owns the drawing of whole instances, small enough to try every assignment of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

import numpy as np
from hypothesis import strategies as st

from matcher.assignment import (
    UNIT,
    Aim,
    Applicant,
    Host,
    Instance,
    Level,
    Solution,
    Status,
    check,
    groups_of,
)
from matcher.assignment.lottery import order
from profiles.rules import Rule, RuleKind

Pairs = tuple[tuple[str, str], ...]

GROUPS = ("area:non_capital", "stage:seed", "kind:research_institute")


@st.composite
def applicants(draw: st.DrawFn, most: int) -> tuple[Applicant, ...]:
    number = draw(st.integers(1, most))
    found = []
    for row in range(number):
        groups = groups_of(
            region=draw(st.sampled_from([None, "KR", "KR-11", "KR-30"])),
            stage=draw(st.sampled_from([None, "seed", "growth"])),
            kind=draw(st.sampled_from([None, "startup", "research_institute"])),
        )
        found.append(Applicant(f"a{row}", groups, draw(st.sampled_from([0, 0, 2]))))
    return tuple(found)


@st.composite
def hosts(draw: st.DrawFn, most: int) -> tuple[Host, ...]:
    number = draw(st.integers(1, most))
    found = []
    for column in range(number):
        low = draw(st.sampled_from([0, 0, 0, 1]))
        high = draw(st.sampled_from([None, 1, 2, 3]))
        found.append(Host(f"h{column}", "p", low, high))
    return tuple(found)


def _bounds(draw: st.DrawFn, most: int) -> dict[str, int]:
    low = draw(st.none() | st.integers(0, most))
    high = draw(st.none() | st.integers(low or 0, most)) if low is not None else None
    if low is None:
        high = draw(st.integers(0, most))
    return {name: value for name, value in (("low", low), ("high", high)) if value is not None}


@st.composite
def rules(draw: st.DrawFn, id: str, people: list[str], places: list[str]) -> Rule:
    some = st.lists(st.sampled_from(people), min_size=1, max_size=3, unique=True)
    at = st.lists(st.sampled_from(places), min_size=1, max_size=2, unique=True)
    kind = draw(st.sampled_from([one.value for one in RuleKind]))
    told: dict[str, Any] = {"id": id, "kind": kind}
    if kind in {"places", "total", "quota"}:
        told |= _bounds(draw, 3)
    if kind == "seats":
        told |= _bounds(draw, 2)
        told["group"] = draw(st.none() | st.sampled_from(GROUPS))
        told["applicants"] = draw(st.just([]) | some)
    if kind == "share":
        told |= _bounds(draw, 100)
    if kind in {"quota", "share"}:
        told["group"] = draw(st.sampled_from(GROUPS))
    if kind == "budget":
        told |= {"each": draw(st.integers(0, 5)), "high": draw(st.integers(0, 12))}
        told["currency"] = "KRW"
    if kind == "least_fit":
        told["low"] = draw(st.integers(0, 4))
        told["applicants"] = draw(st.just([]) | some)
    if kind in {"forced", "forbidden", "locked", "apart"}:
        told["applicants"] = draw(some)
    if kind in {"forced", "forbidden"}:
        told["hosts"] = draw(at)
    elif kind != "total":
        told["hosts"] = draw(st.just([]) | at)
    return Rule.model_validate({name: value for name, value in told.items() if value is not None})


@st.composite
def instances(draw: st.DrawFn, rows: int = 5, columns: int = 3, most: int = 4) -> Instance:
    people, places = draw(applicants(rows)), draw(hosts(columns))
    shape = (len(people), len(places))
    points = st.sampled_from([-1, 0, 1, 2, 2, 3, 5])
    fits = draw(st.lists(points, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
    grid = np.array([UNIT * one if one > 0 else one for one in fits], np.int64).reshape(shape)
    ids = [one.id for one in people], [one.id for one in places]
    number = draw(st.integers(0, most))
    told = tuple(draw(rules(f"r{n}", *ids)) for n in range(number))
    seats, seed = draw(st.sampled_from([1, 1, 1, 2])), draw(st.none() | st.integers(0, 9))
    return Instance(people, places, grid, told, seats, seed)


def every(instance: Instance) -> Iterator[Pairs]:
    """Give every choice of hosts for every applicant, at most two each."""
    ids, most = instance.host_ids, 2
    sets = [()] + [chosen for k in range(1, most + 1) for chosen in combinations(ids, k)]
    for choice in product(sets, repeat=len(instance.applicants)):
        yield tuple(
            (one, host)
            for one, chosen in zip(instance.applicant_ids, choice, strict=True)
            for host in chosen
        )


def worth(instance: Instance, pairs: Pairs) -> tuple[int, int, int, int, tuple[bool, ...]]:
    """Say how good pairs are: by each aim, then by the canonical order."""
    row = {id: n for n, id in enumerate(instance.applicant_ids)}
    column = {id: n for n, id in enumerate(instance.host_ids)}
    fits = [int(instance.fits[row[a], column[b]]) for a, b in pairs]
    shares = []
    for host in instance.hosts:
        own = [len(row)] + [host.high] * (host.high is not None)
        own += [
            rule.high
            for rule in instance.rules
            if rule.kind == "places" and rule.high is not None
            if not rule.hosts or host.id in rule.hosts
        ]
        if min(own):
            shares.append(1000 * sum(b == host.id for _, b in pairs) // min(own))
    spread = max(shares, default=0) - min(shares, default=0)
    made = tuple((a, b) in pairs for a in _first(instance) for b in column)
    return len(fits), min(fits, default=0), sum(fits), -spread, made


def _first(instance: Instance) -> list[str]:
    """Order applicants as equals are: by how long they waited, then as drawn, then by id."""
    ids = list(instance.applicant_ids)
    drawn = ids if instance.seed is None else order(ids, instance.seed)
    waited = {one.id: one.waited for one in instance.applicants}
    return sorted(drawn, key=lambda id: -waited[id])


def keeps(instance: Instance, pairs: Pairs) -> bool:
    return not check(instance, Solution(Status.FEASIBLE, pairs))


def best(instance: Instance) -> Pairs | None:
    """Find the best pairs by trying all; None where no pairs keep the rules."""
    ranked = sorted(every(instance), key=lambda pairs: worth(instance, pairs), reverse=True)
    return next((pairs for pairs in ranked if keeps(instance, pairs)), None)


def levels(instance: Instance, pairs: Pairs) -> tuple[Level, ...]:
    placed, worst, total, spread, _ = worth(instance, pairs)
    told = zip(Aim, (placed, worst, total, -spread), strict=True)
    return tuple(Level(aim, value, value) for aim, value in told)
