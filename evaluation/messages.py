"""Owns the words of evaluation in both languages: errors of run files, and the report's texts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from profiles.data import read_yaml
from profiles.particles import settled


class Said(str):
    """A sentence in English that has its Korean beside it."""

    __slots__ = ("ko",)

    ko: str

    def __new__(cls, en: str, ko: str) -> Said:
        """Make the sentence of its two languages."""
        made = super().__new__(cls, en)
        made.ko = ko
        return made

    def as_json(self) -> dict[str, str]:
        """Give both languages, as a test set's files have them."""
        return {"en": str(self), "ko": self.ko}


def both(key: str, **params: object) -> Said:
    """Fill the sentence `key` in both languages.

    Raises:
        KeyError: if there is no such sentence, or it needs a value that was not given.
    """
    return Said(said(key, "en", **params), said(key, "ko", **params))


def in_language(sentence: str, lang: str) -> str:
    """Give a sentence in `lang`, or as it is where it has one language alone."""
    return sentence.ko if lang == "ko" and isinstance(sentence, Said) else str(sentence)


@cache
def _catalogue() -> Mapping[str, Mapping[str, str]]:
    loaded: Mapping[str, Mapping[str, str]] = read_yaml("evaluation", "messages.yaml")
    return loaded


def said(key: str, lang: str, **params: object) -> str:
    """Fill the sentence `key` in `lang` ('ko', else English); particles follow what is put in.

    Raises:
        KeyError: if there is no such sentence, or it needs a value that was not given.
    """
    told = _catalogue()[key]["ko" if lang == "ko" else "en"].format_map(params)
    return settled(told) if lang == "ko" else told


def keys() -> frozenset[str]:
    """Give the keys of all sentences."""
    return frozenset(_catalogue())
