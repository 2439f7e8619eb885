"""Owns the masking of organisations' names in a text, so that no system can find who is named."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from profiles.identity import normalise_name

MASK = "…"
"""Stands where a name stood; it is no word, so nothing can be found by it."""

_WORD = re.compile(r"\w+")
_SHORTEST = 3
_PLAIN = 8
"""Letters from which a name of several words is one however it is written."""

Words = tuple[str, ...]


def mask(text: str, names: Iterable[str]) -> str:
    """Put `MASK` in the place of each name, with or without its legal form.

    Case and accents do not matter, only whole words count. A name of one word, or of fewer than
    eight letters, is masked only where each word of it has a capital letter ("Vision", "VISION",
    not "vision"); one of fewer than three letters never.
    """
    wanted = {words for name in names for words in _forms(name)}
    spans = sorted(_found(text, wanted))
    kept: list[str] = []
    end = 0
    for start, stop in spans:
        if start >= end:
            kept += [text[end:start], MASK]
        end = max(end, stop)
    return "".join([*kept, text[end:]])


def _found(text: str, wanted: set[Words]) -> Iterator[tuple[int, int]]:
    """Give the places (start, end) of all names in a text."""
    found = list(_WORD.finditer(text))
    words = [_folded(word[0]) for word in found]
    sizes = sorted({len(name) for name in wanted}, reverse=True)
    for at in range(len(words)):
        for size in sizes:
            parts = found[at : at + size]
            name = tuple(words[at : at + size])
            if len(parts) == size and name in wanted and _is_name(name, parts):
                yield parts[0].start(), parts[-1].end()
                break


def _is_name(name: Words, parts: list[re.Match[str]]) -> bool:
    if len(name) > 1 and sum(map(len, name)) >= _PLAIN:
        return True
    return all(any(sign.isupper() or sign.isdigit() for sign in part[0]) for part in parts)


@lru_cache(maxsize=20_000)
def _forms(name: str) -> frozenset[Words]:
    """Give a name as folded words, with and without the legal form at its end."""
    words = tuple(map(_folded, _WORD.findall(name)))
    whole = _compact(words)
    starts = (words[:size] for size in range(1, len(words)))
    bare = next((start for start in starts if _compact(start) == whole), words)
    return frozenset(form for form in (words, bare) if sum(map(len, form)) >= _SHORTEST)


def _compact(words: Words) -> str:
    return normalise_name(" ".join(words)).compact


def _folded(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))
