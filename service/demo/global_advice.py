"""Owns the part of the global programme's story that a startup sees: which part to apply to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcher.advice import advise
from profiles import Startup
from profiles.taxonomy import Names
from service.planning import advice_tables

if TYPE_CHECKING:
    from service.demo.stories import Say
    from service.wiring import Dari

PROGRAMME = "global-company-2025"
ASKING = ("demo-kkum-games", "demo-nuri-vision", "demo-hana-app")
"""A startup with one part to go to, one with many, and one of which too little is known."""


def run(dari: Dari, say: Say) -> None:
    """Advise three startups which of the parts to apply to."""
    say(Names("Which part to apply to?", "어느 세부 프로그램에 신청할까요?"))
    for profile in dari.store.get_many(ASKING).values():
        if isinstance(profile, Startup):
            day = dari.settings.today()
            found = advise(dari.matchmaker, dari.store, profile, PROGRAMME, as_of=day)
            say(*advice_tables(found, dari.settings.language))
