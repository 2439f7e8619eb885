"""Tests that a snapshot answers the same, and that one which does not fit is never half-used."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import Filters, Follower, SearchIndex, SnapshotError, Writer, discard, snapshot, writer
from index.snapshot import load_newest, save
from profiles import PartnerKind, Side, Store, tables
from profiles.backup import back_up
from profiles.database import writing as writing_to
from profiles.restoring import restore

SPACE = f"tiny/p{writer.PASSAGE_VERSION}"

ROOT = Path(__file__).parents[2]

FILES = ("manifest.json", "profiles.jsonl", "ties.jsonl", "vectors.npy")


@pytest.fixture
def filled(
    sqlite_store: Store,
    tiny: Callable[..., Any],
    startup: Callable[..., Any],
    partner: Callable[..., Any],
    tie: Callable[..., Any],
) -> Store:
    writing = Writer(sqlite_store, tiny())
    writing.put_many([
        startup(
            "s1", "robots that weld", seeking="a factory", region="KR-27", sectors=["robotics"]
        ),
        startup("s2", "games for phones", offering="a pilot"),
    ])
    writing.put_many([
        partner("p1", "a factory of robots", kind="conglomerate", sites=["KR-48"]),
        partner("p2", "로봇 연구소", seeking="robots", sectors=["ai"]),
        partner("p3"),
    ])
    writing.put_ties([
        tie("t1", "s1", "p1", date(2019, 1, 1), subject="welding"),
        tie("t2", "s2", "p1", date(2020, 1, 1), subject="welding"),
        tie("t3", "centre", "p1", date(2014, 9, 15), kind="pairing", region="KR-27"),
    ])
    return sqlite_store


def answers(index: SearchIndex) -> dict[str, Any]:
    """Everything that an index can be asked."""
    query = np.ones((1, index.dimension), np.float32)
    day = date(2026, 1, 1)
    return {
        "seq": index.seq,
        "facts": index.facts,
        "documents": index.documents,
        "near": {key: held.search(query, 9) for key, held in index.facets.items()},
        "words": {side: index.lexical[side].search("robots 로봇", 9) for side in Side},
        "kinds": marked(index, Filters(kinds=frozenset({PartnerKind.CONGLOMERATE}))),
        "history": {id: past(index, query, day, id) for id in ("p1", "s1", "s2")},
        "ties": dict(index.history.ties),
        "of": index.history.of("p1", day),
        "pairings": index.history.pairings("p1", day),
    }


def marked(index: SearchIndex, filters: Filters) -> list[str]:
    admitted = index.admitted(Side.PARTNER, filters)
    return sorted(index.roster.ids(np.flatnonzero(admitted.mask(len(index.roster)))))


def past(index: SearchIndex, query: Any, day: date, id: str) -> str:
    near = index.history.near(query, "robots 로봇", day)
    number = index.roster.number(id)
    return str([near.of(np.array([number])) if number >= 0 else None])


@pytest.fixture
def saved(filled: Store, tiny: Callable[..., Any], tmp_path: Path) -> Path:
    path = Follower(filled, tiny(), tmp_path / "snapshots").save_snapshot()
    assert path is not None
    return path


def start(store: Store, encoder: Any, saved: Path) -> Follower:
    return Follower(store, encoder, saved.parent)


def used(follower: Follower) -> bool:
    """Whether the index came from a snapshot: nothing has been followed yet."""
    return follower._index.seq > 0


def test_a_snapshot_answers_the_same(filled: Store, tiny: Callable[..., Any], saved: Path) -> None:
    follower = start(filled, tiny(), saved)
    assert used(follower)
    fresh = Follower(filled, tiny()).catch_up()
    assert answers(follower.catch_up()) == answers(fresh)


def test_changes_after_it_are_followed(
    filled: Store, tiny: Callable[..., Any], saved: Path, partner: Callable[..., Any]
) -> None:
    Writer(filled, tiny()).put(partner("p4", "robots"))
    filled.erase("p1")
    follower = start(filled, tiny(), saved)
    assert used(follower)
    assert answers(follower.catch_up()) == answers(Follower(filled, tiny()).catch_up())


def test_an_empty_index_can_be_kept(sqlite_store: Store, tiny: Any, tmp_path: Path) -> None:
    Follower(sqlite_store, tiny(), tmp_path / "s").save_snapshot()
    assert Follower(sqlite_store, tiny(), tmp_path / "s").catch_up().facts == {}


def test_without_a_folder_nothing_is_kept(filled: Store, tiny: Callable[..., Any]) -> None:
    assert Follower(filled, tiny()).save_snapshot() is None


def refuse_and_rebuild(
    filled: Store, encoder: Any, saved: Path, caplog: pytest.LogCaptureFixture, reason: str
) -> None:
    with caplog.at_level(logging.WARNING):
        follower = start(filled, encoder, saved)
    assert not used(follower)
    assert "snapshot not used" in caplog.text
    assert reason in caplog.text
    assert answers(follower.catch_up()) == answers(Follower(filled, encoder).catch_up())


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file(
    filled: Store, tiny: Any, saved: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    (saved / name).unlink()
    refuse_and_rebuild(filled, tiny(), saved, caplog, name)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kept", [0, 0.5])
def test_a_truncated_file(
    filled: Store, tiny: Any, saved: Path, caplog: Any, name: str, kept: float
) -> None:
    content = (saved / name).read_bytes()
    (saved / name).write_bytes(content[: int(len(content) * kept)])
    refuse_and_rebuild(filled, tiny(), saved, caplog, "The snapshot is not used")


@pytest.mark.parametrize("name", FILES[1:])
@pytest.mark.parametrize("place", [0, 0.3, 0.99])
def test_a_flipped_byte(
    filled: Store, tiny: Any, saved: Path, caplog: Any, name: str, place: float
) -> None:
    content = bytearray((saved / name).read_bytes())
    content[int(len(content) * place)] ^= 1
    (saved / name).write_bytes(content)
    refuse_and_rebuild(filled, tiny(), saved, caplog, f"{name} is not what was written")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("space", "another/p1"),
        ("dimension", 31),
        ("format", 99),
        ("seq", 1),
        ("seq", None),
        ("sha256", {}),
        ("sha256", []),
        ("sha256", None),
    ],
)
def test_a_manifest_that_says_something_else(
    filled: Store, tiny: Any, saved: Path, caplog: Any, field: str, value: object
) -> None:
    manifest = json.loads((saved / "manifest.json").read_text())
    (saved / "manifest.json").write_text(json.dumps({**manifest, field: value}))
    refuse_and_rebuild(filled, tiny(), saved, caplog, "The snapshot is not used")


@pytest.mark.parametrize(
    "garbage", [b"", b"[]", b"null", b"3", b'"x"', b"{}", b"{", b"\xff\xfe", b"\x00" * 9]
)
def test_a_garbage_manifest(
    filled: Store, tiny: Any, saved: Path, caplog: Any, garbage: bytes
) -> None:
    (saved / "manifest.json").write_bytes(garbage)
    refuse_and_rebuild(filled, tiny(), saved, caplog, "The snapshot is not used")


def test_a_snapshot_ahead_of_the_database(
    filled: Store, tiny: Any, tmp_path: Path, caplog: Any, partner: Any
) -> None:
    other = Store.open(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    other.migrate()
    Writer(other, tiny()).put(partner("p9", "of another database"))
    Follower(filled, tiny(), tmp_path / "s").save_snapshot()
    follower = Follower(other, tiny(), tmp_path / "s")
    assert "of another database" in caplog.text
    assert follower.catch_up().facts.keys() == {"p9"}
    other.close()


def test_a_snapshot_of_another_encoder_is_not_looked_at(
    filled: Store, tiny: Any, saved: Path
) -> None:
    assert load_newest(saved.parent, f"other/p{writer.PASSAGE_VERSION}", 32) is None
    assert load_newest(saved.parent, SPACE, 31) is None
    assert load_newest(saved.parent, SPACE, 32) is not None


def test_a_snapshot_of_another_passage_version_is_not_used(
    filled: Store, tiny: Any, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PASSAGE_VERSION", writer.PASSAGE_VERSION + 1)
    assert not used(start(filled, tiny(), saved))


def test_a_half_written_snapshot_is_passed_over(
    filled: Store, tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies while it writes leaves its folder and the older snapshot."""
    folder = tmp_path / "s"
    follower = Follower(filled, tiny(), folder)
    older = follower.save_snapshot()
    assert older is not None
    shutil.copytree(older, folder / ".writing-dead")
    (folder / ".writing-dead" / "vectors.npy").write_bytes(b"half")
    assert used(Follower(filled, tiny(), folder))


