"""Owns the reading of profiles, ties and programmes from JSONL and CSV files, row by row."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn, get_args

from profiles.errors import DariError, FieldError, InvalidRecord
from profiles.schema import Partner, Programme, Record, Startup, Tie
from profiles.validation import validate, without_unknown_fields

ImportKind = Literal["startups", "partners", "ties", "programmes"]
IMPORT_KINDS: tuple[ImportKind, ...] = get_args(ImportKind)

LONGEST_ROW = 1_000_000

_MODELS: Mapping[str, type[Record]] = {
    "startups": Startup,
    "partners": Partner,
    "ties": Tie,
    "programmes": Programme,
}
_TIE_NAMES = ("startup", "partner", "date")


class UnreadableFile(DariError):
    """A file that cannot be opened or decoded, or is of no known format."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: its record, or the rules that it broke.

    `number` counts lines of the file from 1; `ignored` names fields that the schema lacks.
    """

    number: int
    record: Record | None = None
    errors: tuple[FieldError, ...] = ()
    ignored: tuple[str, ...] = ()


def read_records(path: Path, kind: ImportKind) -> Iterator[Row]:
    """Read the rows of a `.jsonl` or `.csv` file (UTF-8 with or without BOM, or CP949).

    A broken row never stops the others. An id that stands twice is refused the second time.

    Raises:
        UnreadableFile: if the file cannot be opened, is of another format, or in another encoding.
    """
    suffix = path.suffix.lower()
    readers = {".jsonl": _read_jsonl, ".ndjson": _read_jsonl, ".csv": _read_csv}
    if suffix not in readers:
        _unreadable(path, f"{suffix or 'This'} is not a format that Dari reads.", "Give .jsonl or .csv.")
    with _open(path) as stream:
        yield from _unrepeated(readers[suffix](stream, _MODELS[kind]))


def parse_json(text: str) -> Any:
    """Parse JSON strictly.

    Raises:
        ValueError: for anything that RFC 8259 does not allow (NaN, too deep, too long numbers).
    """
    try:
        return json.loads(text, parse_constant=_no_constant)
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


def _open(path: Path) -> io.TextIOWrapper:
    try:
        encoding = _encoding(path)
        return path.open(encoding=encoding, newline="")
    except OSError as error:
        _unreadable(path, f"The file cannot be read: {error.strerror}.", "Check its name and its rights.")


def _encoding(path: Path) -> str:
    for encoding in ("utf-8-sig", "cp949"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as stream:
                while block := stream.read(1 << 20):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
            return encoding
        except UnicodeDecodeError:
            continue
    _unreadable(
        path,
        "The file is neither in UTF-8 nor in CP949 (Korean Excel).",
        "Save it as UTF-8 (in Excel: CSV UTF-8).",
    )


def _read_jsonl(stream: io.TextIOBase, model: type[Record]) -> Iterator[Row]:
    for number, line in enumerate(stream, start=1):
        if not line.strip():
            continue
        if len(line) > LONGEST_ROW:
            yield _too_large(number)
            continue
        try:
            raw = parse_json(line)
        except ValueError as error:
            detail = getattr(error, "msg", None) or str(error)
            yield Row(number, errors=(FieldError("row", "json", line, {"detail": detail}),))
            continue
        yield read_record(model, raw, number)


def _read_csv(stream: io.TextIOBase, model: type[Record]) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_ROW)
    reader = csv.reader(stream, strict=False)
    header: list[str] | None = None
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield _too_large(reader.line_num)
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = [cell.strip() for cell in cells]
            continue
        yield _csv_row(header, cells, reader.line_num, model)


def _csv_row(header: list[str], cells: list[str], number: int, model: type[Record]) -> Row:
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        params = {"found": len(cells), "expected": len(header)}
        return Row(number, errors=(FieldError("row", "csv_columns", None, params),))
    flat = {name: cell for name, cell in zip(header, cells, strict=False) if name and cell.strip()}
    return read_record(model, _nest(flat, model), number)


def _nest(flat: Mapping[str, str], model: type[Record]) -> dict[str, Any]:
    """Turn columns such as `name_en` or `funding_amount` into fields with parts."""
    nested: dict[str, Any] = {}
    for column, cell in flat.items():
        field, _, part = column.rpartition("_")
        is_part = column not in model.model_fields and field in model.model_fields
        if is_part and (part in ("en", "ko") or field in ("funding", "consent")):
            into = nested.setdefault(field, {})
            if isinstance(into, dict):
                into[part] = cell
        else:
            nested[column] = _flag(cell) if column == "closed" else cell
    return nested


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


def _too_large(number: int) -> Row:
    params = {"limit": f"{LONGEST_ROW:,} characters"}
    return Row(number, errors=(FieldError("row", "too_large", None, params),))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _unreadable(path: Path, rule: str, remedy: str) -> NoReturn:
    raise UnreadableFile(value=str(path), rule=rule, remedy=remedy)
