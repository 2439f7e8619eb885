"""Owns the way from a profile to its match list: retrieve, screen, rank, explain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial

import numpy as np
from numpy.typing import NDArray

from index import Candidate, Encoder, Filters, Follower, Query, Retriever, SearchIndex
from index.columns import best_first
from matcher.additive import Doubles, Ranker, score
from matcher.copies import Copies, own_word
from matcher.counterfactual import Change, Why
from matcher.eligibility import Reason, own_refusals, partner_refusals, refusals, startup_refusals
from matcher.explanation import explain, judged, unknowns
from matcher.features import pair_features
from matcher.matchlist import Abstention, Match, MatchList, Probability, Refused
from matcher.pairs import Pair, Scene
from matcher.phrases import phrase
from matcher.probability import chances
from matcher.records import Records
from matcher.rescoring import BEST, Bench, Looked, helpful, meeting
from matcher.sentences import SentenceFinder
from profiles import AnyProfile, DariError, Partner, Programme, Side, Startup, Store, Text
from profiles.rows import unknown_id
from profiles.taxonomy import Names

MOST_MATCHES = 1_000
_POOL_GROWTH = 5


class MatchError(DariError):
    """A request for a match list that cannot be met."""


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Pairs that a model scored: ids (n,), order of the k best rows, features and points (n, f)."""

    ranker: Ranker
    ids: list[str]
    order: list[int]
    scores: NDArray[np.float64]
    features: NDArray[np.float32]
    points: NDArray[np.float64]
    copies: Mapping[str, str]

    def only(self, id: str) -> _Ranked:
        """Give what is of one pair alone."""
        return replace(self, order=[self.ids.index(id)])


