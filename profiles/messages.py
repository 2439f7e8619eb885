"""Owns the bilingual texts of broken rules and their remedies."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

from profiles.data import read_yaml
from profiles.particles import settled

Part = Literal["rule", "remedy"]


@cache
def catalogue() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Read `messages.yaml`: code → part → language → template."""
    loaded: Mapping[str, Mapping[str, Mapping[str, str]]] = read_yaml("profiles", "messages.yaml")
    return loaded


def message(code: str, part: Part, lang: str, params: Mapping[str, object]) -> str:
    """Fill the template of `code` in `lang` ('ko', else English); particles follow what is put in.

    Raises:
        KeyError: if no message has this code.
    """
    template = catalogue()[code][part]["ko" if lang == "ko" else "en"]
    told = template.format_map(_Lenient(params))
    return settled(told) if lang == "ko" else told


class _Lenient(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"
