"""A tiny encoder whose vectors can be worked out by hand, and short ways to make records."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np
import pytest

from index import tokenise
from profiles import Partner, Startup, Tie, validate


class TinyEncoder:
    """Counts words in 32 buckets, or in the slots of a given vocabulary; notes what it encoded."""

    def __init__(self, encoder_id: str = "tiny", words: Sequence[str] = ()) -> None:
        self.encoder_id = encoder_id
        self.dimension = len(words) or 32
        self._slot = {word: slot for slot, word in enumerate(words)}
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str], *, role: str = "passage") -> np.ndarray[Any, Any]:
        self.asked.extend(texts)
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for token in tokenise(text):
                slot = self._slot.get(token) if self._slot else zlib.crc32(token.encode()) % 32
                if slot is not None:
                    vector[slot] += 1
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.divide(vectors, lengths, out=vectors, where=lengths > 0)


@pytest.fixture
def tiny() -> Callable[..., TinyEncoder]:
    return TinyEncoder


@pytest.fixture
def startup() -> Callable[..., Startup]:
    def make(id: str, summary: str = "something", **fields: Any) -> Startup:
        return validate(Startup, {"id": id, "name": id, "summary": summary, **fields})

    return make


@pytest.fixture
def partner() -> Callable[..., Partner]:
    def make(id: str, summary: str | None = None, **fields: Any) -> Partner:
        return validate(Partner, {"id": id, "name": id, "summary": summary, **fields})

    return make


@pytest.fixture
def tie() -> Callable[..., Tie]:
    def make(
        id: str, a: str, b: str, day: date | None = None, kind: str = "collaboration", **fields: Any
    ) -> Tie:
        return validate(Tie, {"id": id, "a": a, "b": b, "kind": kind, "valid_from": day, **fields})

    return make
