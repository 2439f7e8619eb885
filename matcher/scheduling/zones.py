"""Owns the zones: rooms that are as good as one another for whoever has to walk between them."""

from __future__ import annotations

import numpy as np

from matcher.scheduling.instance import Instance

Zones = tuple[tuple[str, ...], ...]


def zones(instance: Instance) -> Zones:
    """Put rooms together that are equally far from all others, and within reach of one another.

    Within a zone there is time to walk between any two slots, so that of its meetings only their
    number in a slot counts. Where there is time for every way, all rooms are one zone.
    """
    gaps = [instance.gap(slot - 1, slot) for slot in range(1, len(instance.slots))]
    short = min(gaps, default=0)
    if not gaps or instance.travel.size == 0 or instance.travel.max() <= short:
        return (tuple(one.id for one in instance.rooms),)
    made: list[list[int]] = []
    for room in range(len(instance.rooms)):
        home = next((zone for zone in made if _alike(instance, zone[0], room, short)), None)
        if home is None:
            made.append([room])
        else:
            home.append(room)
    return tuple(tuple(instance.rooms[room].id for room in zone) for zone in made)


def _alike(instance: Instance, one: int, other: int, short: int) -> bool:
    travel = instance.travel
    if max(travel[one, other], travel[other, one]) > short:
        return False
    rest = [room for room in range(len(instance.rooms)) if room not in (one, other)]
    return bool(
        np.array_equal(travel[one, rest], travel[other, rest])
        and np.array_equal(travel[rest, one], travel[rest, other])
    )
