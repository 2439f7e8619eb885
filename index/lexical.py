"""Owns lexical search: BM25 over words and, for Korean, character bigrams."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TOKEN = re.compile(r"[\uac00-\ud7a3]+|[^\W_\uac00-\ud7a3]+")


@cache
def stop_words() -> frozenset[str]:
    """Give the words, in both languages, that say nothing of what somebody does."""
    return frozenset(files("index").joinpath("stopwords.txt").read_text(encoding="utf-8").split())


def tokenise(text: str) -> list[str]:
    """Split into lower-case words, and runs of Hangul into character bigrams.

    Bigrams of Hangul need no dictionary and find a stem under any particle (Lucene's
    CJKAnalyzer does the same). A lone syllable stays as it is. Stop words are left out.
    """
    tokens: list[str] = []
    for run in _TOKEN.findall(unicodedata.normalize("NFKC", text).lower()):
        if run in stop_words():
            continue
        if "\uac00" <= run[0] <= "\ud7a3":
            tokens.extend(run[i : i + 2] for i in range(max(1, len(run) - 1)))
        else:
            tokens.append(run)
    return tokens


class LexicalIndex:
    """BM25 by bm25s over documents by id; it is rebuilt before the first search after a change."""

    def __init__(self, documents: Mapping[str, str] | None = None) -> None:
        self._vocabulary: dict[str, int] = {}
        self._documents: dict[str, NDArray[np.int32]] = {}
        self._ids: list[str] = []
        self._model: Any = None
        for id, text in (documents or {}).items():
            self.put(id, text)

    def __len__(self) -> int:
        return len(self._documents)

    def put(self, id: str, text: str) -> None:
        """Add a document, or replace it."""
        number = self._vocabulary
        tokens = [number.setdefault(token, len(number)) for token in tokenise(text)]
        self._documents[id] = np.array(tokens, dtype=np.int32)
        self._model = None

    def remove(self, id: str) -> None:
        """Drop a document; an id that has none is passed over."""
        if self._documents.pop(id, None) is not None:
            self._model = None

    def search(
        self, text: str, k: int, allowed: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Find up to k documents that share a word with `text`, among `allowed` ids.

        Returns:
            (id, BM25 score > 0) by score descending, then id ascending.
        """
        scores = self.scores(text)
        if scores is None:
            return []
        chosen = np.flatnonzero(scores > 0)
        if allowed is not None:
            wanted = allowed if isinstance(allowed, (set, frozenset, dict)) else set(allowed)
            chosen = np.array([row for row in chosen if self._ids[row] in wanted], dtype=np.int64)
        # The ids are in ascending order, so a stable sort breaks ties by id.
        best = chosen[np.argsort(-scores[chosen], kind="stable")][:k]
        return [(self._ids[row], float(scores[row])) for row in best]

    def scores_of(self, text: str, ids: Collection[str]) -> dict[str, float]:
        """Give the BM25 score of each document among `ids` (0 where no word is shared)."""
        scores = self.scores(text)
        if scores is None:
            return {id: 0.0 for id in ids if id in self._documents}
        return {id: float(scores[self._row[id]]) for id in ids if id in self._documents}

    def scores(self, text: str) -> NDArray[np.float32] | None:
        """Score all n documents, shape (n,), in ascending order of id; None if no word is known."""
        known = [n for token in tokenise(text) if (n := self._vocabulary.get(token)) is not None]
        if not known or not any(len(tokens) for tokens in self._documents.values()):
            return None
        self._build()
        scores: NDArray[np.float32] = self._model.get_scores(known)
        return scores

    def _build(self) -> None:
        if self._model is not None:
            return
        import bm25s

        self._ids = sorted(self._documents)
        self._row = {id: row for row, id in enumerate(self._ids)}
        model = bm25s.BM25()
        tokens = [self._documents[id].tolist() for id in self._ids]
        model.index((tokens, self._vocabulary), show_progress=False)
        self._model = model
