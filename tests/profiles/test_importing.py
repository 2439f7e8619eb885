"""Tests of the reading of rows from JSONL and CSV files."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles import (
    Consent,
    FundingUnit,
    Money,
    Partner,
    Programme,
    Startup,
    Text,
    Tie,
    files,
    importing,
)
from profiles.files import LONGEST_ROW
from profiles.importing import (
    IMPORT_KINDS,
    ImportKind,
    InvalidMap,
    Row,
    UnreadableFile,
    parse_json,
    read_map,
    read_records,
)


def read(path: Path, content: str | bytes, kind: ImportKind = "startups") -> list[Row]:
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(data)
    return list(read_records(path, kind))


@pytest.fixture
def jsonl(tmp_path: Path) -> Path:
    return tmp_path / "rows.jsonl"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "rows.csv"


def told(rows: list[Row]) -> list[Any]:
    """The id of each good row, and (number, field, code) of each broken one."""
    return [
        getattr(row.record, "id", None)
        if row.record
        else (row.number, *((error.field, error.code) for error in row.errors))
        for row in rows
    ]


def good(id: str, **more: Any) -> str:
    raw = {"id": id, "name": {"en": f"Name {id}"}, "summary": {"ko": "초음파"}, **more}
    return json.dumps(raw, ensure_ascii=False)


HEADER = "id,name,summary\n"

# Files as wholes


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl"])
@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n\t\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_an_empty_file_has_no_rows(tmp_path: Path, name: str, content: bytes) -> None:
    assert read(tmp_path / name, content) == []


def test_a_header_alone_has_no_rows(table: Path) -> None:
    assert read(table, HEADER) == []
    assert read(table, "id,name,summary") == []


@pytest.mark.parametrize(
    "name", ["rows.xls", "rows.json", "rows", "rows.txt", ".csv", "rows.csv.gz"]
)
def test_another_format(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableFile, match=r"Give \.jsonl or \.csv"):
        read(tmp_path / name, HEADER)


@pytest.mark.parametrize("name", ["ROWS.CSV", "rows.Jsonl", "rows.ndjson"])
def test_the_ending_stands_in_any_case(tmp_path: Path, name: str) -> None:
    content = HEADER + "a,A,x\n" if name.lower().endswith("csv") else good("a")
    assert told(read(tmp_path / name, content)) == ["a"]


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    missing = [tmp_path / "none.csv", tmp_path / "no" / "none.jsonl", Path("a\x00b.csv"),
               tmp_path / ("x" * 300 + ".csv"), tmp_path / "folder.csv" / "a.csv"]  # fmt: skip
    for path in (*missing, tmp_path / "folder.csv", tmp_path / "pipe.csv"):
        with pytest.raises(UnreadableFile) as caught:
            list(read_records(path, "startups"))
        assert caught.value.value == str(path)


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x02\x80\x00\x00\x01\xe0\x08\x06\x00\x00\x005\xd1",
        b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00",
        bytes(range(256)) * 40,
        "id,name\na,다리\n".encode("utf-16"),
        "id,name\na,다리\n".encode("utf-16-le"),
        b"id,name,summary\na,\xff\xff,x\n",
        b"\x00" * 1000,
    ],
)
@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl"])
def test_a_binary_file(tmp_path: Path, name: str, data: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"text file|UTF-8"):
        read(tmp_path / name, data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, end: str) -> None:
    rows = ["id,name,summary", "a,다리,초음파 진단", 'b,뷁,"두 줄' + end + '쓰기, 쉼표"']
    found = read(tmp_path / "rows.csv", end.join(rows).encode(encoding))
    assert [(row.number, row.record) for row in found] == [
        (2, Startup(id="a", name=Text(ko="다리"), summary=Text(ko="초음파 진단"))),
        (3, Startup(id="b", name=Text(ko="뷁"), summary=Text(ko="두 줄\n쓰기, 쉼표"))),
    ]
    lines = end.join([good("a"), "", good("b"), ""]).encode(encoding)
    assert [(row.number, row.errors) for row in read(tmp_path / "r.jsonl", lines)] == [
        (1, ()),
        (3, ()),
    ]


def test_a_broken_place_in_utf8_costs_one_row_and_garbles_none(tmp_path: Path) -> None:
    lines = [f"s{n},이름 {n},대구의 초음파 회사".encode() for n in range(5)]
    lines[2] = lines[2][:-1]
    for end in (b"\n", b""):
        data = HEADER.encode() + b"\n".join(lines) + end
        found = read(tmp_path / "rows.csv", data)
        assert told(found) == ["s0", "s1", (4, ("summary", "text_control")), "s3", "s4"]
        assert found[0].record.summary == Text(ko="대구의 초음파 회사")


# JSONL


def test_broken_lines_of_json(jsonl: Path) -> None:
    lines = [
        good("a"),
        "{",
        good("b") + "}",
        "[]",
        "[" + good("c") + "]",
        '"text"',
        "5",
        "null",
        good("d")[:-1] + ', "id": "e"}',
        good("f", trl=10)[:-1] + ', "founded": NaN}',
        "[" * 100_000,
        '{"id":' * 50_000,
        good("g")[:-1] + ', "trl": ' + "9" * 5000 + "}",
        good("h")[:-1] + ', "trl": 1e999}',
        good("i")[:-1] + ', "trl": 99999999999999999999}',
        good("j").replace("Name j", "\\ud800"),
        good("k").replace("Name k", "a\\u0000b"),
        good("l").replace("Name l", "a\x00b"),
        "id,name,summary",
        good("z"),
    ]
    found = told(read(jsonl, "\n".join(lines)))
    broken = [(n, ("row", "json")) for n in range(1, 21)]
    objects = [(n, ("row", "object")) for n in range(1, 21)]
    assert found == [
        "a", broken[1], broken[2], objects[3], objects[4], objects[5], objects[6], objects[7],
        broken[8], broken[9], broken[10], broken[11], broken[12], (14, ("trl", "integer")),
        (15, ("trl", "range")), (16, ("name", "text_control")), (17, ("name", "text_control")),
        broken[17], broken[18], "z",
    ]  # fmt: skip


def test_strict_json_names_what_is_wrong() -> None:
    assert parse_json('{"a": [1, {"b": null}]}') == {"a": [1, {"b": None}]}
    for text, said in [
        ("NaN", "NaN"),
        ('{"a": 1, "b": 2, "a": 3}', "'a' stands twice"),
        ("[" * 100_000, "too deeply"),
        ("1 2", "Extra data"),
        ("", "Expecting value"),
        ("9" * 5000, "limit"),
    ]:
        with pytest.raises(ValueError, match=said):
            parse_json(text)


def test_many_members_are_read_in_time() -> None:
    members = ", ".join(f'"m{n}": 1' for n in range(60_000))
    with pytest.raises(ValueError, match="stands twice"):
        parse_json("{" + members + ', "m0": 2}')


def test_a_line_that_is_too_long_costs_only_itself(jsonl: Path) -> None:
    long = good("b", offering="x" * LONGEST_ROW)
    rows = read(jsonl, "\r\n".join([good("a"), long, long * 3, good("c")]))
    assert told(rows) == ["a", (2, ("row", "too_large")), (3, ("row", "too_large")), "c"]
    assert "1,000,000" in rows[1].errors[0].rule("en")


def test_errors_keep_no_megabytes(jsonl: Path) -> None:
    (row,) = read(jsonl, "{" + "x" * 900_000)
    assert len(str(row.errors[0].value)) <= 80


def test_unknown_fields_are_set_aside_and_named(jsonl: Path, table: Path) -> None:
    (row,) = read(jsonl, good("a", turnover=5, ceo="Kim"))
    assert row.record is not None
    assert row.ignored == ("turnover", "ceo")
    rows = read(table, "id,name,summary,ceo,,name_fr,region_ko\na,A,x,Kim,5,,대구\nb,B,x,,,,\n")
    assert told(rows) == ["a", "b"]
    assert [row.ignored for row in rows] == [("ceo", "column 5", "region_ko"), ()]


def test_an_id_stands_once_in_a_file(jsonl: Path) -> None:
    rows = read(jsonl, "\n".join([good("a", trl=99), good("a"), good("b"), good(" a ")]))
    assert told(rows) == [(1, ("trl", "range")), "a", "b", (4, ("id", "id_repeated"))]
    assert "row 2" in rows[3].errors[0].rule("en")


def test_rows_before_a_break_are_not_lost() -> None:
    def rows() -> Iterator[Row]:
        for number in (1, 2):
            yield Row(number, Startup(id="a", name=Text(en="A"), summary=Text(en="x")))
        raise UnreadableFile("rows.parquet", "file_no_parquet", reason_en="it breaks off")

    seen: list[Row] = []
    with pytest.raises(UnreadableFile, match="breaks off"):
        seen.extend(importing._unrepeated(rows()))
    assert told(seen) == ["a", (2, ("id", "id_repeated"))]


# CSV


def test_text_in_either_language(table: Path) -> None:
    rows = read(
        table,
        "id,name,name_ko,summary,summary_en,summary_ko,seeking\n"
        "a,Sonic,음파,probes,,탐촉자,파일럿\n"
        "b,음파,음파,,Probes,,pilot\n"
        "c,,음파,탐촉자,Probes,,\n"
        f"d,{unicodedata.normalize('NFD', '음파')},,x,,,\n"
        "e,소닉,음파,x,,,\n"
        "f,Sonic,,probes,Sensors,,\n",
    )
    assert told(rows) == [
        "a",
        "b",
        "c",
        "d",
        (6, ("name", "csv_twice")),
        (7, ("summary", "csv_twice")),
    ]
    names = [row.record.name for row in rows[:4]]
    assert names == [Text(en="Sonic", ko="음파"), Text(ko="음파"), Text(ko="음파"), Text(ko="음파")]
    summaries = [row.record.summary for row in rows[:3]]
    assert summaries == [
        Text(en="probes", ko="탐촉자"),
        Text(en="Probes"),
        Text(en="Probes", ko="탐촉자"),
    ]


def test_every_field_of_a_startup_in_csv(table: Path) -> None:
    (row,) = read(
        table,
        "id,name,summary,aliases,region,sectors,stage,trl,founded,seeks,offers,conflicts,website,"
        "contact,consent_version,consent_purpose,consent_at\n"
        "7,Sonic,x,A;B,대구,medical_imaging; 로봇,시드,4,2020,pilot;joint rnd,data,etri,"
        "https://x.y,a@b.kr,1,matching,2026-01-02T03:04:05Z\n",
    )
    assert row.errors == ()
    record = row.record
    assert isinstance(record, Startup)
    assert (record.id, record.region, record.sectors) == (
        "7",
        "KR-27",
        ("medical_imaging", "robotics"),
    )
    assert (record.aliases, record.trl, record.founded) == (("A", "B"), 4, 2020)
    assert isinstance(record.consent, Consent)


def test_partners_ties_and_programmes_in_csv(table: Path) -> None:
    (partner,) = read(table, "id,name,kind,sites,capacity\np,P,병원,Daegu;부산,10\n", "partners")
    assert partner.record == Partner.model_validate({
        "id": "p",
        "name": "P",
        "kind": "hospital",
        "sites": ["KR-27", "KR-26"],
        "capacity": 10,
    })
    (tie,) = read(
        table, "startup,partner,kind,date,subject_ko\na,b,pilot,2020-01-02,초음파\n", "ties"
    )
    raw = {"a": "a", "b": "b", "kind": "pilot", "valid_from": "2020-01-02", "subject": "초음파"}
    assert tie.record == Tie.model_validate(raw)
    (programme,) = read(
        table,
        "id,kind,name,funding_amount,funding_currency,funding_per,closed,valid_from\n"
        "c,contest,공모전,20000000,KRW,side,Yes,2014-10-10\n",
        "programmes",
    )
    assert isinstance(programme.record, Programme)
    assert programme.record.funding == Money(
        amount=20_000_000, currency="KRW", per=FundingUnit.SIDE
    )
    assert programme.record.closed


def test_a_column_that_stands_twice_is_refused_by_name(table: Path) -> None:
    with pytest.raises(UnreadableFile, match="'summary' 2 times"):
        read(table, "id,summary,name, summary \na,x,A,y\n")


@pytest.mark.parametrize(
    "content",
    ["a,Sonic,probes\nb,B,x\n", "id;name;summary\na;A;x\n", "id\tname\na\tA\n", '\x00\n"a'],
)
def test_a_file_without_header(table: Path, content: str) -> None:
    with pytest.raises(UnreadableFile, match=r"names no field|text file"):
        read(table, content)


def test_a_header_with_broken_quotes(table: Path) -> None:
    with pytest.raises(UnreadableFile, match="double quote"):
        read(table, 'id,"name,summary\na,A,x\n')


def test_a_header_of_a_megabyte(table: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"2\d{5} times"):
        read(table, "id," + "a," * 250_000 + "\n")
    with pytest.raises(UnreadableFile, match="larger"):
        read(table, "id," * LONGEST_ROW + "\n")


def test_ragged_rows(table: Path) -> None:
    rows = read(table, HEADER + "a,A,x\nb,B\nc\n\nd,D,x,y\ne,E,x,, \n,,\nf,F,x\n")
    assert told(rows) == [
        "a",
        (3, ("row", "csv_columns")),
        (4, ("row", "csv_columns")),
        (6, ("row", "csv_columns")),
        "e",
        "f",
    ]
    assert "4 cells" in rows[3].errors[0].rule("en")


def test_a_row_that_is_cut_off_erases_nothing(table: Path) -> None:
    header = "id,name,summary,sectors,website\n"
    rows = read(table, header + 'a,A,x\nb,B,x,,\nc,C,"x,""y"""\r\nd,D,초음파 진')
    assert told(rows) == [
        (2, ("row", "csv_columns")),
        "b",
        (4, ("row", "csv_columns")),
        (5, ("row", "csv_columns")),
    ]
    assert rows[0].errors[0].rule("en") == "The row has 3 cells, the header has 5."
    assert rows[0].errors[0].rule("ko") == "이 행은 3칸인데 머리글은 5칸입니다."


