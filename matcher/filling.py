"""Owns what pairs would be with empty fields filled in: their profiles and their evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import FACET_PAIRS, SearchIndex, with_evidence
from index.leanings import ENOUGH
from index.nearness import DAMPING, FOREMOST
from matcher.counterfactual import Field
from matcher.pairs import Pair
from profiles import AnyProfile, Side, Stage, Support, Text

FACETS = {"seeking": "seeks", "offering": "offers"}
"""The fields that are texts, and the facet of each."""


_LISTS = frozenset({"sectors", "seeks", "offers", "stages"})


_ANY_TEXT = Text(en="-", ko="-")
"""Stands for a text of which nothing is known but that it is there, in whatever language."""


_ENDLESS = 1e12
"""What stands for evidence without a bound, such as how many rare words two may share."""


_MET = frozenset({"region", "sectors"})
"""The fields that evidence of the past is held against."""


Numbers = NDArray[np.float64]


Meet = Callable[[AnyProfile, Sequence[str]], Mapping[str, Numbers]]
"""Tells anew of a profile and n others what rests on its place and sectors: evidence (n,)."""


def nothing_known(_profile: AnyProfile, _others: Sequence[str]) -> Mapping[str, Numbers]:
    """Tell nothing anew of a profile."""
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
class Try:
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
    def facts(self) -> Try:
        """What it puts into the profiles, without the texts."""
        return Try({one: value for one, value in self.values.items() if value is not None})

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


def compared_with(pair: Pair, side: Side, name: str) -> list[str]:
    """Name the evidence that a text of one side is compared for, where the other side has its own.

    A facet that the other side lacks cannot be compared, whatever the text says.
    """
    other = pair.partner if side is Side.STARTUP else pair.startup
    there = {"is", *(facet for text, facet in FACETS.items() if getattr(other, text) is not None)}
    found = []
    for evidence, facets in FACET_PAIRS.items():
        own, theirs = facets if side is Side.STARTUP else facets[::-1]
        if own == FACETS[name] and theirs in there:
            found.append(evidence)
    return found


def _at_most(pair: Pair, side: Side, name: str) -> dict[str, float]:
    """Give the evidence that a text of one side may change, as great as any text could make it.

    Its words join all words of its side; those of a startup are also held against the past of the
    partner, where there is one, as is the meaning of what it seeks.
    """
    found = dict.fromkeys(compared_with(pair, side, name), 1.0)
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
