"""Owns the commands that bring data in and take it out: import and export."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click

from service.console import Word, bar, opened, print_json, read_settings, say, show, tell_in

INTERRUPTED = 128
"""The exit status of a command that a signal ended, less the signal's number (Ctrl+C gives 130)."""


def _import_kinds() -> tuple[str, ...]:
    from profiles.importing import IMPORT_KINDS

    return IMPORT_KINDS


@click.command("import")
@click.argument("kind", type=Word(_import_kinds))
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--map", "map_file", type=click.Path(path_type=Path), help="TOML file: which column is what."
)
@click.option("--check", is_flag=True, help="Only check the rows; write nothing.")
@click.option(
    "--report",
    "report_file",
    type=click.Path(path_type=Path),
    help="Write every rejected row to this .jsonl or .csv file.",
)
@click.option(
    "--strict", is_flag=True, help="Exit with status 1 if any row is rejected, or there is none."
)
@click.option("--lang", type=click.Choice(["en", "ko"]), help="Language of the report.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON document.")
def import_(
    kind: Any,
    file: Path,
    map_file: Path | None,
    check: bool,
    report_file: Path | None,
    strict: bool,
    lang: str | None,
    as_json: bool,
) -> None:
    """Import startups, partners, ties or programmes from a .jsonl, .csv, .xlsx or .parquet FILE.

    A rejected row never stops the others. Exit status 1 means that every row was rejected; a file
    without rows is none of that, unless --strict is given. Ctrl+C and SIGTERM stop after the
    present batch; the same command goes on from there.
    """
    from index import import_file
    from profiles.importing import MODELS, count_rows, read_map
    from service.reports import import_end, import_json, import_tables, rejection_file

    language = lang or read_settings().language
    tell_in(language)
    mapping = read_map(map_file, MODELS[kind]) if map_file else None
    dari = opened()
    what = f"checking {kind}" if check else f"importing {kind}"
    kept = rejection_file(report_file, lang) if report_file else nullcontext()
    with kept as rejected, _stoppable() as signals, bar(what, count_rows(file)) as advance:
        report = import_file(
            dari.store,
            dari.writer,
            file,
            kind,
            mapping=mapping,
            check=check,
            progress=advance,
            rejected=rejected,
            stop=lambda: bool(signals),
        )
    if report.written and not check and not report.stopped:
        dari.follower.save_snapshot()
    if as_json:
        print_json(import_json(report, language))
    else:
        show(*import_tables(report, language, checked=check))
    if end := import_end(report, language):
        say(end)
    if report.stopped:
        sys.exit(INTERRUPTED + signals[0])
    if (strict and (report.rejections or not report.accepted)) or (
        report.rejections and not report.accepted
    ):
        sys.exit(1)


@click.command()
@click.argument("kind", type=Word(_import_kinds))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--with-contacts", is_flag=True, help="Write personal data too: contact and consent.")
def export(kind: Any, file: Path, with_contacts: bool) -> None:
    """Export all startups, partners, ties or programmes to a .jsonl, .csv, .xlsx or .parquet FILE.

    `dari import` reads it back unchanged.
    """
    from profiles import Side
    from profiles.exporting import export_file

    store = opened().store
    sides = {"startups": Side.STARTUP, "partners": Side.PARTNER}
    total = store.count(sides[kind]) if kind in sides else None
    with bar(f"exporting {kind}", total) as advance:
        count = export_file(store, kind, file, with_contacts=with_contacts, progress=advance)
    say(f"Written: {count:,} {kind} to {file}.")


@contextmanager
def _stoppable() -> Iterator[list[int]]:
    """Gather the numbers of signals that ask for a stop; the second one ends the command at once.

    These are SIGINT, which Ctrl+C sends, and SIGTERM.
    """
    asked: list[int] = []

    def ask(number: int, frame: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    try:
        before = {one: signal.signal(one, ask) for one in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not in the main thread: signals do not come here
        yield []
        return
    try:
        yield asked
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
