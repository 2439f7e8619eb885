"""Owns what a vector backend must do, the exact one, and the one that also reads short codes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from index.coarse import CoarseCodes, Effort, better
from index.halves import Found, Halves
from index.rows import Floats, Rows, RowSet

__all__ = ["CoarseBackend", "ExactBackend", "Floats", "RowSet", "Rows", "Sizes", "VectorBackend"]

_LOG = logging.getLogger(__name__)
_FEWEST_CODED = 16


class VectorBackend(Protocol):
    """Rows of vectors that are searched by inner product.

    One thread adds, any number search meanwhile: a search sees the rows that were there when it
    began.
    """

    def add(self, vectors: Floats) -> None:
        """Append n rows of shape (n, d); they are numbered on from the last."""

    def search(self, queries: Floats, k: int, among: RowSet | None = None) -> tuple[Floats, Rows]:
        """Find, for each of q queries (q, d), the k best of all rows, or of those in a set.

        Returns:
            Scores (q, m) and rows (q, m), m = min(k, number of rows), by score descending, then
            row ascending; where fewer are found, row -1 and score -inf.
        """

    def vectors(self, rows: Rows) -> Floats:
        """Give the vectors of n rows, shape (n, d)."""

    def __len__(self) -> int:
        """Count the rows."""

    def growing(self) -> AbstractContextManager[None]:
        """Begin to build what goes beside the searches only after a block that adds much."""

    def settle(self) -> None:
        """Wait until what is built beside the searches, if anything, serves them."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """From which number of rows on a search goes which way. The values are measured.

    Attributes:
        exact: up to so many rows each is read, 16 at least; 20,000 of dimension 256 take 0.4 ms.
        gathered: a filter that leaves at most so many rows is answered by reading them all.
        tail: so many rows may wait for their codes; until then each is read.
        effort: how much of the codes is read.
    """

    exact: int = 20_000
    gathered: int = 10_000
    tail: int = 5_000
    effort: Effort = field(default_factory=Effort)

    def __post_init__(self) -> None:
        if self.exact < _FEWEST_CODED:
            raise ValueError(f"codes are learned from at least {_FEWEST_CODED} rows")


class ExactBackend:
    """Reads every row, as float16, which is what the store keeps of a vector; loses nothing."""

    def __init__(self, dimension: int) -> None:
        self._store = Halves(dimension)

    def add(self, vectors: Floats) -> None:
        """Append n rows of shape (n, d); they are numbered on from the last.

        Raises:
            ValueError: if a component is not finite as float16.
        """
        self._store.add(vectors)

    def search(self, queries: Floats, k: int, among: RowSet | None = None) -> tuple[Floats, Rows]:
        """Find, for each of q queries (q, d), the k best of all rows, or of those in a set."""
        k = min(k, len(self) if among is None else len(among))
        wanted: Floats | list[Floats] = _plain(queries) if k else []
        return _stacked([self._best(query, k, among) for query in wanted], len(queries), k)

    def vectors(self, rows: Rows) -> Floats:
        """Give the vectors of n rows, shape (n, d)."""
        return self._store.vectors(rows)

    def __len__(self) -> int:
        return len(self._store)

    def growing(self) -> AbstractContextManager[None]:
        """Do nothing: nothing is built beside the searches."""
        return nullcontext()

    def settle(self) -> None:
        """Do nothing: nothing is built beside the searches."""

    def _best(self, query: Floats, k: int, among: RowSet | None) -> Found:
        return self._store.best(query, k, among, len(self._store))


class CoarseBackend(ExactBackend):
    """Reads every row while there are few, and short codes with an exact rerank beyond that.

    Codes are learned, and later extended, in a thread beside the searches, which go on as before
    until the new ones take their place in one step. Rows that wait for a code are read
    themselves. A filter that leaves few rows is answered by reading these, exactly.
    """

    def __init__(self, dimension: int, *, sizes: Sizes | None = None) -> None:
        super().__init__(dimension)
        self._sizes = sizes or Sizes()
        self._codes: CoarseCodes | None = None
        self._lock = threading.Lock()
        self._builder: threading.Thread | None = None
        self._not_before = self._sizes.exact
        self._grows = 0

    def add(self, vectors: Floats) -> None:
        """Append n rows of shape (n, d); where it is time for codes, a thread makes them.

        Raises:
            ValueError: if a component is not finite as float16.
        """
        super().add(vectors)
        self._start_building()

    @contextmanager
    def growing(self) -> Iterator[None]:
        """Make codes only after a block that adds much, so that they are made once."""
        self._grows += 1
        try:
            yield
        finally:
            self._grows -= 1
            self._start_building()

    def settle(self) -> None:
        """Wait until the rows that are due for a code have one."""
        builder = self._builder
        if builder is not None:
            builder.join()

    @property
    def coded(self) -> int:
        """Count the rows that have a code."""
        return self._codes.size if self._codes else 0

    def _best(self, query: Floats, k: int, among: RowSet | None) -> Found:
        codes, size = self._codes, len(self._store)
        if codes is None or (among is not None and len(among) <= self._sizes.gathered):
            return self._store.best(query, k, among, size)
        found = codes.search(self._store, query, k, among)
        if size == codes.size:
            return found
        return better(found, self._store.scan(query, k, among, codes.size, size), k)

    def _start_building(self) -> None:
        if self._grows or not self._is_due():
            return
        with self._lock:
            if self._builder is None or not self._builder.is_alive():
                self._builder = threading.Thread(target=self._build, daemon=True, name="codes")
                self._builder.start()

    def _is_due(self) -> bool:
        size, coded = len(self._store), self.coded
        return size > self._not_before and (coded == 0 or size - coded > self._sizes.tail)

    def _build(self) -> None:
        while True:
            with self._lock:
                if not self._is_due():
                    self._builder = None
                    return
            size = len(self._store)
            try:
                self._codes = self._made(size)
            except Exception:
                self._not_before = size + self._sizes.tail
                _LOG.exception("no codes of %d vectors: the search stays exact and slower", size)

    def _made(self, size: int) -> CoarseCodes:
        codes = self._codes
        if codes is None or size >= 2 * codes.trained_on:
            return CoarseCodes.train(self._store, size, self._sizes.effort)
        return codes.extended(self._store, size)


def _plain(queries: Floats) -> Floats:
    return np.ascontiguousarray(queries, dtype=np.float32)


def _stacked(found: list[Found], count: int, k: int) -> tuple[Floats, Rows]:
    scores = np.full((count, k), -np.inf, dtype=np.float32)
    rows = np.full((count, k), -1, dtype=np.int64)
    for place, (best, at) in enumerate(found):
        scores[place, : len(best)], rows[place, : len(at)] = best, at
    return scores, rows
