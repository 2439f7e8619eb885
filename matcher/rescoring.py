"""Owns the scoring of pairs again, as if fields that are empty now were filled in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import chain, combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index import FACET_PAIRS, SearchIndex, with_evidence
from index.leanings import ENOUGH
from index.nearness import DAMPING, FOREMOST
from matcher.additive import Ranker, score
from matcher.copies import own_word
from matcher.counterfactual import Change, Field, Option
from matcher.eligibility import Reason, refusals
from matcher.features import pair_features
from matcher.pairs import Pair
from matcher.traits import places_of
from profiles import AnyProfile, Partner, Side, Stage, Support, Text
from profiles.taxonomy import Names, Vocabulary, provinces, region_name, sectors, terms

MOST_TOGETHER = 3
"""How many changes of two fields are told."""

TRIED_TOGETHER = 2
"""Of how many of the best values of each field all combinations are tried."""

BEST = 10
"""How many matches at the head of a list are looked at to tell which field helps most."""

_FACETS = {"seeking": "seeks", "offering": "offers"}
_LISTS = frozenset({"sectors", "seeks", "offers", "stages"})
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

_ANY_TEXT = Text(en="-", ko="-")
"""Stands for a text of which nothing is known but that it is there, in whatever language."""

_ENDLESS = 1e12
"""What stands for evidence without a bound, such as how many rare words two may share."""

_MET = frozenset({"region", "sectors"})
"""The fields that evidence of the past is held against."""

Numbers = NDArray[np.float64]


Meet = Callable[[AnyProfile, Sequence[str]], Mapping[str, Numbers]]
"""Tells anew of a profile and n others what rests on its place and sectors: evidence (n,)."""


def _nothing_known(_profile: AnyProfile, _others: Sequence[str]) -> Mapping[str, Numbers]:
    return {}


def meeting(index: SearchIndex, day: date) -> Meet:
    """Give what tells anew how those whom a profile's partners dealt with are like it."""

    def meet(profile: AnyProfile, others: Sequence[str]) -> Mapping[str, Numbers]:
        numbers = index.roster.numbers(others)
        if (numbers < 0).any():  # one that is not in the store: nobody dealt with it
            return {}
        found = {"countries": index.worked(profile, numbers, day)}
        if profile.side is Side.STARTUP:
            for name in ("region", "sector"):
                found[f"past_{name}"] = index.like(name, profile, numbers, day)
        return found

    return meet


@dataclass(frozen=True, slots=True)
class Looked:
    """A pair that was looked at for a list, and the rules that keep it off."""

    pair: Pair
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class _Try:
    """Values for empty fields: those put into the profiles, or a text that fits entirely."""

    values: Mapping[Field, str | None]
    _made: dict[int, tuple[AnyProfile, AnyProfile]] = field(default_factory=dict)
    """By its address each profile as it is (which keeps the address its own), and as it would be:
    made once, for all pairs that it is in."""

    def applied(self, pair: Pair, only: Side | None = None) -> Pair:
        """Give the pair as it would be; `only` fills in the fields of one side alone."""
        changed = pair
        for side in {one.of for one in self.values}:
            if only in (None, side):
                changed = self._filled(changed, side)
        return changed

    def _filled(self, pair: Pair, side: Side) -> Pair:
        given = {one.name: value for one, value in self.values.items() if one.of is side}
        as_it_is = pair.startup if side is Side.STARTUP else pair.partner
        ends: dict[str, Any] = {side.value: self._with(as_it_is, given)}
        pair = replace(pair, **ends)
        texts = [name for name, value in given.items() if value is None]
        if not texts:
            return pair
        evidence = dict(pair.candidate.evidence)
        for name in texts:
            evidence |= _at_most(pair, side, name)
        return replace(pair, candidate=replace(pair.candidate, evidence=evidence))

    def _with(self, profile: AnyProfile, given: Mapping[str, str | None]) -> AnyProfile:
        if id(profile) not in self._made:
            held = {name: _held(name, value) for name, value in given.items()}
            self._made[id(profile)] = profile, profile.model_copy(update=held)
        return self._made[id(profile)][1]

    @property
    def facts(self) -> _Try:
        """What it puts into the profiles, without the texts."""
        return _Try({one: value for one, value in self.values.items() if value is not None})

    def on_all(self, pairs: Sequence[Pair], meet: Meet, only: Side | None = None) -> list[Pair]:
        """Give pairs as they would be, with what their past would say of a new place or sector.

        Those that it changes are all of one profile.
        """
        changed = [self.applied(pair, only) for pair in pairs]
        for side in {one.of for one, value in self.values.items() if value and one.name in _MET}:
            if only in (None, side):
                changed = _met(changed, side, meet)
        return changed

    @property
    def sides(self) -> frozenset[Side]:
        """The sides whose profiles it changes."""
        return frozenset(one.of for one, value in self.values.items() if value is not None)


def _met(pairs: Sequence[Pair], side: Side, meet: Meet) -> list[Pair]:
    """Give pairs of one profile of a side with what is told anew of it and each of the others."""
    if not pairs:
        return []
    if side is Side.STARTUP:
        more = meet(pairs[0].startup, [pair.partner.id for pair in pairs])
    else:
        more = meet(pairs[0].partner, [pair.startup.id for pair in pairs])
    known = with_evidence([pair.candidate for pair in pairs], more)
    return [replace(pair, candidate=one) for pair, one in zip(pairs, known, strict=True)]


