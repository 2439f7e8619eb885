"""Holds the floor to a fast start: heavy libraries are loaded by the functions that need them."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("torch", "faiss", "sentence_transformers", "transformers", "bm25s")


def test_import_index_loads_no_heavy_library() -> None:
    code = f"import sys, index, matcher; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_few_vectors_are_read_without_faiss() -> None:
    code = (
        "import sys, numpy as np; from index.halves import Halves, _FEW\n"
        "rows = np.random.default_rng(1).normal(size=(_FEW + 1, 8)).astype(np.float32)\n"
        "held, asked = Halves(8), np.arange(0, _FEW, 7)\n"
        "held.add(rows[:_FEW]); few = held.vectors(asked); print('faiss' in sys.modules)\n"
        "held.add(rows[_FEW:]); print((few == held.vectors(asked)).all(), 'faiss' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "True"]
