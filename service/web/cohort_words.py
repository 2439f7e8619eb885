"""Owns the words by which pages tell of cohorts: steps, stages, states, rules and what happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from profiles.cohorts import CohortEvent, CohortState, DecisionState, EntryStage, Screening
from profiles.rules import Area, RuleKind
from service import labels
from service.labels import Choices
from service.language import language

STEPS: Mapping[str, Any] = {
    "intake": _l("Intake"),
    "eligibility": _l("Eligibility"),
    "first": _l("First screening"),
    "final": _l("Final"),
    "rules": _l("Rules of the round"),
    "assignment": _l("Assignment"),
    "decision": _l("Decision"),
    "history": _l("History"),
}
"""The steps of a round, in their order."""

STATES: Mapping[CohortState, Any] = {
    CohortState.INTAKE: _l("Taking applications"),
    CohortState.SCREENING: _l("Intake closed"),
    CohortState.DECIDED: _l("Decided"),
    CohortState.DROPPED: _l("Given up"),
}

STAGES: Mapping[EntryStage, Any] = {
    EntryStage.APPLIED: _l("Applied"),
    EntryStage.ELIGIBLE: _l("Eligible"),
    EntryStage.REFUSED: _l("Not eligible"),
    EntryStage.FIRST: _l("Passed the first screening"),
    EntryStage.OUT_FIRST: _l("Out at the first screening"),
    EntryStage.FINAL: _l("Passed the final"),
    EntryStage.OUT_FINAL: _l("Out at the final"),
    EntryStage.SELECTED: _l("Selected"),
    EntryStage.RESERVE: _l("Reserve"),
    EntryStage.UNPLACED: _l("Without a place"),
    EntryStage.DECLINED: _l("Declined the place"),
    EntryStage.WITHDRAWN: _l("Withdrawn"),
}

SHOWN_TO_APPLICANTS: Mapping[EntryStage, Any] = {
    EntryStage.APPLIED: _l("Your application has come in."),
    EntryStage.ELIGIBLE: _l("Your application meets the rules and is being looked at."),
    EntryStage.REFUSED: _l("Your application does not meet the rules of the programme:"),
    EntryStage.WITHDRAWN: _l("You have withdrawn your application."),
    EntryStage.SELECTED: _l("You have been selected. Your place is with:"),
    EntryStage.RESERVE: _l("You are on the reserve list; if a place becomes free, you move up."),
    EntryStage.UNPLACED: _l("There was no place for your application in this round."),
    EntryStage.OUT_FIRST: _l("Your application did not pass the first screening."),
    EntryStage.OUT_FINAL: _l("Your application did not pass the final screening."),
    EntryStage.DECLINED: _l("You have given your place back."),
}
"""What an applicant is told; what stands between is told as being looked at until it is decided."""

DECISIONS: Mapping[DecisionState, Any] = {
    DecisionState.DRAFT: _l("Draft"),
    DecisionState.FINAL: _l("Final decision"),
    DecisionState.REPLACED: _l("Replaced"),
}

SCREENINGS: Mapping[Screening, Any] = {
    Screening.FIRST: _l("First screening"),
    Screening.FINAL: _l("Final"),
}

RULES: Mapping[RuleKind, Any] = {
    RuleKind.PLACES: _l("Places of hosts"),
    RuleKind.SEATS: _l("Hosts for an applicant"),
    RuleKind.TOTAL: _l("Places in all"),
    RuleKind.QUOTA: _l("Quota of a group, in places"),
    RuleKind.SHARE: _l("Share of a group, in per cent"),
    RuleKind.BUDGET: _l("Budget"),
    RuleKind.LEAST_FIT: _l("Least fit, in points"),
    RuleKind.FORCED: _l("Pairs that must be made"),
    RuleKind.FORBIDDEN: _l("Pairs that must not be made"),
    RuleKind.LOCKED: _l("Decided before, and kept"),
    RuleKind.APART: _l("Applicants that are kept apart"),
}

CRITERIA: Mapping[str, Any] = {
    "technology": _l("Technology"),
    "market": _l("Market"),
    "team": _l("Team"),
    "partner_fit": _l("Fit with the host"),
}

EVENTS: Mapping[str, Any] = {
    "opened": _l("The cohort was opened."),
    "edited": _l("The cohort was changed: %(what)s"),
    "state": _l("The state was changed: %(what)s"),
    "applied": _l("%(who)s applied."),
    "moved": _l("%(who)s moved on: %(what)s"),
    "checked": _l("%(who)s was checked again."),
    "scored": _l("%(who)s was scored: %(what)s."),
    "recused": _l("%(who)s: %(what)s has an interest and does not score."),
    "assigned": _l("Places were given out on trial (decision %(what)s)."),
    "changed": _l("Places were decided otherwise by a person: %(what)s."),
    "decided": _l("Decision %(what)s was made final."),
    "decided_open": _l(
        "Decision %(what)s was made final while startups could still apply, as was confirmed."
    ),
    "moved_up": _l("%(who)s moved up from the reserve."),
    "placed": _l("%(who)s has another place in the new decision."),
    "reranked": _l("%(who)s stands elsewhere in the reserve by the new decision."),
}


def group_choices() -> dict[str, Choices]:
    """Offer the groups that a rule may be of, as "region:KR-30" by name, beneath what they are."""
    places = labels.regions()
    offered = {
        gettext("Area"): _groups("area", ((one.value, "") for one in Area)),
        gettext("Region"): _groups("region", places[gettext("Korea")]),
        gettext("Sector"): _groups("sector", ((one.code, "") for one, _ in labels.sector_groups())),
    }
    for parent, below in labels.sector_groups():
        if below:
            heading = f"{gettext('Sector')} – {parent.name.in_(language())}"
            offered[heading] = _groups("sector", labels.sector_choices(below))
    kinds = [("startup", ""), *labels.partner_kinds()]
    offered[gettext("Stage")] = _groups("stage", labels.stage_choices())
    offered[gettext("Kind")] = _groups("kind", kinds)
    countries = [("KR", gettext("Korea")), *places[gettext("Abroad")]]
    offered[gettext("Country")] = _groups("country", countries)
    return offered


def _groups(name: str, codes: Iterable[tuple[str, str]]) -> Choices:
    """Give the groups of codes by their names; one without is named as rules name it."""
    from matcher.assignment import group_words

    found = [(f"{name}:{code}", text) for code, text in codes]
    return [(group, text or group_words(group).in_(language())) for group, text in found]


def criterion_name(criterion: str) -> str:
    """Name a criterion: those that ship with Dari in the reader's language, others as written."""
    return str(CRITERIA.get(criterion, criterion))


