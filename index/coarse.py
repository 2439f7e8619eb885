"""Owns the coarse search of many rows: short codes in lists, and the exact rerank of the best."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from index.halves import Found, Halves, ordered, selector_of
from index.rows import Floats, Rows, RowSet

_TRAINED_PER_LIST = 32
_FEWEST_TRAINED = 20_000
_ROUNDS = 8
_BITS = 4
_MOST_PARTS = 256
"""FAISS adds up the parts of a code in 16 bits, each of them at most 255."""
_ROWS_AT_A_TIME = 16_384
_DEEPER = 8
_DEEPEST = 20_000
_LEAST = np.finfo(np.float32).min
_LIST_BY_LIST = 11
"""FAISS's name for reading the lists in the order given: the nearest first, so that few rows of
the others pass the threshold that these have set. By itself it would read them by number."""
_CODES_FOR_A_ROW = 6
"""How many codes are read in the time in which one row is gathered from memory."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much of the codes a search reads. The values are measured: docs/retrieval.md.

    Attributes:
        lists: lists, times the square root of the number of rows.
        probes: lists that are read first, times the fourth root of the number of lists.
        filtered: how many times as many lists are read first where there is a filter.
        lean: a list's nearness is that of the point so many standard deviations from its centre,
            towards the query: a wide list may hold more than a narrow one as near.
        spreads: a further list is read where a row this many standard deviations from its
            centre, towards the query, would enter the k best.
        depth: rows that are reranked, for any k.
        depth_per_k: rows that are reranked besides, for each of k.
        errors: more rows are reranked where a code that is wrong by this many standard
            deviations would have kept one of the k best out.
    """

    lists: float = 2.0
    probes: float = 28.0
    filtered: float = 1.6
    lean: float = 3.0
    spreads: float = 5.0
    depth: int = 100
    depth_per_k: int = 4
    errors: float = 2.0

    def reranked(self, k: int) -> int:
        """Count the rows that are reranked for the k best."""
        return self.depth + self.depth_per_k * k


class CoarseCodes:
    """The first `size` rows of a store, as codes in lists around centres; it never changes.

    A code approximates what its row differs by from the centre of its list, in 4 bits for two
    components (product quantisation; Jégou, Douze and Schmid, PAMI 2011), and FAISS reads 32
    codes at a time (André, Kermarrec and Le Scouarnec, ICMR 2017).
    """

    def __init__(self, faiss: Any, index: Any, shape: _Shape, list_of: NDArray[np.uint32]) -> None:
        self._faiss = faiss
        self._index = index
        self._shape = shape
        self._list_of = list_of
        self._sizes: Rows = np.bincount(list_of, minlength=len(shape.centres))

    @classmethod
    def train(cls, store: Halves, size: int, effort: Effort) -> Self:
        """Learn lists and codes from the first `size` rows of a store, and encode these rows."""
        import faiss

        faiss.omp_set_num_threads(1)
        lists = max(1, min(size, round(effort.lists * math.sqrt(size))))
        sample = _sample(store, size, max(_FEWEST_TRAINED, _TRAINED_PER_LIST * lists))
        index = _trained(faiss, sample, _centres(faiss, sample, lists))
        nothing = np.empty(0, dtype=np.uint32)
        shape = _measured(index, sample, effort, size)
        return cls(faiss, index, shape, nothing)._encoding(store, size)

    def extended(self, store: Halves, size: int) -> Self:
        """Give codes of the first `size` rows of the same store, in the same lists."""
        self._faiss.omp_set_num_threads(1)
        index = self._faiss.clone_index(self._index)
        return type(self)(self._faiss, index, self._shape, self._list_of)._encoding(store, size)

    @property
    def size(self) -> int:
        """Count the rows that have a code."""
        return len(self._list_of)

    @property
    def trained_on(self) -> int:
        """Count the rows that there were when lists and codes were learned."""
        return self._shape.trained_on

    def search(self, store: Halves, query: Floats, k: int, among: RowSet | None) -> Found:
        """Find nearly all of the k best for a query (d,) among the rows that have a code.

        The lists nearest to the query are read, and then every list that, by the spread of its
        rows, may hold one that enters the k best. So a filter whose rows all lie far from the
        query is read as far as it must be; where it is cheaper, its rows are read themselves.
        """
        held = self._sizes if among is None else self._held(among)
        nearness, spread = self._nearness(query), self._shape.spread(query)
        nearness[held == 0] = -np.inf
        leaning = nearness + np.float32(self._shape.effort.lean) * spread
        first = self._nearest(leaning, self._shape.probes(filtered=among is not None))
        best = self._read(store, query, k, among, first, nearness, held)
        if best is not None:
            further = self._further(k, best, first, nearness, spread)
            if len(further) == 0:
                return best
            if among is None or not self._is_dear(further, among):
                more = self._read(store, query, k, among, further, nearness, held)
                if more is not None:
                    return better(best, more, k)
        return store.best(query, k, among, self.size)

    def _further(self, k: int, best: Found, read: Rows, nearness: Floats, spread: Floats) -> Rows:
        """Choose the lists, besides those read, of which a row may enter the k best."""
        reach = nearness + np.float32(self._shape.effort.spreads) * spread
        reach[read] = -np.inf
        return np.flatnonzero(reach >= (best.scores[-1] if len(best.rows) == k else _LEAST))

    def _nearness(self, query: Floats) -> Floats:
        """Give the inner product of a query with each centre, in one thread as numpy would not."""
        centres = self._shape.centres
        found, pointer = np.empty(len(centres), dtype=np.float32), self._faiss.swig_ptr
        to = (pointer(found), pointer(query), pointer(centres))
        self._faiss.fvec_inner_products_ny(*to, centres.shape[1], len(centres))
        return found

    def _nearest(self, nearness: Floats, probes: int) -> Rows:
        """Choose the lists that are read first, nearest first; none where no list is open."""
        nearest = np.argsort(-nearness)[:probes]
        return nearest[nearness[nearest] > -np.inf]

    def _is_dear(self, lists: Rows, among: RowSet) -> bool:
        """Tell whether reading lists costs more than gathering the rows of a set."""
        return bool(self._sizes[lists].sum() > _CODES_FOR_A_ROW * len(among))

    def _read(
        self,
        store: Halves,
        query: Floats,
        k: int,
        among: RowSet | None,
        lists: Rows,
        nearness: Floats,
        held: Rows,
    ) -> Found | None:
        """Find the k best of the rows in some lists, or None where the codes cannot tell them.

        The rows with the best codes are reranked; more of them where, as far as codes err, one
        of the k best may be further down.
        """
        depth, count = self._shape.effort.reranked(k), int(held[lists].sum())
        slack = self._shape.slack(query)
        while True:
            depth = min(depth, count)
            scores, rows = self._best_codes(query, depth, among, lists, nearness)
            found = store.gather(query, k, np.sort(rows[rows >= 0]))
            if depth == count:
                # FAISS passes over a row with the worst code that there can be.
                return found if rows.min(initial=0) >= 0 else None
            if len(found.rows) == k and scores.min() <= found.scores[-1] - slack:
                return found
            depth *= _DEEPER
            if depth > _DEEPEST:
                return None

    def _best_codes(
        self, query: Floats, depth: int, among: RowSet | None, lists: Rows, nearness: Floats
    ) -> tuple[Floats, Rows]:
        """Find the rows with the best codes: scores (depth,) by code and rows (depth,), or -1."""
        faiss, pointer = self._faiss, self._faiss.swig_ptr
        scores, rows = np.empty(depth, np.float32), np.empty(depth, np.int64)
        if depth:
            faiss.omp_set_num_threads(1)
            chosen = faiss.SearchParametersIVF(nprobe=len(lists), sel=selector_of(faiss, among))
            near = nearness[lists]
            asked = (1, pointer(query), depth, pointer(lists), pointer(near))
            self._index.search_preassigned_c(*asked, pointer(scores), pointer(rows), False, chosen)
        return scores, rows

    def _held(self, among: RowSet) -> Rows:
        """Count the rows of a set in each list."""
        if self not in among.memo:
            lists = self._list_of[self._coded(among)]
            among.memo[self] = np.bincount(lists, minlength=len(self._sizes))
        counts: Rows = among.memo[self]
        return counts

    def _coded(self, among: RowSet) -> Rows:
        """Give the rows of a set that have a code."""
        return among.rows[: np.searchsorted(among.rows, self.size)]

    def _encoding(self, store: Halves, size: int) -> Self:
        """Add the rows that have no code yet; only for an index that no one else holds."""
        lists = [self._list_of]
        for start in range(self.size, size, _ROWS_AT_A_TIME):
            rows = np.arange(start, min(size, start + _ROWS_AT_A_TIME), dtype=np.int64)
            vectors = store.vectors(rows)
            lists.append(_assigned(self._index, vectors))
            self._index.add(vectors)
        return type(self)(self._faiss, self._index, self._shape, np.concatenate(lists))


@dataclass(frozen=True, slots=True)
class _Shape:
    """What was learned: centres (l, d) of the lists, and how far rows and codes are from truth.

    `covariance` (d, d) is that of rows around their centres, `radius` (l,) the width of each list
    beside the others', and `error` (d, d) the covariance of what the codes leave out.
    """

    centres: Floats
    covariance: Floats
    radius: Floats
    error: Floats
    effort: Effort
    trained_on: int

    def probes(self, *, filtered: bool) -> int:
        """Count the lists that are read first."""
        wide = self.effort.filtered if filtered else 1.0
        return max(1, round(wide * self.effort.probes * math.sqrt(math.sqrt(len(self.centres)))))

    def spread(self, query: Floats) -> Floats:
        """Give the standard deviation (l,) of each list's rows in the direction of a query (d,)."""
        return np.float32(_deviation(self.covariance, query)) * self.radius

    def slack(self, query: Floats) -> float:
        """Say by how much a code may say too little of a row's nearness to a query (d,)."""
        return self.effort.errors * _deviation(self.error, query)


