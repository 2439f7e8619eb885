"""Instances of schedules: small ones by hand, and whole ones drawn by Hypothesis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from matcher.scheduling import Instance, Person, Room, Slot

UNIT = 1024


def slots(
    count: int, *, gap: int = 5, minutes: int = 25, lunch: int | None = None
) -> tuple[Slot, ...]:
    """Give slots of one morning; before the slot `lunch` there is an hour more."""
    step = minutes + gap
    pause = [60 if lunch is not None and number >= lunch else 0 for number in range(count)]
    return tuple(Slot(number * step + pause[number], minutes) for number in range(count))


def make(
    a: int = 2,
    b: int = 2,
    *,
    times: Sequence[Slot] | int = 3,
    rooms: int = 2,
    people: Mapping[str, Mapping[str, Any]] | None = None,
    wishes: Mapping[tuple[str, str], int] | None = None,
    fits: Mapping[tuple[str, str], int] | None = None,
    far: int = 0,
    closed: Mapping[str, Sequence[int]] | None = None,
    **more: Any,
) -> Instance:
    """Make an instance of persons a1.., b1.., rooms r1.. that are `far` minutes apart."""
    ids = [f"{side}{n + 1}" for side, count in (("a", a), ("b", b)) for n in range(count)]
    own = people or {}
    table = np.full((a, b), 10 * UNIT, np.int64)
    for (one, other), fit in (fits or {}).items():
        table[int(one[1:]) - 1, int(other[1:]) - 1] = fit
    travel = np.full((rooms, rooms), far, np.int64)
    np.fill_diagonal(travel, 0)
    shut = closed or {}
    return Instance(
        tuple(Person(id, "a" if id[0] == "a" else "b", **own.get(id, {})) for id in ids),
        slots(times) if isinstance(times, int) else tuple(times),
        tuple(Room(f"r{n + 1}", frozenset(shut.get(f"r{n + 1}", ()))) for n in range(rooms)),
        table,
        travel,
        wishes or {},
        **more,
    )


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    """Draw an instance of up to 4 and 4 persons, 5 slots and 3 rooms, with every kind of rule."""
    a, b = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    count, rooms = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    some = st.frozensets(st.integers(0, count - 1), max_size=2)
    ids = [f"a{n + 1}" for n in range(a)] + [f"b{n + 1}" for n in range(b)]
    people = {
        id: {
            "least": draw(st.sampled_from([0, 0, 0, 1])),
            "most": draw(st.sampled_from([None, None, 1, 2, 3])),
            "away": draw(some),
            "online": draw(st.booleans()),
        }
        for id in ids
    }
    pairs = [(f"a{i + 1}", f"b{j + 1}") for i in range(a) for j in range(b)]
    ways = [*pairs, *(pair[::-1] for pair in pairs)]
    few = st.frozensets(st.sampled_from(pairs), max_size=2)
    return make(
        a,
        b,
        times=slots(
            count, gap=draw(st.sampled_from([0, 5, 10])), lunch=draw(st.none() | st.just(2))
        ),
        rooms=rooms,
        people=people,
        wishes=draw(st.dictionaries(st.sampled_from(ways), st.integers(1, 3), max_size=8)),
        fits={pair: draw(st.integers(-1, 100 * UNIT)) for pair in pairs},
        far=draw(st.sampled_from([0, 0, 7, 12])),
        closed={f"r{n + 1}": sorted(draw(some)) for n in range(rooms)},
        forced=draw(st.sampled_from([frozenset(), frozenset(pairs[:1])])),
        forbidden=draw(few),
        in_a_row=draw(st.sampled_from([None, 1, 2])),
        fill=draw(st.booleans()),
    )
