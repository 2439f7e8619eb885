"""Owns what the calls on cohorts and decisions are asked with."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from profiles.cohorts import CohortState, EntryStage, Screening
from profiles.cohorts.applying import LONGEST_NOTE
from profiles.cohorts.writing import LONGEST_WORDS
from profiles.fields import Aliases, Day, Id, Ids, Plain, Seed, Whole
from profiles.record import Record
from profiles.rules import Rules
from service.api.cursors import PageQuery

MOST_SECONDS = 600

_Words = Annotated[Plain, StringConstraints(max_length=LONGEST_WORDS)]
_Name = Annotated[Plain, StringConstraints(max_length=200)]


class CohortListQuery(PageQuery):
    """Which cohorts are asked for."""

    programme: Id | None = None
    state: CohortState | None = None


class EntryListQuery(PageQuery):
    """Which applications are asked for."""

    entry_stage: EntryStage | None = None


class _Settings(Record):
    name: _Name | None = None
    opens: Day | None = None
    closes: Day | None = None
    as_of: Day | None = None
    hosts: Ids = ()
    criteria: Aliases = ()
    screenings: Annotated[Whole, Field(le=2)] = 2
    seed: Seed | None = None
    rules: Rules = ()

    def given(self) -> dict[str, Any]:
        """Give what was named, by name."""
        named = self.model_fields_set & _Settings.model_fields.keys()
        return {name: getattr(self, name) for name in sorted(named)}


class CohortBody(_Settings):
    """A cohort that is opened; what is not named is that of the programme."""

    programme: Id
    name: _Name


class CohortChangeBody(_Settings):
    """What is changed of a cohort; `draw` draws a seed by chance."""

    draw: bool = False


class CohortStateBody(Record):
    """Where a cohort is moved; a decision alone makes it decided."""

    state: Literal["intake", "screening", "dropped"]
    reason: _Words = ""


class EntryBody(Record):
    """Who applies, to which parts (the dearest first), and what it says."""

    profile: Id
    wishes: Ids = ()
    note: Annotated[Plain, StringConstraints(max_length=LONGEST_NOTE)] = ""


class ReasonBody(Record):
    """Why something is done."""

    reason: _Words = ""


class ScoreBody(Record):
    """What an assessor, the one who calls, gives an application by a criterion."""

    screening: Screening
    criterion: Plain
    points: Annotated[Whole, Field(le=100)]
    reason: _Words


class ScreenBody(Record):
    """Who passes a screening and who does not; `unscored` lets those go on that have no score."""

    screening: Screening
    passed: Ids = ()
    out: Ids = ()
    reason: _Words = ""
    out_reason: _Words = ""
    unscored: bool = False


class AssignBody(Record):
    """How places are given out on trial: without some rules, and with others."""

    seconds: Annotated[Whole, Field(ge=1, le=MOST_SECONDS)] = 60
    without: Ids = ()
    rules: Rules = ()


class FinalBody(Record):
    """Which draft is made final, and why; `replace` takes the place of one that holds.

    `while_open` confirms it though startups may still apply.
    """

    decision: Annotated[Whole, Field(ge=1)]
    why: _Words
    replace: bool = False
    while_open: bool = False


class OverrideBody(Record):
    """What is decided otherwise: the hosts of an applicant from then on, or a swap with another."""

    applicant: Id
    hosts: Ids = ()
    swap: Id | None = None
    why: _Words
