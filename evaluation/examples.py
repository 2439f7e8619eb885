"""Owns the examples of training: the pool of each query as it is served, and what was right."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.baselines import Advance
from evaluation.dataset import Query, TestSet
from evaluation.system import POOL, asking, in_turn, temporary_store
from index import Encoder, Filters, Follower
from matcher import FEATURE_NAMES, Matchmaker, load_ranker

BESIDE = 0.1
"""How much the examples of another set may count, beside 1 for the first."""


@dataclass(frozen=True, slots=True)
class Examples:
    """n pairs of q queries: what is known of each pair, and how relevant it turned out.

    `features` has shape (n, f); `relevance` (n,) grades 0 to 3; `queries` (n,) numbers the query
    of each pair from 0, and pairs of one query stand together; `clusters` (n,) numbers what is
    not independent. By query, `names`, `tracks` and `ideal`: all grades that are right, found by
    retrieval or not.
    """

    features: NDArray[np.float32]
    relevance: NDArray[np.int64]
    queries: NDArray[np.int64]
    clusters: NDArray[np.int64]
    candidates: tuple[str, ...]
    names: tuple[str, ...]
    tracks: tuple[str | None, ...]
    ideal: tuple[tuple[int, ...], ...]
    windows: tuple[int, ...]
    """By query, the number of its window."""
    weights: NDArray[np.float64]
    """Shape (n,), what the query of each pair counts."""

    @property
    def digest(self) -> str:
        """Name the content: the same examples have the same digest."""
        digest = hashlib.sha256()
        for part in (self.features, self.relevance, self.queries, self.clusters, self.weights):
            digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()[:16]


def examples(
    windows: Sequence[TestSet],
    encoder: Encoder,
    *,
    pool: int = POOL,
    advance: Advance | None = None,
) -> Examples:
    """Ask the queries of some test sets the way that users are served, and keep what is known.

    Each test set has a store of its own. A tie is written only once every query before it has
    been asked. Queries with nothing to list are left out.

    Raises:
        DariError: as the store, the index and the matchmaker do.
    """
    gathered = _Gathered()
    for number, window in enumerate(windows):
        _gather(window, number, encoder, pool, gathered, advance)
    return gathered.examples()


def beside(first: Examples, other: Examples) -> Examples:
    """Put examples of another set beside some; together these count a tenth at most."""
    most = BESIDE * len(np.unique(first.clusters)) / max(1, len(np.unique(other.clusters)))
    queries, clusters = len(first.names), int(first.clusters.max(initial=-1)) + 1
    windows = max(first.windows, default=-1) + 1
    return Examples(
        features=np.concatenate([first.features, other.features]),
        relevance=np.concatenate([first.relevance, other.relevance]),
        queries=np.concatenate([first.queries, queries + other.queries]),
        clusters=np.concatenate([first.clusters, clusters + other.clusters]),
        candidates=first.candidates + other.candidates,
        names=first.names + other.names,
        tracks=first.tracks + other.tracks,
        ideal=first.ideal + other.ideal,
        windows=first.windows + tuple(windows + number for number in other.windows),
        weights=np.concatenate([first.weights, min(1.0, most) * other.weights]),
    )


def _gather(
    window: TestSet,
    number: int,
    encoder: Encoder,
    pool: int,
    gathered: _Gathered,
    advance: Advance | None,
) -> None:
    with temporary_store() as store:
        matchmaker = Matchmaker(store, Follower(store, encoder, None), encoder, load_ranker())
        for horizon, query in in_turn(window, store, encoder):
            ids, features = matchmaker.features(
                asking(window.askers[query.asker], query),
                filters=Filters(ids=window.candidates_of(query.id)),
                as_of=horizon,
                pool=pool,
            )
            if ids:
                gathered.add(number, query, ids, features, window.qrels[query.id])
            if advance is not None:
                advance(1)


class _Gathered:
    """Collects the pairs of one query after the other."""

    def __init__(self) -> None:
        self._features: list[NDArray[np.float32]] = []
        self._relevance: list[int] = []
        self._sizes: list[int] = []
        self._candidates: list[str] = []
        self._names: list[str] = []
        self._tracks: list[str | None] = []
        self._ideal: list[tuple[int, ...]] = []
        self._clusters: list[int] = []
        self._windows: list[int] = []
        self._numbers: dict[str, int] = {}

    def add(
        self,
        window: int,
        query: Query,
        ids: Sequence[str],
        features: NDArray[np.float32],
        judged: Mapping[str, int],
    ) -> None:
        """Add the pairs of a query of a window."""
        self._features.append(features)
        self._relevance += [judged.get(id, 0) for id in ids]
        self._sizes.append(len(ids))
        self._candidates += ids
        self._names.append(query.id)
        self._tracks.append(query.track)
        self._ideal.append(tuple(sorted((g for g in judged.values() if g > 0), reverse=True)))
        self._clusters.append(self._numbers.setdefault(query.cluster, len(self._numbers)))
        self._windows.append(window)

    def examples(self) -> Examples:
        """Give all pairs."""
        width = len(FEATURE_NAMES)
        features = np.concatenate([np.zeros((0, width), np.float32), *self._features])
        return Examples(
            features=features,
            relevance=np.array(self._relevance, dtype=np.int64),
            queries=np.repeat(np.arange(len(self._sizes)), self._sizes),
            clusters=np.repeat(np.array(self._clusters, dtype=np.int64), self._sizes),
            candidates=tuple(self._candidates),
            names=tuple(self._names),
            tracks=tuple(self._tracks),
            ideal=tuple(self._ideal),
            windows=tuple(self._windows),
            weights=np.ones(len(features)),
        )
