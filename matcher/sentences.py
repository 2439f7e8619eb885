"""Owns the finding of the sentence that a textual reason rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from index import Encoder
from profiles import Text
from profiles.taxonomy import Names

LONGEST_SENTENCE = 400
MOST_SENTENCES = 40

Floats = NDArray[np.float32]
_Kept = TypeVar("_Kept")

_END = re.compile(r"(?<=[.!?。])\s+|\n+")


def sentences(text: str) -> list[str]:
    """Split a text into its first 40 sentences, each cut at 400 characters."""
    parts = (part.strip() for part in _END.split(text))
    return [part[:LONGEST_SENTENCE] for part in parts if part][:MOST_SENTENCES]


class SentenceFinder:
    """Finds the sentence of a text that is nearest to a vector; vectors of sentences are kept."""

    def __init__(self, encoder: Encoder, *, keep: int = 5_000) -> None:
        """Take an encoder, and of how many texts the vectors are kept."""
        self._encoder = encoder
        self._keep = keep
        self._encoded: dict[str, tuple[Sequence[str], Floats]] = {}
        self._whole: dict[str, Floats] = {}

    def read(self, quoted: Iterable[Text], whole: Iterable[str] = ()) -> None:
        """Encode at once what `best` and `vector` will be asked of; that is faster than by turns.

        Args:
            quoted: texts of which a sentence will be quoted.
            whole: texts whose vector will be asked for.
        """
        texts = dict.fromkeys(one for text in quoted for one in (text.en, text.ko) if one)
        split = {text: sentences(text) for text in texts if text not in self._encoded}
        alone = [text for text in dict.fromkeys(whole) if text not in self._whole]
        vectors = self._encoder.encode([*chain(*split.values()), *alone], role="passage")
        at = 0
        for text, found in split.items():
            _keep(self._encoded, self._keep, text, (found, vectors[at : at + len(found)]))
            at += len(found)
        for text, vector in zip(alone, vectors[at:], strict=True):
            _keep(self._whole, self._keep, text, vector)

    def vector(self, text: str) -> Floats:
        """Encode a whole text, shape (d,)."""
        if text not in self._whole:
            _keep(self._whole, self._keep, text, self._encoder.encode([text])[0])
        return self._whole[text]

    def best(self, text: Text, vectors: Sequence[Floats]) -> Names:
        """Give, in each language that the text has, the sentence nearest to any of the vectors.

        Where one language is missing, the other's sentence stands in its place.
        """
        found = {lang: self._best(getattr(text, lang), vectors) for lang in ("en", "ko")}
        return Names(found["en"] or found["ko"], found["ko"] or found["en"])

    def _best(self, text: str | None, vectors: Sequence[Floats]) -> str:
        if not text:
            return ""
        found, encoded = self._sentences(text)
        if not found:
            return ""
        scores = np.max(encoded @ np.stack(vectors).T, axis=1)
        return found[int(np.argmax(scores))]

    def _sentences(self, text: str) -> tuple[Sequence[str], Floats]:
        kept = self._encoded.get(text)
        if kept is None:
            found = sentences(text)
            kept = found, self._encoder.encode(found, role="passage")
            _keep(self._encoded, self._keep, text, kept)
        return kept


def _keep(kept: dict[str, _Kept], most: int, text: str, value: _Kept) -> None:
    kept[text] = value
    if len(kept) > most:
        del kept[next(iter(kept))]  # the oldest
