"""Owns the rows of vectors as float16, and the exact search over them with the FAISS kernel."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.rows import Floats, Rows, RowSet, grown

_ROWS_AT_A_TIME = 2_048
"""How many rows are gathered at a time: 1 MiB at dimension 256, which the cache holds."""

_FEW = 2_000
"""Up to how many rows FAISS is not loaded for their vectors alone."""

_GATHERED = 8
"""Rows are gathered where a set holds less than one in so many of all."""


class Found(NamedTuple):
    """Scores (n,) and rows (n,), by score descending, then by row."""

    scores: Floats
    rows: Rows


class Halves:
    """Vectors as float16, numbered as they are added.

    The score of a row is the same number whichever way it is searched: FAISS reads each row on
    its own, in one order of adding.
    """

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._halves: NDArray[np.float16] = np.empty((0, dimension), dtype=np.float16)
        self._size = 0

    @cached_property
    def _faiss(self) -> Any:
        """FAISS, which is loaded by the first search: a few vectors are compared without it."""
        import faiss

        return faiss

    @cached_property
    def _decoder(self) -> Any:
        return self._faiss.ScalarQuantizer(self.dimension, self._faiss.ScalarQuantizer.QT_fp16)

    @cached_property
    def _kernel(self) -> Any:
        """An inverted file that stays empty: its scanner reads any memory that it is given."""
        faiss, dimension = self._faiss, self.dimension
        kind = faiss.ScalarQuantizer.QT_fp16
        return faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(dimension), dimension, 1, kind, faiss.METRIC_INNER_PRODUCT, False
        )

    def __len__(self) -> int:
        return self._size

    def add(self, vectors: Floats) -> None:
        """Append n rows of shape (n, d).

        Raises:
            ValueError: if the shape is another one, or a component is not finite as float16,
                which ends at 65,504.
        """
        if vectors.ndim != 2 or vectors.shape[1] != self.dimension:
            raise ValueError(f"vectors {vectors.shape} are not of {self.dimension} components")
        with np.errstate(over="ignore"):
            halves = np.asarray(vectors).astype(np.float16)
        if not np.isfinite(halves).all():
            raise ValueError("a vector must be finite as float16, which ends at 65,504")
        size = self._size + len(halves)
        self._halves = grown(self._halves, size)
        self._halves[self._size : size] = halves
        self._size = size

    def vectors(self, rows: Rows) -> Floats:
        """Give the vectors of n rows, shape (n, d)."""
        if len(rows) == 0:
            return np.empty((0, self.dimension), np.float32)
        codes = self._codes().take(rows).view(np.uint8).reshape(len(rows), -1)
        if self._size <= _FEW:
            return codes.view(np.float16).astype(np.float32)
        self._faiss.omp_set_num_threads(1)  # threads would wait for each other
        found: Floats = self._decoder.decode(codes)
        return found

    def best(self, query: Floats, k: int, among: RowSet | None, end: int) -> Found:
        """Find the k best for a query (d,) of a set's rows before `end`, in the cheaper way."""
        if among is not None and _GATHERED * len(among) < end:
            return self.gather(query, k, among.rows[: np.searchsorted(among.rows, end)])
        return self.scan(query, k, among, 0, end)

    def scan(
        self, query: Floats, k: int, among: RowSet | None, first: int = 0, end: int | None = None
    ) -> Found:
        """Find the k best for a query (d,) by reading the rows from `first` to before `end`."""
        codes = self._codes()[first : self._size if end is None else end]
        rows = np.arange(first, first + len(codes), dtype=np.int64)
        best = _Best(k)
        self._read(query, codes, rows, best, among)
        return best.found()

    def gather(self, query: Floats, k: int, rows: Rows) -> Found:
        """Find the k best for a query (d,) among n rows (n,), ascending."""
        codes, best = self._codes(), _Best(k)
        for start in range(0, len(rows), _ROWS_AT_A_TIME):
            some = rows[start : start + _ROWS_AT_A_TIME]
            self._read(query, codes.take(some), some, best, None)
        return best.found()

    def _codes(self) -> NDArray[np.void]:
        """See each row as one value, which numpy copies whole."""
        return self._halves.view(f"V{2 * self.dimension}").reshape(-1)

    def _read(
        self, query: Floats, codes: NDArray[np.void], rows: Rows, best: _Best, among: RowSet | None
    ) -> None:
        if len(codes) == 0 or len(best.rows) == 0:
            return
        pointer = self._faiss.swig_ptr
        selector = selector_of(self._faiss, among)
        scanner = self._kernel.get_InvertedListScanner(False, selector, None)
        scanner.set_query(pointer(query))
        scanner.set_list(0, 0.0)
        read = (pointer(codes.view(np.uint8)), pointer(rows))
        kept = (pointer(best.scores), pointer(best.rows))
        scanner.scan_codes(len(codes), *read, *kept, len(best.rows))


class _Best:
    """The heap of the k best that FAISS fills, over several readings."""

    def __init__(self, k: int) -> None:
        self.scores = np.full(k, -np.inf, dtype=np.float32)
        self.rows = np.full(k, -1, dtype=np.int64)

    def found(self) -> Found:
        there = self.rows >= 0
        return ordered(self.scores[there], self.rows[there])


def halved(vectors: Floats) -> Floats:
    """Give vectors as an index keeps them: rounded to float16."""
    return vectors.astype(np.float16).astype(np.float32)


def ordered(scores: Floats, rows: Rows) -> Found:
    """Order by score descending, then by row."""
    order = np.lexsort((rows, -scores))
    return Found(scores[order], rows[order])


def selector_of(faiss: Any, among: RowSet | None) -> Any:
    """Make what FAISS takes as a filter; the set must outlive it."""
    if among is None:
        return None
    return faiss.IDSelectorBitmap(len(among.bits), faiss.swig_ptr(among.bits))
