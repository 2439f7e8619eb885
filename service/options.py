"""Owns the options that commands share."""

from __future__ import annotations

from pathlib import Path

import click

PATH = click.Path(path_type=Path)
DAY = click.DateTime(["%Y-%m-%d"])

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
told_in = click.option(
    "--lang", type=click.Choice(["en", "ko"]), help="Language of tables, reasons and errors."
)
by = click.option(
    "--by", default="command line", show_default=True, help="Who does it, for the record."
)
