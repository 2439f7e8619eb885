"""Says of which parts a token's vector is the sum: itself, and for Korean its syllables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

PARTS_SHARE = 0.5
"""What a token's syllables and pairs of syllables weigh together; the token itself weighs 1."""

_HANGUL = re.compile(r"[가-힣]")


def parts_of(pieces: Sequence[str]) -> Any:
    """Give the sparse (n, p) array that makes the vectors of n pieces from those of p parts.

    The first n parts are the pieces themselves. A Korean piece of two syllables and more also has
    a share of each of its syllables and of each pair of neighbours in it (as fastText adds the
    letters of a word, Bojanowski and others 2017): Korean words are made of syllables that carry
    meaning, so that a rare word learns from others. Parts that are pieces too are the same part.
    """
    from scipy.sparse import csr_array

    numbers = {piece: number for number, piece in enumerate(pieces)}
    rows, columns, weights = list(range(len(pieces))), list(range(len(pieces))), [1.0] * len(pieces)
    for row, piece in enumerate(pieces):
        inner = list(_inner(piece))
        rows += [row] * len(inner)
        columns += [numbers.setdefault(part, len(numbers)) for part in inner]
        weights += [PARTS_SHARE / len(inner)] * len(inner) if inner else []
    shape = (len(pieces), len(numbers))
    found = csr_array((np.array(weights, np.float32), (rows, columns)), shape=shape)
    found.sum_duplicates()
    return found


def used_parts(composed: Any, tokens: NDArray[Any]) -> tuple[NDArray[Any], Any]:
    """Give the u parts of t tokens, sorted, and the sparse (t, u) array that makes the tokens."""
    from scipy.sparse import csr_array

    rows = composed[tokens]
    used, columns = np.unique(rows.indices, return_inverse=True)
    return used, csr_array((rows.data, columns, rows.indptr), shape=(len(tokens), len(used)))


def _inner(piece: str) -> Iterator[str]:
    """Yield the syllables of a Korean piece, and its pairs of syllables unless it is one."""
    if len(piece) < 2 or not _HANGUL.search(piece):
        return
    yield from piece
    if len(piece) > 2:
        yield from (piece[start : start + 2] for start in range(len(piece) - 1))
