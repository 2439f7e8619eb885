"""Owns the reading of profiles, ties and programmes from JSONL and CSV files, row by row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn, get_args

from profiles.errors import FieldError, InvalidRecord, shorten
from profiles.files import (
    LONGEST_ROW,
    Lines,
    UnreadableFile,
    open_text,
    read_cells,
    too_large,
    unreadable,
)
from profiles.schema import Consent, Money, Partner, Programme, Record, Startup, Tie
from profiles.text import detect_language
from profiles.validation import validate, without_unknown_fields

ImportKind = Literal["startups", "partners", "ties", "programmes"]
IMPORT_KINDS: tuple[ImportKind, ...] = get_args(ImportKind)

__all__ = [
    "IMPORT_KINDS",
    "ImportKind",
    "Row",
    "UnreadableFile",
    "parse_json",
    "read_record",
    "read_records",
]

_MODELS: Mapping[str, type[Record]] = {
    "startups": Startup,
    "partners": Partner,
    "ties": Tie,
    "programmes": Programme,
}
_TIE_NAMES = ("startup", "partner", "date")
_PARTS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("name", "summary", "offering", "seeking", "subject"), ("en", "ko")),
    "funding": tuple(Money.model_fields),
    "consent": tuple(Consent.model_fields),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: its record, or the rules that it broke.

    `number` is that of the row's first line, from 1; `ignored` names fields that the schema lacks.
    """

    number: int
    record: Record | None = None
    errors: tuple[FieldError, ...] = ()
    ignored: tuple[str, ...] = ()


def read_records(path: Path, kind: ImportKind) -> Iterator[Row]:
    """Read the rows of a `.jsonl` or `.csv` file (UTF-8 with or without BOM, or CP949).

    A broken row never stops the others. An id that stands twice is refused the second time. An
    empty file has no rows.

    Raises:
        UnreadableFile: if the file cannot be opened, is of another format or in another
            encoding, or if a CSV file's header repeats a column or names no known field.
    """
    suffix = path.suffix.lower()
    readers = {".jsonl": _read_jsonl, ".ndjson": _read_jsonl, ".csv": _read_csv}
    if suffix not in readers:
        unreadable(
            path, f"{suffix or 'This'} is not a format that Dari reads.", "Give .jsonl or .csv."
        )
    with open_text(path) as stream:
        yield from _unrepeated(readers[suffix](path, Lines(stream), _MODELS[kind]))


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
    names = _TIE_NAMES if model is Tie else ()
    kept, ignored = without_unknown_fields(model, raw, names)
    try:
        return Row(number, validate(model, kept), ignored=ignored)
    except InvalidRecord as error:
        return Row(number, errors=error.errors, ignored=ignored)


def _read_jsonl(path: Path, lines: Lines, model: type[Record]) -> Iterator[Row]:
    for number, line in lines:
        if not line.strip():
            continue
        if len(line) > LONGEST_ROW:
            yield Row(number, errors=(too_large(),))
            continue
        try:
            raw = parse_json(line)
        except ValueError as error:
            detail = shorten(getattr(error, "msg", None) or error)
            yield Row(
                number, errors=(FieldError("row", "json", shorten(line), {"detail": detail}),)
            )
            continue
        yield read_record(model, raw, number)


def _read_csv(path: Path, lines: Lines, model: type[Record]) -> Iterator[Row]:
    header: list[str] | None = None
    for number, cells in read_cells(lines):
        if isinstance(cells, FieldError):
            if header is None:
                unreadable(path, cells.rule("en"), cells.remedy("en"))
            yield Row(number, errors=(cells,))
        elif not any(cell.strip() for cell in cells):
            continue
        elif header is None:
            header = _header(path, cells, model)
        else:
            yield _csv_row(header, cells, number, model)


def _header(path: Path, cells: Sequence[str], model: type[Record]) -> list[str]:
    """Read the names of the columns; one without a name is called by its place."""
    names = [cell.strip() or f"column {place}" for place, cell in enumerate(cells, start=1)]
    most, times = Counter(names).most_common(1)[0]
    if times > 1:
        unreadable(
            path,
            f"The header names the column {shorten(most)!r} {times} times.",
            "Keep one of these columns, or give them different names.",
        )
    some = list(model.model_fields)[:4]
    known = {*model.model_fields, *(_TIE_NAMES if model is Tie else ())}
    if not any(name in known or _part(name, model) for name in names):
        unreadable(
            path,
            f"The first row names no field that Dari knows: {shorten(', '.join(names))}.",
            f"Begin with a row of field names and commas, such as {', '.join(some)}.",
        )
    return names


def _csv_row(header: list[str], cells: list[str], number: int, model: type[Record]) -> Row:
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        params = {"found": len(cells), "expected": len(header)}
        return Row(number, errors=(FieldError("row", "csv_columns", None, params),))
    flat = {name: cell for name, cell in zip(header, cells, strict=False) if cell.strip()}
    nested = _nest(flat, model)
    twice = tuple(FieldError(f, "csv_twice", flat[f]) for f in nested if _is_twice(f, flat, nested))
    return Row(number, errors=twice) if twice else read_record(model, nested, number)


def _nest(flat: Mapping[str, str], model: type[Record]) -> dict[str, Any]:
    """Turn columns such as `name_en` or `funding_amount` into fields with parts.

    A plain `name` beside `name_en` or `name_ko` is the name in the language that it is written in.
    """
    nested: dict[str, Any] = {}
    for column, cell in flat.items():
        if part := _part(column, model):
            nested.setdefault(part[0], {})[part[1]] = cell
    for column, cell in flat.items():
        if column in nested:
            nested[column].setdefault(detect_language(cell), cell)
        elif not _part(column, model):
            nested[column] = _flag(cell) if column == "closed" else cell
    return nested


def _is_twice(field: str, flat: Mapping[str, str], nested: Mapping[str, Any]) -> bool:
    """Tell whether a plain column says something else than the column of its part."""
    parts = nested[field]
    return field in flat and isinstance(parts, dict) and flat[field] not in parts.values()


def _part(column: str, model: type[Record]) -> tuple[str, str] | None:
    """Split a column such as `name_en` into field and part, None where it is no such column."""
    field, _, part = column.rpartition("_")
    known = column not in model.model_fields and field in model.model_fields
    return (field, part) if known and part in _PARTS.get(field, ()) else None


def _flag(cell: str) -> object:
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(
        cell.strip().lower(), cell
    )


def _unrepeated(rows: Iterator[Row]) -> Iterator[Row]:
    seen: dict[str, int] = {}
    for row in rows:
        id = getattr(row.record, "id", None)
        if id is not None and id in seen:
            error = FieldError("id", "id_repeated", id, {"row": seen[id]})
            yield Row(row.number, errors=(error,), ignored=row.ignored)
            continue
        if id is not None:
            seen[id] = row.number
        yield row


def _each_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(members)
    if len(made) < len(members):
        twice, _ = Counter(name for name, _ in members).most_common(1)[0]
        raise ValueError(f"the name {shorten(twice)!r} stands twice")
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
