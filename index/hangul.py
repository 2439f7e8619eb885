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
_DOUBLED = re.compile(r"(.)\1+")

_DIGRAPHS = (("ch", "j"), ("ts", "j"), ("sh", "s"), ("ph", "p"), ("th", "t"))
_LETTERS = str.maketrans({
    **dict.fromkeys("fbv", "p"),
    **dict.fromkeys("cgq", "k"),
    "z": "j",
    "d": "t",
    "x": "ks",
    "r": "l",
})
_SOFT = re.compile("c(?=[eiy])")
_GLIDE = re.compile("[yw]+(?=[aeiou])")
_ROUND = (("eo", "o"), ("eu", "o"), ("u", "o"))
_FRONT = re.compile("a[eiy]|e[iy]")


def has_hangul(text: str) -> bool:
    """Tell whether a text has a syllable of Hangul."""
    return _SYLLABLE.search(text) is not None


def letters(text: str) -> str:
    """Split syllables of Hangul into their letters (jamo); one slip of a key then is one letter."""
    return text if text.isascii() else unicodedata.normalize("NFD", text)


def romanise(text: str) -> str:
    """Write syllables of Hangul in Latin letters, each by itself: 삼성 is samseong."""
    if text.isascii():
        return text
    return _SYLLABLE.sub(lambda match: _romanised(match.group()), text)


def sound(text: str) -> str:
    """Write a name so that spellings of one sound agree: samsung, samseong and 삼성 are one.

    Voiced and aspirated letters, r and l, and vowels that Korean names are spelt with in several
    ways fall together. It is for comparison only. Of several lines each is written for itself, so
    that many words take little longer than one.
    """
    spelt = romanise(text)
    for letters, plain in _DIGRAPHS:
        spelt = spelt.replace(letters, plain)
    spelt = _GLIDE.sub("", _SOFT.sub("s", spelt).translate(_LETTERS))
    for letters, plain in _ROUND:
        spelt = spelt.replace(letters, plain)
    return _DOUBLED.sub(r"\1", _FRONT.sub("e", spelt))


@lru_cache(maxsize=11_172)
def _romanised(syllable: str) -> str:
    place = ord(syllable) - _BASE
    first, middle, last = place // 588, place % 588 // 28, place % 28
    return _FIRST[first] + _MIDDLE[middle] + _LAST[last]
