"""Every example of docs/api.md is run against a server, in its order, and answers as is shown."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import serving

DOCUMENT = (Path(__file__).parents[2] / "docs/api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", DOCUMENT, re.DOTALL)


def examples() -> list[tuple[str, str]]:
    """Give each command of the document with the answer that it shows."""
    found = [re.split(r"^\$ ", block, flags=re.MULTILINE)[1:] for block in BLOCKS]
    return [tuple(one.split("\n", 1)) for block in found for one in block]


def pattern(shown: str) -> str:
    """Make an expression of an answer as it is shown, in which `...` stands for anything."""
    return ".*?".join(map(re.escape, shown.strip().split("...")))


@pytest.fixture(scope="module")
def environment(installed: Path, tmp_path_factory) -> Iterator[dict[str, str]]:
    """A server of two gunicorn workers, and the key that the document makes."""
    home = tmp_path_factory.mktemp("documented") / "home"
    shutil.copytree(installed, home)
    settings = {**os.environ, "DARI_HOME": str(home)}
    line = re.search(r"dari (key add .*)\)$", DOCUMENT, re.MULTILINE)[1]
    made = subprocess.run(
        [sys.executable, "-m", "service", *shlex.split(line)],
        env=settings, capture_output=True, text=True, check=True,
    )  # fmt: skip
    with serving(home, home / "log") as address:
        yield {**os.environ, "DARI": address, "KEY": made.stdout.strip()}


def test_the_examples_answer_as_the_document_shows(environment):
    told = examples()
    assert len(told) > 15
    wrong = []
    for command, shown in told:
        done = subprocess.run(
            command, shell=True, env=environment, capture_output=True, text=True, check=False
        )
        answer = done.stdout.replace("\r", "").strip()
        if not re.fullmatch(pattern(shown), answer, re.DOTALL):
            wrong.append(f"$ {command}\n{answer[:2_000]}")
        if answer.startswith("{"):
            json.loads(answer)
    assert not wrong, "\n".join(wrong)


def test_the_key_that_is_made_is_alone_on_standard_output(environment):
    assert re.fullmatch(r"dari_[a-z2-7]{10}_[\w-]{43}", environment["KEY"])


def test_a_shown_answer_that_is_not_so_would_be_seen():
    assert not re.fullmatch(pattern('{"a":1,...}'), '{"a":2,"b":3}')
    assert re.fullmatch(pattern('{"a":...,"b":3}'), '{"a":2,"b":3}')
