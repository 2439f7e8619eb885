"""Owns the way between ids and rows of vectors: no row number leaves this module."""

from __future__ import annotations

import heapq
import logging
import threading
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from index.backend import CoarseBackend, VectorBackend
from index.halves import Found
from index.rows import Floats, Rows, RowSet, grown

_LOG = logging.getLogger(__name__)
_FEWEST_DEAD_ROWS = 1_000
_COMPACTED_AT_ONCE = 20_000
"""Up to so many rows compaction takes some milliseconds; beyond, it runs beside the searches."""
_ROWS_AT_A_TIME = 16_384


class Selection(Collection[str]):
    """Ids that searches are held to; worth keeping for as long as the same filter is asked for.

    An index looks each id up once. After that a search costs nothing for their number, and what
    is put or removed later is taken account of.
    """

    def __init__(self, ids: Iterable[str]) -> None:
        self._ids = frozenset(ids)
        self._read: weakref.WeakKeyDictionary[_Table, _Read] = weakref.WeakKeyDictionary()

    def __contains__(self, id: object) -> bool:
        return id in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def _rows(self, table: _Table) -> RowSet:
        read = self._read.get(table)
        if read is None or read.version != table.version:
            read = self._read[table] = self._reading(table, read)
        return read.rows

    def _reading(self, table: _Table, read: _Read | None) -> _Read:
        size = len(table.ids)
        if read is None:
            chosen = np.zeros(size, dtype=bool)
            chosen[table.rows_of(self._ids)] = True
        else:
            seen = read.version[0]
            chosen = grown(read.chosen, size)
            chosen[seen:size] = [id in self._ids for id in table.ids[seen:]]
        return _Read(table.version, chosen, RowSet(chosen[:size] & table.live[:size]))


@dataclass(frozen=True, slots=True)
class _Read:
    """What a selection has read of a table at a version: rows that hold or held one of its ids."""

    version: tuple[int, int]
    chosen: NDArray[np.bool_]
    rows: RowSet


class _Table:
    """Rows of a backend with their ids; a row that is dropped, or replaced, stays as a dead one."""

    def __init__(self, backend: VectorBackend) -> None:
        self.backend = backend
        self.ids: list[str] = []
        self.row_of: dict[str, int] = {}
        self.live: NDArray[np.bool_] = np.empty(0, dtype=bool)
        self._living: tuple[tuple[int, int], RowSet] | None = None

    @property
    def dead(self) -> int:
        """Count the dead rows."""
        return len(self.ids) - len(self.row_of)

    @property
    def version(self) -> tuple[int, int]:
        """Number the states: it grows with each row that comes, and each that dies."""
        return len(self.ids), self.dead

    def put(self, ids: Sequence[str], vectors: Floats) -> None:
        """Append a row for each id; the row that an id had is dead from then on."""
        first = len(self.ids)
        self.backend.add(vectors)
        self.live = grown(self.live, first + len(ids))
        self.live[first : first + len(ids)] = True
        for row, id in enumerate(ids, first):
            self.discard(id)
            self.row_of[id] = row
        self.ids.extend(ids)

    def discard(self, id: str) -> None:
        """Let the row of an id die, if it has one."""
        row = self.row_of.pop(id, None)
        if row is not None:
            self.live[row] = False

    def rows_of(self, ids: Collection[str]) -> Rows:
        """Give the rows of those ids that have one, in their order."""
        rows = np.fromiter(map(self.row_of.get, ids, repeat(-1)), np.int64, len(ids))
        there: Rows = rows[rows >= 0]
        return there

    def living(self) -> RowSet:
        """Give the rows that are not dead."""
        if self._living is None or self._living[0] != self.version:
            self._living = self.version, RowSet(self.live[: len(self.ids)])
        return self._living[1]


