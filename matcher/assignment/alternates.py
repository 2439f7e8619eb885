"""Owns the reserve: who would get a place if it fell free."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from matcher.assignment import preferences
from matcher.assignment.exchanges import Exchanges, Pair
from matcher.assignment.instance import Instance
from matcher.assignment.solution import Solution, Status
from matcher.assignment.stability import made

if TYPE_CHECKING:
    from matcher.assignment.record import Record

RESERVE = 3


def reserves_of(record: Record, out: Collection[Pair] = ()) -> Mapping[str, tuple[str, ...]]:
    """Rank the reserve of each host of a decision: none whom a person took out, nor those `out`."""
    return reserves(record.instance, record.decided, out={*record.no_reserve, *out})


def reserves(
    instance: Instance, solution: Solution, k: int = RESERVE, *, out: Collection[Pair] = ()
) -> Mapping[str, tuple[str, ...]]:
    """Rank for each host the first `k` who could have one of its places if that fell free.

    They have a seat free, are in the order of the host (`preferences`), and no rule would be broken
    by at least one of the exchanges. A host that gave no place has no reserve; nor is one of it of
    whom `out` says so.
    """
    bench = _Bench(instance, solution, out)
    return {host: bench.of_host(h, k) for h, host in enumerate(instance.host_ids)}


def reserves_of_places(
    instance: Instance, solution: Solution, k: int = RESERVE
) -> Mapping[Pair, tuple[str, ...]]:
    """Rank for each place that was given the first `k` who could have it with all rules kept."""
    bench = _Bench(instance, solution)
    return {pair: bench.of_place(pair, k) for pair in solution.pairs}


class _Bench:
    """Those who have a seat free, in the order of each host."""

    def __init__(self, instance: Instance, solution: Solution, out: Collection[Pair] = ()) -> None:
        self._instance, self._pairs = instance, solution.pairs
        has = made(instance, solution)
        free = (has.sum(1) < preferences.seats(instance))[:, None]
        barred = made(instance, Solution(Status.FEASIBLE, tuple(out)))
        self._open = preferences.allowed(instance) & free & ~has & ~barred
        self._order = np.argsort(preferences.of_hosts(instance), axis=0)
        self._exchanges = Exchanges(instance, solution)

    def of_host(self, h: int, k: int) -> tuple[str, ...]:
        """Give the first `k` who could take any of a host's places."""
        places = [pair for pair in self._pairs if pair[1] == self._instance.host_ids[h]]
        could = (id for id in self._waiting(h) if any(self._keeps(id, pair) for pair in places))
        return _first(could, k)

    def of_place(self, pair: Pair, k: int) -> tuple[str, ...]:
        """Give the first `k` who could take one place."""
        waiting = self._waiting(self._instance.host_ids.index(pair[1]))
        return _first((id for id in waiting if self._keeps(id, pair)), k)

    def _waiting(self, h: int) -> Iterator[str]:
        ids = self._instance.applicant_ids
        return (ids[a] for a in self._order[:, h] if self._open[a, h])

    def _keeps(self, id: str, pair: Pair) -> bool:
        return not self._exchanges.breaks(without=[pair], made=[(id, pair[1])])


def _first(ids: Iterator[str], k: int) -> tuple[str, ...]:
    return tuple(id for id, _ in zip(ids, range(k), strict=False))
