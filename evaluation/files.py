"""Owns the reading of a test set's files: bytes to text to numbered lines to JSON objects."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evaluation.errors import DatasetError
from evaluation.messages import both
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
            rule=both("file_missing_of_set"),
            remedy=both("file_missing_of_set_remedy"),
        ) from error
    except OSError as error:
        raise DatasetError(
            file=path.name,
            value=path,
            rule=both("file_unreadable_of_set", why=error.strerror),
            remedy=both("file_unreadable_of_set_remedy"),
        ) from error
    try:
        return unicodedata.normalize("NFC", raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DatasetError(
            file=path.name,
            line=raw.count(b"\n", 0, error.start) + 1,
            value=raw[max(0, error.start - 10) : error.end + 10],
            rule=both("file_not_utf8", byte=error.start),
            remedy=both("file_not_utf8_remedy"),
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
            rule=both("file_not_json", why=getattr(error, "msg", None) or error),
            remedy=both("file_not_json_remedy" if line else "file_not_json_whole"),
        ) from error
    if not isinstance(parsed, dict):
        raise DatasetError(
            file=file,
            line=line,
            value=text,
            rule=both("file_no_object"),
            remedy=both("file_no_object_remedy"),
        )
    return parsed


def as_id(value: object) -> str:
    """Write an id as the schema does: a whole number as its digits, text in Unicode's form NFC."""
    return unicodedata.normalize("NFC", str(value)).strip()
