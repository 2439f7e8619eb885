"""The commands import and export: what they print, what they write, and how they end."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOOD = {"id": "s1", "name": {"ko": "소노"}, "summary": {"ko": "휴대용 초음파 진단기기"}}


def test_check_writes_nothing(dari, rows):
    file = rows(GOOD, {"id": "s2", "name": "x"})
    shown = dari("import", "startups", file, "--check")
    assert shown.exit_code == 0
    assert "Only checked, nothing written: 1 rows accepted (1 new or changed" in shown.stdout
    assert dari("match", "s1").exit_code == 1
    korean = dari("import", "startups", file, "--check", "--lang", "ko").stdout
    assert "저장하지 않았습니다" in korean


@pytest.mark.parametrize("content", ["", "id,name_en,summary_en\n"])
def test_a_file_without_rows(dari, rows, content):
    file = rows(content, name="empty.csv")
    shown = dari("import", "startups", file)
    assert shown.exit_code == 0
    assert "The file holds no rows" in shown.stderr
    strict = dari("import", "startups", file, "--strict", "--lang", "ko")
    assert strict.exit_code == 1
    assert "파일에 행이 없습니다" in strict.stderr


def test_columns_of_another_name_are_hinted_at(dari, rows):
    file = rows("id,이름,요약", "s1,소노,휴대용 초음파 진단기기", name="korean.csv")
    assert "--map FILE" in dari("import", "startups", file).stdout
    assert "열 지도" in dari("import", "startups", file, "--lang", "ko").stdout
    good = rows("id,name,summary,이름", "s1,S,A firm,소노", name="good.csv")
    assert "--map" not in dari("import", "startups", good).stdout


def test_many_unknown_columns_are_counted(dari, rows):
    extra = [f"extra{n}" for n in range(1000)]
    head, cells = ["id", "name_en", "summary_en", *extra], ["s1", "S", "A firm", *extra]
    file = rows(",".join(head), ",".join(cells), name="wide.csv")
    shown = dari("import", "startups", file).stdout
    assert "1 rows accepted" in shown
    assert " and 980 more" in shown
    assert " 외 980개" in dari("import", "startups", file, "--lang", "ko").stdout


@pytest.mark.parametrize(
    ("kind", "name", "lines"),
    [
        ("partners", "kind-partners", (
            "회사명,종목코드,업종,주요제품,상장일,결산월,홈페이지,지역",
            "다리전자,000001,전자,\"부품,기판\",2003-01-28,12월,해당없음,전라남도",
            "섬전자,000002,전자,부품,2003-01-28,12월,http://www.example.com,케이맨제도",
        )),
        ("partners", "cordis-partners", (
            "projectID,pic,name,shortName,activityType,country,role",
            "1,1,UNIVERSITY OF X,UX,HES,UK,coordinator",
            "1,2,Y SRL,,OTH,EL,participant",
        )),
        ("ties", "cordis-ties", (
            "projectID,lead,pic,role,title,startDate,endDate",
            "1,1,2,participant,Small things,2023-01-01,2025-12-31",
            "2,2,1,participant,Others,2023-01-01,",
        )),
    ],
)  # fmt: skip
def test_the_maps_that_ship_read_what_they_are_for(dari, rows, kind, name, lines):
    toml = ROOT / "docs" / "examples" / f"{name}.toml"
    if kind == "ties":
        ends = ({"id": "pic-1", "name": "X"}, {"id": "pic-2", "name": "Y"})
        dari("import", "partners", rows(*ends))
    shown = dari("import", kind, rows(*lines, name="list.csv"), "--map", toml, "--strict")
    assert shown.exit_code == 0, shown.output
    assert "2 rows accepted (2 new or changed" in shown.stdout


def test_a_foreign_list_through_a_map(dari, rows):
    file = rows("회사명,종목코드,지역,홈페이지", "테스트전자,000001,대구광역시,=x", name="k.csv")
    toml = rows(
        "[columns]", '"회사명" = "name.ko"', '"종목코드" = { to = "id", prefix = "krx-" }',
        '"지역" = "region"', "[constants]", 'kind = "conglomerate"', name="map.toml",
    )  # fmt: skip
    assert dari("import", "partners", file, "--map", toml).exit_code == 0
    assert dari("match", "krx-000001", "--json").exit_code == 0
    wrong = dari("import", "partners", file, "--map", rows("[columns]", 'a = "x"', name="m.toml"))
    assert wrong.exit_code == 1
    assert "no field of these records" in wrong.stderr
    assert dari("import", "partners", file, "--map", "/nowhere.toml").exit_code == 1


def test_a_report_in_a_file(dari, rows, tmp_path):
    file = rows(GOOD, {"id": "=s2", "name": "=x"}, "{broken")
    report = tmp_path / "report.csv"
    assert dari("import", "startups", file, "--report", report).exit_code == 0
    assert report.read_bytes().startswith(b"\xef\xbb\xbf")
    with report.open(encoding="utf-8-sig", newline="") as stream:
        told = list(csv.DictReader(stream))
    assert [(one["row"], one["field"]) for one in told] == [("2", "summary"), ("3", "row")]
    assert told[0]["rule_ko"].startswith("스타트업에는")
    assert told[0]["remedy_en"].startswith("Give a summary")
    report = tmp_path / "report.jsonl"
    dari("import", "startups", file, "--report", report, "--lang", "ko")
    lines = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    assert [line["code"] for line in lines] == ["text_missing", "json"]
    assert set(lines[0]) == {"row", "field", "code", "value", "rule", "remedy"}
    for name in ("report.txt", "none/report.csv"):
        answer = dari("import", "startups", file, "--report", tmp_path / name)
        assert answer.exit_code == 1
        assert answer.stderr.startswith("dari: ")


def test_more_rejected_rows_than_are_shown(dari, rows):
    shown = dari("import", "startups", rows(*["{"] * 60)).stdout
    assert "… and 10 more rows (--report FILE keeps all)" in shown


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "xlsx", "parquet"])
def test_everything_that_is_exported_is_unchanged_when_imported(dari, tmp_path, suffix):
    for kind in ("partners", "ties", "programmes"):
        file = tmp_path / f"{kind}.{suffix}"
        answer = dari("export", kind, file)
        assert answer.exit_code == 0
        assert answer.stdout == ""
        assert f"{kind} to " in answer.stderr
        report = json.loads(dari("import", kind, file, "--json").stdout)
        assert (report["written"], report["rejections"]) == (0, 0)
        assert report["accepted"] > 5


def test_contacts_are_exported_only_where_asked(dari, rows, tmp_path):
    consent = {"version": "1", "purpose": "matching", "at": "2026-01-02T03:04:05+00:00"}
    dari("import", "startups", rows({**GOOD, "contact": "kim@sono.kr", "consent": consent}))
    for words, there in (((), False), (("--with-contacts",), True)):
        file = tmp_path / "out.jsonl"
        assert dari("export", "startups", file, *words).exit_code == 0
        assert ("kim@sono.kr" in file.read_text(encoding="utf-8")) is there


@pytest.mark.parametrize("words", [("export", "startups", "/tmp/x.doc"), ("export", "wishes", "x"),
                                   ("export", "startups", "/nowhere/x.csv")])  # fmt: skip
def test_what_cannot_be_exported_is_said(dari, words):
    answer = dari(*words)
    assert answer.exit_code in {1, 2}
    assert answer.stdout == ""
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_between_batches_and_the_next_run_goes_on(dari, rows, tmp_path, sent):
    count = 12_000
    lines = ({**GOOD, "id": f"s{n}", "summary": f"초음파 {n} " * 40} for n in range(count))
    file = rows(*lines)
    words = [sys.executable, "-m", "service", "import", "startups", str(file), "--json"]
    running = subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )
    wal = tmp_path / "home" / "dari.sqlite3-wal"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (wal.exists() and wal.stat().st_size > 100_000):
        time.sleep(0.01)
    running.send_signal(sent)
    out, err = running.communicate(timeout=60)
    report = json.loads(out)
    assert running.returncode == 128 + sent
    assert report["stopped"]
    assert f"Stopped after row {report['last_row']:,}; run the same command again" in err
    assert "Traceback" not in err
    done = report["written"]
    assert 0 < done < count
    report = json.loads(dari("import", "startups", file, "--json").stdout)
    assert (report["unchanged"], report["written"]) == (done, count - done)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("rows.pdf", "", ".pdf은(는) Dari가 읽는 형식이 아닙니다."),
        ("rows.xlsx", "x", "온전한 XLSX 파일이 아닙니다"),
        ("rows.parquet", "x", "온전한 Parquet 파일이 아닙니다. 파일이 중간에"),
        ("rows.csv", "a,b", "첫 행에 Dari가 아는 항목 이름이 없습니다: a, b."),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_the_language_asked_for(
    dari, rows, name, content, said, monkeypatch
):
    file = rows(content, name=name)
    failed = dari("import", "startups", file, "--lang", "ko")
    assert failed.exit_code == 1
    assert f"dari: {said}" in failed.stderr
    assert "해결 방법:" in failed.stderr
    assert "remedy:" in dari("import", "startups", file).stderr
    monkeypatch.setenv("DARI_LANGUAGE", "ko")
    assert said in dari("import", "startups", file).stderr


def test_a_wrong_map_or_report_is_told_in_korean(dari, rows):
    file, column_map = rows(GOOD), rows('[columns]\n"a" = "nix"', name="map.toml")
    wrong = dari("import", "startups", file, "--map", column_map, "--lang", "ko")
    assert "이 기록에 없는 항목입니다." in wrong.stderr
    wrong = dari("import", "startups", file, "--report", "x.pdf", "--lang", "ko")
    assert "보고서는 .pdf 형식으로 쓸 수 없습니다." in wrong.stderr
    gone = dari("import", "startups", file.with_name("gone.csv"), "--lang", "ko")
    assert "그런 파일이 없습니다." in gone.stderr


def test_an_export_that_fails_is_told_in_the_language_of_the_settings(dari, monkeypatch):
    monkeypatch.setenv("DARI_LANGUAGE", "ko")
    failed = dari("export", "startups", "x.doc")
    assert ".doc은(는) Dari가 쓰는 형식이 아닙니다." in failed.stderr
