"""Owns grids: tables whose cells know both languages, for the command line and for files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from profiles import Text
from profiles.taxonomy import Names

if TYPE_CHECKING:
    from rich.table import Table

Cell = Names | Text | str | int | float | None
Plain = str | int | float | None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: what it is called, its columns and its rows."""

    title: Names
    columns: tuple[Names | Text, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def head(self, lang: str) -> list[str]:
        """Name the columns in a language."""
        return [one.in_(lang) for one in self.columns]

    def cells(self, lang: str) -> list[list[Plain]]:
        """Give the rows in a language."""
        return [[_told(cell, lang) for cell in row] for row in self.rows]


def _told(cell: Cell, lang: str) -> Plain:
    return cell.in_(lang) if isinstance(cell, (Names, Text)) else cell


def lines(told: Sequence[Names | Text]) -> Names:
    """Put texts beneath each other in one cell."""
    return Names(*("\n".join(one.in_(lang) for one in told) for lang in ("en", "ko")))


def table_of(grid: Grid, lang: str, most: int | None = None) -> Table:
    """Draw a grid for a terminal, the first `most` rows; numbers with one digit after the point."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(grid.title.in_(lang)), title_justify="left", show_lines=True)
    for name in grid.head(lang):
        table.add_column(escape(name), overflow="fold")
    for row in grid.cells(lang)[:most]:
        table.add_row(*(escape(_shown(cell)) for cell in row))
    left = 0 if most is None else len(grid.rows) - most
    table.caption = f"… +{left:,} (--json)" if left > 0 else None
    return table


def _shown(cell: Plain) -> str:
    if isinstance(cell, float):
        return f"{cell:.1f}"
    return "" if cell is None else str(cell)
