"""Owns the scoring of pairs again, as if fields that are empty now were filled in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations
from typing import NamedTuple

import numpy as np

from matcher.additive import Ranker, score
from matcher.copies import own_word
from matcher.counterfactual import Change, Field, Option
from matcher.eligibility import Reason, refusals
from matcher.features import pair_features
from matcher.filling import FACETS, Meet, Numbers, Try, compared_with, nothing_known
from matcher.pairs import Pair
from matcher.traits import places_of
from profiles import AnyProfile, Partner, Side
from profiles.taxonomy import Names, Vocabulary, provinces, region_name, sectors, terms

MOST_TOGETHER = 3
"""How many changes of two fields are told."""

TRIED_TOGETHER = 2
"""Of how many of the best values of each field all combinations are tried."""

BEST = 10
"""How many matches at the head of a list are looked at to tell which field helps most."""

_TERMS: Mapping[str, Vocabulary] = {
    "seeks": "supports",
    "offers": "supports",
    "stage": "stages",
    "stages": "stages",
}
_FILLED_IN = {
    Side.STARTUP: ("region", "sectors", "seeks", "offers", "stage", "trl", "seeking", "offering"),
    Side.PARTNER: ("region", "sectors", "seeks", "offers", "stages", "seeking", "offering"),
}
_SAME_VALUE = {
    "region": "region",
    "sectors": "sectors",
    "stage": "stages",
    "seeks": "offers",
    "offers": "seeks",
}
"""A field of the startup, and that of the partner which is compared with it value by value."""

_TRLS = range(1, 10)


@dataclass(frozen=True, slots=True)
class Looked:
    """A pair that was looked at for a list, and the rules that keep it off."""

    pair: Pair
    reasons: tuple[Reason, ...]


class _Outcome(NamedTuple):
    points: float
    rank: int | None
    allowed: bool


@dataclass(frozen=True)
class Bench:
    """Where pairs are scored again: all pairs of a list, and the one in question among or beside.

    `asks` is the side that asks: what is filled in there changes every pair of the list, what is
    filled in on the other side only the one. `copies` are the ids of those who answer and are
    copies (`matcher.copies`): what is filled in makes nobody a copy, and frees nobody of being one.
    """

    looked: Sequence[Looked]
    target: Looked
    asks: Side
    ranker: Ranker
    in_pool: bool = True
    meet: Meet = nothing_known
    copies: Collection[str] = frozenset()

    @cached_property
    def rank(self) -> int | None:
        """The rank as it is; None for one that is refused or not in the pool."""
        return self._tried([Try({})])[0].rank

    @cached_property
    def points(self) -> float:
        """The score of the pair in question as it is."""
        return float(self._scores([self.target.pair])[0])

    @cached_property
    def _others_now(self) -> list[tuple[float, str]]:
        return self._others()

    def changes(self) -> tuple[Change, ...]:
        """Give what filling in one empty field would change, then two; the most points first.

        A field that would change nothing is left out, and two only where they bring more, or a
        better rank, than each alone.
        """
        pair = self.target.pair
        alone = {one: self._change((one,)) for one in empty_fields(pair)}
        singles = [change for change in alone.values() if self._matters(change)]
        pairs = [self._together(one, other, alone) for one, other in combinations(alone, 2)]
        told = [change for change in pairs if change.options and self._adds(change, alone)]
        return (*_most_first(singles), *_most_first(told)[:MOST_TOGETHER])

    def _matters(self, change: Change) -> bool:
        rank = self.rank
        lifted = bool(self.target.reasons) and any(option.allowed for option in change.options)
        moved = change.ranks is not None and change.ranks != (rank, rank)
        barred = not self.target.reasons and bool(change.refused)
        return change.most > 0 or lifted or moved or barred

    def _adds(self, change: Change, alone: Mapping[Field, Change]) -> bool:
        each = [alone[one] for one in change.fields]
        if change.most <= max(one.most for one in each):
            return False
        if not any(map(self._matters, each)):
            return True
        ranks = [one.ranks[0] for one in each if one.ranks]
        return not change.ranks or not ranks or change.ranks[0] < min(ranks)

    def _change(self, fields: tuple[Field]) -> Change:
        (one,) = fields
        values = _values(one, self.target.pair, self.looked)
        return Change(fields, self._options([Try({one: value}) for value in values]))

    def _together(self, one: Field, other: Field, alone: Mapping[Field, Change]) -> Change:
        if _SAME_VALUE.get(one.name) == other.name and one.of is not other.of:
            tries = [
                Try({one: value, other: value})
                for value in _values(one, self.target.pair, self.looked)
            ]
        else:
            best = [
                [option.values[0] for option in alone[each].options[:TRIED_TOGETHER]]
                for each in (one, other)
            ]
            tries = [Try({one: a, other: b}) for a in best[0] for b in best[1]]
        return Change((one, other), self._options(tries))

    def _options(self, tries: Sequence[Try]) -> tuple[Option, ...]:
        now = self.points
        found = [
            Option(
                tuple(one.values.values()),
                tuple(_name(field.name, value) for field, value in one.values.items()),
                outcome.points - now,
                outcome.rank,
                outcome.allowed,
            )
            for one, outcome in zip(tries, self._tried(tries), strict=True)
        ]
        return tuple(sorted(found, key=lambda one: (-one.points, one.rank or 0)))

    def _tried(self, tries: Sequence[Try]) -> list[_Outcome]:
        """Score the pair in question, and rank it among the others, under each of several tries."""
        targets = [one.on_all([self.target.pair], self.meet)[0] for one in tries]
        points = self._scores(targets)
        outcomes = []
        for one, pair, own in zip(tries, targets, points.tolist(), strict=True):
            allowed = not (refusals_of(pair) if one.values else self.target.reasons)
            facts = one.facts
            others = self._others(facts) if self.asks in facts.sides else self._others_now
            rank = _rank(own, _answering(pair, self.asks).id, others)
            outcomes.append(_Outcome(own, rank if allowed and self.in_pool else None, allowed))
        return outcomes

    def _others(self, one: Try | None = None) -> list[tuple[float, str]]:
        others = [held for held in self.looked if held.pair is not self.target.pair]
        return _standing(others, self.asks, self.ranker, self.meet, self.copies, one)

    def _scores(self, pairs: Sequence[Pair]) -> Numbers:
        return _scores(pairs, self.asks, self.ranker, self.copies)


def _scores(pairs: Sequence[Pair], asks: Side, ranker: Ranker, copies: Collection[str]) -> Numbers:
    """Score n pairs, shape (n,); those of copies by what others recorded alone."""
    points = ranker.contributions(pair_features(pairs))
    rows = [row for row, pair in enumerate(pairs) if _answering(pair, asks).id in copies]
    points[np.ix_(rows, own_word(asks.other))] = 0.0
    return score(points)


def _standing(
    looked: Sequence[Looked],
    asks: Side,
    ranker: Ranker,
    meet: Meet,
    copies: Collection[str],
    one: Try | None = None,
) -> list[tuple[float, str]]:
    """Give the scores and ids of those that may be matched, if the asking side were changed."""
    if one is None:
        free = [held.pair for held in looked if not held.reasons]
    else:
        changed = one.on_all([held.pair for held in looked], meet, only=asks)
        free = [pair for pair in changed if not refusals_of(pair)]
    scores = _scores(free, asks, ranker, copies).tolist()
    return [(own, _answering(pair, asks).id) for own, pair in zip(scores, free, strict=True)]


def _values(one: Field, pair: Pair, looked: Sequence[Looked]) -> Sequence[str | None]:
    """Give what a field might hold; of regions those of Korea and those of the list."""
    if one.name in FACETS:
        return [None] if compared_with(pair, one.of, one.name) else []
    if one.name != "region":
        return _codes(one.name)
    pairs = [pair, *(held.pair for held in looked)]
    seen = chain.from_iterable(
        places_of(side) for held in pairs for side in (held.startup, held.partner)
    )
    return sorted({*provinces(), *seen})


def _rank(points: float, id: str, others: Sequence[tuple[float, str]]) -> int:
    """Give the place among others: by score descending, then id ascending."""
    return 1 + sum((-other, name) < (-points, id) for other, name in others)


def helpful(
    looked: Sequence[Looked],
    asks: Side,
    ranker: Ranker,
    meet: Meet,
    copies: Collection[str] = frozenset(),
) -> tuple[Change, ...]:
    """Give what filling in each empty field of the asking side would do for its best matches.

    `points` of an option are what the `BEST` best of the list gain in the mean; none has a rank.
    """
    if not looked:
        return ()
    first = looked[0].pair
    asking = first.startup if asks is Side.STARTUP else first.partner
    now = _head(_standing(looked, asks, ranker, meet, copies))

    def gain(one: Field, value: str | None) -> Option:
        then = _head(_standing(looked, asks, ranker, meet, copies, Try({one: value})))
        return Option((value,), (_name(one.name, value),), then - now, None)

    changes = []
    for one in _empty(asking, asks):
        values = _of_texts(one, looked) if one.name in FACETS else _values(one, first, looked)
        found = sorted((gain(one, value) for value in values), key=lambda option: -option.points)
        changes.append(Change((one,), tuple(found)))
    return _most_first([change for change in changes if change.most > 0])


def _of_texts(one: Field, looked: Sequence[Looked]) -> Sequence[str | None]:
    """Give a text for a field that is compared with something of one of those looked at."""
    compared = any(compared_with(held.pair, one.of, one.name) for held in looked)
    return (None,) if compared else ()


def _head(standing: Sequence[tuple[float, str]]) -> float:
    """Give the mean score of the best, 0 where nobody stands."""
    best = sorted((points for points, _ in standing), reverse=True)[:BEST]
    return sum(best) / len(best) if best else 0.0


def _most_first(changes: Sequence[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda change: -change.most))


def empty_fields(pair: Pair) -> tuple[Field, ...]:
    """Give the fields of both sides of a pair that are empty and could matter to a match."""
    return (*_empty(pair.startup, Side.STARTUP), *_empty(pair.partner, Side.PARTNER))


def _empty(profile: AnyProfile, side: Side) -> Iterator[Field]:
    for name in _FILLED_IN[side]:
        elsewhere = name == "region" and isinstance(profile, Partner) and profile.sites
        if not getattr(profile, name) and not elsewhere:
            yield Field(side, name)


def _codes(name: str) -> list[str]:
    if name == "sectors":
        return list(sectors())
    return list(terms(_TERMS[name])) if name in _TERMS else [str(one) for one in _TRLS]


def _name(name: str, value: str | None) -> Names | None:
    """Name a value of a field; a text has no name."""
    if value is None:
        return None
    if name == "region":
        return Names(region_name(value, "en"), region_name(value, "ko"))
    if name == "sectors":
        return sectors()[value].name
    return terms(_TERMS[name])[value].name if name in _TERMS else Names(value, value)


def _answering(pair: Pair, asks: Side) -> AnyProfile:
    return pair.partner if asks is Side.STARTUP else pair.startup


def refusals_of(pair: Pair) -> list[Reason]:
    """Give why a pair may not be matched; none where it may."""
    scene = pair.scene
    return refusals(
        pair.startup,
        pair.partner,
        programme=scene.programme,
        history=scene.history,
        on=scene.as_of,
    )
