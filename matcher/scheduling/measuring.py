"""Owns what a schedule is worth: the value of each aim, told from its meetings alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from matcher.assignment import UNIT
from matcher.scheduling.instance import Instance, Meeting, days
from matcher.scheduling.schedule import Aim

WISH = 100
"""What one step of a wish (0-3) is worth beside the fit, in points: as much as the best fit."""


def weight(instance: Instance, a: str, b: str) -> int:
    """Give what a meeting of a pair is worth: both wishes and the fit, in 1/1024 point."""
    wished = instance.wish(a, b) + instance.wish(b, a)
    return WISH * UNIT * wished + max(instance.fit(a, b), 0)


def wished_by(instance: Instance) -> Mapping[str, frozenset[str]]:
    """Name for each person whom it wishes for and may meet.

    Pairs that rules or staff forbid are left out, and those that have no slot in common.
    """
    found: dict[str, set[str]] = {one.id: set() for one in instance.people}
    for one, other in instance.wishes:
        pair = (one, other) if instance.person[one].side == "a" else (other, one)
        if may_meet(instance, *pair):
            found[one].add(other)
    return {id: frozenset(others) for id, others in found.items()}


def may_meet(instance: Instance, a: str, b: str) -> bool:
    """Tell whether a pair is neither forbidden nor without a slot in common."""
    free = instance.fit(a, b) >= 0 and (a, b) not in instance.forbidden
    return free and bool(instance.common(a, b))


def entitled(instance: Instance) -> Mapping[str, int]:
    """Give how many of its wishes each person could have met alone, where there are any."""
    found = {}
    for id, others in wished_by(instance).items():
        person = instance.person[id]
        free = len(instance.slots) - len(person.away)
        most = free if person.most is None else min(free, person.most)
        if least := min(len(others), most):
            found[id] = least
    return found


def met_wishes(instance: Instance, pairs: Collection[tuple[str, str]]) -> Counter[str]:
    """Count for each person how many of those it wishes for it meets."""
    met: Counter[str] = Counter()
    for a, b in pairs:
        met[a] += (a, b) in instance.wishes
        met[b] += (b, a) in instance.wishes
    return met


def worst_of(instance: Instance, pairs: Collection[tuple[str, str]]) -> int:
    """Give how many of its wishes each person has met at least, or all that it could have.

    It is 0 where nobody wishes.
    """
    met, due = met_wishes(instance, pairs), entitled(instance)
    short = [met[id] for id, all_of in due.items() if met[id] < all_of]
    return min(short, default=max(due.values(), default=0))


def holes_of(instance: Instance, meetings: Iterable[Meeting]) -> int:
    """Count the slots that persons wait between their first and last meeting of a day."""
    return waits_of(instance, [(id, one.slot) for one in meetings for id in (one.a, one.b)])


def waits_of(instance: Instance, busy: Iterable[tuple[str, int]]) -> int:
    """Count the same of (person, slot)."""
    return sum(waits_by_person(instance, busy).values())


def waits_by_person(instance: Instance, busy: Iterable[tuple[str, int]]) -> Mapping[str, int]:
    """Count the slots that each person waits, of (person, slot)."""
    day_of = {slot: number for number, day in enumerate(days(instance)) for slot in day}
    its: dict[str, dict[int, set[int]]] = {}
    for id, slot in busy:
        its.setdefault(id, {}).setdefault(day_of[slot], set()).add(slot)
    return {
        id: sum(max(day) - min(day) + 1 - len(day) for day in by_day.values())
        for id, by_day in its.items()
    }


def tables_of(meetings: Iterable[Meeting]) -> int:
    """Count the rooms beyond the first that persons of side b sit in."""
    sat: dict[str, set[str]] = {}
    for one in meetings:
        sat.setdefault(one.b, set()).add(one.room)
    return sum(len(rooms) - 1 for rooms in sat.values())


def values_of(instance: Instance, meetings: Collection[Meeting]) -> dict[Aim, int]:
    """Give the value of each aim of a new schedule."""
    pairs = [(one.a, one.b) for one in meetings]
    return {
        Aim.MUTUAL: sum(instance.is_mutual(a, b) for a, b in pairs),
        Aim.WORST: worst_of(instance, pairs),
        Aim.WISHES: sum(weight(instance, a, b) for a, b in pairs),
        Aim.HOLES: holes_of(instance, meetings),
        Aim.TABLES: tables_of(meetings),
    }
