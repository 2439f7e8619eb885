"""Owns the calls on decisions: places given out by a job, finished, overridden, declined, told."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from profiles import cohorts
from profiles.api_keys import Scope
from profiles.jobs import Job, JobError, JobKind, ask
from profiles.jobs import job as read_job
from service import deciding, decision_letters
from service.api.bodies import read_body
from service.api.calls import Call, add
from service.api.cohort_calls import ONE, missing, read_cohort, read_entry
from service.api.cursors import PageQuery, sequence
from service.api.guard import maker
from service.api.preconditions import as_read, versioned
from service.api.round_bodies import AssignBody, FinalBody, OverrideBody, ReasonBody
from service.assigning import decide, hand_on
from service.decision_json import (
    cohort_json,
    decision_json,
    entry_json,
    job_json,
    kept_json,
    notice_json,
)
from service.queries import EditQuery, read_query
from service.security import dari

decision_calls = APIBlueprint("decision_api", __name__, tag="decisions")

_DECISION = "/decisions/<int:decision>"


@add(
    decision_calls, "POST", f"{ONE}/assignments",
    Call("assignCohort", "Ask for the places of a cohort to be given out on trial.", Scope.WRITE,
         query=EditQuery, body=AssignBody, answer="CohortJob", status=201, problems=(404,),
         sent={"seconds": 20}),
    endpoint="assign",
)  # fmt: skip
def assign(cohort: int) -> ResponseReturnValue:
    """Ask for an assignment; a worker makes it."""
    read_query(EditQuery, request.args, strict=True)
    held, said = cohorts.cohort(dari().store, cohort), read_body(AssignBody, request)
    rules = [one.model_dump(mode="json", exclude_defaults=True) for one in said.rules]
    arguments = {"cohort": held.id, "by": maker(), "seconds": said.seconds}
    arguments |= {"without": list(said.without), "rules": rules}
    made = ask(dari().store, JobKind.ASSIGN, arguments, by=maker())
    where = url_for("decision_api.assignment", cohort=cohort, job=made.id)
    return jsonify(job_json(made)), 201, {"Location": where}


@add(
    decision_calls, "GET", f"{ONE}/assignments/<int:job>",
    Call("getAssignment", "Tell how far an assignment is, or what came of it.", Scope.READ,
         answer="CohortJob", etag="read", problems=(404,)),
    endpoint="assignment",
)  # fmt: skip
def assignment(cohort: int, job: int) -> Response:
    """Tell how far an assignment is."""
    return jsonify(job_json(_job(cohort, job)))


@add(
    decision_calls, "GET", f"{ONE}/decisions",
    Call("listDecisions", "List the decisions of a cohort by number, drafts too.", Scope.READ,
         query=PageQuery, answer="DecisionPage", problems=(404,)),
    endpoint="all",
)  # fmt: skip
def all_decisions(cohort: int) -> ResponseReturnValue:
    """List the decisions of a cohort."""
    query = read_query(PageQuery, request.args, strict=True)
    found = cohorts.decisions_of(dari().store, cohort)
    return sequence(found, query, lambda one: one.id, kept_json)


@add(
    decision_calls, "POST", f"{ONE}/decision",
    Call("finishCohort", "Make a decision final: where one holds or intake is open, only if told.",
         Scope.WRITE,
         query=EditQuery, body=FinalBody, answer="Cohort", etag="change", problems=(404,),
         sent={"decision": 1, "why": "The committee agreed."}),
    endpoint="final",
)  # fmt: skip
def final(cohort: int) -> Response:
    """Make a decision final."""
    read_query(EditQuery, request.args, strict=True)
    with as_read(read_cohort(cohort)) as base:
        said = read_body(FinalBody, request)
        given: dict[str, Any] = {"why": said.why, "replace": said.replace, "by": maker()}
        given["while_open"] = said.while_open
        held = decide(dari(), said.decision, base=base, cohort=cohort, **given)
        return versioned(held.revision, cohort_json(held))


@add(
    decision_calls, "POST", f"{ONE}/entries/<path:profile>/decline",
    Call("declineEntry", "Note that a selected one gives its place back; a reserve moves up.",
         Scope.WRITE, query=EditQuery, body=ReasonBody, answer="Declined", etag="change",
         problems=(404,), sent={"reason": "Has found another partner."}),
    endpoint="decline",
)  # fmt: skip
def decline(cohort: int, profile: str) -> Response:
    """Note a decline."""
    read_query(EditQuery, request.args, strict=True)
    with as_read(read_entry(cohort, profile)) as base:
        given: dict[str, Any] = {"reason": read_body(ReasonBody, request).reason, "by": maker()}
        up = hand_on(dari(), cohort, profile, base=base, **given)
    declined = cohorts.entry_of(dari().store, cohort, profile)
    shown = {"declined": entry_json(declined), "moved_up": entry_json(up) if up else None}
    return versioned(declined.revision, shown)


@add(
    decision_calls, "GET", _DECISION,
    Call("getDecision", "Read a decision: pairs, overrides, rules broken, what came after, record.",
         Scope.READ, answer="WholeDecision", etag="read", problems=(404,)),
    endpoint="one",
)  # fmt: skip
def one_decision(decision: int) -> Response:
    """Read a decision."""
    return jsonify(decision_json(dari(), _shown(decision)))


@add(
    decision_calls, "POST", f"{_DECISION}/overrides",
    Call("overrideDecision", "Decide otherwise for one, or let two swap: kept as a new draft.",
         Scope.WRITE, query=EditQuery, body=OverrideBody, answer="WholeDecision", status=201,
         problems=(404,), sent={"applicant": "sonoeye", "hosts": [], "why": "It went bankrupt."}),
    endpoint="override",
)  # fmt: skip
def override(decision: int) -> ResponseReturnValue:
    """Decide otherwise for one or two."""
    read_query(EditQuery, request.args, strict=True)
    _shown(decision)
    said = read_body(OverrideBody, request)
    changes: Any = {said.applicant: said.hosts}
    if said.swap:
        changes = deciding.swapped(dari(), decision, said.applicant, said.swap)
    kept = deciding.override(dari(), decision, changes, why=said.why, by=maker())
    where = url_for("decision_api.one", decision=kept.id)
    return jsonify(decision_json(dari(), deciding.show(dari(), kept.id))), 201, {"Location": where}


@add(
    decision_calls, "GET", f"{_DECISION}/notices",
    Call("listNotices", "Write the notices of a decision, in both languages; nothing is sent.",
         Scope.READ, query=PageQuery, answer="NoticePage", problems=(404,)),
    endpoint="notices",
)  # fmt: skip
def notices(decision: int) -> ResponseReturnValue:
    """Write the notices of a decision."""
    query = read_query(PageQuery, request.args, strict=True)
    written = decision_letters.notices_of(dari(), _shown(decision))
    return sequence(written, query, lambda one: one.applicant, notice_json)


def _shown(decision: int) -> deciding.Shown:
    try:
        return deciding.show(dari(), decision)
    except cohorts.CohortError as error:
        raise missing(error) from error


def _job(cohort: int, number: int) -> Job:
    try:
        found = read_job(dari().store, number)
    except JobError as error:
        raise NotFound from error
    if found.kind is not JobKind.ASSIGN or found.arguments.get("cohort") != cohort:
        raise NotFound
    return found
