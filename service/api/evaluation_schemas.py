"""Owns the schemas of answers on jobs, test sets, accounts and drafts."""

from __future__ import annotations

from typing import Any

from profiles.jobs import JobKind, JobState
from service.api.shapes import ANY, MOMENT, NO_MOMENT, NO_TEXT, object_of, page_of
from service.roles import Role


def evaluation_schemas() -> dict[str, Any]:
    """Make the schemas by name."""
    return _of_jobs() | _of_accounts() | _of_drafts()


def _of_jobs() -> dict[str, Any]:
    job = object_of(
        id="integer",
        kind={"enum": [one.value for one in JobKind]},
        arguments=ANY,
        by="string",
        state={"enum": [one.value for one in JobState]},
        asked_at=MOMENT,
        started_at=NO_MOMENT,
        ended_at=NO_MOMENT,
        what="string",
        done="integer",
        total="integer",
        cancelled_by=NO_TEXT,
        outcome=ANY,
        error={"type": ["object", "null"]},
    )
    size = {"type": "integer", "description": "In bytes."}
    test_set = object_of(name="string", size=size, runs={"type": "array"})
    return {
        "Job": job,
        "JobPage": page_of("Job"),
        "TestSet": test_set,
        "TestSetPage": page_of("TestSet"),
        "Report": {"type": "object", "description": "What `dari evaluate --json` prints."},
    }


def _of_accounts() -> dict[str, Any]:
    account = object_of(
        id="integer",
        email="string",
        name="string",
        roles={"type": "array", "items": {"enum": [one.value for one in Role]}},
        profile=NO_TEXT,
        active="boolean",
        second_step="boolean",
        created_at=MOMENT,
        confirmed_at=NO_MOMENT,
        disabled_at=NO_MOMENT,
    )
    return {"Account": account, "AccountPage": page_of("Account")}


def _of_drafts() -> dict[str, Any]:
    error = object_of(field="string", code="string", rule="string", remedy="string")
    step = object_of(
        step="string", saved="integer", values=ANY, errors={"type": "array", "items": error}
    )
    draft = object_of(
        id="string",
        language="string",
        startup=NO_TEXT,
        made_at=MOMENT,
        changed_at=MOMENT,
        expires_at=MOMENT,
        steps={"type": "array", "items": step},
    )
    return {"Draft": draft, "DraftStep": step, "DraftLink": object_of(address="string")}
