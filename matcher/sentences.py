"""Owns the finding of the sentence that a textual reason rests on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from index import Encoder
from profiles import Text
from profiles.taxonomy import Names

LONGEST_SENTENCE = 400
MOST_SENTENCES = 40

_END = re.compile(r"(?<=[.!?。])\s+|\n+")


def sentences(text: str) -> list[str]:
    """Split a text into its first 40 sentences, each cut at 400 characters."""
    parts = (part.strip() for part in _END.split(text))
    return [part[:LONGEST_SENTENCE] for part in parts if part][:MOST_SENTENCES]


class SentenceFinder:
    """Finds the sentence of a text that is nearest to a vector; vectors of sentences are kept."""

    def __init__(self, encoder: Encoder, *, keep: int = 5_000) -> None:
        def encode(text: str) -> tuple[tuple[str, ...], NDArray[np.float32]]:
            found = sentences(text)
            return tuple(found), encoder.encode(found, role="passage")

        def one(text: str) -> NDArray[np.float32]:
            row: NDArray[np.float32] = encoder.encode([text])[0]
            return row

        self._encoded = lru_cache(maxsize=keep)(encode)
        self._whole = lru_cache(maxsize=keep)(one)

    def vector(self, text: str) -> NDArray[np.float32]:
        """Encode a whole text, shape (d,)."""
        return self._whole(text)

    def best(self, text: Text, vectors: Sequence[NDArray[np.float32]]) -> Names:
        """Give, in each language that the text has, the sentence nearest to any of the vectors.

        Where one language is missing, the other's sentence stands in its place.
        """
        found = {lang: self._best(getattr(text, lang), vectors) for lang in ("en", "ko")}
        return Names(found["en"] or found["ko"], found["ko"] or found["en"])

    def _best(self, text: str | None, vectors: Sequence[NDArray[np.float32]]) -> str:
        if not text:
            return ""
        found, encoded = self._encoded(text)
        if not found:
            return ""
        scores = np.max(encoded @ np.stack(vectors).T, axis=1)
        return found[int(np.argmax(scores))]
