"""What is held, erased and proven, withdrawn and expired, at the command line and on the pages."""

from __future__ import annotations

import csv
import gzip
import io
import json
import logging
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text, update

from profiles import Side, Store, Verdict, tables
from profiles.apart import keep_proposals
from profiles.database import writing
from profiles.event_people import add_person
from profiles.events import open_event
from profiles.identity import Proposal, Reason
from profiles.privacy import held
from profiles.text import Text
from service.cli import main
from service.mail import Letter, deliver
from service.settings import Settings
from service.submission import submit
from service.traces import Needles, Trace, pieces_of, traces_of
from service.wiring import Dari, build
from tests.servers import free_port

SECRET = 'Sonoluma이 만드는 "조용한 탐촉자"는 아무도 모르는 방식으로 배를 들여다봅니다.'
ADDRESS = "boss@sonoluma.example"
LUMA = {
    "id": "s-1",
    "name": {"ko": "소노루마", "en": "Sonoluma"},
    "aliases": ["=cmd|'/c calc'!A1"],
    "summary": f"{SECRET} 짧은 말.",
    "seeking": "임상 시험을 함께하며 결과를 나눌 대학병원을 찾고 있습니다.",
    "region": "KR-27",
    "contact": ADDRESS,
    "consent": {"version": "1", "purpose": "contact", "at": "2026-11-01T00:00:00Z"},
}
NOTE = "=담당자가 이 회사를 만나 보고 길게 적어 둔 메모입니다."


@pytest.fixture
def home(installed, tmp_path, monkeypatch) -> Path:
    copied = tmp_path / "home"
    shutil.copytree(installed, copied)
    monkeypatch.setenv("DARI_HOME", str(copied))
    monkeypatch.setenv("COLUMNS", "200")
    return copied


def fill(dari: Dari) -> None:
    """Hand in a startup that leaves behind all that one can."""
    submit(dari, LUMA)
    dari.writer.put(dari.store.get("s-1").model_copy(update={"trl": 5}))
    other = {"id": "s-2", "name": "Other", "summary": "Nothing alike.", "conflicts": ["s-1"]}
    submit(dari, other)
    dari.store.add_verdict(Verdict("s-1", "samsung", "good", NOTE, 1, "m"))
    alike = Reason("name", Text(en=f"{SECRET} and Other are alike", ko="이름이 비슷합니다"))
    keep_proposals(dari.store, [Proposal("s-1", "s-2", 0.9, (alike,))], [Side.STARTUP])
    dari.follower.save_snapshot()


@pytest.fixture
def filled(home: Path) -> Path:
    dari = build(Settings(home=home))
    fill(dari)
    dari.store.close()
    return home


def dari(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def proof_of(answer: Result) -> dict:
    return json.loads(answer.stdout)["proof"]


# What is held


def test_held_is_a_zip_that_people_and_programs_can_read(filled, tmp_path):
    file = tmp_path / "held.zip"
    answer = dari("held", "s-1", file)
    assert answer.exit_code == 0, answer.output
    assert file.stat().st_mode & 0o777 == 0o600
    archive = zipfile.ZipFile(file)
    readme = archive.read("README.txt").decode("utf-8-sig")
    assert "보유하고 있는 모든 정보" in readme
    assert "everything that Dari holds about s-1" in readme
    for name in archive.namelist():
        assert name == "README.txt" or f"{name.partition('.')[0]}." in readme
    profile = json.loads(archive.read("profile.json"))
    assert profile["contact"] == ADDRESS
    assert profile["consent"]["version"] == "1"
    revisions = json.loads(archive.read("revisions.json"))
    assert {(r["number"], r["field"]) for r in revisions} >= {(1, "summary"), (2, "trl")}
    assert json.loads(archive.read("verdicts.json"))[0]["note"] == NOTE
    assert {v["facet"] for v in json.loads(archive.read("vectors.json"))} == {"is", "seeks"}
    (proposed,) = json.loads(archive.read("proposals.json"))
    assert (proposed["a"], proposed["b"], proposed["score"]) == ("s-1", "s-2", 0.9)
    (row,) = csv.DictReader(io.StringIO(archive.read("proposals.csv").decode("utf-8-sig")))
    assert row["reasons"] == f"{SECRET} and Other are alike\n이름이 비슷합니다"
    found = json.loads(archive.read("appearances.json"))
    assert {"kind": "startup", "id": "s-2", "field": "conflicts", "revision": None} in found


def test_no_cell_of_what_is_held_is_a_formula(filled, tmp_path):
    dari("held", "s-1", tmp_path / "held.zip")
    archive = zipfile.ZipFile(tmp_path / "held.zip")
    seen = 0
    for name in archive.namelist():
        if name.endswith(".csv"):
            data = archive.read(name)
            assert data.startswith(b"\xef\xbb\xbf")
            for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))):
                seen += len(row)
                assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert seen > 50
    assert f"'{NOTE}" in archive.read("verdicts.csv").decode("utf-8-sig")


