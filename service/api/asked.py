"""Owns what calls are asked with: the models of their queries and bodies."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StringConstraints

from profiles.cases import Answer, CaseStage, Decline, Outcome
from profiles.fields import (
    Day,
    Email,
    Id,
    Ids,
    PartnerKinds,
    Plain,
    ProgrammeKindField,
    RegionCode,
    Regions,
    SectorCode,
    Sectors,
    Whole,
)
from profiles.judging import LONGEST_NOTE
from profiles.kinds import Side
from profiles.record import Record
from service.api.cursors import PageQuery
from service.queries import (
    EditQuery,
    PartnerMatchQuery,
    StartupMatchQuery,
    WhyPartnerQuery,
    WhyStartupQuery,
)
from service.roles import Role

MOST_COMPARED = 4
_Note = Annotated[Plain, StringConstraints(max_length=1_000)]


class StartupListQuery(PageQuery):
    """Which startups are asked for: names that hold `q`, in regions and sectors."""

    q: Plain | None = None
    region: Regions = ()
    sector: Sectors = ()


class PartnerListQuery(StartupListQuery):
    """Which partners are asked for."""

    kind: PartnerKinds = ()


class TieListQuery(PageQuery):
    """Which ties are asked for: those of a profile."""

    profile: Id


class ProgrammeListQuery(PageQuery):
    """Which programmes are asked for."""

    kind: tuple[ProgrammeKindField, ...] = ()
    partner: Id | None = None


class EraseQuery(EditQuery):
    """Who erases, and whether the installation is searched for what was erased."""

    prove: Literal["yes", "no"] = "no"


class _OnDay(Record):
    as_of: Day | None = None


class MatchPartnersQuery(PartnerMatchQuery, _OnDay):
    """What is asked about the partners that fit a startup, as of a day."""


class MatchStartupsQuery(StartupMatchQuery, _OnDay):
    """What is asked about the startups that fit a partner, as of a day."""


class AskPartnerQuery(WhyPartnerQuery, _OnDay):
    """What is asked about one partner of a startup's list, as of a day."""


class AskStartupQuery(WhyStartupQuery, _OnDay):
    """What is asked about one startup of a partner's list, as of a day."""


def _few(ids: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))


def _listed(value: object) -> object:
    return value.split(",") if isinstance(value, str) else value


_Few = Annotated[
    tuple[Id, ...],
    BeforeValidator(_listed),
    AfterValidator(_few),
    Field(min_length=1, max_length=MOST_COMPARED),
]


class ComparePartnersQuery(MatchPartnersQuery):
    """Which partners of a startup's list are put side by side."""

    candidates: _Few


class CompareStartupsQuery(MatchStartupsQuery):
    """Which startups of a partner's list are put side by side."""

    candidates: _Few


class VerdictBody(Record):
    """What is said of a shown match."""

    candidate: Id
    label: Literal["good", "poor"]
    note: _Note = ""
    shown_rank: Annotated[Whole, Field(ge=1, le=1000)]
    model_version: Annotated[Plain, StringConstraints(max_length=200)]


class PairQuery(Record):
    """Which two profiles are asked about."""

    a: Id
    b: Id


class ApartBody(PairQuery):
    """Two profiles that are two firms, and why."""

    note: _Note = ""


class MergeBody(Record):
    """Which profile goes into which, as they were read, and whose value stays in which field."""

    keep: Id
    drop: Id
    keep_revision: Whole
    drop_revision: Whole
    choices: dict[str, Literal["keep", "drop"]] = Field(default_factory=dict)


class JudgementBody(Record):
    """What a judge says of a pair: a grade from 0 to 3, or none where it is passed over."""

    grade: Annotated[Whole, Field(ge=0, le=3)] | None = None
    note: Annotated[Plain, StringConstraints(max_length=LONGEST_NOTE)] = ""


class ExportQuery(Record):
    """In which form a table is exported."""

    format: Literal["jsonl", "csv", "xlsx", "parquet"] = "jsonl"


