"""Tests of the import of files into the store."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import ImportReport, Writer, import_file, loading, writer
from profiles import FieldError, InvalidRecord, Side, Startup, Store, StoreError, validate
from profiles.exporting import EXPORT_FORMATS, export_file
from profiles.importing import ImportKind, UnreadableFile
from tests import fuzz_import

Import = Callable[..., ImportReport]


class Letters:
    """An encoder that counts letters: quick, and the same everywhere."""

    encoder_id = "letters"
    dimension = 4

    def __init__(self) -> None:
        self.encoded = 0

    def encode(self, texts: Sequence[str], *, role: str = "passage") -> Any:
        self.encoded += len(texts)
        rows = [[len(text), *(text.count(c) for c in "abc")] for text in texts]
        made = np.array(rows, dtype=np.float32).reshape(-1, self.dimension)
        return made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1)


@pytest.fixture
def letters() -> Letters:
    return Letters()


@pytest.fixture
def load(sqlite_store: Store, letters: Letters, tmp_path: Path) -> Import:
    def load(kind: ImportKind, content: str, name: str = "rows.jsonl", **more: Any) -> ImportReport:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8", newline="")
        return import_file(sqlite_store, Writer(sqlite_store, letters), path, kind, **more)

    return load


def lines(*raws: dict[str, Any]) -> str:
    return "\n".join(json.dumps(raw, ensure_ascii=False) for raw in raws)


def startup(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "name": f"Name {id}", "summary": "초음파", **more}


def told(report: ImportReport) -> list[tuple[Any, ...]]:
    return [
        (row.number, *((e.field, e.code, e.value) for e in row.errors)) for row in report.rejected
    ]


def test_good_rows_are_written_and_broken_ones_told(load: Import, sqlite_store: Store) -> None:
    done: list[int] = []
    report = load(
        "startups",
        lines(startup("a"), startup("b", trl=0), startup("c", ceo="Kim"), startup("a"), {}),
        progress=done.append,
    )
    assert (report.accepted, report.written, report.unchanged) == (2, 2, 0)
    assert [(row[0], row[1][:2]) for row in told(report)] == [
        (2, ("trl", "range")),
        (4, ("id", "id_repeated")),
        (5, ("id", "missing")),
    ]
    assert report.ignored == {"ceo": 1}
    assert [p.id for p in sqlite_store.page(Side.STARTUP)] == ["a", "c"]
    assert sum(done) == 5


def test_the_same_file_twice_changes_nothing(
    load: Import, sqlite_store: Store, letters: Letters
) -> None:
    files: dict[ImportKind, str] = {
        "startups": lines(startup("a"), startup("b")),
        "partners": lines({"id": "p", "name": "P"}),
        "ties": lines(
            {"kind": "pilot", "startup": "a", "partner": "p", "subject": "x"},
            {"kind": "contract", "startup": "b", "partner": "p", "date": "2020"},
        ),
        "programmes": lines({"id": "c", "kind": "contest", "name": "C", "partners": ["p"]}),
    }
    first = [load(kind, content) for kind, content in files.items()]
    assert [(r.accepted, r.written, r.rejected) for r in first] == [
        (2, 2, []), (1, 1, []), (2, 2, []), (1, 1, []),
    ]  # fmt: skip
    seq, encoded = sqlite_store.last_seq(), letters.encoded
    again = [load(kind, content) for kind, content in files.items()]
    assert [(r.accepted, r.written, r.unchanged) for r in again] == [
        (2, 0, 2), (1, 0, 1), (2, 0, 2), (1, 0, 1),
    ]  # fmt: skip
    assert (sqlite_store.last_seq(), letters.encoded) == (seq, encoded)
    changed = load("startups", lines(startup("a"), startup("b", trl=4)))
    assert (changed.written, changed.unchanged) == (1, 1)
    assert sqlite_store.last_seq() == seq + 1


def test_an_id_of_the_other_side(load: Import, sqlite_store: Store) -> None:
    load("partners", lines({"id": "p", "name": "P"}))
    report = load("startups", lines(startup("a"), startup("p"), startup("b")))
    assert told(report) == [(2, ("id", "id_taken", "p"))]
    assert report.written == 2
    assert sqlite_store.sides(["p"]) == {"p": Side.PARTNER}


def test_ends_and_members_must_exist(load: Import, sqlite_store: Store) -> None:
    load("startups", lines(startup("a")))
    load("partners", lines({"id": "p", "name": "P"}))
    ties = [
        {"kind": "pilot", "a": "a", "b": "p"},
        {"kind": "pilot", "a": "a", "b": "nobody"},
        {"kind": "pilot", "a": "x", "b": "y"},
    ]
    report = load("ties", lines(*ties))
    assert told(report) == [
        (2, ("b", "id_unknown", "nobody")),
        (3, ("a", "id_unknown", "x"), ("b", "id_unknown", "y")),
    ]
    assert sqlite_store.count_ties() == 1
    event = {"id": "e", "kind": "event", "name": "E", "partners": ["p", "q"]}
    report = load("programmes", lines(event, {**event, "id": "f", "partners": ["p"]}))
    assert told(report) == [(1, ("partners", "id_unknown", "q"))]
    assert [p.id for p in sqlite_store.programmes()] == ["f"]


def test_an_interrupted_import_goes_on(
    load: Import, sqlite_store: Store, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH", 10)
    monkeypatch.setattr(writer, "BATCH", 10)
    content = lines(*(startup(f"s{n:02}") for n in range(35)))
    put_many = Store.put_many

    def interrupted(store: Store, entries: Any, **more: Any) -> int:
        if store.count(Side.STARTUP) >= 20:
            raise StoreError(value="disk", rule="The disk is full.", remedy="Make room.")
        return put_many(store, entries, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Store, "put_many", interrupted)
        with pytest.raises(StoreError, match="disk is full"):
            load("startups", content)
    assert sqlite_store.count(Side.STARTUP) == sqlite_store.last_seq() == 20
    encoded = letters.encoded
    report = load("startups", content)
    assert (report.accepted, report.written) == (35, 15)
    assert sqlite_store.count(Side.STARTUP) == sqlite_store.last_seq() == 35
    assert letters.encoded - encoded == 15  # what is there already is not encoded again


def test_a_third_of_broken_rows_loses_no_good_one(load: Import, sqlite_store: Store) -> None:
    broken = ["{n},", '{n},"Name,x', "{n},N,x,y,z", "{n},N,\x07", "..{n},N,x"]
    rows = [
        (broken[n % 5] if n % 3 == 0 else "{n},이름,초음파 진단기를 만드는 회사").format(n=f"s{n}")
        for n in range(3000)
    ]
    told: list[loading.Row] = []
    table = "id,name,summary\r\n" + "\r\n".join(rows)
    report = load("startups", table, "rows.csv", rejected=told.append)
    assert (report.accepted, report.rejections) == (2000, 1000)
    assert [row.number for row in told] == [n + 2 for n in range(0, 3000, 3)]
    assert report.rejected == told[: loading.MOST_KEPT]
    assert {p.id for p in sqlite_store.each(Side.STARTUP)} == {
        f"s{n}" for n in range(3000) if n % 3
    }


def test_csv_gives_the_records_of_jsonl(load: Import, sqlite_store: Store) -> None:
    report = load(
        "startups",
        "id,name_en,name_ko,summary,sectors,seeks,trl,ceo\n"
        "a,Sonic,음파,초음파 진단,medical_imaging;ai,pilot,4,Kim\n"
        "b,,음파,probes,,,,Lee\n",
        "rows.csv",
    )
    assert report.ignored == {"ceo": 2}
    raw = {"id": "a", "name": {"en": "Sonic", "ko": "음파"}, "summary": {"ko": "초음파 진단"},
           "sectors": ["medical_imaging", "ai"], "seeks": ["pilot"], "trl": 4}  # fmt: skip
    assert sqlite_store.get("a") == validate(Startup, raw)
    assert load("startups", lines(raw)).unchanged == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.txt", "x"),
        ("rows.csv", "id,name,name\n"),
        ("rows.csv", "only,unknown\n1,2\n"),
        ("rows.jsonl", "\x00\x01\x02"),
    ],
)
def test_an_unreadable_file_changes_nothing(
    load: Import, sqlite_store: Store, name: str, content: str
) -> None:
    with pytest.raises(UnreadableFile):
        load("startups", content, name)
    assert sqlite_store.last_seq() == 0


def test_a_missing_file_and_a_folder(sqlite_store: Store, letters: Letters, tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    for name in ("missing.csv", "folder.csv"):
        with pytest.raises(UnreadableFile):
            import_file(sqlite_store, Writer(sqlite_store, letters), tmp_path / name, "startups")


@pytest.mark.postgresql
def test_an_import_into_postgresql(
    database_url: str, store: Store, letters: Letters, tmp_path: Path
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(lines(*(startup(f"s{n}") for n in range(1100)), startup("s1"), {"id": "\x00"}))
    for written in (1100, 0):
        report = import_file(store, Writer(store, letters), path, "startups")
        assert (report.accepted, report.written, len(report.rejected)) == (1100, written, 2)
    assert store.last_seq() == 1100


def test_revisions_name_the_import(load: Import, sqlite_store: Store) -> None:
    load("startups", lines(startup("a")))
    load("partners", lines({"id": "p", "name": "P"}))
    load("ties", lines({"id": "t", "kind": "pilot", "a": "a", "b": "p"}))
    load("programmes", lines({"id": "c", "kind": "contest", "name": "C"}))
    assert [sqlite_store.history(id)[0].by for id in ("a", "p", "t", "c")] == ["import"] * 4


def test_a_check_writes_nothing(load: Import, sqlite_store: Store, letters: Letters) -> None:
    load("startups", lines(startup("a"), startup("b")))
    load("partners", lines({"id": "p", "name": "P"}))
    seq, encoded = sqlite_store.last_seq(), letters.encoded
    rows = (startup("a"), startup("b", trl=4), startup("c"), startup("p"), startup("d", trl=0))
    report = load("startups", lines(*rows), check=True)
    assert (report.accepted, report.written, report.rejections) == (3, 2, 2)
    assert [row[1][1] for row in told(report)] == ["id_taken", "range"]
    ties = lines(*({"kind": "pilot", "a": "a", "b": b} for b in ("p", "nobody")))
    report = load("ties", ties, check=True)
    assert (report.written, report.rejections) == (1, 1)
    event = lines({"id": "e", "kind": "event", "name": "E"})
    assert load("programmes", event, check=True).written == 1
    assert (sqlite_store.last_seq(), letters.encoded) == (seq, encoded)
    assert (sqlite_store.count_ties(), sqlite_store.programmes()) == (0, [])


def test_a_stop_between_batches(
    load: Import, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH", 10)
    content = lines(*(startup(f"s{n:02}") for n in range(35)))
    asked = iter([False, False, True])
    report = load("startups", content, stop=lambda: next(asked))
    assert (report.stopped, report.last_row, report.written) == (True, 20, 20)
    assert sqlite_store.count(Side.STARTUP) == 20
    report = load("startups", content, stop=lambda: False)
    assert (report.stopped, report.last_row, report.written) == (False, 35, 15)


def test_every_rejected_row_is_told_and_the_report_stays_small(
    load: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "MOST_KEPT", 3)
    monkeypatch.setattr(loading, "MOST_NAMES", 3)
    rows: list[loading.Row] = []
    raws = [{"id": f"s{n}", "name": "x" * 5000, f"more{n}": 1} for n in range(9)]
    report = load("startups", lines(*raws), rejected=rows.append)
    assert [row.number for row in rows] == list(range(1, 10))
    assert (report.rejections, len(report.rejected), len(report.ignored)) == (9, 3, 3)
    assert all(len(str(error.value)) <= 300 for row in rows for error in row.errors)


def test_a_batch_with_an_id_of_the_one_before(
    sqlite_store: Store, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "BATCH", 1)
    old, new = (validate(Startup, startup("a", trl=trl)) for trl in (1, 2))
    made = Writer(sqlite_store, letters)
    assert made.put_many([new]) == 1
    assert made.put_many([old, new, old, new]) == 4
    assert sqlite_store.get("a") == new


@pytest.mark.parametrize("suffix", EXPORT_FORMATS)
def test_an_export_fills_an_empty_store(
    database_url: str, store: Store, letters: Letters, tmp_path: Path, suffix: str
) -> None:
    consent = {"version": "1", "purpose": "matching", "at": "2026-01-02T03:04:05+00:00"}
    given: dict[ImportKind, list[dict[str, Any]]] = {
        "startups": [startup("=s", aliases=["a;b"], contact="a@b.kr", consent=consent),
                     startup("t", summary={"en": "-x", "ko": "y\nz"}, sectors=["ai"], trl=4)],
        "partners": [{"id": "p", "name": "P", "capacity": 3, "sites": ["KR-27", "DE"]}],
        "ties": [{"kind": "pilot", "a": "t", "b": "p", "subject": "+x", "date": "2020-01-02"}],
        "programmes": [{"id": "c", "kind": "contest", "name": "C", "partners": ["p"],
                        "closed": True, "funding": {"amount": 5, "currency": "KRW"}}],
    }  # fmt: skip
    empty = Store.open(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    empty.migrate()
    for kind, raws in given.items():
        first, second = tmp_path / f"{kind}.jsonl", tmp_path / f"{kind}{suffix}"
        first.write_text(lines(*raws), encoding="utf-8")
        assert import_file(store, Writer(store, letters), first, kind).written == len(raws)
        export_file(store, kind, second, with_contacts=True)
        report = import_file(empty, Writer(empty, letters), second, kind)
        assert (report.written, told(report)) == (len(raws), [])
        assert import_file(store, Writer(store, letters), second, kind).written == 0
    for side in Side:
        assert list(empty.each(side)) == list(store.each(side))
    assert list(empty.ties()) == list(store.ties())
    assert empty.programmes() == store.programmes()
    empty.close()


def test_mutated_files(tmp_path: Path) -> None:
    assert fuzz_import.run_cases(1_000_000, 2_000, tmp_path) == []


def test_what_is_merged_between_check_and_write_is_told_and_the_rest_is_written(
    load: Import, sqlite_store: Store, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH", 4)
    writing = Writer(sqlite_store, letters)
    writing.put_many(validate(Startup, startup(id)) for id in ("k", "s5", "s6"))
    put_many = sqlite_store.put_many

    def merged_before(entries: Any, **more: Any) -> int:
        if any(one.id == "s5" for one, _ in entries):
            monkeypatch.setattr(sqlite_store, "put_many", put_many)
            writing.merge("k", "s5")
        return put_many(entries, **more)

    monkeypatch.setattr(sqlite_store, "put_many", merged_before)
    rows = [startup(f"s{n}", summary="new") for n in range(1, 15)]
    rows[13]["conflicts"] = ["s5"]
    told_of: list[int] = []
    done: list[int] = []
    report = load(
        "startups",
        lines(*rows),
        rejected=lambda row: told_of.append(row.number),
        progress=done.append,
    )
    assert [(row[0], row[1][:2]) for row in told(report)] == [
        (5, ("id", "id_merged")),
        (14, ("conflicts", "id_merged")),
    ]
    assert told_of == [5, 14]
    assert (report.accepted, report.written, report.last_row) == (12, 12, 14)
    assert done == [4, 4, 4, 2]
    assert sqlite_store.count(Side.STARTUP) == 13


def test_a_refusal_that_no_check_explains_is_raised(
    load: Import, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(entries: Any, **more: Any) -> int:
        raise InvalidRecord([FieldError("id", "id_merged", "a", {"into": "b"})])

    monkeypatch.setattr(sqlite_store, "put_many", refuse)
    with pytest.raises(InvalidRecord):
        load("startups", lines(startup("a")))


@pytest.fixture
def merged(load: Import, sqlite_store: Store, letters: Letters) -> str:
    """A file of which two rows have been merged since it was imported."""
    kept = startup("ganada-1", sectors=["ai"], website="https://ganada.example")
    content = lines(
        kept,
        startup("ganada-2", sectors=["energy"], aliases=["GND"], trl=4, summary="탐침"),
        startup("other"),
    )
    load("startups", content)
    writer = Writer(sqlite_store, letters)
    writer.merge("ganada-1", "ganada-2", choices={"summary": "drop"})
    return content


def test_what_a_merge_gave_stays_when_the_file_is_imported_again(
    load: Import, sqlite_store: Store, merged: str
) -> None:
    fused = sqlite_store.get("ganada-1")
    assert fused.aliases == ("Name ganada-2", "GND")
    for check in (True, False):
        report = load("startups", merged, check=check)
        assert (report.accepted, report.written) == (2, 0)
        assert told(report) == [(2, ("id", "id_merged", "ganada-2"))]
    assert sqlite_store.get("ganada-1") == fused
    assert fused.sectors == ("ai", "energy")


def test_what_a_file_says_anew_stands_beside_what_a_merge_gave(
    load: Import, sqlite_store: Store, merged: str
) -> None:
    new = startup("ganada-1", name="GND", sectors=["robotics"], summary="새 글", aliases=["가나다"])
    assert load("startups", lines(new)).written == 1
    now = sqlite_store.get("ganada-1")
    assert now.sectors == ("robotics", "energy")
    assert now.aliases == ("가나다", "Name ganada-2")
    assert (now.summary.joined, now.trl, now.website) == ("새 글", 4, None)


def test_what_staff_took_away_from_a_merge_stays_away(
    load: Import, sqlite_store: Store, letters: Letters, merged: str
) -> None:
    held = sqlite_store.get("ganada-1")
    writer = Writer(sqlite_store, letters)
    writer.put(held.model_copy(update={"aliases": ("GND",), "trl": None}))
    load("startups", merged)
    now = sqlite_store.get("ganada-1")
    assert (now.aliases, now.trl) == (("GND",), None)


def test_an_undone_merge_gives_nothing(
    load: Import, sqlite_store: Store, letters: Letters, merged: str
) -> None:
    Writer(sqlite_store, letters).unmerge(1)
    report = load("startups", merged)
    assert (report.accepted, report.written) == (3, 0)
    assert sqlite_store.get("ganada-1").aliases == ()


@pytest.mark.parametrize("undone", [False, True])
def test_what_a_merge_gives_while_a_batch_is_read_is_not_overwritten(
    load: Import,
    sqlite_store: Store,
    letters: Letters,
    monkeypatch: pytest.MonkeyPatch,
    undone: bool,
) -> None:
    writer = Writer(sqlite_store, letters)
    load("startups", lines(startup("k"), startup("d", sectors=["energy"], aliases=["GND"])))
    made = writer.merge("k", "d") if undone else None
    put_many = sqlite_store.put_many

    def late(entries: Any, **more: Any) -> int:
        monkeypatch.setattr(sqlite_store, "put_many", put_many)
        if made is None:
            writer.merge("k", "d")
        else:
            writer.unmerge(made.number)
        return put_many(entries, **more)

    monkeypatch.setattr(sqlite_store, "put_many", late)
    report = load("startups", lines(startup("k", summary="new"), startup("z")))
    assert (report.accepted, report.written) == (2, 2)
    now = sqlite_store.get("k")
    assert now.summary.joined == "new"
    assert (now.sectors, now.aliases) == (((), ()) if undone else (("energy",), ("Name d", "GND")))