def test_columns_without_a_name_at_the_end_may_be_left_out(table: Path) -> None:
    rows = read(table, "id,name,summary,,\na,A,x\nb,B\n")
    assert told(rows) == ["a", (3, ("row", "csv_columns"))]


def test_a_quote_that_is_never_closed_costs_one_row(table: Path) -> None:
    rows = read(
        table,
        HEADER
        + 'a,"A ""quoted"", name",x\n'
        + 'b,"B,x\n'
        + "c,C,x\n"
        + 'd,"D",x\n'
        + 'e,"E" Ltd,x\n'
        + 'f,5" screens,x\n'
        + 'g,"G\nLtd",x\n'
        + 'h,H,"x\n'
        + "i,I,x\n",
    )
    broken = [(n, ("row", "csv_quotes")) for n in (3, 6, 10)]
    assert told(rows) == ["a", broken[0], "c", "d", broken[1], "f", "g", broken[2], "i"]
    assert [row.number for row in rows] == [2, 3, 4, 5, 6, 7, 8, 10, 11]
    assert rows[0].record.name.en == 'A "quoted", name'


def test_a_quote_before_megabytes_costs_one_row(table: Path) -> None:
    many = "".join(f"s{n},Name {n},초음파 {'x' * 1000}\n" for n in range(1200))
    rows = read(table, HEADER + 'a,"A,x\n' + many)
    assert told(rows) == [(2, ("row", "csv_quotes")), *(f"s{n}" for n in range(1200))]


