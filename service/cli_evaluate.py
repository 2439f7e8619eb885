"""Owns the commands of evaluation: `evaluate`, `compare` and `convert`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.console import opened, print_json, read_settings, say, show, stages, tell_in
from service.options import DAY, PATH, as_json, told_in

if TYPE_CHECKING:
    from evaluation import Written

_measure = click.option(
    "--measure",
    "measures",
    multiple=True,
    metavar="NAME",
    help="A measure as ir-measures names it, such as AP or nDCG@20; may be repeated.",
)
_side = click.option(
    "--side",
    type=click.Choice(["startup", "partner"]),
    default="startup",
    show_default=True,
    help="Who asks: startups for partners, or partners for startups.",
)
_sides = click.option(
    "--side",
    type=click.Choice(["both", "startup", "partner"]),
    default="both",
    show_default=True,
    help="Who asks: startups for partners, partners for startups, or one after the other.",
)
_LABELS = {
    "en": {
        "model": "Model: {version}", "report": "Written: {path}.",
        "written": "Written: {out}: {startups:,} startups, {partners:,} partners, {ties:,} ties, "
        "{queries:,} queries. Next: dari evaluate {out}",
    },
    "ko": {
        "model": "모델: {version}", "report": "저장했습니다: {path}",
        "written": "저장했습니다: {out} (스타트업 {startups:,}곳, 파트너 {partners:,}곳, "
        "관계 {ties:,}건, 질의 {queries:,}개). 다음: dari evaluate {out}",
    },
}  # fmt: skip


@click.command()
@click.argument("folder", type=PATH)
@click.option(
    "--run",
    "run_files",
    multiple=True,
    type=PATH,
    metavar="FILE",
    help="A TREC run to score beside Dari; may be repeated.",
)
@click.option(
    "--beside",
    "beside",
    multiple=True,
    type=PATH,
    metavar="MODEL",
    help="A model (version, folder or weights file) to run beside the one in use; may be repeated.",
)
@_measure
@_sides
@click.option(
    "--write-runs", type=PATH, metavar="DIR", help="Write the runs and qrels, as TREC has them."
)
@click.option(
    "--report", "report_out", type=PATH, metavar="DIR", help="Write report.html, with charts."
)
@click.option(
    "--model", metavar="VERSION", help="The model that ranks, if not the one in use (or: default)."
)
@as_json
@told_in
def evaluate(
    folder: Path,
    run_files: tuple[Path, ...],
    beside: tuple[Path, ...],
    measures: tuple[str, ...],
    side: str,
    write_runs: Path | None,
    report_out: Path | None,
    model: str | None,
    as_json: bool,
    lang: str | None,
) -> None:
    """Score Dari, its baselines and run files on a test set FOLDER."""
    from rich.markup import escape

    from evaluation import as_tables, heading, in_language, write_report
    from index import load_encoder
    from matcher import Registry
    from profiles import Side
    from service.evaluating import evaluated
    from service.models import ranker_of

    settings = read_settings()
    lang = lang or settings.language
    tell_in(lang)
    encoder = load_encoder(settings.encoder)
    models = Registry(settings.home, encoder.encoder_id)
    say(_LABELS[lang]["model"].format(version=ranker_of(settings, models, model).version))
    with stages() as progress:
        report = evaluated(
            settings,
            encoder,
            folder,
            measures,
            progress,
            model=model,
            beside=beside,
            side=None if side == "both" else Side(side),
            run_files=run_files,
            runs_out=write_runs,
        )
    if as_json:
        print_json(report.as_json())
    else:
        for one in filter(None, (report, report.turned)):
            notes = (in_language(note, lang) for note in one.notes)
            show(escape(heading(one, lang)), *as_tables(one, lang), *map(escape, notes))
    if report_out is not None:
        say(_LABELS[lang]["report"].format(path=write_report(report, report_out, lang)))


@click.command()
@click.argument("folder", type=PATH)
@click.argument("run_a", type=PATH)
@click.argument("run_b", type=PATH)
@_measure
@_side
@as_json
@told_in
def compare(
    folder: Path,
    run_a: Path,
    run_b: Path,
    measures: tuple[str, ...],
    side: str,
    as_json: bool,
    lang: str | None,
) -> None:
    """Compare two TREC runs on a test set FOLDER: RUN_A minus RUN_B.

    Prints the difference in each measure and slice with its interval and p, and which queries and
    pairs moved most.
    """
    from rich.markup import escape

    from evaluation import DEFAULT, compare_folder, comparison_tables, in_language
    from profiles import Side

    lang = lang or read_settings().language
    tell_in(lang)
    found = compare_folder(folder, run_a, run_b, measures or DEFAULT, side=Side(side))
    if as_json:
        print_json(found.as_json())
    else:
        notes = (in_language(note, lang) for note in found.notes)
        name = in_language(found.dataset, lang)
        show(escape(name), *comparison_tables(found, lang), *map(escape, notes))


@click.group()
def convert() -> None:
    """Turn public records, or your own history, into a test set."""


@convert.command("cordis")
@click.argument("source", type=PATH)
@click.argument("out", type=PATH)
@click.option("--cut", default="2024-07-01", show_default=True, type=DAY)
@click.option("--until", default="2024-12-31", show_default=True, type=DAY)
@click.option(
    "--mask-names", is_flag=True, help="Take the names of members out of what a query seeks."
)
def convert_cordis(source: Path, out: Path, cut: date, until: date, mask_names: bool) -> None:
    """Write a test set to OUT from the CORDIS tables in SOURCE.

    Projects that start from --cut to --until, both included, become queries.
    """
    from evaluation import convert as convert_tables

    with stages() as progress:
        written = convert_tables(
            source,
            out,
            cut=cut,
            until=until,
            mask_names=mask_names,
            progress=progress,
        )
    _say_written(written, out)


@convert.command("crunchbase")
@click.argument("source", type=PATH)
@click.argument("out", type=PATH)
@click.option("--cut", default="2010-01-01", show_default=True, type=DAY)
@click.option("--until", default="2011-12-31", show_default=True, type=DAY)
def convert_crunchbase(source: Path, out: Path, cut: date, until: date) -> None:
    """Write a test set to OUT from the Crunchbase tables in SOURCE.

    Companies that take money from --cut to --until, both included, become queries.
    """
    from evaluation import convert_crunchbase as convert_tables

    with stages() as progress:
        written = convert_tables(source, out, cut=cut, until=until, progress=progress)
    _say_written(written, out)


@convert.command("store")
@click.argument("out", type=PATH)
@click.option("--cut", required=True, type=DAY, help="The first day that is not known.")
@click.option("--until", type=DAY, help="The last day that counts.")
def convert_store(out: Path, cut: date, until: date | None) -> None:
    """Write a test set to OUT from this installation's own verdicts and outcomes."""
    from evaluation import convert_store as convert_history

    with stages() as progress:
        written = convert_history(opened().store, out, cut=cut, until=until, progress=progress)
    _say_written(written, out)


def _say_written(written: Written, out: Path) -> None:
    counts = ("startups", "partners", "ties", "queries")
    told = {what: getattr(written, what) for what in counts}
    say(_LABELS[read_settings().language]["written"].format(out=out, **told))
