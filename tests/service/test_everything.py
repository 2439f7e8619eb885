"""All tables at once: erasure with proof, backups, older schemas, a name that is taken out."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from profiles import Store, tables
from profiles.backup import back_up
from profiles.consistency import faults
from profiles.judges import erase_judge, held_of_judge
from profiles.privacy import erase, held, withdraw
from profiles.remains import _TOUCHED, rebuild, settle
from profiles.restoring import restore
from service.held_files import held_json, own_zip
from service.judge_files import judge_zip
from service.privacy import now
from service.searching import search
from service.traces import traces_of
from tests.profiles.everything import ADDRESS, NAME, SECRET, STAFF, content, fill_all
from tests.profiles.test_backup import age, shared, unordered


@pytest.fixture
def full(store: Store) -> Store:
    fill_all(store)
    return store


def test_nothing_of_an_erased_startup_is_left_in_any_table(full: Store, tmp_path: Path) -> None:
    assert [name for name, rows in content(full).items() if not rows] == []
    assert faults(full) == []
    traces, _ = traces_of(held(full, "s-1"))
    erase(full, "s-1")
    left = [name for name, rows in content(full).items()
            if any(said in repr(rows) for said in (SECRET, ADDRESS, NAME))]  # fmt: skip
    assert left == []
    assert faults(full) == []
    assert settle(full) == rebuild(full) == []
    proof = search(full, tmp_path, traces)
    assert (proof.found, proof.unread) == ([], [])
    assert proof.is_clean
    assert proof.searched


def test_every_table_of_content_is_taken_off_the_disk() -> None:
    assert set(tables.metadata.sorted_tables) - set(_TOUCHED) == {tables.changes}


def test_an_address_that_is_withdrawn_is_in_no_table(full: Store) -> None:
    withdraw(full, "s-1")
    assert [name for name, rows in content(full).items() if ADDRESS in repr(rows)] == []
    assert faults(full) == []


def test_a_backup_brings_every_table_back(full: Store, tmp_path: Path) -> None:
    made = back_up(full, tmp_path / "b.zip")
    assert 0 not in made.counts.values()
    other = Store.open(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    restore(other, tmp_path / "b.zip")
    assert content(other) == content(full) | {"sessions": []}  # nobody is signed in
    assert faults(other) == []
    other.close()


@pytest.mark.parametrize("revision", ["0005", "0008", "0010"])
def test_what_an_older_schema_held_is_brought_up(
    full: Store, tmp_path: Path, revision: str
) -> None:
    kept = age(full, revision)
    back_up(full, tmp_path / "b.zip")
    full.migrate()
    other = Store.open(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    restore(other, tmp_path / "b.zip")
    for one in (full, other):
        assert one.is_migrated
        found = shared(one, kept)
        found["changes"] = [row for row in found["changes"] if row["kind"] != "restore"]
        assert unordered(found) == unordered(kept)
    other.close()


def test_a_name_of_the_staff_is_told_and_taken_out(full: Store) -> None:
    found = held_of_judge(full, STAFF.upper())
    assert [one.id for one in found.cases] == [1]
    assert [one.name for one in found.keys] == ["portal"]
    with zipfile.ZipFile(BytesIO(judge_zip(found, now()))) as archive:
        assert b"portal" in archive.read("api_keys.csv")
        assert b"s-1" in archive.read("cases.csv")
    erase_judge(full, STAFF)
    histories = {"revisions", "merges", "kept_apart"}
    named = {name for name, rows in content(full).items() if STAFF in repr(rows)}
    assert named == histories
    assert faults(full) == []


def test_accounts_are_told_by_staff_and_not_to_whoever_holds_a_link(full: Store) -> None:
    found = held(full, "s-1")
    assert [one["email"] for one in held_json(found)["accounts"]] == ["her@own.example"]
    with zipfile.ZipFile(BytesIO(own_zip(found, now()))) as archive:
        assert b"her@own.example" not in archive.read("accounts.csv")