class VectorIndex:
    """Vectors by id: add, replace, remove, and search among any set of ids.

    It may be used from several threads; they take turns. What is built beside it (codes, a
    table without dead rows) takes its place in one step, and changes no answer but its speed.
    """

    def __init__(
        self, dimension: int, *, backend: Callable[[int], VectorBackend] = CoarseBackend
    ) -> None:
        self.dimension = dimension
        self._make = backend
        self._table = _Table(backend(dimension))
        self._lock = threading.RLock()
        self._touched: set[str] | None = None
        self._compactor: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._table.row_of)

    def __contains__(self, id: str) -> bool:
        return id in self._table.row_of

    @property
    def ids(self) -> Collection[str]:
        """The ids that have a vector."""
        return self._table.row_of.keys()

    def put(self, ids: Sequence[str], vectors: Floats) -> None:
        """Add vectors of shape (n, d); an id that is there gets the new one.

        They are kept as float16.

        Raises:
            ValueError: if an id stands twice in `ids`, the shape does not fit, or a component is
                not finite as float16. Nothing is changed then.
        """
        if len(set(ids)) != len(ids) or vectors.shape != (len(ids), self.dimension):
            raise ValueError(f"{len(ids)} unique ids need vectors ({len(ids)}, {self.dimension})")
        if not ids:
            return
        with self._lock:
            self._table.put(ids, vectors)
            self._touch(ids)
            self._compact()

    def remove(self, ids: Collection[str]) -> None:
        """Drop the vectors of `ids`; ids that have none are passed over."""
        with self._lock:
            for id in ids:
                self._table.discard(id)
            self._touch(ids)

    def search(
        self, queries: Floats, k: int, *, among: Collection[str] | None = None
    ) -> list[list[tuple[str, float]]]:
        """Find the k nearest ids of each of q queries (q, d), by inner product.

        Args:
            queries: what is searched for.
            k: how many are wanted.
            among: the ids that may be found; a `Selection` is looked up once and not each time.

        Returns:
            For each query (id, score) pairs by score descending, then id ascending.

        Raises:
            ValueError: if a query is of another dimension or not finite.
        """
        with self._lock:
            return [self._named(found)[:k] for found in self._found(queries, k, among)]

    def search_any(
        self, queries: Floats, k: int, *, among: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Find the k ids that are nearest to any of q queries (q, d), by greatest inner product.

        Returns:
            (id, score) pairs by score descending, then id ascending.

        Raises:
            ValueError: if a query is of another dimension or not finite.
        """
        with self._lock:
            found = list(self._found(queries, k, among))
            if not found:
                return []
            rows, place = np.unique(np.concatenate([f.rows for f in found]), return_inverse=True)
            best = np.full(len(rows), -np.inf, dtype=np.float32)
            np.maximum.at(best, place, np.concatenate([f.scores for f in found]))
            return self._named(Found(best, rows))[:k]

    def vectors(self, ids: Sequence[str]) -> Floats:
        """Give vectors of shape (n, d); a row is NaN where an id has none."""
        given = np.full((len(ids), self.dimension), np.nan, dtype=np.float32)
        with self._lock:
            row_of = self._table.row_of
            there = [place for place, id in enumerate(ids) if id in row_of]
            rows = np.array([row_of[ids[place]] for place in there], dtype=np.int64)
            given[there] = self._table.backend.vectors(rows)
        return given

    def settle(self) -> None:
        """Wait until what is being built beside the searches serves them."""
        compactor = self._compactor
        if compactor is not None:
            compactor.join()
        self._table.backend.settle()

    def _found(self, queries: Floats, k: int, among: Collection[str] | None) -> Iterator[Found]:
        if queries.size == 0:
            return
        if queries.shape[1:] != (self.dimension,) or not np.isfinite(queries).all():
            raise ValueError(f"a query must be finite and of {self.dimension} components")
        rows = self._among(among)
        k = max(0, min(k, len(self) if rows is None else len(rows)))
        for query in np.asarray(queries, dtype=np.float32):
            yield self._best(query, k, rows) if query.any() else self._first(k, rows)

    def _among(self, ids: Collection[str] | None) -> RowSet | None:
        """Give the rows of the ids that have one, or None for all rows that there are."""
        table = self._table
        if ids is None:
            rows = table.living() if table.dead else None
        elif isinstance(ids, Selection):
            rows = ids._rows(table)
        else:
            rows = RowSet.of(table.rows_of(ids))
        return None if rows is not None and len(rows) == len(table.ids) else rows

    def _best(self, query: Floats, k: int, among: RowSet | None) -> Found:
        """Search for the k best and for all that equal the k-th, so that ids can break the tie."""
        count = len(self) if among is None else len(among)
        asked = min(k + 1, count) if k else 0
        while True:
            scores, rows = self._table.backend.search(query[None, :], asked, among)
            there = rows[0] >= 0
            found = Found(scores[0, there], rows[0, there])
            if asked == count or len(found.rows) <= k or found.scores[-1] < found.scores[k - 1]:
                return found
            asked = min(4 * asked, count)

    def _first(self, k: int, among: RowSet | None) -> Found:
        """Give the k first by id, with a score of zero: nothing is nearer than another."""
        table = self._table
        ids = table.row_of if among is None else [table.ids[row] for row in among.rows]
        first = table.rows_of(heapq.nsmallest(k, ids))
        return Found(np.zeros(len(first), np.float32), first)

    def _named(self, found: Found) -> list[tuple[str, float]]:
        ids = self._table.ids
        pairs = zip((ids[row] for row in found.rows), found.scores.tolist(), strict=True)
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))

    def _touch(self, ids: Iterable[str]) -> None:
        if self._touched is not None:
            self._touched.update(ids)

    def _compact(self) -> None:
        """Make a table without dead rows once they are the greater part."""
        at_work = self._compactor is not None and self._compactor.is_alive()
        if at_work or self._table.dead < max(_FEWEST_DEAD_ROWS, len(self)):
            return
        self._touched = set()
        if len(self._table.ids) <= _COMPACTED_AT_ONCE:
            self._replace(self._table, dict(self._table.row_of))
            return
        work = (self._table, dict(self._table.row_of))
        self._compactor = threading.Thread(
            target=self._replace, args=work, daemon=True, name="compaction"
        )
        self._compactor.start()

    def _replace(self, old: _Table, row_of: dict[str, int]) -> None:
        """Put a table with these rows of the old one, and what has changed since, in its place."""
        try:
            table = _Table(self._make(self.dimension))
            ids = sorted(row_of)
            for start in range(0, len(ids), _ROWS_AT_A_TIME):
                some = ids[start : start + _ROWS_AT_A_TIME]
                rows = np.array([row_of[id] for id in some], dtype=np.int64)
                table.put(some, old.backend.vectors(rows))
            table.backend.settle()
            with self._lock:
                self._catch_up(table, self._touched or set())
                self._table = table
        except Exception:
            _LOG.exception("%d dead vectors stay in memory for now", old.dead)
        finally:
            self._touched = None

    def _catch_up(self, table: _Table, touched: set[str]) -> None:
        for id in touched:
            table.discard(id)
        changed = [id for id in touched if id in self._table.row_of]
        if changed:
            table.put(sorted(changed), self.vectors(sorted(changed)))
