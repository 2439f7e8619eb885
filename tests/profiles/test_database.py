"""Tests of the connection to the database: settings, migrations, databases that do not answer."""

from __future__ import annotations

import multiprocessing
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, inspect, text

from profiles import (
    Partner,
    Side,
    Store,
    StoreError,
    Vectors,
    Verdict,
    database,
    tables,
    validate,
)
from profiles.database import alembic_config, open_engine, reading, writing


def put(store: Store, id: str) -> int:
    return store.put_many([(validate(Partner, {"id": id, "name": id}), Vectors("e/p1"))])


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


def test_the_migrated_schema_is_that_of_the_models(store: Store) -> None:
    options = {"compare_type": True, "compare_server_default": True}
    with reading(store._engine) as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, tables.metadata) == []


def test_ids_compare_by_code_point_in_the_models_and_in_the_migration(store: Store) -> None:
    if store._engine.dialect.name == "sqlite":
        return
    found = inspect(store._engine)
    for table in tables.metadata.sorted_tables:
        for column in found.get_columns(table.name):
            wanted = table.c[column["name"]].type.dialect_impl(store._engine.dialect)
            collation = getattr(column["type"], "collation", None)
            assert collation == getattr(wanted, "collation", None), (table.name, column["name"])


def test_down_to_nothing_and_up_again(engine: Engine) -> None:
    def names() -> set[str]:
        return set(inspect(engine).get_table_names()) - {"alembic_version"}

    for _ in range(2):
        database.migrate(engine)
        assert names() == set(tables.metadata.tables)
        assert database.is_migrated(engine)
        with writing(engine) as connection:
            config = alembic_config()
            config.attributes["connection"] = connection
            command.downgrade(config, "base")
        assert names() == set()
        assert not database.is_migrated(engine)


def test_verdicts_from_before_revisions_are_told_in_their_order(store: Store) -> None:
    put(store, "q")
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3)]
    for day, note in zip(days, ("가", "b", "c"), strict=True):
        store.add_verdict(Verdict("q", "p", "good", note, 2, "m", day), by="Kim")
    told = store.history("q")
    with writing(store.engine) as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
        r = tables.revisions.c
        older = tables.revisions.delete().where(r.kind == "verdict", r.number < 3)
        connection.execute(older)
        connection.execute(tables.revisions.update().where(r.number == 3).values(number=1))
    for _ in range(2):
        store.migrate()
        found = [one for one in store.history("q") if one.kind == "verdict"]
        assert [(one.number, one.by, one.at) for one in found][:2] == [
            (1, "before revisions", days[0]),
            (2, "before revisions", days[1]),
        ]
        assert (found[2].number, found[2].by) == (3, "Kim")
        its = [one.payload for one in told if one.kind == "verdict"]
        assert [one.payload for one in found] == its
        with writing(store.engine) as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "0003")


def test_migrating_twice_keeps_what_is_there(store: Store) -> None:
    put(store, "a")
    store.migrate()
    assert store.is_migrated
    assert store.last_seq() == 1


def test_a_schema_of_a_newer_dari_is_named(store: Store) -> None:
    with writing(store._engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert not store.is_migrated
    with pytest.raises(StoreError, match="does not know"):
        store.migrate()


def test_the_settings_of_sqlite_hold_for_every_connection(sqlite_store: Store) -> None:
    wanted = {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "secure_delete": 1,
              "busy_timeout": 30_000}  # fmt: skip
    engine = sqlite_store._engine
    with reading(engine) as one, reading(engine) as two:
        for connection in (one, two):
            for name, value in wanted.items():
                assert connection.exec_driver_sql(f"PRAGMA {name}").scalar() == value, name


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://u@h/d", "oracle://x", "sqlite", "no-such-thing:///x", "x" * 9999],
)
def test_urls_that_dari_cannot_use(url: str) -> None:
    with pytest.raises(StoreError, match="none that Dari can use"):
        Store.open(url)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="folder of the database"):
        Store.open(f"sqlite:///{tmp_path / 'file' / 'sub' / 'dari.sqlite3'}")


def assert_unusable(url: str, said: str) -> None:
    store = Store.open(url)
    for act in (store.last_seq, store.programmes, store.migrate, lambda: put(store, "a")):
        with pytest.raises(StoreError, match=said) as caught:
            act()
        assert "DARI_HOME" in caught.value.remedy
    store.close()


def test_a_missing_database(database_url: str) -> None:
    store = Store.open(database_url)
    assert not store.is_migrated
    for act in (store.last_seq, lambda: store.count(Side.STARTUP), lambda: put(store, "a")):
        with pytest.raises(StoreError, match="does not answer"):
            act()
    store.close()


