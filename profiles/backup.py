"""Owns the backup: the whole database in one file that every database of Dari can be made from."""

from __future__ import annotations

import base64
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Date, DateTime, LargeBinary, Table, func, insert, select, text
from sqlalchemy.types import TypeEngine

from profiles import tables as t
from profiles.database import forget, newest_revision, reading, schema_revision, writing
from profiles.errors import DariError, shorten
from profiles.store import Store

FORMAT = "dari-backup/1"
_MANIFEST = "manifest.json"
_BATCH = 1_000
_LONGEST_MANIFEST = 1 << 20

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many rows of it are done, and how many there are."""


class BackupError(DariError):
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

    The server may write meanwhile. The file is a ZIP: one JSON Lines file a table, whose lines
    are objects by column (moments and days in ISO 8601, bytes in base64), and a manifest. It is
    readable for its owner alone.

    Raises:
        BackupError: if the file cannot be written.
        StoreError: if the database does not answer.
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
        _sync_folder(file.parent)
    except OSError as error:
        raise _unwritable(file, error) from error
    finally:
        work.unlink(missing_ok=True)
    return manifest


def check(file: Path, *, progress: Progress | None = None) -> Manifest:
    """Read a backup to its end, every row of it; give its manifest.

    Raises:
        BackupError: if it is damaged, no backup, or of another version of Dari.
    """
    tell = progress or (lambda what, done, total: None)
    with _opened(file) as archive:
        manifest = _manifest(archive, file)
        done = 0
        for table in t.metadata.sorted_tables:
            for batch in _batches(_rows(archive, manifest, table, file)):
                done += len(batch)
                tell("checking the backup", done, manifest.rows)
    return manifest


def restore(
    store: Store, file: Path, *, replace: bool = False, progress: Progress | None = None
) -> Manifest:
    """Put the content of a backup into a store, in one transaction; an empty one is migrated first.

    The numbers of the change log are kept. Where something is replaced, an entry of kind 'restore'
    follows that is newer than all before, so that every follower sees that the log is another one.

    Raises:
        BackupError: if the file is damaged or foreign, or the store holds something and `replace`
            is not set. Nothing is changed then.
        StoreError: if the database does not answer; nothing is changed.
    """
    manifest = check(file, progress=progress)
    if not store.is_migrated:
        store.migrate()
    tell = progress or (lambda what, done, total: None)
    with _opened(file) as archive, writing(store.engine) as connection:
        before = _emptied(connection, replace=replace)
        done = 0
        for table in t.metadata.sorted_tables:
            for batch in _batches(_rows(archive, manifest, table, file)):
                connection.execute(insert(table), batch)
                done += len(batch)
                tell("restoring", done, manifest.rows)
        if before:
            _mark(connection, before)
        _go_on_counting(connection)
    forget(store.engine)
    return manifest


def _write(store: Store, stream: Any, tell: Progress) -> Manifest:
    counts: dict[str, int] = {}
    digests: dict[str, str] = {}
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
        reading(store.engine, repeatable=True) as connection,
    ):
        revision = schema_revision(connection) or ""
        total = sum(_count(connection, table) for table in t.metadata.sorted_tables)
        for table in t.metadata.sorted_tables:
            digest, counts[table.name] = sha256(), 0
            with archive.open(_member(table), "w", force_zip64=True) as member:
                for lines in _batches(_lines(connection, table)):
                    block = b"".join(lines)
                    member.write(block)
                    digest.update(block)
                    counts[table.name] += len(lines)
                    tell("backing up", sum(counts.values()), total)
            digests[table.name] = digest.hexdigest()
        manifest = Manifest(revision, datetime.now(UTC), counts, digests)
        archive.writestr(_MANIFEST, json.dumps(_as_json(manifest), indent=1))
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


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    """Open a backup; whatever its bytes make the reader raise becomes a `BackupError`."""
    try:
        archive = zipfile.ZipFile(file)
    except (OSError, zipfile.BadZipFile, ValueError, RuntimeError) as error:
        raise _damaged(file, f"it cannot be opened ({error})") from error
    with archive:
        try:
            yield archive
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError) as error:
            raise _damaged(file, f"it cannot be read ({error})") from error


def _manifest(archive: zipfile.ZipFile, file: Path) -> Manifest:
    try:
        with archive.open(_MANIFEST) as member:
            raw = json.loads(member.read(_LONGEST_MANIFEST))
        if raw["format"] != FORMAT:
            raise _damaged(file, f"its format is {raw['format']!r}, and not {FORMAT!r}")
        held = raw["tables"]
        manifest = Manifest(
            str(raw["schema"]),
            datetime.fromisoformat(raw["made_at"]),
            {name: int(table["rows"]) for name, table in held.items()},
            {name: str(table["sha256"]) for name, table in held.items()},
        )
    except KeyError as error:
        raise _damaged(file, f"it has no manifest, or one without {error}") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(file, f"its manifest cannot be read ({error})") from error
    _refuse_another_schema(manifest, archive, file)
    return manifest


def _refuse_another_schema(manifest: Manifest, archive: zipfile.ZipFile, file: Path) -> None:
    if manifest.schema != newest_revision():
        raise BackupError(
            value=file,
            rule=f"The backup has schema {manifest.schema}, this Dari {newest_revision()}.",
            remedy="Restore it with the version of Dari that made it, then update Dari.",
        )
    tables = {table.name for table in t.metadata.sorted_tables}
    members = {_member(table) for table in t.metadata.sorted_tables} | {_MANIFEST}
    if manifest.counts.keys() != tables or sorted(archive.namelist()) != sorted(members):
        raise _damaged(file, "its tables are not those of its schema")


def _rows(
    archive: zipfile.ZipFile, manifest: Manifest, table: Table, file: Path
) -> Iterator[dict[str, Any]]:
    """Read the rows of a table; whoever reads to the end knows that they are what was written."""
    digest, rows = sha256(), 0
    with archive.open(_member(table)) as member:
        for line in member:
            digest.update(line)
            rows += 1
            try:
                yield _row(table, json.loads(line))
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                where = f"line {rows} of {_member(table)} cannot be read"
                raise _damaged(file, f"{where} ({error})") from error
    if digest.hexdigest() != manifest.sha256[table.name] or rows != manifest.counts[table.name]:
        raise _damaged(file, f"{_member(table)} is not what was written")


def _row(table: Table, raw: Any) -> dict[str, Any]:
    if not isinstance(raw, dict) or raw.keys() != set(table.columns.keys()):
        raise ValueError("its columns are not those of the table")
    return {name: _value(table.c[name].type, value) for name, value in raw.items()}


def _value(type: TypeEngine[Any], value: Any) -> Any:
    kind = getattr(type, "impl", type)
    if value is None:
        return None
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value).astimezone(UTC)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value, validate=True)
    if not isinstance(value, kind.python_type):
        raise TypeError(f"{shorten(value)} is no {kind.python_type.__name__}")
    return value


def _emptied(connection: Connection, *, replace: bool) -> int:
    """Delete all rows; give the newest seq that there was.

    Raises:
        BackupError: if there is one, and `replace` is not set.
    """
    held = {table.name: _count(connection, table) for table in t.metadata.sorted_tables}
    full = {name: rows for name, rows in held.items() if rows}
    if full and not replace:
        raise BackupError(
            value=", ".join(f"{name}: {rows}" for name, rows in full.items()),
            rule="A backup is restored into an empty database, and this one holds something.",
            remedy="Name an empty one (DARI_HOME, DARI_DATABASE_URL), or add --replace to lose it.",
        )
    seq = connection.execute(select(func.max(t.changes.c.seq))).scalar() or 0
    for table in reversed(t.metadata.sorted_tables):
        connection.execute(table.delete())
    return int(seq)


def _mark(connection: Connection, before: int) -> None:
    """Log that the database was replaced, above every seq that a follower may stand at."""
    newest = connection.execute(select(func.max(t.changes.c.seq))).scalar() or 0
    seq = max(before, newest) + 1
    entry = {"seq": seq, "kind": "restore", "id": "", "at": datetime.now(UTC)}
    connection.execute(insert(t.changes).values(**entry))


def _go_on_counting(connection: Connection) -> None:
    """Let PostgreSQL's sequences go on after what was restored; SQLite's do so by themselves."""
    if connection.dialect.name != "postgresql":
        return
    for table in t.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None:
            continue
        newest = connection.execute(select(func.max(column))).scalar()
        connection.execute(
            text("SELECT setval(pg_get_serial_sequence(:table, :column), :newest, :used)"),
            {
                "table": table.name,
                "column": column.name,
                "newest": newest or 1,
                "used": newest is not None,
            },
        )


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _batches(items: Iterator[Any]) -> Iterator[list[Any]]:
    while batch := list(islice(items, _BATCH)):
        yield batch


def _member(table: Table) -> str:
    return f"{table.name}.jsonl"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unwritable(file: Path, error: OSError) -> BackupError:
    return BackupError(
        value=file,
        rule=f"The backup cannot be written: {error.strerror or error}.",
        remedy="Choose a folder that exists, can be written and has room enough.",
    )


def _damaged(file: Path, why: str) -> BackupError:
    return BackupError(
        value=file,
        rule=f"This is no backup that can be restored: {why}.",
        remedy="Nothing has been changed. Take another backup.",
    )
