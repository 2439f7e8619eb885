"""Tests of a home without the catalogue."""

from __future__ import annotations

from profiles import Side
from service.settings import Settings
from service.wiring import build, init


def test_a_home_without_the_catalogue_holds_what_is_imported_alone(tmp_path):
    settings = Settings(home=tmp_path, catalogue=False)
    for prepare in (build, init, build):
        dari = prepare(settings)
        held = dari.store
        assert [held.count(side) for side in Side] + [held.count_ties()] == [0, 0, 0]
        assert held.programmes() == []
        held.close()
