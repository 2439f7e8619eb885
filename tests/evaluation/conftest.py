"""A tiny test set whose figures can be worked out by hand, and the means to break it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

Files = dict[str, Any]


class WordEncoder:
    """Counts words into 64 buckets: texts with the same words are near."""

    encoder_id = "words-64"
    dimension = 64

    def encode(self, texts: Sequence[str], *, role: str = "passage") -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                vectors[row, zlib.crc32(word.strip(".,").encode()) % self.dimension] += 1
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)


@pytest.fixture
def word_encoder() -> WordEncoder:
    return WordEncoder()


def small_set() -> Files:
    """Two startups, four partners, three ties, three queries (two of one cluster)."""
    return {
        "dataset.json": {
            "name": "small",
            "cut": "2020-07-01",
            "licence": "CC0",
            "source": "made up",
            "language": "en",
            "cluster": "a round",
        },
        "startups.jsonl": [
            {"id": "s1", "name": "Sonar", "summary": "Imaging by ultrasound in hospitals."},
            {
                "id": "s2",
                "name": "Keel",
                "summary": {"en": "Autonomous vessels.", "ko": "자율운항"},
            },
        ],
        "partners.jsonl": [
            {"id": "p1", "name": "Harbour works"},
            {"id": "p2", "name": "Clinic", "kind": "hospital", "region": "KR-27"},
            {"id": "p3", "name": "Turbines"},
            {"id": "p4", "name": "Institute", "kind": "research_institute"},
        ],
        "ties.jsonl": [
            {
                "startup": "s9",
                "partner": "p2",
                "kind": "collaboration",
                "date": "2019-01-01",
                "context": "c1",
                "subject": "Imaging by ultrasound in hospitals",
            },
            {
                "a": "p2",
                "b": "p4",
                "kind": "collaboration",
                "date": "2019-01-01",
                "context": "c1",
                "subject": "Imaging by ultrasound in hospitals",
            },
            {
                "startup": "s2",
                "partner": "p1",
                "kind": "pilot",
                "date": "2020-03-01",
                "context": "c2",
                "subject": "Autonomous mooring of vessels in a harbour",
            },
            {"startup": "s9", "partner": "p2", "kind": "investment", "date": "2020-04-01"},
        ],
        "queries.jsonl": [
            {
                "id": "q1",
                "startup": "s1",
                "date": "2020-08-01",
                "seeking": "a hospital to try ultrasound in",
                "cluster": "r1",
                "track": "health",
            },
            {"id": "q2", "startup": "s2", "date": "2020-09-01", "cluster": "r2", "track": "sea"},
            {"id": "q3", "startup": "s2", "date": "2020-02-01", "cluster": "r2", "track": "sea"},
        ],
        "qrels.txt": ["q1 0 p2 2", "q1 0 p3 0", "q2 0 p1 1", "q3 0 p1 1"],
        "candidates.jsonl": [{"query": "q1", "partners": ["p1", "p2", "p3"]}],
    }


def write_set(folder: Path, files: Files) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if isinstance(content, bytes):
            (folder / name).write_bytes(content)
            continue
        if isinstance(content, dict):
            text = json.dumps(content)
        else:
            lines = [one if isinstance(one, str) else json.dumps(one) for one in content]
            text = "".join(line + "\n" for line in lines)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def files() -> Files:
    return small_set()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Files], Path]:
    return lambda files: write_set(tmp_path / "set", files)


@pytest.fixture
def cut() -> date:
    return date(2020, 7, 1)
