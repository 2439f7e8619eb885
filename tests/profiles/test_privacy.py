"""Tests of what is held, erased, withdrawn and idle, each on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select, text, update

from profiles import (
    Partner,
    Programme,
    Startup,
    Store,
    StoreError,
    Tie,
    UnknownId,
    Vectors,
    Verdict,
    tables,
    validate,
)
from profiles.apart import keep_apart, keep_proposals
from profiles.database import reading, writing
from profiles.identity import Proposal, Reason
from profiles.kinds import Side
from profiles.privacy import Appearance, erase, held, idle, withdraw
from profiles.remains import (
    database_files,
    owners,
    rebuild,
    server_tables,
    settle,
    vector_owners,
)
from profiles.text import Text

MARK = "휴대용 초음파 진단기기를 만드는 회사이며 비밀문장을 여기에 둡니다"
CONSENT = {"version": "1", "purpose": "contact", "at": "2026-11-01T00:00:00Z"}
DATA = np.arange(64, dtype="<f2").tobytes()


def startup(id: str, **fields: Any) -> Startup:
    return validate(Startup, {"id": id, "name": f"Startup {id}", "summary": MARK, **fields})


def put(store: Store, *profiles: Startup | Partner) -> None:
    store.put_many([(one, Vectors("e/p1", {"is": DATA})) for one in profiles], by="kim")


def tie(store: Store, id: str, a: str, b: str, subject: str | None = None) -> None:
    one = validate(Tie, {"id": id, "kind": "pilot", "a": a, "b": b, "subject": subject})
    store.put_ties([(one, Vectors("e/p1", {"subject": DATA[:64]}))])


@pytest.fixture
def known(store: Store) -> Store:
    """One startup `s1` with all that a profile can leave behind, and others that name it."""
    put(store, startup("s1", contact="ceo@one.example", consent=CONSENT))
    put(store, startup("s1", contact="cto@one.example", consent=CONSENT, trl=4))
    put(
        store,
        startup("s10", summary="Probes", conflicts=["s1", "k1"]),
        validate(Partner, {"id": "k1", "name": "K", "conflicts": ["s1"]}),
        validate(Partner, {"id": "k2", "name": "K2", "conflicts": ["S1", "s1x", "s_"]}),
    )
    programme = {"id": "p", "kind": "contest", "name": "P", "partners": ["s1", "k1"]}
    store.put_programmes([validate(Programme, programme)])
    tie(store, "t1", "s1", "k1", "함께 시험한 일의 내용")
    tie(store, "t2", "k2", "s1", "예전에는 이 회사의 일이었던 내용")
    tie(store, "t2", "k2", "k1", "이제는 다른 회사의 일")
    store.add_verdict(Verdict("s1", "k1", "good", "담당자의 메모", 1, "m"))
    store.add_verdict(Verdict("k1", "s1", "poor", "", 2, "m"))
    store.add_verdict(Verdict("k1", "s10", "poor", "other", 2, "m"))
    return store


NAMED_ALIKE = Reason("name", Text(en='both are called "Han\\t"', ko="이름이 같습니다"))


def everything(store: Store) -> str:
    with reading(store._engine) as connection:
        found = [
            tuple(row)
            for table in tables.metadata.sorted_tables
            for row in connection.execute(select(table))
        ]
    return repr(found)


def test_what_is_held_is_all_of_it_and_of_nobody_else(known: Store) -> None:
    found = held(known, "s1")
    assert found.profile == known.get("s1")
    assert [(r.number, r.by) for r in found.revisions] == [(1, "kim"), (2, "kim")]
    assert [one.id for one in found.ties] == ["t1"]
    assert [(r.id, r.number) for r in found.tie_revisions] == [("t1", 1), ("t2", 1)]
    assert [v.note for v in found.verdicts] == ["담당자의 메모", ""]
    assert [(r.id, r.number) for r in found.verdict_revisions] == [("k1", 1), ("s1", 1)]
    assert [(v.owner_kind, v.owner_id, v.data) for v in found.vectors] == [
        ("startup", "s1", DATA),
        ("tie", "t1", DATA[:64]),
    ]
    now = [one for one in found.appearances if one.revision is None]
    assert now == [
        Appearance("partner", "k1", "conflicts", None),
        Appearance("startup", "s10", "conflicts", None),
        Appearance("programme", "p", "partners", None),
    ]
    assert {(one.id, one.revision) for one in found.appearances} - {(o.id, None) for o in now} == {
        ("k1", 1),
        ("s10", 1),
        ("p", 1),
    }
    assert {change.kind for _, change in found.changes} == {"startup", "verdict"}
    assert found.proposals == ()
    pairs = [Proposal("k1", "k2", 0.9, ()), Proposal("s1", "s10", 0.95, (NAMED_ALIKE,))]
    keep_proposals(known, pairs, list(Side))
    assert [one.proposal for one in held(known, "s1").proposals] == pairs[1:]
    assert [one.proposal for one in held(known, "s10").proposals] == pairs[1:]
    with pytest.raises(UnknownId):
        held(known, "nobody")


def test_erasure_leaves_an_id_and_no_content_anywhere(known: Store) -> None:
    others = {id: known.history(id) for id in ("k2", "s10")}
    named = erase(known, "s1", by="lee")
    assert {(one.kind, one.id) for one in named} == {
        ("partner", "k1"),
        ("startup", "s10"),
        ("programme", "p"),
    }
    assert known.get("s10").conflicts == ("k1",)
    assert known.get("k1").conflicts == ()
    assert known.programme("p").partners == ("k1",)
    assert [r.by for r in known.history("s10")][-1] == "lee"
    assert known.history("k2") == others["k2"]
    assert [(r.number, r.payload, r.by) for r in known.history("s1")] == [(3, None, "lee")]
    left = everything(known)
    for word in (MARK, "one.example", "함께 시험한", "예전에는", "담당자의 메모"):
        assert word not in left
    assert known.history("t2")[0].payload is None
    assert known.get_ties(["t2"])["t2"].b == "k1"
    assert [v.note for v in known.verdicts("k1")] == ["other"]
    said = [one.payload for one in known.history("k1") if one.kind == "verdict"]
    assert [one and one["note"] for one in said] == [None, "other"]
    assert {c.id for c in known.changes_after(0)} >= {"s10", "k1", "p", "s1", "t1"}
    with pytest.raises(UnknownId):
        erase(known, "s1")


def test_followers_hear_of_the_records_that_named_the_erased(known: Store) -> None:
    before = known.last_seq()
    erase(known, "s1")
    kinds = {(change.kind, change.id) for change in known.changes_after(before)}
    assert kinds >= {("startup", "s10"), ("partner", "k1"), ("programme", "p"), ("startup", "s1")}


def test_a_withdrawal_takes_the_address_out_of_every_revision(known: Store) -> None:
    assert withdraw(known, "s1", by="kim") == 2
    profile = known.get("s1")
    assert isinstance(profile, Startup)
    assert (profile.contact, profile.consent, profile.trl) == (None, None, 4)
    assert "one.example" not in everything(known)
    history = [one for one in known.history("s1") if one.kind == "startup"]
    assert [(r.number, r.by, r.payload is None) for r in history] == [
        (1, "kim", False),
        (2, "kim", False),
        (3, "kim", False),
    ]
    assert [r.payload["consent"]["version"] for r in history[:2] if r.payload] == ["1", "1"]
    assert "is" in known.vectors("startup", ["s1"], "e/p1")["s1"]
    assert withdraw(known, "s1") == 0
    assert sum(one.kind == "startup" for one in known.history("s1")) == 3
    assert withdraw(known, "k1") == 0
    with pytest.raises(UnknownId):
        withdraw(known, "nobody")


def age(store: Store, days: int, *ids: str) -> None:
    at = datetime.now(UTC) - timedelta(days=days)
    with writing(store._engine) as connection:
        t = tables
        connection.execute(update(t.profiles).where(t.profiles.c.id.in_(ids)).values(updated_at=at))
        connection.execute(update(t.revisions).where(t.revisions.c.id.in_(ids)).values(at=at))


def test_idle_are_startups_without_change_or_verdict(known: Store) -> None:
    put(known, startup("s2"), startup("s3"), startup("s4"))
    since = datetime.now(UTC) - timedelta(days=50)
    assert idle(known, since) == []
    age(known, 100, "s2", "s3", "s1", "k2", "s10")
    known.add_verdict(Verdict("k1", "s3", "good", "", 1, "m"))
    old = datetime.now(UTC) - timedelta(days=70)
    known.add_verdict(Verdict("s2", "k1", "good", "", 1, "m", old))
    found = idle(known, since)
    assert [(one.id, one.name) for one in found] == [("s2", "Startup s2")]
    assert abs(found[0].last - old) < timedelta(seconds=1)


def test_owners_are_found_whatever_the_text_holds(store: Store) -> None:
    odd = 'He said "100%_sure\\ly", and twice\tso'
    put(store, startup("a", summary=odd), startup("b", summary="100xxsure"))
    store.add_verdict(Verdict("a", "b", "good", odd, 1, "m"))
    assert owners(store, odd) == {"a", "b"}
    assert owners(store, odd.upper()) == {"a", "b"}
    assert owners(store, "100%_sure") == {"a", "b"}
    assert owners(store, "startup B") == {"b"}
    keep_apart(store, "a", "b", note="two firms of Kim")
    assert owners(store, "firms of kim") == {"a", "b"}
    keep_proposals(store, [Proposal("a", "c", 0.9, (NAMED_ALIKE,))], list(Side))
    assert owners(store, 'called "Han\\t"') == set()
    put(store, startup("c"))
    keep_proposals(store, [Proposal("a", "c", 0.9, (NAMED_ALIKE,))], list(Side))
    assert owners(store, 'called "Han\\t"') == {"a", "c"}
    assert owners(store, "nobody says so") == set()
    assert vector_owners(store, DATA) == {"a", "b", "c"}
    assert vector_owners(store, DATA[:-2]) == set()


def on_disk(store: Store) -> bytes:
    """Read the bytes of the database as they lie on disk, dead rows included."""
    if store._engine.dialect.name == "sqlite":
        return b"".join(Path(p).read_bytes() for p in database_files(store) if Path(p).exists())
    with reading(store._engine) as connection:
        connection.execute(text("CHECKPOINT"))
        found = b""
        for table in tables.metadata.tables:
            path = f"pg_relation_filepath('{table}')"
            found += connection.execute(text(f"SELECT pg_read_binary_file({path})")).scalar_one()
        return found


def test_dead_rows_and_logs_are_gone_from_the_disk_once_settled(known: Store) -> None:
    assert MARK.encode() in on_disk(known)
    erase(known, "s1")
    known.put_many([(startup("s9", summary="x"), Vectors("e/p1"))])
    assert settle(known) == []
    left = on_disk(known)
    assert b"s10" in left
    for word in (MARK, "one.example", "담당자의 메모", "예전에는"):
        assert word.encode() not in left


def test_readers_of_the_old_state_are_waited_for_and_named(known: Store) -> None:
    told: list[str] = []
    reader = known._engine.connect().execution_options(isolation_level="SERIALIZABLE")
    reader.begin()
    reader.execute(select(tables.profiles)).all()
    done = threading.Event()
    releasing = threading.Timer(1.5, lambda: (reader.close(), done.set()))
    put(known, startup("s5"))
    left = settle(known, tell=told.append, patience_s=0.5)
    assert "still read" in left[0]
    assert "trying again" in told[0]
    releasing.start()
    assert settle(known, patience_s=20) == []
    assert done.wait(5)


def test_settling_keeps_how_long_a_writer_waits(sqlite_store: Store) -> None:
    settle(sqlite_store)
    with reading(sqlite_store._engine) as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000


def test_a_rebuilt_file_holds_nothing_in_its_free_pages(sqlite_store: Store) -> None:
    path = database_files(sqlite_store)[0]
    with sqlite3.connect(path) as raw:  # by another program, without secure_delete
        raw.execute("PRAGMA secure_delete=OFF")
        raw.execute("CREATE TABLE scratch (t)")
        raw.execute("INSERT INTO scratch VALUES (?)", [MARK * 200])
        raw.execute("DROP TABLE scratch")
    raw.close()
    assert settle(sqlite_store) == []
    assert MARK.encode() in on_disk(sqlite_store)
    assert rebuild(sqlite_store) == []
    assert MARK.encode() not in on_disk(sqlite_store)


def test_the_tables_of_the_server_can_be_read_whole(known: Store) -> None:
    found = {name: b"".join(blocks) for name, blocks in server_tables(known)}
    if known._engine.dialect.name == "sqlite":
        assert found == {}
        return
    assert {f"public.{name}" for name in tables.metadata.tables} <= found.keys()
    assert MARK.encode() in found["public.profiles"]
    assert DATA in found["public.vectors"]
    assert database_files(known) == []


def test_an_error_of_the_database_does_not_say_what_was_written(store: Store) -> None:
    with pytest.raises(StoreError) as caught, writing(store._engine) as connection:
        connection.execute(
            tables.profiles.insert(),
            [{"id": "a", "side": "startup", "names": "n", "payload": MARK[:10], "revision": None}],
        )
    seen: BaseException | None = caught.value
    while seen is not None:
        assert MARK[:10] not in str(seen)
        seen = seen.__cause__
