"""Owns the `dari` command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from profiles.importing import IMPORT_KINDS
from profiles.kinds import PartnerKind

if TYPE_CHECKING:
    from profiles import DariError
    from service.settings import Settings
    from service.wiring import Dari

F = TypeVar("F", bound=Callable[..., Any])

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Commands(click.Group):
    """Turns every named error into one message on stderr and exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        from profiles.errors import DariError

        try:
            return super().invoke(ctx)
        except DariError as error:
            _fail(error)


@click.group(cls=_Commands, context_settings=_CONTEXT)
@click.version_option(package_name="dari", prog_name="dari")
def main() -> None:
    """Dari pairs startups with partners, and says why.

    DARI_HOME names the folder of the database and the snapshots (default: var/).
    """


@main.command()
def init() -> None:
    """Prepare this installation: database, catalogue, vectors. It keeps what is there."""
    dari = _prepared()
    _say(f"Ready: {_counts(dari)} in {dari.settings.home.resolve()}.")


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
def serve(host: str, port: int, workers: int) -> None:
    """Serve the pages and the API; prepares the installation first where needed."""
    from service.server import check_free, run

    check_free(host, port)
    dari = _prepared()
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}"
    click.echo(f"\n  Dari is served on {address}")
    click.echo(f"  Staff sign in by  {address}/sign-in?token={dari.staff_token}")
    click.echo("  Stop with Ctrl+C.\n")
    dari.store.close()
    run(dari.settings, host, port, workers)


@main.command("import")
@click.argument("kind", type=click.Choice(IMPORT_KINDS))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Exit with status 1 if any row is rejected.")
@click.option("--lang", type=click.Choice(["en", "ko"]), help="Language of the report.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON document.")
def import_(kind: Any, file: Path, strict: bool, lang: str | None, as_json: bool) -> None:
    """Import startups, partners, ties or programmes from a .jsonl or .csv FILE.

    A rejected row never stops the others. Exit status 1 means that no row was accepted.
    """
    from index import import_file
    from service.reports import import_json, import_tables

    dari = _opened()
    with _bar(f"importing {kind}", _count_lines(file)) as advance:
        report = import_file(dari.store, dari.writer, file, kind, progress=advance)
    dari.follower.save_snapshot()
    language = lang or dari.settings.language
    if as_json:
        _print_json(import_json(report, language))
    else:
        _show(*import_tables(report, language))
    if report.rejected and (strict or not report.accepted):
        sys.exit(1)


@main.command()
@click.argument("id")
@click.option("--k", default=10, show_default=True, type=click.IntRange(1, 1000))
@click.option("--programme", help="Id of a programme whose rules hold.")
@click.option("--region", multiple=True, help="Region of the candidates, code or name.")
@click.option("--sector", multiple=True, help="Sector of the candidates, code or name.")
@click.option("--kind", multiple=True, type=click.Choice([k.value for k in PartnerKind]))
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Day that counts (today).")
@click.option("--lang", type=click.Choice(["en", "ko"]), help="Language of the list.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def match(
    id: str,
    k: int,
    programme: str | None,
    region: tuple[str, ...],
    sector: tuple[str, ...],
    kind: tuple[str, ...],
    as_of: datetime | None,
    lang: str | None,
    as_json: bool,
) -> None:
    """List the best partners of a startup, or startups of a partner, with the reasons."""
    from profiles import InvalidRecord, validate
    from service.queries import PartnerMatchQuery
    from service.reports import match_tables

    dari = _opened()
    day: date | None = as_of.date() if as_of else None
    try:
        asked = validate(PartnerMatchQuery, {"kind": kind, "region": region, "sector": sector})
    except InvalidRecord as error:
        first = error.errors[0]
        option = first.field.split(".")[0]
        raise click.UsageError(f"--{option}: {first.rule('en')} {first.remedy('en')}") from error
    found = dari.matchmaker.match(id, k, programme=programme, filters=asked.filters, as_of=day)
    if as_json:
        _print_json(found.as_json())
    else:
        _show(*match_tables(found, lang or dari.settings.language))


@main.command()
@click.argument("id")
@click.confirmation_option(prompt="Erase the profile, its vectors, ties and verdicts for good?")
def erase(id: str) -> None:
    """Erase a profile for good: row, vectors, ties, verdicts, snapshots."""
    _opened().erase(id)
    _say(f"Erased: {id}.")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def evaluate(folder: Path, as_json: bool) -> None:
    """Score Dari and its baselines on a test set FOLDER."""
    from rich.markup import escape

    from evaluation import as_tables, evaluate_folder
    from index import load_encoder
    from matcher import load_ranker
    from service.settings import Settings

    settings = _settings(Settings)
    encoder, ranker = load_encoder(settings.encoder), load_ranker(settings.weights)
    with _stages() as progress:
        report = evaluate_folder(folder, encoder, progress=progress, ranker=ranker)
    if as_json:
        _print_json(report.as_json())
    else:
        _show(escape(report.dataset), *as_tables(report), *map(escape, report.notes))


@main.group()
def convert() -> None:
    """Turn public records into a test set."""


@convert.command("cordis")
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--cut", default="2024-07-01", show_default=True, type=click.DateTime(["%Y-%m-%d"]))
@click.option("--until", default="2024-12-31", show_default=True, type=click.DateTime(["%Y-%m-%d"]))
def convert_cordis(source: Path, out: Path, cut: datetime, until: datetime) -> None:
    """Write a test set to OUT from the CORDIS tables in SOURCE.

    Projects that start from --cut to --until, both included, become queries.
    """
    from evaluation import convert as convert_tables

    with _stages() as progress:
        convert_tables(source, out, cut=cut.date(), until=until.date(), progress=progress)
    _say(f"Written: {out}. Next: dari evaluate {out}")


def _prepared() -> Dari:
    from service.settings import Settings
    from service.wiring import init as prepare

    with _stages() as progress:
        return prepare(_settings(Settings), progress)


def _opened() -> Dari:
    from service.settings import Settings
    from service.wiring import build

    return build(_settings(Settings))


def _settings(make: Callable[[], Settings]) -> Settings:
    from pydantic import ValidationError

    try:
        return make()
    except ValidationError as error:
        first = error.errors()[0]
        name = "DARI_" + str(first["loc"][0]).upper()
        raise click.UsageError(f"{name}: {first['msg']}.") from error


def _counts(dari: Dari) -> str:
    from profiles import Side

    startups, partners = (dari.store.count(side) for side in Side)
    return (
        f"{startups:,} startups, {partners:,} partners, {len(dari.store.programmes())} programmes"
    )


def _count_lines(file: Path) -> int | None:
    try:
        with file.open("rb") as stream:
            return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))
    except OSError:
        return None  # the import itself says why the file cannot be read


@contextmanager
def _bar(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a progress bar with rate and time left on stderr, where that is a terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, advance=done)


@contextmanager
def _stages() -> Iterator[Callable[[str, int, int], None]]:
    """Show one bar for each stage of a long work, on stderr, where that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress, TaskID

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what)
            progress.update(tasks[what], completed=done, total=total)

        yield tell


def _print_json(document: object) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def _show(*renderables: object) -> None:
    from rich.console import Console

    console = Console()
    for one in renderables:
        console.print(one)


def _say(text: str) -> None:
    click.echo(text, err=True)


def _fail(error: DariError) -> NoReturn:
    from profiles.errors import shorten

    given = "".join(c if c.isprintable() else "�" for c in shorten(error.value, 300))
    click.echo(f"dari: {error.rule}\n  given:  {given}\n  remedy: {error.remedy}", err=True)
    sys.exit(1)
