"""Tests of backup and restore: every table, every database, and nothing changed by a bad file."""

from __future__ import annotations

import json
import re
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, insert, select, text

from profiles import (
    Partner,
    Programme,
    Startup,
    Store,
    StoreError,
    Tie,
    Vectors,
    Verdict,
    backup,
    restoring,
    tables,
    validate,
)
from profiles.backup import BackupError, back_up
from profiles.consistency import faults
from profiles.database import (
    alembic_config,
    known_revisions,
    newest_revision,
    reading,
    writing,
)
from profiles.restoring import check, restore


def fill(store: Store) -> None:
    """Put something into every table, with what is awkward to carry."""
    vectors = Vectors("e/p1", {"is": bytes(range(256))})
    startup = {"id": "s1", "name": {"ko": "소노", "en": 'So"no\\\n'}, "summary": "🤖 \u2028 x"}
    store.put_many([
        (validate(Startup, startup), vectors),
        (validate(Partner, {"id": "p1", "name": "P"}), vectors),
        (validate(Partner, {"id": "gone", "name": "Gone"}), vectors),
    ])
    leap = date(2020, 2, 29)
    tie = {"id": "t1", "a": "s1", "b": "p1", "kind": "collaboration", "valid_from": leap}
    store.put_ties([(validate(Tie, tie), vectors)])
    programme = {"id": "g1", "name": "G", "kind": "contest", "partners": ["p1"]}
    store.put_programmes([validate(Programme, programme)])
    at = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
    store.add_verdict(Verdict("s1", "p1", "good", "잘 맞음", 1, "m", at))
    store.add_verdict(Verdict("s1", "p1", "poor", "", None, "m", at))
    store.erase("gone")


