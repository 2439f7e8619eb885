"""Owns the postings of lexical search: which rows hold a token how often, and their BM25 scores.

A row is added and dropped without touching the others. What BM25 asks of the whole, in how many
rows a token stands and how long rows are in the mean, is counted when it is asked, so that scores
are at every moment those of an index that is built anew.
"""

from __future__ import annotations

import threading
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.columns import Column, Mask, Numbers

K1 = 1.5
B = 0.75
"""The parameters of BM25 in Lucene's form (Robertson and Zaragoza 2009; Kamphuis et al. 2020)."""

Scores = NDArray[np.float64]

_FACTOR = 4
_MOST_WAITING = 4_000_000
_AT_ONCE = 1_000_000
"""The postings up to which segments are merged at once; greater ones beside the search."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Postings of some rows: `terms` (t,) ascending, each with rows and counts from its start."""

    terms: NDArray[np.int32]
    starts: Numbers
    rows: NDArray[np.int32]
    counts: NDArray[np.uint16]

    @classmethod
    def of(cls, tokens: NDArray[np.int32], rows: NDArray[np.int32]) -> Segment:
        """Make a segment of n tokens and the rows that they stand in."""
        keys, counts = np.unique(tokens.astype(np.int64) << 32 | rows, return_counts=True)
        of_key = (keys >> 32).astype(np.int32)
        first = np.flatnonzero(np.diff(of_key, prepend=-1))
        most = np.iinfo(np.uint16).max
        return cls(
            of_key[first],
            np.append(first, len(keys)),
            (keys & 0xFFFFFFFF).astype(np.int32),
            np.minimum(counts, most).astype(np.uint16),
        )

    def __len__(self) -> int:
        return len(self.rows)

    def spans(self, terms: NDArray[np.int32]) -> tuple[Numbers, Numbers]:
        """Give where the postings of n terms begin and end, each shape (n,); equal if none."""
        if not len(self.terms):
            return np.zeros(len(terms), np.int64), np.zeros(len(terms), np.int64)
        place = np.minimum(np.searchsorted(self.terms, terms), len(self.terms) - 1)
        there = self.terms[place] == terms
        return np.where(there, self.starts[place], 0), np.where(there, self.starts[place + 1], 0)

    def of_rows(self, wanted: Mask) -> tuple[NDArray[np.int32], ...]:
        """Give the postings of the rows that are marked: rows, counts and terms, each (m,)."""
        at = np.flatnonzero(wanted[self.rows])
        term = np.searchsorted(self.starts, at, side="right") - 1
        return self.rows[at], self.counts[at].astype(np.int32), self.terms[term]

    def renumbered(self, new_row: Numbers) -> Segment:
        """Give the segment with other rows, without those whose new row is -1."""
        rows = new_row[self.rows]
        kept = rows >= 0
        starts = np.append(0, np.cumsum(kept))[self.starts]
        there = np.diff(starts) > 0
        return Segment(
            self.terms[there],
            np.append(starts[:-1][there], starts[-1]),
            rows[kept].astype(np.int32),
            self.counts[kept],
        )

    def joined(self, other: Segment) -> Segment:
        """Give the postings of both, which have no row in common."""
        terms = np.union1d(self.terms, other.terms)
        sizes = np.zeros(len(terms) + 1, np.int64)
        places = [np.searchsorted(terms, one.terms) for one in (self, other)]
        for one, place in zip((self, other), places, strict=True):
            sizes[place + 1] += np.diff(one.starts)
        starts = np.cumsum(sizes)
        rows = np.empty(len(self) + len(other), np.int32)
        counts = np.empty(len(rows), np.uint16)
        begin = starts[:-1].copy()
        for one, place in zip((self, other), places, strict=True):
            size = np.diff(one.starts)
            goal = np.arange(len(one)) + np.repeat(begin[place] - one.starts[:-1], size)
            rows[goal], counts[goal] = one.rows, one.counts
            begin[place] += size
        return Segment(terms, starts, rows, counts)


class Vocabulary(dict[str, int]):
    """Numbers the words from 0, a new one at the first look; several `Postings` may share it."""

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number