def parts(dimension: int) -> int:
    """Choose how many parts a code has: a divisor of the dimension, as near to half as can be."""
    fitting = [m for m in range(1, min(dimension, _MOST_PARTS) + 1) if dimension % m == 0]
    return min(fitting, key=lambda m: abs(math.log(2 * m / dimension)))


def _deviation(covariance: Floats, direction: Floats) -> float:
    return math.sqrt(max(0.0, float(direction @ covariance @ direction)))


def _sample(store: Halves, size: int, wanted: int) -> Floats:
    """Take rows at even distances: no chance is in what is learned."""
    rows = np.unique(np.linspace(0, size - 1, min(size, wanted)).astype(np.int64))
    return store.vectors(rows)


def _centres(faiss: Any, sample: Floats, lists: int) -> Floats:
    means = faiss.Kmeans(sample.shape[1], lists, niter=_ROUNDS, min_points_per_centroid=1)
    means.train(sample)
    centres: Floats = means.centroids
    return centres


def _trained(faiss: Any, sample: Floats, centres: Floats) -> Any:
    lists, dimension = centres.shape
    nearest = faiss.IndexFlatL2(dimension)
    nearest.add(centres)
    product = faiss.METRIC_INNER_PRODUCT
    made = faiss.IndexIVFPQFastScan(nearest, dimension, lists, parts(dimension), _BITS, product)
    made.by_residual = True
    made.implem = _LIST_BY_LIST
    made.pq.cp.min_points_per_centroid = 1
    made.pq.cp.niter = _ROUNDS
    made.train(sample)
    return made


