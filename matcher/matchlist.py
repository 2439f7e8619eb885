"""Owns the answer: a ranked list of matches with the reasons for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

from matcher.calibration import Calibration
from matcher.eligibility import Reason
from matcher.standing import Standing
from profiles import AnyProfile, Programme, Text
from profiles.taxonomy import Names


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a reason rests on: a sentence of profile `of`, or a fact with its source."""

    kind: Literal["sentence", "fact"]
    text: Names
    source: str | None = None
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one feature adds to the score, in points, and why."""

    feature: str
    points: float
    value: float
    phrase: Names
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """What could not be judged, because a field is not filled in."""

    feature: str
    phrase: Names


@dataclass(frozen=True, slots=True)
class Probability:
    """What share of pairs with such a score came to something lies between these, each 0 to 1."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Abstention:
    """That no probability is told, and why: what is missing, and of whom."""

    reasons: tuple[Names, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """One candidate of the list; its score is the sum of its contributions exactly."""

    rank: int
    profile: AnyProfile
    score: float
    contributions: tuple[Contribution, ...]
    unknowns: tuple[Unknown, ...]
    probability: Probability | Abstention
    standing: Standing


@dataclass(frozen=True, slots=True)
class Refused:
    """A profile that the rules keep off the list, and why."""

    id: str
    name: Text
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class MatchList:
    """The answer to one query, with all that is needed to ask it again."""

    query: AnyProfile
    programme: Programme | None
    as_of: date
    matches: tuple[Match, ...]
    refused: tuple[Refused, ...]
    model_version: str
    index_seq: int
    notes: tuple[Names, ...] = ()
    calibration: Calibration | None = None
    """What the probabilities of the matches rest on; None where there are none."""
    moved: Mapping[str, float] = field(default_factory=dict)
    """By family, how many times more than by the model it counts, where a person moved that."""
    most: float = 100.0
    """The most points that a score can come to."""
    looked_at: int = 0
    """How many candidates were ranked or refused."""

    @property
    def abstention(self) -> Abstention | None:
        """Why no match has a probability, where that is the same for all; else None."""
        told = {match.probability for match in self.matches}
        only = told.pop() if len(told) == 1 else None
        return only if isinstance(only, Abstention) else None

    def as_json(self) -> dict[str, Any]:
        """Give the list as plain values for JSON.

        What keeps every match from a probability stands once, as `no_probability` of the list.
        """
        common = self.abstention
        return {
            "query": self.query.id,
            "model": self.model_version,
            "programme": self.programme.id if self.programme else None,
            "as_of": self.as_of.isoformat(),
            "index_seq": self.index_seq,
            "calibration": _calibration(self.calibration) if self.calibration else None,
            "no_probability": [asdict(one) for one in common.reasons] if common else [],
            "matches": [match_json(match, common) for match in self.matches],
            "refused": [_refused(refused) for refused in self.refused],
            "notes": [asdict(note) for note in self.notes],
        }


@dataclass(frozen=True, slots=True)
class Placed:
    """A candidate with its score in points, and whether anything says that a subject joins them."""

    profile: AnyProfile
    score: float
    topical: bool


@dataclass(frozen=True, slots=True)
class Scored:
    """Who a query's candidates are and how they score, without what each score rests on.

    Attributes:
        standing: the candidates, by score descending, then id ascending.
        refused: those whom the rules keep off; the asking profile alone where they refuse it.
        is_whole: whether everybody who passes the filters was looked at.
    """

    query: AnyProfile
    programme: Programme | None
    as_of: date
    standing: tuple[Placed, ...]
    refused: tuple[Refused, ...]
    is_whole: bool
    model_version: str
    index_seq: int


def _calibration(calibration: Calibration) -> dict[str, Any]:
    return {
        "population": calibration.population,
        "until": calibration.until.isoformat(),
        **asdict(calibration.amount),
    }


def _probability(told: Probability | Abstention, common: Abstention | None) -> dict[str, Any]:
    if isinstance(told, Probability):
        return {"low": told.low, "high": told.high, "reasons": []}
    reasons = () if told == common else told.reasons
    return {"low": None, "high": None, "reasons": [asdict(one) for one in reasons]}


def match_json(match: Match, common: Abstention | None = None) -> dict[str, Any]:
    """Give a match as plain values; the reasons of `common` are not said again."""
    return {
        "rank": match.rank,
        "id": match.profile.id,
        "name": _text(match.profile.name),
        "score": match.score,
        "probability": _probability(match.probability, common),
        "contributions": [_contribution(one) for one in match.contributions],
        "unknowns": [
            {"feature": one.feature, "reason": asdict(one.phrase)} for one in match.unknowns
        ],
    }


def _contribution(one: Contribution) -> dict[str, Any]:
    return {
        "feature": one.feature,
        "points": one.points,
        "value": one.value,
        "reason": asdict(one.phrase),
        "evidence": asdict(one.evidence) if one.evidence else None,
    }


def _refused(refused: Refused) -> dict[str, Any]:
    return {
        "id": refused.id,
        "name": _text(refused.name),
        "reasons": [{"code": r.code, "reason": asdict(r.phrase)} for r in refused.reasons],
    }


def _text(text: Text) -> dict[str, str | None]:
    return {"en": text.en, "ko": text.ko}
