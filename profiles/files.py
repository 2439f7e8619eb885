"""Owns the files that people bring and take away: encodings, lines, cells, tables."""

from __future__ import annotations

import codecs
import csv
import io
import math
import os
import re
import tempfile
import zipfile
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from profiles.errors import FieldError, FileError, shorten

LONGEST_ROW = 1_000_000
"""How many characters one row may have."""

MOST_SHEET_ROWS = 200_000
"""How many rows an XLSX file may have: it is held in memory as a whole."""

_MOST_SHEET_BYTES = 1 << 30
_BATCH = 1_000
_ASCII = bytes(range(128))
_CONTROLS = bytes(byte for byte in range(32) if byte < 9 or byte > 13)
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


class UnreadableFile(FileError):
    """A file that cannot be opened or decoded, or is of no known format."""


class UnwritableFile(FileError):
    """A file that cannot be made, written or held by its format."""


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
    if '"' not in line:
        return line.rstrip("\r\n").split(",")
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


def guarded(cell: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would read as a formula.

    A cell that has such an apostrophe already gets another, so that `unguarded` undoes this.
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Take away the apostrophe that `guarded` puts before a cell."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def read_sheet(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Read the first sheet of an XLSX file: the number of each row, from 1, and its cells as text.

    Raises:
        UnreadableFile: if it is no XLSX file, or has more than `MOST_SHEET_ROWS` rows.
    """
    import fastexcel

    _refuse_what_is_no_file(path)
    _refuse_large_sheet(path)
    try:
        book = fastexcel.read_excel(path)
        sheet = book.load_sheet(0, header_row=None, skip_rows=0, dtypes="string")
        table = sheet.to_polars()
    except (fastexcel.FastExcelError, ValueError, OverflowError):
        unreadable(path, "file_no_sheet")
    if table.height > MOST_SHEET_ROWS + 1:
        found, limit = f"{table.height:,}", f"{MOST_SHEET_ROWS:,}"
        unreadable(path, "file_sheet_rows", found=found, limit=limit)
    for number, cells in enumerate(table.iter_rows(), start=1):
        yield number, [cell or "" for cell in cells]


def read_parquet(path: Path) -> tuple[list[str], Iterator[list[Any]]]:
    """Read a Parquet file: the names of its columns, and its rows, a batch in memory at a time.

    Raises:
        UnreadableFile: if it is no Parquet file, or breaks off (also while its rows are read).
    """
    import polars as pl

    _refuse_what_is_no_file(path)

    def rows() -> Iterator[list[Any]]:
        try:
            batches = pl.scan_parquet(path, glob=False).collect_batches(
                chunk_size=_BATCH, maintain_order=True
            )
            for batch in batches:
                for row in batch.iter_rows():
                    yield [_plain_cell(cell) for cell in row]
        except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException) as error:
            _no_parquet(path, error)

    try:
        names = pl.scan_parquet(path, glob=False).collect_schema().names()
    except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException) as error:
        _no_parquet(path, error)
    return names, rows()


def count_rows(path: Path) -> int | None:
    """Count the rows of a file roughly, None where that cannot be told before it is read."""
    import polars as pl

    try:
        if path.suffix.lower() == ".parquet":
            return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())
        if path.suffix.lower() == ".xlsx" or not path.is_file():
            return None
        with path.open("rb") as stream:
            return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))
    except (pl.exceptions.PolarsError, OSError, ValueError, pl.exceptions.PanicException):
        return None  # the import itself says why the file cannot be read


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a new file beside `path`; it takes its place when all went well, else it is removed.

    Raises:
        UnwritableFile: if the file cannot be made or written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}-", dir=path.parent)
    except (OSError, ValueError) as error:  # ValueError: a path that holds NUL
        _unwritable(path, error)
    os.close(handle)
    new = Path(name)
    try:
        yield new
        with new.open("rb+") as stream:
            os.fsync(stream.fileno())
        new.replace(path)
    except OSError as error:
        _unwritable(path, error)
    finally:
        new.unlink(missing_ok=True)


def _unwritable(path: Path, error: Exception) -> NoReturn:
    reason = getattr(error, "strerror", None) or error
    raise UnwritableFile(str(path), "file_unwritten", reason=reason) from error


def _plain_cell(cell: Any) -> Any:
    """Read NaN, by which other programs mark a missing number, as absent."""
    return None if isinstance(cell, float) and math.isnan(cell) else cell


def _no_parquet(path: Path, error: BaseException) -> NoReturn:
    unreadable(path, "file_no_parquet", reason_en=_first_line(error))  # polars tells it so


def _first_line(error: BaseException) -> str:
    return shorten(str(error).partition("\n")[0].strip(" .") or type(error).__name__, 200)


def _refuse_large_sheet(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(one.file_size for one in archive.infolist())
    # What zipfile raises of a file that is no archive, or a broken one; it becomes a named error.
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        unreadable(path, "file_no_sheet")
    if size > _MOST_SHEET_BYTES:
        unreadable(path, "file_sheet_size", size=f"{size >> 20:,}")


def _refuse_what_is_no_file(path: Path) -> None:
    try:
        if path.exists() and not path.is_file():
            unreadable(path, "file_not_a_file")
        with path.open("rb"):
            pass
    except FileNotFoundError:
        unreadable(path, "file_missing")
    except PermissionError:
        unreadable(path, "file_denied")
    except (OSError, ValueError) as error:  # ValueError: a path that holds NUL
        reason = getattr(error, "strerror", None) or error
        unreadable(path, "file_unread", reason=reason)


def open_text(path: Path) -> io.TextIOWrapper:
    """Open a text file in UTF-8, with or without BOM, or in CP949; line ends stay as they are.

    Places that break the encoding of most lines read as U+FFFD.

    Raises:
        UnreadableFile: if the file cannot be opened, is no text, or in another encoding.
    """
    _refuse_what_is_no_file(path)
    encoding, errors = _encoding(path)
    return path.open(encoding=encoding, errors=errors, newline="")


def unreadable(path: Path, code: str, **params: object) -> NoReturn:
    """Raise `UnreadableFile` for a path."""
    raise UnreadableFile(str(path), code, **params)


def _encoding(path: Path) -> tuple[str, str]:
    """Find a file's encoding, and what to do with places that break it."""
    if _is_utf16(path):
        unreadable(path, "file_utf16")
    if _is_binary(path):
        unreadable(path, "file_no_text")
    if _decodes(path, "utf-8-sig"):
        return "utf-8-sig", "strict"
    lines, size = _votes(path)
    # Bytes of CP949 are seldom UTF-8 by chance; broken UTF-8 is often CP949 by chance.
    weight = 4 if lines["neither"] else 1
    if size["utf-8"] and weight * size["utf-8"] >= size["cp949"]:
        return "utf-8-sig", "replace"
    if lines["cp949"] > lines["neither"]:
        return "cp949", "replace"
    unreadable(path, "file_encoding")


def _is_utf16(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _is_binary(path: Path) -> bool:
    """Tell whether of the first bytes more than a twentieth are control characters.

    They must be in half of the lines at least: one such line alone is a broken row.
    """
    with path.open("rb") as stream:
        head = stream.read(4096)
    controls = [len(line) - len(line.translate(None, _CONTROLS)) for line in head.splitlines()]
    return sum(controls) > len(head) / 20 and 2 * sum(map(bool, controls)) >= len(controls)


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _votes(path: Path) -> tuple[Counter[str], Counter[str]]:
    """Count the lines, and the bytes beyond ASCII, that are UTF-8, CP949 only, and neither.

    So one broken line of a file does not decide how the others are read.
    """
    lines: Counter[str] = Counter()
    size: Counter[str] = Counter()
    for line in _byte_lines(path):
        beyond = len(line.translate(None, _ASCII))
        if beyond:
            found = next((one for one in ("utf-8", "cp949") if _is_in(line, one)), "neither")
            lines[found] += 1
            size[found] += beyond
    return lines, size


def _byte_lines(path: Path) -> Iterator[bytes]:
    rest = b""
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            *lines, rest = re.split(rb"[\r\n]+", rest + block)
            yield from lines
            if len(rest) > 4 * LONGEST_ROW:
                yield rest
                rest = b""
    yield rest


def _is_in(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
