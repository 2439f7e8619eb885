"""Owns the story of regional pairing: a day of 2014 and today, the planner, and one region."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from index import Filters
from matcher.pairing import plan_regions
from matcher.roots import pairings_of, pairings_on
from profiles.taxonomy import Names
from service.planning import plan_tables

if TYPE_CHECKING:
    from profiles import AnyProfile
    from service.demo.stories import Say
    from service.wiring import Dari

FIRST_DAYS = date(2014, 10, 31)
"""A day on which two of the pairings held."""

_REGION = "KR-41"
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
        _region(dari, day, say)


def _region(dari: Dari, day: date, say: Say) -> None:
    """Tell the company of a region on a day, and whom its centre and its company see first."""
    held = pairings_of(dari.store, _REGION, day).held
    ends = dari.store.get_many([end for tie in held for end in (tie.a, tie.b)])
    en, ko = (", ".join(ends[tie.b].name.in_(lang) for tie in held) for lang in ("en", "ko"))
    say(Names(f"{day}: the company of Gyeonggi: {en or 'none yet'}",
              f"{day}: 경기의 짝: {ko or '아직 없음'}"))  # fmt: skip
    for one in ends.values():
        _seen_first(dari, one, day, say)


def _seen_first(dari: Dari, who: AnyProfile, day: date, say: Say) -> None:
    say(Names(f"  {who.name.in_('en')} sees first:", f"  {who.name.in_('ko')}에 먼저 보이는 곳:"))
    own = Filters(regions=frozenset({_REGION}))
    for one in dari.matchmaker.match(who.id, _SHOWN, filters=own, as_of=day).matches:
        why = next(iter(one.contributions), None)
        told = why.phrase if why else Names("", "")
        say(Names(*(
            f"    {one.rank}. {one.profile.name.in_(lang)} ({one.score:.1f}): {told.in_(lang)}"
            for lang in ("en", "ko")
        )))  # fmt: skip
