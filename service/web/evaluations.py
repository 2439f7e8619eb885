"""Owns the pages of evaluations: they start jobs, show how far these are, and what came of them."""

from __future__ import annotations

import base64
import hashlib
import json
import mimetypes
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from apiflask import APIBlueprint
from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound

from profiles import DariError
from profiles.jobs import EVALUATING, Job, JobError, JobKind, JobState, ahead_of, cancel
from profiles.jobs import job as read_job
from profiles.jobs import jobs as read_jobs
from service.access import may
from service.evaluating import known_versions
from service.language import LANGUAGES, language
from service.security import dari, editor, require_session
from service.starting import SIDES, shelf_of, start_evaluation, start_training
from service.web.jobs import (
    finding,
    guard_name,
    guard_state,
    kind_name,
    stage_name,
    state_name,
    told,
)
from service.work import GATE, REPORT, RUNS, SUMMARY, TRAINED, report_file
from service.worker import folder_of, is_alive

evaluations = APIBlueprint("evaluations", __name__, url_prefix="/evaluations", enable_openapi=False)
evaluations.before_request(require_session)

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_FEW = 100


@evaluations.get("")
def overview() -> ResponseReturnValue:
    """List the newest jobs, and offer to start one."""
    found = read_jobs(dari().store, _FEW, kinds=_kinds())
    return render_template("evaluations.html", jobs=found, **_words(), alive=_is_alive())


@evaluations.get("/new")
def new() -> ResponseReturnValue:
    """Offer to score models on a test set."""
    given = dict(_job(again).arguments) if (again := request.args.get("again", type=int)) else {}
    return _form({**given, **request.args.to_dict()})


@evaluations.post("")
def start() -> ResponseReturnValue:
    """Ask for an evaluation."""
    sent = _sent()
    try:
        made = start_evaluation(dari(), sent, by=editor())
    except DariError as error:
        return _form(sent, told(error)), 422
    return redirect(url_for("evaluations.show", id=made.id), 303)


@evaluations.get("/train")
def new_training() -> ResponseReturnValue:
    """Offer to train a challenger."""
    return _training_form(request.args.to_dict())


@evaluations.post("/train")
def train() -> ResponseReturnValue:
    """Ask for a challenger, and for what the gate says of it."""
    sent: dict[str, Any] = {
        "test_set": request.form.get("test_set", ""),
        "also": [one for one in request.form.getlist("also") if one],
        "name": request.form.get("name", "").strip(),
    }
    try:
        made = start_training(dari(), sent["test_set"], sent["also"], sent["name"], by=editor())
    except DariError as error:
        return _training_form(sent, told(error)), 422
    return redirect(url_for("evaluations.show", id=made.id), 303)


@evaluations.get("/<int:id>")
def show(id: int) -> ResponseReturnValue:
    """Show how far a job is, or what came of it."""
    found = _job(id)
    result = _result(found) if found.state is JobState.DONE else {}
    ahead = ahead_of(dari().store, found) if found.state is JobState.QUEUED else 0
    here = {"job": found, "result": result, "ahead": ahead, "alive": _is_alive()}
    speaks = dari().models.champion().version
    return render_template("evaluation.html", **here, **_words(), speaks=speaks, files=_files(id))


@evaluations.get("/<int:id>/progress")
def progress(id: int) -> ResponseReturnValue:
    """Tell how far a job is, for the page that shows it."""
    found = _job(id)
    return jsonify(
        state=found.state.value,
        over=found.is_over,
        said=_said(found),
        done=found.done,
        total=max(found.total, 1),
    )


@evaluations.post("/<int:id>/cancel")
def stop(id: int) -> ResponseReturnValue:
    """Cancel a job."""
    try:
        cancel(dari().store, _job(id).id, by=editor())
        flash(gettext("The work is being cancelled; nothing of it is kept."), "info")
    except JobError as error:
        flash(" ".join(error.told(language())), "danger")
    return redirect(url_for("evaluations.show", id=id), 303)


