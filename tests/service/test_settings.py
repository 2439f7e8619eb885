"""Tests of the settings that say more than a value."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click
import pytest

from service.console import read_settings
from service.settings import Settings


class Clock(datetime):
    """A clock that stands at eight in the morning of the second day of March in Korea."""

    @classmethod
    def now(cls, tz=None):
        return datetime(2026, 3, 1, 23, tzinfo=UTC).astimezone(tz)


@pytest.mark.parametrize(("zone", "day"), [(None, "2026-03-02"), ("Europe/Berlin", "2026-03-02"),
                                           ("UTC", "2026-03-01")])  # fmt: skip
def test_today_is_the_day_of_the_time_zone(monkeypatch, zone, day):
    monkeypatch.setattr("service.settings.datetime", Clock)
    if zone:
        monkeypatch.setenv("DARI_TIMEZONE", zone)
    settings = Settings()
    assert settings.today().isoformat() == day
    assert settings.timezone == ZoneInfo(zone or "Asia/Seoul")


def test_a_time_zone_that_is_none_is_named(monkeypatch):
    monkeypatch.setenv("DARI_TIMEZONE", "Asia/Daegu")
    with pytest.raises(click.UsageError, match="DARI_TIMEZONE"):
        read_settings()
