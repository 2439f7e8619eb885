"""Owns what every search tells of an aim: what was reached, the bound, the gap, and it as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, Protocol, TypeVar

L = TypeVar("L")
A = TypeVar("A", bound=StrEnum)


class Reached(Protocol):
    """What was reached of an aim, and the bound that nothing can pass."""

    @property
    def aim(self) -> StrEnum:
        """The aim."""
        ...

    @property
    def value(self) -> int:
        """What was reached."""
        ...

    @property
    def bound(self) -> int:
        """What nothing can pass."""
        ...


def gap_of(one: Reached) -> float:
    """Tell how far the value may be from the best, as a share of the larger of both, 0 to 1."""
    return abs(one.bound - one.value) / max(abs(one.bound), abs(one.value), 1)


def levels_json(levels: Iterable[Reached]) -> list[dict[str, Any]]:
    """Give levels as plain values."""
    return [{"aim": one.aim.value, "value": one.value, "bound": one.bound} for one in levels]


def levels_from_json(
    held: Iterable[Mapping[str, Any]], make: Callable[[A, int, int], L], aims: type[A]
) -> tuple[L, ...]:
    """Read what `levels_json` gave."""
    return tuple(make(aims(one["aim"]), one["value"], one["bound"]) for one in held)
