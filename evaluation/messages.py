"""Owns the words of evaluation in both languages: errors of run files, and the report's texts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from profiles.data import read_yaml


@cache
def _catalogue() -> Mapping[str, Mapping[str, str]]:
    loaded: Mapping[str, Mapping[str, str]] = read_yaml("evaluation", "messages.yaml")
    return loaded


def said(key: str, lang: str, **params: object) -> str:
    """Fill the sentence `key` in `lang` ('ko', else English).

    Raises:
        KeyError: if there is no such sentence, or it needs a value that was not given.
    """
    return _catalogue()[key]["ko" if lang == "ko" else "en"].format_map(params)


def keys() -> frozenset[str]:
    """Give the keys of all sentences."""
    return frozenset(_catalogue())
