"""The commands that merge, undo, keep apart, and tell of it."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from click.testing import CliRunner

from service.cli import main


@pytest.fixture
def dari(installed, tmp_path, monkeypatch):
    """Run commands over a home of its own with two startups of one name."""
    shutil.copytree(installed, tmp_path / "home")
    monkeypatch.setenv("DARI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str, fails: bool = False, **more):
        done = CliRunner().invoke(main, list(words), **more)
        assert (done.exit_code != 0) == fails, done.output
        return done

    rows = tmp_path / "rows.jsonl"
    startups = [
        {"id": "s1", "name": "주식회사 소노[1]", "summary": "x", "trl": 3},
        {"id": "s2", "name": "소노[1](주)", "summary": "y", "trl": 5, "region": "KR-27"},
    ]
    rows.write_text("\n".join(map(json.dumps, startups)), encoding="utf-8")
    run("import", "startups", str(rows))
    run.rows = rows
    return run


def listed(dari, *words: str):
    return json.loads(dari(*words, "--json").stdout)


def test_a_pair_is_found_merged_told_and_undone(dari):
    (one,) = listed(dari, "duplicates", "--side", "startup")
    assert (one["number"], one["a"], one["b"]) == (1, "s1", "s2")
    planned = listed(dari, "merge", "s1", "s2", "--check")
    assert planned["fields"][-1] == {"field": "trl", "keep": 3, "drop": 5, "merged": 3}
    assert listed(dari, "merges") == []
    shown = dari("merge", "s1", "s2", "--choose", "trl=drop", "--by", "kim", input="y\n")
    assert "s1 (stays)" in shown.stdout
    assert "소노[1](주)" in shown.stdout
    assert "dari unmerge 1" in shown.stderr
    assert listed(dari, "merges")[0]["by"] == "kim"
    table = dari("merges").stdout
    assert "dropped" in table
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d ", table)
    assert "T" not in table.partition("dropped")[2].replace("(UTC)", "")
    assert "s2 was merged into it (merge 1)" in dari("history", "s1").stdout
    assert "merged into s1 (merge 1)" in dari("history", "s2").stdout
    assert listed(dari, "history", "s2")[-1]["merged_into"] == "s1"
    refused = dari("match", "s2", fails=True)
    assert "merged into s1" in refused.stderr
    assert "undo the merge" in refused.stderr
    assert "merged into s1" in dari("erase", "s2", "--yes", fails=True).stderr
    again = dari("import", "startups", str(dari.rows), "--lang", "ko").stdout
    assert "s1에 병합되었습니다" in again
    assert dari("unmerge", "s2", "--yes").stderr.startswith("Undone: merge 1")
    assert "merge 1 was undone" in dari("history", "s1").stdout
    assert "merge 1 was undone" in dari("history", "s2").stdout
    assert "trl: 5" not in dari("history", "s2").stdout.split("undone")[1]
    assert "undone already" in dari("unmerge", "1", "--yes", fails=True).stderr
    assert listed(dari, "index", "verify")["differences"] == []


def test_a_merge_that_is_not_confirmed_changes_nothing(dari):
    assert "Aborted" in dari("merge", "s1", "s2", input="n\n", fails=True).output
    assert listed(dari, "merges") == []
    wrong = dari("merge", "s1", "s2", "--choose", "trl=both", fails=True)
    assert "FIELD=keep or FIELD=drop" in wrong.output


def test_a_pair_is_kept_apart(dari):
    dari("keep-apart", "s2", "s1", "--note", "두 회사 [확인]", "--by", "kim")
    assert listed(dari, "duplicates", "--side", "startup") == []
    (one,) = listed(dari, "merges", "--apart")
    assert (one["a"], one["b"], one["note"]) == ("s1", "s2", "두 회사 [확인]")
    assert "두 회사 [확인]" in dari("merges", "--apart").stdout
    assert "kept apart" in dari("merge", "s1", "s2", "--yes", fails=True).stderr
    dari("keep-apart", "s1", "s2", "--withdraw")
    assert len(listed(dari, "duplicates", "--side", "startup")) == 1
    assert "There are none." in dari("merges", "--apart").stdout


def test_a_merged_entry_of_the_catalogue_is_passed_over(dari):
    dari("merge", "samsung", "sk-telecom", "--yes")
    assert "Passed over: sk-telecom of the catalogue" in dari("init").stderr
    assert "merged into samsung" in dari("match", "sk-telecom", fails=True).stderr
    assert listed(dari, "index", "verify")["differences"] == []


def test_erasing_the_kept_one_leaves_nothing_of_either(dari, tmp_path):
    said = "아무도 모르는 두 번째 프로필의 비밀스러운 문장이 여기에 있습니다."
    row = {"id": "s2", "name": "소노", "summary": said}
    dari.rows.write_text(json.dumps(row), encoding="utf-8")
    dari("import", "startups", str(dari.rows))
    dari.rows.unlink()
    dari("keep-apart", "s2", "s1", "--note", "나중에 다시 물어보기로 한 아주 긴 메모입니다.")
    dari("keep-apart", "s2", "s1", "--withdraw")
    dari("merge", "s1", "s2", "--yes")
    dari("held", "s1", str(tmp_path / "held.zip"))
    (tmp_path / "held.zip").unlink()
    proof = listed(dari, "erase", "s1", "--yes", "--prove")["proof"]
    assert proof["clean"], proof
    assert proof["traces"] > 2
    assert "erased" in dari("history", "s2").stdout


def test_erasing_names_what_was_merged_into_it(dari):
    dari.rows.write_text(json.dumps({"id": "s3", "name": "소노셋", "summary": "z"}))
    dari("import", "startups", str(dari.rows))
    dari("merge", "s2", "s3", "--yes")
    dari("merge", "s1", "s2", "--yes")
    asked = dari("erase", "s1", input="n\n", fails=True).output
    assert "s2, s3" in asked
    assert "Aborted" in asked
    assert json.loads(dari("match", "s1", "--json").stdout)
    done = dari("erase", "s1", "--yes", "--json")
    assert json.loads(done.stdout)["erased"] == ["s1", "s2", "s3"]
    assert "Erased: s1, and what was merged into it: s2, s3." in done.stderr
    assert "No profile has this id" in dari("erase", "s1", input="y\n", fails=True).stderr
