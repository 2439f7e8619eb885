"""What happens to a disk or a database while Dari runs: one clear error, and no damage."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from index import Follower, Writer, verify
from profiles import Partner, Side, Store, StoreError, validate
from profiles.consistency import faults
from profiles.database import writing

ROOT = Path(__file__).parents[2]
ON_A_SERVER = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


def partner(id: str, summary: str = "robots") -> Partner:
    return validate(Partner, {"id": id, "name": id, "summary": summary})


def said(error: StoreError) -> str:
    """What a person reads: all three parts must be there."""
    assert error.value
    assert error.remedy
    return error.rule


def test_a_database_file_that_vanishes_while_dari_runs(
    sqlite_store: Store, encoder, tmp_path: Path
) -> None:
    """SQLite would go on writing to the deleted file, and then make an empty one."""
    file, kept = tmp_path / "dari.sqlite3", tmp_path / "kept.sqlite3"
    writer, follower = Writer(sqlite_store, encoder), Follower(sqlite_store, encoder)
    writer.put(partner("p1"))
    follower.catch_up()
    sqlite_store.engine.dispose()
    with sqlite_store.engine.connect():
        file.rename(kept)
    for act in (lambda: writer.put(partner("p2")), follower.catch_up, sqlite_store.last_seq) * 2:
        with pytest.raises(StoreError) as caught:
            act()
        assert "vanished while Dari ran" in said(caught.value)
        assert caught.value.value == file
    assert not file.exists()
    kept.rename(file)
    assert writer.put(partner("p2")) == 2
    assert follower.catch_up().facts.keys() == {"p1", "p2"}


def test_a_database_file_that_is_replaced_while_dari_runs(
    sqlite_store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "dari.sqlite3"
    assert sqlite_store.last_seq() == 0
    shutil.copy(file, tmp_path / "other")
    (tmp_path / "other").replace(file)
    with pytest.raises(StoreError) as caught:
        sqlite_store.last_seq()
    assert "been replaced by another one" in said(caught.value)
    fresh = Store.open(f"sqlite:///{file}")
    assert fresh.last_seq() == 0
    fresh.close()


def test_a_full_disk_under_sqlite(sqlite_store: Store, encoder) -> None:
    writer = Writer(sqlite_store, encoder)
    writer.put(partner("p1"))
    with writing(sqlite_store.engine) as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 3}")
    with pytest.raises(StoreError) as caught:
        writer.put_many(partner(f"q{n}") for n in range(300))
    assert "full" in said(caught.value)
    assert sqlite_store.count(Side.PARTNER) == 1
    assert verify(sqlite_store, encoder).differences == ()
    with sqlite_store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert writer.put_many([partner("q1")]) == 1


LIMITED = """
import resource, sys
from index import Writer, load_encoder
from profiles import Partner, Store, StoreError, validate
store, encoder = Store.open(sys.argv[1]), load_encoder(None)
make = lambda id: validate(Partner, {"id": id, "name": id, "summary": f"{id} makes robots"})
writer = Writer(store, encoder)
writer.put_many([make("p1")])
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
for n in range(1000):
    try:
        writer.put_many([make(f"q{n}-{m}") for m in range(20)])
    except StoreError as error:
        print(n, error.rule, flush=True)
        break
assert store.get("p1").id == "p1"
"""


def test_a_disk_that_is_full_in_the_middle_of_a_transaction(
    sqlite_store: Store, encoder, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'dari.sqlite3'}"
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, url], capture_output=True, text=True, check=True, cwd=ROOT
    )
    written, _, rule = done.stdout.partition(" ")
    assert "The database does not answer as it should" in rule
    assert sqlite_store.count(Side.PARTNER) == 1 + 20 * int(written)
    assert verify(sqlite_store, encoder).differences == ()
    with sqlite3.connect(tmp_path / "dari.sqlite3") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


@ON_A_SERVER
def test_a_server_that_ends_a_transaction(store: Store, database_url: str, encoder) -> None:
    """Nothing of it is kept, and the next one has a connection that lives."""
    writer = Writer(store, encoder)
    writer.put(partner("p1"))

    def delete() -> None:
        with writing(store.engine) as connection:
            connection.execute(text("DELETE FROM revisions"))
            _end_all_others(database_url)
            connection.execute(text("DELETE FROM profiles"))

    with pytest.raises(StoreError) as caught:
        delete()
    assert "terminating connection" in said(caught.value)
    assert faults(store) == []
    assert store.count(Side.PARTNER) == 1


@ON_A_SERVER
def test_a_server_that_was_started_again_is_used_at_once(store: Store, database_url: str) -> None:
    assert store.last_seq() == 0
    _end_all_others(database_url)
    assert store.last_seq() == 0


def _end_all_others(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_database_that_may_only_be_read(store: Store, database_url: str, encoder) -> None:
    Writer(store, encoder).put(partner("p1"))
    if store.engine.dialect.name == "sqlite":
        path = database_url.removeprefix("sqlite:///")
        only = Store.open(f"sqlite:///file:{path}?mode=ro&uri=true")
    else:
        only = Store.open(f"{database_url}?options=-cdefault_transaction_read_only%3Don")
    with pytest.raises(StoreError) as caught:
        Writer(only, encoder).put(partner("p2"))
    assert "read" in said(caught.value)
    assert Follower(only, encoder).catch_up().facts.keys() == {"p1"}
    assert verify(only, encoder).differences == ()
    only.close()


def test_no_file_is_left_open_on_a_database_that_is_gone(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'dari.sqlite3'}")
    store.migrate()
    (tmp_path / "dari.sqlite3").unlink()
    with pytest.raises(StoreError, match="vanished"):
        store.last_seq()
    store.close()
    opened = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert not [name for name in opened if tmp_path in name.parents]
