"""Holds the floor to a fast start: heavy libraries are loaded by the functions that need them."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("torch", "faiss", "sentence_transformers", "transformers", "bm25s")


def test_import_index_loads_no_heavy_library() -> None:
    code = f"import sys, index, matcher; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
