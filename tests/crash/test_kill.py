"""The short form of the kill test, on both databases."""

from __future__ import annotations

from pathlib import Path

from tests.crash.killing import Killer

KILLS = 10


def test_nothing_acknowledged_is_lost_and_nothing_is_half_written(
    database_url: str, tmp_path: Path
):
    seen = Killer(database_url, tmp_path, seed=1).run(KILLS)
    assert seen.wrong == []
    assert seen.kills == KILLS
    assert seen.acknowledged >= 2 * KILLS
