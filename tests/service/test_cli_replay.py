"""The command that decides again from a record: what it says, and when it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from matcher.assignment import solve
from matcher.assignment.record import Override, read_record
from service.cli import main
from tests.matcher.assignment.fair import made, recorded

INSTANCE = made([[5, 9], [7, 3], [9, 8]], [1, 1])


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    file = tmp_path / "record.json"
    file.write_bytes(recorded(INSTANCE, solve(INSTANCE, seconds=60)).to_bytes())
    return file


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["replay", *(str(word) for word in words)])


def change(file: Path, **parts: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **parts}))


def test_the_same_result_is_told_without_an_installation(kept: Path) -> None:
    told = run(kept)
    assert told.exit_code == 0, told.output
    assert "3 candidates, 2 hosts, 2 pairs, model m-1" in told.output
    assert "The same result, byte for byte." in told.output
    assert "바이트까지 일치" in run(kept, "--lang", "ko").output


def test_what_persons_changed_is_told_and_not_searched_again(kept: Path) -> None:
    assert "Persons changed" not in run(kept).output
    record = read_record(kept.read_bytes())
    kept.write_bytes(record.overridden(Override("Lee", record.at, "a", (), "x")).to_bytes())
    told = run(kept)
    assert told.exit_code == 0, told.output
    assert "1 pairs" in told.output
    assert "Persons changed the places of 1 of them since" in told.output
    assert "The same result, byte for byte." in told.output
    assert "사람이 바꾼 신청: 1곳" in run(kept, "--lang", "ko").output


def test_a_tampered_record_is_refused_naming_what_differs(kept: Path) -> None:
    change(kept, model_version="m-2")
    told = run(kept)
    assert told.exit_code == 1
    assert "NOT the same" in told.output
    assert "digest: the record says" in told.output
    found = json.loads(run(kept, "--json").output)
    assert found["same"] is False
    assert [one["part"] for one in found["differences"]] == ["digest"]


def test_another_file_is_refused_in_the_language_that_is_asked_for(kept: Path) -> None:
    kept.write_text("{}")
    told = run(kept, "--lang", "ko")
    assert told.exit_code == 1
    assert "결정 기록" in told.output
    assert run(kept.parent / "none.json").exit_code == 2
