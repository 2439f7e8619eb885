"""Owns the calls on cases: pairs on their way from the shortlist to a contract or an end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import PreconditionRequired

from profiles import Record, StaleEdit
from profiles.api_keys import Scope
from profiles.case_lists import CaseFilter, cases_by_number, count_cases
from profiles.case_meetings import plan_meeting
from profiles.case_moves import close_case, move_back, move_case
from profiles.cases import Case, CaseEvent, CaseMeeting, CaseStage, get_case, whole_case
from profiles.casework import answer_case, assign_case, note_case, open_case, release_case
from service.api.asked import (
    CaseAnswerBody,
    CaseBody,
    CaseChangeBody,
    CaseCloseBody,
    CaseListQuery,
    CaseMoveBody,
    CaseNoteBody,
    CaseReleaseBody,
    MeetingBody,
)
from service.api.bodies import read_body
from service.api.calls import Call, add
from service.api.cursors import page, place
from service.api.guard import maker
from service.api.problems import problem
from service.failures import failure
from service.queries import EditQuery, read_query
from service.security import dari

case_calls = APIBlueprint("case_api", __name__, tag="cases")

_ONE = "/cases/<int:case>"
_LINK = {"read": ("getCase", "case", "$response.body#/id")}


@add(
    case_calls, "GET", "/cases",
    Call("listCases", "List the cases by number, with counts by stage.", Scope.READ,
         query=CaseListQuery, answer="CasePage"),
    endpoint="all",
)  # fmt: skip
def all_cases() -> ResponseReturnValue:
    """List the cases."""
    query = read_query(CaseListQuery, request.args, strict=True)
    asked = query.model_dump(exclude={"cursor", "limit", "q"})
    wanted = CaseFilter(**asked, text=query.q, today=dari().settings.today())
    start = int(place(query) or 0)
    found = cases_by_number(dari().store, wanted, after=start, limit=query.limit + 1)
    shown = found[: query.limit]
    following = shown[-1].id if len(found) > query.limit else None
    counted = count_cases(dari().store, wanted)
    total = counted[query.stage] if query.stage else sum(counted.values())
    stages = {stage.value: number for stage, number in counted.items()}
    return page([_json(one) for one in shown], query, following, total=total, stages=stages)


@add(
    case_calls, "POST", "/cases",
    Call("openCase", "Shortlist a pair; one that has an open case keeps it, with 200.", Scope.WRITE,
         query=EditQuery, body=CaseBody, answer="Case", status=201, links=_LINK,
         sent={"startup": "sonoeye", "partner": "samsung-medison", "shown_rank": 1}),
    endpoint="open",
)  # fmt: skip
def open_one() -> ResponseReturnValue:
    """Shortlist a pair."""
    read_query(EditQuery, request.args, strict=True)
    body = read_body(CaseBody, request)
    given = {name: getattr(body, name) for name in CaseBody.model_fields}
    made, is_new = open_case(dari().store, **given, by=maker())
    where = url_for("case_api.one", case=made.id)
    return _answer(made), 201 if is_new else 200, {"Location": where}


@add(
    case_calls, "GET", _ONE,
    Call("getCase", "Read one case with its events and meetings.", Scope.READ, answer="WholeCase",
         etag="read", problems=(404,)),
    endpoint="one",
)  # fmt: skip
def one_case(case: int) -> Response:
    """Read one case."""
    found = whole_case(dari().store, case)
    events = [_event_json(one) for one in found.events]
    meetings = [_meeting_json(one) for one in found.meetings]
    answer = jsonify({**_json(found.case), "events": events, "meetings": meetings})
    answer.set_etag(str(found.case.revision))
    return answer


def _add_change(
    name: str, what: str, summary: str, body: type[Record], sent: dict[str, Any],
    change: Callable[..., Case],
) -> None:  # fmt: skip
    """Add a call that changes a case as it was read."""
    call = Call(
        name, summary, Scope.WRITE, query=EditQuery, body=body, answer="Case", etag="change",
        sent=sent, problems=(404,),
    )  # fmt: skip
    method, rule = ("PATCH", _ONE) if what == "change" else ("POST", f"{_ONE}/{what}")

    @add(case_calls, method, rule, call, endpoint=what)
    def changed(case: int) -> ResponseReturnValue:
        read_query(EditQuery, request.args, strict=True)
        held = get_case(dari().store, case)
        if request.if_match.star_tag or not request.if_match:
            raise PreconditionRequired
        said: Any = read_body(body, request)
        if str(held.revision) not in request.if_match:
            return _stale(held)
        try:
            return _answer(change(held, said, by=maker(), base=held.revision))
        except StaleEdit:  # by one that came between the reading and the writing
            return _stale(get_case(dari().store, case))


def _assign(held: Case, said: CaseChangeBody, *, by: str, base: int) -> Case:
    given = {name: getattr(held, name) for name in CaseChangeBody.model_fields}
    given |= {name: getattr(said, name) for name in said.model_fields_set}
    return assign_case(dari().store, held.id, **given, by=by, base=base)


def _move(held: Case, said: CaseMoveBody, *, by: str, base: int) -> Case:
    if said.to == "back":
        return move_back(dari().store, held.id, reason=said.reason or "", by=by, base=base)
    to, day, release = CaseStage(said.to), said.day, said.release
    return move_case(dari().store, held.id, to, day=day, release=release, by=by, base=base)


def _close(held: Case, said: CaseCloseBody, *, by: str, base: int) -> Case:
    given = {name: getattr(said, name) for name in ("reason", "words", "verdict")}
    return close_case(dari().store, held.id, said.outcome, **given, by=by, base=base)


def _answered(held: Case, said: CaseAnswerBody, *, by: str, base: int) -> Case:
    given: dict[str, Any] = {"reason": said.reason, "words": said.words}
    return answer_case(dari().store, held.id, said.side, said.answer, **given, by=by, base=base)


def _release(held: Case, said: CaseReleaseBody, *, by: str, base: int) -> Case:
    return release_case(dari().store, held.id, released=said.released, by=by, base=base)


_add_change(
    "changeCase", "change", "Say who looks after a case, its next day and its programme.",
    CaseChangeBody, {"owner": "Kim", "due": "2030-12-02"}, _assign,
)  # fmt: skip
_add_change(
    "moveCase", "move", "Move a case on to a later stage, or back by one move with the reason.",
    CaseMoveBody, {"to": "introduced"}, _move,
)  # fmt: skip
_add_change(
    "closeCase", "close", "Close a case with its outcome.",
    CaseCloseBody, {"outcome": "dropped", "reason": "timing"}, _close,
)  # fmt: skip
_add_change(
    "answerCase", "answer", "Write down what a side says to being brought together.",
    CaseAnswerBody, {"side": "partner", "answer": "yes"}, _answered,
)  # fmt: skip
_add_change(
    "releaseCase", "release", "Let the startup see the match, or take that back.",
    CaseReleaseBody, {"released": True}, _release,
)  # fmt: skip


@add(
    case_calls, "POST", f"{_ONE}/notes",
    Call("noteCase", "Add a note to a case.", Scope.WRITE, query=EditQuery, body=CaseNoteBody,
         answer="WholeCase", status=201, problems=(404,), sent={"note": "They met at a fair."}),
    endpoint="note",
)  # fmt: skip
def add_note(case: int) -> ResponseReturnValue:
    """Add a note."""
    read_query(EditQuery, request.args, strict=True)
    note_case(dari().store, case, read_body(CaseNoteBody, request).note, by=maker())
    return one_case(case), 201


@add(
    case_calls, "POST", f"{_ONE}/meetings",
    Call("planMeeting", "Plan a meeting of both sides.", Scope.WRITE, query=EditQuery,
         body=MeetingBody, answer="Meeting", status=201, problems=(404,),
         sent={"starts": "2026-12-01T14:00", "zone": "Asia/Seoul", "place": "Daegu"}),
    endpoint="meeting",
)  # fmt: skip
def add_meeting(case: int) -> ResponseReturnValue:
    """Plan a meeting."""
    read_query(EditQuery, request.args, strict=True)
    get_case(dari().store, case)
    body = read_body(MeetingBody, request)
    made = plan_meeting(dari().store, case, **body.model_dump(), by=maker())
    return jsonify(_meeting_json(made)), 201


def _stale(held: Case) -> Response:
    known = failure(412)
    tag = f'"{held.revision}"'
    answer = problem(412, known.heading, known.text, kind="stale", etag=tag, current=_json(held))
    answer.set_etag(str(held.revision))
    return answer


def _answer(case: Case) -> Response:
    answer = jsonify(_json(case))
    answer.set_etag(str(case.revision))
    return answer


def _json(case: Case) -> dict[str, Any]:
    """Write a case; the numbers of its links stay inside."""
    told = {n: v for n, v in asdict(case).items() if n not in ("startup_link", "partner_link")}
    return {name: _plain(value) for name, value in told.items()}


def _event_json(one: CaseEvent) -> dict[str, Any]:
    return {"kind": one.kind, "at": one.at.isoformat(), "by": one.by, "data": dict(one.data)}


def _meeting_json(one: CaseMeeting) -> dict[str, Any]:
    return {name: _plain(value) for name, value in asdict(one).items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value
