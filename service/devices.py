"""Owns the words for the devices of sessions: a browser and a system, and nothing finer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_Marks = Sequence[tuple[str, str]]

_BROWSERS: Final[_Marks] = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Whale/", "Whale"),
    ("KAKAOTALK", "KakaoTalk"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""What browsers say of themselves; who says several things is the first of these."""

_SYSTEMS: Final[_Marks] = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_of(said: str) -> str:
    """Tell browser and system by what a browser says of itself; empty if it says neither."""
    return ", ".join(filter(None, (_first(_BROWSERS, said), _first(_SYSTEMS, said))))


def _first(marks: _Marks, said: str) -> str:
    return next((word for mark, word in marks if mark in said), "")
