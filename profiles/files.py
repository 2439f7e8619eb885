"""Owns the reading of text files that people bring: their encoding, their lines and CSV cells."""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from profiles.errors import DariError, FieldError

LONGEST_ROW = 1_000_000
"""How many characters one row may have."""


class UnreadableFile(DariError):
    """A file that cannot be opened or decoded, or is of no known format."""


class Lines(Iterator[tuple[int, str]]):
    """The lines of a file with their numbers from 1; of one too long, only its beginning."""

    def __init__(self, stream: io.TextIOBase) -> None:
        self._stream = stream
        self._number = 0
        self._back: deque[tuple[int, str]] = deque()

    def __next__(self) -> tuple[int, str]:
        if self._back:
            return self._back.popleft()
        line = self._stream.readline(LONGEST_ROW + 1)
        if not line:
            raise StopIteration
        rest = line
        while len(line) > LONGEST_ROW and rest and not rest.endswith(("\n", "\r")):
            rest = self._stream.readline(LONGEST_ROW)
        self._number += 1
        return self._number, line

    def put_back(self, lines: list[tuple[int, str]]) -> None:
        """Give lines back, to be read again."""
        self._back.extendleft(reversed(lines))


def too_large() -> FieldError:
    """Make the error of a row with more than `LONGEST_ROW` characters."""
    return FieldError("row", "too_large", None, {"limit": f"{LONGEST_ROW:,} characters"})


def read_cells(lines: Lines) -> Iterator[tuple[int, list[str] | FieldError]]:
    """Read the rows of a CSV file: the number of the line where each begins, and its cells.

    A row that is broken has an error for cells, and reading goes on with the line below it: a
    quote that is never closed does not swallow the rows that follow.
    """
    csv.field_size_limit(LONGEST_ROW)
    for number, line in lines:
        yield number, _cells(line, lines)


def _cells(line: str, lines: Lines) -> list[str] | FieldError:
    if len(line) > LONGEST_ROW:
        return too_large()
    taken: list[tuple[int, str]] = []

    def feed() -> Iterator[str]:
        yield line
        size = len(line)
        for number, more in lines:
            taken.append((number, more))
            size += len(more)
            if size > LONGEST_ROW:
                return
            yield more

    try:
        return next(csv.reader(feed(), strict=True), [])
    except csv.Error:
        lines.put_back(taken)
        return FieldError("row", "csv_quotes")


def open_text(path: Path) -> io.TextIOWrapper:
    """Open a text file in UTF-8, with or without BOM, or in CP949; line ends stay as they are.

    In a file that is UTF-8 but for single broken places, these read as U+FFFD.

    Raises:
        UnreadableFile: if the file cannot be opened, is no text, or in another encoding.
    """
    try:
        if path.exists() and not path.is_file():
            unreadable(path, "This is not a file.", "Give a file.")
        encoding, errors = _encoding(path)
        return path.open(encoding=encoding, errors=errors, newline="")
    except (OSError, ValueError) as error:  # ValueError: a path that holds NUL
        reason = getattr(error, "strerror", None) or error
        unreadable(path, f"The file cannot be read: {reason}.", "Check its name and its rights.")


def unreadable(path: Path, rule: str, remedy: str) -> NoReturn:
    """Raise `UnreadableFile` for a path."""
    raise UnreadableFile(value=str(path), rule=rule, remedy=remedy)


def _encoding(path: Path) -> tuple[str, str]:
    """Find a file's encoding, and what to do with places that break it."""
    if _is_binary(path):
        unreadable(path, "This is not a text file.", "Give a text file, saved as UTF-8.")
    if _decodes(path, "utf-8-sig"):
        return "utf-8-sig", "strict"
    if _is_broken_utf8(path):
        return "utf-8-sig", "replace"
    if _decodes(path, "cp949"):
        return "cp949", "strict"
    unreadable(
        path,
        "The file is neither in UTF-8 nor in CP949 (Korean Excel).",
        "Save it as UTF-8 (in Excel: CSV UTF-8).",
    )


def _is_binary(path: Path) -> bool:
    """Tell whether more than a twentieth of the first bytes are control characters."""
    with path.open("rb") as stream:
        head = stream.read(4096)
    return sum(byte < 9 or 13 < byte < 32 for byte in head) > len(head) / 20


def _decodes(path: Path, encoding: str) -> bool:
    try:
        for _ in _decoded(path, encoding, "strict"):
            pass
    except UnicodeDecodeError:
        return False
    return True


def _is_broken_utf8(path: Path) -> bool:
    """Tell whether the bytes beyond ASCII are UTF-8 in more than three places of four."""
    right = wrong = 0
    for text in _decoded(path, "utf-8-sig", "replace"):
        broken = text.count("\ufffd")
        wrong += broken
        right += sum(not c.isascii() for c in text) - broken
    return right > 3 * wrong


def _decoded(path: Path, encoding: str, errors: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            yield decoder.decode(block)
    yield decoder.decode(b"", final=True)
