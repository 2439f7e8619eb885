"""Owns the words that lists are searched by, and the names that they are sought in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from index.columns import Mask, Numbers
from profiles.taxonomy import normalise_region, normalise_sector

_LONGEST_TERM = 4
_LONGEST_PLACE = 100
_FEWEST_LETTERS = 4
"""The Latin letters of a region's name: shorter ones are codes of countries (SK, KOR)."""
_BREAK = "\n"


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a search: a name holds it, or a profile lies in a region or works in a sector."""

    text: str
    regions: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()


class Sought:
    """The names of n profiles by row, in one text, so that a word is sought in all at once."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._whole: tuple[str, Numbers] | None = None

    def __len__(self) -> int:
        return len(self._names)

    def put(self, row: int, names: str) -> None:
        """Keep the names of a row; rows are added in their order."""
        if row == len(self._names):
            self._names.append("")
        self._names[row], self._whole = names.replace(_BREAK, " "), None

    def having(self, text: str) -> Mask:
        """Mark the rows whose names hold a text, shape (n,)."""
        found = np.zeros(len(self._names), bool)
        if not self._names or _BREAK in text:
            return found
        if self._whole is None:
            ends = np.cumsum([len(one) + 1 for one in self._names])
            self._whole = _BREAK.join(self._names), ends
        whole, ends = self._whole
        places = [one.start() for one in re.finditer(re.escape(text), whole)]
        found[np.searchsorted(ends, places, side="right")] = True
        return found


def read_terms(text: str) -> tuple[Term, ...]:
    """Read what is searched for: words, each with the regions and sectors that it names.

    Several words that name a region or sector together are one term.
    """
    words = unicodedata.normalize("NFC", text).casefold().split()
    found: list[Term] = []
    while words:
        size = next(
            (n for n in range(min(_LONGEST_TERM, len(words)), 1, -1) if _named(words[:n])), 1
        )
        found.append(_term(" ".join(words[:size])))
        words = words[size:]
    return tuple(dict.fromkeys(found))


def _named(words: Sequence[str]) -> bool:
    """Tell whether words name a place or sector together: an address is a place and other words."""
    term = _term(" ".join(words))
    return bool(term.sectors or (term.regions and not _term(words[0]).regions))


@lru_cache(maxsize=1 << 10)
def _term(text: str) -> Term:
    if len(text) > _LONGEST_PLACE:
        return Term(text)
    is_word = len(text) >= _FEWEST_LETTERS or not text.isascii()
    region, sector = normalise_region(text) if is_word else None, normalise_sector(text)
    return Term(text, frozenset(filter(None, (region,))), frozenset(filter(None, (sector,))))
