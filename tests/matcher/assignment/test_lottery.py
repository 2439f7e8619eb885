from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.assignment.lottery import certificate, new_seed, number, order, promise, verify

IDS = ("c-3", "a-1", "b-2")
DOCS = Path(__file__).parents[3] / "docs" / "fairness.md"


def test_numbers_are_those_of_sha256sum() -> None:
    told = subprocess.run(["sha256sum"], input=b"42:a-1", capture_output=True, check=True)
    assert number("a-1", 42) == told.stdout.decode().split()[0]
    # printf '42:a-1' | sha256sum → fe59da…, b-2 → d0ad5f…, c-3 → af9d43…
    assert [number(id, 42)[:6] for id in sorted(IDS)] == ["fe59da", "d0ad5f", "af9d43"]
    assert order(IDS, 42) == ("c-3", "b-2", "a-1")


def test_a_certificate_holds_what_anyone_needs() -> None:
    told = certificate(IDS, 42, "cohort 7")
    assert told.ids == ("a-1", "b-2", "c-3")
    assert told.promise == sha256(b"dari-lottery-1\ncohort 7\n42\n").hexdigest()
    assert told.digest == sha256(b"dari-lottery-1\ncohort 7\n42\na-1\nb-2\nc-3\n").hexdigest()
    assert told.promise == promise(42, "cohort 7") != promise(42, "cohort 8")
    assert verify(told) == ()
    assert told.as_json()["seed"] == "42"


def test_every_tampered_part_is_named() -> None:
    told = certificate(IDS, 42, "cohort 7")
    assert verify(replace(told, order=tuple(reversed(told.order)))) == ("order",)
    assert verify(replace(told, domain="cohort 8")) == ("promise", "digest")
    # 43: b-2 → 0a51f2…, c-3 → 4b59a4…, a-1 → 85598d…
    assert verify(replace(told, seed="43")) == ("order", "promise", "digest")
    assert verify(replace(told, ids=(*told.ids, "d-4"))) == ("order", "digest")
    assert verify(replace(told, seed="x")) == verify(replace(told, seed="²")) == ("seed",)
    assert verify(replace(told, seed="042")) == ("seed",)


@settings(max_examples=40)
@given(st.lists(st.text(min_size=1, max_size=8), unique=True), st.integers(0, 2**63 - 1))
def test_the_order_hangs_on_nothing_but_the_seed_and_the_ids(ids: list[str], seed: int) -> None:
    assert sorted(order(ids, seed)) == sorted(ids)
    assert order(ids, seed) == order(list(reversed(ids)), seed)
    assert verify(certificate(ids, seed, "x")) == ()


def test_seeds_are_drawn_from_the_whole_range() -> None:
    drawn = {new_seed() for _ in range(64)}
    assert len(drawn) == 64
    assert 0 <= min(drawn) <= max(drawn) < 2**63
    assert max(drawn) > 2**58


def test_the_documented_shell_commands_replay_it(tmp_path: Path) -> None:
    script = re.search(r"```sh replay\n(.*?)```", DOCS.read_text(), re.S)
    assert script is not None
    told = certificate(IDS, 42, "cohort 7")
    (tmp_path / "ids.txt").write_text("\n".join(told.ids) + "\n")
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script[1]],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "SEED": told.seed, "DOMAIN": told.domain, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = run.stdout.splitlines()
    assert lines[0].split()[0] == told.promise
    assert lines[1].split()[0] == told.digest
    assert tuple(line.split()[1] for line in lines[2:]) == told.order
