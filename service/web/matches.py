"""Owns what a match page shows: bars, reasons, verdicts, and the reading of a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints

from matcher import (
    FAMILIES,
    Abstention,
    Line,
    Match,
    MatchList,
    Probability,
    family,
    lines_of,
    without_subject,
)
from profiles import AnyProfile, Programme, Record, Side, Store, Text, Verdict, validate
from profiles.cases import Case, cases_of
from profiles.fields import Id, Plain, Whole
from profiles.taxonomy import Names
from profiles.validation import without_unknown_fields
from service.match_queries import StartupsAsked, ask_matches
from service.models import origin_of
from service.queries import profile_on
from service.wiring import Dari


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
    """A match list: where its model comes from, what staff said and did, what its filters offer.

    `cases` are the cases of the asking profile by whom they are with, open ones before closed ones
    and the newest first; `names` are those of profiles that ties and conflicts name, by id.
    """

    found: MatchList
    origin: Names
    programmes: tuple[Programme, ...]
    verdicts: Mapping[str, tuple[Verdict, ...]]
    cases: Mapping[str, tuple[Case, ...]]
    names: Mapping[str, Text]

    def bar(self, match: Match) -> list[Segment]:
        """Lay the contributions of a match side by side; those below zero have no width."""
        segments, x = [], 0.0
        for part in match.contributions:
            width = min(max(part.points * 100.0 / self.most, 0.0), 100.0 - x)
            if width > 0:
                segments.append(Segment(x, width, family(part.feature)))
            x += width
        return segments

    @property
    def most(self) -> float:
        """The most points that a score can come to: 100 by the model, else by moved weights."""
        return self.found.most if self.found.moved else 100.0

    def lines(self, match: Match) -> tuple[Line, ...]:
        """Give what is told of a match, each piece of evidence once."""
        return lines_of(match.contributions)

    def lines_in(self, match: Match, name: str) -> tuple[Line, ...]:
        """Give what is told of a match by the features of one family."""
        return lines_of([part for part in match.contributions if family(part.feature) == name])

    def by_family(self, match: Match) -> dict[str, float]:
        """Give the points of a match by family; they sum to its score exactly."""
        points = dict.fromkeys(self.families, 0.0)
        for part in match.contributions:
            points[family(part.feature)] += part.points
        return points

    def warning(self, match: Match) -> Names | None:
        """Say that nothing joins the two by subject, where that is so."""
        return without_subject(match)

    def case(self, match: Match) -> Case | None:
        """Give the case of the asking profile with a match: the open one, else the newest."""
        return next(iter(self.cases.get(match.profile.id, ())), None)

    def name(self, id: str) -> Text:
        """Name a profile; one that is not in the store by its id."""
        return self.names.get(id) or Text(en=id, ko=id)

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
        return [name for name in (*FAMILIES, "other") if name in shown]


def match_page(dari: Dari, profile: AnyProfile, query: StartupsAsked) -> MatchPage:
    """Match a profile and gather what its page shows."""
    return page_of(dari, ask_matches(dari.matchmaker, profile, query))


def page_of(dari: Dari, found: MatchList, more: Sequence[Match] = ()) -> MatchPage:
    """Gather what a page shows of a list, and of some matches more."""
    store, id = dari.store, found.query.id
    said: dict[str, tuple[Verdict, ...]] = {}
    for verdict in store.verdicts(id):
        said[verdict.candidate] = (*said.get(verdict.candidate, ()), verdict)
    cases: dict[str, tuple[Case, ...]] = {}
    for case in sorted(cases_of(store, id), key=lambda case: not case.is_open):
        other = case.id_of(Side(found.query.side).other)
        cases[other] = (*cases.get(other, ()), case)
    named = {one for match in (*found.matches, *more) for one in match.standing.conflicts}
    names = {one.id: one.name for one in store.get_many(named).values()}
    origin = origin_of(dari.settings, dari.models, found.model_version.partition("~")[0])
    programmes = tuple(dari.matchmaker.programmes(found.index_seq))
    return MatchPage(found, origin, programmes, said, cases, names)


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
