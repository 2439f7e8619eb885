"""Owns the backup: the whole database in one file that every database of Dari can be made from."""

from __future__ import annotations

import base64
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, select

from profiles.database import reading
from profiles.durable import sync
from profiles.errors import FileError
from profiles.former_tables import held_tables
from profiles.store import Store

FORMAT = "dari-backup/1"
MANIFEST = "manifest.json"
_BATCH = 1_000

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many rows of it are done, and how many there are."""


class BackupError(FileError):
    """A backup that cannot be written, read or restored; nothing has been changed by it."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself: the schema, and rows and SHA-256 of each table."""

    schema: str
    made_at: datetime
    counts: Mapping[str, int]
    sha256: Mapping[str, str]

    @property
    def rows(self) -> int:
        """Count the rows of all tables."""
        return sum(self.counts.values())


def back_up(store: Store, file: Path, *, progress: Progress | None = None) -> Manifest:
    """Write all tables, as they are at one moment, to a file that takes its place when whole.

    The server may write meanwhile, and the schema may be an older one, as it is before an update is
    finished by `dari init`. The file is a ZIP: one JSON Lines file a table, whose lines
    are objects by column (moments and days in ISO 8601, bytes in base64), and a manifest. It is
    readable for its owner alone.

    Raises:
        BackupError: if the file cannot be written.
        StoreError: if the database does not answer, or has no schema that this Dari knows.
    """
    tell = progress or (lambda what, done, total: None)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".writing", dir=file.parent)
    except OSError as error:
        raise _unwritable(file, error) from error
    work = Path(name)
    try:
        with os.fdopen(handle, "w+b") as stream:
            manifest = _write(store, stream, tell)
            stream.flush()
            os.fsync(stream.fileno())
        work.replace(file)
        sync(file.parent)
    except OSError as error:
        raise _unwritable(file, error) from error
    finally:
        work.unlink(missing_ok=True)
    return manifest


def _write(store: Store, stream: Any, tell: Progress) -> Manifest:
    counts: dict[str, int] = {}
    digests: dict[str, str] = {}
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
        reading(store.engine, repeatable=True) as connection,
    ):
        revision, tables = held_tables(connection)
        total = sum(count_rows(connection, table) for table in tables)
        for table in tables:
            digest, counts[table.name] = sha256(), 0
            with archive.open(member(table), "w", force_zip64=True) as written:
                for lines in batches(_lines(connection, table)):
                    block = b"".join(lines)
                    written.write(block)
                    digest.update(block)
                    counts[table.name] += len(lines)
                    tell("backing up", sum(counts.values()), total)
            digests[table.name] = digest.hexdigest()
        manifest = Manifest(revision, datetime.now(UTC), counts, digests)
        archive.writestr(MANIFEST, json.dumps(_as_json(manifest), indent=1))
    return manifest


def _lines(connection: Connection, table: Table) -> Iterator[bytes]:
    """Read a table in the order of its key, a batch in memory at a time, as lines of JSON."""
    query = select(table).order_by(*table.primary_key.columns)
    for row in connection.execution_options(yield_per=_BATCH).execute(query):
        values = {name: _written(value) for name, value in row._mapping.items()}
        yield json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _written(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(value).decode("ascii")
    return value


def _as_json(manifest: Manifest) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "schema": manifest.schema,
        "made_at": manifest.made_at.isoformat(),
        "tables": {
            name: {"rows": rows, "sha256": manifest.sha256[name]}
            for name, rows in manifest.counts.items()
        },
    }


def count_rows(connection: Connection, table: Table) -> int:
    """Count the rows of a table."""
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def batches(items: Iterator[Any]) -> Iterator[list[Any]]:
    """Take items a thousand at a time."""
    while batch := list(islice(items, _BATCH)):
        yield batch


def member(table: Table) -> str:
    """Name the file of a table within a backup."""
    return f"{table.name}.jsonl"


def _unwritable(file: Path, error: OSError) -> BackupError:
    return BackupError(file, "backup_unwritten", reason=error.strerror or error)
