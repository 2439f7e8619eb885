"""Owns the writing of all records of a kind to a file that the import reads back unchanged."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from profiles.cells import Value, holds, write_cell
from profiles.columns import FLAGS
from profiles.errors import shorten
from profiles.files import MOST_SHEET_ROWS, UnwritableFile, guarded, replacing
from profiles.importing import MODELS, ImportKind
from profiles.kinds import Side
from profiles.mapping import PARTS
from profiles.record import Record
from profiles.store import Store

EXPORT_FORMATS = (".jsonl", ".csv", ".xlsx", ".parquet")
PERSONAL = frozenset({"contact", "consent"})
"""The fields that hold personal data; they are written only where that is asked for."""

_BATCH = 1_000
_NUMBERS = frozenset({"trl", "trl_min", "trl_max", "founded", "capacity", "places", "amount"})
_DAYS = frozenset({"valid_from", "valid_to"})
_RULES = "rules"

Progress = Callable[[int], None]
"""Told how many records more are done."""


def export_file(
    store: Store,
    kind: ImportKind,
    path: Path,
    *,
    with_contacts: bool = False,
    progress: Progress | None = None,
) -> int:
    """Write all records of a kind by id to a JSONL, CSV, XLSX or Parquet file; give their number.

    The file is made beside `path` and takes its place when it is whole.

    Raises:
        UnwritableFile: if the file cannot be written, its ending is none of these, or a cell or
            the number of rows is more than XLSX can hold.
    """
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        told = {"ending": path.suffix or path.name, "allowed": ", ".join(EXPORT_FORMATS)}
        raise UnwritableFile(str(path), "file_export_format", **told)
    left_out = frozenset() if with_contacts else PERSONAL
    count = 0

    def dumped() -> Iterator[dict[str, Any]]:
        nonlocal count
        for record in _records(store, kind):
            yield _dump(record, left_out)
            count += 1
            if progress and count % _BATCH == 0:
                progress(_BATCH)

    with replacing(path) as new:
        write(new, dumped(), [one for one in _columns(kind) if one[0] not in left_out])
    if progress:
        progress(count % _BATCH)
    return count


def export_profiles(store: Store, side: Side, ids: Sequence[str], path: Path) -> int:
    """Write some profiles, in this order, to a JSONL, CSV or XLSX file; give their number.

    Those that are gone meanwhile are left out. No personal data is written.

    Raises:
        UnwritableFile: if the file cannot be written, its ending is none of these, or a cell or
            the number of rows is more than XLSX can hold.
    """
    kind: ImportKind = "startups" if side is Side.STARTUP else "partners"
    count = 0

    def dumped() -> Iterator[dict[str, Any]]:
        nonlocal count
        for start in range(0, len(ids), _BATCH):
            some = ids[start : start + _BATCH]
            held = {row.id: row for row in store.listed(some) if row.side is side}
            for id in some:
                if id in held:
                    count += 1
                    fields = held[id].fields
                    yield {name: fields[name] for name in named if name in fields}

    columns = [one for one in _columns(kind) if one[0] not in PERSONAL]
    named = list(dict.fromkeys(field for field, _ in columns))
    with replacing(path) as new:
        _WRITERS[path.suffix.lower()](new, dumped(), columns)
    return count


def _records(store: Store, kind: ImportKind) -> Iterable[Record]:
    if kind == "programmes":
        return store.programmes()
    if kind == "ties":
        return store.ties()
    return store.each(Side.STARTUP if kind == "startups" else Side.PARTNER)


def _dump(record: Record, left_out: frozenset[str]) -> dict[str, Any]:
    return record.model_dump(exclude=set(left_out), exclude_defaults=True, mode="json")


def _columns(kind: ImportKind) -> list[tuple[str, str | None]]:
    """Give (field, part) for each column of a table."""
    return [
        (field, part) for field in MODELS[kind].model_fields for part in PARTS.get(field, (None,))
    ]


def _cells(
    raw: Mapping[str, Any], columns: Sequence[tuple[str, str | None]]
) -> Iterator[tuple[str, Any]]:
    """Give (name of the part or field, value) for each column of a record."""
    for field, part in columns:
        value = raw.get(field)
        yield part or field, value.get(part) if part and value is not None else value


def _names(columns: Sequence[tuple[str, str | None]]) -> list[str]:
    return [f"{field}_{part}" if part else field for field, part in columns]


def _joined(values: Sequence[Any]) -> str:
    """Join a list by semicolons, or as JSON where that would not be read back."""
    if any(not isinstance(value, str) for value in values):
        return json.dumps(values, ensure_ascii=False)
    plain = ";".join(values)
    if plain.startswith("[") or any(";" in value for value in values):
        return json.dumps(values, ensure_ascii=False)
    return plain


def _write_jsonl(path: Path, raws: Iterable[dict[str, Any]], columns: Sequence[Any]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for raw in raws:
            stream.write(json.dumps(raw, ensure_ascii=False, separators=(",", ":")) + "\n")


def _write_csv(path: Path, raws: Iterable[dict[str, Any]], columns: Sequence[Any]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(_names(columns))
        for raw in raws:
            table.writerow([_csv_cell(value) for _, value in _cells(raw, columns)])


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return guarded(_joined(value) if isinstance(value, list) else str(value))


def _write_xlsx(path: Path, raws: Iterable[dict[str, Any]], columns: Sequence[Any]) -> None:
    import xlsxwriter

    options = {"constant_memory": True, "tmpdir": str(path.parent)}
    book = xlsxwriter.Workbook(path, options)
    try:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for column, name in enumerate(_names(columns)):
            sheet.write_string(0, column, name)
        for row, raw in enumerate(raws, start=1):
            if row > MOST_SHEET_ROWS:
                raise UnwritableFile(row, "file_many_rows", limit=f"{MOST_SHEET_ROWS:,}")
            for column, (name, value) in enumerate(_cells(raw, columns)):
                write_cell(sheet, row, column, _cell(name, value), day=day)
    finally:
        book.close()


def _cell(name: str, value: Any) -> Value:
    """Give a value as a cell has it.

    Raises:
        UnwritableFile: for a text that no cell can hold.
    """
    if name in _DAYS and value is not None:
        return date.fromisoformat(value)
    cell: Value = _joined(value) if isinstance(value, list) else value
    if isinstance(cell, str) and not holds(cell):
        raise UnwritableFile(f"{name}: {shorten(cell)}", "file_cell")
    return cell


def _write_parquet(path: Path, raws: Iterable[dict[str, Any]], columns: Sequence[Any]) -> None:
    import polars as pl
    from polars.io.plugins import register_io_source

    schema = dict(zip(_names(columns), (_type(pl, *one) for one in columns), strict=True))
    stream = iter(raws)

    def batches(*_: Any) -> Iterator[pl.DataFrame]:
        while some := list(islice(stream, _BATCH)):
            rows = [[_typed(name, value) for name, value in _cells(raw, columns)] for raw in some]
            yield pl.DataFrame(rows, schema=schema, orient="row")

    register_io_source(batches, schema=schema).sink_parquet(path, maintain_order=True)


def _type(pl: Any, field: str, part: str | None) -> Any:
    name = part or field
    if name in _NUMBERS:
        return pl.Int64
    if name in _DAYS:
        return pl.Date
    if field in FLAGS:
        return pl.Boolean
    lists = {
        field
        for model in MODELS.values()
        for field, one in model.model_fields.items()
        if one.default == () and field != _RULES
    }
    return pl.List(pl.String) if field in lists else pl.String


def _typed(name: str, value: Any) -> Any:
    if value is not None and name in _DAYS:
        return date.fromisoformat(value)
    return _joined(value) if value is not None and name == _RULES else value


_WRITERS: Mapping[str, Callable[[Path, Iterable[dict[str, Any]], Sequence[Any]], None]] = {
    ".jsonl": _write_jsonl,
    ".csv": _write_csv,
    ".xlsx": _write_xlsx,
    ".parquet": _write_parquet,
}
