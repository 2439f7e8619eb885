"""Owns the calls on cohorts: opening, applying, eligibility, screening."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from profiles import cohorts
from profiles.api_keys import Scope
from profiles.cohorts import Cohort, CohortState, Entry
from service.api.bodies import read_body
from service.api.calls import Call, add
from service.api.cursors import sequence
from service.api.guard import caller, maker
from service.api.preconditions import Read, as_read, versioned
from service.api.problems import Problem
from service.api.round_bodies import (
    CohortBody,
    CohortChangeBody,
    CohortListQuery,
    CohortStateBody,
    EntryBody,
    EntryListQuery,
    ReasonBody,
    ScoreBody,
    ScreenBody,
)
from service.decision_json import cohort_json, entry_json, score_json
from service.entrants import check_eligibility
from service.language import language
from service.queries import EditQuery, read_query
from service.security import dari

cohort_calls = APIBlueprint("cohort_api", __name__, tag="cohorts")

ONE = "/cohorts/<int:cohort>"
_ENTRY = f"{ONE}/entries/<path:profile>"
_LINK = {"read": ("getCohort", "cohort", "$response.body#/id")}


@add(
    cohort_calls, "GET", "/cohorts",
    Call("listCohorts", "List the cohorts by number.", Scope.READ, query=CohortListQuery,
         answer="CohortPage"),
    endpoint="all",
)  # fmt: skip
def all_cohorts() -> ResponseReturnValue:
    """List the cohorts."""
    query = read_query(CohortListQuery, request.args, strict=True)
    found = cohorts.cohorts(dari().store, query.programme)
    some = [one for one in found if query.state in (None, one.state)]
    return sequence(some, query, lambda one: one.id, cohort_json)


@add(
    cohort_calls, "POST", "/cohorts",
    Call("openCohort", "Open a cohort of a programme.", Scope.WRITE, query=EditQuery,
         body=CohortBody, answer="Cohort", status=201, links=_LINK, problems=(404,),
         sent={"programme": "contest-skt-daejeon", "name": "2026, first half", "screenings": 0}),
    endpoint="open",
)  # fmt: skip
def open_one() -> ResponseReturnValue:
    """Open a cohort."""
    read_query(EditQuery, request.args, strict=True)
    body, today = read_body(CohortBody, request), dari().settings.today()
    given = body.given()
    made = cohorts.open_cohort(dari().store, body.programme, by=maker(), today=today, **given)
    where = url_for("cohort_api.one", cohort=made.id)
    return versioned(made.revision, cohort_json(made)), 201, {"Location": where}


@add(
    cohort_calls, "GET", ONE,
    Call("getCohort", "Read one cohort with its rules.", Scope.READ, answer="Cohort", etag="read",
         problems=(404,)),
    endpoint="one",
)  # fmt: skip
def one_cohort(cohort: int) -> Response:
    """Read one cohort."""
    return _cohort(cohorts.cohort(dari().store, cohort))


@add(
    cohort_calls, "PATCH", ONE,
    Call("changeCohort", "Change the settings and rules of a cohort.", Scope.WRITE,
         query=EditQuery, body=CohortChangeBody, answer="Cohort", etag="change", problems=(404,),
         sent={"name": "2026, second half", "draw": True}),
    endpoint="change",
)  # fmt: skip
def change_one(cohort: int) -> Response:
    """Change a cohort."""
    read_query(EditQuery, request.args, strict=True)
    with as_read(read_cohort(cohort)) as base:
        said = read_body(CohortChangeBody, request)
        values = said.given() | ({"seed": _drawn()} if said.draw else {})
        return _cohort(cohorts.edit_cohort(dari().store, cohort, values, by=maker(), base=base))


@add(
    cohort_calls, "POST", f"{ONE}/state",
    Call("moveCohort", "Close the intake of a cohort, open it again, or give the cohort up.",
         Scope.WRITE, query=EditQuery, body=CohortStateBody, answer="Cohort", etag="change",
         problems=(404,), sent={"state": "screening"}),
    endpoint="move",
)  # fmt: skip
def move_one(cohort: int) -> Response:
    """Close or open the intake, or give the cohort up."""
    read_query(EditQuery, request.args, strict=True)
    with as_read(read_cohort(cohort)) as base:
        said = read_body(CohortStateBody, request)
        to, given = CohortState(said.state), {"reason": said.reason, "by": maker()}
        return _cohort(cohorts.set_state(dari().store, cohort, to, base=base, **given))


@add(
    cohort_calls, "GET", f"{ONE}/entries",
    Call("listEntries", "List the applications to a cohort by profile.", Scope.READ,
         query=EntryListQuery, answer="EntryPage", problems=(404,)),
    endpoint="entries",
)  # fmt: skip
def all_entries(cohort: int) -> ResponseReturnValue:
    """List the applications to a cohort."""
    query = read_query(EntryListQuery, request.args, strict=True)
    found = cohorts.entries_of(dari().store, cohort)
    some = [one for one in found if query.entry_stage in (None, one.stage)]
    return sequence(some, query, lambda one: one.profile, entry_json)


@add(
    cohort_calls, "POST", f"{ONE}/entries",
    Call("applyToCohort", "Enter a profile into a cohort.", Scope.WRITE, query=EditQuery,
         body=EntryBody, answer="Entry", status=201, problems=(404,),
         sent={"profile": "sonoeye", "note": "By telephone."}),
    endpoint="apply",
)  # fmt: skip
def apply(cohort: int) -> ResponseReturnValue:
    """Enter a profile into a cohort."""
    read_query(EditQuery, request.args, strict=True)
    said = read_body(EntryBody, request)
    given: dict[str, Any] = {"wishes": said.wishes, "note": said.note, "by": maker()}
    made = cohorts.apply(dari().store, cohort, said.profile, **given)
    where = url_for("cohort_api.entry", cohort=cohort, profile=made.profile)
    return _entry(made), 201, {"Location": where}


@add(
    cohort_calls, "GET", _ENTRY,
    Call("getEntry", "Read the application of a profile to a cohort.", Scope.READ, answer="Entry",
         etag="read", problems=(404,)),
    endpoint="entry",
)  # fmt: skip
def one_entry(cohort: int, profile: str) -> Response:
    """Read an application."""
    return _entry(known_entry(cohort, profile))


@add(
    cohort_calls, "POST", f"{_ENTRY}/withdrawal",
    Call("withdrawEntry", "Take an application back for the applicant.", Scope.WRITE,
         query=EditQuery, body=ReasonBody, answer="Entry", etag="change", problems=(404,),
         sent={"reason": "Has moved abroad."}),
    endpoint="withdraw",
)  # fmt: skip
def withdraw(cohort: int, profile: str) -> Response:
    """Take an application back."""
    read_query(EditQuery, request.args, strict=True)
    with as_read(read_entry(cohort, profile)) as base:
        given: dict[str, Any] = {"reason": read_body(ReasonBody, request).reason, "by": maker()}
        return _entry(cohorts.withdraw(dari().store, cohort, profile, base=base, **given))


@add(
    cohort_calls, "POST", f"{_ENTRY}/scores",
    Call("scoreEntry", "Give an application points by a criterion, in the name of the key.",
         Scope.WRITE, query=EditQuery, body=ScoreBody, answer="ScoreList", problems=(404,),
         sent={"screening": "first", "criterion": "team", "points": 80, "reason": "Solid."}),
    endpoint="score",
)  # fmt: skip
def score(cohort: int, profile: str) -> Response:
    """Give an application points."""
    named = read_query(EditQuery, request.args, strict=True).by
    known_entry(cohort, profile)
    said = read_body(ScoreBody, request)
    points: dict[str, tuple[object, str]] = {said.criterion: (said.points, said.reason)}
    who: dict[str, Any] = {"by": maker(), "names": {caller().name, named or ""}}
    found = cohorts.score_entry(dari().store, cohort, profile, said.screening, points, **who)
    return jsonify(items=[score_json(one) for one in found])


@add(
    cohort_calls, "POST", f"{ONE}/check",
    Call("checkCohort", "Check all applications against the rules; give those that changed.",
         Scope.WRITE, query=EditQuery, answer="EntryList", problems=(404, 422)),
    endpoint="check",
)  # fmt: skip
def check(cohort: int) -> Response:
    """Check the eligibility of all."""
    read_query(EditQuery, request.args, strict=True)
    return _entries(check_eligibility(dari(), cohort, by=maker()))


@add(
    cohort_calls, "POST", f"{ONE}/screening",
    Call("screenCohort", "Say who passes a screening and who does not, all of it or nothing.",
         Scope.WRITE, query=EditQuery, body=ScreenBody, answer="EntryList", problems=(404,),
         sent={"screening": "first", "passed": ["sonoeye"], "reason": "Above the line."}),
    endpoint="screen",
)  # fmt: skip
def screen(cohort: int) -> Response:
    """Say who passes a screening."""
    read_query(EditQuery, request.args, strict=True)
    said = read_body(ScreenBody, request)
    passed = dict.fromkeys(said.out, False) | dict.fromkeys(said.passed, True)
    given: dict[str, Any] = {"reason": said.reason, "out": said.out_reason, "by": maker()}
    given["unscored"] = said.unscored
    return _entries(cohorts.screen(dari().store, cohort, said.screening, passed, **given))


def read_cohort(cohort: int) -> Read[int]:
    """Give what reads a cohort with its revision."""

    def read() -> tuple[int, dict[str, Any]]:
        held = cohorts.cohort(dari().store, cohort)
        return held.revision, cohort_json(held)

    return read


def read_entry(cohort: int, profile: str) -> Read[int]:
    """Give what reads an application with its revision."""

    def read() -> tuple[int, dict[str, Any]]:
        found = known_entry(cohort, profile)
        return found.revision, entry_json(found)

    return read


def known_entry(cohort: int, profile: str) -> Entry:
    """Read an application.

    Raises:
        Problem: if there is none.
    """
    cohorts.cohort(dari().store, cohort)
    try:
        return cohorts.entry_of(dari().store, cohort, profile)
    except cohorts.CohortError as error:
        raise missing(error) from error


def missing(error: cohorts.CohortError) -> Problem:
    """Make the problem that says what is not there."""
    return Problem("not_there", detail=" ".join(error.told(language())))


def _cohort(held: Cohort) -> Response:
    return versioned(held.revision, cohort_json(held))


def _entry(entry: Entry) -> Response:
    return versioned(entry.revision, entry_json(entry))


def _entries(found: list[Entry]) -> Response:
    return jsonify(items=[entry_json(one) for one in found])


def _drawn() -> int:
    from matcher.assignment.lottery import new_seed

    return new_seed()
