"""Owns the story of regional pairing: a day of 2014 and today, the planner, and one region."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from index import Filters
from matcher.pairing import plan_regions
from matcher.roots import pairings_on
from profiles.taxonomy import Names
from service.planning import plan_tables

if TYPE_CHECKING:
    from service.demo.stories import Say
    from service.wiring import Dari

FIRST_DAYS = date(2014, 10, 31)
"""A day on which two of the pairings held."""

_REGION, _CENTRE = "KR-41", "ccei-gyeonggi"
_SHOWN = 3


def run(dari: Dari, say: Say) -> None:
    """Plan the pairings, compare them with those that were made, and look at one region."""
    today, lang = dari.settings.today(), dari.settings.language
    for day in (FIRST_DAYS, today):
        count = len(pairings_on(dari.store, day))
        say(Names(f"{day}: {count} pairings hold.", f"{day}: 짝 {count}개가 유효합니다."))
    say(*plan_tables(plan_regions(dari.store, as_of=today), lang))
    say(Names("What if Sejong keeps its company?", "세종의 짝을 그대로 둔다면?"))
    say(plan_tables(plan_regions(dari.store, as_of=today, keep=["KR-50"]), lang)[-1])
    for day in (FIRST_DAYS, today):
        _centre(dari, day, say)


def _centre(dari: Dari, day: date, say: Say) -> None:
    """Tell whom the centre of a region sees first on a day: its company, and its own startups."""
    paired = [tie for tie in pairings_on(dari.store, day) if tie.region == _REGION]
    held = dari.store.get_many([tie.b for tie in paired])
    companies = [held[tie.b].name for tie in paired]
    en, ko = (", ".join(one.in_(lang) for one in companies) for lang in ("en", "ko"))
    say(
        Names(
            f"{day}: the company of Gyeonggi: {en or 'none yet'}",
            f"{day}: 경기의 짝: {ko or '아직 없음'}",
        )
    )
    own = Filters(regions=frozenset({_REGION}))
    for one in dari.matchmaker.match(_CENTRE, _SHOWN, filters=own, as_of=day).matches:
        why = next(iter(one.contributions), None)
        told = why.phrase if why else Names("", "")
        name = one.profile.name
        say(
            Names(
                f"  {one.rank}. {name.in_('en')} ({one.score:.1f}): {told.en}",
                f"  {one.rank}. {name.in_('ko')} ({one.score:.1f}): {told.ko}",
            )
        )
