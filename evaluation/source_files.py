"""Owns the reading of the CSV files that a conversion takes its records from."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from evaluation.errors import ConversionError


def source_rows(
    path: Path, columns: Sequence[str], *, remedy: str, also: Sequence[str] = ()
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (number of the last line, column → cell) of a CSV file's rows; no cell is missing.

    The columns `also` need not be there; their cells are then empty.

    Raises:
        ConversionError: if the file is missing, not UTF-8, no sound CSV (a quote that is never
            closed), or lacks a column; `remedy` says what the folder must hold.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise broken(path, 1, missing[0], reader.fieldnames, "The column is missing.")
            for row in reader:
                cells = {column: row.get(column) or "" for column in (*columns, *also)}
                yield reader.line_num, cells
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConversionError(
            value=path,
            rule=f"{path.name} cannot be read ({getattr(error, 'strerror', None) or error}).",
            remedy=remedy,
        ) from error


def broken(path: Path, number: int, column: str, value: object, rule: str) -> ConversionError:
    """Make the error of a line that breaks the form of its file."""
    return ConversionError(
        value=value,
        rule=f"{path.name}, line {number}, {column}: {rule}",
        remedy="Mend the line, or fetch the file anew.",
    )
