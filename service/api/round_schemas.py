"""Owns the schemas of answers on cohorts and decisions."""

from __future__ import annotations

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


def round_schemas() -> dict[str, Any]:
    """Make the schemas by name."""
    return _of_cohorts() | _of_decisions()


def _of_cohorts() -> dict[str, Any]:
    cohort = object_of(
        id="integer",
        programme="string",
        name="string",
        opens=NO_TEXT,
        closes=NO_TEXT,
        as_of="string",
        state={"enum": [one.value for one in CohortState]},
        rules={"type": "array", "items": ANY},
        hosts=_TEXTS,
        criteria=_TEXTS,
        screenings="integer",
        has_seed="boolean",
        revision="integer",
        by="string",
        at=MOMENT,
    )
    refusal = object_of(code="string", en="string", ko="string")
    entry = object_of(
        id="integer",
        cohort="integer",
        profile="string",
        stage={"enum": [one.value for one in EntryStage]},
        wishes=_TEXTS,
        note="string",
        refusals={"type": "array", "items": refusal},
        reason="string",
        host=NO_TEXT,
        reserve=ANY,
        revision="integer",
        applied_at=MOMENT,
        by="string",
        moved_at=MOMENT,
    )
    score = object_of(
        screening={"enum": [one.value for one in Screening]},
        assessor="string",
        criterion="string",
        points="integer",
        reason="string",
        at=MOMENT,
    )
    return {
        "Cohort": cohort,
        "CohortPage": page_of("Cohort"),
        "Entry": entry,
        "EntryPage": page_of("Entry"),
        "EntryList": list_of(ref("Entry")),
        "ScoreList": list_of(score),
        "Declined": object_of(
            declined=ref("Entry"), moved_up={"anyOf": [ref("Entry"), {"type": "null"}]}
        ),
    }


def _of_decisions() -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": "integer",
        "cohort": "integer",
        "state": {"enum": [one.value for one in DecisionState]},
        "why": "string",
        "by": "string",
        "at": MOMENT,
        "digest": "string",
    }
    pair = object_of(applicant="string", host="string")
    handed = object_of(
        at=MOMENT, by="string", reason="string", left=NO_TEXT, host=NO_TEXT, taken=NO_TEXT
    )
    after = object_of(
        holds={"type": ["integer", "null"]},
        handed={"type": "array", "items": handed},
        withdrawn=_TEXTS,
    )
    whole = object_of(
        **told,
        pairs={"type": "array", "items": pair},
        overrides={"type": "array", "items": ANY},
        broken={"type": "array", "items": object_of(rule="string", said=NAMES)},
        after=after,
        record=ANY,
    )
    job = object_of(
        id="integer",
        cohort="integer",
        by="string",
        state={"enum": [one.value for one in JobState]},
        what="string",
        done="integer",
        total="integer",
        asked_at=MOMENT,
        ended_at=NO_MOMENT,
        outcome=ANY,
        error=ANY,
    )
    notice = object_of(applicant="string", result="string", subject=NAMES, text=NAMES)
    return {
        "Decision": object_of(**told),
        "DecisionPage": page_of("Decision"),
        "WholeDecision": whole,
        "CohortJob": job,
        "Notice": notice,
        "NoticePage": page_of("Notice"),
    }
