"""Owns the pages of test sets: which there are; bringing, making, checking and deleting one."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound

from profiles import DariError
from profiles.jobs import JobError, JobKind, ask
from profiles.taxonomy import Names
from service.language import language
from service.security import dari, editor, is_signed_in, require_session
from service.web.jobs import told

test_sets = APIBlueprint("test_sets", __name__, url_prefix="/testsets", enable_openapi=False)
test_sets.before_request(require_session)

_UPLOADS = {"test_sets.bring", "test_sets.bring_run"}
_COUNTED = ("startups", "partners", "ties", "queries")
_MOST_ABOUT = 1 << 20


def allow_uploads() -> None:
    """Let whoever is signed in send a test set, which is larger than a form may be."""
    if request.method == "POST" and request.endpoint in _UPLOADS and is_signed_in():
        request.max_content_length = dari().settings.max_upload_length


@test_sets.get("")
def overview() -> ResponseReturnValue:
    """List the test sets, and offer to bring or make one."""
    return _overview()


@test_sets.post("")
def bring() -> ResponseReturnValue:
    """Take a test set that comes as a ZIP; a job checks it whole, and then puts it on the shelf."""
    from evaluation import Received

    name, sent = _named(), request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise JobError("file", "file_none", "")
        brought = Received(dari().settings.home).keep(name, sent.stream)
        given = {"name": name, "file": brought}
        made = ask(dari().store, JobKind.CONVERT, given, by=editor())
    except DariError as error:
        return _overview(("zip", *told(error)), {"name": name}), 422
    return redirect(url_for("evaluations.show", id=made.id), 303)


@test_sets.post("/convert")
def convert() -> ResponseReturnValue:
    """Ask for a test set of this installation's own verdicts and outcomes."""
    sent = {"name": _named(), "cut": _day("cut"), "until": _day("until")}
    try:
        _shelf().free(sent["name"])
        for field in ("cut", "until"):
            _check_day(field, sent[field], needed=field == "cut")
        made = ask(dari().store, JobKind.CONVERT, sent, by=editor())
    except DariError as error:
        return _overview(("convert", *told(error)), sent), 422
    return redirect(url_for("evaluations.show", id=made.id), 303)


@test_sets.get("/<name>")
def show(name: str) -> ResponseReturnValue:
    """Show what a test set says of itself, how much it holds, and its run files."""
    return _page(name)


@test_sets.post("/<name>/check")
def check(name: str) -> ResponseReturnValue:
    """Read a test set whole, and look for leaks."""
    from evaluation import load

    try:
        found = load(_folder(name))
    except DariError as error:
        return _page(name, ("check", *told(error))), 422
    text = gettext(
        "It can be used: %(queries)s queries, and no leak was found.", queries=len(found.queries)
    )
    flash(text, "success")
    return redirect(url_for("test_sets.show", name=name), 303)


@test_sets.post("/<name>/delete")
def delete(name: str) -> ResponseReturnValue:
    """Delete a test set with its run files."""
    _folder(name)
    _shelf().drop(name)
    flash(gettext("The test set %(name)s has been deleted.", name=name), "success")
    return redirect(url_for("test_sets.overview"), 303)


@test_sets.post("/<name>/runs")
def bring_run(name: str) -> ResponseReturnValue:
    """Keep a run file that can be scored on a test set."""
    from evaluation import DEFAULT, depth_of

    _folder(name)
    sent, run = request.files.get("file"), _named("run")
    try:
        if sent is None or not sent.filename:
            raise JobError("file", "file_none", "")
        _shelf().add_run(name, run, sent.stream, depth=depth_of(DEFAULT))
    except DariError as error:
        return _page(name, ("run", *told(error)), {"run": run}), 422
    flash(gettext("The run %(run)s is kept.", run=run), "success")
    return redirect(url_for("test_sets.show", name=name), 303)


@test_sets.post("/<name>/runs/<run>/delete")
def delete_run(name: str, run: str) -> ResponseReturnValue:
    """Delete a run file."""
    from evaluation import ShelfError

    _folder(name)
    try:
        _shelf().drop_run(name, run)
    except ShelfError as error:
        raise NotFound from error
    flash(gettext("The run %(run)s has been deleted.", run=run), "success")
    return redirect(url_for("test_sets.show", name=name), 303)


def _shelf() -> Any:
    from evaluation import Shelf

    return Shelf(dari().settings.home)


def _folder(name: str) -> Path:
    from evaluation import ShelfError

    try:
        folder: Path = _shelf().folder(name)
    except ShelfError as error:
        raise NotFound from error
    return folder


def _named(field: str = "name") -> str:
    return request.form.get(field, "").strip()


def _day(field: str) -> str | None:
    return request.form.get(field, "").strip() or None


def _check_day(field: str, value: str | None, *, needed: bool) -> None:
    with suppress(ValueError):
        if date.fromisoformat(value) if value else not needed:
            return
    raise JobError(field, "job_day", value or "")


def _overview(failed: tuple[str, str, str] | None = None, given: Any = None) -> str:
    found = [(one, _about(one.path)) for one in _shelf().all()]
    limit = dari().settings.max_upload_length >> 20
    return render_template(
        "test_sets.html", sets=found, failed=failed, given=given or {}, limit=limit
    )


def _page(name: str, failed: tuple[str, str, str] | None = None, given: Any = None) -> str:
    folder = _folder(name)
    runs = _shelf().runs(name)
    counts = {what: _lines(folder / f"{what}.jsonl") for what in _COUNTED}
    shown = {"about": _about(folder), "counts": counts, "runs": runs}
    return render_template("test_set.html", name=name, failed=failed, given=given or {}, **shown)


def _about(folder: Path) -> dict[str, Any]:
    """Read what a test set says of itself, as far as that can be read."""
    raw: Any = {}
    with (
        suppress(OSError, ValueError, RecursionError),
        (folder / "dataset.json").open(encoding="utf-8-sig") as stream,
    ):
        raw = json.loads(stream.read(_MOST_ABOUT))
    known = raw if isinstance(raw, dict) else {}
    notes = known.get("notes")
    return {
        **{key: _text(known.get(key)) for key in ("name", "cut", "source", "licence", "cluster")},
        "notes": [_text(one) for one in notes] if isinstance(notes, list) else [],
    }


def _text(value: Any) -> str:
    """Show a text of one language or of two."""
    if isinstance(value, dict):
        return Names(str(value.get("en") or value.get("ko") or ""),
                     str(value.get("ko") or value.get("en") or "")).in_(language())  # fmt: skip
    return str(value) if isinstance(value, str | int) else ""


def _lines(path: Path) -> int:
    """Count the lines of a file that are not blank."""
    if not path.is_file():
        return 0
    with path.open("rb") as stream:
        return sum(bool(line.strip()) for line in stream)