def event_said(event: CohortEvent, who: str, changes: str = "") -> str:
    """Say what happened; `changes` says what an edit changed."""
    what = changes if event.kind == "edited" else _what(event)
    return str(EVENTS[_kind(event)] % {"who": who, "what": what})


def _kind(event: CohortEvent) -> str:
    if event.kind == "assigned" and "rests_on" in event.data:
        return "changed"
    if event.kind == "placed" and event.data["host"] is None:
        return "reranked"
    return "decided_open" if event.data.get("while_open") else event.kind


def count_said(step: str, count: int) -> str:
    """Say what the number beside a step counts."""
    said = {
        "intake": ngettext("%(num)d application", "%(num)d applications", count),
        "eligibility": ngettext("%(num)d not eligible", "%(num)d not eligible", count),
        "rules": ngettext("%(num)d rule", "%(num)d rules", count),
        "assignment": ngettext("%(num)d candidate", "%(num)d candidates", count),
        "decision": ngettext("%(num)d selected", "%(num)d selected", count),
    }
    return str(said.get(step) or ngettext("%(num)d in it", "%(num)d in it", count))


def _what(event: CohortEvent) -> str:
    data = event.data
    if event.kind == "state":
        return f"{STATES[CohortState(data['from'])]} → {STATES[CohortState(data['to'])]}"
    if event.kind == "moved":
        return f"{STAGES[EntryStage(data['from'])]} → {STAGES[EntryStage(data['to'])]}"
    if "rests_on" in data:
        told = {"old": data["rests_on"], "new": data["decision"]}
        return str(gettext("decision %(old)s into %(new)s", **told))
    if event.kind == "scored":
        return str(SCREENINGS[Screening(data["screening"])])
    return str(data.get("decision") or data.get("assessor") or "")
