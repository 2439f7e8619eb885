"""Owns what calls are asked with: the models of their queries and bodies."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from profiles.fields import (
    Day,
    Id,
    PartnerKinds,
    Plain,
    ProgrammeKindField,
    Regions,
    Sectors,
    Whole,
)
from profiles.judging import LONGEST_NOTE
from profiles.schema import Record
from service.api.cursors import PageQuery
from service.queries import (
    EditQuery,
    PartnerMatchQuery,
    StartupMatchQuery,
    WhyPartnerQuery,
    WhyStartupQuery,
)

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
