"""Schedules of one-to-one meetings: what is reached, how far from the bound, beside a greedy peer.

Run: python -m benchmarks.scheduling [--seconds 60] [--people 300] [--slots 30] [--rooms 60]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from random import Random

import numpy as np

from matcher.scheduling import (
    Aim,
    Instance,
    Person,
    Room,
    Schedule,
    Slot,
    change,
    check,
    greedy,
    schedule,
)

UNIT = 1024
COLUMNS = (
    *("way", "meetings", "mutual", "worst", "wishes", "holes", "tables"),
    *("gap %", "waits bound", "tables bound", "wall s", "CPU s"),
)


def instance(people: int, slots: int, rooms: int, seed: int = 0) -> Instance:
    """Draw an event: three days, twelve wishes each, a tenth of the slots away, ways between halls.

    Args:
        people: how many, half on each side.
        slots: how many in all, of 20 minutes with 5 between them and an hour at noon.
        rooms: how many tables, in two halls, all within reach between two slots.
        seed: of the draw.
    """
    random = Random(seed)
    ids = {side: [f"{side}{n:04d}" for n in range(people // 2)] for side in "ab"}
    persons = [
        Person(id, side, 4, 10, frozenset(s for s in range(slots) if random.random() < 0.1))
        for side in ("a", "b")
        for id in ids[side]
    ]
    wishes = {
        (one, other): random.randint(1, 3)
        for side, across in ("ab", "ba")
        for one in ids[side]
        for other in random.sample(ids[across], min(12, people // 2))
    }
    many = people // 2
    fits = np.array(
        [[random.randint(0, 100 * UNIT) if random.random() < 0.9 else -1 for _ in range(many)]
         for _ in range(many)], np.int64,
    )  # fmt: skip
    halls = np.arange(rooms) < rooms // 2
    travel = np.where(halls[:, None] == halls[None, :], 0, 5).astype(np.int64)
    return Instance(
        tuple(persons), _slots(slots), tuple(Room(f"t{n:03d}") for n in range(rooms)), fits, travel,
        wishes, in_a_row=4,
    )  # fmt: skip


def _slots(count: int) -> tuple[Slot, ...]:
    per_day = -(-count // 3)
    found = []
    for number in range(count):
        day, place = divmod(number, per_day)
        noon = 60 if 2 * place >= per_day else 0
        found.append(Slot(day * 1440 + 540 + 25 * place + noon, 20))
    return tuple(found)


def _row(way: str, found: Schedule, wall: float, spent: float) -> tuple[str, ...]:
    values = [str(found.level(aim).value) for aim in tuple(Aim)[:5]]
    gap = 100 * max(found.level(aim).gap for aim in (Aim.MUTUAL, Aim.WORST, Aim.WISHES))
    proven = f"{gap:.2f}" if way != "greedy" else "-"
    aims = (Aim.HOLES, Aim.TABLES)
    bounds = [str(found.level(aim).bound) if way != "greedy" else "-" for aim in aims]
    return way, str(len(found.meetings)), *values, proven, *bounds, f"{wall:.1f}", f"{spent:.1f}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, least in (("seconds", 60), ("people", 300), ("slots", 30), ("rooms", 60)):
        parser.add_argument(f"--{name}", type=int, default=least)
    asked = parser.parse_args()
    one = instance(asked.people, asked.slots, asked.rooms)
    print(f"{asked.people} people, {asked.slots} slots, {asked.rooms} tables; gap: of the wishes\n")
    print(" | ".join(COLUMNS))
    made = _timed("Dari", one, lambda: schedule(one, seconds=asked.seconds))
    _timed("greedy", one, lambda: greedy(one))
    _change(one, made)


def _timed(way: str, one: Instance, make: object) -> Schedule:
    wall, spent = time.perf_counter(), time.process_time()
    found: Schedule = make()  # type: ignore[operator]
    row = _row(way, found, time.perf_counter() - wall, time.process_time() - spent)
    print(" | ".join(row), flush=True)
    broken = check(one, found)
    print(f"  checked: {len(broken)} rules broken{_of(broken)}", flush=True)
    return found


def _of(broken: list[object]) -> str:
    kinds = sorted({one.rule.kind.value for one in broken})  # type: ignore[attr-defined]
    return f" ({', '.join(kinds)})" if kinds else ""


def _change(one: Instance, made: Schedule) -> None:
    """Lose a room and two persons after a third of the slots, and fit the rest to it."""
    first = len(one.slots) // 3
    rest = frozenset(range(first, len(one.slots)))
    gone = {"a0000", "b0001"}
    now = one.but(
        people=tuple(replace(p, away=p.away | rest) if p.id in gone else p for p in one.people),
        rooms=tuple(replace(r, closed=rest) if r.id == "t000" else r for r in one.rooms),
    )
    wall, spent = time.perf_counter(), time.process_time()
    found = change(now, made.meetings, first, seconds=30)
    values = ", ".join(
        f"{one.aim.value} {one.value} (bound {one.bound})" for one in found.schedule.levels
    )
    print(
        f"\nA room and two persons less from slot {first} on: {values}; "
        f"kept {found.difference.kept}; wall {time.perf_counter() - wall:.1f} s, "
        f"CPU {time.process_time() - spent:.1f} s"
    )


if __name__ == "__main__":
    main()
