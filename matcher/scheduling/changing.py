"""Owns the change of a schedule on the day: the least disturbance, and what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matcher.assignment import Status
from matcher.scheduling.instance import Instance, Meeting, Pair
from matcher.scheduling.pairing import Choice, total
from matcher.scheduling.schedule import Aim, Level, Schedule, in_order, status_of
from matcher.scheduling.search import Budget, Ran, Stop, improve
from matcher.scheduling.seating import Seating
from matcher.scheduling.timing import Timetable

_SHARE = 0.3


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

    Returns:
        The schedule, `infeasible` where a pair that must meet cannot, and the difference.
    """
    from ortools.sat.python import cp_model

    budget, model = Budget(seconds, stop), cp_model.CpModel()
    stands = tuple(one for one in before if one.slot < first)
    still = {(one.a, one.b): one for one in before if one.slot >= first}
    new = instance.forced - {(one.a, one.b) for one in before}
    today = _today(instance, stands, first, frozenset(new))
    pairs = sorted({*_possible(today, still), *new})
    timetable = Timetable(today, pairs, model, optional=True)
    Choice(today, pairs, model, timetable.met)
    found = _least(timetable, still, budget, _SHARE * seconds)
    if found is None:
        status = Status.INFEASIBLE if budget.was_impossible else Status.UNKNOWN
        return Changed(Schedule(status, seconds=budget.spent), difference(before, before))
    ran, bounds = found
    after = _seated(today, timetable, ran, still)
    levels = _levels(still, after, bounds)
    made = Schedule(status_of(levels), in_order(after), levels, budget.spent)
    return Changed(made, difference(before, after))


def _today(
    instance: Instance, stands: tuple[Meeting, ...], first: int, new: frozenset[Pair]
) -> Instance:
    """Give the instance from slot `first` on."""
    past = frozenset(range(first))
    people = tuple(replace(one, least=0, away=one.away | past) for one in instance.people)
    return instance.but(people=people, fixed=stands, forced=new, fill=True)


def _possible(instance: Instance, still: Mapping[Pair, Meeting]) -> list[Pair]:
    return [p for p in still if p not in instance.forbidden and instance.common(*p)]


def _least(
    timetable: Timetable, still: Mapping[Pair, Meeting], budget: Budget, seconds: float
) -> tuple[Ran, dict[Aim, int]] | None:
    """Go through the levels of disturbance; None where not even one solution is found."""
    ran, bounds = None, {}
    variables = [*timetable.variables, *timetable.met]
    for aim, expression in (
        (Aim.CANCELLED, _cancelled(timetable, still)),
        (Aim.MOVED, _elsewhen(timetable, still)),
        (Aim.ROOMS, _elsewhere(timetable, still)),
    ):
        best = improve(
            budget, timetable.model, variables, expression, most=False, seconds=seconds, before=ran
        )
        if best is None:
            return (ran, bounds) if ran is not None else None
        ran, bounds[aim] = best.ran, best.bound
    return (ran, bounds) if ran is not None else None


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
    still: Mapping[Pair, Meeting], after: Sequence[Meeting], bounds: Mapping[Aim, int]
) -> tuple[Level, ...]:
    new = {(one.a, one.b): one for one in after}
    both = [(old, new[pair]) for pair, old in still.items() if pair in new]
    values = {
        Aim.CANCELLED: len(still) - len(both),
        Aim.MOVED: sum(old.slot != now.slot for old, now in both),
        Aim.ROOMS: sum(old.slot == now.slot and old.room != now.room for old, now in both),
    }
    return tuple(Level(aim, value, bounds.get(aim, 0)) for aim, value in values.items())
