"""Owns the making of a schedule: whom, when, where; always with its best and the bounds of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matcher.assignment import Status
from matcher.scheduling.candidates import candidates, is_asked
from matcher.scheduling.instance import Instance, Pair
from matcher.scheduling.loosening import Loosening
from matcher.scheduling.measuring import values_of, waits_of
from matcher.scheduling.pairing import Choice, Paired, choose_pairs
from matcher.scheduling.schedule import Aim, Level, Schedule, in_order, status_of
from matcher.scheduling.search import Budget, Progress, Stop, improve
from matcher.scheduling.seating import Seating
from matcher.scheduling.sitting import fewest_rooms
from matcher.scheduling.tightening import LOOKS_PER_S, Board
from matcher.scheduling.timing import Place, Timetable
from matcher.scheduling.waiting import fewest_waits

MOST_JOINT = 150_000
"""The most (pair, slot) of a search for pairs and times at once."""

MOST_PROVEN = 6_000
"""The most (pair, slot) for which the fewest slots waited are sought to the end."""

_PAIRING, _PLACING, _JOINT, _TIGHTEN = 0.2, 0.25, 0.12, 0.3
"""The shares of the work: each level of pairs, placing them, each level at once, the exchanges of
slots."""

_LOOSEN, _FLOOR, _HOLES, _SIT = 0.15, 0.1, 0.15, 0.01
"""The shares of the work: parts placed anew, the bound of the waits, the proof that there are no
fewer, and the proof that hosts cannot sit in fewer rooms."""

STEPS = 4


@dataclass(frozen=True, slots=True)
class _Placed:
    """Where pairs meet; `holes` is the bound of the slots waited, where it is known."""

    places: Mapping[Pair, Place]
    timetable: Timetable
    holes: int = 0


def schedule(
    instance: Instance,
    *,
    seconds: float = 60.0,
    stop: Stop | None = None,
    progress: Progress | None = None,
) -> Schedule:
    """Make a schedule: first whom, then when, then where.

    Pairs are chosen by the levels of their wishes, which no schedule can pass; they are placed in
    time; where that cannot be, pairs and times are searched at once, and the bounds stand. Then
    come, of these pairs, the times with the fewest slots waited, and of these times the rooms with
    the fewest changes. The same instance and `seconds` give the same meetings, unless the clock
    or `stop` ends a search.

    Args:
        instance: what is to be solved.
        seconds: how much work it may be, and how long it may take.
        stop: asked several times a second whether somebody wants the end.
        progress: told of the steps.

    Returns:
        A schedule that is `optimal`, `feasible` (stopped, with its bounds), `infeasible` (proven)
        or `unknown` (stopped before anything was found).
    """
    budget = Budget(seconds, stop)
    tell = progress or (lambda what, done, total: None)
    tell("Choosing pairs", 0, STEPS)
    paired = choose_pairs(instance, budget, _PAIRING * seconds)
    if paired.pairs is None:
        status = Status.INFEASIBLE if paired.is_impossible else Status.UNKNOWN
        return Schedule(status, seconds=budget.spent)
    tell("Placing them in time", 1, STEPS)
    found = _place(instance, paired, budget, seconds)
    if not isinstance(found, _Placed):
        return Schedule(found, seconds=budget.spent)
    tell("Shortening the waits", 2, STEPS)
    found = _shorten(instance, found, budget, seconds)
    tell("Giving rooms out", 3, STEPS)
    return _finish(instance, paired, found, budget, _SIT * seconds)


def _place(instance: Instance, paired: Paired, budget: Budget, seconds: float) -> _Placed | Status:
    """Place the pairs that were chosen; where they cannot be, choose and place at once."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    timetable = Timetable(instance, paired.pairs or (), model, optional=False)
    ran = budget.run(model, _PLACING * seconds)
    if ran.has_found:
        return _Placed(timetable.placed(ran), timetable)
    return _place_at_once(instance, paired, budget, seconds)


