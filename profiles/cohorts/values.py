"""Owns the values of a cohort: one round of a programme, who applied, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from profiles.errors import CodedError, UnknownRecord
from profiles.rules import Rule


class CohortState(StrEnum):
    """How far a cohort is: taking applications, being screened, decided, or given up."""

    INTAKE = "intake"
    SCREENING = "screening"
    DECIDED = "decided"
    DROPPED = "dropped"


class EntryStage(StrEnum):
    """How far an application is.

    `refused`: a rule of eligibility keeps it out. `first` and `final`: it passed that screening;
    `out_first` and `out_final`: it did not. `selected`: it has a place; `reserve`: it moves up
    where one becomes free; `unplaced`: it has none. `declined`: it gave its place back.
    """

    APPLIED = "applied"
    ELIGIBLE = "eligible"
    REFUSED = "refused"
    FIRST = "first"
    OUT_FIRST = "out_first"
    FINAL = "final"
    OUT_FINAL = "out_final"
    SELECTED = "selected"
    RESERVE = "reserve"
    UNPLACED = "unplaced"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Screening(StrEnum):
    """Which of the two screenings a score is of."""

    FIRST = "first"
    FINAL = "final"


class DecisionState(StrEnum):
    """Whether a decision is tried out, holds, or has been replaced by a later one."""

    DRAFT = "draft"
    FINAL = "final"
    REPLACED = "replaced"


_S = EntryStage
_UP_TO = {
    Screening.FIRST: (_S.ELIGIBLE, _S.FIRST, _S.OUT_FIRST),
    Screening.FINAL: (_S.FIRST, _S.FINAL, _S.OUT_FINAL),
}
PASSED = {Screening.FIRST: _S.FIRST, Screening.FINAL: _S.FINAL}
FAILED = {Screening.FIRST: _S.OUT_FIRST, Screening.FINAL: _S.OUT_FINAL}
PLACED = (_S.SELECTED, _S.RESERVE, _S.UNPLACED)
"""The stages that a decision gives."""
OVER = frozenset({_S.DECLINED, _S.WITHDRAWN})
"""The stages that nothing follows."""
CHECKED = frozenset({_S.APPLIED, _S.ELIGIBLE, _S.REFUSED, _S.FIRST, _S.FINAL})
"""The stages at which eligibility is checked, and checked again."""
UNDER_WAY = CHECKED - {_S.REFUSED}
"""The stages at which nothing has been said against an application, and nothing been given."""
MOST_SCREENINGS = 2


@dataclass(frozen=True, slots=True)
class Cohort:
    """One round of a programme.

    Attributes:
        id: its number.
        programme: the programme's id.
        name: what staff call it.
        opens: the first day on which startups apply themselves; None is open.
        closes: the last such day; None is open.
        as_of: the day whose pairings, conflicts and past count.
        state: how far it is.
        rules: by which its places are given out.
        hosts: who takes applicants: parts of the programme, or partners.
        criteria: by which it is screened.
        screenings: how many screenings there are, 0 to 2.
        seed: by what ties are broken where chance is to break them.
        revision: how often it has been changed, from 1.
        by: who opened it.
        at: when (UTC).
    """

    id: int
    programme: str
    name: str
    opens: date | None
    closes: date | None
    as_of: date
    state: CohortState
    rules: tuple[Rule, ...]
    hosts: tuple[str, ...]
    criteria: tuple[str, ...]
    screenings: int
    seed: int | None
    revision: int
    by: str
    at: datetime

    def is_open_on(self, day: date) -> bool:
        """Tell whether startups may apply themselves on a day."""
        begun = self.opens is None or self.opens <= day
        return self.state is CohortState.INTAKE and begun and not self.is_past(day)

    def is_taking_on(self, day: date) -> bool:
        """Tell whether startups may apply themselves on a day, or will from a later one on."""
        return self.state is CohortState.INTAKE and not self.is_past(day)

    def is_past(self, day: date) -> bool:
        """Tell whether its last day of applications is over."""
        return self.closes is not None and self.closes < day

    @property
    def candidates(self) -> EntryStage:
        """The stage at which applicants are given places."""
        return (_S.ELIGIBLE, _S.FIRST, _S.FINAL)[self.screenings]

    @property
    def screened(self) -> tuple[Screening, ...]:
        """Its screenings, in order."""
        return tuple(Screening)[: self.screenings]

    @property
    def admits(self) -> frozenset[str]:
        """The kinds that may apply: startups, and those that its rules name as a group."""
        named = {rule.group for rule in self.rules if rule.group}
        kinds = {group.partition(":")[2] for group in named if group.startswith("kind:")}
        return frozenset(kinds | {"startup"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule of eligibility that keeps an applicant out: its code, and why in both languages."""

    code: str
    en: str
    ko: str

    def said(self, lang: str) -> str:
        """Say it in `lang` ('ko', else English)."""
        return self.ko if lang == "ko" else self.en