class CaseListQuery(PageQuery):
    """Which cases are asked for."""

    stage: CaseStage | None = None
    owner: Plain | None = None
    due: Literal["overdue", "week", "none"] | None = None
    region: RegionCode | None = None
    sector: SectorCode | None = None
    programme: Id | None = None
    partner: Id | None = None
    q: Plain | None = None


class CaseBody(Record):
    """A pair that is shortlisted, and the list that showed it."""

    startup: Id
    partner: Id
    asked: Side = Side.STARTUP
    shown_rank: Annotated[Whole, Field(ge=1, le=1000)] | None = None
    model_version: Annotated[str, StringConstraints(max_length=200)] = ""
    programme: Id | None = None
    owner: Annotated[Plain, StringConstraints(max_length=100)] | None = None
    due: Day | None = None


class CaseChangeBody(Record):
    """Who looks after a case, when its next step is due, and its programme; null for none."""

    owner: Annotated[Plain, StringConstraints(max_length=100)] | None = None
    due: Day | None = None
    programme: Id | None = None


class CaseMoveBody(Record):
    """Where a case is moved: on, or back to where it stood before, with the reason."""

    to: CaseStage | Literal["back"]
    day: Day | None = None
    reason: _Note | None = None
    release: bool = False


class CaseCloseBody(Record):
    """How a case ended, and why."""

    outcome: Outcome
    reason: Decline | None = None
    words: _Note = ""
    verdict: Literal["good", "poor"] | None = None


class CaseAnswerBody(Record):
    """What a side says."""

    side: Side
    answer: Answer
    reason: Decline | None = None
    words: _Note = ""


class CaseReleaseBody(Record):
    """Whether the startup may see the match."""

    released: bool


class CaseNoteBody(Record):
    """What is noted of a case."""

    note: _Note


class MeetingBody(Record):
    """When and where both sides meet; the time is that on the clock there."""

    starts: Annotated[Plain, StringConstraints(max_length=40)]
    zone: Annotated[Plain, StringConstraints(max_length=60)]
    minutes: Annotated[Whole, Field(ge=1, le=1_440)] = 60
    place: _Note = ""


class EvaluationBody(Record):
    """What is scored on which test set; without a model, the one in use."""

    test_set: Plain
    model: Plain | None = None
    beside: Ids = ()
    runs: Ids = ()
    side: Literal["both", "startup", "partner"] = "both"
    measures: Ids = ()

    def asked(self) -> dict[str, Any]:
        """Give it as a job keeps it."""
        lists = {name: list(getattr(self, name)) for name in ("beside", "runs", "measures")}
        return {"test_set": self.test_set, "model": self.model, "side": self.side, **lists}


class TrainingBody(Record):
    """To what a challenger is fitted, and what it is called."""

    test_set: Plain
    name: Plain
    also: Ids = ()


class GateBody(Record):
    """Which model is asked about on which test set."""

    model: Plain
    test_set: Plain


class PromoteBody(Record):
    """Why a model is put in use although no gate has passed it; with one, no reason is needed."""

    reason: Annotated[Plain, StringConstraints(max_length=500)] | None = None


_Roles = Annotated[tuple[Role, ...], Field(min_length=1)]


class AccountBody(Record):
    """Whose account is made, what it may do, and which profile it speaks for."""

    email: Email
    roles: _Roles
    name: Annotated[str, StringConstraints(max_length=200)] = ""
    profile: Id | None = None


class AccountChangeBody(Record):
    """What of an account is changed: what is not given stays, `profile` null speaks for none."""

    roles: _Roles | None = None
    name: Plain | None = None
    profile: Id | None = None
    active: StrictBool | None = None


class DraftBody(Record):
    """In which language somebody begins to tell of a startup."""

    language: Literal["en", "ko"] = "ko"


class DraftStepBody(Record):
    """What is typed in a step, field by field as the form has it, right or wrong."""

    values: dict[str, str | list[str]]