def content(store: Store) -> dict[str, list[Any]]:
    """Everything that is held, as the tables give it."""
    with reading(store.engine, repeatable=True) as connection:
        return {
            table.name: [
                tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in tables.metadata.sorted_tables
        }


@pytest.fixture
def filled(store: Store) -> Store:
    fill(store)
    return store


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    """A database of SQLite that has no tables yet."""
    made = Store.open(f"sqlite:///{tmp_path / 'other' / 'dari.sqlite3'}")
    yield made
    made.close()


@pytest.fixture
def saved(sqlite_store: Store, tmp_path: Path) -> Path:
    fill(sqlite_store)
    back_up(sqlite_store, tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


def test_everything_comes_back_in_another_database(
    filled: Store, empty: Store, tmp_path: Path
) -> None:
    made = back_up(filled, tmp_path / "b.zip")
    assert restore(empty, tmp_path / "b.zip") == made
    assert content(empty) == content(filled)
    assert made.counts == {name: len(rows) for name, rows in content(filled).items()}
    assert faults(empty) == []


def test_a_backup_of_sqlite_is_restored_into_any_database(saved: Path, store: Store) -> None:
    if store.count_ties():  # on SQLite both fixtures are the same database
        restore(store, saved, replace=True)
    else:
        restore(store, saved)
    assert store.get("s1").name.ko == "소노"
    seq, verdicts = store.last_seq(), len(store.verdicts("s1"))
    assert store.add_verdict(Verdict("s1", "p1", "good", "", 1, "m")) == seq + 1
    assert store.put_many([(validate(Partner, {"id": "p2", "name": "P"}), Vectors("e"))]) > seq + 1
    assert len(store.verdicts("s1")) == verdicts + 1


def test_an_empty_store_can_be_backed_up(sqlite_store: Store, empty: Store, tmp_path: Path) -> None:
    assert back_up(sqlite_store, tmp_path / "b.zip").rows == 0
    restore(empty, tmp_path / "b.zip")
    assert empty.put_many([(validate(Partner, {"id": "p", "name": "P"}), Vectors("e"))]) == 1


def test_what_is_held_is_replaced_only_if_that_is_asked(saved: Path, store: Store) -> None:
    store.put_many([(validate(Partner, {"id": f"x{n}", "name": "X"}), Vectors("e"))
                    for n in range(30)])  # fmt: skip
    held, fingerprint = content(store), store.fingerprint(store.last_seq())
    with pytest.raises(BackupError, match="into an empty database") as caught:
        restore(store, saved)
    assert "profiles:" in str(caught.value.value)
    assert content(store) == held
    before = store.last_seq()
    restore(store, saved, replace=True)
    assert store.sides(["s1", "p1", "x1"]).keys() == {"s1", "p1"}
    assert store.changes_after(before)[-1].kind == "restore"
    assert store.last_seq() == before + 1
    assert store.fingerprint(before) != fingerprint
    assert store.add_verdict(Verdict("s1", "p1", "good", "", 1, "m")) == before + 2


def test_progress_is_told_to_its_end(saved: Path, empty: Store) -> None:
    told: list[tuple[str, int, int]] = []
    made = restore(empty, saved, progress=lambda *one: told.append(one))
    assert {what for what, _, _ in told} == {"checking the backup", "restoring"}
    assert told[-1][1:] == (made.rows, made.rows)


def rewrite(saved: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Make the same archive again with other members."""
    with zipfile.ZipFile(saved) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(saved, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def refused(saved: Path, store: Store, reason: str) -> None:
    """Nothing may have been written, not even tables."""
    with pytest.raises(BackupError, match=reason) as caught:
        restore(store, saved)
    assert caught.value.value == saved
    assert caught.value.remedy
    assert all(re.search("[가-힣]", said) for said in caught.value.told("ko"))
    assert not store.is_migrated


@pytest.mark.parametrize("kept", [0, 0.001, 0.3, 0.9, 0.999])
def test_a_truncated_file(saved: Path, empty: Store, kept: float) -> None:
    data = saved.read_bytes()
    saved.write_bytes(data[: int(len(data) * kept)])
    refused(saved, empty, "cannot be opened")


def test_a_flipped_byte_anywhere(saved: Path, empty: Store) -> None:
    """A byte that nothing depends on (a date of the archive) may flip; the content must not."""
    whole, data = check(saved), saved.read_bytes()
    for place in range(0, len(data), max(1, len(data) // 150)):
        saved.write_bytes(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
        try:
            assert check(saved) == whole
        except BackupError as error:
            assert error.value == saved  # noqa: PT017


@pytest.mark.parametrize("data", [b"", b"\0" * 9999, b"PK\x05\x06" + b"\0" * 18, b"{}"])
def test_a_file_that_is_no_backup(saved: Path, empty: Store, data: bytes) -> None:
    saved.write_bytes(data)
    refused(saved, empty, "no backup")


def test_a_file_that_is_not_there(tmp_path: Path, empty: Store) -> None:
    refused(tmp_path / "none.zip", empty, "No such file")


@pytest.mark.parametrize("manifest", ["", "[]", "null", "{}", '{"format": 3}', "[" * 100_000, "1"])
def test_a_manifest_that_says_nothing(saved: Path, empty: Store, manifest: str) -> None:
    rewrite(saved, lambda members: members.update({"manifest.json": manifest.encode()}))
    refused(saved, empty, "no backup")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("format", "dari-backup/2", "its format is"),
        ("schema", "9999", "has schema 9999, which this Dari does not know"),
        ("schema", None, "has schema None, which"),
        ("schema", "0001", "its tables are not"),
        ("tables", {}, "its tables are not"),
        ("tables", [], "manifest cannot be read"),
        ("made_at", "yesterday", "manifest cannot be read"),
    ],
)
def test_a_foreign_manifest(
    saved: Path, empty: Store, name: str, value: object, reason: str
) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps(
            json.loads(members["manifest.json"]) | {name: value}
        ).encode()

    rewrite(saved, change)
    refused(saved, empty, reason)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data + data,
        lambda data: b"",
        lambda data: data.replace(b"P", b"Q", 1),
        lambda data: b"[]\n",
        lambda data: b"{\n",
        lambda data: b"\xff\xfe\n",
    ],
)
def test_rows_that_are_not_what_was_written(
    saved: Path, empty: Store, change: Callable[[bytes], bytes]
) -> None:
    name = "profiles.jsonl"
    rewrite(saved, lambda members: members.update({name: change(members[name])}))
    refused(saved, empty, name)


@pytest.mark.parametrize("name", ["profiles.jsonl", "manifest.json"])
def test_a_missing_member(saved: Path, empty: Store, name: str) -> None:
    rewrite(saved, lambda members: members.pop(name) and None)
    refused(saved, empty, "no backup")


def test_a_failure_in_the_middle_of_a_restore_changes_nothing(
    saved: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put_many([(validate(Partner, {"id": "kept", "name": "K"}), Vectors("e"))])
    held = content(store)

    def fail(*_: object) -> None:
        raise BackupError("x", "backup_tables")

    monkeypatch.setattr(restoring, "_go_on_counting", fail)
    with pytest.raises(BackupError, match="its tables are not"):
        restore(store, saved, replace=True)
    assert content(store) == held


def test_a_folder_that_is_not_there(sqlite_store: Store, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="cannot be written: No such file"):
        back_up(sqlite_store, tmp_path / "none" / "b.zip")


def test_a_full_disk_leaves_the_older_backup(
    saved: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = saved.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup.os, "fsync", full)
    with pytest.raises(BackupError, match="No space left on device"):
        back_up(sqlite_store, saved)
    assert saved.read_bytes() == older
    assert not list(saved.parent.glob("*.writing"))


OLDER = [revision for revision in known_revisions() if revision != newest_revision()]


def age(store: Store, revision: str) -> dict[str, list[dict[str, Any]]]:
    """Take a store back to an older schema, with what that had room for; give that by table.

    The schema is Alembic's, so a migration that is added needs nothing here.
    """
    with writing(store.engine) as connection:
        held = {
            table.name: [row._asdict() for row in connection.execute(select(table))]
            for table in tables.metadata.sorted_tables
        }
        tables.metadata.drop_all(connection)
        connection.execute(text("DROP TABLE alembic_version"))
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        then = MetaData()
        then.reflect(connection)
        kept = {}
        for table in then.sorted_tables:
            names = table.columns.keys()
            rows = [{name: row[name] for name in names} for row in held.get(table.name, [])]
            if rows:
                connection.execute(insert(table), rows)
                kept[table.name] = rows
    return kept


def shared(store: Store, kept: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """What a store holds in the columns that an older schema had."""
    with reading(store.engine) as connection:
        return {
            name: [
                {column: row._asdict()[column] for column in rows[0]}
                for row in connection.execute(select(tables.metadata.tables[name]))
            ]
            for name, rows in kept.items()
        }


def unordered(held: dict[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    return {name: sorted(map(repr, rows)) for name, rows in held.items()}


@pytest.fixture
def in_korea(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock does not show UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Seoul")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_korea")
@pytest.mark.parametrize("revision", OLDER)
def test_a_backup_of_an_older_schema_is_migrated(
    filled: Store, empty: Store, tmp_path: Path, revision: str
) -> None:
    kept = age(filled, revision)
    assert not filled.is_migrated
    made = back_up(filled, tmp_path / "b.zip")  # an update begins with one
    assert (made.schema, made.counts["profiles"]) == (revision, 2)
    restore(filled, tmp_path / "b.zip", replace=True)
    restore(empty, tmp_path / "b.zip")
    for store in (filled, empty):
        assert store.is_migrated
        assert faults(store) == []
        found = shared(store, kept)
        found["changes"] = [row for row in found["changes"] if row["kind"] != "restore"]
        assert unordered(found) == unordered(kept)
    migrated = filled.last_seq()
    assert filled.changes_after(migrated - 1)[0].kind == "restore"
    assert filled.add_verdict(Verdict("s1", "p1", "good", "", 1, "m")) == migrated + 1


@pytest.mark.parametrize("revision", [OLDER[0], OLDER[-1]])
@pytest.mark.parametrize("aged", [False, True])
def test_a_failure_while_an_older_backup_is_migrated_changes_nothing(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, revision: str, aged: bool
) -> None:
    other = Store.open(f"sqlite:///{tmp_path / 'older.sqlite3'}")
    other.migrate()
    fill(other)
    age(other, revision)
    back_up(other, tmp_path / "b.zip")
    other.close()
    if aged:
        age(filled, revision)
    before = back_up(filled, tmp_path / "before.zip")

    def fail(*_: object) -> None:
        raise BackupError("x", "backup_tables")

    for name in ("_go_on_counting", "_mark"):  # before the migration, and after it
        with monkeypatch.context() as patch:
            patch.setattr(restoring, name, fail)
            with pytest.raises(BackupError, match="its tables are not"):
                restore(filled, tmp_path / "b.zip", replace=True)
    with pytest.raises(BackupError, match="into an empty database"):
        restore(filled, tmp_path / "b.zip")
    after = back_up(filled, tmp_path / "after.zip")
    assert (after.schema, after.sha256) == (before.schema, before.sha256)


def test_a_schema_that_is_not_known_is_not_backed_up(store: Store, tmp_path: Path) -> None:
    with writing(store.engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="it has 9999"):
        back_up(store, tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()


def test_only_its_owner_can_read_it(saved: Path) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600


def test_a_database_without_tables_is_named(empty: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="DARI_HOME"):
        back_up(empty, tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()


def test_a_backup_while_somebody_writes_is_of_one_moment(
    store: Store, empty: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between any two rows that are read a whole batch is written, and none of it is in."""
    fill(store)
    before, lines = content(store), backup._lines
    count = 0

    def lines_and_writes(connection: Any, table: Any) -> Iterator[bytes]:
        nonlocal count
        for line in lines(connection, table):
            count += 1
            store_batch(store, f"w{count}")
            yield line

    monkeypatch.setattr(backup, "_lines", lines_and_writes)
    back_up(store, tmp_path / "b.zip")
    restore(empty, tmp_path / "b.zip")
    assert count > 10
    assert store.last_seq() > empty.last_seq()
    assert content(empty) == before
    assert faults(empty) == []


def store_batch(store: Store, name: str) -> None:
    vectors = Vectors("e/p1", {"is": b"1234"})
    made = [validate(Partner, {"id": f"{name}-{n}", "name": name}) for n in range(3)]
    store.put_many([(one, vectors) for one in made])


def test_backups_beside_a_busy_writer_are_consistent(store: Store, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            store_batch(store, f"b{number}")
            store.erase(f"b{number}-0")
            number += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(4):
            back_up(store, tmp_path / f"{number}.zip")
    finally:
        stop.set()
        thread.join()
    for number in range(4):
        other = Store.open(f"sqlite:///{tmp_path / f'{number}.sqlite3'}")
        restore(other, tmp_path / f"{number}.zip")
        assert faults(other) == []
        other.close()


def tear(store: Store, statement: Any) -> None:
    with writing(store.engine) as connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (tables.revisions.delete().where(tables.revisions.c.id == "p1"), "no revision"),
        (tables.profiles.delete().where(tables.profiles.c.id == "p1"), "but is not held"),
        (tables.profiles.update().values(payload="{}"), "is not what is held"),
        (tables.profiles.update().values(revision=7), "is not what is held"),
        (tables.changes.delete().where(tables.changes.c.id == "t1"), "does not name it"),
        (tables.programmes.delete(), "has revisions, but is not held"),
        (tables.ties.delete(), "has vectors, but is not held"),
    ],
)
def test_a_torn_record_is_found(filled: Store, statement: Any, fault: str) -> None:
    assert faults(filled) == []
    tear(filled, statement)
    assert any(fault in one.what for one in faults(filled))