def test_large_cells(table: Path) -> None:
    rows = read(
        table,
        HEADER + f"a,A,{'x' * 20_000}\nb,B,{'가' * 990_000}\nc,C,{'y' * 3_000_000}\n"
        f'd,D,"{"y" * 1_200_000}"\ne,E,x\n',
    )
    assert told(rows) == [
        "a",
        (3, ("summary", "text_too_long")),
        (4, ("row", "too_large")),
        (5, ("row", "too_large")),
        "e",
    ]


def test_nul_costs_one_row(table: Path) -> None:
    rows = read(table, HEADER + "a,A,초음파 진단기를 만드는 회사\nb,B\x00,x\nc,C,x\n")
    assert told(rows) == ["a", (3, ("name", "text_control")), "c"]


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_broken_rows_lose_no_good_row(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    kinds = data.draw(st.lists(st.sampled_from("gggggggbqwnj"), min_size=1, max_size=40))
    bad = {
        "b": "s{n},,", "q": 's{n},"Name,초음파', "w": "s{n},Name,x,y,z", "n": "s{n},a\x00,x",
        "j": 's{n},"a"b,x',
    }  # fmt: skip
    first = "first,Name,초음파 진단기를 만드는 대구의 회사입니다. 길게 씁니다."
    lines = [(bad.get(kind) or "s{n},이름 {n},초음파").format(n=n) for n, kind in enumerate(kinds)]
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    rows = read(path, HEADER + "\n".join([first, *lines]) + "\n")
    assert [row.number for row in rows] == list(range(2, len(kinds) + 3))
    found = [row.record is not None for row in rows[1:]]
    assert found == [kind == "g" for kind in kinds]


_PIECES = st.sampled_from(
    ["id", "name", "summary", "a", "음파", ",", ",", "\n", "\r\n", '"', '"', "{", "}", "[", "]",
     ":", '"id":', '"name":', "null", "\x00", "\ufeff", "1e9", "\\", "\u2028"]
)  # fmt: skip
_BYTES = st.binary(max_size=200) | st.lists(_PIECES, max_size=40).map(lambda p: "".join(p).encode())


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
@settings(max_examples=150, deadline=None)
@given(data=_BYTES, header=st.sampled_from([b"", HEADER.encode(), good("a").encode() + b"\n"]),
       kind=st.sampled_from(IMPORT_KINDS))  # fmt: skip
def test_any_bytes_give_rows_or_an_unreadable_file(
    tmp_path_factory: pytest.TempPathFactory,
    suffix: str,
    data: bytes,
    header: bytes,
    kind: ImportKind,
) -> None:
    path = tmp_path_factory.getbasetemp() / f"fuzz.{suffix}"
    try:
        rows = read(path, header + data, kind)
    except UnreadableFile:
        return
    numbers = [row.number for row in rows]
    assert numbers == sorted(set(numbers))
    for row in rows:
        assert bool(row.record) != bool(row.errors)
        for error in row.errors:
            "".join(
                part(lang) for part in (error.rule, error.remedy) for lang in ("en", "ko")
            ).encode()


def test_a_table_written_by_python_is_read_back(table: Path) -> None:
    cells = ["a,b", 'say "x"', "two\nlines", "다리", "'", "\\", ";", "#"]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(["id", "name", "summary"])
    writer.writerows([f"s{n}", "Name", cell] for n, cell in enumerate(cells))
    rows = read(table, buffer.getvalue())
    assert [row.record.summary.joined for row in rows] == cells


# Sheets and Parquet


def sheet(path: Path, *rows: list[Any]) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_a_sheet(tmp_path: Path) -> None:
    path = sheet(
        tmp_path / "rows.XLSX",
        [],
        ["id", "name", "summary", "founded", "trl", "ceo"],
        ["007", "음파", "초음파", 2020, 4.0, "Kim"],
        [],
        [8, "'=x", "두 줄\n쓰기", datetime(2020, 1, 2), None, None],
        [9, "N", "x", True],
        [10, "N", "x", None, None, None, "more"],
    )
    rows = list(read_records(path, "startups"))
    assert told(rows) == [
        "007",
        (5, ("founded", "integer")),
        (6, ("founded", "integer")),
        "10",
    ]
    assert [row.number for row in rows] == [3, 5, 6, 7]
    first = rows[0].record
    assert isinstance(first, Startup)
    assert (first.founded, first.trl, rows[0].ignored) == (2020, 4, ("ceo",))


def test_a_day_in_a_sheet(tmp_path: Path) -> None:
    path = sheet(
        tmp_path / "ties.xlsx",
        ["startup", "partner", "kind", "date", "subject"],
        ["a", "b", "pilot", datetime(2020, 1, 2), "=1+1 is text"],
        ["a", "c", "pilot", "2021", None],
    )
    found = [row.record for row in read_records(path, "ties")]
    assert [tie.valid_from.isoformat() for tie in found] == ["2020-01-02", "2021-01-01"]


def test_what_is_no_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "x")
    not_sheets = [path.read_bytes(), b"", b"PK\x03\x04", b"id,name\n"]
    whole = sheet(path, ["id", "name"], ["a", "A"], ["b", "B"]).read_bytes()
    for data in (*not_sheets, whole[:-30], whole[: len(whole) // 2]):
        with pytest.raises(UnreadableFile, match="XLSX") as refused:
            read(path, data, "partners")
        assert not re.search("zip|[Ff]ile|[Ee]rror", refused.value.told("ko")[0])
    for at in range(0, len(whole), 97):
        try:
            read(path, whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :], "partners")
        except UnreadableFile:
            continue
    path.write_bytes(whole)
    for limit, most, said in (("MOST_SHEET_ROWS", 1, "3 rows"), ("_MOST_SHEET_BYTES", 9, "large")):
        with monkeypatch.context() as patched:
            patched.setattr(files, limit, most)
            with pytest.raises(UnreadableFile, match=said):
                list(read_records(path, "partners"))
    with pytest.raises(UnreadableFile, match="cannot be read"):
        list(read_records(tmp_path / "none.xlsx", "partners"))


def test_parquet_with_types_and_parts(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    rows: dict[str, list[Any]] = {
        "id": [7, 8, 9],
        "name": [{"en": "Sonic", "ko": "음파"}, {"en": None, "ko": "다리"}, None],
        "summary_ko": ["초음파", None, "x"],
        "sectors": [["ai", "robotics"], None, []],
        "trl": [4.0, float("nan"), 2.5],
        "source": ["=x", "'=y", "[z]"],
        "seeking": [None, "probes", ""],
        "ceo": ["Kim", None, None],
    }
    pl.DataFrame(rows).write_parquet(path)
    found = list(read_records(path, "startups"))
    assert told(found) == ["7", "8", (3, ("name", "missing"), ("trl", "integer"))]
    first, second = found[0].record, found[1].record
    assert isinstance(first, Startup)
    assert isinstance(second, Startup)
    assert (first.name, first.trl, first.source) == (Text(en="Sonic", ko="음파"), 4, "=x")
    assert (second.name, second.trl, second.source) == (Text(ko="다리"), None, "'=y")
    assert found[0].ignored == ("ceo",)


def test_what_is_no_parquet(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pl.DataFrame({"id": ["a"] * 500, "name": ["A"] * 500}).write_parquet(path)
    whole = path.read_bytes()
    for data in (b"", b"PAR1", b"id,name\n", whole[:-9], whole[:50] + whole[60:]):
        with pytest.raises(UnreadableFile, match="Parquet"):
            read(path, data, "partners")
    for at in range(0, len(whole), 7):
        try:
            read(path, whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :], "partners")
        except UnreadableFile:
            continue
    with pytest.raises(UnreadableFile, match="cannot be read"):
        list(read_records(tmp_path / "none.parquet", "partners"))
    pl.DataFrame({"x": [1]}).write_parquet(path)
    with pytest.raises(UnreadableFile, match="names no field"):
        list(read_records(path, "partners"))


# Column maps

KIND = """
[columns]
"회사명" = "name.ko"
"주요제품" = "summary"
"지역" = "region"
"종목코드" = { to = "id", prefix = "krx-" }
"업종" = { to = "sectors", split = ",", drop = ["-"] }
[constants]
kind = "conglomerate"
"name.en" = "A listed company"
[values.sectors]
"게임 소프트웨어" = "games"
[values.region]
"해외" = "US"
"""


def read_mapped(folder: Path, name: str, content: str, toml: str = KIND) -> list[Row]:
    (folder / "map.toml").write_text(toml, encoding="utf-8")
    (folder / name).write_text(content, encoding="utf-8")
    mapping = read_map(folder / "map.toml", Partner)
    return list(read_records(folder / name, "partners", mapping=mapping))


def test_a_foreign_file_through_a_map(tmp_path: Path) -> None:
    rows = read_mapped(
        tmp_path,
        "kind.csv",
        "회사명,종목코드,업종,주요제품,지역,name,상장일\n"
        'DSR제강,069730,"인공지능, 게임 소프트웨어",와이어로프,서울특별시,other,2003\n'
        "나,001250,-,,해외,,\n"
        "다,001251,없는 업종,,,,\n",
    )
    assert told(rows) == ["krx-069730", "krx-001250", (4, ("sectors.0", "sector"))]
    assert rows[0].record == Partner.model_validate({
        "id": "krx-069730", "name": {"ko": "DSR제강", "en": "A listed company"},
        "summary": {"ko": "와이어로프"}, "sectors": ["ai", "games"], "region": "KR-11",
        "kind": "conglomerate",
    })  # fmt: skip
    assert rows[1].record.region == "US"
    assert rows[0].ignored == ("name", "상장일")


def test_json_lines_through_a_map(tmp_path: Path) -> None:
    toml = '[columns]\nno = { to = "id", prefix = "x", suffix = "-1" }\nlabel = "name"\n'
    lines = ['{"no": 5, "label": {"en": "A"}, "more": 1}', '{"no": "6", "label": ["A"]}', "[]"]
    rows = read_mapped(tmp_path, "rows.jsonl", "\n".join(lines), toml)
    assert told(rows) == ["x5-1", (2, ("name", "text_type")), (3, ("row", "object"))]
    assert rows[0].ignored == ("more",)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("", "names no column"),
        ("[columns", "not TOML"),
        ("columns = 3", "no table"),
        ('[column]\na = "id"', "no such section.*columns"),
        ('[columns]\na = "nam"', "a → nam.*"),
        ('[columns]\na = "name.fr"', "no field.*name"),
        ("[columns]\na = 3", "no field"),
        ("[columns]\na = {}", "no field"),
        ('[columns]\na = { to = "id", prefx = "x" }', "no such option.*prefix"),
        ('[columns]\na = { to = "id", prefix = 3 }', "takes a text"),
        ('[columns]\na = { to = "sectors", split = "" }', "separator is empty"),
        ('[columns]\na = { to = "id", drop = "x" }', "list of texts"),
        ('[columns]\na = "id"\nb = "id"', "more than once"),
        ('[columns]\na = "id"\n[constants]\nid = "x"', "more than once"),
        ('[columns]\na = "id"\n[values.region]\nx = "KR"', "No column gives"),
        ('[columns]\na = "id"\n[values]\nid = 3', "no table"),
    ],
)
def test_a_wrong_map_is_named(tmp_path: Path, toml: str, said: str) -> None:
    (tmp_path / "map.toml").write_text(toml)
    with pytest.raises(InvalidMap, match=said):
        read_map(tmp_path / "map.toml", Partner)


