"""Owns sets of rows: the bitmap that FAISS reads, and the numbers behind it."""

from __future__ import annotations

import weakref
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Scalar = TypeVar("Scalar", bound=np.generic)

_MOST_REMEMBERED = 20_000
"""Numbers of so many rows are kept beside the bitmap; of more they would outweigh it by far."""


class RowSet:
    """Some rows of a backend; it never changes, so what is worked out from it can be kept."""

    def __init__(self, chosen: NDArray[np.bool_]) -> None:
        """Take a mask (n,) over the first n rows; rows after them are not in the set."""
        self.bits = np.packbits(chosen, bitorder="little")
        self._count = int(np.count_nonzero(chosen))
        self._rows: Rows | None = None
        self.memo: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
        """What a backend's codes have worked out of this set; it goes when they do."""

    @classmethod
    def of(cls, rows: Rows) -> RowSet:
        """Make the set of the given rows, in any order."""
        chosen = np.zeros(int(rows.max(initial=-1)) + 1, dtype=bool)
        chosen[rows] = True
        return cls(chosen)

    def __len__(self) -> int:
        return self._count

    @property
    def rows(self) -> Rows:
        """The rows (n,), ascending."""
        if self._rows is not None:
            return self._rows
        rows: Rows = np.flatnonzero(np.unpackbits(self.bits, bitorder="little"))
        if len(rows) <= _MOST_REMEMBERED:
            self._rows = rows
        return rows

    def mask(self, size: int) -> NDArray[np.bool_]:
        """Give the set as a mask (size,) over the rows up to `size`, beyond which it has none."""
        if len(self.bits) == 0:  # numpy would give as many bits of chance
            return np.zeros(size, dtype=bool)
        return np.unpackbits(self.bits, count=size, bitorder="little").view(np.bool_)


def grown(array: NDArray[Scalar], size: int) -> NDArray[Scalar]:
    """Give an array of at least `size` along its first axis that begins as `array` does.

    Room is doubled, so that appending one by one costs little. The old array is left as it is:
    whoever reads it at this moment may go on.
    """
    if size <= len(array):
        return array
    wider = np.empty((max(size, 2 * len(array), 64), *array.shape[1:]), dtype=array.dtype)
    wider[: len(array)] = array
    return wider
