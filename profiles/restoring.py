"""Owns the way back from a backup: each row checked, older schemas migrated, all or nothing."""

from __future__ import annotations

import base64
import json
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    Table,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.types import TypeEngine

from profiles import tables as t
from profiles.backup import (
    FORMAT,
    MANIFEST,
    BackupError,
    Manifest,
    Progress,
    batches,
    count_rows,
    member,
)
from profiles.database import forget, known_revisions, newest_revision, upgrade, writing
from profiles.errors import shorten
from profiles.former_tables import make_tables, tables_at
from profiles.store import Store

_LONGEST_MANIFEST = 1 << 20


def check(file: Path, *, progress: Progress | None = None) -> Manifest:
    """Read a backup to its end, every row of it; give its manifest.

    Raises:
        BackupError: if it is damaged, no backup, or of a newer schema than this Dari knows.
    """
    tell = progress or (lambda what, done, total: None)
    with _opened(file) as archive:
        manifest = _manifest(archive, file)
        done = 0
        for table in tables_at(manifest.schema):
            for batch in batches(_rows(archive, manifest, table, file)):
                done += len(batch)
                tell("checking the backup", done, manifest.rows)
    return manifest


def restore(
    store: Store, file: Path, *, replace: bool = False, progress: Progress | None = None
) -> Manifest:
    """Put the content of a backup into a store, in one transaction.

    A backup of an older schema is loaded into the tables of that schema, which are then migrated. A
    store without tables is given them. The numbers of the change log are kept. Where something is
    replaced, an entry of kind 'restore' follows that is newer than all before, so that every
    follower sees that the log is another one.

    Raises:
        BackupError: if the file is damaged or foreign, or the store holds something and `replace`
            is not set. Nothing is changed then.
        StoreError: if the database does not answer; nothing is changed.
    """
    manifest = check(file, progress=progress)
    tell = progress or (lambda what, done, total: None)
    with _opened(file) as archive, writing(store.engine) as connection:
        upgrade(connection)
        before = _emptied(connection, replace=replace)
        if manifest.schema != newest_revision():
            make_tables(connection, manifest.schema)
        tables = tables_at(manifest.schema)
        done = 0
        for table in tables:
            for batch in batches(_rows(archive, manifest, table, file)):
                connection.execute(insert(table), batch)
                done += len(batch)
                tell("restoring", done, manifest.rows)
        _go_on_counting(connection, tables)
        upgrade(connection)
        connection.execute(t.sessions.delete())  # what was open then may have been ended since
        if before:
            _mark(connection, before)
        _go_on_counting(connection, t.metadata.sorted_tables)
    forget(store.engine)
    return manifest


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    """Open a backup; whatever its bytes make the reader raise becomes a `BackupError`."""
    try:
        archive = zipfile.ZipFile(file)
    except (OSError, zipfile.BadZipFile, ValueError, RuntimeError) as error:
        raise BackupError(file, "backup_unopened", reason=error) from error
    with archive:
        try:
            yield archive
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError) as error:
            raise BackupError(file, "backup_unread", reason=error) from error


def _manifest(archive: zipfile.ZipFile, file: Path) -> Manifest:
    try:
        with archive.open(MANIFEST) as stream:
            raw = json.loads(stream.read(_LONGEST_MANIFEST))
        if raw["format"] != FORMAT:
            given = repr(raw["format"])
            raise BackupError(file, "backup_format", given=given, known=repr(FORMAT))
        held = raw["tables"]
        manifest = Manifest(
            str(raw["schema"]),
            datetime.fromisoformat(raw["made_at"]),
            {name: int(table["rows"]) for name, table in held.items()},
            {name: str(table["sha256"]) for name, table in held.items()},
        )
    except KeyError as error:
        raise BackupError(file, "backup_no_manifest", missing=error) from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise BackupError(file, "backup_manifest", reason=error) from error
    _refuse_another_schema(manifest, archive, file)
    return manifest


def _refuse_another_schema(manifest: Manifest, archive: zipfile.ZipFile, file: Path) -> None:
    if manifest.schema not in known_revisions():
        given, newest = shorten(manifest.schema), newest_revision()
        raise BackupError(file, "backup_newer", given=given, newest=newest)
    tables = tables_at(manifest.schema)
    members = [MANIFEST, *(member(table) for table in tables)]
    names = {table.name for table in tables}
    if manifest.counts.keys() != names or sorted(archive.namelist()) != sorted(members):
        raise BackupError(file, "backup_tables")


def _rows(
    archive: zipfile.ZipFile, manifest: Manifest, table: Table, file: Path
) -> Iterator[dict[str, Any]]:
    """Read the rows of a table; whoever reads to the end knows that they are what was written."""
    digest, rows = sha256(), 0
    with archive.open(member(table)) as lines:
        for line in lines:
            digest.update(line)
            rows += 1
            try:
                yield _row(table, json.loads(line))
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                told = {"line": rows, "table": member(table), "reason": error}
                raise BackupError(file, "backup_row", **told) from error
    if digest.hexdigest() != manifest.sha256[table.name] or rows != manifest.counts[table.name]:
        raise BackupError(file, "backup_content", table=member(table))


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
    held = {table.name: count_rows(connection, table) for table in t.metadata.sorted_tables}
    full = {name: rows for name, rows in held.items() if rows}
    if full and not replace:
        holds = ", ".join(f"{name}: {rows}" for name, rows in full.items())
        raise BackupError(holds, "backup_not_empty")
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


def _go_on_counting(connection: Connection, tables: Sequence[Table]) -> None:
    """Let PostgreSQL's sequences go on after what was restored; SQLite's do so by themselves."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        for column in table.primary_key.columns:
            if not isinstance(column.type, Integer):
                continue
            newest = connection.execute(select(func.max(column))).scalar()
            connection.execute(  # of a column without a sequence, nothing is set
                text("SELECT setval(pg_get_serial_sequence(:table, :column), :newest, :used)"),
                {
                    "table": table.name,
                    "column": column.name,
                    "newest": newest or 1,
                    "used": newest is not None,
                },
            )
