"""Owns the acronyms: whether a word is made of the first letters of others."""

from __future__ import annotations

from collections.abc import Sequence

_SHORTEST, _LONGEST = 3, 8


def initials(words: Sequence[str]) -> str:
    """Give the first letters of words, if they could be an acronym of them; else nothing."""
    told = "".join(word[0] for word in words)
    return told if told.isascii() and told.isalpha() and _SHORTEST <= len(told) <= _LONGEST else ""


def stands_for(short: Sequence[str], long: Sequence[str]) -> bool:
    """Tell whether one word is an acronym of others: CCEI, KAIST, and CBNUH for ChungBuk.

    Each word gives its first letter, and may give later ones after it. Of five words or more, one
    may be passed over (KETEP).
    """
    if len(short) != 1 or len(long) < _SHORTEST:
        return False
    acronym = short[0]
    if not (acronym.isascii() and acronym.isalpha() and _SHORTEST <= len(acronym) <= _LONGEST):
        return False
    return _made_of(acronym, long, 1 if len(long) >= 5 else 0)


def _made_of(acronym: str, words: Sequence[str], passes: int) -> bool:
    if not words:
        return not acronym
    word, rest = words[0], words[1:]
    if passes and _made_of(acronym, rest, passes - 1):
        return True
    if acronym[:1] != word[0]:
        return False
    sizes, at = [1], 1  # how many letters of the acronym this word can give
    for letter in word[1:]:
        if at < len(acronym) and acronym[at] == letter:
            at += 1
            sizes.append(at)
    return any(_made_of(acronym[size:], rest, passes) for size in sizes)
