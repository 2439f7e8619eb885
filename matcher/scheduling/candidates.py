"""Owns which pairs may meet at all, and how often each person can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from matcher.scheduling.instance import Instance, Pair, Person, runs


def candidates(instance: Instance) -> list[Pair]:
    """Give the pairs that may meet, without those that are fixed, in ascending order."""
    forbidden = {*instance.forbidden, *((one.a, one.b) for one in instance.fixed)}
    common = _free(instance, instance.a) @ _free(instance, instance.b).T
    rows, columns = np.nonzero((instance.fits >= 0) & (common > 0))
    found = ((instance.a[row], instance.b[column]) for row, column in zip(rows, columns))  # noqa: B905
    allowed = (pair for pair in found if pair not in forbidden)
    return [pair for pair in allowed if instance.fill or is_asked(instance, pair)]


def is_asked(instance: Instance, pair: Pair) -> bool:
    """Tell whether somebody wishes for a pair, or staff force it."""
    return pair in instance.forced or pair in instance.wishes or pair[::-1] in instance.wishes


def _free(instance: Instance, ids: Sequence[str]) -> Any:
    table = np.ones((len(ids), len(instance.slots)), np.int64)
    for row, id in enumerate(ids):
        table[row, list(instance.person[id].away)] = 0
    return table


def room_for(instance: Instance, person: Person) -> int:
    """Give the most meetings that a person can have by its time, breaks and its own limit.

    What is fixed counts, also in slots that are over and in which it is away by now.
    """
    stand = {one.slot for one in instance.fixed if person.id in (one.a, one.b)}
    free = {*range(len(instance.slots))} - person.away | stand
    most = len(free)
    if instance.in_a_row is not None:
        most = sum(_thinned(run, free, instance.in_a_row) for run in runs(instance))
    most = max(most, len(stand))
    return most if person.most is None else min(most, person.most)


def _thinned(run: range, free: set[int], limit: int) -> int:
    """Count the slots of a stretch that are left when no more than `limit` may follow."""
    taken = streak = 0
    for slot in run:
        streak = streak + 1 if slot in free and streak < limit else 0
        taken += streak > 0
    return taken
