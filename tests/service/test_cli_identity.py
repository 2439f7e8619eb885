"""The commands on the identity of firms."""

from __future__ import annotations

import json
import shutil

import pytest
from click.testing import CliRunner

from service.cli_identity import duplicates


@pytest.fixture
def dari(installed, tmp_path, monkeypatch):
    """Give a home of its own with two startups of one name."""
    from service.settings import Settings
    from service.wiring import build

    home = tmp_path / "home"
    shutil.copytree(installed, home)
    monkeypatch.setenv("DARI_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "200")
    return build(Settings())


def run(*words: str):
    done = CliRunner().invoke(duplicates, list(words))
    assert done.exit_code == 0, done.output
    return done.stdout


def put(dari, **names: str) -> None:
    from profiles import Startup, validate

    found = [validate(Startup, {"id": id, "name": n, "summary": "x"}) for id, n in names.items()]
    dari.writer.put_many(found)


def test_duplicates_are_listed(dari):
    put(dari, s1="주식회사 소노[1]", s2="소노[1](주)", s3="전혀 다른 곳")
    shown = run("--lang", "ko")
    assert "같은 기업일 수 있는 프로필" in shown
    assert "s1  주식회사 소노[1]" in shown
    assert "s3" not in shown


def test_duplicates_as_json_and_by_side(dari):
    put(dari, s1="주식회사 소노", s2="소노(주)")
    one, = json.loads(run("--json", "--side", "startup"))  # fmt: skip
    assert (one["a"], one["b"], one["score"]) == ("s1", "s2", 1.0)
    assert one["reasons"][0]["code"] == "name_same"
    assert json.loads(run("--json", "--side", "partner")) == []
    assert len(json.loads(run("--json", "--threshold", "0.3"))) > 1


def test_no_duplicates_are_told(dari):
    assert "No two profiles look like one firm." in run("--lang", "en")
