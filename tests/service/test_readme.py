"""What the README tells people to type works as it stands there."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server

from index import load_encoder
from matcher import load_ranker
from profiles.kinds import PartnerKind, ProgrammeKind, Stage, Support, TieKind
from profiles.schema import Partner, Programme, Startup, Tie
from profiles.taxonomy import provinces, sectors
from service.cli import main
from service.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TYPED = [
    line.removeprefix("$ ")
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ ")
]


def typed(program: str) -> list[str]:
    found = [line for line in TYPED if line.split()[0] == program]
    assert found
    return found


def test_the_commands_of_the_tours_run_in_their_order(installed, tmp_path, monkeypatch):
    shutil.copytree(installed, tmp_path / "home")
    monkeypatch.setenv("DARI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(ROOT)
    for line in typed("dari"):
        answer = CliRunner().invoke(main, shlex.split(line)[1:])
        assert answer.exit_code == 0, (line, answer.output)
        assert answer.stdout


def test_the_make_commands_exist():
    for line in typed("make"):
        done = subprocess.run(
            [*shlex.split(line), "-n"], cwd=ROOT, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_the_api_call_of_the_tour_works(make_app):
    server = make_server("127.0.0.1", 0, make_app())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        for line in typed("curl"):
            here = line.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
            done = subprocess.run(shlex.split(here), capture_output=True, text=True, check=True)
            assert json.loads(done.stdout)["id"]
    finally:
        server.shutdown()


def test_every_setting_of_the_readme_exists():
    told = set(re.findall(r"`(DARI_[A-Z_]+)`", README))
    assert told
    assert told <= {f"DARI_{name.upper()}" for name in Settings.model_fields}


def test_every_file_that_the_readme_names_exists():
    for path in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("model", [Startup, Partner, Tie, Programme])
def test_every_field_is_documented(model):
    told = set(re.findall(r"`([a-z_]+)`", (ROOT / "docs" / "data.md").read_text(encoding="utf-8")))
    assert set(model.model_fields) <= told


def test_every_code_is_documented():
    told = set(re.findall(r"`([A-Za-z_0-9-]+)`", (ROOT / "docs" / "data.md").read_text("utf-8")))
    kinds = (PartnerKind, ProgrammeKind, Stage, Support, TieKind)
    codes = {code.value for kind in kinds for code in kind}
    assert codes | set(sectors()) | set(provinces()) <= told


def test_the_figures_are_those_of_the_shipped_ranker_and_encoder():
    told = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    assert load_ranker().version in told
    assert load_encoder().encoder_id in told
