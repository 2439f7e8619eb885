"""Owns what one match lacks against another, feature by feature, in sentences."""

from __future__ import annotations

from dataclasses import dataclass

from matcher.features import flags_of
from matcher.matchlist import Match
from matcher.phrases import phrase
from profiles.taxonomy import Names


@dataclass(frozen=True, slots=True)
class Lack:
    """How far a feature sets two matches apart: what each has of it, in points, and a sentence."""

    feature: str
    own: float
    other: float
    sentence: Names

    @property
    def less(self) -> float:
        """What the one has less than the other; below 0 where it has more."""
        return self.other - self.own


def lacks(one: Match, other: Match) -> tuple[Lack, ...]:
    """Tell where two matches differ: first what the one lacks most, last where it is ahead most.

    What is less over all of them is the difference of the scores exactly.
    """
    mine = {part.feature: part.points for part in one.contributions}
    theirs = {part.feature: part.points for part in other.contributions}
    both = dict.fromkeys((*theirs, *mine))
    found = [
        Lack(name, own, their, _said(one, other, name, own, their))
        for name in both
        if (own := mine.get(name, 0.0)) != (their := theirs.get(name, 0.0))
    ]
    return tuple(sorted(found, key=lambda lack: (-lack.less, lack.feature)))


def _said(one: Match, other: Match, name: str, own: float, their: float) -> Names:
    params = {
        "feature": phrase(f"name.{name}"),
        "one": one.profile.name,
        "other": other.profile.name,
        "own": f"{own:.1f}",
        "their": f"{their:.1f}",
    }
    if own and their:
        code = "fewer" if own < their else "more"
    elif own:
        code = "only_own"
    else:
        unknown = {missing.feature for missing in one.unknowns}
        code = "unknown" if unknown.intersection(flags_of(name)) else "none"
    told = phrase(f"lack.{code}", **params)
    reason = _reason(one if own > their else other, name)
    return (
        Names(f"{told.en} {reason.en}", f"{told.ko} {reason.ko}") if not (own and their) else told
    )


def _reason(match: Match, name: str) -> Names:
    return next(part.phrase for part in match.contributions if part.feature == name)
