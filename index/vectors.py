"""Owns the way between ids and rows of vectors: no row number leaves this module."""

from __future__ import annotations

import heapq
import logging
import threading
import weakref
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.backend import CoarseBackend, VectorBackend
from index.columns import Column, Mask, Numbers, Roster
from index.halves import Found
from index.rows import Floats, Rows, RowSet

_LOG = logging.getLogger(__name__)
_FEWEST_DEAD_ROWS = 1_000
_COMPACTED_AT_ONCE = 20_000
"""Up to so many rows compaction takes some milliseconds; beyond, it runs beside the searches."""
_ROWS_AT_A_TIME = 16_384


class Selection:
    """Numbers of a roster that searches are held to; worth keeping while a filter is asked for.

    An index looks its rows up once. After that a search costs nothing for their number, and what
    is put or removed later is taken account of: whoever keeps a selection marks a number anew
    before a row is put under it.
    """

    def __init__(self, marked: Mask) -> None:
        """Take a mask (n,) by number; numbers beyond it are not selected."""
        self._marked = Column(np.bool_)
        self._marked.replace(marked)
        self._read: weakref.WeakKeyDictionary[_Table, _Read] = weakref.WeakKeyDictionary()

    def __contains__(self, number: int) -> bool:
        return 0 <= number < len(self._marked) and bool(self._marked.values[number])

    def mark(self, numbers: Numbers, selected: Mask | bool) -> None:
        """Say of n numbers (n,) whether each is selected."""
        self._marked.grow(1 + int(numbers.max(initial=-1)))
        self._marked.values[numbers] = selected

    def mask(self, size: int) -> Mask:
        """Give a copy as a mask of the first `size` numbers, shape (size,)."""
        self._marked.grow(size)
        return self._marked.values[:size].copy()

    def without(self, number: int) -> Selection:
        """Give a selection of the same numbers but one."""
        marked = self.mask(len(self._marked))
        marked[number] = False
        return Selection(marked)

    def _rows(self, table: _Table) -> RowSet:
        read = self._read.get(table)
        if read is None or read.version != table.version:
            read = self._read[table] = self._reading(table, read)
        return read.rows

    def _reading(self, table: _Table, read: _Read | None) -> _Read:
        """Read the rows that are new to it; of the others only which have died."""
        seen, size = (read.version[0] if read else 0), len(table)
        new = table.numbers[seen:]
        self._marked.grow(1 + int(new.max(initial=-1)))
        chosen = np.empty(size, dtype=bool)
        chosen[:seen] = read.rows.mask(seen) if read else False
        chosen[seen:] = self._marked.values[new]
        return _Read(table.version, RowSet(chosen & table.live))


@dataclass(frozen=True, slots=True)
class _Read:
    """The rows of a selection in a table at a version."""

    version: tuple[int, int]
    rows: RowSet


class _Table:
    """Rows of a backend by number; a row that is dropped, or replaced, stays as a dead one."""

    def __init__(self, backend: VectorBackend) -> None:
        self.backend = backend
        self._numbers = Column(np.int32)  # by row
        self._live = Column(np.bool_)  # by row
        self._row = Column(np.int32)  # by number: 1 + the row, 0 where there is none
        self.dead = 0
        """How many rows are dead."""
        self._living: tuple[tuple[int, int], RowSet] | None = None

    def __len__(self) -> int:
        """Count the rows, dead ones included."""
        return len(self._numbers)

    @property
    def numbers(self) -> NDArray[np.int32]:
        """The number of each row; of a dead row, the one that it had."""
        return self._numbers.values

    @property
    def live(self) -> Mask:
        """Which rows are not dead."""
        return self._live.values

    @property
    def version(self) -> tuple[int, int]:
        """Number the states: it grows with each row that comes, and each that dies."""
        return len(self), self.dead

    def append(self, vectors: Floats) -> None:
        """Append a row for each of n vectors (n, d), to be named next."""
        self.backend.add(vectors)

    def name(self, numbers: Numbers) -> None:
        """Give the n newest rows their numbers; rows that had these are dead from then on."""
        first, size = len(self), len(self) + len(numbers)
        self.discard(numbers)
        for column in (self._numbers, self._live):
            column.grow(size)
        self.numbers[first:] = numbers
        self.live[first:] = True
        self._row.values[numbers] = 1 + np.arange(first, size)

    def discard(self, numbers: Numbers) -> None:
        """Let the rows of different numbers die, where they have one."""
        self._row.grow(1 + int(numbers.max(initial=-1)))
        rows = self.rows_of(numbers)
        rows = rows[rows >= 0]
        self.live[rows] = False
        self._row.values[numbers] = 0
        self.dead += len(rows)

    def rows_of(self, numbers: Numbers) -> Rows:
        """Give the row of each of n numbers, shape (n,); -1 where there is none."""
        there = (numbers >= 0) & (numbers < len(self._row))
        rows = np.full(len(numbers), -1, dtype=np.int64)
        rows[there] = self._row.values[numbers[there]]
        rows[there] -= 1
        return rows

    def living(self) -> RowSet:
        """Give the rows that are not dead."""
        if self._living is None or self._living[0] != self.version:
            self._living = self.version, RowSet(self.live)
        return self._living[1]


