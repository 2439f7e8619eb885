"""Owns the words of the vocabularies, those of cases too, and the phrases of supports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from profiles.data import read_yaml
from profiles.taxonomy.names import Names, PhraseBook

Vocabulary = Literal[
    "stages",
    "partner_kinds",
    "supports",
    "tie_kinds",
    "programme_kinds",
    "case_stages",
    "case_outcomes",
    "case_declines",
    "case_answers",
]


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a vocabulary, with its name and a line that says what it means."""

    code: str
    name: Names
    description: Names


def terms(vocabulary: Vocabulary) -> Mapping[str, Term]:
    """Return the terms of a vocabulary by code, in the order of the file.

    Raises:
        ValueError: for a vocabulary that the taxonomy does not hold.

    """
    held = _vocabularies()
    if vocabulary not in held:
        message = f"{vocabulary!r} is not a vocabulary: use one of {', '.join(held)}"
        raise ValueError(message)
    return held[vocabulary]


def find_supports(text: str) -> tuple[str, ...]:
    """Return the supports that a text speaks of, most hits first."""
    return _support_phrases().find(text)


@cache
def _file() -> dict[str, dict[str, Any]]:
    held: dict[str, dict[str, Any]] = read_yaml("profiles.taxonomy", "vocabulary.yaml")
    return held


@cache
def _vocabularies() -> Mapping[str, Mapping[str, Term]]:
    return {vocabulary: _terms(entries) for vocabulary, entries in _file().items()}


def _terms(entries: Mapping[str, Any]) -> Mapping[str, Term]:
    return MappingProxyType({
        code: Term(code, Names(**entry["name"]), Names(**entry["description"]))
        for code, entry in entries.items()
    })


@cache
def _support_phrases() -> PhraseBook:
    return PhraseBook.of(
        (code, phrase)
        for code, entry in _file()["supports"].items()
        for phrase in [*entry["phrases"]["en"], *entry["phrases"]["ko"]]
    )
