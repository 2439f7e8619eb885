"""Owns the reading of Hangul in Latin letters, and a spelling in which scripts meet by sound."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_FIRST = "g kk n d tt r m b pp s ss - j jj ch k t p h".replace("-", "").split(" ")
_MIDDLE = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i".replace("-", "").split(" ")
_LAST = "- k k k n n n t l k m l l l p l m p p t t ng t t k t p t".replace("-", "").split(" ")
"""The letters of a syllable in the Revised Romanization of Korean (2000), by place in Unicode."""

_BASE = 0xAC00
_SYLLABLE = re.compile("[가-힣]")

_SOUNDS = (
    (re.compile("ch|ts|z"), "j"),
    (re.compile("sh|c(?=[eiy])"), "s"),
    (re.compile("ph|[fbv]"), "p"),
    (re.compile("th|d"), "t"),
    (re.compile("x"), "ks"),
    (re.compile("[cgq]"), "k"),
    (re.compile("r"), "l"),
    (re.compile("[yw]+(?=[aeiou])"), ""),
    (re.compile("eo|eu|oo|ou|[uo]"), "o"),
    (re.compile("ae|ai|ay|ei|ey|e"), "e"),
)


def has_hangul(text: str) -> bool:
    """Tell whether a text has a syllable of Hangul."""
    return _SYLLABLE.search(text) is not None


def letters(text: str) -> str:
    """Split syllables of Hangul into their letters (jamo); one slip of a key then is one letter."""
    return unicodedata.normalize("NFD", text)


def romanise(text: str) -> str:
    """Write syllables of Hangul in Latin letters, each by itself: 삼성 is samseong."""
    return _SYLLABLE.sub(lambda match: _romanised(match.group()), text)


@lru_cache(maxsize=100_000)
def sound(text: str) -> str:
    """Write a name so that spellings of one sound agree: samsung, samseong and 삼성 are one.

    Voiced and aspirated letters, r and l, and vowels that Korean names are spelt with in several
    ways fall together. It is for comparison only.
    """
    spelt = romanise(text)
    for pattern, plain in _SOUNDS:
        spelt = pattern.sub(plain, spelt)
    return re.sub(r"(.)\1+", r"\1", spelt)


def _romanised(syllable: str) -> str:
    place = ord(syllable) - _BASE
    first, middle, last = place // 588, place % 588 // 28, place % 28
    return _FIRST[first] + _MIDDLE[middle] + _LAST[last]
