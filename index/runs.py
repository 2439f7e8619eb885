"""Owns the runs of three signs of texts: which rows share most, and rarest, runs with a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from index.columns import Column, Mask, Numbers
from index.postings import K1, B, Segment

Terms = NDArray[np.int32]
_RUN = 3
_BEGIN, _END = "\x02", "\x03"
_BETWEEN = _END + _BEGIN
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""An odd number near 2^64 divided by the golden ratio (Knuth 1998, 6.4): it spreads keys well."""
_FACTOR = 4


class Runs:
    """Rows of texts, numbered from 0 as they are added; scored by BM25, as words are.

    A run is known by 31 bits of a hash: two runs that share them count as one, which of a million
    happens to one in two thousand, and only blurs what is compared more closely afterwards.
    """

    def __init__(self) -> None:
        self._lengths = Column(np.float32)
        self._alive = Column(np.bool_)
        self._dead = 0
        self._segments: list[Segment] = []
        self._waiting: list[tuple[Terms, Terms]] = []
        self._norms: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        """Count the rows, those that were dropped included."""
        return len(self._lengths)

    @property
    def dead(self) -> int:
        """How many rows were dropped, and still take room."""
        return self._dead

    def add(self, rows: Sequence[str], kinds: Sequence[bool]) -> range:
        """Add rows of words, each with its kind; give their numbers.

        Rows of two kinds have no run in common.
        """
        terms, sizes = runs_of(rows, kinds)
        numbers = range(len(self), len(self) + len(rows))
        for column in (self._lengths, self._alive):
            column.grow(numbers.stop)
        self._lengths.values[numbers.start :] = sizes
        self._alive.values[numbers.start :] = True
        self._waiting.append((terms, np.repeat(np.array(numbers, np.int32), sizes)))
        self._norms = None
        return numbers

    def drop(self, row: int) -> None:
        """Drop a row, which must be there."""
        self._alive.values[row] = False
        self._dead += 1
        self._norms = None

    def scores(self, row: str, kind: bool) -> NDArray[np.float64]:
        """Give the BM25 score of n rows for a row like them, shape (n,); dropped ones get 0.

        A run that is asked for several times counts as often.
        """
        self._seal()
        terms, times = np.unique(runs_of([row], [kind])[0], return_counts=True)
        alive, norms = self._alive.values, self._row_norms()
        scores = np.zeros(len(self))
        for place, (rows, counts) in enumerate(self._occurrences(terms)):
            held = np.count_nonzero(alive[rows]) if self._dead else len(rows)
            rarity = np.log1p((len(self) - self._dead - held + 0.5) / (held + 0.5))
            share = counts / (counts + norms[rows])
            scores[rows] += share * np.float32(rarity * times[place])
        return scores

    def compact(self) -> Numbers:
        """Forget the rows that were dropped.

        Returns:
            For each row that was there its new number, -1 for those that are gone.
        """
        self._seal()
        alive: Mask = self._alive.values
        new_row = np.where(alive, np.cumsum(alive) - 1, -1)
        self._segments = [segment.renumbered(new_row) for segment in self._segments]
        self._lengths.replace(self._lengths.values[alive])
        self._alive.replace(np.ones(len(self._lengths), bool))
        self._dead, self._norms = 0, None
        return new_row

    def _occurrences(self, terms: Terms) -> Iterator[tuple[Terms, NDArray[np.float32]]]:
        """Give for each of n terms the rows that hold it, and how often each does."""
        spans = [segment.spans(terms) for segment in self._segments]
        for place in range(len(terms) if spans else 0):
            parts = [slice(begin[place], end[place]) for begin, end in spans]
            held = list(zip(self._segments, parts, strict=True))
            rows = np.concatenate([segment.rows[part] for segment, part in held])
            counts = np.concatenate([segment.counts[part] for segment, part in held])
            yield rows, counts.astype(np.float32)

    def _row_norms(self) -> NDArray[np.float32]:
        """Give what the length of each row adds to a count; infinite for dropped ones."""
        if self._norms is None:
            alive, lengths = self._alive.values, self._lengths.values.astype(np.float64)
            mean = lengths[alive].mean() if alive.any() else 0.0
            norms = np.where(alive, K1 * (1 - B + B * lengths / (mean or 1.0)), np.inf)
            self._norms = norms.astype(np.float32)
        return self._norms

    def _seal(self) -> None:
        """Make a segment of the rows that wait, and join segments of about one size."""
        if self._waiting:
            terms, rows = (np.concatenate(parts) for parts in zip(*self._waiting, strict=True))
            self._segments.append(Segment.of(terms, rows))
            self._waiting = []
        held = self._segments
        while len(held) > 1 and len(held[-2]) < _FACTOR * len(held[-1]):
            last = held.pop()
            held[-1] = held[-1].joined(last)


def runs_of(rows: Sequence[str], kinds: Sequence[bool]) -> tuple[Terms, Numbers]:
    """Give the runs of n rows, one row after the other, shape (m,), and how many each has (n,).

    They are the runs of each word and, where there are several, of all words as one. Where a word
    begins and ends are signs, too. A word of one sign makes one run, an empty row none.
    """
    rows = [_with_whole(row) if " " in row else row for row in rows]
    marked = f"{_BEGIN}{_BETWEEN.join(rows)}{_END}"
    signs = np.frombuffer(marked.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    first, second, third = (signs[ahead : len(signs) - 2 + ahead] for ahead in range(_RUN))
    within = (first != ord(_END)) & (second != ord(_END))
    sizes = np.fromiter(map(len, rows), np.int64, len(rows)) + len(_BETWEEN)
    counts = np.diff(np.append(0, np.cumsum(within))[np.append(0, np.cumsum(sizes) - 2)])
    kind = np.repeat(np.array(kinds, np.uint64) << np.uint64(63), counts)
    runs = (first << np.uint64(42) | second << np.uint64(21) | third)[within]
    return ((runs | kind) * _SPREAD >> np.uint64(33)).astype(np.int32), counts


def _with_whole(row: str) -> str:
    return row.replace(" ", _BETWEEN) + _BETWEEN + row.replace(" ", "")
