"""Owns the Korean particles that follow a name or a number: which of two forms is said."""

from __future__ import annotations

import re

_BOTH = re.compile(
    r"([가-힣0-9])([’”'\")\]]*)(은\(는\)|이\(가\)|을\(를\)|과\(와\)|와\(과\)|\(으\)로|\(이\))"
)
_FORMS = {
    "은(는)": ("은", "는"),
    "이(가)": ("이", "가"),
    "을(를)": ("을", "를"),
    "과(와)": ("과", "와"),
    "와(과)": ("과", "와"),
    "(으)로": ("으로", "로"),
    "(이)": ("이", ""),
}
"""Each particle as it is written where the word is not known: after a consonant, after a vowel."""
_FIRST, _FINALS, _RIEUL = ord("가"), 28, 8
_DIGITS = dict(zip("0123456789", (21, 8, 0, 16, 0, 0, 1, 8, 8, 0), strict=True))
"""The final sound of each digit as it is read; that of 0 stands for 영, 십, 백, 천, 만 and 억."""


def settled(text: str) -> str:
    """Write the one form of each particle that is written in both, such as 은(는).

    After anything but Hangul and digits both stay, for only who reads it aloud knows; quotes and
    brackets between the word and its particle are passed over.
    """
    return _BOTH.sub(_chosen, text) if "(" in text else text


def _chosen(found: re.Match[str]) -> str:
    sign, closing, both = found.groups()
    final = _final_of(sign)
    is_open = final == 0 or (both == "(으)로" and final == _RIEUL)
    return sign + closing + _FORMS[both][is_open]


def _final_of(sign: str) -> int:
    """Give the place of the final consonant in the order of Hangul; 0 where there is none."""
    return _DIGITS[sign] if sign in _DIGITS else (ord(sign) - _FIRST) % _FINALS
