"""Owns what a job does: each kind of work, by the functions that the commands call."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from profiles.jobs import JobKind

if TYPE_CHECKING:
    from evaluation import Decision, TestSet
    from index import Encoder
    from matcher import Registry
    from service.settings import Settings
    from service.wiring import Progress

LANGUAGES = ("en", "ko")
REPORT, SUMMARY, GATE, TRAINED, RUNS = (
    "report.json", "summary.json", "gate.json", "trained.json", "runs"
)  # fmt: skip
TEST_SET = "test-set"
"""The folder that a conversion writes, before it takes its place among the test sets."""

Arguments = Mapping[str, Any]


def report_file(lang: str) -> str:
    """Name the HTML report of a language."""
    return f"report-{lang}.html"


def run_file(run: str) -> str:
    """Name the file of a run that was brought."""
    return f"{run}.run"


def do(
    kind: JobKind, settings: Settings, arguments: Arguments, out: Path, progress: Progress
) -> dict[str, Any]:
    """Do a piece of work, and write what comes of it to a folder.

    Args:
        kind: what is done.
        settings: of the installation.
        arguments: what it is done with.
        out: an empty folder.
        progress: told of the way that has been gone.

    Returns:
        what came of it in short.

    Raises:
        DariError: as the work does.
    """
    return _KINDS[kind](settings, arguments, out, progress)


def _evaluate(
    settings: Settings, arguments: Arguments, out: Path, progress: Progress
) -> dict[str, Any]:
    from evaluation import Shelf, as_html, summary_of
    from profiles import Side
    from service.evaluating import evaluated

    shelf, name = Shelf(settings.home), arguments["test_set"]
    side = arguments.get("side") or "both"
    report = evaluated(
        settings,
        _encoder(settings),
        shelf.folder(name),
        arguments.get("measures") or (),
        progress,
        model=arguments.get("model"),
        beside=[Path(one) for one in arguments.get("beside") or ()],
        side=None if side == "both" else Side(side),
        run_files=[shelf.run(name, run) for run in arguments.get("runs") or ()],
        runs_out=out / RUNS,
    )
    _put(out / REPORT, report.as_json())
    summary = summary_of(report)
    _put(out / SUMMARY, summary)
    for lang in LANGUAGES:
        (out / report_file(lang)).write_text(as_html(report, lang), encoding="utf-8")
    return {"model": report.models["dari"], "verdicts": _verdicts(summary)}


def _verdicts(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"side": one["side"], "verdict": one["verdict"], "said": {
            lang: one["said"][lang][0] for lang in LANGUAGES
        }}
        for one in summary["sides"]
    ]  # fmt: skip


def _train(
    settings: Settings, arguments: Arguments, out: Path, progress: Progress
) -> dict[str, Any]:
    from evaluation import Shelf
    from service.evaluating import challenged

    shelf, encoder = Shelf(settings.home), _encoder(settings)
    trained, decision = challenged(
        _registry(settings, encoder),
        shelf.folder(arguments["test_set"]),
        [shelf.folder(name) for name in arguments.get("also") or ()],
        encoder,
        progress,
        arguments["name"],
    )
    _put(out / TRAINED, trained.as_json())
    return {"model": trained.version, **_decided(decision, out)}


def _gate(
    settings: Settings, arguments: Arguments, out: Path, progress: Progress
) -> dict[str, Any]:
    from evaluation import Shelf
    from service.evaluating import gated

    encoder = _encoder(settings)
    folder = Shelf(settings.home).folder(arguments["test_set"])
    decision = gated(
        _registry(settings, encoder), arguments["model"], folder, encoder, progress,
        against=arguments.get("against"),
    )  # fmt: skip
    return {"model": arguments["model"], **_decided(decision, out)}


def _decided(decision: Decision | None, out: Path) -> dict[str, Any]:
    """Keep what the gate said; it said nothing where the model is the one in use."""
    if decision is None:
        return {"passed": None}
    _put(out / GATE, decision.as_json())
    reasons = {lang: [one.in_(lang) for one in decision.reasons] for lang in LANGUAGES}
    return {"passed": decision.passed, "reasons": reasons}


def _brought(
    settings: Settings, arguments: Arguments, out: Path, progress: Progress
) -> dict[str, Any]:
    """Unpack and check a test set that came as a ZIP."""
    from evaluation import Received

    progress("Reading the test set", 0, 0)
    return _counted(Received(settings.home).unpacked(arguments["file"], out / TEST_SET))


def _checked(
    settings: Settings, arguments: Arguments, out: Path, progress: Progress
) -> dict[str, Any]:
    """Read a test set that stands on the shelf whole, and look for leaks."""
    from evaluation import Shelf, load

    progress("Reading the test set", 0, 0)
    return _counted(load(Shelf(settings.home).folder(arguments["test_set"])))


def _run_checked(
    settings: Settings, arguments: Arguments, out: Path, progress: Progress
) -> dict[str, Any]:
    """Check a run file that was brought for a test set, and write it under its name."""
    from evaluation import DEFAULT, Received, depth_of

    progress("Reading the run file", 0, 0)
    name, file, depth = arguments["test_set"], run_file(arguments["run"]), depth_of(DEFAULT)
    found = Received(settings.home).checked_run(arguments["file"], name, out / file, depth=depth)
    return {"queries": len(found.rankings), "places": sum(map(len, found.rankings.values()))}


def _counted(found: TestSet) -> dict[str, Any]:
    return {name: len(getattr(found, name)) for name in ("startups", "partners", "ties", "queries")}


def _convert(
    settings: Settings, arguments: Arguments, out: Path, progress: Progress
) -> dict[str, Any]:
    from evaluation import convert_store, load
    from profiles import Store

    until = arguments.get("until")
    store = Store.open(settings.database)
    try:
        written = convert_store(
            store,
            out / TEST_SET,
            cut=date.fromisoformat(arguments["cut"]),
            until=date.fromisoformat(until) if until else None,
            progress=progress,
        )
    finally:
        store.close()
    load(out / TEST_SET)  # a set with a leak is not put on the shelf
    return {name: getattr(written, name) for name in ("startups", "partners", "ties", "queries")}


def _assign(
    settings: Settings, arguments: Arguments, out: Path, progress: Progress
) -> dict[str, Any]:
    from service.assigning_job import assigned

    return assigned(settings, arguments, progress)


def _schedule(
    settings: Settings, arguments: Arguments, out: Path, progress: Progress
) -> dict[str, Any]:
    from service.event_day import Happened
    from service.event_schedules import fit_to_day, make_schedule
    from service.wiring import build

    dari, happened = build(settings), arguments.get("happened")
    asked: dict[str, Any] = {"by": arguments["by"], "progress": progress}
    try:
        if happened is None:
            made = make_schedule(dari, arguments["event"], **asked)
        else:
            made = fit_to_day(dari, arguments["event"], Happened(**happened), **asked)
    finally:
        dari.store.close()
    return {"event": made.event, "schedule": made.number}


def _made(
    settings: Settings, arguments: Arguments, out: Path, progress: Progress
) -> dict[str, Any]:
    """Make a test set: of a ZIP that was brought, or of what the store holds."""
    make = _brought if "file" in arguments else _convert
    return make(settings, arguments, out, progress)


_KINDS: Mapping[JobKind, Callable[..., dict[str, Any]]] = {
    JobKind.EVALUATE: _evaluate,
    JobKind.TRAIN: _train,
    JobKind.GATE: _gate,
    JobKind.CONVERT: _made,
    JobKind.CHECK: _checked,
    JobKind.RUN: _run_checked,
    JobKind.ASSIGN: _assign,
    JobKind.SCHEDULE: _schedule,
}


def _encoder(settings: Settings) -> Encoder:
    from index import load_encoder

    return load_encoder(settings.encoder)


def _registry(settings: Settings, encoder: Encoder) -> Registry:
    from matcher import Registry

    return Registry(settings.home, encoder.encoder_id)


def _put(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