def _place_at_once(
    instance: Instance, paired: Paired, budget: Budget, seconds: float
) -> _Placed | Status:
    """Search pairs and times at once, over the pairs that matter the most."""
    from ortools.sat.python import cp_model

    model, every = cp_model.CpModel(), candidates(instance)
    pairs = _that_matter(instance, every, set(paired.pairs or ()))
    timetable = Timetable(instance, pairs, model, optional=True)
    choice = Choice(instance, pairs, model, timetable.met)
    first = budget.run(model, _PLACING * seconds)
    if not first.has_found:
        proven = first.is_impossible and len(pairs) == len(every)
        return Status.INFEASIBLE if proven else Status.UNKNOWN
    variables = [*timetable.variables, *timetable.met]
    ran = choice.improve(budget, variables, _JOINT * seconds, first).ran or first
    return _Placed(timetable.placed(ran), timetable)


def _that_matter(instance: Instance, every: list[Pair], chosen: set[Pair]) -> list[Pair]:
    """Keep as many pairs as can be searched at once: the chosen, the asked-for, the best fits."""
    most = max(MOST_JOINT // max(len(instance.slots), 1), len(chosen))

    def order(pair: Pair) -> tuple[bool, bool, int, Pair]:
        forced = pair in instance.forced
        asked = is_asked(instance, pair)
        return (not (forced or pair in chosen), not asked, -instance.fit(*pair), pair)

    return sorted(sorted(every, key=order)[:most])


def _shorten(instance: Instance, found: _Placed, budget: Budget, seconds: float) -> _Placed:
    """Place the same pairs anew so that persons wait for fewer slots."""
    board = Board(instance, found.timetable.zones, found.places)
    board.tighten(budget, int(_TIGHTEN * seconds * LOOKS_PER_S))
    parts = Loosening(instance, found.timetable.zones, board.places, np.random.default_rng(0))
    waited = _waited(instance, board.places)
    floor = fewest_waits(instance, board.places, budget, _FLOOR * seconds) if waited else 0
    parts.loosen(budget, _LOOSEN * seconds, floor)
    shorter = _Placed(parts.places, found.timetable, floor)
    if _waited(instance, parts.places) <= floor or len(found.timetable.at) > MOST_PROVEN:
        return shorter
    return _prove(instance, shorter, budget, _HOLES * seconds)


def _prove(instance: Instance, found: _Placed, budget: Budget, seconds: float) -> _Placed:
    """Search the times with the fewest slots waited, from those that exchanges came to."""
    from ortools.sat.python import cp_model

    model, pairs = cp_model.CpModel(), sorted(found.places)
    timetable = Timetable(instance, pairs, model, optional=False)
    for (number, slot, zone), variable in timetable.at.items():
        model.add_hint(variable, found.places[pairs[number]] == (slot, zone))
    waits = timetable.holes()
    model.add(waits >= found.holes)
    best = improve(
        budget, model, timetable.variables, waits, most=False, seconds=seconds, before=None
    )
    if best is None:
        return found
    bound = max(best.bound, found.holes)
    better = best.value < _waited(instance, found.places)
    return _Placed(timetable.placed(best.ran) if better else found.places, timetable, bound)


def _waited(instance: Instance, places: Mapping[Pair, Place]) -> int:
    stand = [(id, one.slot) for one in instance.fixed for id in (one.a, one.b)]
    placed = [(id, slot) for pair, (slot, _) in places.items() for id in pair]
    return waits_of(instance, [*stand, *placed])


def _finish(
    instance: Instance, paired: Paired, found: _Placed, budget: Budget, seconds: float
) -> Schedule:
    zones = found.timetable.zones
    seated = Seating(instance, zones, instance.fixed).seat(found.places)
    seated, tables = fewest_rooms(instance, zones, seated, budget, seconds)
    values = values_of(instance, seated)
    bounds = paired.bounds | {Aim.HOLES: found.holes, Aim.TABLES: tables}
    levels = tuple(Level(aim, values[aim], bounds[aim]) for aim in values)
    return Schedule(status_of(levels), in_order(seated), levels, budget.spent)
