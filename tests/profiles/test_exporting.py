"""Tests of the export: what is written is read back as it was, in every format."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles import (
    Partner,
    Programme,
    Record,
    Startup,
    Store,
    Text,
    Tie,
    Vectors,
    exporting,
    validate,
)
from profiles.exporting import EXPORT_FORMATS, export_file
from profiles.files import UnwritableFile, guarded, unguarded
from profiles.importing import ImportKind, read_records

CONSENT = {"version": "1", "purpose": "matching", "at": "2026-01-02T03:04:05.678901+00:00"}
STARTUPS = [
    {"id": "007", "name": {"en": "Sonic", "ko": "음파"}, "summary": {"ko": "초음파"}},
    {"id": "=a", "name": "=1+1", "summary": {"en": "+x", "ko": "@y"}, "seeking": "'-z",
     "aliases": ["a;b", "[c]", "'=d", "d,\"e\""], "region": "KR-27", "sectors": ["ai", "robotics"],
     "seeks": ["pilot"], "offers": ["data"], "conflicts": ["p", "-q"], "website": "https://x.y",
     "source": "two\nlines", "stage": "seed", "trl": 4, "founded": 2020,
     "contact": "a@b.kr", "consent": CONSENT},
    {"id": "b", "name": {"en": "이름"}, "summary": {"en": "다리", "ko": "bridge"},
     "aliases": ["[1]"], "offering": "_x0041_ \t tab", "consent": CONSENT},
]  # fmt: skip
PARTNERS = [
    {"id": "p", "name": "P"},
    {"id": "q", "name": "Q", "kind": "hospital", "sites": ["KR-26", "DE"],
     "stages": ["seed", "growth"], "trl_min": 3, "capacity": 0, "aliases": ["true", "1"]},
]  # fmt: skip
TIES = [
    {"kind": "pilot", "a": "007", "b": "p", "subject": {"en": "x", "ko": "-초음파"}},
    {"kind": "pairing", "a": "p", "b": "q", "region": "KR-27", "valid_from": "1850-01-02",
     "valid_to": "2024-02-29", "context": "c/1", "role": "=lead", "source": "s"},
]  # fmt: skip
PROGRAMMES = [
    {"id": "c", "kind": "contest", "name": {"ko": "공모전"}},
    {"id": "d", "kind": "event", "name": "D", "summary": "s", "regions": ["KR-27"],
     "countries": ["DE"], "sectors": ["ai"], "stages": ["seed"], "trl_min": 2, "trl_max": 9,
     "needs": ["pilot"], "gives": ["grant"], "partners": ["p", "q"],
     "partner_kinds": ["hospital"], "closed": True, "places": 10, "valid_from": "2024-01-01",
     "funding": {"amount": 10**15, "currency": "KRW", "per": "side"}, "source": "x",
     "part_of": "c", "rules": [
         {"id": "s", "kind": "share", "group": "area:non_capital", "low": 30,
          "reason": {"ko": "=균형; [x]", "en": "two\nlines"}},
         {"id": "f", "kind": "forced", "applicants": ["007", "=a"], "hosts": ["p"]}]},
]  # fmt: skip
ALL: dict[ImportKind, tuple[type[Record], list[dict[str, Any]]]] = {
    "startups": (Startup, STARTUPS),
    "partners": (Partner, PARTNERS),
    "ties": (Tie, TIES),
    "programmes": (Programme, PROGRAMMES),
}


def records(kind: ImportKind) -> list[Any]:
    model, raws = ALL[kind]
    return sorted((validate(model, raw) for raw in raws), key=lambda one: one.id)


def fill(store: Store) -> None:
    for kind in ("startups", "partners"):
        store.put_many([(one, Vectors("x")) for one in records(kind)])
    store.put_ties([(one, Vectors("x")) for one in records("ties")])
    store.put_programmes(records("programmes"))


@pytest.mark.parametrize("suffix", EXPORT_FORMATS)
def test_what_is_exported_is_read_back(store: Store, tmp_path: Path, suffix: str) -> None:
    fill(store)
    for kind in ALL:
        path = tmp_path / f"{kind}{suffix}"
        assert export_file(store, kind, path, with_contacts=True) == len(ALL[kind][1])
        rows = list(read_records(path, kind))
        assert [row.errors for row in rows] == [() for _ in rows]
        assert [row.record for row in rows] == records(kind)
    assert sorted(tmp_path.glob(".*")) == []


@pytest.mark.parametrize("suffix", EXPORT_FORMATS)
def test_an_empty_store_gives_a_file_without_rows(
    sqlite_store: Store, tmp_path: Path, suffix: str
) -> None:
    for kind in ALL:
        path = tmp_path / f"{kind}{suffix}"
        assert export_file(sqlite_store, kind, path) == 0
        assert list(read_records(path, kind)) == []


@pytest.mark.parametrize("suffix", EXPORT_FORMATS)
def test_personal_data_only_where_asked(sqlite_store: Store, tmp_path: Path, suffix: str) -> None:
    fill(sqlite_store)
    path = tmp_path / f"rows{suffix}"
    export_file(sqlite_store, "startups", path)
    for row in read_records(path, "startups"):
        assert isinstance(row.record, Startup)
        assert row.record.contact is None
        assert row.record.consent is None
    held = path.read_bytes()
    if suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            held = b"".join(book.read(name) for name in book.namelist())
    assert b"a@b.kr" not in held
    assert b"consent" not in held


def test_csv_for_excel(sqlite_store: Store, tmp_path: Path) -> None:
    fill(sqlite_store)
    path = tmp_path / "rows.csv"
    export_file(sqlite_store, "startups", path, with_contacts=True)
    assert path.read_bytes().startswith(b"\xef\xbb\xbfid,name_en,name_ko,")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["id"] for row in rows] == ["007", "'=a", "b"]
    assert not [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+-@\t\r")]
    assert json.loads(rows[1]["aliases"]) == ["a;b", "[c]", "'=d", 'd,"e"']


@given(st.text("'=+-@\t\ra", max_size=6))
def test_a_guarded_cell_is_no_formula_and_comes_back(cell: str) -> None:
    assert guarded(cell)[:1] not in set("=+-@\t\r")
    assert unguarded(guarded(cell)) == cell


def test_xlsx_keeps_types_and_has_no_formulas(sqlite_store: Store, tmp_path: Path) -> None:
    import openpyxl

    fill(sqlite_store)
    found = {}
    for kind in ALL:
        path = tmp_path / f"{kind}.xlsx"
        export_file(sqlite_store, kind, path)
        sheet = openpyxl.load_workbook(path).active
        names = [cell.value for cell in sheet[1]]
        found[kind] = [dict(zip(names, row, strict=True)) for row in sheet.iter_rows(min_row=2)]
        assert {c.data_type for row in found[kind] for c in row.values()} <= set("snbd")
    startup, programme = found["startups"][1], found["programmes"][1]
    assert (startup["id"].value, startup["name_en"].value) == ("=a", "=1+1")
    assert (startup["trl"].value, found["startups"][0]["id"].value) == (4, "007")
    assert (programme["closed"].value, programme["funding_amount"].value) == (True, 10**15)
    assert programme["valid_from"].value.date().isoformat() == "2024-01-01"


def test_parquet_keeps_types(sqlite_store: Store, tmp_path: Path) -> None:
    import polars as pl

    fill(sqlite_store)
    export_file(sqlite_store, "programmes", tmp_path / "p.parquet")
    table = pl.read_parquet(tmp_path / "p.parquet")
    assert (table["trl_max"].dtype, table["closed"].dtype) == (pl.Int64, pl.Boolean)
    assert (table["valid_from"].dtype, table["partners"].dtype) == (pl.Date, pl.List(pl.String))


def test_what_xlsx_cannot_hold_is_named(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sqlite_store)
    path = tmp_path / "rows.xlsx"
    with monkeypatch.context() as patched:
        patched.setattr(exporting, "MOST_SHEET_ROWS", 2)
        with pytest.raises(UnwritableFile, match="more than 2 rows"):
            export_file(sqlite_store, "startups", path)
    aliases = [f"{n}{'x' * 900}" for n in range(40)]
    long = validate(Partner, {"id": "z", "name": "Z", "aliases": aliases})
    sqlite_store.put_many([(long, Vectors("x"))])
    with pytest.raises(UnwritableFile, match="cannot hold"):
        export_file(sqlite_store, "partners", path)
    assert list(tmp_path.glob("*.xlsx")) == list(tmp_path.glob(".*")) == []


@pytest.mark.parametrize("name", ["rows.txt", "rows", "none/rows.csv", "a\x00.csv"])
def test_a_file_that_cannot_be_written(sqlite_store: Store, tmp_path: Path, name: str) -> None:
    with pytest.raises(UnwritableFile):
        export_file(sqlite_store, "startups", tmp_path / name)


def test_a_failed_export_leaves_the_old_file(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sqlite_store)
    path = tmp_path / "rows.parquet"
    path.write_text("old")

    def broken(done: int) -> None:
        raise RuntimeError("stop")

    monkeypatch.setattr(exporting, "_BATCH", 1)
    with pytest.raises(RuntimeError):
        export_file(sqlite_store, "startups", path, progress=broken)
    assert path.read_text() == "old"
    assert sorted(one.name for one in tmp_path.glob("*rows*")) == ["rows.parquet"]


_TEXT = st.text(min_size=1, max_size=30).filter(str.strip)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    raws=st.lists(
        st.fixed_dictionaries({
            "name": st.fixed_dictionaries({"en": _TEXT}, optional={"ko": _TEXT}),
            "aliases": st.lists(_TEXT, max_size=3),
            "source": _TEXT,
        }),
        max_size=4,
    )
)
@pytest.mark.parametrize("suffix", EXPORT_FORMATS)
def test_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, raws: list[dict[str, Any]]
) -> None:
    from profiles.errors import InvalidRecord

    made = []
    for number, raw in enumerate(raws):
        try:
            made.append(validate(Partner, {"id": f"p{number}", **raw}))
        except InvalidRecord:
            continue
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"

    class Few:
        def each(self, side: object) -> list[Partner]:
            return made

    try:
        export_file(Few(), "partners", path)
    except UnwritableFile:
        assert suffix == ".xlsx"
        return
    assert [row.record for row in read_records(path, "partners")] == made


def test_texts_keep_their_language(sqlite_store: Store, tmp_path: Path) -> None:
    fill(sqlite_store)
    export_file(sqlite_store, "startups", tmp_path / "rows.csv")
    rows = {
        getattr(r.record, "id", ""): r.record
        for r in read_records(tmp_path / "rows.csv", "startups")
    }
    assert rows["b"].name == Text(en="이름")
