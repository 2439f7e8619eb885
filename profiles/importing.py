"""Owns the reading of profiles, ties and programmes from files that people bring, row by row."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, NoReturn, get_args

from profiles.errors import FieldError, InvalidRecord, shorten
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
from profiles.mapping import TIE_NAMES, ColumnMap, InvalidMap, Target, read_map, target_of
from profiles.schema import Partner, Programme, Record, Startup, Tie
from profiles.text import detect_language
from profiles.validation import validate, without_unknown_fields

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
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: its record, or the rules that it broke.

    `number` is that of the row's first line, from 1; `ignored` names fields that the schema lacks.
    """

    number: int
    record: Record | None = None
    errors: tuple[FieldError, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def id(self) -> str | None:
        """The id of its record; None where it has none."""
        return getattr(self.record, "id", None)


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
        rule = f"{suffix or 'This'} is not a format that Dari reads."
        unreadable(path, rule, "Give .jsonl or .csv, .xlsx or .parquet.")
    yield from _unrepeated(_READERS[suffix](path, MODELS[kind], mapping))


def parse_json(text: str) -> Any:
    """Parse JSON strictly.

    Raises:
        ValueError: for anything that RFC 8259 does not allow (NaN, too deep, too long numbers), or
            an object that names one member twice.
    """
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_each_once)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def read_record(model: type[Record], raw: object, number: int) -> Row:
    """Validate one raw row; fields that `model` lacks are set aside and named."""
    if not isinstance(raw, Mapping):
        return Row(number, errors=(FieldError("row", "object", raw),))
    names = tuple(TIE_NAMES) if model is Tie else ()
    kept, ignored = without_unknown_fields(model, raw, names)
    return _validated(model, kept, number, ignored)


def _validated(
    model: type[Record], raw: Mapping[str, Any], number: int, ignored: tuple[str, ...]
) -> Row:
    try:
        return Row(number, validate(model, raw), ignored=ignored)
    except InvalidRecord as error:
        return Row(number, errors=error.errors, ignored=ignored)


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
                yield _Columns(list(raw), mapping.columns, model, mapping).row(number, raw.values())
            else:
                yield read_record(model, raw, number)


def _read_csv(path: Path, model: type[Record], mapping: ColumnMap | None) -> Iterator[Row]:
    with open_text(path) as stream:
        yield from _read_table(path, read_cells(Lines(stream)), model, mapping)


def _read_xlsx(path: Path, model: type[Record], mapping: ColumnMap | None) -> Iterator[Row]:
    yield from _read_table(path, read_sheet(path), model, mapping, guards=False)


def _read_parquet(path: Path, model: type[Record], mapping: ColumnMap | None) -> Iterator[Row]:
    names, rows = read_parquet(path)
    columns = _header(path, names, model, mapping)
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
    columns: _Columns | None = None
    for number, cells in rows:
        if isinstance(cells, FieldError):
            if columns is None:
                unreadable(path, cells.rule("en"), cells.remedy("en"))
            yield Row(number, errors=(cells,))
        elif not any(cell.strip() for cell in cells):
            continue
        elif columns is None:
            columns = _header(path, cells, model, mapping)
        elif len(cells) < columns.least or any(cell.strip() for cell in cells[columns.count :]):
            params = {"found": len(cells), "expected": columns.count}
            yield Row(number, errors=(FieldError("row", "csv_columns", None, params),))
        else:
            yield columns.row(number, map(unguarded, cells) if guards else cells)


def _header(
    path: Path, cells: Sequence[str], model: type[Record], mapping: ColumnMap | None
) -> _Columns:
    """Read the names of the columns; one without a name is called by its place."""
    names = [cell.strip() or _unnamed(place) for place, cell in enumerate(cells, start=1)]
    most, times = Counter(names).most_common(1)[0] if names else ("", 0)
    if times > 1:
        unreadable(
            path,
            f"The header names the column {shorten(most)!r} {times} times.",
            "Keep one of these columns, or give them different names.",
        )
    if mapping is not None:
        _refuse_missing(path, names, mapping)
        return _Columns(names, mapping.columns, model, mapping)
    targets = {name: target for name in names if (target := target_of(name, model))}
    if not targets:
        some = list(model.model_fields)[:4]
        given = [cell.strip() for cell in cells if cell.strip()]
        unreadable(
            path,
            f"The first row names no field that Dari knows: {shorten(', '.join(given))}.",
            f"Begin with a row of field names and commas, such as {', '.join(some)}; or say what "
            "the columns are in a map (--map, see docs/data.md).",
        )
    return _Columns(names, targets, model)