class Matchmaker:
    """Answers who fits whom, and why, from the store and the index that follows it.

    `ranker` gives the one that speaks now: it is asked once for each list, so that one model alone
    has scored it. `today` tells the day that counts where none is asked for; the day in UTC if not
    given. `population` names those whose pairs it makes, of whom a model must have been calibrated
    to tell their probability; the store's own name if not given.
    """

    def __init__(
        self,
        store: Store,
        follower: Follower,
        encoder: Encoder,
        ranker: Ranker | Callable[[], Ranker],
        *,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
        population: str | None = None,
    ) -> None:
        self._store = store
        self._retriever = Retriever(follower, encoder)
        self._speaking = ranker if callable(ranker) else lambda: ranker
        self._finder = SentenceFinder(encoder)
        self._records = Records(store)
        self._copies = Copies(store)
        self._today = today
        self._population = population

    @property
    def model_version(self) -> str:
        """The version of the ranker that speaks."""
        return self._speaking().version

    def match(
        self,
        query: str | AnyProfile,
        k: int = 10,
        *,
        programme: str | None = None,
        filters: Filters | None = None,
        as_of: date | None = None,
        pool: int = 200,
    ) -> MatchList:
        """List the k best partners of a startup, or startups of a partner.

        Args:
            query: an id in the store, or a profile that need not be there.
            k: how many matches at most, 1 to 1,000.
            programme: the id of a programme whose rules hold and whose members come with a reason.
            filters: what a candidate must be.
            as_of: the day whose pairings, conflicts and past count; today if not given, or the
                nearest day on which the programme runs.
            pool: how many candidates retrieval hands to ranking; more where rules refuse many.

        Raises:
            UnknownId: if there is no such profile or programme.
            MatchError: if k is out of range.
        """
        if not 1 <= k <= MOST_MATCHES:
            raise MatchError(
                value=k,
                rule=f"k lies between 1 and {MOST_MATCHES:,}.",
                remedy="Ask for a number of matches within it.",
            )
        profile = self._store.get(query) if isinstance(query, str) else query
        under = self._store.programme(programme) if programme else None
        day, notes = _day(as_of, under, self._today)
        asked = self._retriever.query(profile, day)
        return self._list(self._speaking(), asked, k, under, filters or Filters(), pool, notes)

    def why(
        self,
        query: str | AnyProfile,
        candidate: str,
        k: int = 10,
        *,
        programme: str | None = None,
        filters: Filters | None = None,
        as_of: date | None = None,
        pool: int = 200,
    ) -> Why:
        """Tell all of one pair: score, rank, refusals, and what would change them.

        The list is the one that `match` gives for the same arguments; a candidate that it does not
        show has its rank beyond, or none where it is refused or not in the pool.

        Raises:
            UnknownId: if there is no such profile or programme.
            MatchError: if both are on one side.
        """
        profile = self._store.get(query) if isinstance(query, str) else query
        _refuse_same_side(profile, self._store.get(candidate))
        under = self._store.programme(programme) if programme else None
        day, notes = _day(as_of, under, self._today)
        asked = self._retriever.query(profile, day)
        wanted = 0 if _query_refusals(profile, under) else k
        among = _under(filters or Filters(), asked.side, under)
        looked, index = self._looked_at(asked, wanted, under, among, pool)
        found = _of(asked, looked, candidate)
        target = found or self._alone(asked, candidate, under)
        meet, ranker = meeting(index, day), self._speaking()
        pairs = [one.pair for one in (looked if found else [*looked, target])]
        ranked = self._scored(ranker, pairs, (), len(pairs), index)
        bench = Bench(looked, target, asked.side, ranker, found is not None, meet, ranked.copies)
        match = self._explained(asked, pairs, ranked.only(candidate), index.seq)[0]
        told = {id: first for id, first in ranked.copies.items() if id == candidate}
        return Why(
            query=profile,
            programme=under,
            as_of=day,
            match=_standing_at(match, bench.rank),
            reasons=target.reasons,
            pool=len(looked),
            in_pool=found is not None,
            changes=bench.changes(),
            model_version=ranker.version,
            index_seq=index.seq,
            notes=(*notes, *self._told_of_copies(told, index.seq)),
        )

    def _alone(self, query: Query, candidate: str, programme: Programme | None) -> Looked:
        """Look at one candidate that is not in the pool.

        Raises:
            UnknownId: if it is there no more.
        """
        only = Filters(ids=frozenset({candidate}))
        looked, _ = self._looked_at(query, 0, programme, only, 1)
        found = _of(query, looked, candidate)
        if found is None:
            raise unknown_id(candidate)
        return found

    def helpful(self, query: str | AnyProfile, *, pool: int = 200) -> tuple[Change, ...]:
        """Tell which empty fields of a profile, filled in, would raise the head of its list most.

        Raises:
            UnknownId: if there is no such profile.
        """
        profile = self._store.get(query) if isinstance(query, str) else query
        asked = self._retriever.query(profile, self._today())
        looked, index = self._looked_at(asked, BEST, None, Filters(), pool)
        pairs, ranker = [one.pair for one in looked], self._speaking()
        copies = self._scored(ranker, pairs, (), len(pairs), index).copies
        return helpful(looked, asked.side, ranker, meeting(index, asked.as_of), copies)

    def features(
        self,
        query: str | AnyProfile,
        *,
        filters: Filters | None = None,
        as_of: date,
        pool: int = 200,
    ) -> tuple[list[str], NDArray[np.float32]]:
        """Give the n candidates that `match` would rank, with their features, shape (n, f).

        Raises:
            UnknownId: if there is no such profile.
        """
        profile = self._store.get(query) if isinstance(query, str) else query
        asked = self._retriever.query(profile, as_of)
        pairs, _, _ = self._screened(asked, 1, None, filters or Filters(), pool)
        return [pair.candidate.id for pair in pairs], pair_features(pairs)

    def ranking(self, query: AnyProfile, *, as_of: date) -> list[tuple[str, float]]:
        """Rank all who may be matched with a profile, as a list would, but explain nothing.

        Returns:
            (id, score) by score descending, then id ascending.
        """
        asked = self._retriever.query(query, as_of)
        pairs, refused, index = self._screened(asked, MOST_MATCHES, None, Filters(), MOST_MATCHES)
        others = [one.id for one in refused]
        ranked = self._scored(self._speaking(), pairs, others, len(pairs), index)
        return [(ranked.ids[row], float(ranked.scores[row])) for row in ranked.order]

    def _list(
        self,
        ranker: Ranker,
        query: Query,
        k: int,
        programme: Programme | None,
        filters: Filters,
        pool: int,
        notes: tuple[Names, ...],
    ) -> MatchList:
        reasons = _query_refusals(query.profile, programme)
        if reasons:
            index = self._retriever.retrieve(query, 0, filters=filters)[1]
            refused = [Refused(query.profile.id, query.profile.name, tuple(reasons))]
            return self._answer(
                ranker, query, programme, [], refused, index, (*notes, phrase("note.query_refused"))
            )
        pairs, refused, index = self._screened(
            query, k, programme, _under(filters, query.side, programme), pool
        )
        ranked = self._scored(ranker, pairs, [one.id for one in refused], k, index)
        matches = self._explained(query, pairs, ranked, index.seq)
        told = self._told_of_copies(ranked.copies, index.seq)
        notes = (*notes, *told)
        return self._answer(ranker, query, programme, matches, refused, index, notes)

    def _screened(
        self, query: Query, k: int, programme: Programme | None, filters: Filters, pool: int
    ) -> tuple[list[Pair], list[Refused], SearchIndex]:
        """Retrieve and screen; ask for more where the rules leave fewer than k."""
        looked, index = self._looked_at(query, k, programme, filters, pool)
        pairs = [one.pair for one in looked if not one.reasons]
        refused = [_refused(query, one) for one in looked if one.reasons]
        return pairs, refused, index

    def _looked_at(
        self, query: Query, k: int, programme: Programme | None, filters: Filters, pool: int
    ) -> tuple[list[Looked], SearchIndex]:
        """Retrieve pairs with the rules that keep them off the list, until k are kept by none."""
        pool = max(pool, k)
        while True:
            candidates, index = self._retriever.retrieve(query, pool, filters=filters)
            running = self._running(query.as_of, programme, index.seq)
            ids = [candidate.id for candidate in candidates]
            partners = ids if query.side is Side.STARTUP else [query.profile.id]
            scene = Scene(
                index.history,
                query.as_of,
                programme,
                running,
                partial(self._name, seq=index.seq),
                self._records.traits,
                self._records.pairings(index.history, partners, query.as_of, index.seq),
            )
            profiles = self._records.profiles(ids, index.seq)
            looked = _screen(query, candidates, profiles, scene)
            free = sum(not one.reasons for one in looked)
            if free >= k or len(candidates) < pool:
                return looked, index
            pool *= _POOL_GROWTH

    def _name(self, id: str, seq: int) -> Text | str:
        """Name a profile; one that the store lacks is named by its id."""
        held = self._records.profiles([id], seq).get(id)
        return held.name if held else id

    def _running(self, day: date, programme: Programme | None, seq: int) -> Sequence[Programme]:
        if programme is not None:
            return ()
        return [one for one in self._records.programmes(seq) if _runs(one, day)]

    def _scored(
        self,
        ranker: Ranker,
        pairs: list[Pair],
        others: Iterable[str],
        k: int,
        index: SearchIndex,
    ) -> _Ranked:
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
                return _Ranked(ranker, ids, order, scores, features, points, copies)
            found = self._copies.among(unseen, held, index)
            for id in found:
                points[row_of[id], own_word(held[id].side)] = 0.0
            looked_at |= unseen
            copies |= found

    def _told_of_copies(self, copies: Mapping[str, str], seq: int) -> list[Names]:
        return [
            phrase("note.copy", copy=self._name(one, seq), original=self._name(first, seq))
            for one, first in sorted(copies.items())
        ]

    def _explained(self, query: Query, pairs: list[Pair], ranked: _Ranked, seq: int) -> list[Match]:
        self._read_named([pairs[row] for row in ranked.order], seq)
        values, points = ranked.features, ranked.points
        told = judged(ranked.ranker)
        shown = [pairs[row] for row in ranked.order]
        likely = self._chances(ranked.ranker, shown, ranked.scores[ranked.order], seq)
        return [
            Match(
                rank,
                _candidate(query, pairs[row]),
                float(ranked.scores[row]),
                explain(pairs[row], query, values[row], points[row], self._finder),
                unknowns(pairs[row], values[row], told),
                likely[rank - 1],
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
        return chances(pairs, scores, calibration, self._population or "", known)

    def _read_named(self, shown: list[Pair], seq: int) -> None:
        """Read at once those whom the explanations of some pairs will name."""
        ties = [pair.candidate.tie for pair in shown]
        self._records.profiles({end for tie in ties if tie for end in (tie.a, tie.b)}, seq)

    def _answer(
        self,
        ranker: Ranker,
        query: Query,
        programme: Programme | None,
        matches: list[Match],
        refused: list[Refused],
        index: SearchIndex,
        notes: tuple[Names, ...],
    ) -> MatchList:
        return MatchList(
            _profile(query),
            programme,
            query.as_of,
            tuple(matches),
            tuple(refused),
            ranker.version,
            index.seq,
            notes,
            ranker.calibration,
        )


def _day(
    as_of: date | None, programme: Programme | None, of_today: Callable[[], date]
) -> tuple[date, tuple[Names, ...]]:
    """Choose the day that counts: as asked, else today, else the nearest of the programme."""
    if as_of is not None:
        return as_of, ()
    today = of_today()
    if programme and programme.valid_to and programme.valid_to < today:
        return programme.valid_to, (phrase("note.ended", day=programme.valid_to.isoformat()),)
    if programme and programme.valid_from and programme.valid_from > today:
        return programme.valid_from, (phrase("note.begins", day=programme.valid_from.isoformat()),)
    return today, ()


def _refuse_same_side(one: AnyProfile, other: AnyProfile) -> None:
    if one.side is other.side:
        raise MatchError(
            value=f"{one.id}, {other.id}",
            rule=f"Both are {one.side.value}s; a pair is a startup and a partner.",
            remedy="Name one of each.",
        )


def _standing_at(match: Match, rank: int | None) -> Match:
    """Give a match its rank; 0, and no probability, where no list would show it."""
    likely = match.probability
    if rank is None and isinstance(likely, Probability):
        likely = Abstention((phrase("probability.unlisted"),))
    return replace(match, rank=rank or 0, probability=likely)


def _runs(programme: Programme, day: date) -> bool:
    return (programme.valid_from is None or programme.valid_from <= day) and (
        programme.valid_to is None or day <= programme.valid_to
    )


def _query_refusals(profile: object, programme: Programme | None) -> list[Reason]:
    if isinstance(profile, Partner) and (reasons := own_refusals(profile)):
        return reasons
    if programme is None:
        return []
    if isinstance(profile, Partner):
        return partner_refusals(profile, programme)
    return startup_refusals(profile, programme) if isinstance(profile, Startup) else []


def _under(filters: Filters, side: Side, programme: Programme | None) -> Filters:
    """Narrow the filters by what a programme asks of every candidate, before retrieval."""
    if programme is None:
        return filters
    if side is Side.STARTUP:
        members = frozenset(programme.partners)
        wanted = members if filters.ids is None else members & filters.ids
        return replace(filters, ids=wanted) if programme.closed else filters
    return filters


def _screen(
    query: Query,
    candidates: Sequence[Candidate],
    profiles: Mapping[str, AnyProfile],
    scene: Scene,
) -> list[Looked]:
    looked = []
    for candidate in candidates:
        other = profiles.get(candidate.id)
        if other is None:  # erased after the index was read
            continue
        pair = _pair(query, other, candidate, scene)
        reasons = refusals(
            pair.startup,
            pair.partner,
            programme=scene.programme,
            history=scene.history,
            on=scene.as_of,
        )
        looked.append(Looked(pair, tuple(reasons)))
    return looked


def _refused(query: Query, one: Looked) -> Refused:
    other = _candidate(query, one.pair)
    return Refused(other.id, other.name, one.reasons)


def _of(query: Query, looked: Sequence[Looked], id: str) -> Looked | None:
    return next((one for one in looked if _candidate(query, one.pair).id == id), None)


def _pair(query: Query, other: AnyProfile, candidate: Candidate, scene: Scene) -> Pair:
    own = _profile(query)
    if isinstance(own, Startup) and isinstance(other, Partner):
        return Pair(own, other, candidate, scene)
    if isinstance(own, Partner) and isinstance(other, Startup):
        return Pair(other, own, candidate, scene)
    raise TypeError(f"{own.id} and {other.id} are on the same side")


def _candidate(query: Query, pair: Pair) -> AnyProfile:
    return pair.partner if query.side is Side.STARTUP else pair.startup


def _profile(query: Query) -> AnyProfile:
    if isinstance(query.profile, (Startup, Partner)):
        return query.profile
    raise TypeError(f"{query.profile.id} is neither a startup nor a partner")
