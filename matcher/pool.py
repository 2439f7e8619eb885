"""Owns the pool of a list: who is looked at, what keeps them off, how they score, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial

import numpy as np
from numpy.typing import NDArray

from index import Candidate, Encoder, Filters, Follower, Query, Retriever, SearchIndex
from index.columns import best_first
from matcher.additive import Doubles, Ranker, score
from matcher.copies import Copies, own_word
from matcher.eligibility import Reason, own_refusals, partner_refusals, startup_refusals
from matcher.explanation import explain, judged, read_ahead, unknowns
from matcher.features import pair_features
from matcher.matchlist import Abstention, Match, Probability
from matcher.moving import Moved
from matcher.pairs import Pair, Scene
from matcher.phrases import phrase
from matcher.probability import chances
from matcher.records import Records
from matcher.rescoring import Looked, refusals_of
from matcher.sentences import SentenceFinder
from matcher.standing import ANYBODY, Busy, Wanted, nobody, standing_of
from matcher.words import commonness_in
from profiles import AnyProfile, Partner, Programme, Side, Startup, Store, Text
from profiles.taxonomy import Names

MOST_LOOKED_AT = 5_000
"""How many are looked at where filters that retrieval does not know leave too few."""

_POOL_GROWTH = 5

_NEAREST = 64
"""Among how many whose text is nearest it is looked for what a profile copies."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a pool: for whom, under which rules, among whom, and of what size.

    `busy` tells which open cases take places of a partner (`matcher.standing`).
    """

    query: Query
    programme: Programme | None = None
    filters: Filters = field(default_factory=Filters)
    wanted: Wanted = ANYBODY
    pool: int = 200
    busy: Busy = nobody

    @property
    def profile(self) -> AnyProfile:
        """The profile that asks."""
        return profile_of(self.query)

    @property
    def refusals(self) -> list[Reason]:
        """The rules that keep the asking profile itself from a list: its own, the programme's."""
        if isinstance(self.profile, Partner) and (own := own_refusals(self.profile)):
            return own
        if self.programme is None:
            return []
        if isinstance(self.profile, Partner):
            return partner_refusals(self.profile, self.programme)
        return startup_refusals(self.profile, self.programme)

    def under_the_programme(self) -> Asked:
        """Narrow the filters by what the programme asks of every candidate, before retrieval."""
        programme, ids = self.programme, self.filters.ids
        if programme is None or not programme.closed or self.query.side is not Side.STARTUP:
            return self
        members = frozenset(programme.partners)
        narrowed = replace(self.filters, ids=members if ids is None else members & ids)
        return replace(self, filters=narrowed)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Pairs that a model scored: ids (n,), order of the k best rows, features and points (n, f)."""

    ranker: Ranker
    pairs: Sequence[Pair]
    ids: list[str]
    order: list[int]
    scores: NDArray[np.float64]
    features: NDArray[np.float32]
    points: NDArray[np.float64]
    copies: Mapping[str, str]

    def only(self, *ids: str) -> Ranked:
        """Give what is of some pairs alone, in the order of these."""
        return replace(self, order=[self.ids.index(id) for id in ids])

    @property
    def standing(self) -> list[tuple[str, float]]:
        """The ids and scores of the k best, by score descending, then id ascending."""
        return [(self.ids[row], float(self.scores[row])) for row in self.order]


class Pool:
    """Retrieves, screens, scores and explains the pairs of a profile."""

    def __init__(
        self, store: Store, follower: Follower, encoder: Encoder, population: str | None = None
    ) -> None:
        self._store = store
        self._retriever = Retriever(follower, encoder)
        self._finder = SentenceFinder(encoder)
        self._records = Records(store)
        self._copies = Copies(store)
        self._population = population

    def query(self, profile: AnyProfile, day: date) -> Query:
        """Encode a profile as a query; it need not be in the store."""
        return self._retriever.query(profile, day)

    def index(self, since: int | None = None) -> SearchIndex:
        """Give the index as it stands, or as one who knows the changes up to a seq has it."""
        return self._retriever.index(since)

    def looked_at(self, asked: Asked, k: int) -> tuple[list[Looked], SearchIndex]:
        """Retrieve pairs with the rules that keep them off the list, until k are kept by none.

        Those that are not what is wanted beside the filters are left out.
        """
        query, size = asked.query, max(asked.pool, k)
        while True:
            candidates, index = self._retriever.retrieve(query, size, filters=asked.filters)
            scene = self._scene(asked, candidates, index)
            profiles = self._records.profiles([one.id for one in candidates], index.seq)
            looked = _screened(asked, candidates, profiles, scene)
            free = sum(not one.reasons for one in looked)
            if free >= k or len(candidates) < size or (asked.wanted and size >= MOST_LOOKED_AT):
                return looked, index
            size *= _POOL_GROWTH

    def _scene(self, asked: Asked, candidates: Sequence[Candidate], index: SearchIndex) -> Scene:
        query, on = asked.query, asked.query.as_of
        ids = [candidate.id for candidate in candidates]
        partners = ids if query.side is Side.STARTUP else [query.profile.id]
        return Scene(
            index.history,
            on,
            asked.programme,
            self._running(on, asked.programme, index.seq),
            partial(self.name, seq=index.seq),
            self._records.traits,
            self._records.pairings(index.history, partners, on, index.seq),
            commonness_in(index),
        )

    def name(self, id: str, seq: int) -> Text | str:
        """Name a profile; one that the store lacks is named by its id."""
        held = self._records.profiles([id], seq).get(id)
        return held.name if held else id

    def programmes(self, seq: int) -> Sequence[Programme]:
        """Give all programmes by id, as of a seq of the change log."""
        return self._records.programmes(seq)

    def _running(self, day: date, programme: Programme | None, seq: int) -> Sequence[Programme]:
        if programme is not None:
            return ()
        return [one for one in self.programmes(seq) if _runs(one, day)]

    def scored(
        self,
        ranker: Ranker,
        pairs: Sequence[Pair],
        others: Iterable[str],
        k: int,
        index: SearchIndex,
    ) -> Ranked:
        """Score pairs and find the k best; copies among these count by what others recorded."""
        features = pair_features(pairs)
        points = ranker.contributions(features)
        ids = [pair.candidate.id for pair in pairs]
        row_of = {id: row for row, id in enumerate(ids)}
        held = self._records.profiles([*ids, *others], index.seq)
        copies: dict[str, str] = {}
        looked_at: set[str] = set()
        while True:
            scores = score(points)
            order = best_first(scores, k, ids.__getitem__).tolist()
            unseen = {ids[row] for row in order} - looked_at
            if not unseen:
                return Ranked(ranker, pairs, ids, order, scores, features, points, copies)
            found = self._copies.among(unseen, held, index)
            for id in found:
                points[row_of[id], own_word(held[id].side)] = 0.0
            looked_at |= unseen
            copies |= found

    def copies_of(self, ids: Collection[str], side: Side, index: SearchIndex) -> dict[str, str]:
        """Give those of some profiles of a side that are copies of any other one, with whose."""
        facet = index.facets[side, "is"]
        known = sorted(id for id in ids if id in facet)
        found = facet.search(facet.vectors(known), _NEAREST) if known else []
        near = {id for one in found for id, _ in one}
        return self._copies.among(ids, self._records.profiles([*near.union(ids)], index.seq), index)

    def told_of_copies(self, copies: Mapping[str, str], seq: int) -> list[Names]:
        """Say of each copy whose words it says again."""
        return [
            phrase("note.copy", copy=self.name(one, seq), original=self.name(first, seq))
            for one, first in sorted(copies.items())
        ]

    def explained(self, asked: Asked, ranked: Ranked, seq: int) -> list[Match]:
        """Explain the k best of ranked pairs, with ranks from 1."""
        shown = [ranked.pairs[row] for row in ranked.order]
        self._read_named(shown, seq)
        values, points = ranked.features, ranked.points
        told = judged(ranked.ranker)
        read_ahead(shown, asked.query, points[ranked.order], self._finder)
        likely = self._chances(ranked.ranker, shown, ranked.scores[ranked.order], seq)
        return [
            Match(
                rank,
                other_of(asked.query, ranked.pairs[row]),
                float(ranked.scores[row]),
                explain(ranked.pairs[row], asked.query, values[row], points[row], self._finder),
                unknowns(ranked.pairs[row], values[row], told),
                likely[rank - 1],
                standing_of(ranked.pairs[row], asked.query.side.other, asked.busy),
            )
            for rank, row in enumerate(ranked.order, start=1)
        ]

    def _chances(
        self, ranker: Ranker, pairs: list[Pair], scores: Doubles, seq: int
    ) -> list[Probability | Abstention]:
        """Tell the probability of n pairs by their scores (n,), or why none is told."""
        calibration = ranker.calibration
        if calibration is not None and self._population is None:
            self._population = self._store.identity()
        known = partial(self._records.experience, seq)
        population, is_moved = self._population or "", isinstance(ranker, Moved)
        return chances(pairs, scores, calibration, population, known, moved=is_moved)

    def _read_named(self, shown: list[Pair], seq: int) -> None:
        """Read at once those whom the explanations of some pairs will name."""
        ties = [pair.candidate.tie for pair in shown]
        self._records.profiles({end for tie in ties if tie for end in (tie.a, tie.b)}, seq)


def _runs(programme: Programme, day: date) -> bool:
    return (programme.valid_from is None or programme.valid_from <= day) and (
        programme.valid_to is None or day <= programme.valid_to
    )


def _screened(
    asked: Asked,
    candidates: Sequence[Candidate],
    profiles: Mapping[str, AnyProfile],
    scene: Scene,
) -> list[Looked]:
    looked = []
    for candidate in candidates:
        other = profiles.get(candidate.id)
        if other is None:  # erased after the index was read
            continue
        pair = _pair(asked.query, other, candidate, scene)
        if asked.wanted and not asked.wanted.keeps(pair, asked.query.side, asked.busy):
            continue
        looked.append(Looked(pair, tuple(refusals_of(pair))))
    return looked


def found_in(query: Query, looked: Sequence[Looked], id: str) -> Looked | None:
    """Find a candidate among those that were looked at; None where it is not among them."""
    return next((one for one in looked if other_of(query, one.pair).id == id), None)


def _pair(query: Query, other: AnyProfile, candidate: Candidate, scene: Scene) -> Pair:
    own = profile_of(query)
    if isinstance(own, Startup) and isinstance(other, Partner):
        return Pair(own, other, candidate, scene)
    if isinstance(own, Partner) and isinstance(other, Startup):
        return Pair(other, own, candidate, scene)
    raise TypeError(f"{own.id} and {other.id} are on the same side")


def other_of(query: Query, pair: Pair) -> AnyProfile:
    """Give the side of a pair that answers a query."""
    return pair.partner if query.side is Side.STARTUP else pair.startup


def profile_of(query: Query) -> AnyProfile:
    """Give the profile that asks."""
    if isinstance(query.profile, (Startup, Partner)):
        return query.profile
    raise TypeError(f"{query.profile.id} is neither a startup nor a partner")