def test_a_map_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_bytes(b"\xff\xfe")
    for path in (tmp_path, tmp_path / "none", tmp_path / "map.toml", Path("a\x00")):
        with pytest.raises(InvalidMap):
            read_map(path, Partner)


def test_a_map_for_another_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"lacks columns.*종목코드.*the file has: 회사명, x"):
        read_mapped(tmp_path, "kind.csv", "회사명,x\n가,1\n")


def test_a_list_whose_values_hold_semicolons(table: Path) -> None:
    rows = read(table, 'id,name,aliases\np,P,"[""a;b"", ""c""]"\nq,Q,[주]큐;[x\n', "partners")
    assert [row.record.aliases for row in rows] == [("a;b", "c"), ("[주]큐", "[x")]


def test_cells_that_were_made_harmless(table: Path) -> None:
    rows = read(table, "id,name,source\np,'=P,''=x\nq,'Q,'\n", "partners")
    found = [(row.record.name.en, row.record.source) for row in rows]
    assert found == [("=P", "'=x"), ("'Q", "'")]


def test_one_garbled_row_of_few_decides_nothing(tmp_path: Path) -> None:
    for encoding in ("utf-8", "cp949"):
        good_rows = [f"s{n},이름 {n},초음파".encode(encoding) for n in range(3)]
        data = b"\n".join([
            HEADER.encode().strip(),
            *good_rows,
            b"bad,\xff\xff\x80" + b"\xff" * 500,
        ])
        found = told(read(tmp_path / "rows.csv", data))
        assert found[:3] == ["s0", "s1", "s2"]
        assert found[3][0] == 5


def test_what_excel_calls_unicode_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,name\nx,다리\n", encoding="utf-16")
    with pytest.raises(UnreadableFile, match="UTF-16") as caught:
        list(read_records(path, "partners"))
    assert "CSV UTF-8" in caught.value.remedy
