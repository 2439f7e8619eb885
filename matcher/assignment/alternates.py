"""Owns the reserve: who would get a place if it fell free, and what declines would do."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from matcher.assignment import preferences
from matcher.assignment.instance import Instance
from matcher.assignment.solution import Solution
from matcher.assignment.stability import made

RESERVE = 3


def reserves(
    instance: Instance, solution: Solution, k: int = RESERVE
) -> Mapping[str, tuple[str, ...]]:
    """Rank for each host the first `k` who have a seat free and would take a place of it."""
    free = made(instance, solution).sum(1) < preferences.seats(instance)
    open_ = preferences.allowed(instance) & free[:, None] & ~made(instance, solution)
    claims = preferences.of_hosts(instance)
    return {
        host: tuple(instance.applicant_ids[a] for a in np.argsort(claims[:, h]) if open_[a, h])[:k]
        for h, host in enumerate(instance.host_ids)
    }
