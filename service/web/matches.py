"""Owns what a match page shows: bars, reasons, verdicts, and the reading of a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints

from matcher import Abstention, Match, MatchList, Probability
from profiles import AnyProfile, Programme, Record, Side, Store, Verdict, validate
from profiles.fields import Id, Plain, Whole
from profiles.taxonomy import Names
from profiles.validation import without_unknown_fields
from service.models import origin_of
from service.queries import StartupMatchQuery, profile_on
from service.wiring import Dari

_FAMILIES = {
    "text": "text",
    "lexical": "text",
    "language": "text",
    "retrieval": "text",
    "sector": "sector",
    "region": "region",
    "support": "support",
    "wish": "support",
    "stage": "support",
    "readiness": "support",
    "history": "past",
    "prior": "past",
    "activity": "past",
    "programme": "past",
    "focus": "past",
    "area": "past",
    "kind": "past",
    "neighbours": "past",
    "recency": "past",
    "countries": "past",
    "past": "past",
}


def family(feature: str) -> str:
    """Tell which family a feature belongs to; one family has one colour."""
    return _FAMILIES.get(feature.split("_")[0], "other")


def beside(candidate: str) -> str:
    """Give the category of a notice that is shown beside the match with a candidate."""
    return f"success:{candidate}"


@dataclass(frozen=True, slots=True)
class Segment:
    """One contribution in the bar of a score: where it starts and ends on 0..100."""

    x: float
    width: float
    family: str


@dataclass(frozen=True, slots=True)
class Interval:
    """A probability in whole per cent, rounded outwards."""

    low: int
    high: int

    @classmethod
    def of(cls, told: Probability) -> Self:
        """Round a probability."""
        return cls(math.floor(told.low * 100 + 1e-9), math.ceil(told.high * 100 - 1e-9))

    @property
    def text(self) -> str:
        """The interval as it is read."""
        return f"{self.low}–{self.high}%" if self.low < self.high else f"{self.low}%"


@dataclass(frozen=True, slots=True)
class MatchPage:
    """A match list: where its model comes from, what staff said, what its filters offer."""

    found: MatchList
    origin: Names
    programmes: tuple[Programme, ...]
    verdicts: Mapping[str, tuple[Verdict, ...]]

    def bar(self, match: Match) -> list[Segment]:
        """Lay the contributions of a match side by side; those below zero have no width."""
        segments, x = [], 0.0
        for part in match.contributions:
            width = min(max(part.points, 0.0), 100.0 - x)
            if width > 0:
                segments.append(Segment(x, width, family(part.feature)))
            x += width
        return segments

    def interval(self, match: Match) -> Interval | None:
        """Give the probability of a match as it is shown; None where none is told."""
        told = match.probability
        return Interval.of(told) if isinstance(told, Probability) else None

    @property
    def why_silent(self) -> tuple[Names, ...]:
        """Why no match of the page has a probability, where that is the same for all."""
        common = self.found.abstention
        return common.reasons if common else ()

    def own_silence(self, match: Match) -> tuple[Names, ...]:
        """Why this match has no probability, where that is not said of the whole page."""
        told = match.probability
        common = self.found.abstention
        return told.reasons if isinstance(told, Abstention) and told != common else ()

    @property
    def beside(self) -> set[str]:
        """The categories of the notices that stand beside a match of this page."""
        return {beside(match.profile.id) for match in self.found.matches}

    @property
    def query_is_refused(self) -> bool:
        """Whether a rule keeps the asking profile itself from a list."""
        return any(refused.id == self.found.query.id for refused in self.found.refused)

    @property
    def families(self) -> list[str]:
        """The families that the bars of this page show."""
        shown = {
            family(part.feature) for match in self.found.matches for part in match.contributions
        }
        return [name for name in dict.fromkeys((*_FAMILIES.values(), "other")) if name in shown]


def match_page(dari: Dari, profile: AnyProfile, query: StartupMatchQuery) -> MatchPage:
    """Match a profile and gather what its page shows."""
    found = dari.matchmaker.match(
        profile.id, query.k, programme=query.programme, filters=query.filters
    )
    said: dict[str, tuple[Verdict, ...]] = {}
    for verdict in dari.store.verdicts(profile.id):
        said[verdict.candidate] = (*said.get(verdict.candidate, ()), verdict)
    origin = origin_of(dari.settings, dari.models, found.model_version)
    return MatchPage(found, origin, tuple(dari.store.programmes()), said)


class _VerdictForm(Record):
    candidate: Id
    label: Literal["good", "poor"]
    note: Annotated[Plain, StringConstraints(max_length=1000)] = ""
    shown_rank: Annotated[Whole, Field(ge=1, le=1000)]
    model_version: Plain


def read_verdict(store: Store, query: AnyProfile, form: Mapping[str, str]) -> Verdict:
    """Read a verdict on a match of `query` from a form.

    Raises:
        InvalidRecord: if a field of the form is wrong.
        UnknownId: if the candidate is not on the other side.
    """
    read = validate(_VerdictForm, without_unknown_fields(_VerdictForm, form)[0])
    named = store.merged_into([read.candidate]).get(read.candidate, read.candidate)
    candidate = profile_on(store, Side(query.side).other, named)
    return Verdict(
        query=query.id,
        candidate=candidate.id,
        label=read.label,
        note=read.note,
        shown_rank=read.shown_rank,
        model_version=read.model_version,
    )