def test_a_failure_while_writing_leaves_the_older_one(
    filled: Store,
    tiny: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    partner: Any,
    caplog: Any,
) -> None:
    folder = tmp_path / "s"
    follower = Follower(filled, tiny(), folder)
    older = follower.save_snapshot()
    Writer(filled, tiny()).put(partner("p9"))

    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np.lib.format, "write_array_header_1_0", full_disk)
        with pytest.raises(SnapshotError, match="No space left") as caught:
            follower.write_snapshot()
        assert caught.value.value == str(folder)
        with caplog.at_level(logging.WARNING):
            assert follower.save_snapshot() is None
        assert "no snapshot was written" in caplog.text
    assert [path.name for path in folder.iterdir()] == [older.name if older else ""]
    assert used(Follower(filled, tiny(), folder))


def test_a_new_one_takes_the_place_of_older_ones(
    filled: Store, tiny: Any, saved: Path, partner: Any
) -> None:
    follower = start(filled, tiny(), saved)
    assert follower.save_snapshot() == saved
    Writer(filled, tiny()).put(partner("p9"))
    newer = follower.save_snapshot()
    assert newer is not None
    assert newer.name.endswith(f"seq{filled.last_seq()}")
    assert list(saved.parent.iterdir()) == [newer]


@pytest.mark.parametrize("step", ["_write", "sync"])
def test_a_late_one_never_takes_the_place_of_a_newer_one(
    filled: Store, tiny: Any, saved: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Two processes write at once; the slower one has the older state."""
    late, other = start(filled, tiny(), saved), start(filled, tiny(), saved)
    filled.erase("p2")
    whole, made = getattr(snapshot, step), []

    def overtaken(*given: Any) -> None:
        whole(*given)
        if step == "_write" or given == (saved.parent,):
            monkeypatch.setattr(snapshot, step, whole)
            filled.erase("p1")
            made.append(other.write_snapshot())

    monkeypatch.setattr(snapshot, step, overtaken)
    assert late.write_snapshot() == made[0]
    assert list(saved.parent.iterdir()) == made


def test_the_newest_is_read_by_number_not_by_name(tmp_path: Path) -> None:
    for seq in (9, 10):
        save(SearchIndex(2, "tiny/p1", seq=seq), tmp_path / str(seq), dict.fromkeys)
    (tmp_path / "10" / "tiny_p1-d2-seq10").rename(tmp_path / "9" / "tiny_p1-d2-seq10")
    found = load_newest(tmp_path / "9", "tiny/p1", 2)
    assert found is not None
    assert found.seq == 10


@pytest.mark.parametrize("name", ["tiny_p1-d2-seq", "tiny_p1-d2-seqx", "tiny_p1-d2-seq-old"])
def test_a_folder_of_another_name_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert load_newest(tmp_path, "tiny/p1", 2) is None
    discard(tmp_path)
    assert (tmp_path / name).exists()


def test_a_snapshot_names_what_is_wrong(saved: Path) -> None:
    (saved / "vectors.npy").write_bytes(b"")
    with pytest.raises(SnapshotError) as caught:
        load_newest(saved.parent, SPACE, 32)
    assert caught.value.value == str(saved)
    assert "Nothing is lost" in caught.value.remedy


def test_nothing_erased_is_in_any_file(
    filled: Store, tiny: Any, startup: Any, tie: Any, saved: Path
) -> None:
    writing = Writer(filled, tiny())
    writing.put(startup("gone-id", "gone-text", seeking="gone-wish"))
    writing.put_ties([tie("gone-tie", "gone-id", "p1", date(2020, 1, 1), subject="gone-subject")])
    follower = start(filled, tiny(), saved)
    follower.save_snapshot()
    shutil.copytree(saved.parent, saved.parent / ".writing-dead")
    assert b"gone" in everything(saved.parent)

    filled.erase("gone-id")
    discard(saved.parent)
    assert everything(saved.parent) == b""
    follower.save_snapshot()
    assert b"p1" in everything(saved.parent)
    assert b"gone" not in everything(saved.parent)


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_discard_without_a_folder_is_no_failure(tmp_path: Path) -> None:
    discard(tmp_path / "none")


def test_no_snapshot_is_pickled(saved: Path) -> None:
    assert np.load(saved / "vectors.npy", allow_pickle=False).dtype == np.float32
    assert json.loads((saved / "manifest.json").read_text())["format"] == snapshot.FORMAT


def other_database(tmp_path: Path, tiny: Any, partner: Any, profiles: int) -> Store:
    """A database that has gone on further than the first one."""
    other = Store.open(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    other.migrate()
    for n in range(profiles):
        Writer(other, tiny()).put(partner(f"other{n}", "of another database"))
    return other


def test_a_snapshot_of_another_database_with_a_lower_seq(
    filled: Store, tiny: Any, saved: Path, partner: Any, caplog: Any, tmp_path: Path
) -> None:
    other = other_database(tmp_path, tiny, partner, filled.last_seq() + 3)
    refuse_and_rebuild(other, tiny(), saved, caplog, "of another database, or of another past")
    other.close()


def test_a_snapshot_of_a_copy_that_went_another_way(
    filled: Store, tiny: Any, saved: Path, partner: Any, caplog: Any, tmp_path: Path
) -> None:
    """Both began with the same change, and both have one of the snapshot's number."""
    writing, made = Writer(filled, tiny()), tmp_path / "copy.zip"
    back_up(filled, made)
    writing.put(partner("p8", "robots"))
    follower = start(filled, tiny(), saved)
    snapshots = follower.save_snapshot()
    copy = Store.open(f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    restore(copy, made)
    assert used(start(filled, tiny(), saved))
    Writer(copy, tiny()).put(partner("p9", "games"))
    assert snapshots is not None
    refuse_and_rebuild(copy, tiny(), snapshots, caplog, "of another past of this one")
    copy.close()


def test_a_follower_sees_that_its_database_was_replaced(
    store: Store, tiny: Any, partner: Any, tmp_path: Path, caplog: Any
) -> None:
    writing = Writer(store, tiny())
    writing.put(partner("p1", "robots"))
    back_up(store, tmp_path / "b.zip")
    writing.put(partner("p2", "games"))
    follower = Follower(store, tiny(), tmp_path / "s")
    assert follower.catch_up().facts.keys() == {"p1", "p2"}
    restore(store, tmp_path / "b.zip", replace=True)
    assert follower.catch_up().facts.keys() == {"p1"}
    assert "the database is another one" in caplog.text
    assert used(Follower(store, tiny(), tmp_path / "s")) is False
    assert follower.save_snapshot() is not None
    assert used(Follower(store, tiny(), tmp_path / "s"))


def test_a_follower_sees_that_its_database_was_emptied(
    store: Store, tiny: Any, partner: Any
) -> None:
    Writer(store, tiny()).put(partner("p1", "robots"))
    follower = Follower(store, tiny())
    assert follower.catch_up().facts.keys() == {"p1"}
    with writing_to(store.engine) as connection:
        for table in tables.metadata.sorted_tables:
            connection.execute(table.delete())
    assert follower.catch_up().facts == {}
    Writer(store, tiny()).put(partner("p3", "games"))
    assert follower.catch_up().facts.keys() == {"p3"}


def test_the_snapshot_that_was_read_is_left_until_something_comes_after_it(
    filled: Store, tiny: Any, saved: Path, partner: Any
) -> None:
    made = (saved / "manifest.json").stat().st_mtime_ns
    follower = start(filled, tiny(), saved)
    assert follower.save_snapshot() == saved
    assert (saved / "manifest.json").stat().st_mtime_ns == made
    Writer(filled, tiny()).put(partner("p9", "boats"))
    newer = follower.save_snapshot()
    assert newer is not None
    assert newer != saved
    shutil.rmtree(newer)
    assert start(filled, tiny(), saved).save_snapshot() == newer


def test_what_dead_processes_left_is_swept_when_it_is_old(
    filled: Store, tiny: Any, saved: Path, partner: Any
) -> None:
    old, young = saved.parent / ".writing-old", saved.parent / ".writing-young"
    for folder in (old, young):
        folder.mkdir()
        (folder / "vectors.npy").write_bytes(b"half")
    os.utime(old, (1, 1))
    start(filled, tiny(), saved).save_snapshot()
    assert not old.exists()
    assert young.exists()


@pytest.fixture
def ordinary() -> Iterator[None]:
    """Be an ordinary user for a while: root may write everywhere."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        yield
        os.seteuid(0)
    else:
        yield


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="dari-public-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_read_only_folder_is_named_and_nothing_in_it_is_touched(
    public: Path, request: pytest.FixtureRequest
) -> None:
    older = save(SearchIndex(2, "tiny/p1", seq=3), public, dict.fromkeys)
    public.chmod(0o555)
    for path in (older, *older.iterdir()):
        path.chmod(0o555)
    before = everything(public)
    request.getfixturevalue("ordinary")
    with pytest.raises(SnapshotError, match="Permission denied") as caught:
        save(SearchIndex(2, "tiny/p1", seq=4), public, dict.fromkeys)
    assert caught.value.value == str(public)
    with pytest.raises(SnapshotError, match="may hold what was erased") as caught:
        discard(public)
    assert "by hand" in caught.value.remedy
    assert everything(public) == before
    found = load_newest(public, "tiny/p1", 2)
    assert found is not None
    assert found.seq == 3


def test_a_folder_that_cannot_be_read_is_no_failure(
    public: Path, filled: Store, tiny: Any, caplog: Any, request: pytest.FixtureRequest
) -> None:
    public.chmod(0o700)
    request.getfixturevalue("ordinary")
    if os.access(public, os.R_OK, effective_ids=True):
        pytest.skip("this user may read every folder of its own")
    with pytest.raises(SnapshotError, match="its folder cannot be read"):
        load_newest(public, SPACE, 32)


def test_a_file_in_the_place_of_the_folder(filled: Store, tiny: Any, tmp_path: Path) -> None:
    (tmp_path / "s").write_text("")
    follower = Follower(filled, tiny(), tmp_path / "s")
    assert follower.catch_up().facts
    with pytest.raises(SnapshotError, match="cannot be written"):
        follower.write_snapshot()


LIMITED = """
import resource, sys
from pathlib import Path
import numpy as np
from index import SearchIndex
from index.search_index import Entry
from index.filters import Facts
from index.snapshot import save
from profiles import Side
index = SearchIndex(256, "tiny/p1", seq=5)
for n in range(200):
    facts = Facts(Side.PARTNER, None, frozenset(), frozenset())
    index.put(Entry(f"p{n}", facts, "words", {"is": np.ones(256, np.float32)}))
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
save(index, Path(sys.argv[1]), lambda ids: dict.fromkeys(ids, "words"))
"""


def test_a_disk_that_is_full_in_the_middle_of_a_file(tmp_path: Path) -> None:
    older = save(SearchIndex(256, "tiny/p1", seq=3), tmp_path, dict.fromkeys)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert "SnapshotError: The snapshot cannot be written: " in done.stderr
    assert list(tmp_path.iterdir()) == [older]
    assert load_newest(tmp_path, "tiny/p1", 256) is not None
