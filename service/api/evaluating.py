"""Owns the calls of evaluation: test sets, jobs that score, fit and gate, and what came of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from apiflask import APIBlueprint
from flask import Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from matcher import ModelError, RegistryError
from profiles import DariError
from profiles.api_keys import Scope
from profiles.jobs import EVALUATING, Job, JobError, JobState, cancel
from profiles.jobs import job as read_job
from profiles.jobs import jobs as read_jobs
from profiles.record import Record
from service.api.asked import EvaluationBody, GateBody, TrainingBody
from service.api.bodies import read_body
from service.api.calls import Call, add
from service.api.cursors import PageQuery, sequence
from service.api.guard import maker
from service.api.problems import Problem
from service.language import language
from service.queries import EditQuery, read_query
from service.security import dari
from service.starting import shelf_of, start_evaluation, start_gate, start_training
from service.work import REPORT
from service.worker import folder_of

evaluation_calls = APIBlueprint("evaluation_api", __name__, tag="evaluation")

B = TypeVar("B", bound=Record)

_NEWEST = 1_000
_LINKS = {
    "read": ("getJob", "job", "$response.body#/id"),
    "cancel": ("cancelJob", "job", "$response.body#/id"),
}


@add(
    evaluation_calls, "GET", "/test-sets",
    Call("listTestSets", "List the test sets by name.", Scope.EVALUATE, query=PageQuery,
         answer="TestSetPage"),
)  # fmt: skip
def test_sets() -> ResponseReturnValue:
    """List the test sets."""
    query, shelf = read_query(PageQuery, request.args, strict=True), shelf_of(dari())
    return sequence(
        shelf.all(),
        query,
        lambda one: one.name,
        lambda one: {
            "name": one.name,
            "size": one.size,
            "runs": [run.stem for run in shelf.runs(one.name)],
        },
    )


@add(
    evaluation_calls, "GET", "/jobs",
    Call("listJobs", "List the jobs that have not been forgotten by number.", Scope.EVALUATE,
         query=PageQuery, answer="JobPage"),
)  # fmt: skip
def all_jobs() -> ResponseReturnValue:
    """List the newest jobs."""
    query = read_query(PageQuery, request.args, strict=True)
    return sequence(
        read_jobs(dari().store, _NEWEST, kinds=EVALUATING), query, lambda one: one.id, job_json
    )


@add(
    evaluation_calls, "GET", "/jobs/<int:job>",
    Call("getJob", "Tell how far a job is, or what came of it.", Scope.EVALUATE, answer="Job",
         etag="read", problems=(404,)),
)  # fmt: skip
def one_job(job: int) -> Response:
    """Tell how far a job is."""
    return jsonify(job_json(_job(job)))


@add(
    evaluation_calls, "POST", "/jobs/evaluations",
    Call("startEvaluation", "Score models on a test set.", Scope.EVALUATE, query=EditQuery,
         body=EvaluationBody, answer="Job", status=201, links=_LINKS,
         sent={"test_set": "autumn", "side": "both", "measures": ["nDCG@10"]}),
)  # fmt: skip
def evaluate() -> ResponseReturnValue:
    """Ask for an evaluation."""
    return _started(EvaluationBody, lambda body: start_evaluation(dari(), body.asked(), by=maker()))


@add(
    evaluation_calls, "POST", "/jobs/trainings",
    Call("startTraining", "Fit a challenger to test sets, and ask the gate of it.", Scope.EVALUATE,
         query=EditQuery, body=TrainingBody, answer="Job", status=201, links=_LINKS,
         sent={"test_set": "autumn", "name": "own"}),
)  # fmt: skip
def train() -> ResponseReturnValue:
    """Ask for a challenger."""
    return _started(
        TrainingBody,
        lambda body: start_training(dari(), body.test_set, body.also, body.name, by=maker()),
    )


@add(
    evaluation_calls, "POST", "/jobs/gates",
    Call("startGate", "Ask what the gate says of a model on a test set.", Scope.EVALUATE,
         query=EditQuery, body=GateBody, answer="Job", status=201, links=_LINKS,
         sent={"model": "own-0a1b2c3d", "test_set": "autumn"}),
)  # fmt: skip
def gate() -> ResponseReturnValue:
    """Ask the gate of a model."""
    return _started(
        GateBody, lambda body: start_gate(dari(), body.model, body.test_set, by=maker())
    )


@add(
    evaluation_calls, "POST", "/jobs/<int:job>/cancel",
    Call("cancelJob", "Cancel a job; nothing of it is kept.", Scope.EVALUATE, query=EditQuery,
         answer="Job", problems=(404, 422)),
)  # fmt: skip
def stop(job: int) -> Response:
    """Cancel a job."""
    read_query(EditQuery, request.args, strict=True)
    return jsonify(job_json(cancel(dari().store, _job(job).id, by=maker())))


@add(
    evaluation_calls, "GET", "/jobs/<int:job>/report",
    Call("jobReport", "Give the whole report of an evaluation that is done.", Scope.EVALUATE,
         answer="Report", etag="read", problems=(404,)),
)  # fmt: skip
def report(job: int) -> Response:
    """Give the report of an evaluation."""
    path = folder_of(dari().settings.home, _job(job).id) / REPORT
    if not path.is_file():
        raise NotFound
    return jsonify(json.loads(path.read_text(encoding="utf-8")))


@contextmanager
def _refusals() -> Iterator[None]:
    """Let what evaluations refuse end in a problem that says so.

    Raises:
        Problem: for a test set, model or measure that cannot be used.
    """
    from evaluation import DatasetError, MeasureError, RunError, ShelfError

    try:
        yield
    except (ShelfError, DatasetError, RunError, MeasureError, RegistryError, ModelError) as error:
        raise refusal(error) from error


def refusal(error: DariError) -> Problem:
    """Make the problem that tells what was refused, in the reader's language."""
    return Problem("refused", detail=" ".join(error.told(language())))


def _job(number: int) -> Job:
    try:
        found = read_job(dari().store, number)
    except JobError as error:
        raise NotFound from error
    if found.kind not in EVALUATING:
        raise NotFound
    return found


def _started(kind: type[B], start: Callable[[B], Job]) -> ResponseReturnValue:
    """Read what a call asks for, start the job, and tell where it is.

    Raises:
        Problem: for a test set, model or measure that cannot be used.
    """
    read_query(EditQuery, request.args, strict=True)
    asked = read_body(kind, request)
    with _refusals():
        made = start(asked)
    where = url_for("evaluation_api.one_job", job=made.id)
    return jsonify(job_json(made)), 201, {"Location": where}


def job_json(one: Job) -> dict[str, Any]:
    """Write a job as calls answer it."""
    moments = ("asked_at", "started_at", "ended_at")
    plain = ("id", "by", "what", "done", "total", "cancelled_by")
    return {
        **{name: getattr(one, name) for name in plain},
        **{name: at.isoformat() if (at := getattr(one, name)) else None for name in moments},
        "kind": one.kind.value,
        "state": one.state.value,
        "arguments": dict(one.arguments),
        "outcome": dict(one.outcome),
        "error": _error(one.error) if one.state is JobState.FAILED else None,
    }


def _error(said: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    rule, remedy = said.get(language()) or ("", "")
    return {"rule": rule, "remedy": remedy}