class Postings:
    """Rows of tokens, numbered from 0 in the order in which they were added."""

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        self._vocabulary = Vocabulary() if vocabulary is None else vocabulary
        self._lengths = Column(np.float32)
        self._alive = Column(np.bool_)
        self._dead = 0
        self._segments: list[Segment] = []
        self._waiting = array("i")
        self._sealed = 0
        self._norms: NDArray[np.float32] | None = None
        self._held: dict[str, int] = {}
        self._merge: _Merge | None = None

    def __len__(self) -> int:
        """Count the rows, those that were dropped included."""
        return len(self._lengths)

    @property
    def lengths(self) -> Scores:
        """How many tokens each row has, shape (n,)."""
        return self._lengths.values.astype(np.float64)

    @property
    def dead(self) -> int:
        """How many rows were dropped, and still take room."""
        return self._dead

    def add(self, tokens: Sequence[str]) -> int:
        """Add a row of tokens; give its number."""
        self._waiting.extend(map(self._vocabulary.__getitem__, tokens))
        self._alive.append(True)
        row = self._lengths.append(len(tokens))
        self._forget()
        if len(self._waiting) > _MOST_WAITING:
            self._seal()
        return row

    def drop(self, row: int) -> None:
        """Drop a row, which must be there."""
        self._alive.values[row] = False
        self._dead += 1
        self._forget()

    def scores(
        self,
        tokens: Iterable[str],
        among: Mask | None = None,
        worth: Callable[[Sequence[str]], Scores] | None = None,
    ) -> Scores:
        """Give the BM25 score of each of n rows for a query, shape (n,), 0 for dropped ones.

        A token that the query repeats counts as often. With `among`, shape (n,), the others are as
        if they had never been added: they score 0, and are not counted in any statistic. With
        `worth`, t different tokens weigh what it gives, shape (t,), in place of their rarity.
        """
        asked: dict[str, int] = Counter(one for one in tokens if one in self._vocabulary)
        weight = worth(list(asked)) if worth else None
        if weight is not None:  # a token that tells nothing is not looked up: many rows hold it
            asked, weight = dict(compress(asked.items(), weight)), weight[weight != 0]
        terms = np.array([self._vocabulary[token] for token in asked], np.int32)
        there = self._occurrences(terms)
        if not len(there.rows):
            return np.zeros(len(self))
        live, norms = self._statistics(among)
        if weight is None:
            weight = self._rarity(live, there, len(terms))
        weight = weight * np.fromiter(asked.values(), np.float64, len(asked))
        found = there.counts.astype(np.float32)
        found /= found + norms[there.rows]
        found *= np.repeat(weight[there.places].astype(np.float32), there.sizes)
        scores = np.bincount(there.rows, weights=found, minlength=len(self))
        return scores.astype(np.float64, copy=False)

    def held(self, tokens: Sequence[str]) -> Numbers:
        """Count the live rows that hold each of t tokens, shape (t,).

        What was counted is remembered until a row is added or dropped.
        """
        known = self._held
        unseen = [token for token in {*tokens} if token not in known and token in self._vocabulary]
        if unseen:
            known.update(zip(unseen, self._counted(unseen).tolist(), strict=True))
        return np.array([known.get(token, 0) for token in tokens], np.int64)

    def _counted(self, tokens: Sequence[str]) -> Numbers:
        """Count the live rows that hold each of t tokens of the vocabulary, all different."""
        terms = np.array([self._vocabulary[token] for token in tokens], np.int32)
        there = self._occurrences(terms)
        at = np.repeat(there.places, there.sizes)[self._alive.values[there.rows]]
        return np.bincount(at, minlength=len(terms))

    def _forget(self) -> None:
        """Forget what was counted; who counts meanwhile keeps it to itself."""
        self._norms, self._held = None, {}

    def weights(
        self, wanted: Numbers, among: Mask | None = None
    ) -> tuple[Scores, NDArray[np.int32], Numbers]:
        """Give what each token of some rows would add to their score, were it asked for once.

        Returns:
            (weights, terms, places), each (m,); a place is that of the row in `wanted`.
        """
        live, norms = self._statistics(among)
        place_of = np.full(len(self), -1, np.int64)
        place_of[wanted] = np.arange(len(wanted))
        self._seal()
        rows, counts, terms = _stacked([one.of_rows(place_of >= 0) for one in self._segments])
        known, of_known = np.unique(terms, return_inverse=True)
        rarity = self._rarity(live, self._occurrences(known), len(known))
        weights = rarity[of_known] * (counts / (counts + norms[rows]))
        return weights, terms.astype(np.int32), place_of[rows]

    def postings(self, terms: NDArray[np.int32]) -> tuple[Numbers, Numbers, Numbers]:
        """Give where t terms stand: rows, how often there, and the place in `terms`, each (m,).

        Rows that were dropped may be among them.
        """
        there = self._occurrences(terms)
        return there.rows, there.counts, np.repeat(there.places, there.sizes)

    def _occurrences(self, terms: NDArray[np.int32]) -> _Occurrences:
        self._seal()
        parts = []
        for segment in self._segments:
            begin, end = segment.spans(terms)
            spans = [slice(b, e) for b, e in zip(begin.tolist(), end.tolist(), strict=True)]
            parts += [(segment.rows[s], segment.counts[s]) for s in spans]
        sizes = np.array([len(rows) for rows, _ in parts], np.int64)
        places = np.tile(np.arange(len(terms)), len(self._segments))
        rows, counts = _stacked(parts)[:2]
        return _Occurrences(rows, counts, places, sizes)

    def compact(self) -> Numbers:
        """Forget the rows that were dropped.

        Returns:
            For each row that was there its new number, -1 for those that are gone.
        """
        self._seal(finish=True)
        alive = self._alive.values
        new_row = np.where(alive, np.cumsum(alive) - 1, -1)
        self._segments = [segment.renumbered(new_row) for segment in self._segments]
        self._lengths.replace(self._lengths.values[alive])
        self._alive.replace(np.ones(len(self._lengths), bool))
        self._dead, self._norms, self._sealed = 0, None, len(self)
        return new_row

    def _statistics(self, among: Mask | None) -> tuple[Mask, NDArray[np.float32]]:
        """Give which rows count, and the norm of each: what its length adds to a count."""
        alive: Mask = self._alive.values
        if among is not None:
            return alive & among, self._norms_of(alive & among)
        if self._norms is None:
            self._norms = self._norms_of(alive)
        return alive, self._norms

    def _norms_of(self, live: Mask) -> NDArray[np.float32]:
        lengths = self._lengths.values.astype(np.float64)
        mean = lengths[live].mean() if live.any() else 0.0
        norms = np.where(live, K1 * (1 - B + B * lengths / (mean or 1.0)), np.inf)
        return norms.astype(np.float32)

    def _rarity(self, live: Mask, there: _Occurrences, terms: int) -> Scores:
        """Weigh t terms by the number of live rows that hold each (inverse document frequency)."""
        held = np.bincount(there.places, there.sizes, terms)
        gone = np.flatnonzero(~live[there.rows])
        if len(gone):
            held -= np.bincount(np.repeat(there.places, there.sizes)[gone], minlength=terms)
        rarity: Scores = np.log1p((np.count_nonzero(live) - held + 0.5) / (held + 0.5))
        return rarity

    def _seal(self, *, finish: bool = False) -> None:
        """Make a segment of the rows that wait, and merge segments of about one size."""
        if self._waiting:
            lengths = self._lengths.values[self._sealed :].astype(np.int64)
            rows = np.repeat(np.arange(self._sealed, len(self), dtype=np.int32), lengths)
            self._segments.append(Segment.of(np.array(self._waiting, np.int32), rows))
            self._waiting = array("i")
        self._sealed = len(self)
        self._settle(finish)
        while self._merge is None and (pair := self._uneven()) is not None:
            self._merge = _Merge(*pair, self._alive.values.copy())
            self._settle(finish or sum(map(len, pair)) <= _AT_ONCE)

    def _uneven(self) -> tuple[Segment, Segment] | None:
        """Find two segments beside each other of which the later is not far smaller."""
        beside = zip(self._segments[-2::-1], self._segments[:0:-1], strict=True)
        return next(((a, b) for a, b in beside if len(a) < _FACTOR * len(b)), None)

    def _settle(self, wait: bool) -> None:
        """Put the outcome of a merge in the place of the two, where it is there."""
        if self._merge is None or not (wait or self._merge.is_done):
            return
        place = next(n for n, one in enumerate(self._segments) if one is self._merge.first)
        self._segments[place : place + 2] = [self._merge.result()]
        self._merge = None


@dataclass(frozen=True, slots=True)
class _Occurrences:
    """Where terms stand: spans of `sizes` rows with counts, each of the term at its place."""

    rows: Numbers
    counts: Numbers
    places: Numbers
    sizes: Numbers


class _Merge:
    """Joins two segments in a thread of its own; what serves is not touched."""

    def __init__(self, first: Segment, second: Segment, alive: Mask) -> None:
        self.first = first
        self._joined: list[Segment] = []
        new_row = np.where(alive, np.arange(len(alive)), -1)

        def join() -> None:
            self._joined.append(first.renumbered(new_row).joined(second.renumbered(new_row)))

        self._thread = threading.Thread(target=join, daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def result(self) -> Segment:
        self._thread.join()
        return self._joined[0]


def _stacked(parts: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    if not parts:
        return (np.empty(0, np.int64),) * 3
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))
