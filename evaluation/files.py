"""Owns the reading of a test set's files: bytes to text to numbered lines to JSON objects."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evaluation.errors import DatasetError
from profiles.importing import parse_json


def read_text(path: Path) -> str:
    """Read a UTF-8 file, with or without a byte order mark, in Unicode's form NFC.

    Raises:
        DatasetError: if it is missing, unreadable, or not UTF-8 (with the line of the first
            byte that is not).
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise DatasetError(
            file=path.name,
            value=path,
            rule="The file is missing.",
            remedy="Add it; docs/evaluation.md says what each file of a test set holds.",
        ) from error
    except OSError as error:
        raise DatasetError(
            file=path.name,
            value=path,
            rule=f"The file cannot be read ({error.strerror}).",
            remedy="Check that it is a file and may be read.",
        ) from error
    try:
        return unicodedata.normalize("NFC", raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DatasetError(
            file=path.name,
            line=raw.count(b"\n", 0, error.start) + 1,
            value=raw[max(0, error.start - 10) : error.end + 10],
            rule=f"The line is not UTF-8 (byte {error.start} of the file).",
            remedy="Save the file as UTF-8.",
        ) from error


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, line) of a file's lines that are not blank.

    Raises:
        DatasetError: as `read_text` does.
    """
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            yield number, line.strip()


def read_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number from 1, object) of a JSON Lines file.

    Raises:
        DatasetError: as `read_text` does, or for a line that is not one JSON object.
    """
    for number, line in read_lines(path):
        yield number, parse_object(line, path.name, number)


def parse_object(text: str, file: str, line: int | None = None) -> dict[str, Any]:
    """Parse one JSON object.

    Raises:
        DatasetError: if `text` is no JSON, or JSON of another kind.
    """
    try:
        parsed = parse_json(text)
    except ValueError as error:
        raise DatasetError(
            file=file,
            line=line or getattr(error, "lineno", None),
            value=text,
            rule=f"This is not JSON ({getattr(error, 'msg', None) or error}).",
            remedy="Write one JSON object" + (" on each line." if line else "."),
        ) from error
    if not isinstance(parsed, dict):
        raise DatasetError(
            file=file,
            line=line,
            value=text,
            rule="This is JSON, but not an object.",
            remedy='Write an object: {"id": ...}.',
        )
    return parsed


def as_id(value: object) -> str:
    """Write an id as the schema does: a whole number as its digits, text in Unicode's form NFC."""
    return unicodedata.normalize("NFC", str(value)).strip()
