"""The counts of limits: one for all workers, which ends, and tells nothing of whom it counts."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest

from service.counting import SharedCounts


def counts(folder: Path) -> SharedCounts:
    return SharedCounts(file=str(folder / "counts.sqlite3"), secret="secret of the installation")


def _count(folder: Path, times: int) -> None:
    held = counts(folder)
    for _ in range(times):
        held.incr("LIMITER/203.0.113.7/sign-in", 900)


def test_two_processes_count_together_and_lose_nothing(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_count, args=(tmp_path, 200)) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(timeout=60)
    assert [one.exitcode for one in workers] == [0, 0]
    assert counts(tmp_path).get("LIMITER/203.0.113.7/sign-in") == 400


def test_a_window_begins_with_the_first_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, moment = counts(tmp_path), time.time()
    monkeypatch.setattr(time, "time", lambda: moment)
    assert [held.incr("a", 60), held.incr("a", 60, 3)] == [1, 4]
    assert held.get_expiry("a") == moment + 60
    monkeypatch.setattr(time, "time", lambda: moment + 59)
    assert (held.incr("a", 60), held.get_expiry("a")) == (5, moment + 60)
    monkeypatch.setattr(time, "time", lambda: moment + 60)
    assert (held.get("a"), held.get_expiry("a")) == (0, moment + 60)
    assert (held.incr("a", 60), held.get_expiry("a")) == (1, moment + 120)


def test_the_file_holds_no_address_and_is_its_owners_alone(tmp_path: Path) -> None:
    held = counts(tmp_path)
    held.incr("LIMITER/203.0.113.7/sign-in", 900)
    assert held.check()
    assert (tmp_path / "counts.sqlite3").stat().st_mode & 0o077 == 0
    assert not any(b"203.0.113.7" in file.read_bytes() for file in tmp_path.iterdir())


def test_counts_are_cleared_one_or_all_and_swept_when_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, moment = counts(tmp_path), time.time()
    held.incr("a", 60)
    held.incr("b", 60)
    held.clear("a")
    assert (held.get("a"), held.get("b")) == (0, 1)
    assert held.reset() == 1
    held.incr("old", 60)
    monkeypatch.setattr(time, "time", lambda: moment + 3600)
    held.incr("new", 60)
    assert held.reset() == 1  # the old one has been swept
