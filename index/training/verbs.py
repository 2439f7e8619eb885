"""Inflects the verbs of the bilingual material: English by ending, Korean by stem and ending."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HANGUL_FIRST = ord("가")
FINALS = {"": 0, "ㄴ": 4, "ㄹ": 8, "ㅂ": 17, "ㅆ": 20}
"""The place of the final consonants that endings add, among the 28 that a syllable can have."""

FORM_PAIRS = (
    *(("", "습니다"), ("s", "는"), ("s", "습니다"), ("ing", "고 있습니다"), ("ing", "고")),
    *(("ing", "아서"), ("", "아"), ("", "아요"), ("s", "아 드립니다"), ("", "았습니다")),
    *(("ing", "은"), ("", "을"), ("", "을 수 있습니다"), ("", "도록"), ("", "면"), ("", "지")),
    ("ing", "기"),
)
"""The forms of a verb that say much the same in English and in Korean."""

_DOUBLED = {"begin", "forget", "refit", "submit", "admit", "transmit", "emit", "commit"}
_ONE_SYLLABLE = re.compile(r"[^aeiou]*[aeiou][^aeiouwxy]")
_HISSING = re.compile(r".*(s|x|z|ch|sh|o)$")


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb in both languages: `stem` as in 굽다 without 다, `joined` as in 구워."""

    english: str
    stem: str
    joined: str

    @staticmethod
    def of(english: str, korean: str) -> Verb:
        """Read a verb from 굽다/구워: the form in -아/어 is named unless the verb ends in 하다."""
        word, _, joined = korean.partition("/")
        stem = word.removesuffix("다")
        return Verb(english, stem, joined or stem.removesuffix("하") + "해")

    def in_english(self, form: str) -> str:
        """Give the form with no ending, "s" or "ing" ("be born": "is born", "being born")."""
        first, _, rest = self.english.partition(" ")
        return f"{_english(first, form)} {rest}".strip()

    def in_korean(self, form: str) -> str:
        """Give the form with one of the Korean endings of `FORM_PAIRS`."""
        if form.startswith("았"):
            return with_final(self.joined, "ㅆ") + form[1:]
        if form.startswith("아"):
            return self.joined + form[1:]
        if form == "습니다":
            return self._opened("ㅂ") + "니다" if self._is_open() else self.stem + form
        if form[0] in "은을":
            return self._modifier("ㄴ" if form[0] == "은" else "ㄹ", form)
        if form == "는" and final_of(self.stem) == FINALS["ㄹ"]:
            return without_final(self.stem) + form
        if form == "면" and not self._is_open():
            return self._root() + ("면" if self.joined[-1] in "워와" else "으면")
        return self.stem + form

    def _is_open(self) -> bool:
        """Tell whether the stem ends in a vowel, or in ㄹ, which drops out."""
        return final_of(self.stem) in (0, FINALS["ㄹ"])

    def _opened(self, final: str) -> str:
        """Add a final consonant to an open stem."""
        return with_final(without_final(self.stem), final)

    def _root(self) -> str:
        """Give a closed stem before a vowel: 찾 of 찾다, 들 of 듣다, 지 of 짓다, 구우 of 굽다."""
        if self.joined[-1] in "워와":
            return without_final(self.stem) + "우"
        return self.joined[:-1]

    def _modifier(self, final: str, form: str) -> str:
        """Put the stem before a noun: 만든, 구운, 들은; 만들, 구울, 들을."""
        if self._is_open():
            return self._opened(final) + form[1:]
        if self.joined[-1] in "워와":
            return with_final(self._root(), final) + form[1:]
        return self._root() + form


def form_pairs(verb: Verb) -> list[tuple[str, str]]:
    """List the (English, Korean) forms of a verb that say much the same."""
    return [(verb.in_english(there), verb.in_korean(here)) for there, here in FORM_PAIRS]


def final_of(text: str) -> int:
    """Give the place of the final consonant of a text's last syllable, 0 for none."""
    last = text[-1:]
    return (ord(last) - _HANGUL_FIRST) % 28 if "가" <= last <= "힣" else 0


def with_final(text: str, final: str) -> str:
    """Close a text's last syllable, which is open, with a consonant."""
    return text[:-1] + chr(ord(text[-1]) + FINALS[final]) if final_of(text) == 0 else text


def without_final(text: str) -> str:
    """Open a text's last syllable."""
    return text[:-1] + chr(ord(text[-1]) - final_of(text))


def _english(word: str, form: str) -> str:
    """Inflect one English word."""
    if not form:
        return word
    if word == "be":
        return {"s": "is", "ing": "being"}[form]
    if form == "s":
        if word.endswith("y") and word[-2] not in "aeiou":
            return word[:-1] + "ies"
        return word + ("es" if _HISSING.match(word) else "s")
    if word in _DOUBLED or _ONE_SYLLABLE.fullmatch(word):
        return word + word[-1] + "ing"
    if word.endswith("ie"):
        return word[:-2] + "ying"
    return (word[:-1] if word.endswith("e") and not word.endswith("ee") else word) + "ing"
