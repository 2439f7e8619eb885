"""Owns the appraisal of all pairs of some startups and partners, by the way that lists go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from index import Filters, SearchIndex
from matcher.additive import Doubles, Ranker, score
from matcher.copies import own_word
from matcher.eligibility import Reason, refusals
from matcher.features import pair_features
from matcher.pairs import Pair, Scene
from matcher.pool import Asked, Pool
from matcher.standing import Busy, Room, nobody, room_of
from profiles import Partner, Programme, Side, Startup
from profiles.errors import CodedError

_ATTEMPTS = 3
_AT_ONCE = 4_096


class AppraisalError(CodedError):
    """Why pairs cannot be appraised, in Korean and English."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a startup may go: to a partner, under a programme where there is one."""

    partner: Partner
    programme: Programme | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Appraised:
    """How n startups fit m places.

    Attributes:
        points: the scores, shape (n, m), in points; NaN where the rules refuse the pair.
        reasons: (row, column) → the rules that refuse it.
        rooms: the places of the m partners on the day; open cases of the n startups take none.
        model_version: the ranker that scored all of them.
        seq: the state of the change log that all was read at.
    """

    points: NDArray[np.float64]
    reasons: Mapping[tuple[int, int], tuple[Reason, ...]]
    rooms: tuple[Room, ...]
    model_version: str
    seq: int


def appraise(
    pool: Pool,
    ranker: Ranker,
    startups: Sequence[Startup],
    places: Sequence[Place],
    day: date,
    busy: Busy = nobody,
) -> Appraised:
    """Score all pairs of startups and places on a day, as lists and `why` do.

    Raises:
        AppraisalError: if there is no startup or no place, or the store changed each time while it
            was read.
    """
    if not (startups and places):
        raise AppraisalError("applicants", "appraise_nobody", len(startups), hosts=len(places))
    for _ in range(_ATTEMPTS):
        look = _Look(pool, ranker, startups, places, day, busy)
        if (found := look.appraised()) is not None:
            return found
    raise AppraisalError("applicants", "appraise_moving", len(startups))


class _Look:
    """One reading of all pairs; None comes of it where the store changed meanwhile."""

    def __init__(
        self,
        pool: Pool,
        ranker: Ranker,
        startups: Sequence[Startup],
        places: Sequence[Place],
        day: date,
        busy: Busy,
    ) -> None:
        self._pool, self._ranker, self._day = pool, ranker, day
        self._startups, self._places = startups, places
        self._ids = frozenset(place.partner.id for place in places)
        applying = frozenset(one.id for one in startups)
        self._busy: Busy = lambda partner: busy(partner) - applying
        self._reasons: dict[tuple[int, int], tuple[Reason, ...]] = {}
        self._points = np.full((len(startups), len(places)), np.nan)

    def appraised(self) -> Appraised | None:
        at: list[tuple[int, int]] = []
        pairs: list[Pair] = []
        seqs: set[int] = set()
        for row, startup in enumerate(self._startups):
            held, index = self._beside(startup)
            seqs.add(index.seq)
            if not self._ids <= held.keys():
                return None
            for column, pair in self._free(row, held):
                at.append((row, column))
                pairs.append(pair)
        if len(seqs) > 1:
            return None
        self._score(at, pairs, index)
        past, on = index.history, self._day
        rooms = tuple(room_of(one.partner, past, on, self._busy) for one in self._places)
        version = self._ranker.version
        return Appraised(self._points, self._reasons, rooms, version, index.seq)

    def _beside(self, startup: Startup) -> tuple[dict[str, Pair], SearchIndex]:
        """Find what speaks for a startup at each of the partners."""
        query = self._pool.query(startup, self._day)
        asked = Asked(query, None, Filters(ids=self._ids), pool=len(self._ids), busy=self._busy)
        looked, index = self._pool.looked_at(asked, 0)
        return {one.pair.partner.id: one.pair for one in looked}, index

    def _free(self, row: int, held: Mapping[str, Pair]) -> Iterator[tuple[int, Pair]]:
        """Give the pairs of a startup that no rule refuses, each under the place's programme."""
        scenes: dict[str, Scene] = {}
        for column, place in enumerate(self._places):
            pair = held[place.partner.id]
            if place.programme is not None:
                scene = scenes.get(place.programme.id) or replace(
                    pair.scene, programme=place.programme, programmes=()
                )
                scenes[place.programme.id] = scene
                pair = replace(pair, scene=scene)
            reasons = _refusals(pair)
            if reasons:
                self._reasons[row, column] = reasons
            else:
                yield column, pair

    def _score(
        self, at: Sequence[tuple[int, int]], pairs: Sequence[Pair], index: SearchIndex
    ) -> None:
        copies = self._pool.copies_of(self._ids, Side.PARTNER, index) if pairs else {}
        others = own_word(Side.PARTNER)
        for start in range(0, len(pairs), _AT_ONCE):
            some = pairs[start : start + _AT_ONCE]
            points = self._ranker.contributions(pair_features(some))
            copied = [row for row, pair in enumerate(some) if pair.partner.id in copies]
            points[np.ix_(copied, others)] = 0.0
            self._put(at[start : start + _AT_ONCE], score(points))

    def _put(self, at: Sequence[tuple[int, int]], scores: Doubles) -> None:
        where = np.array(at, np.int64).reshape(-1, 2)
        self._points[where[:, 0], where[:, 1]] = scores


def _refusals(pair: Pair) -> tuple[Reason, ...]:
    scene = pair.scene
    return tuple(
        refusals(
            pair.startup,
            pair.partner,
            programme=scene.programme,
            history=scene.history,
            on=scene.as_of,
        )
    )