@pytest.mark.parametrize("file", ["no/such/held.zip", "."])
def test_held_that_cannot_be_given_is_named(filled, tmp_path, file):
    assert dari("held", "nobody", tmp_path / "x.zip").exit_code == 1
    assert not (tmp_path / "x.zip").exists()
    answer = dari("held", "s-1", tmp_path / file)
    assert answer.exit_code in (1, 2)
    assert "Traceback" not in answer.output


def test_staff_download_what_is_held_and_nobody_else_does(app, client, staff):
    answer = staff.get("/startups/sonoeye/held.zip")
    assert answer.status_code == 200
    assert answer.mimetype == "application/zip"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert json.loads(archive.read("profile.json"))["contact"] == "ceo@sonoeye.example"
    assert client.get("/startups/sonoeye/held.zip").status_code == 401
    for path in ("/startups/nobody/held.zip", "/startups/samsung/held.zip"):
        assert staff.get(path).status_code == 404
    assert 'href="/startups/sonoeye/held.zip"' in staff.get("/startups/sonoeye").text
    assert "held.zip" not in staff.get("/partners/samsung").text


# Erasure and its proof


def test_an_erasure_is_proven(filled):
    for name in ("other-encoder-p1-d8-seq3", ".writing-x"):
        (filled / "snapshots" / name).mkdir()
        (filled / "snapshots" / name / "profiles.jsonl").write_text(SECRET)
    answer = dari("erase", "s-1", "--yes", "--prove")
    assert answer.exit_code == 0, answer.output
    assert "Found: nothing." in answer.stdout
    assert "conflicts of startup s-2" in answer.stderr
    assert "database" in answer.stdout
    assert "snapshots/" in answer.stdout
    for word in (SECRET, ADDRESS, NOTE, "소노루마"):
        assert word not in answer.output
        for path in filled.rglob("*"):
            assert not path.is_file() or word.encode() not in path.read_bytes(), path
    assert list((filled / "snapshots").iterdir())
    assert dari("erase", "s-1", "--yes", "--prove").exit_code == 1
    assert "No profile has this id" in dari("erase", "nobody", "--yes").stderr


