"""Owns the orders of lists: what a profile stands in each by, and their rows."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, insort
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np

from index.columns import Numbers
from profiles.store import ListedRow
from profiles.taxonomy import provinces

Sort = Literal["newest", "name", "region"]
Key = tuple[Any, ...]
"""What a profile stands in an order by; no two profiles have the same, for it ends with the id."""

LONGEST_KEY = 60
"""How much of a name counts for its place in an order, in characters."""

_FORM = re.compile(r"^(?:\(주\)|\(유\)|주식회사|\W)+\s*")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Standing(NamedTuple):
    """Where a profile stands: when it was entered (microseconds), its names, its region's place."""

    entered: int
    english: str
    korean: str
    place: tuple[int, str]

    @property
    def entered_at(self) -> datetime:
        """When it was entered (UTC)."""
        return _EPOCH + timedelta(microseconds=self.entered)

    def key(self, sort: Sort, lang: str, id: str) -> Key:
        """Give the key of the profile with an id in an order."""
        if sort == "newest":
            return (-self.entered, id)
        name = self.korean if lang == "ko" else self.english
        return (name, id) if sort == "name" else (*self.place, name, id)


NOWHERE = Standing(0, "", "", (0, ""))


class Order:
    """The profiles of a side in one order: their keys, and their rows by them."""

    def __init__(self, entries: Iterable[tuple[Key, int]]) -> None:
        held = sorted(entries)
        self.keys = [key for key, _ in held]
        self._row = {key[-1]: row for key, row in held}
        self._rows: Numbers | None = None

    def add(self, key: Key, row: int) -> None:
        """Put a profile in its place."""
        insort(self.keys, key)
        self._row[key[-1]], self._rows = row, None

    def drop(self, key: Key) -> None:
        """Take a profile out."""
        del self.keys[bisect_left(self.keys, key)]
        del self._row[key[-1]]
        self._rows = None

    @property
    def rows(self) -> Numbers:
        """The row of each key, in order, shape (n,)."""
        if self._rows is None:
            number = self._row
            self._rows = np.fromiter((number[key[-1]] for key in self.keys), np.int64)
        return self._rows


def standing_of(one: ListedRow) -> Standing:
    """Tell where a profile stands in each order."""
    since = one.created_at.astimezone(UTC) - _EPOCH
    entered = since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds
    name = one.fields["name"]
    en, ko = (name.get(lang) for lang in ("en", "ko"))
    english = sort_key(en or ko or "")
    korean = sort_key(ko) if ko else english
    return Standing(entered, english, korean, _place_of(one.fields.get("region")))


def sort_key(name: str) -> str:
    """Give what a name is ordered by: case, accents and a legal form before it do not count."""
    if name.isascii():
        plain = name.casefold()
    else:
        parts = unicodedata.normalize("NFKD", name.casefold())
        bare = "".join(sign for sign in parts if unicodedata.category(sign) != "Mn")
        plain = unicodedata.normalize("NFC", bare)
    return (_FORM.sub("", plain) or plain)[:LONGEST_KEY]


@lru_cache(maxsize=1 << 12)
def _place_of(region: str | None) -> tuple[int, str]:
    """Order the provinces as the taxonomy does, then places abroad by code, then unknown ones."""
    if region is None:
        return 99, ""
    order = list(provinces())
    return (order.index(region), "") if region in order else (50, region)