def _unnamed(place: int) -> str:
    return f"column {place}"


def _refuse_missing(path: Path, names: Sequence[str], mapping: ColumnMap) -> None:
    missing = [name for name in mapping.columns if name not in names]
    if missing:
        unreadable(
            path,
            f"The file lacks columns that the map names: {shorten(', '.join(missing), 200)}.",
            f"Correct the map; the file has: {shorten(', '.join(names), 300)}.",
        )


class _Columns:
    """The columns of a table, each with the field that it gives.

    A row has `least` cells at the least, up to the last column that means something: one with
    fewer may have been cut off, and to take it would erase what stands in the cells it lacks.
    """

    def __init__(
        self,
        names: Sequence[str],
        targets: Mapping[str, Target],
        model: type[Record],
        mapping: ColumnMap | None = None,
    ) -> None:
        self.count = len(names)
        self.least = max(
            (at for at, name in enumerate(names, 1) if name in targets or name != _unnamed(at)),
            default=0,
        )
        self._model = model
        self._columns = [(name, targets.get(name)) for name in names]
        self._constants = mapping.constants if mapping else ()
        self._mapped = mapping is not None
        self._lists = _list_fields(model)

    def row(self, number: int, cells: Iterable[Any]) -> Row:
        """Make the row of these cells."""
        ignored: list[str] = []
        plain: dict[str, Any] = {}
        parts: dict[str, dict[str, Any]] = {}
        twice: list[FieldError] = []
        for (name, target), cell in zip(self._columns, cells, strict=False):
            if cell is None or (isinstance(cell, str) and not cell.strip()):
                continue
            if target is None:
                ignored.append(shorten(name))
                continue
            value = self._read(target, cell)
            if value is None:
                continue
            if target.part:
                parts.setdefault(target.field, {})[target.part] = value
            elif plain.setdefault(target.field, value) != value:
                twice.append(FieldError(target.field, "csv_twice", shorten(value)))
        for target, value in self._constants:
            if target.part:
                parts.setdefault(target.field, {})[target.part] = value
            else:
                plain[target.field] = value
        twice += _join(plain, parts)
        if twice:
            return Row(number, errors=tuple(twice), ignored=tuple(ignored))
        return _validated(self._model, plain, number, tuple(ignored))

    def _read(self, target: Target, cell: Any) -> Any:
        if self._mapped:
            cell = target.read(cell)
        if not isinstance(cell, str) or target.part:
            return cell
        if target.field == "closed":
            return _FLAGS.get(cell.strip().lower(), cell)
        if target.field in self._lists and cell.startswith("["):
            return _json_list(cell)
        return cell


def _join(plain: dict[str, Any], parts: Mapping[str, dict[str, Any]]) -> list[FieldError]:
    """Put the parts of fields into `plain`; tell where a plain column says something else.

    A plain `name` beside `name_en` or `name_ko` is the name in the language that it is written in.
    """
    twice = []
    for field, given in parts.items():
        whole = plain.get(field)
        if isinstance(whole, str):
            given.setdefault(detect_language(whole), whole)
        if whole is not None and whole not in given.values() and whole != given:
            twice.append(FieldError(field, "csv_twice", shorten(whole)))
        plain[field] = given
    return twice


@cache
def _list_fields(model: type[Record]) -> frozenset[str]:
    return frozenset(name for name, one in model.model_fields.items() if one.default == ())


def _json_list(cell: str) -> Any:
    """Read a list whose values hold semicolons, as the export writes it."""
    try:
        read = parse_json(cell)
    except ValueError:
        return cell
    return read if isinstance(read, list) else cell


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


def _each_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(members)
    if len(made) < len(members):
        twice, _ = Counter(name for name, _ in members).most_common(1)[0]
        raise ValueError(f"the name {shorten(twice)!r} stands twice")
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
