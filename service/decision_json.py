"""Owns a decision, its notices and its cohort's entries as JSON, for the API and commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from profiles.cohorts import Aftermath, Cohort, Entry, KeptDecision, Score, aftermath
from profiles.jobs import Job

if TYPE_CHECKING:
    from matcher.assignment.notices import Notice
    from service.deciding import Shown
    from service.wiring import Dari


def cohort_json(held: Cohort) -> dict[str, Any]:
    """Give a cohort; its seed is promised first and told later, and is not in it."""
    told = {name: _plain(value) for name, value in _fields(held).items() if name != "seed"}
    rules = [rule.model_dump(mode="json", exclude_defaults=True) for rule in held.rules]
    return {**told, "rules": rules, "has_seed": held.seed is not None}


def entry_json(entry: Entry) -> dict[str, Any]:
    """Give an application."""
    told = {name: _plain(value) for name, value in _fields(entry).items() if name != "aside"}
    refusals = [asdict(one) for one in entry.refusals]
    return {**told, "refusals": refusals, "reserve": dict(entry.reserve)}


def kept_json(kept: KeptDecision) -> dict[str, Any]:
    """Give what is told of a decision in a list."""
    told = {"id": kept.id, "cohort": kept.cohort, "state": kept.state.value, "why": kept.why}
    return {**told, "by": kept.by, "at": kept.at.isoformat(), "digest": kept.digest}


def decision_json(dari: Dari, shown: Shown) -> dict[str, Any]:
    """Give a decision: its pairs, the rules that it breaks, what came after, and its record."""
    from service.deciding import broken, reached, rests_on

    wrong = [{"rule": one.rule_id, "said": asdict(shown.broken_said(one))} for one in broken(shown)]
    return {
        **kept_json(shown.kept),
        "pairs": [{"applicant": a, "host": h} for a, h in shown.record.pairs],
        "overrides": [one.as_json() for one in shown.record.overrides],
        "rests_on": base.id if (base := rests_on(dari.store, shown)) else None,
        "reached": [asdict(one) for one in reached(shown.record)],
        "broken": wrong,
        "after": aftermath_json(aftermath(dari.store, shown.kept)),
        "record": dict(shown.kept.record),
    }


def aftermath_json(after: Aftermath) -> dict[str, Any]:
    """Give what became of a decision."""
    handed = [{**asdict(one), "at": one.at.isoformat()} for one in after.handed]
    at = after.final_at.isoformat() if after.final_at else None
    told = {"holds": after.holds, "final_at": at, "final_by": after.final_by}
    told |= {"while_open": after.while_open}
    return {**told, "handed": handed, "withdrawn": list(after.withdrawn)}


def notice_json(notice: Notice) -> dict[str, Any]:
    """Give a notice in both languages."""
    text = {lang: notice.text(lang) for lang in ("en", "ko")}
    told = {"applicant": notice.applicant, "result": notice.result.value}
    return {**told, "subject": asdict(notice.subject), "text": text}


def score_json(score: Score) -> dict[str, Any]:
    """Give what an assessor gave."""
    told = {"screening": score.screening.value, "assessor": score.assessor}
    told |= {"criterion": score.criterion, "reason": score.reason, "at": score.at.isoformat()}
    return {**told, "points": score.points}


def job_json(job: Job) -> dict[str, Any]:
    """Give how far an assignment is, and what came of it."""
    told = {name: getattr(job, name) for name in ("id", "by", "what", "done", "total")}
    ended = job.ended_at.isoformat() if job.ended_at else None
    said = {lang: {"rule": one[0], "remedy": one[1]} for lang, one in job.error.items()}
    return {
        **told,
        "cohort": job.arguments["cohort"],
        "state": job.state.value,
        "asked_at": job.asked_at.isoformat(),
        "ended_at": ended,
        "outcome": dict(job.outcome),
        "error": said,
    }


def _fields(one: Cohort | Entry) -> Mapping[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__}


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
