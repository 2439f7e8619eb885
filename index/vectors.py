"""Owns the way between ids and rows of vectors: no row number leaves this module."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from index.backend import ExactBackend, Floats, Rows, VectorBackend

_FEWEST_DEAD_ROWS = 1_000


class VectorIndex:
    """Vectors by id: add, replace, remove, and search among any set of ids."""

    def __init__(
        self, dimension: int, *, backend: Callable[[int], VectorBackend] = ExactBackend
    ) -> None:
        self.dimension = dimension
        self._make = backend
        self._backend = backend(dimension)
        self._ids: list[str | None] = []
        self._rows: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, id: str) -> bool:
        return id in self._rows

    @property
    def ids(self) -> Collection[str]:
        """The ids that have a vector."""
        return self._rows.keys()

    def put(self, ids: Sequence[str], vectors: Floats) -> None:
        """Add vectors of shape (n, d); an id that is there gets the new one.

        Raises:
            ValueError: if an id stands twice in `ids`, or the shape does not fit.
        """
        if len(set(ids)) != len(ids) or vectors.shape != (len(ids), self.dimension):
            raise ValueError(f"{len(ids)} unique ids need vectors ({len(ids)}, {self.dimension})")
        if not ids:
            return
        self.remove(ids)
        first = len(self._backend)
        self._backend.add(vectors)
        self._ids.extend(ids)
        self._rows.update({id: first + offset for offset, id in enumerate(ids)})
        self._compact()

    def remove(self, ids: Collection[str]) -> None:
        """Drop the vectors of `ids`; ids that have none are passed over."""
        for id in ids:
            row = self._rows.pop(id, None)
            if row is not None:
                self._ids[row] = None

    def search(
        self, queries: Floats, k: int, *, among: Collection[str] | None = None
    ) -> list[list[tuple[str, float]]]:
        """Find the k nearest ids of each of q queries (q, d), by inner product.

        Returns:
            For each query (id, score) pairs by score descending, then id ascending.
        """
        scores, found = self._best(queries, k, self._live(among))
        return [self._named(s, f)[:k] for s, f in zip(scores, found, strict=True)]

    def search_any(
        self, queries: Floats, k: int, *, among: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Find the k ids that are nearest to any of q queries (q, d), by greatest inner product.

        Returns:
            (id, score) pairs by score descending, then id ascending.
        """
        scores, found = self._best(queries, k, self._live(among))
        there = found >= 0
        best = np.full(len(self._ids), -np.inf, dtype=np.float32)
        np.maximum.at(best, found[there], scores[there])
        rows = np.unique(found[there])
        return self._named(best[rows], rows)[:k]

    def vectors(self, ids: Sequence[str]) -> Floats:
        """Give vectors of shape (n, d); a row is NaN where an id has none."""
        given = np.full((len(ids), self.dimension), np.nan, dtype=np.float32)
        there = [place for place, id in enumerate(ids) if id in self._rows]
        rows = np.array([self._rows[ids[place]] for place in there], dtype=np.int64)
        given[there] = self._backend.vectors(rows)
        return given

    def _live(self, ids: Collection[str] | None) -> Rows:
        """Give the rows of the ids that have one, sorted and unique."""
        if ids is None:
            rows = list(self._rows.values())
        else:
            rows = [row for id in ids if (row := self._rows.get(id)) is not None]
        chosen = np.zeros(len(self._ids), dtype=bool)
        chosen[rows] = True
        return np.flatnonzero(chosen)

    def _best(self, queries: Floats, k: int, rows: Rows) -> tuple[Floats, Rows]:
        """Search for the k best and for all that equal the k-th, so that ids can break the tie."""
        k = max(0, min(k, len(rows)))
        asked = k + 1 if k else 0
        while True:
            scores, found = self._backend.search(queries, asked, rows)
            if asked > found.shape[1] or k == 0 or not _tied(scores, found, k):
                return scores, found
            asked *= 2

    def _named(self, scores: Floats, rows: Rows) -> list[tuple[str, float]]:
        pairs = [
            (id, float(score))
            for score, row in zip(scores, rows, strict=True)
            if row >= 0 and (id := self._ids[row]) is not None
        ]
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))

    def _compact(self) -> None:
        dead = len(self._ids) - len(self._rows)
        if dead < max(_FEWEST_DEAD_ROWS, len(self._rows)):
            return
        ids = sorted(self._rows)
        kept = self.vectors(ids)
        self._backend = self._make(self.dimension)
        self._backend.add(kept)
        self._ids = list(ids)
        self._rows = {id: row for row, id in enumerate(ids)}


def _tied(scores: Floats, found: Rows, k: int) -> bool:
    """Tell whether, for some query, the last of the rows found is as good as the k-th."""
    return bool(np.any((found[:, -1] >= 0) & (scores[:, -1] == scores[:, k - 1])))
