"""Owns how a source is cited in Korean, as far as its Korean words are known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from profiles.data import read_yaml

_BREAK = re.compile(r"(; |(?<=[^.])\. (?=[A-Z]))")
"""What divides the parts of a citation: "; ", and ". " before a capital letter."""


def citation(source: str, lang: str) -> str:
    """Give a source in a language; as it stands where not all of its Korean words are known."""
    if lang != "ko":
        return source
    parts = _BREAK.split(source)
    told = [_korean().get(part) if at % 2 == 0 else part for at, part in enumerate(parts)]
    known = [part for part in told if part is not None]
    return "".join(known).replace("..", ".") if len(known) == len(parts) else source


@cache
def _korean() -> Mapping[str, str]:
    return {one["en"]: one["ko"] for one in read_yaml("profiles.catalogue", "citations.yaml")}
