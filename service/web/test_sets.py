"""Owns the pages of test sets: which there are; bringing, making, checking and deleting one."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

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
from service.starting import shelf_of, start_bringing, start_check, start_run
from service.web.jobs import told

if TYPE_CHECKING:
    from evaluation import Shelf

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
    name = _named()
    try:
        made = start_bringing(dari(), name, _sent_file(), by=editor())
    except DariError as error:
        return _overview(("zip", *told(error)), {"name": name}), 422
    return redirect(url_for("evaluations.show", id=made.id), 303)


@test_sets.post("/convert")
def convert() -> ResponseReturnValue:
    """Ask for a test set of this installation's own verdicts and outcomes."""
    name, days = _named(), {field: _day(field) for field in ("cut", "until")}
    sent = {"name": name, **days}
    try:
        _shelf().free(name)
        for field, day in days.items():
            _check_day(field, day, needed=field == "cut")
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
    """Ask for a test set to be read whole, and looked through for leaks."""
    _folder(name)
    try:
        made = start_check(dari(), name, by=editor())
    except DariError as error:
        return _page(name, ("check", *told(error))), 422
    return redirect(url_for("evaluations.show", id=made.id), 303)


@test_sets.post("/<name>/delete")
def delete(name: str) -> ResponseReturnValue:
    """Delete a test set with its run files."""
    _folder(name)
    _shelf().drop(name)
    flash(gettext("The test set %(name)s has been deleted.", name=name), "success")
    return redirect(url_for("test_sets.overview"), 303)


@test_sets.post("/<name>/runs")
def bring_run(name: str) -> ResponseReturnValue:
    """Take a run file; a job checks whether it can be scored on the set, and then keeps it."""
    _folder(name)
    run = _named("run")
    try:
        made = start_run(dari(), name, run, _sent_file(), by=editor())
    except DariError as error:
        return _page(name, ("run", *told(error)), {"run": run}), 422
    return redirect(url_for("evaluations.show", id=made.id), 303)


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


def _shelf() -> Shelf:
    return shelf_of(dari())


def _folder(name: str) -> Path:
    from evaluation import ShelfError

    try:
        return _shelf().folder(name)
    except ShelfError as error:
        raise NotFound from error


def _sent_file() -> IO[bytes]:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise JobError("file", "file_none", "")
    return sent.stream


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
