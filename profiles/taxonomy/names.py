"""Owns bilingual names, and how the phrases of a vocabulary are found in a text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

FALSE_FRIEND = ""
"""The code under which a phrase is known that must be passed over."""

_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_LETTERS = r"[^\W_\uac00-\ud7a3]+"
_WORD = rf"{_LETTERS}(?:(?:&|(?<=\d)\.(?=\d)){_LETTERS})*"
_ENGLISH_RUN = re.compile(rf"{_WORD}(?:[\s-]+{_WORD})*")
_GAPS = re.compile(r"[\s-]+")


@dataclass(frozen=True, slots=True)
class Names:
    """One thing's name in English and in Korean."""

    en: str
    ko: str

    def in_(self, lang: str) -> str:
        """Return the name in `lang`, which is "en" or "ko".

        Raises:
            ValueError: for any other language.

        """
        if lang not in ("en", "ko"):
            message = f"{lang!r} is not a language of the taxonomy: use 'en' or 'ko'"
            raise ValueError(message)
        return self.ko if lang == "ko" else self.en


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """The phrases of a vocabulary: English by whole words, Korean by substring."""

    english: Mapping[str, str]
    korean: Mapping[str, str]
    patterns: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]]
    longest: int

    @classmethod
    def of(cls, phrases: Iterable[tuple[str, str]]) -> PhraseBook:
        """Build a book from (code, phrase) pairs.

        Raises:
            ValueError: when one phrase is given to two codes.

        """
        english: dict[str, str] = {}
        korean: dict[str, str] = {}
        spaced: dict[str, str] = {}
        for code, phrase in phrases:
            hangul = _HANGUL.search(phrase) is not None
            key = (_korean_key if hangul else _english_key)(phrase)
            if (korean if hangul else english).setdefault(key, code) != code:
                message = f"{phrase!r} stands under two codes: leave it under one of them"
                raise ValueError(message)
            if hangul:  # the spelling with more spaces finds both spellings
                spaced[key] = max(spaced.get(key, ""), phrase.casefold(), key=len)
        longest = max((key.count(" ") + 1 for key in english), default=0)
        return cls(english, korean, _patterns(spaced, korean), longest)

    def exact(self, text: str) -> str | None:
        """Return the code whose phrase is the whole of `text`, or None."""
        code = self._code(_english_key(text).split(" ")) or self.korean.get(_korean_key(text))
        return code or None

    def find(self, text: str) -> tuple[str, ...]:
        """Return the codes whose phrases occur in `text`, most hits first, then as in the book.

        The longest phrase wins where several begin at one place, and what it covers counts once.
        """
        folded = text.casefold()
        hits = Counter([*self._english_hits(folded), *self._korean_hits(folded)])
        del hits[FALSE_FRIEND]
        order = {code: n for n, code in enumerate(dict.fromkeys(self.english.values()))}
        return tuple(sorted(hits, key=lambda code: (-hits[code], order.get(code, len(order)))))

    def _code(self, words: list[str]) -> str | None:
        """Return the code of a phrase of English words, whose last may stand in the plural."""
        for last in _singulars(words[-1]):
            code = self.english.get(" ".join([*words[:-1], last]))
            if code is not None:
                return code
        return None

    def _english_hits(self, folded: str) -> Iterator[str]:
        for run in _ENGLISH_RUN.findall(folded):
            words = _GAPS.split(run)
            start = 0
            while start < len(words):
                step = 1
                for size in range(min(self.longest, len(words) - start), 0, -1):
                    code = self._code(words[start : start + size])
                    if code is not None:
                        yield code
                        step = size
                        break
                start += step

    def _korean_hits(self, folded: str) -> Iterator[str]:
        start = 0
        while start < len(folded):
            step = 1
            for pattern, code in self.patterns.get(folded[start], ()):
                match = pattern.match(folded, start)
                if match:
                    yield code
                    step = match.end() - start
                    break
            start += step


def _english_key(phrase: str) -> str:
    return _GAPS.sub(" ", phrase.strip().casefold())


def _korean_key(phrase: str) -> str:
    return "".join(phrase.casefold().split())


def _singulars(word: str) -> Iterator[str]:
    """Yield the word as it stands, then the words of which it may be the plural."""
    yield word
    if len(word) > 2 and word.endswith("s") and not word.endswith("ss"):
        yield word[:-1]
        if word.endswith("ies"):
            yield word[:-3] + "y"
        elif word.endswith(("ches", "shes", "xes", "sses")):
            yield word[:-2]


def _patterns(
    spaced: Mapping[str, str], codes: Mapping[str, str]
) -> dict[str, tuple[tuple[re.Pattern[str], str], ...]]:
    """Compile Korean phrases, longest first, under their first characters."""
    buckets: dict[str, list[tuple[re.Pattern[str], str]]] = {}
    for key in sorted(spaced, key=len, reverse=True):
        words = [re.escape(word) for word in spaced[key].split()]
        guard = r"(?<![a-z0-9])" if key[0].isascii() else ""
        pattern = re.compile(guard + r"\s*".join(words))
        buckets.setdefault(key[0], []).append((pattern, codes[key]))
    return {first: tuple(patterns) for first, patterns in buckets.items()}
