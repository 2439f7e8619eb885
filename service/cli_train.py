"""Owns the `train` command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.console import print_json, read_settings, say, show, stages

if TYPE_CHECKING:
    from rich.table import Table

    from evaluation import Trained

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("folder", type=_PATH)
@click.option("--name", default="trained", show_default=True, help="What the model is called.")
@click.option("--out", type=_PATH, metavar="DIR", help="Where models stand (DARI_HOME/models).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def train(folder: Path, name: str, out: Path | None, as_json: bool) -> None:
    """Fit a model to the past of a test set FOLDER, and write it beside the others.

    It learns from the ties before the cut; the queries of the test set are not looked at.
    """
    from evaluation import train_folder
    from index import load_encoder

    settings = read_settings()
    encoder = load_encoder(settings.encoder)
    with stages() as progress:
        trained = train_folder(
            folder, out or settings.home / "models", encoder, progress, name=name
        )
    if as_json:
        print_json(trained.as_json())
    else:
        show(_table(trained))
        say(f"Written: {trained.path}.")


def _table(trained: Trained) -> Table:
    """Show what each feature is worth, beside what it was worth in the prior."""
    from rich.table import Table

    on = trained.trained_on
    table = Table(
        "feature",
        title=f"{trained.version}: {on.queries:,} queries, {on.examples:,} pairs",
    )
    table.add_column("prior", justify="right")
    table.add_column("trained", justify="right")
    for feature, most in trained.points.items():
        table.add_row(feature, f"{trained.before[feature]:.1f}", f"{most:.1f}")
    return table
