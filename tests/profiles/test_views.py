"""Saved views: what tells of a profile goes with it, and nothing else does."""

from __future__ import annotations

import pytest

from profiles import Side, Startup, Store, Vectors, validate
from profiles.views import save_view, views_of

NAME = {"en": "Luminaria Sonics", "ko": "루미나리아"}
CONSENT = {"version": "1", "purpose": "contact", "at": "2026-11-01T00:00:00Z"}
ITS = {
    "id": "lumi-1",
    "name": NAME,
    "summary": "x",
    "aliases": ["LUM"],
    "contact": "boss@lumina.example",
    "website": "https://lumina.example/",
    "consent": CONSENT,
}


@pytest.mark.parametrize(
    ("name", "asked", "goes"),
    [
        ("Luminaria Sonics", "", True),
        ("Call LUMINARIA SONICS on Monday", "region=KR-27", True),
        ("루미나리아에 전화", "", True),
        ("Mine", "q=seed+luminaria+sonics", True),
        ("Mine", "q=boss%40lumina.example", True),
        ("ask boss@lumina.example", "", True),
        ("Mine", "like=lumi-1", True),
        ("see https://lumina.example/ first", "", True),
        ("LUM", "", True),
        ("lumber and LUM in words", "", False),  # three letters may be an ordinary word
        ("Luminaria Sonicswear", "", False),
        ("Seed in Daegu", "region=KR-27&q=sonic", False),
    ],
)
def test_a_view_goes_with_the_profile_that_its_words_tell_of(
    sqlite_store: Store, name: str, asked: str, goes: bool
) -> None:
    sqlite_store.put_many([(validate(Startup, ITS), Vectors("e"))])
    save_view(sqlite_store, Side.STARTUP, name, asked, owner="Kim", shared=True)
    sqlite_store.erase("lumi-1")
    assert (views_of(sqlite_store, Side.STARTUP, "Kim") == []) is goes
