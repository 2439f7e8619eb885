"""Owns how the times of events are told: by the clock there, by another one, in both languages."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from profiles.event_plan import EventPlan

_CLOCK = {"en": "h:mm a", "ko": "aaaa h:mm"}
_DAY = {"en": "EEE, MMM d, ", "ko": "M. d.(EEE) "}
"""The clock and the day in each language; CLDR's own Korean pattern writes PM for 오후."""


def clock(plan: EventPlan, slot: str, lang: str, zone: str | None = None) -> str:
    """Tell when a slot begins, by the clock there; of another zone with its day, if that differs.

    Args:
        plan: the event's.
        slot: as '2027-05-19T10:00'.
        lang: 'ko' or 'en'.
        zone: whose clock; None for that of the event.
    """
    here = _at(plan, slot, None)
    at = _at(plan, slot, zone)
    return _written(at, (_DAY[lang] if at.date() != here.date() else "") + _CLOCK[lang], lang)


def slot_words(plan: EventPlan, slot: str, lang: str, zone: str | None = None) -> str:
    """Tell when a slot begins with its day, by the clock there or of another zone."""
    return _written(_at(plan, slot, zone), _DAY[lang] + _CLOCK[lang], lang)


def zone_words(plan: EventPlan, lang: str, zone: str | None = None) -> str:
    """Name the time zone of an event, or another one."""
    return _written(_at(plan, plan.slots[0], zone), "VVVV", lang)


def _at(plan: EventPlan, slot: str, zone: str | None) -> datetime:
    return plan.moment(slot).astimezone(ZoneInfo(zone or plan.zone))


def _written(at: datetime, pattern: str, lang: str) -> str:
    return str(format_datetime(at, pattern, tzinfo=at.tzinfo, locale=lang))
