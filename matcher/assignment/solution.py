"""Owns the answer of an assignment: the pairs, how good they are, and how good they could be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from matcher.levels import gap_of, levels_from_json, levels_json


class Status(StrEnum):
    """How a search ended.

    `optimal`: nothing is better by any level, and of its equals it is the first in the order that
    breaks ties. `feasible`: it was stopped, by time or by a person, and `bound` of each level says
    what might be better. `infeasible`: the rules contradict each
    other. `unknown`: stopped before anything was found.
    """

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


class Aim(StrEnum):
    """What is sought, in this order; each level holds what those before it have reached.

    `placed`: how many pairs are made (the most). `worst`: the fit of the pair that fits least
    (the most). `total`: the sum of all fits (the most). `spread`: the difference between the share
    of places filled of the fullest and the emptiest host, in 1/1000 (the least).
    """

    PLACED = "placed"
    WORST = "worst"
    TOTAL = "total"
    SPREAD = "spread"


@dataclass(frozen=True, slots=True)
class Level:
    """What was reached of one aim, and the bound that nothing can pass. Fits in 1/1024 point."""

    aim: Aim
    value: int
    bound: int

    @property
    def gap(self) -> float:
        """How far the value may be from the best, as a share of the bound, 0 to 1."""
        return gap_of(self)


@dataclass(frozen=True, slots=True)
class Solution:
    """An assignment.

    Attributes:
        status: how the search ended.
        pairs: (applicant id, host id), ascending.
        levels: what was reached, by aim in their order; empty where nothing was found.
        seconds: how long it took; never part of what is compared or hashed.
    """

    status: Status
    pairs: tuple[tuple[str, str], ...] = ()
    levels: tuple[Level, ...] = ()
    seconds: float = 0.0

    def level(self, aim: Aim) -> Level:
        """Give the level of an aim."""
        return next(one for one in self.levels if one.aim is aim)

    def value(self, aim: Aim) -> int:
        """Tell what was reached of an aim; 0 where nothing was."""
        return next((one.value for one in self.levels if one.aim is aim), 0)

    def as_json(self) -> dict[str, Any]:
        """Give it as plain values, without the time that it took."""
        return {
            "status": self.status.value,
            "pairs": [list(pair) for pair in self.pairs],
            "levels": levels_json(self.levels),
        }


def solution_from_json(held: Mapping[str, Any]) -> Solution:
    """Read what `Solution.as_json` gave."""
    return Solution(
        Status(held["status"]),
        tuple((a, b) for a, b in held["pairs"]),
        levels_from_json(held["levels"], Level, Aim),
    )
