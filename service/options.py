"""Owns the options that commands share."""

from __future__ import annotations

import gettext
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click


class DayGiven(click.ParamType[date]):
    """A day as people write one: 2026-11-30."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Give the day, or fail saying what is wrong and how days are written."""
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").replace(tzinfo=UTC).date()
        except ValueError:
            told = gettext.gettext("{value} is no day of the calendar. Write a day as 2026-11-30.")
            self.fail(told.format(value=value), param, ctx)


PATH = click.Path(path_type=Path)
DAY = DayGiven()

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
told_in = click.option(
    "--lang", type=click.Choice(["en", "ko"]), help="Language of tables, reasons and errors."
)
by = click.option(
    "--by", default="command line", show_default=True, help="Who does it, for the record."
)
