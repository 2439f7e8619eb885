"""Owns instances for the audits of fairness: drawn whole, and small ones made by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import numpy as np
from hypothesis import strategies as st

from matcher.assignment import (
    UNIT,
    Applicant,
    Host,
    Instance,
    Solution,
    Status,
    groups_of,
)
from matcher.assignment.record import Record
from profiles.rules import Rule

MOMENT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def made(
    fits: Sequence[Sequence[int]],
    places: Sequence[int | None],
    *rules: dict[str, Any],
    wishes: dict[str, tuple[str, ...]] | None = None,
    waited: dict[str, int] | None = None,
    regions: dict[str, str] | None = None,
    seed: int | None = None,
    seats: int = 1,
) -> Instance:
    """Make an instance: applicants a, b, c ... and hosts x, y, z; fits in points."""
    ids = [chr(ord("a") + row) for row in range(len(fits))]
    hosts = [chr(ord("x") + column) for column in range(len(places))]
    grid = np.array([[UNIT * one if one > 0 else one for one in row] for row in fits], np.int64)
    people = tuple(
        Applicant(
            id,
            groups_of(region=(regions or {}).get(id)),
            (waited or {}).get(id, 0),
            (wishes or {}).get(id, ()),
        )
        for id in ids
    )
    takes = tuple(Host(id, f"p-{id}", 0, most) for id, most in zip(hosts, places, strict=True))
    shape = (len(ids), len(hosts))
    told = tuple(Rule.model_validate(rule) for rule in rules)
    return Instance(people, takes, grid.reshape(shape), told, seats, seed)


def given(*pairs: str) -> Solution:
    """Make a solution of pairs like "ax"."""
    return Solution(Status.OPTIMAL, tuple(sorted((pair[0], pair[1]) for pair in pairs)))


def recorded(instance: Instance, solution: Solution) -> Record:
    """Make a record of a decision."""
    return Record(instance, solution, "m-1", 12, date(2026, 11, 1), "Kim", MOMENT, 5.0)


@st.composite
def instances(draw: st.DrawFn, *, rows: int = 4, columns: int = 3, seats: int = 1) -> Instance:
    """Draw an instance without rules that bind several pairs."""
    n, m = draw(st.integers(1, rows)), draw(st.integers(1, columns))
    points = st.sampled_from([-1, 0, 1, 2, 2, 3, 5])
    fits = [[draw(points) for _ in range(m)] for _ in range(n)]
    places = [draw(st.sampled_from([None, 0, 1, 1, 2])) for _ in range(m)]
    ids, hosts = "abcdef"[:n], "xyz"[:m]
    wish = st.lists(st.sampled_from(hosts), unique=True, max_size=m).map(tuple)
    rules = []
    if draw(st.booleans()):
        who, where = draw(st.sampled_from(ids)), draw(st.sampled_from(hosts))
        rules.append({"id": "no", "kind": "forbidden", "applicants": [who], "hosts": [where]})
    return made(
        fits,
        places,
        *rules,
        wishes={id: draw(wish) for id in ids},
        waited={id: draw(st.sampled_from([0, 0, 1])) for id in ids},
        seed=draw(st.sampled_from([None, 7])),
        seats=seats,
    )


def matchings(instance: Instance) -> Iterator[Solution]:
    """Give every way in which each applicant gets one host or none."""
    for chosen in product((None, *instance.host_ids), repeat=len(instance.applicants)):
        pairs = zip(instance.applicant_ids, chosen, strict=True)
        yield Solution(Status.FEASIBLE, tuple((a, h) for a, h in pairs if h is not None))
