"""Owns the asking for matches: of a whole list, of some of its candidates, of what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from index import Encoder, Filters, Follower, SearchIndex
from matcher import single
from matcher.additive import Ranker
from matcher.appraising import Appraised, Place, appraise
from matcher.counterfactual import Change, Why
from matcher.features import pair_features
from matcher.matchlist import Match, MatchList, Placed, Refused, Scored
from matcher.moving import Moved, most_points, moved
from matcher.phrases import phrase
from matcher.pool import MOST_LOOKED_AT, Asked, Pool, other_of
from matcher.rescoring import Looked
from matcher.standing import ANYBODY, Busy, Wanted, nobody
from profiles import AnyProfile, DariError, Partner, Programme, Side, Startup, Store
from profiles.taxonomy import Names

MOST_MATCHES = 1_000


class MatchError(DariError):
    """A request for a match list that cannot be met."""


class Matchmaker:
    """Answers who fits whom, and why, from the store and the index that follows it.

    `ranker` gives the one that speaks now: it is asked once for each list, so that one model alone
    has scored it. `today` tells the day that counts where none is asked for; the day in UTC if not
    given. `population` names those whose pairs it makes, of whom a model must have been calibrated
    to tell their probability; the store's own name if not given. `busy` tells by the day which open
    cases take places of partners; none if not given.
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
        busy: Callable[[date], Busy] = lambda _day: nobody,
    ) -> None:
        self._store = store
        self._pool = Pool(store, follower, encoder, population)
        self._speaking = ranker if callable(ranker) else lambda: ranker
        self._today = today
        self._busy = busy

    @property
    def model_version(self) -> str:
        """The version of the ranker that speaks."""
        return self._speaking().version

    @property
    def ranker(self) -> Ranker:
        """The ranker that speaks."""
        return self._speaking()

    def programmes(self, seq: int) -> Sequence[Programme]:
        """Give all programmes by id, as of a seq of the change log."""
        return self._pool.programmes(seq)

    def regions(self, side: Side, seq: int) -> frozenset[str]:
        """Give the regions where any profile of a side is, as of a seq, and their countries."""
        return self._pool.index(seq).regions(side)

    def day(self, programme: Programme | None, as_of: date | None = None) -> date:
        """Tell the day that counts: as asked, else today, else the nearest of the programme."""
        return _day(as_of, programme, self._today)[0]

    def match(
        self,
        query: str | AnyProfile,
        k: int = 10,
        *,
        programme: str | None = None,
        filters: Filters | None = None,
        as_of: date | None = None,
        pool: int = 200,
        wanted: Wanted = ANYBODY,
        factors: Mapping[str, float] | None = None,
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
            wanted: what a pair must be beside the filters.
            factors: by family, how many times what the model gives it counts in this list alone.

        Raises:
            UnknownId: if there is no such profile or programme.
            MatchError: if k is out of range.
            MovedError: if a family is not there, or cannot be moved so far.
        """
        _check_size(k)
        asked, notes = self._asked(query, programme, filters, as_of, pool, wanted)
        ranker = moved(self._speaking(), factors or {})
        if asked.refusals:
            return _refused_list(asked, ranker, notes, self._pool.index())
        looked, index = self._pool.looked_at(asked, k)
        pairs = [one.pair for one in looked if not one.reasons]
        refused = [one for one in looked if one.reasons]
        ids = [other_of(asked.query, one.pair).id for one in refused]
        ranked = self._pool.scored(ranker, pairs, ids, k, index)
        matches = self._pool.explained(asked, ranked, index.seq)
        told = [*notes, *self._pool.told_of_copies(ranked.copies, index.seq)]
        if asked.wanted and len(matches) < k and _has_more(index, asked):
            told.append(phrase("note.nearest", count=f"{MOST_LOOKED_AT:,}"))
        return _answer(asked, ranker, matches, looked, index, told)

    def scores(
        self,
        query: str | AnyProfile,
        k: int = 200,
        *,
        programme: str | None = None,
        filters: Filters | None = None,
        as_of: date | None = None,
    ) -> Scored:
        """Score the k best candidates as `match` does, without explaining any.

        Raises:
            UnknownId: if there is no such profile or programme.
            MatchError: if k is out of range.
        """
        _check_size(k)
        asked, _ = self._asked(query, programme, filters, as_of, k, ANYBODY)
        ranker = self._speaking()
        if asked.refusals:
            seq = self._pool.index().seq
            return _scored(asked, ranker, (), (_own_refusal(asked),), True, seq)
        looked, index = self._pool.looked_at(asked, k)
        pairs = [one.pair for one in looked if not one.reasons]
        refused = tuple(_refused(asked, one) for one in looked if one.reasons)
        ranked = self._pool.scored(ranker, pairs, [one.id for one in refused], k, index)
        standing = tuple(
            Placed(other_of(asked.query, pairs[row]), float(ranked.scores[row]), pairs[row].topical)
            for row in ranked.order
        )
        return _scored(asked, ranker, standing, refused, len(pairs) < k, index.seq)

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
        wanted: Wanted = ANYBODY,
        factors: Mapping[str, float] | None = None,
    ) -> Why:
        """Tell all of one pair: score, rank, refusals, and what would change them.

        The list is the one that `match` gives for the same arguments; a candidate that it does not
        show has its rank beyond, or none where it is refused or not in the pool.

        Raises:
            UnknownId: if there is no such profile or programme.
            MatchError: if both are on one side.
            MovedError: as `match` does.
        """
        asked, notes = self._asked(query, programme, filters, as_of, pool, wanted)
        _refuse_same_side(asked.profile, self._store.get(candidate))
        ranker = moved(self._speaking(), factors or {})
        found = single.why(self._pool, asked, ranker, candidate, k)
        return replace(found, notes=(*notes, *found.notes))

    def beside(
        self,
        query: str | AnyProfile,
        candidates: Sequence[str],
        k: int = 10,
        *,
        programme: str | None = None,
        filters: Filters | None = None,
        as_of: date | None = None,
        pool: int = 200,
        wanted: Wanted = ANYBODY,
        factors: Mapping[str, float] | None = None,
    ) -> single.Beside:
        """Give a list as `match` does, and where some candidates stand beside it, shown or not.

        Raises:
            UnknownId: if there is no such profile or programme.
            MatchError: if k is out of range, or a candidate is on the side that asks.
            MovedError: as `match` does.
        """
        _check_size(k)
        asked, notes = self._asked(query, programme, filters, as_of, pool, wanted)
        for candidate in candidates:
            _refuse_same_side(asked.profile, self._store.get(candidate))
        ranker = moved(self._speaking(), factors or {})
        found = single.beside(self._pool, asked, ranker, candidates, k)
        told = (*notes, *self._pool.told_of_copies(found.copies, found.index.seq))
        return single.Beside(
            _answer(asked, ranker, found.matches, found.looked, found.index, told),
            found.named,
            found.ranked,
        )

    def helpful(self, query: str | AnyProfile, *, pool: int = 200) -> tuple[Change, ...]:
        """Tell which empty fields of a profile, filled in, would raise the head of its list most.

        Raises:
            UnknownId: if there is no such profile.
        """
        asked = self._asked(query, None, None, self._today(), pool, ANYBODY)[0]
        return single.most_helpful(self._pool, asked, self._speaking())

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
        asked = self._asked(query, None, filters, as_of, pool, ANYBODY)[0]
        looked, _ = self._pool.looked_at(asked, 1)
        pairs = [one.pair for one in looked if not one.reasons]
        return [pair.candidate.id for pair in pairs], pair_features(pairs)

    def appraise(
        self,
        startups: Sequence[Startup],
        places: Sequence[tuple[str, str | None]],
        *,
        as_of: date,
    ) -> Appraised:
        """Score all pairs of startups and places, each a partner's and under a programme or none.

        Each score is the one that `why` tells of the pair; nothing is explained.

        Raises:
            UnknownId: if there is no such partner or programme.
            AppraisalError: if there is nobody on a side, or the store is written to all the time.
        """
        under = {one.id: one for one in self._store.programmes()}
        given = [
            Place(_partner(self._store.get(partner)), under[programme] if programme else None)
            for partner, programme in places
        ]
        return appraise(self._pool, self._speaking(), startups, given, as_of, self._busy(as_of))

    def _asked(
        self,
        query: str | AnyProfile,
        programme: str | None,
        filters: Filters | None,
        as_of: date | None,
        pool: int,
        wanted: Wanted,
    ) -> tuple[Asked, tuple[Names, ...]]:
        """Read what is asked for, and what is to be said of the day that counts."""
        profile = self._store.get(query) if isinstance(query, str) else query
        under = self._store.programme(programme) if programme else None
        day, notes = _day(as_of, under, self._today)
        asking = self._pool.query(profile, day)
        asked = Asked(asking, under, filters or Filters(), wanted, pool, self._busy(day))
        return asked.under_the_programme(), notes


def _answer(
    asked: Asked,
    ranker: Ranker,
    matches: Sequence[Match],
    looked: Sequence[Looked],
    index: SearchIndex,
    notes: Sequence[Names],
) -> MatchList:
    return MatchList(
        asked.profile,
        asked.programme,
        asked.query.as_of,
        tuple(matches),
        tuple(_refused(asked, one) for one in looked if one.reasons),
        ranker.version,
        index.seq,
        tuple(notes),
        ranker.calibration,
        ranker.factors if isinstance(ranker, Moved) else {},
        most_points(ranker),
        len(looked),
    )


def _refused_list(
    asked: Asked, ranker: Ranker, notes: Sequence[Names], index: SearchIndex
) -> MatchList:
    """Give the list of one whom the rules of a programme keep from a list."""
    told = (*notes, phrase("note.query_refused"))
    return replace(_answer(asked, ranker, (), (), index, told), refused=(_own_refusal(asked),))


def _own_refusal(asked: Asked) -> Refused:
    return Refused(asked.profile.id, asked.profile.name, tuple(asked.refusals))


def _scored(
    asked: Asked,
    ranker: Ranker,
    standing: tuple[Placed, ...],
    refused: tuple[Refused, ...],
    is_whole: bool,
    seq: int,
) -> Scored:
    day = asked.query.as_of
    return Scored(
        asked.profile, asked.programme, day, standing, refused, is_whole, ranker.version, seq
    )


def _refused(asked: Asked, one: Looked) -> Refused:
    other = other_of(asked.query, one.pair)
    return Refused(other.id, other.name, one.reasons)


def _has_more(index: SearchIndex, asked: Asked) -> bool:
    """Tell whether there are more on the other side than are looked at for what is wanted."""
    return len(index.lexical[asked.query.side.other]) > MOST_LOOKED_AT


def _check_size(k: int) -> None:
    if not 1 <= k <= MOST_MATCHES:
        raise MatchError(
            value=k,
            rule=f"k lies between 1 and {MOST_MATCHES:,}.",
            remedy="Ask for a number of matches within it.",
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


def _partner(profile: AnyProfile) -> Partner:
    if isinstance(profile, Partner):
        return profile
    raise MatchError(
        value=profile.id,
        rule="Places are a partner's, and this is a startup.",
        remedy="Name a partner.",
    )


def _refuse_same_side(one: AnyProfile, other: AnyProfile) -> None:
    if one.side is other.side:
        raise MatchError(
            value=f"{one.id}, {other.id}",
            rule=f"Both are {one.side.value}s; a pair is a startup and a partner.",
            remedy="Name one of each.",
        )
