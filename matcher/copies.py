"""Owns copies: who among the candidates says at length what another one has said before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np

from index import SearchIndex, tokenise
from matcher.features import FEATURE_NAMES
from profiles import AnyProfile, Side, Store
from profiles.apart import apart_pair
from profiles.revisions import Revision

LIKE = 0.6
"""The cosine from which two profiles are compared word by word: that of one pair in a hundred of
the catalogue, and of nine copies in ten that have own text beside what they copied."""

SHARE = 0.75
"""The share of the words of the one that has fewer from which both say the same; no two partners of
the catalogue share more than .55."""

FEWEST_WORDS = 20
"""Of how many different words a profile must be before it can be the like of another."""

MEANWHILE = timedelta(hours=1)
"""What an import or staff write within so long of each other is not told apart by its order: those
who do one project together may bring one text. By the public door nothing is brought for others."""

_RECORDED = frozenset({
    *("history", "history_mean", "history_top3", "history_all", "history_word", "history_lexical"),
    *("kind_past", "prior_tie", "neighbours", "neighbours_linked", "activity", "activity_all"),
    *("focus", "area", "recency", "countries", "past_region", "past_sector"),
    *("region_paired", "programme"),
})

NOT_ITS_OWN_WORD: Mapping[Side, frozenset[str]] = {
    Side.PARTNER: _RECORDED,
    Side.STARTUP: frozenset({"prior_tie"}),
}
"""What does not rest on what the candidate says of itself, but on what others have recorded."""

_KEPT_TEXTS = 2_000
_TEXTS = ("summary", "offering", "seeking")
_ALWAYS = datetime.min.replace(tzinfo=UTC)

Words = frozenset[str]


def own_word(side: Side) -> list[int]:
    """Give the columns of the features that rest on what candidates of a side say of themselves."""
    others = NOT_ITS_OWN_WORD[side]
    return [column for column, name in enumerate(FEATURE_NAMES) if name not in others]


class Copies:
    """Finds copies among candidates; what the store knows of their past says who was first."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seq = -1
        self._states: dict[str, Sequence[Revision]] = {}

    def among(
        self, asked: Collection[str], profiles: Mapping[str, AnyProfile], index: SearchIndex
    ) -> dict[str, str]:
        """Give those of the asked ids that are copies, each with the id that it is a copy of.

        A copy shares its words with another one of `profiles`, all of one side, that has held
        these words for longer, and staff do not keep the two apart.
        """
        near = list(_near(asked, list(profiles), profiles, index))
        words = {id: words_of(profiles[id]) for id in {id for pair in near for id in pair}}
        likes: dict[str, list[str]] = {}
        for one, other in near:
            if _alike(words[one], words[other]):
                likes.setdefault(one, []).append(other)
        self._read({*likes, *(other for others in likes.values() for other in others)}, index.seq)
        found = {one: self._first(one, others, profiles) for one, others in likes.items()}
        return {one: first for one, first in found.items() if first != one}

    def _read(self, ids: Collection[str], seq: int) -> None:
        """Read the states of profiles, and keep them while the change log stands still."""
        if seq != self._seq:
            self._seq, self._states = seq, {}
        missing = [id for id in ids if id not in self._states]
        if missing:
            self._states |= self._store.states(missing)

    def _first(self, id: str, others: Iterable[str], profiles: Mapping[str, AnyProfile]) -> str:
        """Give who said first what a profile says: another one, or itself."""
        own, found = words_of(profiles[id]), []
        for other in others:
            if apart_pair(self._store, id, other) is None:
                shared = own & words_of(profiles[other])
                held = (_Held.of(self._states[one], shared, one) for one in (other, id))
                if _before(*held):
                    found.append(other)
        return min(found, default=id)


@dataclass(frozen=True, slots=True, order=True)
class _Held:
    """Since when a profile has said some words without a break, and whether the public brought it.

    Of two that have said them equally long, the lesser id comes first.
    """

    since: datetime
    id: str
    public: bool

    @classmethod
    def of(cls, states: Sequence[Revision], shared: Words, id: str) -> _Held:
        """Read it from the states of a profile, oldest first."""
        held = cls(_ALWAYS, id, False)
        for state in reversed(states):
            if len(_said(state) & shared) < SHARE * len(shared):
                break
            held = cls(state.at, id, state.is_public)
        return held


def _before(one: _Held, other: _Held) -> bool:
    """Tell whether one had the words first, and the other took them from it."""
    return one < other and (other.public or other.since - one.since > MEANWHILE)


def words_of(profile: AnyProfile) -> Words:
    """Give the different words, as lexical search sees them, of what a profile says of itself."""
    texts = (profile.summary, profile.offering, profile.seeking)
    return _words("\n".join(text.joined for text in texts if text))


@lru_cache(maxsize=_KEPT_TEXTS)
def _words(text: str) -> Words:
    return frozenset(tokenise(text))


def _near(
    asked: Collection[str],
    ids: Sequence[str],
    profiles: Mapping[str, AnyProfile],
    index: SearchIndex,
) -> Iterable[tuple[str, str]]:
    """Give the pairs of an asked profile and another one that look alike from afar."""
    if not ids:
        return
    side = profiles[ids[0]].side
    numbers = index.roster.numbers(ids)
    known = np.flatnonzero(numbers >= 0)
    long = known[index.lexical[side].lengths(numbers[known]) >= FEWEST_WORDS].tolist()
    among = [ids[place] for place in long]
    rows = [row for row, id in enumerate(among) if id in asked]
    if not rows:
        return
    vectors = np.nan_to_num(index.facets[side, "is"].vectors_at(numbers[long]))
    for row, other in np.argwhere(vectors[rows] @ vectors.T >= LIKE).tolist():
        if rows[row] != other:
            yield among[rows[row]], among[other]


def _alike(one: Words, other: Words) -> bool:
    fewer = min(len(one), len(other))
    return fewer >= FEWEST_WORDS and len(one & other) >= SHARE * fewer


def _said(state: Revision) -> Words:
    told = [(state.payload or {}).get(name) or {} for name in _TEXTS]
    return _words("\n".join(text for texts in told for text in texts.values()))
