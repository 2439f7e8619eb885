"""Owns the breaking of ties: of solutions that are equal by every aim, one is named beforehand."""

from __future__ import annotations

import numpy as np

from matcher.assignment.model import Ints, Model, Row
from matcher.assignment.preferences import tie_places
from matcher.assignment.search import Climb
from matcher.assignment.solution import Status

_AT_ONCE = 30
"""How many pairs are settled by one search: as many powers of two are summed exactly."""


def order_of(model: Model) -> Ints:
    """Tell the order of the open pairs, shape (p,): by applicant, then host.

    Applicants are in the order in which they come first among equals (`preferences.tie_places`);
    hosts in that of their ids. Of two equal solutions that one is taken which makes the first pair
    in which they differ.
    """
    return np.lexsort((model.hosts, tie_places(model.instance)[model.applicants]))


def settle(search: Climb) -> bool:
    """Turn the best solution into the first of its equals; tell whether the effort reached.

    Only a solution that is proven best has equals that may be chosen from.
    """
    if search.sole or search.solution.status is not Status.OPTIMAL:
        return search.sole
    waiting = [p for p in order_of(search.model) if search.open[p]]
    for start in range(0, len(waiting), _AT_ONCE):
        block = np.array(waiting[start : start + _AT_ONCE])
        weights = np.zeros(search.model.size, np.int64)
        weights[block] = 1 << np.arange(len(block))[::-1]
        answer = search.ask(weights=weights)
        if answer.status is not Status.OPTIMAL:
            return False
        search.best = answer.taken
        made = answer.taken[block].astype(np.int64)
        ones = np.ones(1, np.int64)
        search.rows += [
            Row(block[[k]], ones, int(made[k]), int(made[k])) for k in range(len(block))
        ]
    return True
