"""Owns the tokens of words: what a tokenizer makes of each word is asked once, then remembered."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MOST_CHARACTERS = 1_000_000
"""How many characters of words are remembered (some 150,000 words, below 50 MB)."""

_LETTERS = "0-9a-zß-öø-ÿ"
_PLAIN = re.compile(rf"[\t\n\r\x20-\x7e{_LETTERS}À-Þ×÷가-힣·–—‘’“”•]*")
_WORD = re.compile(rf"[가-힣]+|[{_LETTERS}]+")
_NORMALIZER = [{"type": "NFKC"}, {"type": "Lowercase"}]
_SPLITS = [
    {"pattern": {"Regex": r"[\s\p{P}\p{S}]+"}, "behavior": "Removed"},
    {"pattern": {"Regex": "[ㄱ-ㆎ가-힣]+"}, "behavior": "Isolated"},
]


class WordTokens:
    """Tokenises texts word by word, to the very ids that the tokenizer itself gives.

    It serves tokenizers that lower the case, drop white space and punctuation, and then split
    each word by itself. Texts with rarer characters, over whose case and parts two libraries
    could disagree, go to the tokenizer as they are. Threads may share it.
    """

    def __init__(self, tokenizer: Tokenizer, *, longest: int) -> None:
        """Take a tokenizer, and how many tokens a text has at most."""
        self._tokenizer = tokenizer
        self._longest = longest
        self._known: dict[str, Sequence[int]] = {}
        self._characters = 0

    @staticmethod
    def fits(tokenizer_json: str) -> bool:
        """Tell whether a tokenizer, given as its file's text, works by words in this way."""
        try:
            return _parts(json.loads(tokenizer_json)) == (_NORMALIZER, _SPLITS, [], None, "Unigram")
        except (ValueError, LookupError, TypeError, AttributeError):
            return False

    def ids(self, texts: Sequence[str]) -> list[Sequence[int]]:
        """Give the token ids of each text."""
        plain = [_PLAIN.fullmatch(text) is not None for text in texts]
        others = [text for text, is_plain in zip(texts, plain, strict=True) if not is_plain]
        asked = iter(self._ask(others)) if others else iter(())
        words = [
            _WORD.findall(text.lower()) if p else [] for text, p in zip(texts, plain, strict=True)
        ]
        known = self._knowing(set(chain.from_iterable(words)))
        return [
            list(chain.from_iterable(map(known.__getitem__, of_text)))[: self._longest]
            if is_plain
            else next(asked)
            for of_text, is_plain in zip(words, plain, strict=True)
        ]

    def _knowing(self, words: set[str]) -> dict[str, Sequence[int]]:
        """Give the ids of words, among others; a memory that is full begins anew."""
        known = self._known
        unseen = words.difference(known)
        if not unseen:
            return known
        self._characters += sum(map(len, unseen))
        if self._characters > MOST_CHARACTERS:
            known, unseen, self._characters = {}, words, sum(map(len, words))
            self._known = known
        asked = list(unseen)
        known.update(zip(asked, map(tuple, self._ask(asked)), strict=True))
        return known

    def _ask(self, texts: list[str]) -> list[list[int]]:
        encodings = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return [encoding.ids for encoding in encodings]


def _parts(read: dict[str, Any]) -> tuple[Any, ...]:
    """Give what of a tokenizer decides its ids, apart from the vocabulary."""
    splits = read["pre_tokenizer"]["pretokenizers"]
    return (
        read["normalizer"]["normalizers"],
        [
            {name: one[name] for name in ("pattern", "behavior")}
            for one in splits
            if not one["invert"]
        ],
        read["added_tokens"],
        read["post_processor"],
        read["model"]["type"],
    )