def test_a_folder_in_place_of_the_database(tmp_path: Path) -> None:
    assert_unusable(f"sqlite:///{tmp_path}", "unable to open database file")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "dari.sqlite3"
    path.write_bytes(b"This is a letter, and no database at all. " * 200)
    assert_unusable(f"sqlite:///{path}", "not a database")
    assert path.read_bytes().startswith(b"This is a letter")


def test_a_corrupt_database(sqlite_store: Store, tmp_path: Path) -> None:
    for n in range(200):
        put(sqlite_store, f"p{n}")
    sqlite_store.close()
    path = tmp_path / "dari.sqlite3"
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    broken = Store.open(f"sqlite:///{path}")
    with pytest.raises(StoreError, match="malformed"):
        list(broken.each(Side.PARTNER))
    broken.close()


def test_a_database_that_can_only_be_read(sqlite_store: Store, tmp_path: Path) -> None:
    put(sqlite_store, "a")
    store = Store.open(f"sqlite:///file:{tmp_path / 'dari.sqlite3'}?mode=ro&uri=true")
    assert store.get("a").id == "a"
    with pytest.raises(StoreError, match="readonly"):
        put(store, "b")
    assert store.last_seq() == 1
    store.close()
    assert not Path("file:").exists()


def test_a_database_that_another_process_holds(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)
    url = f"sqlite:///{tmp_path / 'dari.sqlite3'}"
    other = sqlite3.connect(tmp_path / "dari.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store = Store.open(url)
    assert store.last_seq() == 0  # a reader never waits for a writer
    with pytest.raises(StoreError, match="locked"):
        put(store, "a")
    other.execute("ROLLBACK")
    other.close()
    assert put(store, "a") == 1
    store.close()


def test_a_server_that_does_not_answer() -> None:
    store = Store.open("postgresql://dari:secret@127.0.0.1:9/dari?connect_timeout=1")
    with pytest.raises(StoreError) as caught:
        store.last_seq()
    assert "secret" not in str(caught.value)
    assert "***" in str(caught.value.value)


def _write(url: str, name: str, count: int) -> None:
    store = Store.open(url)
    for n in range(count):
        put(store, f"{name}-{n}")
    store.close()


def test_processes_take_turns(store: Store, database_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_write, args=(database_url, f"w{n}", 15)) for n in range(2)]
    for writer in writers:
        writer.start()
    seen: list[int] = []
    while True:
        running = any(writer.is_alive() for writer in writers)
        newest = store.last_seq()
        seen += [change.seq for change in store.changes_after(seen[-1] if seen else 0)]
        assert newest <= (seen[-1] if seen else 0)
        if not running:
            break
        time.sleep(0.005)
    assert [writer.exitcode for writer in writers] == [0, 0]
    for writer in writers:
        writer.close()
    assert seen == list(range(1, 31))
    assert store.count(Side.PARTNER) == 30


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_a_plain_reading_is_no_transaction_any_other_and_a_writing_are(store: Store) -> None:
    def is_one(connection: Connection) -> bool:
        connection.execute(text("SELECT 1"))
        driver: Any = connection.connection.driver_connection
        return bool(driver.info.transaction_status)

    put(store, "a")
    with reading(store.engine) as connection:
        assert not is_one(connection)
    with reading(store.engine, repeatable=True) as connection:
        assert is_one(connection)
    with writing(store.engine) as connection:
        connection.execute(text("DELETE FROM changes"))
        assert is_one(connection)
        connection.rollback()
    assert store.last_seq() == 1


def _let_others_end(store: Store) -> int:
    """End all other connections to the database, as a server does that is started again."""
    others = "pid <> pg_backend_pid() AND datname = current_database()"
    ended = f"SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE {others}"
    with store.engine.connect() as connection:
        return connection.execute(text(ended)).scalar_one()


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_connections_that_a_server_has_closed_are_made_anew(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Store.open(database_url)
    assert store.last_seq() == 0
    for seq, id in enumerate(("by what the server says", "once more"), start=1):
        assert _let_others_end(other)
        assert put(store, id.replace(" ", "-")) == seq
        assert _let_others_end(other)
        assert store.last_seq() == seq
    monkeypatch.setattr("profiles.database._is_told", lambda _: False)
    monkeypatch.setattr("profiles.database._TRIED_AFTER_S", 0.0)
    assert _let_others_end(other)
    assert put(store, "after-a-rest") == 3
    other.close()


def test_the_newest_revision_is_the_head_of_the_migrations(store: Store) -> None:
    assert database.newest_revision() == database.known_revisions()[0]
    with reading(store.engine) as connection:
        held = MigrationContext.configure(connection).get_current_revision()
        assert database.schema_revision(connection) == held == database.newest_revision()


def test_an_empty_database_has_no_revision(engine: Engine) -> None:
    with reading(engine) as connection:
        assert database.schema_revision(connection) is None
