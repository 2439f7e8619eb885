"""Owns the greedy schedule: what one gets by hand, pair after pair, the dearest first."""

from __future__ import annotations

from collections import Counter

from matcher.assignment import Status
from matcher.scheduling.candidates import candidates
from matcher.scheduling.instance import Instance, Meeting, Pair
from matcher.scheduling.measuring import values_of, weight
from matcher.scheduling.person import can_walk, is_rested
from matcher.scheduling.schedule import Level, Schedule, in_order


def greedy(instance: Instance) -> Schedule:
    """Give each pair, the dearest first, the first slot and room that are free for it.

    It keeps what is fixed and every rule but the least numbers of meetings and the forced pairs
    that come too late: a peer to measure against, which proves nothing (its bounds are its values).
    """
    made = list(instance.fixed)
    had = Counter(id for one in made for id in (one.a, one.b))
    for pair in sorted(candidates(instance), key=lambda pair: _order(instance, pair)):
        limits = (instance.person[id].most for id in pair)
        if any(most is not None and had[id] >= most for id, most in zip(pair, limits, strict=True)):
            continue
        found = _first(instance, made, pair)
        if found is not None:
            made.append(found)
            had.update(pair)
    levels = tuple(Level(aim, value, value) for aim, value in values_of(instance, made).items())
    return Schedule(Status.FEASIBLE, in_order(made), levels)


def _order(instance: Instance, pair: Pair) -> tuple[bool, bool, int, Pair]:
    mutual = instance.is_mutual(*pair)
    return pair not in instance.forced, not mutual, -weight(instance, *pair), pair


def _first(instance: Instance, made: list[Meeting], pair: Pair) -> Meeting | None:
    own = [one for one in made if {one.a, one.b} & {*pair}]
    busy = {one.slot for one in own}
    for slot in instance.common(*pair):
        if slot in busy:
            continue
        taken = {one.room for one in made if one.slot == slot}
        for room in instance.open_rooms(slot):
            if room not in taken and _suits(instance, own, Meeting(*pair, slot, room)):
                return Meeting(*pair, slot, room)
    return None


def _suits(instance: Instance, own: list[Meeting], new: Meeting) -> bool:
    """Tell whether both persons stay rested, and have the time to walk."""
    for id in (new.a, new.b):
        its = sorted((one.slot, one.room) for one in [*own, new] if id in (one.a, one.b))
        walks = instance.person[id].online or can_walk(instance, its, instance.way)
        if not (walks and is_rested(instance, (slot for slot, _ in its))):
            return False
    return True