@evaluations.get("/<int:id>/report")
def report(id: int) -> ResponseReturnValue:
    """Show the whole report, under a policy of its own: it may do nothing but be read."""
    page = _path(id, report_file(language())).read_text(encoding="utf-8")
    answer = Response(page, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = _policy(page)
    return answer


@evaluations.get("/<int:id>/chart/<any(startup, partner):side>/<any(measure, gap):name>.svg")
def chart(id: int, side: str, name: str) -> ResponseReturnValue:
    """Give a chart as a picture."""
    for one in _read(id, SUMMARY)["sides"]:
        drawn = one["charts"][language()]
        if one["side"] == side and name in drawn:
            return Response(drawn[name], mimetype="image/svg+xml")
    raise NotFound


@evaluations.get("/<int:id>/files/<path:name>")
def file(id: int, name: str) -> ResponseReturnValue:
    """Give a file of what came of a job."""
    if name not in _files(id):
        raise NotFound
    kind = mimetypes.guess_type(name)[0] or "text/plain"
    answer = Response(_path(id, name).read_bytes(), mimetype=kind)
    shown = f"evaluation-{id}-{name.replace('/', '-')}"
    answer.headers.set("Content-Disposition", "attachment", filename=shown)
    return answer


def _policy(page: str) -> str:
    """Allow the styles that stand in a report, by their digests, and nothing else."""
    digests = (hashlib.sha256(style.encode()).digest() for style in _STYLE.findall(page))
    styles = " ".join(f"'sha256-{base64.b64encode(one).decode()}'" for one in digests)
    return (
        f"default-src 'none'; style-src {styles or chr(39) + 'none' + chr(39)}; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
    )


def _job(id: int) -> Job:
    try:
        found = read_job(dari().store, id)
    except JobError as error:
        raise NotFound from error
    if found.kind not in _kinds():
        raise NotFound
    return found


def _kinds() -> Collection[JobKind]:
    """Give the kinds of job that the reader may know of: staff of all."""
    return tuple(JobKind) if may("see", "workbench") else EVALUATING


def _is_alive() -> bool:
    return is_alive(dari().settings.home)


def _sent() -> dict[str, Any]:
    form = request.form
    return {
        "test_set": form.get("test_set", ""),
        "model": form.get("model") or None,
        "beside": [one for one in form.getlist("beside") if one],
        "runs": [one for one in form.getlist("runs") if one],
        "side": form.get("side", "both"),
        "measures": form.get("measures", "").replace(",", " ").split(),
    }


def _form(given: Mapping[str, Any], failed: tuple[str, str] | None = None) -> str:
    shelf = shelf_of(dari())
    sets = shelf.all()
    runs = {one.name: [path.stem for path in shelf.runs(one.name)] for one in sets}
    choices = {"sets": sets, "runs": runs, "versions": known_versions(dari().models)}
    return render_template(
        "evaluation_new.html", given=given, failed=failed, sides=SIDES, **choices
    )


def _training_form(given: Mapping[str, Any], failed: tuple[str, str] | None = None) -> str:
    return render_template(
        "evaluation_train.html", given=given, failed=failed, sets=shelf_of(dari()).all()
    )


def _words() -> dict[str, Any]:
    named = {"kind_name": kind_name, "state_name": state_name, "said": _said, "few": _FEW}
    return {**named, "finding": finding, "guard_name": guard_name, "guard_state": guard_state}


def _said(one: Job) -> str:
    """Say in a line how far a job is."""
    if one.is_cancelling:
        return str(gettext("is being cancelled"))
    return stage_name(one.what) if one.state is JobState.RUNNING and one.what else state_name(one)


def _result(one: Job) -> dict[str, Any]:
    """Read what came of a job; what is not in this home is empty."""
    found = {}
    for key, name in (("summary", SUMMARY), ("gate", GATE), ("trained", TRAINED)):
        path = folder_of(dari().settings.home, one.id) / name
        if path.is_file():
            found[key] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _files(id: int) -> list[str]:
    """Name the files that came of a job, as they may be downloaded."""
    folder = folder_of(dari().settings.home, id)
    wanted = [*map(report_file, LANGUAGES), REPORT, GATE, TRAINED]
    runs = sorted(path.relative_to(folder).as_posix() for path in folder.glob(f"{RUNS}/**/*.*"))
    return [name for name in (*wanted, *runs) if (folder / name).is_file()]


def _path(id: int, name: str) -> Path:
    path = folder_of(dari().settings.home, id) / name
    if not path.is_file():
        raise NotFound
    return path


def _read(id: int, name: str) -> Any:
    return json.loads(_path(id, name).read_text(encoding="utf-8"))