class VectorIndex:
    """Vectors by id: add, replace, remove, and search among any set of ids.

    Ids have numbers, by `roster`; a `Selection` is of these numbers. An index may be used from
    several threads; they take turns. What is built beside it (codes, a table without dead rows)
    takes its place in one step, and changes no answer but its speed.
    """

    def __init__(
        self,
        dimension: int,
        *,
        roster: Roster | None = None,
        backend: Callable[[int], VectorBackend] = CoarseBackend,
    ) -> None:
        self.dimension = dimension
        self._roster = Roster() if roster is None else roster
        self._make = backend
        self._table = _Table(backend(dimension))
        self._lock = threading.RLock()
        self._touched: set[int] | None = None
        self._compactor: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._table) - self._table.dead

    def __contains__(self, id: str) -> bool:
        return bool(self._table.rows_of(self._roster.numbers([id]))[0] >= 0)

    @property
    def ids(self) -> Collection[str]:
        """The ids that have a vector."""
        table = self._table
        return self._roster.ids(table.numbers[table.live].tolist())

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
            self._table.append(vectors)
            numbers = self._held(ids)
            self._table.name(numbers)
            self._touch(numbers)
            self._compact()

    def remove(self, ids: Collection[str]) -> None:
        """Drop the vectors of `ids`; ids that have none are passed over."""
        with self._lock:
            numbers = np.unique(self._roster.numbers(ids))
            numbers = numbers[self._table.rows_of(numbers) >= 0]
            self._table.discard(numbers)
            self._touch(numbers)
            for id in self._roster.ids(numbers.tolist()):
                self._roster.release(id)
            self._compact()

    def search(
        self, queries: Floats, k: int, *, among: Collection[str] | Selection | None = None
    ) -> list[list[tuple[str, float]]]:
        """Find the k nearest ids of each of q queries (q, d), by inner product.

        Args:
            queries: what is searched for.
            k: how many are wanted.
            among: the ids that may be found; they are looked up each time, a `Selection` once.

        Returns:
            For each query (id, score) pairs by score descending, then id ascending.

        Raises:
            ValueError: if a query is of another dimension or not finite.
        """
        with self._lock:
            return [self._named(found)[:k] for found in self._found(queries, k, among)]

    def nearest(self, query: Floats, k: int, *, among: Selection | None = None) -> Numbers:
        """Find the numbers of the k ids that `search` finds for a query (d,), in any order.

        Raises:
            ValueError: if the query is of another dimension or not finite.
        """
        with self._lock:
            (found,) = self._found(query[None, :], k, among)
            rows, scores = found.rows, found.scores
            if len(rows) <= k or scores[k] < scores[k - 1]:
                return self._table.numbers[rows[:k]].astype(np.int64)
            return self._roster.numbers(id for id, _ in self._named(found)[:k])  # ids break the tie

    def search_any(
        self, queries: Floats, k: int, *, among: Collection[str] | Selection | None = None
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
        return self.vectors_at(self._roster.numbers(ids))

    def vectors_at(self, numbers: Numbers) -> Floats:
        """Give vectors of shape (n, d) by number; a row is NaN where a number has none."""
        given = np.full((len(numbers), self.dimension), np.nan, dtype=np.float32)
        with self._lock:
            rows = self._table.rows_of(numbers)
            there = np.flatnonzero(rows >= 0)
            given[there] = self._table.backend.vectors(rows[there])
        return given

    def growing(self) -> AbstractContextManager[None]:
        """Begin to build what goes beside the searches only after a block that puts much."""
        return self._table.backend.growing()

    def settle(self) -> None:
        """Wait until what is being built beside the searches serves them."""
        compactor = self._compactor
        if compactor is not None:
            compactor.join()
        self._table.backend.settle()

    def _held(self, ids: Sequence[str]) -> Numbers:
        """Give the numbers of ids that have a row, or are to get one, shape (n,)."""
        numbers = self._roster.numbers(ids)
        for place in np.flatnonzero(self._table.rows_of(numbers) < 0).tolist():
            numbers[place] = self._roster.hold(ids[place])
        return numbers

    def _found(
        self, queries: Floats, k: int, among: Collection[str] | Selection | None
    ) -> Iterator[Found]:
        if queries.size == 0:
            return
        if queries.shape[1:] != (self.dimension,) or not np.isfinite(queries).all():
            raise ValueError(f"a query must be finite and of {self.dimension} components")
        rows = self._among(among)
        k = max(0, min(k, len(self) if rows is None else len(rows)))
        for query in np.asarray(queries, dtype=np.float32):
            yield self._best(query, k, rows) if query.any() else self._first(k, rows)

    def _among(self, ids: Collection[str] | Selection | None) -> RowSet | None:
        """Give the rows of the ids that have one, or None for all rows that there are."""
        table = self._table
        if ids is None:
            rows = table.living() if table.dead else None
        elif isinstance(ids, Selection):
            rows = ids._rows(table)
        else:
            found = table.rows_of(self._roster.numbers(ids))
            rows = RowSet.of(found[found >= 0])
        return None if rows is not None and len(rows) == len(table) else rows

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
        rows = np.arange(len(self._table)) if among is None else among.rows
        ids = self._ids(rows)
        first = heapq.nsmallest(k, range(len(ids)), key=ids.__getitem__)
        return Found(np.zeros(len(first), np.float32), rows[first])

    def _named(self, found: Found) -> list[tuple[str, float]]:
        pairs = zip(self._ids(found.rows), found.scores.tolist(), strict=True)
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))

    def _ids(self, rows: Rows) -> list[str]:
        return self._roster.ids(self._table.numbers[rows].tolist())

    def _touch(self, numbers: Numbers) -> None:
        if self._touched is not None:
            self._touched.update(numbers.tolist())

    def _compact(self) -> None:
        """Make a table without dead rows once they are the greater part."""
        at_work = self._compactor is not None and self._compactor.is_alive()
        if at_work or self._table.dead < max(_FEWEST_DEAD_ROWS, len(self)):
            return
        self._touched = set()
        rows = np.flatnonzero(self._table.live)
        work = (self._table, rows, self._table.numbers[rows].astype(np.int64))
        if len(self._table) <= _COMPACTED_AT_ONCE:
            self._replace(*work)
            return
        self._compactor = threading.Thread(
            target=self._replace, args=work, daemon=True, name="compaction"
        )
        self._compactor.start()

    def _replace(self, old: _Table, rows: Rows, numbers: Numbers) -> None:
        """Put a table with these rows of the old one, and what has changed since, in its place."""
        try:
            table = _Table(self._make(self.dimension))
            for start in range(0, len(rows), _ROWS_AT_A_TIME):
                piece = slice(start, start + _ROWS_AT_A_TIME)
                table.append(old.backend.vectors(rows[piece]))
                table.name(numbers[piece])
            table.backend.settle()
            with self._lock:
                self._catch_up(table, np.array(sorted(self._touched or ()), dtype=np.int64))
                self._table = table
        except Exception:
            _LOG.exception("%d dead vectors stay in memory for now", old.dead)
        finally:
            self._touched = None

    def _catch_up(self, table: _Table, touched: Numbers) -> None:
        table.discard(touched)
        rows = self._table.rows_of(touched)
        if (rows >= 0).any():
            table.append(self._table.backend.vectors(rows[rows >= 0]))
            table.name(touched[rows >= 0])
