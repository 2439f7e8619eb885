"""Owns the schemas of answers on cohorts and decisions."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from profiles.cohorts import CohortState, DecisionState, EntryStage, Screening
from profiles.jobs import JobState
from service.api.shapes import (
    ANY,
    MOMENT,
    NAMES,
    NO_MOMENT,
    NO_TEXT,
    list_of,
    object_of,
    page_of,
    ref,
)

_TEXTS = {"type": "array", "items": {"type": "string"}}
_LISTED = {"type": "array", "items": ANY}


def round_schemas() -> dict[str, Any]:
    """Make the schemas by name."""
    return _of_cohorts() | _of_decisions()


def _of_cohorts() -> dict[str, Any]:
    declined = object_of(
        declined=ref("Entry"), moved_up={"anyOf": [ref("Entry"), {"type": "null"}]}
    )
    return {
        "Cohort": _cohort(),
        "CohortPage": page_of("Cohort"),
        "Entry": _entry(),
        "EntryPage": page_of("Entry"),
        "EntryList": list_of(ref("Entry")),
        "ScoreList": list_of(_score()),
        "Declined": declined,
    }


def _cohort() -> dict[str, Any]:
    return object_of(
        id="integer", programme="string", name="string", opens=NO_TEXT, closes=NO_TEXT,
        as_of="string", state=_one_of(CohortState), rules=_LISTED, hosts=_TEXTS, criteria=_TEXTS,
        screenings="integer", has_seed="boolean", revision="integer", by="string", at=MOMENT,
    )  # fmt: skip


def _entry() -> dict[str, Any]:
    refusal = object_of(code="string", en="string", ko="string")
    return object_of(
        id="integer", cohort="integer", profile="string", stage=_one_of(EntryStage), wishes=_TEXTS,
        note="string", refusals={"type": "array", "items": refusal}, reason="string", host=NO_TEXT,
        reserve=ANY, revision="integer", applied_at=MOMENT, by="string", moved_at=MOMENT,
    )  # fmt: skip


def _score() -> dict[str, Any]:
    return object_of(
        screening=_one_of(Screening), assessor="string", criterion="string", points="integer",
        reason="string", at=MOMENT,
    )  # fmt: skip


def _of_decisions() -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": "integer", "cohort": "integer", "state": _one_of(DecisionState), "why": "string",
        "by": "string", "at": MOMENT, "digest": "string",
    }  # fmt: skip
    pair = object_of(applicant="string", host="string")
    broken = object_of(rule="string", said=NAMES)
    number = {"type": ["integer", "null"]}
    reached = object_of(aim="string", value="integer", found="integer", bound=number)
    whole = object_of(
        **told, pairs={"type": "array", "items": pair}, overrides=_LISTED,
        rests_on=number, reached={"type": "array", "items": reached},
        broken={"type": "array", "items": broken}, after=_after(), record=ANY,
    )  # fmt: skip
    return {
        "Decision": object_of(**told),
        "DecisionPage": page_of("Decision"),
        "WholeDecision": whole,
        "CohortJob": _job(),
        "Notice": object_of(applicant="string", result="string", subject=NAMES, text=NAMES),
        "NoticePage": page_of("Notice"),
    }


def _after() -> dict[str, Any]:
    handed = object_of(
        at=MOMENT, by="string", reason="string", left=NO_TEXT, host=NO_TEXT, taken=NO_TEXT
    )
    holds = {"type": ["integer", "null"]}
    told: dict[str, Any] = {"final_at": NO_MOMENT, "final_by": NO_TEXT, "while_open": "boolean"}
    told |= {"handed": {"type": "array", "items": handed}, "withdrawn": _TEXTS}
    return object_of(holds=holds, **told)


def _job() -> dict[str, Any]:
    return object_of(
        id="integer", cohort="integer", by="string", state=_one_of(JobState), what="string",
        done="integer", total="integer", asked_at=MOMENT, ended_at=NO_MOMENT, outcome=ANY,
        error=ANY,
    )  # fmt: skip


def _one_of(kind: type[StrEnum]) -> dict[str, Any]:
    return {"enum": [one.value for one in kind]}
