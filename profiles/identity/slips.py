"""Owns the slips of writing: what one word scores against another that is it with an error."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from profiles.identity.words import words

UMLAUT = 0.98
SLIP = 0.92
"""What an error scores that no other word can be: a syllable twice, exchanged, or not in use."""
TYPO = 0.91
PLURAL = 0.9
MAYBE_TYPO = 0.84
"""What a typing error scores that may as well be another firm: it needs a common website."""


def words_alike(a: str, b: str, both_known: bool) -> float:
    """Score two words that differ: umlaut written out, plural, typing error, else 0."""
    if a and _folded(a) == _folded(b):
        return UMLAUT
    if a and _stem(a) == _stem(b):
        return PLURAL
    if both_known or {c for c in a + b if c.isdigit()}:
        return 0.0
    return _typo_in_hangul(a, b) if not (a + b).isascii() else _typo_in_latin(a, b)


def _typo_in_latin(a: str, b: str) -> float:
    """Score one error in words of 7 letters, two in words of 12."""
    from rapidfuzz.distance import OSA

    size = min(len(a), len(b))
    allowed = 2 if size >= 12 else 1
    alike = size >= 5 and OSA.distance(a, b, score_cutoff=allowed) <= allowed
    return (TYPO if size >= 7 else MAYBE_TYPO) if alike else 0.0


def _typo_in_hangul(a: str, b: str) -> float:
    """Score one letter (jamo) of two words.

    Real firms differ by one letter in short words (티와이, 티웨이) and at the head of a word
    (비엘팜텍, 지엘팜텍): these score `MAYBE_TYPO`.
    """
    size = min(len(a), len(b))
    if size < 2 or not _one_letter_apart(a, b):
        return 0.0
    sure = size >= 4 and a[0] == b[0] and not _spells(a[:3]) and not _spells(b[:3])
    return TYPO if sure else MAYBE_TYPO


def slip_alike(a: str, b: str) -> float:
    """Score two whole names with Hangul that differ by one slip, which may lie across their words.

    Sure are, in names of three syllables, a syllable that stands twice, and a letter (jamo) that
    makes a syllable which Korean has no use for (긇호건설); in names of four, two syllables after
    the first exchanged. Real firms are called 성우 and 우성, 모아텍 and 아모텍. Among Latin letters
    and their Korean readings (씨엘, 엘씨, 엘씨씨) none is believed to be exchanged or doubled.
    """
    size = min(len(a), len(b))
    if size < 2 or (a + b).isascii() or {c for c in a + b if c.isdigit()}:
        return 0.0
    if _doubled(a, b):
        return SLIP if size >= 3 else MAYBE_TYPO
    if _exchanged(a, b):
        return SLIP if a[0] == b[0] and size >= 4 else MAYBE_TYPO
    if _misspelt(a) != _misspelt(b) and _one_letter_apart(a, b):
        return SLIP if size >= 3 else MAYBE_TYPO
    return 0.0


def _one_letter_apart(a: str, b: str) -> bool:
    from rapidfuzz.distance import OSA

    left, right = unicodedata.normalize("NFD", a), unicodedata.normalize("NFD", b)
    return OSA.distance(left, right, score_cutoff=1) <= 1


def _misspelt(word: str) -> bool:
    """Tell whether a syllable is in it that KS X 1001 leaves out of its 2,350 in common use."""
    return any("가" <= c <= "힣" and len(c.encode("euc_kr")) > 2 for c in word)


def _spells(word: str) -> bool:
    """Tell whether a word is made of Korean readings of Latin letters."""
    letters, at = words().letters, 0
    while at < len(word):
        size = next((n for n in (3, 2, 1) if word[at : at + n] in letters), 0)
        if not size:
            return False
        at += size
    return True


def _doubled(a: str, b: str) -> bool:
    short, long = sorted((a, b), key=len)
    return len(long) == len(short) + 1 and any(
        long[:i] + long[i + 1 :] == short
        and long[i] == long[i + 1]
        and "가" <= long[i] <= "힣"
        and any(_is_no_letter(c) for c in long[max(0, i - 1) : i + 1])
        for i in range(len(short))
    )


def _exchanged(a: str, b: str) -> bool:
    at = [i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y]
    if len(a) != len(b) or len(at) != 2 or at[1] != at[0] + 1:
        return False
    one, other = a[at[0]], a[at[1]]
    return b[at[0]] == other and b[at[1]] == one and (_is_no_letter(one) or _is_no_letter(other))


def _is_no_letter(c: str) -> bool:
    """Tell whether this is a syllable that is not the Korean reading of a Latin letter either."""
    return "가" <= c <= "힣" and c not in words().letters


@lru_cache(maxsize=100_000)
def _folded(token: str) -> str:
    """Fold umlauts that are written out: mueller, müller."""
    if len(token) > 5 and token.isascii():
        for written, plain in (("ae", "a"), ("oe", "o"), ("ue", "u")):
            token = token.replace(written, plain)
    return token


@lru_cache(maxsize=100_000)
def _stem(token: str) -> str:
    """Fold the English plural."""
    if len(token) < 5 or not token.isascii():
        return token
    return token[:-3] + "y" if token.endswith("ies") else token.removesuffix("s")