def _measured(index: Any, sample: Floats, effort: Effort, trained_on: int) -> _Shape:
    """Note how rows spread around the centres."""
    centres = index.quantizer.reconstruct_n(0, index.nlist)
    lists = _assigned(index, sample)
    apart = sample - centres[lists]
    counts = np.bincount(lists, minlength=len(centres))
    squares = np.bincount(lists, (apart * apart).sum(axis=1), len(centres))
    left = apart - index.pq.decode(index.pq.compute_codes(apart))
    mean = max(float(squares.sum()) / len(sample), float(np.finfo(np.float32).tiny))
    radius = np.sqrt(squares / np.maximum(counts, 1) / mean)
    return _Shape(
        centres=centres,
        covariance=apart.T @ apart / np.float32(len(sample)),
        error=left.T @ left / np.float32(len(sample)),
        radius=np.where(counts > 1, radius, 1.0).astype(np.float32),
        effort=effort,
        trained_on=trained_on,
    )


def _assigned(index: Any, vectors: Floats) -> NDArray[np.uint32]:
    _, nearest = index.quantizer.search(vectors, 1)
    return np.asarray(nearest[:, 0], dtype=np.uint32)


def better(one: Found, other: Found, k: int) -> Found:
    """Merge what was found among different rows, and keep the k best."""
    scores = np.concatenate([one.scores, other.scores])
    rows = np.concatenate([one.rows, other.rows])
    found = ordered(scores, rows)
    return Found(found.scores[:k], found.rows[:k])