def plant(home: Path) -> set[str]:
    """Leave remains of the startup behind in every kind of file; give their paths."""
    row = {"id": ["s-1"], "summary": [LUMA["summary"]]}
    (home / "exports").mkdir()
    (home / "exports/a.csv").write_text(LUMA["summary"].replace('"', '""'), encoding="utf-8-sig")
    (home / "exports/excel.csv").write_text(LUMA["seeking"], encoding="cp949")
    (home / "exports/notepad.txt").write_text(NOTE, encoding="utf-16")
    (home / "exports/a.jsonl").write_text(json.dumps(LUMA))
    pl.DataFrame(row).write_parquet(home / "exports/a.parquet")
    (home / "outbox").mkdir()
    (home / "sent").mkdir()
    (home / "sent/mail.eml").write_text(f"To: <{ADDRESS}>\n")
    (home / "outbox/mail.eml").write_text(f"To: <{ADDRESS.upper().lower()}>\n")
    with gzip.open(home / "dari.log.1.gz", "wt") as log:
        log.write(f"WARNING {LUMA['seeking']}\n")
    (home / "dari.log").write_text(f"INFO {json.dumps(SECRET)} was submitted\n")
    with zipfile.ZipFile(home / "deep.zip", "w", zipfile.ZIP_DEFLATED) as outer:
        outer.write(home / "dari.log.1.gz", "inner/dari.log.1.gz")
    shutil.copytree(next((home / "snapshots").iterdir()), home / "snapshots/kept")
    store = Store.open(Settings(home=home).database)
    data = held(store, "s-1").vectors[0].data
    store.close()
    (home / "half.bin").write_bytes(b"x" + data)
    doubles = np.zeros((3, len(data) // 2))
    doubles[1] = np.frombuffer(data, "<f2")
    np.save(home / "doubles.npy", np.asfortranarray(doubles))
    np.savez_compressed(home / "many.npz", doubles.astype("<f4"))
    (home / "소노루마 소개.txt").write_text("nothing within")
    return {
        "exports/a.csv",
        "exports/excel.csv",
        "exports/notepad.txt",
        "exports/a.jsonl",
        "exports/a.parquet!rows",
        "sent/mail.eml",
        "dari.log.1.gz!unpacked",
        "dari.log",
        "deep.zip!inner/dari.log.1.gz!unpacked",
        "snapshots/kept/profiles.jsonl",
        "snapshots/kept/vectors.npy",
        "half.bin",
        "doubles.npy!<f4",
        "many.npz!arr_0.npy",
        "name of 소노루마 소개.txt",
    }


def test_planted_remains_are_found_each_where_it_is(filled):
    planted = plant(filled)
    answer = dari("erase", "s-1", "--yes", "--prove", "--json")
    assert answer.exit_code == 1
    proof = proof_of(answer)
    found = {one["where"] for one in proof["found"]}
    assert planted <= found, planted - found
    assert not (filled / "outbox/mail.eml").exists()
    assert not {one for one in found if one.startswith("dari.sqlite3")}
    assert not proof["clean"]
    assert SECRET not in answer.output
    searched = {one["place"]: one["files"] for one in proof["searched"]}
    assert searched["exports/"] == 5
    assert searched["other files"] >= 7


def test_remains_are_shown_in_a_table(filled):
    (filled / "dari.log").write_text(SECRET)
    answer = dari("erase", "s-1", "--yes", "--prove")
    assert answer.exit_code == 1
    assert "dari.log" in answer.stdout
    assert "summary, sentence 1" in answer.stdout
    assert "Delete what is named above" in answer.stdout


def test_what_another_profile_says_too_is_told_apart(filled):
    home_dari = build(Settings(home=filled))
    submit(home_dari, {**LUMA, "id": "s-3", "contact": None, "consent": None})
    home_dari.store.close()
    answer = dari("erase", "s-1", "--yes", "--prove", "--json")
    assert answer.exit_code == 0, answer.output
    proof = proof_of(answer)
    assert proof["found"]
    assert {tuple(one["also_of"]) for one in proof["found"]} == {("s-3",)}
    assert "vector" in " ".join(one["what"] for one in proof["found"])


def test_what_cannot_be_read_is_no_proof(filled):
    (filled / "broken.zip").write_bytes(b"PK\x03\x04 and no more")
    answer = dari("erase", "s-1", "--yes", "--prove", "--json")
    assert answer.exit_code == 1
    assert proof_of(answer)["unread"][0].startswith("broken.zip: BadZipFile")


def test_free_pages_of_the_database_are_cleaned_when_they_hold_remains(filled):
    raw = sqlite3.connect(filled / "dari.sqlite3")
    raw.execute("PRAGMA secure_delete=OFF")
    raw.execute("CREATE TABLE scratch (t)")
    raw.execute("INSERT INTO scratch VALUES (?)", [SECRET * 100])
    raw.execute("DROP TABLE scratch")
    raw.commit()
    raw.close()
    answer = dari("erase", "s-1", "--yes", "--prove")
    assert answer.exit_code == 0, answer.output
    assert "writing its file anew" in answer.stderr


def test_a_database_outside_the_home_is_searched(filled, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere.sqlite3"
    shutil.move(filled / "dari.sqlite3", elsewhere)
    monkeypatch.setenv("DARI_DATABASE_URL", f"sqlite:///{elsewhere}")
    proof = proof_of(dari("erase", "s-1", "--yes", "--prove", "--json"))
    assert proof["clean"]
    assert [one["place"] for one in proof["searched"] if one["place"] == "database"]


@pytest.mark.postgresql
def test_the_tables_of_postgresql_are_searched(tmp_path, postgresql, monkeypatch):
    import psycopg

    with psycopg.connect(postgresql.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE DATABASE privacy")
    url = postgresql.replace("/postgres", "/privacy")
    monkeypatch.setenv("DARI_DATABASE_URL", url)
    monkeypatch.setenv("DARI_HOME", str(tmp_path / "home"))
    filled = build(Settings())
    fill(filled)
    submit(filled, {**LUMA, "id": "s-4"})
    with writing(filled.store._engine) as connection:
        connection.execute(text("CREATE TABLE stray AS SELECT 1 AS n, CAST('' AS text) AS t"))
    answer = dari("erase", "s-1", "--yes", "--prove", "--json")
    assert {tuple(one["also_of"]) for one in proof_of(answer)["found"]} == {("s-4",)}
    with writing(filled.store._engine) as connection:
        connection.execute(text("INSERT INTO stray VALUES (2, :t)"), {"t": f"x {SECRET}"})
    filled.store.close()
    answer = dari("erase", "s-4", "--yes", "--prove", "--json")
    assert answer.exit_code == 1
    assert {one["where"] for one in proof_of(answer)["found"]} == {"table public.stray"}


VECTOR = st.lists(st.floats(-1, 1, width=16), min_size=16, max_size=32).map(
    lambda values: np.array(values, "<f2").tobytes()
)
TRACES = st.lists(
    st.one_of(
        st.builds(Trace, st.just("t"), text=st.text('ab"\\ 가나', min_size=6, max_size=60)),
        st.builds(Trace, st.just("v"), vector=VECTOR),
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(traces=TRACES, filler=st.binary(max_size=40), cut=st.integers(1, 50), data=st.data())
def test_needles_find_what_a_plain_search_finds(traces, filler, cut, data):
    spelt = sorted({piece for trace in traces for piece in pieces_of(trace)})
    chosen = data.draw(st.lists(st.sampled_from(spelt), max_size=3)) if spelt else []
    hay = filler + filler.join(chosen) + filler
    plain = {
        number
        for number, trace in enumerate(traces)
        if any(piece in hay for piece in pieces_of(trace))
    }
    assert Needles(traces).search([hay]) == (plain, len(hay))
    blocks = (hay[start : start + cut] for start in range(0, len(hay), cut))
    assert Needles(traces, block=cut).search(blocks) == (plain, len(hay))


def test_what_cannot_be_told_from_chance_is_said(filled):
    opened = build(Settings(home=filled))
    submit(opened, {"id": "kt-lab", "name": {"en": "KT", "ko": "케이티랩"}, "aliases": ["KT-Lab"],
                    "summary": "Too short. " + "x" * 30})  # fmt: skip
    found, left = traces_of(held(opened.store, "kt-lab"))
    opened.store.close()
    assert {trace.text for trace in found if trace.text} == {"x" * 30, "케이티랩"}
    assert len(left) == 3


def test_the_name_of_a_participant_is_searched_for_once_without_a_judgement(filled):
    opened = build(Settings(home=filled))
    submit(opened, {"id": "s-9", "name": "Ninefold", "summary": "Too short."})
    day = {"name": "E", "days": ["2027-05-19"], "rooms": [{"name": "A"}]}
    event = open_event(opened.store, day).id
    for _ in range(2):
        add_person(
            opened.store, event, side="a", profile="s-9", called="Hong Gildong", consent=True
        )
    found, _ = traces_of(held(opened.store, "s-9"))
    opened.store.close()
    assert [one.text for one in found].count("Hong Gildong") == 1


def test_an_ordinary_korean_sentence_is_searched_for(filled):
    said = "초음파 진단기를 만듭니다."
    opened = build(Settings(home=filled))
    submit(opened, {"id": "s-9", "name": "Ninefold", "summary": f"{said} 짧습니다."})
    found, left = traces_of(held(opened.store, "s-9"))
    opened.store.close()
    assert said in {trace.text for trace in found}
    assert [one.rpartition(": ")[2] for one in left] == ["summary, sentence 2"]
    (filled / "notes.txt").write_bytes(said.encode("cp949"))
    answer = dari("erase", "s-9", "--yes", "--prove", "--json")
    assert [one["where"] for one in proof_of(answer)["found"]] == ["notes.txt"]


# Retention


def age(home: Path, days: int, id: str) -> None:
    store = Store.open(Settings(home=home).database)
    at = datetime.now(UTC) - timedelta(days=days)
    with writing(store._engine) as connection:
        t = tables
        connection.execute(update(t.profiles).where(t.profiles.c.id == id).values(updated_at=at))
        connection.execute(update(t.revisions).where(t.revisions.c.id == id).values(at=at))
        connection.execute(update(t.verdicts).where(t.verdicts.c.query == id).values(at=at))
    store.close()


def test_idle_startups_expire_after_a_warning_and_partners_never(filled, monkeypatch):
    assert "No retention is set" in dari("expire", "--dry-run").stderr
    monkeypatch.setenv("DARI_RETENTION_INACTIVE_DAYS", "365")
    age(filled, 366, "s-1")
    age(filled, 340, "s-2")
    age(filled, 5000, "samsung")
    listed = json.loads(dari("expire", "--dry-run", "--json").stdout)
    assert [one["id"] for one in listed["expired"]] == ["s-1"]
    assert [one["id"] for one in listed["expiring"]] == ["s-2"]
    expires = datetime.fromisoformat(listed["expiring"][0]["expires"])
    assert timedelta(days=24) < expires - datetime.now(UTC) < timedelta(days=26)
    shown = dari("expire", "--dry-run").stdout
    assert "Expired: 1" in shown
    assert "Expiring within 30 days: 1" in shown
    assert dari("expire").exit_code == 1  # nobody said yes
    assert dari("expire", "--yes").exit_code == 0
    store = Store.open(Settings(home=filled).database)
    assert set(store.get_many(["s-1", "s-2", "samsung"])) == {"s-2", "samsung"}
    assert store.history("s-1")[-1].payload is None
    store.close()
    assert dari("expire", "--yes").exit_code == 0


def test_expiry_names_what_goes_along(filled, monkeypatch):
    monkeypatch.setenv("DARI_RETENTION_INACTIVE_DAYS", "365")
    dari("merge", "s-1", "s-2", "--yes")
    age(filled, 366, "s-1")
    (listed,) = json.loads(dari("expire", "--dry-run", "--json").stdout)["expired"]
    assert (listed["id"], listed["merged"]) == ("s-1", ["s-2"])
    assert "what was merged into them (s-2)" in dari("expire").stderr
    assert "Erased: s-1, s-2." in dari("expire", "--yes").stderr


# Consent


def test_a_withdrawal_leaves_no_address_in_the_home(filled):
    settings = Settings(home=filled)
    deliver(settings, Letter(ADDRESS, "Back", "A letter that waits in the outbox."))
    answer = dari("withdraw", "s-1")
    assert answer.exit_code == 0, answer.output
    assert "out of 2 revisions" in answer.stderr
    for path in filled.rglob("*"):
        assert not path.is_file() or ADDRESS.encode() not in path.read_bytes(), path
    assert dari("withdraw", "nobody").exit_code == 1
    for id in ("s-1", "s-2", "samsung"):
        again = dari("withdraw", id)
        assert again.exit_code == 0
        assert again.stderr.startswith(f"Nothing to withdraw: {id}")


# Logs


def test_no_log_and_no_error_says_what_a_profile_says(make_app, caplog, capfd, bearer, tmp_path):
    caplog.set_level(logging.DEBUG)
    app = make_app()
    client = app.test_client()
    assert client.post("/api/v1/startups", json=LUMA).status_code == 201
    assert client.post("/api/v1/startups", json=LUMA).status_code == 409
    assert client.post("/api/v1/startups", json={**LUMA, "trl": SECRET}).status_code == 422
    assert client.get("/api/v1/startups/s-1/matches", headers=bearer).status_code == 200
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({**LUMA, "id": "s-5"}) + "\n" + json.dumps({**LUMA, "trl": SECRET}))
    from index import import_file

    opened: Dari = app.extensions["dari"]
    import_file(opened.store, opened.writer, file, "startups")
    with writing(opened.store._engine) as connection:
        connection.execute(text("ALTER TABLE profiles RENAME TO gone"))
    assert client.post("/api/v1/startups", json={**LUMA, "id": "s-6"}).status_code == 503
    assert client.get("/api/v1/startups/s-1", headers=bearer).status_code == 503
    with writing(opened.store._engine) as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO profiles"))
        connection.execute(text("DROP TABLE changes"))
    assert client.post("/api/v1/startups", json={**LUMA, "id": "s-7"}).status_code == 503
    said = caplog.text + "".join(capfd.readouterr())
    assert "StoreError" in said
    for secret in (
        SECRET,
        "조용한 탐촉자",
        ADDRESS,
        "임상 시험을",
        json.dumps("임상 시험을")[1:-1],
    ):
        assert secret not in said


SERVER = """
import logging, sys
from service.server import _Server
from service.settings import Settings
logging.basicConfig(level=logging.DEBUG)
options = {"bind": f"127.0.0.1:{sys.argv[1]}", "workers": 1, "loglevel": "debug"}
_Server(Settings(), options).run()
"""


def test_gunicorn_at_its_most_talkative_says_nothing_of_a_profile(home, tmp_path):
    import time
    import urllib.error
    import urllib.request

    port = free_port()
    log = tmp_path / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen([sys.executable, "-c", SERVER, str(port)], stdout=out, stderr=out)
    try:
        body, kind = json.dumps(LUMA).encode(), {"Content-Type": "application/json"}
        address = f"http://127.0.0.1:{port}/api/v1/startups"
        deadline = time.monotonic() + 60
        while True:
            try:
                request = urllib.request.Request(address, body, kind)
                with urllib.request.urlopen(request, timeout=30) as answer:
                    assert answer.status == 201
                break
            except urllib.error.URLError:
                assert time.monotonic() < deadline
                assert server.poll() is None, log.read_text()
                time.sleep(0.2)
    finally:
        server.terminate()
        server.wait(timeout=20)
    said = log.read_text(encoding="utf-8")
    assert "POST /api/v1/startups" in said
    for secret in (
        "조용한 탐촉자",
        ADDRESS,
        "임상 시험을",
        "소노루마",
        json.dumps("소노루마")[1:-1],
    ):
        assert secret not in said
