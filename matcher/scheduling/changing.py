"""Owns the change of a schedule on the day: the least disturbance, and what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matcher.assignment import Status
from matcher.scheduling.instance import Instance, Meeting, Pair
from matcher.scheduling.pairing import Choice, total
from matcher.scheduling.schedule import Aim, Level, Schedule, in_order, status_of
from matcher.scheduling.search import Budget, Progress, Ran, Stop, improve
from matcher.scheduling.seating import Seating
from matcher.scheduling.timing import Timetable

_SHARE = 0.3

STEPS = 2


@dataclass(frozen=True, slots=True)
class Difference:
    """What a change does to a schedule.

    Attributes:
        cancelled: meetings that are given up.
        moved: (before, after) of those at another time or in another room.
        added: meetings that there were not.
        kept: how many stay as they are.
    """

    cancelled: tuple[Meeting, ...]
    moved: tuple[tuple[Meeting, Meeting], ...]
    added: tuple[Meeting, ...]
    kept: int


@dataclass(frozen=True, slots=True)
class Changed:
    """The schedule after a change, and what has become of the one before."""

    schedule: Schedule
    difference: Difference


def difference(before: Sequence[Meeting], after: Sequence[Meeting]) -> Difference:
    """Compare two schedules of the same persons, in which no pair meets twice."""
    old, new = ({(one.a, one.b): one for one in its} for its in (before, after))
    both = [(old[pair], new[pair]) for pair in sorted(old.keys() & new.keys())]
    return Difference(
        tuple(old[pair] for pair in sorted(old.keys() - new.keys())),
        tuple((one, other) for one, other in both if one != other),
        tuple(new[pair] for pair in sorted(new.keys() - old.keys())),
        sum(one == other for one, other in both),
    )


def change(
    instance: Instance,
    before: Sequence[Meeting],
    first: int,
    *,
    seconds: float = 20.0,
    stop: Stop | None = None,
    progress: Progress | None = None,
) -> Changed:
    """Fit a schedule to what has changed: nobody meets anew but who must.

    Meetings before slot `first` stand, for they are over or running. Of the others as few as can be
    are given up, then as few as can be are put to another time, then to another room at the same
    time. Pairs that must meet and do not yet are added; nobody's least number of meetings holds.

    Args:
        instance: as it is now: who is away when, which rooms are closed, who must meet.
        before: the schedule as it was.
        first: the first slot that can still be changed.
        seconds: how much work it may be, and how long it may take.
        stop: asked several times a second whether somebody wants the end.
        progress: told of the steps.

    Returns:
        The schedule, `infeasible` where a pair that must meet cannot, and the difference.
    """
    budget = Budget(seconds, stop)
    stands = tuple(one for one in before if one.slot < first)
    still = {(one.a, one.b): one for one in before if one.slot >= first}
    new = instance.forced - {(one.a, one.b) for one in before}
    today = _today(instance, stands, first, frozenset(new))
    found = _searched(today, still, budget, _SHARE * seconds, progress or (lambda *_: None))
    if found is None:
        status = Status.INFEASIBLE if budget.was_impossible else Status.UNKNOWN
        return Changed(Schedule(status, seconds=budget.spent), difference(before, before))
    after, levels = found
    made = Schedule(status_of(levels), in_order(after), levels, budget.spent)
    return Changed(made, difference(before, after))


_Found = tuple[list[Meeting], tuple[Level, ...]]


def _searched(
    today: Instance,
    still: Mapping[Pair, Meeting],
    budget: Budget,
    seconds: float,
    tell: Progress,
) -> _Found | None:
    """Place those alone that cannot stay; where that is not the least there can be, all."""
    tell("Placing what cannot stay", 0, STEPS)
    floors = _floors(today, still)
    stay = [one for one in still.values() if _can_stay(today, one)]
    pinned = today.but(fixed=(*today.fixed, *stay))
    others = {pair: one for pair, one in still.items() if one not in stay}
    found = _least(pinned, others, budget, seconds, floors)
    if found is not None and all(level.is_best for level in found[1]):
        return found
    tell("Placing all meetings anew", 1, STEPS)
    whole = _least(today, still, budget, seconds, floors, found, is_whole=True)
    both = [one for one in (whole, found) if one is not None]
    return min(both, key=lambda one: [level.value for level in one[1]], default=None)


def _can_stay(today: Instance, one: Meeting) -> bool:
    allowed = (one.a, one.b) not in today.forbidden
    return allowed and one.slot in today.common(one.a, one.b) and _is_open(today, one)


def _is_open(today: Instance, one: Meeting) -> bool:
    return one.room in today.place and one.room in today.open_rooms(one.slot)


@dataclass(frozen=True, slots=True)
class _Floors:
    """What nothing can fall below.

    Attributes:
        lost: meetings that cannot be at any time.
        late: those that cannot be at their time.
        shut: those that can be at their time, and not in their room.
        crowded: those at whose time there are fewer rooms than meetings.
    """

    lost: int
    late: int
    shut: int
    crowded: int

    def of(self, aim: Aim, values: Mapping[Aim, int]) -> int:
        """Give the floor of an aim, beside what the aims before it came to."""
        more = values[Aim.CANCELLED] - self.lost  # those would have been moved, or reseated
        if aim is Aim.CANCELLED:
            return self.lost
        if aim is Aim.MOVED:
            return max(self.late + self.crowded - more, 0)
        return max(self.shut - (values[Aim.MOVED] - self.late) - more, 0)


def _floors(today: Instance, still: Mapping[Pair, Meeting]) -> _Floors:
    possible = _possible(today, still)
    late = {pair for pair in possible if still[pair].slot not in today.common(*pair)}
    shut = [pair for pair in possible if pair not in late and not _is_open(today, still[pair])]
    here = Counter(still[pair].slot for pair in possible if pair not in late)
    crowded = (count - len(today.open_rooms(slot)) for slot, count in here.items())
    return _Floors(
        len(still) - len(possible), len(late), len(shut), sum(max(one, 0) for one in crowded)
    )


def _today(
    instance: Instance, stands: tuple[Meeting, ...], first: int, new: frozenset[Pair]
) -> Instance:
    """Give the instance from slot `first` on."""
    past = frozenset(range(first))
    people = tuple(replace(one, least=0, away=one.away | past) for one in instance.people)
    return instance.but(people=people, fixed=stands, forced=new, fill=True)


def _possible(instance: Instance, still: Mapping[Pair, Meeting]) -> list[Pair]:
    return [p for p in still if p not in instance.forbidden and instance.common(*p)]


def _hint(timetable: Timetable, still: Mapping[Pair, Meeting], known: _Found | None) -> None:
    """Hint what is known already; else that everybody stays who can."""
    places = {(one.a, one.b): one for one in (known[0] if known else still.values())}
    met = set()
    for (number, slot, zone), variable in timetable.at.items():
        was = places.get(timetable.pairs[number])
        here = was is not None and slot == was.slot and _keeps(timetable, was, zone)
        timetable.model.add_hint(variable, here)
        met |= {number} if here else set()
    for number, variable in enumerate(timetable.met):
        timetable.model.add_hint(variable, number in met)


def _least(
    today: Instance,
    still: Mapping[Pair, Meeting],
    budget: Budget,
    seconds: float,
    floors: _Floors,
    known: _Found | None = None,
    *,
    is_whole: bool = False,
) -> _Found | None:
    """Go through the levels of disturbance; None where not even one solution is found.

    What a search of all meetings has proven (`is_whole`) is a bound beside the floors.
    """
    from ortools.sat.python import cp_model

    model, pairs = cp_model.CpModel(), sorted({*_possible(today, still), *today.forced})
    timetable = Timetable(today, pairs, model, optional=True)
    Choice(today, pairs, model, timetable.met)
    _hint(timetable, still, known)
    ran, bounds = None, []
    for expression in (_cancelled, _elsewhen, _elsewhere):
        best = improve(
            budget, model, [*timetable.variables, *timetable.met], expression(timetable, still),
            most=False, seconds=seconds, before=ran,
        )  # fmt: skip
        if best is None:
            break
        ran = best.ran
        bounds.append(best.bound if is_whole else 0)
    if ran is None:
        return None
    after = _seated(today, timetable, ran, still)
    return after, _levels(still, after, floors, bounds)


def _cancelled(timetable: Timetable, still: Mapping[Pair, Meeting]) -> Any:
    """Express how many meetings are given up, those that cannot be any more among them."""
    met = zip(timetable.pairs, timetable.met, strict=True)
    return len(still) - total([variable for pair, variable in met if pair in still])


def _elsewhen(timetable: Timetable, still: Mapping[Pair, Meeting]) -> Any:
    """Express how many meetings are at another time."""
    return total([
        variable
        for (number, slot, _), variable in timetable.at.items()
        if (pair := timetable.pairs[number]) in still and slot != still[pair].slot
    ])


def _elsewhere(timetable: Timetable, still: Mapping[Pair, Meeting]) -> Any:
    """Express how many meetings are at their time, and cannot be in their room."""
    return total([
        variable
        for (number, slot, zone), variable in timetable.at.items()
        if (pair := timetable.pairs[number]) in still
        and slot == still[pair].slot
        and not _keeps(timetable, still[pair], zone)
    ])


def _keeps(timetable: Timetable, was: Meeting, zone: int) -> bool:
    open_rooms = timetable.instance.open_rooms(was.slot)
    return timetable.zone_of.get(was.room) == zone and was.room in open_rooms


def _seated(
    today: Instance, timetable: Timetable, ran: Ran, still: Mapping[Pair, Meeting]
) -> list[Meeting]:
    """Give rooms out: whoever keeps its time and zone keeps its room."""
    placed = timetable.placed(ran)
    stay = [
        still[pair]
        for pair, (slot, zone) in placed.items()
        if pair in still and slot == still[pair].slot and _keeps(timetable, still[pair], zone)
    ]
    kept = {(one.a, one.b) for one in stay}
    others = {pair: place for pair, place in placed.items() if pair not in kept}
    return Seating(today, timetable.zones, [*today.fixed, *stay]).seat(others)


def _levels(
    still: Mapping[Pair, Meeting],
    after: Sequence[Meeting],
    floors: _Floors,
    bounds: Sequence[int],
) -> tuple[Level, ...]:
    new = {(one.a, one.b): one for one in after}
    both = [(old, new[pair]) for pair, old in still.items() if pair in new]
    values = {
        Aim.CANCELLED: len(still) - len(both),
        Aim.MOVED: sum(old.slot != now.slot for old, now in both),
        Aim.ROOMS: sum(old.slot == now.slot and old.room != now.room for old, now in both),
    }
    proven = [*bounds, *(0,) * (len(values) - len(bounds))]
    return tuple(
        Level(aim, value, max(floors.of(aim, values), bound))
        for (aim, value), bound in zip(values.items(), proven, strict=True)
    )