@dataclass(frozen=True, slots=True)
class Entry:
    """One application to a cohort.

    Attributes:
        id: its number.
        cohort: the cohort's number.
        profile: who applies.
        stage: how far it is.
        wishes: the parts that it applies to, the dearest first; none where there are no parts.
        note: what the applicant wrote.
        refusals: the rules of eligibility that it does not meet.
        reason: why it stands where it does.
        host: whose place it has; None where it has none.
        reserve: for which hosts it is a reserve, and at what place there, from 1.
        revision: how often it has been changed, from 1.
        aside: the entry that stands in its place since two profiles were merged.
        applied_at: when it applied (UTC).
        by: who entered it.
        moved_at: when it came to its stage (UTC).
    """

    id: int
    cohort: int
    profile: str
    stage: EntryStage
    wishes: tuple[str, ...]
    note: str
    refusals: tuple[Refusal, ...]
    reason: str
    host: str | None
    reserve: Mapping[str, int]
    revision: int
    aside: int | None
    applied_at: datetime
    by: str
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class Score:
    """What an assessor gave an entry by a criterion in a screening: 0 to 100, and why."""

    id: int
    entry: int
    screening: Screening
    assessor: str
    criterion: str
    points: int
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Recusal:
    """That an assessor has an interest in an applicant, and does not score it."""

    entry: int
    assessor: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KeptDecision:
    """An assignment that was made and kept, with all that is needed to make it again.

    `record` is the document, `digest` the SHA-256 of it, `why` what the one who made it final said.
    """

    id: int
    cohort: int
    record: Mapping[str, Any]
    digest: str
    state: DecisionState
    why: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CohortEvent:
    """What somebody did to a cohort or one of its entries, once; `data` tells the rest."""

    id: int
    cohort: int
    entry: int | None
    kind: str
    at: datetime
    by: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HeldEntry:
    """An entry with all that is kept of it."""

    entry: Entry
    scores: tuple[Score, ...]
    recusals: tuple[Recusal, ...]
    events: tuple[CohortEvent, ...]


class CohortError(CodedError):
    """What is wrong with a cohort or with what is to be done to it, in Korean and English."""


class UnknownCohort(UnknownRecord):
    """A number that no cohort has."""

    def __init__(self, id: object) -> None:
        super().__init__(id, "cohort_unknown")


def may_move(cohort: Cohort, stage: EntryStage, to: EntryStage) -> bool:
    """Tell whether an entry of a cohort may be moved from a stage to another one."""
    if stage in OVER or stage is to:
        return False
    if to is _S.WITHDRAWN:
        return stage is not _S.SELECTED
    if to is _S.DECLINED:
        return stage is _S.SELECTED
    if to in PLACED:
        return stage is cohort.candidates or stage in PLACED
    if to in (_S.ELIGIBLE, _S.REFUSED) and stage in CHECKED:
        return to is _S.REFUSED or stage in (_S.APPLIED, _S.REFUSED)
    return any(stage in _UP_TO[one] and to in _UP_TO[one][1:] for one in cohort.screened)


def read_cohort(row: Any) -> Cohort:
    """Read a row of the cohorts."""
    raw = {**row._mapping}
    raw["state"] = CohortState(row.state)
    raw["rules"] = tuple(Rule.model_validate(one) for one in json.loads(row.rules))
    raw["hosts"] = tuple(json.loads(row.hosts))
    raw["criteria"] = tuple(json.loads(row.criteria))
    return Cohort(**raw)


def read_entry(row: Any) -> Entry:
    """Read a row of the entries."""
    raw = {**row._mapping}
    raw["stage"] = EntryStage(row.stage)
    raw["wishes"] = tuple(json.loads(row.wishes))
    raw["refusals"] = tuple(Refusal(**one) for one in json.loads(row.refusals))
    raw["reserve"] = json.loads(row.reserve)
    return Entry(**raw)


def read_score(row: Any) -> Score:
    """Read a row of the scores."""
    return Score(**{**row._mapping, "screening": Screening(row.screening)})


def read_decision(row: Any) -> KeptDecision:
    """Read a row of the decisions."""
    record = json.loads(row.record)
    return KeptDecision(**{
        **row._mapping,
        "record": record,
        "state": DecisionState(row.state),
    })


def read_event(row: Any) -> CohortEvent:
    """Read a row of the events."""
    return CohortEvent(**{**row._mapping, "data": json.loads(row.data)})
