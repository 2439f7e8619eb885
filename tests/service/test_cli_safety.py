"""The commands verify, snapshot, backup and restore, as a person types them."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from profiles import Store, tables
from profiles.database import writing
from service.cli import main
from service.settings import Settings
from service.wiring import build

STARTUP = {"id": "s1", "name": "Sono", "summary": "portable ultrasound", "sectors": ["ai"]}


@pytest.fixture
def home(installed, tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "home"
    shutil.copytree(installed, folder)
    monkeypatch.setenv("DARI_HOME", str(folder))
    monkeypatch.setenv("COLUMNS", "200")
    return folder


def dari(*words: object, **more: object) -> Result:
    answer = CliRunner().invoke(main, [str(word) for word in words], **more)
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer


def good(*words: object, **more: object) -> Result:
    answer = dari(*words, **more)
    assert answer.exit_code == 0, answer.output
    return answer


@pytest.fixture
def rows(tmp_path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(STARTUP), encoding="utf-8")
    return path


def lists() -> list[bytes]:
    """Match lists of both directions, as they are printed."""
    dari, day = build(Settings()), date(2026, 11, 1)
    found = [
        dari.matchmaker.match(id, k, as_of=day).as_json()
        for id in ("s1", "samsung")
        for k in (9, 50)
    ]
    dari.store.close()
    return [json.dumps(one, ensure_ascii=False).encode() for one in found]


def spoil(home: Path) -> None:
    store = Store.open(f"sqlite:///{home / 'dari.sqlite3'}")
    with writing(store.engine) as connection:
        v = tables.vectors
        wrong = v.update().where(v.c.owner_id == "samsung", v.c.facet == "is")
        connection.execute(wrong.values(data=b"\0\x3c" * 256))
    store.close()


def test_verify_finds_nothing_in_a_new_installation(home):
    assert "No difference: 190 profiles" in good("index", "verify").stdout
    document = json.loads(good("index", "verify", "--json").stdout)
    assert document["differences"] == []
    assert document["snapshot"] == f"seq {document['seq']}"


def test_verify_prints_each_difference_and_ends_with_1(home):
    spoil(home)
    answer = dari("index", "verify")
    assert answer.exit_code == 1
    assert "samsung" in answer.stdout
    assert "is not that of its text" in answer.stdout
    answer = dari("index", "verify", "--json")
    assert answer.exit_code == 1
    said = {(one["where"], one["id"]) for one in json.loads(answer.stdout)["differences"]}
    assert said == {("database", "samsung"), ("snapshot", "samsung")}


def test_snapshot_writes_one(home):
    shutil.rmtree(home / "snapshots")
    answer = good("index", "snapshot")
    (made,) = (home / "snapshots").iterdir()
    assert made.name in answer.stderr
    assert "snapshot: seq" in good("index", "verify").stdout


def test_snapshot_says_why_it_cannot(home):
    shutil.rmtree(home / "snapshots")
    (home / "snapshots").write_text("")
    answer = dari("index", "snapshot")
    assert answer.exit_code == 1
    assert "The snapshot cannot be written" in answer.stderr
    assert "remedy" in answer.stderr


def test_a_snapshot_that_cannot_be_written_fails_neither_import_nor_init(home, rows):
    shutil.rmtree(home / "snapshots")
    (home / "snapshots").write_text("")
    assert "1 rows accepted" in good("import", "startups", rows).stdout
    good("match", "s1")


@pytest.mark.parametrize(
    "kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def test_a_restored_installation_answers_the_same_lists(
    home, rows, tmp_path, monkeypatch, kind, request
):
    good("import", "startups", rows)
    before, file = lists(), tmp_path / "b.zip"
    assert "Written" in good("backup", file).stderr
    monkeypatch.setenv("DARI_HOME", str(tmp_path / "restored"))
    if kind == "postgresql":
        from tests.servers import new_database

        url = new_database(request.getfixturevalue("postgresql"))
        monkeypatch.setenv("DARI_DATABASE_URL", url)
    assert "Restored" in good("restore", file).stderr
    assert (tmp_path / "restored").stat().st_mode & 0o777 == 0o700
    assert lists() == before
    assert "No difference: 191 profiles" in good("index", "verify").stdout
    good("backup", tmp_path / "again.zip")
    monkeypatch.setenv("DARI_HOME", str(home))
    monkeypatch.delenv("DARI_DATABASE_URL", raising=False)
    good("restore", tmp_path / "again.zip", "--replace", "--yes")
    assert [without_seq(one) for one in lists()] == [without_seq(one) for one in before]
    assert "No difference: 191 profiles" in good("index", "verify").stdout


def without_seq(printed: bytes) -> dict[str, object]:
    document = json.loads(printed)
    assert document.pop("index_seq")
    return document


def test_restore_asks_before_it_replaces(home, tmp_path, rows):
    good("backup", tmp_path / "b.zip")
    good("import", "startups", rows)
    answer = dari("restore", tmp_path / "b.zip")
    assert answer.exit_code == 1
    assert "--replace" in answer.stderr
    assert dari("restore", tmp_path / "b.zip", "--replace", input="n\n").exit_code == 1
    good("match", "s1")
    good("restore", tmp_path / "b.zip", "--replace", input="y\n")
    assert not list((home / "snapshots").iterdir())
    assert dari("match", "s1").exit_code == 1


def test_a_damaged_backup_changes_nothing(home, tmp_path):
    good("backup", tmp_path / "b.zip")
    before = good("index", "verify").stdout
    data = (tmp_path / "b.zip").read_bytes()
    (tmp_path / "b.zip").write_bytes(data[:-500])
    answer = dari("restore", tmp_path / "b.zip", "--replace", "--yes")
    assert answer.exit_code == 1
    assert "Nothing has been changed" in answer.stderr
    assert good("index", "verify").stdout == before


def test_a_refused_restore_leaves_no_empty_database(tmp_path, monkeypatch):
    monkeypatch.setenv("DARI_HOME", str(tmp_path / "new"))
    (tmp_path / "b.zip").write_text("no backup")
    assert dari("restore", tmp_path / "b.zip").exit_code == 1
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize("file", ["none/b.zip", "."])
def test_a_backup_that_cannot_be_written(home, tmp_path, file):
    answer = dari("backup", tmp_path / file)
    assert answer.exit_code in {1, 2}
    assert answer.stderr
    assert not list(tmp_path.rglob("*.writing"))


def test_a_page_says_that_the_database_is_gone(make_app, sign_in):
    app = make_app()
    client = sign_in(app)
    file = app.extensions["dari"].settings.home / "dari.sqlite3"
    assert client.get("/partners").status_code == 200
    file.rename(file.with_suffix(".kept"))
    assert client.get("/partners").status_code == 503
    assert not file.exists()
    file.with_suffix(".kept").rename(file)
    assert client.get("/partners").status_code == 200