def _held(name: str, value: str | None) -> Any:
    """Give a value as the profile holds it."""
    if value is None:
        return _ANY_TEXT
    read: Callable[[str], Any] = {
        "seeks": Support, "offers": Support, "stage": Stage, "stages": Stage, "trl": int
    }.get(name, str)  # fmt: skip
    return (read(value),) if name in _LISTS else read(value)


def _compared_with(pair: Pair, side: Side, name: str) -> list[str]:
    """Name the evidence that a text of one side is compared for, where the other side has its own.

    A facet that the other side lacks cannot be compared, whatever the text says.
    """
    other = pair.partner if side is Side.STARTUP else pair.startup
    there = {"is", *(facet for text, facet in _FACETS.items() if getattr(other, text) is not None)}
    found = []
    for evidence, facets in FACET_PAIRS.items():
        own, theirs = facets if side is Side.STARTUP else facets[::-1]
        if own == _FACETS[name] and theirs in there:
            found.append(evidence)
    return found


def _at_most(pair: Pair, side: Side, name: str) -> dict[str, float]:
    """Give the evidence that a text of one side may change, as great as any text could make it.

    Its words join all words of its side; those of a startup are also held against the past of the
    partner, where there is one, as is the meaning of what it seeks.
    """
    found = dict.fromkeys(_compared_with(pair, side, name), 1.0)
    found |= {"lexical": _ENDLESS, "fused": _ENDLESS}
    if side is Side.STARTUP and "history" in pair.candidate.evidence:
        found |= {"history_word": _ENDLESS, "history_lexical": _ENDLESS}
        if name == "seeking":
            found |= _past_at_most(pair.past_ties)
    return found


def _past_at_most(ties: int) -> dict[str, float]:
    """Give what a past of so many ties comes to where each is about just what is sought."""
    damped = (1.0 - DAMPING**ties) / (1.0 - DAMPING)
    return {
        "history": 1.0,
        "history_mean": 1.0,
        "history_top3": min(1.0, ties / FOREMOST),
        "history_all": damped,
        "focus": min(1.0, ties / ENOUGH),
        "area": damped,
    }


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
    meet: Meet = _nothing_known
    copies: Collection[str] = frozenset()

    @cached_property
    def rank(self) -> int | None:
        """The rank as it is; None for one that is refused or not in the pool."""
        return self._tried([_Try({})])[0].rank

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
        return Change(fields, self._options([_Try({one: value}) for value in values]))

    def _together(self, one: Field, other: Field, alone: Mapping[Field, Change]) -> Change:
        if _SAME_VALUE.get(one.name) == other.name and one.of is not other.of:
            tries = [
                _Try({one: value, other: value})
                for value in _values(one, self.target.pair, self.looked)
            ]
        else:
            best = [
                [option.values[0] for option in alone[each].options[:TRIED_TOGETHER]]
                for each in (one, other)
            ]
            tries = [_Try({one: a, other: b}) for a in best[0] for b in best[1]]
        return Change((one, other), self._options(tries))

    def _options(self, tries: Sequence[_Try]) -> tuple[Option, ...]:
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

    def _tried(self, tries: Sequence[_Try]) -> list[_Outcome]:
        """Score the pair in question, and rank it among the others, under each of several tries."""
        targets = [one.on_all([self.target.pair], self.meet)[0] for one in tries]
        points = self._scores(targets)
        outcomes = []
        for one, pair, own in zip(tries, targets, points.tolist(), strict=True):
            allowed = not (_refusals(pair) if one.values else self.target.reasons)
            facts = one.facts
            others = self._others(facts) if self.asks in facts.sides else self._others_now
            rank = _rank(own, _answering(pair, self.asks).id, others)
            outcomes.append(_Outcome(own, rank if allowed and self.in_pool else None, allowed))
        return outcomes

    def _others(self, one: _Try | None = None) -> list[tuple[float, str]]:
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
    one: _Try | None = None,
) -> list[tuple[float, str]]:
    """Give the scores and ids of those that may be matched, if the asking side were changed."""
    if one is None:
        free = [held.pair for held in looked if not held.reasons]
    else:
        changed = one.on_all([held.pair for held in looked], meet, only=asks)
        free = [pair for pair in changed if not _refusals(pair)]
    scores = _scores(free, asks, ranker, copies).tolist()
    return [(own, _answering(pair, asks).id) for own, pair in zip(scores, free, strict=True)]


def _values(one: Field, pair: Pair, looked: Sequence[Looked]) -> Sequence[str | None]:
    """Give what a field might hold; of regions those of Korea and those of the list."""
    if one.name in _FACETS:
        return [None] if _compared_with(pair, one.of, one.name) else []
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
        then = _head(_standing(looked, asks, ranker, meet, copies, _Try({one: value})))
        return Option((value,), (_name(one.name, value),), then - now, None)

    changes = []
    for one in _empty(asking, asks):
        values = _of_texts(one, looked) if one.name in _FACETS else _values(one, first, looked)
        found = sorted((gain(one, value) for value in values), key=lambda option: -option.points)
        changes.append(Change((one,), tuple(found)))
    return _most_first([change for change in changes if change.most > 0])


def _of_texts(one: Field, looked: Sequence[Looked]) -> Sequence[str | None]:
    """Give a text for a field that is compared with something of one of those looked at."""
    compared = any(_compared_with(held.pair, one.of, one.name) for held in looked)
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


def _refusals(pair: Pair) -> list[Reason]:
    scene = pair.scene
    return refusals(
        pair.startup,
        pair.partner,
        programme=scene.programme,
        history=scene.history,
        on=scene.as_of,
    )
