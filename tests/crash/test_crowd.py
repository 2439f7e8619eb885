"""The short form of the crowd test, on both databases."""

from __future__ import annotations

from tests.crash.crowd import crowd

WRITES = 120


def test_what_is_acknowledged_is_found_by_the_next_search_of_every_process(database_url: str):
    told = crowd(database_url, WRITES)
    assert [one.name for one in told] == ["a", "b", "c", "d"]
    for one in told:
        assert one.looked_for == WRITES
        assert one.missed == ()
        assert one.searches > 1
