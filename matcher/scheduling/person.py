"""Owns what one person's meetings must be to one another: rested, and within walking distance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from typing import TypeVar

from matcher.scheduling.instance import BREAK, Instance

Where = TypeVar("Where")


def is_rested(instance: Instance, slots: Iterable[int]) -> bool:
    """Tell whether nowhere too many slots follow one another without a break."""
    if instance.in_a_row is None:
        return True
    streak, last = 0, None
    for slot in sorted(slots):
        rested = last is None or instance.gap(last, slot) >= BREAK
        streak, last = (1 if rested else streak + 1), slot
        if streak > instance.in_a_row:
            return False
    return True


def can_walk(
    instance: Instance, stops: Sequence[tuple[int, Where]], way: Callable[[Where, Where], int]
) -> bool:
    """Tell whether there is time for every way.

    Args:
        instance: what is to be solved.
        stops: (slot, where), in time.
        way: the minutes between two places.
    """
    return all(
        instance.gap(one, other) >= way(here, there)
        for (one, here), (other, there) in combinations(stops, 2)
    )
