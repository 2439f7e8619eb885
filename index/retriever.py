"""Owns retrieval: who is near a query by text, words and history, fused into one pool."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from index.backend import Floats
from index.encoder import Encoder
from index.filters import Filters
from index.follower import Follower
from index.passages import Facet, document, passages
from index.search_index import SearchIndex
from profiles import Profile, Side, Tie

RRF_CONSTANT = 60
"""Constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)."""

_NEWEST_SUBJECTS = 64
_HELD_AGAINST_THE_PAST: tuple[Facet, ...] = ("is", "seeks")

FACET_PAIRS: Mapping[str, tuple[Facet, Facet]] = {
    "text_is_is": ("is", "is"),
    "text_seeks_offers": ("seeks", "offers"),
    "text_is_seeks": ("is", "seeks"),
    "text_seeks_is": ("seeks", "is"),
}
"""Evidence by name: the facet of the startup and the facet of the partner that are compared."""


@dataclass(frozen=True, slots=True)
class Query:
    """A profile that asks, with a vector (d,) for each of its facets, as of a day."""

    profile: Profile
    vectors: Mapping[Facet, Floats]
    text: str
    as_of: date

    @property
    def side(self) -> Side:
        """The side of the profile that asks."""
        return self.profile.side


@dataclass(frozen=True, slots=True)
class Candidate:
    """A profile near the query: cosine or BM25 score by kind of evidence; absent is unknown.

    `tie` is the past tie behind the evidence named `history`.
    """

    id: str
    evidence: Mapping[str, float]
    tie: Tie | None = None


class Retriever:
    """Finds the pool of candidates for a query in an index that is up to date."""

    def __init__(self, follower: Follower, encoder: Encoder) -> None:
        self._follower = follower
        self._encoder = encoder

    def query(self, profile: Profile, as_of: date) -> Query:
        """Encode a profile as a query; it need not be in the store."""
        texts = passages(profile)
        encoded = self._encoder.encode(list(texts.values()), role="query")
        vectors = dict(zip(texts, encoded, strict=True))
        return Query(profile, vectors, document(profile), as_of)

    def retrieve(
        self, query: Query, pool: int, *, filters: Filters | None = None
    ) -> tuple[list[Candidate], SearchIndex]:
        """Find up to `pool` candidates on the other side that pass the filters, best fused first.

        Every admitted profile can be reached: where fewer than `pool` are near by any evidence,
        the rest follow by id. Gives the index beside them, as it stood for this answer.
        """
        index = self._follower.catch_up()
        admitted = index.admitted(query.side.other, filters or Filters())
        admitted.discard(query.profile.id)
        fused = fuse(_rankings(query, index, admitted, pool))
        ids = [*fused, *sorted(admitted.difference(fused))][:pool]
        return _with_evidence(query, index, ids), index


def fuse(rankings: Iterable[Sequence[str]]) -> list[str]:
    """Fuse rankings by reciprocal rank: ids by sum of 1 / (60 + rank), then by id."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, id in enumerate(ranking, start=1):
            scores[id] = scores.get(id, 0.0) + 1.0 / (RRF_CONSTANT + rank)
    return sorted(scores, key=lambda id: (-scores[id], id))


def _rankings(
    query: Query, index: SearchIndex, admitted: set[str], pool: int
) -> Iterable[list[str]]:
    for own, theirs in _facets(query.side).values():
        if own in query.vectors:
            held = index.facets[query.side.other, theirs]
            found = held.search(query.vectors[own][None, :], pool, among=admitted)[0]
            yield [id for id, _ in found]
    lexical = index.lexical[query.side.other]
    yield [id for id, _ in lexical.search(query.text, pool, admitted)]
    near = _near_by_history(query, index, admitted, pool)
    yield sorted(near, key=lambda id: (-near[id], id))[:pool]


def _near_by_history(
    query: Query, index: SearchIndex, admitted: set[str], pool: int
) -> dict[str, float]:
    if query.side is Side.STARTUP:
        return index.history.nearest(_stack(query), pool, query.as_of, among=admitted)
    subjects = index.history.vectors(query.profile.id, query.as_of, newest=_NEWEST_SUBJECTS)
    best: dict[str, float] = {}
    for facet in _HELD_AGAINST_THE_PAST:
        held = index.facets[Side.STARTUP, facet]
        for id, score in held.search_any(subjects, pool, among=admitted):
            best[id] = max(score, best.get(id, -1.0))
    return best


def _with_evidence(query: Query, index: SearchIndex, ids: list[str]) -> list[Candidate]:
    evidence: list[dict[str, float]] = [{} for _ in ids]
    for name, (own, theirs) in _facets(query.side).items():
        if own in query.vectors:
            vectors = index.facets[query.side.other, theirs].vectors(ids)
            for place, score in enumerate(vectors @ query.vectors[own]):
                if np.isfinite(score):
                    evidence[place][name] = float(score)
    words = index.lexical[query.side.other].scores_of(query.text, ids)
    past = _history(query, index, ids)
    return [
        Candidate(
            id,
            {
                **found,
                **({"lexical": words[id]} if id in words else {}),
                **({"history": past[id][0]} if id in past else {}),
            },
            past[id][1] if id in past else None,
        )
        for id, found in zip(ids, evidence, strict=True)
    ]


def _history(
    query: Query, index: SearchIndex, ids: Sequence[str]
) -> Mapping[str, tuple[float, Tie]]:
    """Give, for each pair that can be judged, how near the partner's past is, and by which tie."""
    if query.side is Side.STARTUP:
        return index.history.similarities(_stack(query), ids, query.as_of)
    ties, subjects = index.history.subjects(query.profile.id, query.as_of)
    if not ties:
        return {}
    facets = [index.facets[Side.STARTUP, facet].vectors(ids) for facet in _HELD_AGAINST_THE_PAST]
    # A row of NaN, a facet that the startup does not have, loses against any other.
    scores = np.fmax.reduce([vectors @ subjects.T for vectors in facets])
    best = np.argmax(scores, axis=1)
    return {
        id: (float(row[column]), ties[column])
        for id, row, column in zip(ids, scores, best, strict=True)
    }


def _stack(query: Query) -> Floats:
    """Stack the vectors of a startup that are held against past subjects."""
    held = [query.vectors[f] for f in _HELD_AGAINST_THE_PAST if f in query.vectors]
    return np.array(held, np.float32)


def _facets(side: Side) -> dict[str, tuple[Facet, Facet]]:
    """Give for each kind of evidence the facet of the query and that of the candidate."""
    if side is Side.STARTUP:
        return dict(FACET_PAIRS)
    return {name: (theirs, own) for name, (own, theirs) in FACET_PAIRS.items()}
