"""Owns the stable matching that an assignment is compared with, and the pairs that block one."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass

import numpy as np

from matcher.assignment import preferences
from matcher.assignment.instance import Instance
from matcher.assignment.preferences import Ranks
from matcher.assignment.solution import Solution, Status


def deferred_acceptance(instance: Instance) -> Solution:
    """Give each applicant the best host that it can have in a stable matching.

    Applicants propose, hosts keep the best of those who have (Gale and Shapley, 1962; hosts with
    places, Roth, 1984). It heeds who may be paired, the places of hosts and the seats of
    applicants; rules that bind several pairs (quotas, shares, budgets, least numbers, forced pairs)
    have no part in it, which is why it is a yardstick here and not the way to decide.

    Returns:
        a solution without levels, for nothing was sought but stability.
    """
    kept = _propose(instance)
    pairs = sorted(
        (instance.applicant_ids[a], instance.host_ids[h]) for h, held in kept.items() for a in held
    )
    return Solution(Status.FEASIBLE, tuple(pairs))


@dataclass(frozen=True, slots=True)
class Blocking:
    """Two who would both rather have each other than what they have.

    Attributes:
        applicant: who would rather have `host`.
        host: who would rather have `applicant`.
        leaves: the host that the applicant would give up; None where it has a seat free.
        displaces: the applicant that the host would give up; None where it has a place free.
        gain: what the fit of the two exceeds the fit of what both give up by, in 1/1024 point.
    """

    applicant: str
    host: str
    leaves: str | None
    displaces: str | None
    gain: int


def blocking_pairs(instance: Instance, solution: Solution) -> tuple[Blocking, ...]:
    """Find the pairs that block a solution, by ascending ids; none: the matching is stable.

    A pair blocks if it may be made, is not made, and each of the two has room or prefers the other
    to the worst that it has.
    """
    audit = _Audit(instance, solution)
    rows, columns = np.nonzero(audit.blocking)
    return tuple(audit.tell(int(a), int(h)) for a, h in zip(rows, columns, strict=True))


class _Audit:
    """The matching as an array, and of each side the worst that it has and might give up."""

    def __init__(self, instance: Instance, solution: Solution) -> None:
        self._instance = instance
        self.made = made(instance, solution)
        self._worst_host = _worst(preferences.of_applicants(instance), self.made)
        self._worst_applicant = _worst(preferences.of_hosts(instance).T, self.made.T)
        self._has_seat = self.made.sum(1) < preferences.seats(instance)
        self._has_place = self.made.sum(0) < preferences.places(instance)
        self.blocking = self._find()

    def _find(self) -> preferences.Cells:
        ranks, claims = (
            preferences.of_applicants(self._instance),
            preferences.of_hosts(self._instance),
        )
        would = self._has_seat[:, None] | (ranks < _rank_at(ranks, self._worst_host)[:, None])
        takes = self._has_place[None, :] | (
            claims < _rank_at(claims.T, self._worst_applicant)[None, :]
        )
        found: preferences.Cells = preferences.allowed(self._instance) & ~self.made & would & takes
        return found

    def tell(self, a: int, h: int) -> Blocking:
        """Name a blocking pair with what both would give up for it."""
        ids, hosts, fits = (
            self._instance.applicant_ids,
            self._instance.host_ids,
            self._instance.fits,
        )
        left = None if self._has_seat[a] else int(self._worst_host[a])
        out = None if self._has_place[h] else int(self._worst_applicant[h])
        gain = int(fits[a, h])
        gain -= 0 if left is None else int(fits[a, left])
        gain -= 0 if out is None else int(fits[out, h])
        return Blocking(
            ids[a],
            hosts[h],
            None if left is None else hosts[left],
            None if out is None else ids[out],
            gain,
        )


def made(instance: Instance, solution: Solution) -> preferences.Cells:
    """Give the pairs of a solution as an array of shape (n, m)."""
    rows = {id: row for row, id in enumerate(instance.applicant_ids)}
    columns = {id: column for column, id in enumerate(instance.host_ids)}
    cells = np.zeros(instance.fits.shape, bool)
    for applicant, host in solution.pairs:
        cells[rows[applicant], columns[host]] = True
    return cells


def _worst(ranks: Ranks, has: preferences.Cells) -> Ranks:
    """Tell for each row the column with the greatest rank among those it has; -1 for none."""
    if not has.shape[1]:
        return np.full(len(has), -1, np.int64)
    held = np.where(has, ranks, -1)
    return np.where(has.any(1), held.argmax(1), -1)


def _rank_at(ranks: Ranks, columns: Ranks) -> Ranks:
    """Take the rank of one column of each row; -1, which nothing is below, where it has none."""
    if not ranks.shape[1]:
        return np.full(len(ranks), -1, np.int64)
    return np.where(columns < 0, -1, ranks[np.arange(len(ranks)), columns])


def _propose(instance: Instance) -> dict[int, list[int]]:
    """Let everyone with a free seat ask the dearest host that it has not asked yet."""
    claims, most = preferences.of_hosts(instance), preferences.places(instance)
    asked = [deque(row) for row in _lists(instance)]
    held: dict[int, list[tuple[int, int]]] = {h: [] for h in range(len(instance.hosts))}
    waiting = deque(a for a, free in enumerate(preferences.seats(instance)) for _ in range(free))
    while waiting:
        a = waiting.popleft()
        if not asked[a]:
            continue
        h = asked[a].popleft()
        heapq.heappush(held[h], (-int(claims[a, h]), a))
        if len(held[h]) > most[h]:
            waiting.append(heapq.heappop(held[h])[1])
    return {h: [a for _, a in offers] for h, offers in held.items()}


def _lists(instance: Instance) -> list[list[int]]:
    """Give for each applicant the hosts that it may have, the dearest first."""
    ranks, open_ = preferences.of_applicants(instance), preferences.allowed(instance)
    return [
        [int(h) for h in np.argsort(ranks[a]) if open_[a, h]]
        for a in range(len(instance.applicants))
    ]
