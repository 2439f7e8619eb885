"""Owns columns of numbers that grow, and the numbering of ids that such columns are kept by."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]

_SMALLEST = 16
_SAMPLED = 8
"""Of so many scores one is looked at first where the greatest are sought."""


class Column:
    """An array that grows at its end; `values` is a view of what it holds, shape (n, ...)."""

    def __init__(self, dtype: DTypeLike, *shape: int) -> None:
        self._held: NDArray[Any] = np.zeros((_SMALLEST, *shape), dtype=dtype)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> NDArray[Any]:
        """What the column holds; to be read anew after each growth."""
        return self._held[: self._size]

    def grow(self, size: int) -> None:
        """Make room for at least `size` values; new ones are zero."""
        if size > len(self._held):
            room = max(size, 2 * len(self._held))
            held = np.zeros((room, *self._held.shape[1:]), dtype=self._held.dtype)
            held[: self._size] = self.values
            self._held = held
        self._size = max(self._size, size)

    def append(self, value: Any) -> int:
        """Add a value at the end; give its number."""
        self.grow(self._size + 1)
        self._held[self._size - 1] = value
        return self._size - 1

    def replace(self, values: NDArray[Any]) -> None:
        """Hold these values instead."""
        self._held = np.array(values, dtype=self._held.dtype)
        self._size = len(values)


class Roster:
    """Numbers ids from 0; a number that nobody holds any more is given to another id."""

    def __init__(self) -> None:
        self._number: dict[str, int] = {}
        self._ids: list[str] = []
        self._holders: list[int] = []
        self._free: list[int] = []

    def __len__(self) -> int:
        """Count the numbers that were ever given: every number is below it."""
        return len(self._ids)

    def hold(self, id: str) -> int:
        """Give the number of an id, and keep it until `release` was called as often."""
        number = self._number.get(id)
        if number is None:
            number = self._new(id)
        self._holders[number] += 1
        return number

    def release(self, id: str) -> None:
        """Let go of a number that was held."""
        number = self._number[id]
        self._holders[number] -= 1
        if self._holders[number] == 0:
            del self._number[id]
            self._ids[number] = ""
            self._free.append(number)

    def number(self, id: str) -> int:
        """Give the number of an id, -1 where it has none."""
        return self._number.get(id, -1)

    def numbers(self, ids: Iterable[str]) -> Numbers:
        """Give the numbers of n ids, shape (n,), -1 where one has none."""
        return np.array([self._number.get(id, -1) for id in ids], dtype=np.int64)

    def id(self, number: int) -> str:
        """Give the id of a number that is held."""
        return self._ids[number]

    def ids(self, numbers: Iterable[int]) -> list[str]:
        """Give the ids of numbers that are held."""
        return [self._ids[number] for number in numbers]

    def mask(self, ids: Iterable[str]) -> Mask:
        """Mark the numbers of ids, shape (len(self),); ids without a number are passed over."""
        marked = np.zeros(len(self._ids) + 1, dtype=bool)
        marked[self.numbers(ids)] = True
        return marked[:-1]

    def _new(self, id: str) -> int:
        if self._free:
            number = self._free.pop()
            self._ids[number] = id
        else:
            number = len(self._ids)
            self._ids.append(id)
            self._holders.append(0)
        self._number[id] = number
        return number


def best_first(
    scores: NDArray[np.float64], k: int, id_at: Callable[[int], str]
) -> NDArray[np.int64]:
    """Give the places of the k greatest of n scores; equal ones by the ids at them, ascending."""
    k = min(k, len(scores))
    if k <= 0:
        return np.empty(0, np.int64)
    some = scores[::_SAMPLED]
    if len(some) > k:  # the k-th of some is no greater than that of all: what is below it is out
        some = scores[scores >= np.partition(some, len(some) - k)[len(some) - k]]
    else:
        some = scores
    least = np.partition(some, len(some) - k)[len(some) - k]
    chosen = np.flatnonzero(scores >= least).tolist()
    keys = {place: (-scores[place], id_at(place)) for place in chosen}
    return np.array(sorted(chosen, key=keys.__getitem__)[:k], dtype=np.int64)
