"""Owns what of a text counts as told: no markup, no sentence twice, few words beyond prose.

The vector of a heap of common words lies close to the middle of all texts, and so does that of a
list of all there is: whoever appends such words would be near to every query.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from index.lexical import stop_words

BARE_WORDS = 24
"""How many words a text may have before the first grammatical one; more credit is not kept.

A text that has more than so many words too much is a heap, and ends before it."""

CREDIT = 5
"""How many further words a grammatical one bears; in prose every second to fourth is one."""

KOREAN_CREDIT = 2
"""The same of a Korean word; in prose every second is one."""

_KEPT_WORDS = 20_000
_SHORT = 3
_LONG_WORD = 24
_LONG_KOREAN_WORD = 12
_SHORT_TEXT = BARE_WORDS * _LONG_KOREAN_WORD
_SENTENCE_ENDS = ".!?。"
_ITEM_ENDS = (",", ";", "/", "|", "·", "、")

_SENTENCE_END = re.compile(r"(?<=[.!?。])\s+|\n+")
_WITHIN = re.compile(r"([^\w\s'’<>.]|_)(?=[^\W\d_])")
_ELEMENTS = (
    "a|abbr|article|aside|b|base|big|blockquote|body|br|button|center|code|div|em|embed|font|footer|form|"
    "h[1-6]|head|header|hr|html|i|iframe|img|input|label|li|link|main|mark|meta|nav|noscript|object|ol|"
    "option|p|pre|s|script|section|select|small|span|strike|strong|style|sub|sup|svg|table|tbody|td|"
    "template|textarea|th|thead|title|tr|u|ul|video"
)
_TAG = re.compile(rf"</?(?:{_ELEMENTS})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_UNSEEN = (("<!--", "-->"), ("<script", "</script"), ("<style", "</style"))
_EDGES = ".,;:!?()[]\"'“”‘’·"
_GLUE = frozenset({"and", "or", "및", "또는"})
_KOREAN_ENDING = re.compile(
    r"[가-힣](?:을|를|은|는|이|가|의|에|에서|에게|으로|로|와|과|도|까지|부터|하고|하며|하여|해|한|된|할|될|"
    r"하는|되는|있는|다|요|며|고|게|던|든)$"
)


def told(text: str) -> str:
    """Give a text without markup, without what it says again, and without heaps of bare words.

    A grammatical word, which bears others, is a stop word that is no mere glue (`and`), a short
    word in small letters (of other languages), or a Korean word with a particle or the ending of a
    verb; none of them bears others where it ends the item of a list. Words are left out, never
    changed or moved; a text of which all counts is given as it is.
    """
    if "<" in text:
        text = without_markup(text).strip()
    sentences = _SENTENCE_END.split(text)
    once = dict.fromkeys(sentences)
    if len(once) < len(sentences):
        text = "\n".join(once)
    words = _WITHIN.sub(r"\1 ", text).split()
    if len(words) <= BARE_WORDS and len(text) <= _SHORT_TEXT:
        return text
    kept, prose, left_out = _borne(words)
    if left_out > BARE_WORDS:
        kept = kept[:prose]
    return text if len(kept) == len(words) else " ".join(kept)


def _borne(words: Sequence[str]) -> tuple[list[str], int, int]:
    """Give the words that grammatical ones bear, where each gives credit for some more.

    Beside them stands how many of them are prose before the first heap: those up to the last
    grammatical word before a word is left out, and to the end of its sentence where that is near.
    Last comes for how many words those count that are left out.
    """
    credit, kept, prose, grammatical, left_out = BARE_WORDS, [], 0, 0, 0
    for word, worth in zip(words, map(worth_of, words), strict=True):
        if credit + worth < 0:
            left_out -= worth
            continue
        credit = min(BARE_WORDS, credit + worth)
        kept.append(word)
        grammatical = len(kept) if worth > 0 else grammatical
        near = worth > 0 or (word[-1] in _SENTENCE_ENDS and len(kept) - grammatical <= CREDIT)
        if grammatical and near and not left_out:
            prose = len(kept)
    return kept, prose, left_out


@lru_cache(maxsize=_KEPT_WORDS)
def worth_of(word: str) -> int:
    """Tell how many further words a word bears, or, below zero, for how many bare ones it counts.

    Words that were written together count for more than one.
    """
    bare = word.strip(_EDGES)
    korean = "가" <= bare[-1:] <= "힣"
    several = len(bare) // (_LONG_KOREAN_WORD if korean else _LONG_WORD)
    if several or word.endswith(_ITEM_ENDS) or bare.lower() in _GLUE:
        return -1 - several
    if korean:
        return KOREAN_CREDIT if _KOREAN_ENDING.search(bare) else -1
    small = len(bare) <= _SHORT and bare.isalpha() and bare.islower()
    return CREDIT if small or bare.lower() in stop_words() else -1


def without_markup(text: str) -> str:
    """Leave out comments and scripts of HTML with what they hold, and the tags of its elements."""
    for start, end in _UNSEEN:
        text = _without(text, start, end)
    return _TAG.sub(" ", text)


def _without(text: str, start: str, end: str) -> str:
    """Leave out all from each `start` to the next `end`; the case of letters does not matter."""
    lowered, kept, at = text.lower(), [], 0
    if len(lowered) != len(text):  # a letter that is two in lower case would shift what follows
        lowered = text
    while (begin := lowered.find(start, at)) >= 0 and (
        stop := lowered.find(end, begin + len(start))
    ) >= 0:
        kept.append(text[at:begin])
        at = stop + len(end)
    return " ".join([*kept, text[at:]])
