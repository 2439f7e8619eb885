"""The command line: what it prints, where it prints it, and how it ends."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from pathlib import Path

import pytest

from evaluation import DEFAULT, SYSTEMS
from service.console import short_work

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"


GOOD = {"id": "s1", "name": {"ko": "소노"}, "summary": {"ko": "휴대용 초음파 진단기기"}}


def test_help_names_every_command(dari):
    shown = dari("--help").stdout
    for command in ("init", "serve", "import", "match", "evaluate", "convert", "erase"):
        assert f"  {command} " in shown


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from service.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'faiss', 'polars', 'flask', 'sqlalchemy', 'pydantic', 'numpy'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_words_that_are_looked_up_late_are_named_and_checked(dari):
    assert "[conglomerate|" in dari("match", "--help").stdout
    assert "{startups|partners|ties|programmes}" in dari("import", "--help").stdout
    refused = dari("match", "s1", "--kind", "bakery")
    assert refused.exit_code == 2
    assert "'bakery' is not one of 'conglomerate'" in refused.stderr
    assert "{startups|partners|ties|programmes}" in dari("import").stderr


def test_short_work_leaves_the_collector_as_it_was():
    assert gc.isenabled()
    with short_work():
        assert not gc.isenabled()
        with short_work():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_init_twice_keeps_what_is_there(dari, rows):
    assert dari("import", "startups", rows(GOOD)).exit_code == 0
    again = dari("init")
    assert again.exit_code == 0
    assert "1 startups, " in again.stderr
    assert dari("match", "s1", "--json").exit_code == 0


def test_import_tells_of_every_row(dari, rows):
    file = rows(GOOD, "{broken", {"id": "s2", "name": "x"}, {**GOOD, "id": "samsung"}, GOOD)
    shown = dari("import", "startups", file)
    assert shown.exit_code == 0
    assert "1 rows accepted (1 new or changed, 0 unchanged), 4 rejected." in shown.stdout
    report = json.loads(dari("import", "startups", file, "--json").stdout)
    assert (report["accepted"], report["written"], report["unchanged"]) == (1, 0, 1)
    told = [(one["row"], one["field"], one["code"]) for one in report["rejected"]]
    assert told == [
        (2, "row", "json"),
        (3, "summary", "text_missing"),
        (4, "id", "id_taken"),
        (5, "id", "id_repeated"),
    ]


def test_import_speaks_korean(dari, rows):
    shown = dari("import", "startups", rows({"id": "s2", "name": "x"}), "--lang", "ko").stdout
    assert "거부된 행" in shown
    assert "하는 일을 설명하는" in shown


def test_import_of_nothing_good_fails(dari, rows):
    assert dari("import", "startups", rows("{broken")).exit_code == 1
    assert dari("import", "startups", rows(GOOD, "{broken"), "--strict").exit_code == 1
    empty = dari("import", "startups", rows())
    assert empty.exit_code == 0
    assert "holds no rows" in empty.stderr


@pytest.mark.parametrize("name", ["nowhere.jsonl", "file.xls", "folder.jsonl"])
def test_import_names_a_file_that_cannot_be_read(dari, tmp_path, name):
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "file.xls").write_bytes(b"\xd0\xcf")
    answer = dari("import", "startups", tmp_path / name)
    assert answer.exit_code == 1
    assert answer.stderr.startswith("dari: ")
    assert "remedy:" in answer.stderr
    assert "Traceback" not in answer.output


def test_match_json_is_one_document_and_sums(dari, rows):
    dari("import", "startups", rows({**GOOD, "region": "대구", "sectors": ["의료영상"]}))
    answer = dari("match", "s1", "--json", "--k", 5)
    document = json.loads(answer.stdout)
    assert set(document) >= {"query", "model", "matches", "refused"}
    assert document["query"] == "s1"
    assert [match["rank"] for match in document["matches"]] == [1, 2, 3, 4, 5]
    for match in document["matches"]:
        assert set(match) >= {"rank", "id", "name", "score", "contributions"}
        assert set(match["name"]) == {"en", "ko"}
        assert sum(one["points"] for one in match["contributions"]) == match["score"]


@pytest.mark.parametrize("name", ["Samsung", "삼성", "삼성전자", "samsung"])
def test_match_takes_a_name(dari, rows, name):
    assert json.loads(dari("match", name, "--json").stdout)["query"] == "samsung"


def test_match_by_a_mistyped_name_says_who_is_near(dari):
    answer = dari("match", "Samsugn")
    assert answer.exit_code == 1
    assert "No profile has this id or name" in answer.stderr
    assert "samsung (Samsung)" in answer.stderr
    assert "No profile has this id or name" in dari("match", "zzzzzz").stderr


def test_match_by_a_mistyped_name_is_told_in_korean(dari):
    answer = dari("match", "Samsugn", "--lang", "ko")
    assert answer.exit_code == 1
    assert "이 ID나 이름을 가진 프로필이 없습니다." in answer.stderr
    assert "비슷한 이름: samsung (삼성)" in answer.stderr


def test_match_filters_hold(dari, rows):
    dari("import", "startups", rows(GOOD))
    words = ("--kind", "hospital", "--region", "Seoul", "--json")
    found = json.loads(dari("match", "s1", *words).stdout)["matches"]
    assert "severance" in {match["id"] for match in found}
    asked = ("--sector", "games", "--region", "부산", "--k", 50, "--json")
    assert json.loads(dari("match", "s1", *asked).stdout)["matches"]


def test_match_shows_reasons_in_both_languages(dari, rows):
    dari("import", "startups", rows({**GOOD, "region": "KR-27", "sectors": ["medical_imaging"]}))
    assert "분야가 같습니다: 의료영상" in dari("match", "s1", "--lang", "ko").stdout
    assert "Both are in the same sector: Medical imaging." in dari("match", "s1").stdout


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("match", "nobody"), 1),
        (("match", "samsung", "--programme", "nothing"), 1),
        (("match", "samsung", "--k", "0"), 2),
        (("match", "samsung", "--region", "nowhere"), 2),
        (("match", "samsung", "--kind", "wizard"), 2),
        (("match", "samsung", "--as-of", "yesterday"), 2),
        (("match",), 2),
        (("import", "wishes", "x.csv"), 2),
        (("evaluate", "/nowhere"), 1),
        (("convert", "cordis", "/nowhere", "/tmp/out"), 1),
        (("erase", "nobody", "--yes"), 1),
    ],
)
def test_what_cannot_be_done_is_said_on_stderr(dari, words, status):
    answer = dari(*words)
    assert answer.exit_code == status
    assert answer.stdout == ""
    assert answer.stderr
    assert "Traceback" not in answer.stderr


def test_erase_leaves_no_trace_in_the_home(dari, rows, tmp_path):
    secret = "비밀스러운한문장입니다"
    dari("import", "startups", rows({**GOOD, "summary": secret}))
    assert dari("match", "s1", "--json").exit_code == 0
    assert dari("erase", "s1", "--yes").exit_code == 0
    assert dari("match", "s1").exit_code == 1
    held = b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())
    assert secret.encode() not in held


@pytest.mark.parametrize(
    ("name", "value"),
    [("DARI_PUBLIC_SUBMISSIONS_PER_HOUR", "many"), ("DARI_STAFF_TOKEN", "short")],
)
def test_a_wrong_setting_is_named(dari, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    answer = dari("init")
    assert answer.exit_code == 2
    assert name in answer.stderr
    assert value not in answer.stderr or name.endswith("HOUR")


def test_a_home_that_cannot_be_made_is_named(dari, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DARI_HOME", str(tmp_path / "file" / "var"))
    answer = dari("init")
    assert answer.exit_code == 1
    assert "DARI_HOME" in answer.stderr


def test_an_encoder_that_is_not_there_is_named(dari, monkeypatch):
    monkeypatch.setenv("DARI_ENCODER", "/nowhere/model")
    answer = dari("init")
    assert answer.exit_code == 1
    assert "/nowhere/model" in answer.stderr


def test_evaluate_prints_json_of_the_agreed_form(dari):
    document = json.loads(dari("evaluate", EXAMPLES / "test-set", "--json").stdout)
    assert list(document["systems"]) == list(SYSTEMS)
    for slices in document["systems"].values():
        assert set(slices) == {"english", "korean", "all"}
        for figures in slices.values():
            assert set(figures) == set(DEFAULT)
            for figure in figures.values():
                assert set(figure) == {"value", "low", "high", "n"}
                assert figure["low"] <= figure["value"] <= figure["high"]


def test_an_address_in_use_is_named_before_anything_is_promised(dari):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = dari("serve", "--port", taken.getsockname()[1])
    assert answer.exit_code == 1
    assert answer.stdout == ""
    assert "choose another" in answer.stderr


def test_an_empty_list_says_why(dari, rows):
    assert "nobody passes" in dari("match", "samsung").stdout


def test_an_erased_catalogue_entry_stays_away(dari):
    assert dari("erase", "kakao", "--yes").exit_code == 0
    assert dari("init").exit_code == 0
    assert dari("match", "kakao").exit_code == 1


def test_evaluate_reads_the_weights_of_the_settings(dari, monkeypatch, tmp_path):
    monkeypatch.setenv("DARI_WEIGHTS", str(tmp_path / "nowhere.toml"))
    answer = dari("evaluate", EXAMPLES / "test-set")
    assert answer.exit_code == 1
    assert "nowhere.toml" in answer.stderr


def test_the_home_is_for_its_owner_alone(installed):
    for name in ("dari.sqlite3", "staff-token", "secret-key"):
        assert (installed / name).stat().st_mode & 0o077 == 0


def test_a_password_in_a_url_is_not_printed(dari, monkeypatch):
    monkeypatch.setenv("DARI_DATABASE_URL", "mysql://someone:hunter2@host/name")
    answer = dari("init")
    assert answer.exit_code == 1
    assert "hunter2" not in answer.output


def test_a_name_that_may_mean_others_names_them(dari):
    found = dari("match", "hyundai", "--k", 1, "--json")
    assert found.exit_code == 0
    assert "is read as hd-hyundai" in found.stderr
    assert "hyundai-motor" in found.stderr
    others = json.loads(found.stdout)["may_also_mean"]
    assert "hyundai-motor" in [one["id"] for one in others]
    korean = dari("match", "현대", "--k", 1, "--lang", "ko")
    assert "다른 후보: " in korean.stderr
    exact = dari("match", "samsung", "--k", 1, "--json")
    assert (exact.stderr, "may_also_mean" in json.loads(exact.stdout)) == ("", False)


@pytest.mark.parametrize(("text", "near"), [("현데", "hyundai-motor"), ("나바", "naver")])
def test_a_short_mistyped_name_is_answered_with_near_ones(dari, text, near):
    found = dari("match", text)
    assert found.exit_code == 1
    assert near in found.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("match", "kaist", "--k", "0", "--lang", "ko"), "0은(는) 1<=x<=1000 범위를 벗어납니다."),
        (("match", "kaist", "--kind", "x", "--lang=ko"), "'--kind' 값이 잘못되었습니다."),
        (("match", "--lang", "ko"), "인수가 없습니다"),
        (("nothing", "--lang", "ko"), "'nothing' 명령은 없습니다."),
    ],
)
def test_what_is_wrong_with_a_command_line_is_told_in_korean(dari, words, said):
    result = dari(*words)
    assert result.exit_code == 2
    assert said in result.output
    assert "오류:" in result.output
    english = dari("match", "kaist", "--k", "0")
    assert "Error: Invalid value for '--k'" in english.output


def test_a_command_line_is_told_of_in_the_language_of_the_settings(dari, monkeypatch):
    monkeypatch.setenv("DARI_LANGUAGE", "ko")
    assert "오류:" in dari("match", "kaist", "--k", "0").output
