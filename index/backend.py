"""Owns what a vector backend must do, and the exact one over FAISS."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


class VectorBackend(Protocol):
    """Rows of vectors that are searched by inner product."""

    def add(self, vectors: Floats) -> None:
        """Append n rows of shape (n, d); they are numbered on from the last."""

    def search(self, queries: Floats, k: int, rows: Rows) -> tuple[Floats, Rows]:
        """Find, for each of q queries, the k best among `rows` (sorted, unique).

        Returns:
            Scores (q, k) and rows (q, k), best first; where fewer exist, row -1.
        """

    def vectors(self, rows: Rows) -> Floats:
        """Give the vectors of n rows, shape (n, d)."""

    def __len__(self) -> int:
        """Count the rows."""


class ExactBackend:
    """Exact search over a flat FAISS index; `rows` reach FAISS as a bitmap, so no filter loses."""

    def __init__(self, dimension: int) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self._faiss: Any = faiss
        self._index: Any = faiss.IndexFlatIP(dimension)

    def add(self, vectors: Floats) -> None:
        """Append n rows of shape (n, d); they are numbered on from the last."""
        self._index.add(np.ascontiguousarray(vectors, dtype=np.float32))

    def search(self, queries: Floats, k: int, rows: Rows) -> tuple[Floats, Rows]:
        """Find, for each of q queries, the k best among `rows` (sorted, unique)."""
        k = min(k, len(rows))
        if k == 0 or len(queries) == 0:
            return np.empty((len(queries), 0), np.float32), np.empty((len(queries), 0), np.int64)
        chosen = np.zeros(len(self), dtype=np.uint8)
        chosen[rows] = 1
        bitmap = np.packbits(chosen, bitorder="little")
        selector = self._faiss.IDSelectorBitmap(len(self), self._faiss.swig_ptr(bitmap))
        parameters = self._faiss.SearchParameters(sel=selector)
        scores, found = self._index.search(
            np.ascontiguousarray(queries, dtype=np.float32), k, params=parameters
        )
        return scores, found

    def vectors(self, rows: Rows) -> Floats:
        """Give the vectors of n rows, shape (n, d)."""
        if len(rows) == 0:
            return np.empty((0, self._index.d), np.float32)
        found: Floats = self._index.reconstruct_batch(np.asarray(rows, dtype=np.int64))
        return found

    def __len__(self) -> int:
        """Count the rows."""
        return int(self._index.ntotal)
