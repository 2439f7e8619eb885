"""Owns the reading of profiles, ties and programmes from files that people bring, row by row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal, get_args

from profiles.columns import Columns, read_header
from profiles.errors import FieldError, shorten
from profiles.files import (
    LONGEST_ROW,
    Lines,
    UnreadableFile,
    count_rows,
    open_text,
    read_cells,
    read_parquet,
    read_sheet,
    too_large,
    unguarded,
    unreadable,
)
from profiles.mapping import ColumnMap, InvalidMap, read_map
from profiles.raw_rows import Row, parse_json, read_record
from profiles.record import Record
from profiles.schema import Partner, Programme, Startup, Tie

ImportKind = Literal["startups", "partners", "ties", "programmes"]
IMPORT_KINDS: tuple[ImportKind, ...] = get_args(ImportKind)
FORMATS = (".jsonl", ".ndjson", ".csv", ".xlsx", ".parquet")

__all__ = [
    "FORMATS",
    "IMPORT_KINDS",
    "MODELS",
    "ColumnMap",
    "ImportKind",
    "InvalidMap",
    "Row",
    "UnreadableFile",
    "count_rows",
    "parse_json",
    "read_map",
    "read_record",
    "read_records",
]

MODELS: Mapping[str, type[Record]] = {
    "startups": Startup,
    "partners": Partner,
    "ties": Tie,
    "programmes": Programme,
}
_PIECE = 200
"""How many rows are looked up at a time among the ids seen."""


def read_records(
    path: Path, kind: ImportKind, *, mapping: ColumnMap | None = None
) -> Iterator[Row]:
    """Read the rows of a JSONL, CSV, XLSX or Parquet file.

    Texts are in UTF-8, with or without BOM, or in CP949. A broken row never stops the others. An
    id that stands twice is refused the second time. An empty file has no rows. With a `mapping`
    only the columns that it names are read.

    Raises:
        UnreadableFile: if the file cannot be opened, is of another format or in another
            encoding, or if a table's header repeats a column, names no known field, or lacks a
            column that `mapping` names.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        unreadable(path, "file_format", ending=suffix or path.name)
    yield from _unrepeated(_READERS[suffix](path, MODELS[kind], mapping))


def _read_jsonl(path: Path, model: type[Record], mapping: ColumnMap | None) -> Iterator[Row]:
    with open_text(path) as stream:
        for number, line in Lines(stream):
            if not line.strip():
                continue
            if len(line) > LONGEST_ROW:
                yield Row(number, errors=(too_large(),))
                continue
            try:
                raw = parse_json(line)
            except ValueError as error:
                params = {"detail": shorten(getattr(error, "msg", None) or error)}
                yield Row(number, errors=(FieldError("row", "json", shorten(line), params),))
                continue
            if mapping is not None and isinstance(raw, dict):
                yield Columns(list(raw), mapping.columns, model, mapping).row(number, raw.values())
            else:
                yield read_record(model, raw, number)


def _read_csv(path: Path, model: type[Record], mapping: ColumnMap | None) -> Iterator[Row]:
    with open_text(path) as stream:
        yield from _read_table(path, read_cells(Lines(stream)), model, mapping)


def _read_xlsx(path: Path, model: type[Record], mapping: ColumnMap | None) -> Iterator[Row]:
    yield from _read_table(path, read_sheet(path), model, mapping, guards=False)


def _read_parquet(path: Path, model: type[Record], mapping: ColumnMap | None) -> Iterator[Row]:
    names, rows = read_parquet(path)
    columns = read_header(path, names, model, mapping)
    for number, cells in enumerate(rows, start=1):
        yield columns.row(number, cells)


_READERS = {
    ".jsonl": _read_jsonl,
    ".ndjson": _read_jsonl,
    ".csv": _read_csv,
    ".xlsx": _read_xlsx,
    ".parquet": _read_parquet,
}


def _read_table(
    path: Path,
    rows: Iterable[tuple[int, list[str] | FieldError]],
    model: type[Record],
    mapping: ColumnMap | None,
    *,
    guards: bool = True,
) -> Iterator[Row]:
    """Read rows of cells, the first of which names the columns; `guards`: as `guarded` writes."""
    columns: Columns | None = None
    for number, cells in rows:
        if isinstance(cells, FieldError):
            if columns is None:
                unreadable(path, cells.code, **cells.params)
            yield Row(number, errors=(cells,))
        elif not any(cell.strip() for cell in cells):
            continue
        elif columns is None:
            columns = read_header(path, cells, model, mapping)
        elif len(cells) < columns.least or any(cell.strip() for cell in cells[columns.count :]):
            params = {"found": len(cells), "expected": columns.count}
            yield Row(number, errors=(FieldError("row", "csv_columns", None, params),))
        else:
            yield columns.row(number, map(unguarded, cells) if guards else cells)


def _unrepeated(rows: Iterator[Row]) -> Iterator[Row]:
    """Refuse an id that stands twice; the ids seen are kept on disk, whatever their number."""
    with closing(sqlite3.connect("")) as seen:
        seen.execute("PRAGMA journal_mode=OFF")
        seen.execute("CREATE TABLE seen (id TEXT PRIMARY KEY, row INTEGER) WITHOUT ROWID")
        seen.execute("BEGIN")
        for some in _in_pieces(rows):
            ids = [(row.id, row.number) for row in some if row.record]
            made = seen.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", ids)
            yield from some if made.rowcount == len(ids) else _first_only(some, seen)


def _first_only(rows: Sequence[Row], seen: sqlite3.Connection) -> Iterator[Row]:
    for row in rows:
        found = seen.execute("SELECT row FROM seen WHERE id = ?", (row.id,)).fetchone()
        if found is None or found[0] == row.number:
            yield row
        else:
            error = FieldError("id", "id_repeated", row.id, {"row": found[0]})
            yield Row(row.number, errors=(error,), ignored=row.ignored)


def _in_pieces(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Gather rows; where reading breaks off, those read before come first."""
    some: list[Row] = []
    try:
        for row in rows:
            some.append(row)
            if len(some) == _PIECE:
                yield some
                some = []
    except UnreadableFile:
        yield some
        raise
    yield some
