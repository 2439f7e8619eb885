"""Owns the check of a schedule: every rule and every level once more, in plain Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from matcher.scheduling.instance import BREAK, Instance, Meeting
from matcher.scheduling.measuring import values_of
from matcher.scheduling.rules import Kind, Rule
from matcher.scheduling.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a schedule breaks, and the meetings that break it."""

    rule: Rule
    meetings: tuple[Meeting, ...] = ()


def check(instance: Instance, found: Schedule) -> list[Broken]:
    """Find every rule that a schedule breaks; a level that is told wrong is one, too.

    It shares nothing with the search: it looks at the meetings one by one.
    """
    broken = [one for look in _LOOKS for one in look(instance, found.meetings)]
    values = values_of(instance, found.meetings) if found.levels else {}
    for level in found.levels:
        wrong = level.aim in values and values[level.aim] != level.value
        passed = level.value > level.bound if level.aim.is_most else level.value < level.bound
        if wrong or passed:
            broken.append(Broken(Rule(Kind.LEVEL, (level.aim.value,))))
    return broken


def _once(instance: Instance, meetings: Sequence[Meeting]) -> Iterator[Broken]:
    """Nobody, and no room, is at two meetings at once; no pair meets twice."""
    held: dict[Rule, list[Meeting]] = defaultdict(list)
    for one in meetings:
        for id in (one.a, one.b):
            held[Rule(Kind.TWICE, (id, str(one.slot)))].append(one)
        held[Rule(Kind.ROOM_TWICE, (one.room, str(one.slot)))].append(one)
        held[Rule(Kind.AGAIN, (one.a, one.b))].append(one)
    for rule, its in held.items():
        if len(its) > 1:
            yield Broken(rule, tuple(its))


def _there(instance: Instance, meetings: Sequence[Meeting]) -> Iterator[Broken]:
    """Everybody, and the room, is there; what is fixed stands as it is."""
    for one in set(meetings) - set(instance.fixed):
        for id in (one.a, one.b):
            if one.slot in instance.person[id].away:
                yield Broken(Rule(Kind.AWAY, (id,)), (one,))
        if one.slot in instance.rooms[instance.place[one.room]].closed:
            yield Broken(Rule(Kind.CLOSED, (one.room,)), (one,))


def _paired(instance: Instance, meetings: Sequence[Meeting]) -> Iterator[Broken]:
    """Who must meet does, who must not does not."""
    met = {(one.a, one.b): one for one in meetings}
    for pair in sorted(instance.forced - met.keys()):
        yield Broken(Rule(Kind.FORCED, pair))
    for fixed in set(instance.fixed) - set(meetings):
        yield Broken(Rule(Kind.FIXED, (fixed.a, fixed.b)))
    stands = {(one.a, one.b) for one in instance.fixed}
    for pair, one in met.items():
        if pair in stands:
            continue
        if pair in instance.forbidden:
            yield Broken(Rule(Kind.FORBIDDEN, pair), (one,))
        if instance.fit(*pair) < 0:
            yield Broken(Rule(Kind.REFUSED, pair), (one,))
        asked = pair in instance.wishes or pair[::-1] in instance.wishes
        if not (instance.fill or asked or pair in instance.forced):
            yield Broken(Rule(Kind.ASKED), (one,))


def _counted(instance: Instance, meetings: Sequence[Meeting]) -> Iterator[Broken]:
    """Nobody has fewer or more meetings than it is to have."""
    had = Counter(id for one in meetings for id in (one.a, one.b))
    for person in instance.people:
        if had[person.id] < person.least:
            yield Broken(Rule(Kind.LEAST, (person.id,)))
        if person.most is not None and had[person.id] > person.most:
            yield Broken(Rule(Kind.MOST, (person.id,)))


def _walked(instance: Instance, meetings: Sequence[Meeting]) -> Iterator[Broken]:
    """Everybody has the time to walk, and a break after so many meetings in a row."""
    for id, its in _by_person(meetings).items():
        for one, other in combinations(its, 2):
            way = 0 if instance.person[id].online else instance.way(one.room, other.room)
            if one.slot < other.slot and way > _minutes_between(instance, one, other):
                yield Broken(Rule(Kind.TRAVEL, (id,)), (one, other))
        streak: list[Meeting] = []
        for one in its:
            rested = streak and _minutes_between(instance, streak[-1], one) >= BREAK
            streak = [one] if rested else [*streak, one]
            if instance.in_a_row is not None and len(streak) > instance.in_a_row:
                yield Broken(Rule(Kind.IN_A_ROW, (id,)), tuple(streak))


def _minutes_between(instance: Instance, one: Meeting, other: Meeting) -> int:
    return instance.slots[other.slot].start - instance.slots[one.slot].end


def _by_person(meetings: Sequence[Meeting]) -> dict[str, list[Meeting]]:
    found: dict[str, list[Meeting]] = defaultdict(list)
    for one in sorted(meetings, key=lambda one: one.slot):
        found[one.a].append(one)
        found[one.b].append(one)
    return found


_LOOKS = (_once, _there, _paired, _counted, _walked)

__all__ = ["Broken", "check"]
