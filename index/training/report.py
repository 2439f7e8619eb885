"""Measures a trained encoder on what training never saw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.encoder import Encoder
from index.training.bilingual import DESCRIPTIONS_FILE, read_pairs
from index.training.corpus import HeldOut, Pair

Scores = NDArray[np.floating[Any]]


def evaluation_lines(encoder: Encoder, held_out: HeldOut) -> Iterator[str]:
    """Yield one line per figure: SBIR against BM25, then Korean-English accuracy."""
    if held_out.sbir:
        titles, abstracts = zip(*held_out.sbir, strict=True)
        ours = similarities(encoder, titles, abstracts)
        yield f"SBIR title to abstract, {len(titles)} held out: MRR@10 {_mrr(ours):.4f}, " + (
            f"BM25 {_mrr(bm25_scores(titles, abstracts)):.4f}"
        )
    descriptions = [(korean, english) for english, korean in read_pairs(DESCRIPTIONS_FILE)]
    sets = {
        "KSIC names": held_out.ksic,
        "catalogue passages": held_out.catalogue,
        "descriptions": descriptions,
    }
    for name, pairs in sets.items():
        if pairs:
            yield _bilingual_line(encoder, name, pairs)


def similarities(encoder: Encoder, queries: Sequence[str], passages: Sequence[str]) -> Scores:
    """Give the (queries, passages) cosines."""
    found: Scores = encoder.encode(queries, role="query") @ encoder.encode(passages).T
    return found


def reciprocal_ranks(scores: Scores, depth: int = 10) -> Scores:
    """Give 1/rank of each row's own column, 0 below `depth`; equal scores count against it."""
    own = np.diagonal(scores)[:, None]
    ranks = (scores >= own).sum(axis=1)
    found: Scores = np.where(ranks <= depth, 1.0 / np.maximum(ranks, 1), 0.0)
    return found


def bm25_scores(queries: Sequence[str], passages: Sequence[str]) -> Scores:
    """Give the (queries, passages) scores of BM25 (bm25s, English stop words, no stemming)."""
    import bm25s

    retriever = bm25s.BM25()
    retriever.index(bm25s.tokenize(list(passages), show_progress=False), show_progress=False)
    tokens = bm25s.tokenize(list(queries), show_progress=False, return_ids=False)
    return np.stack([retriever.get_scores(words) for words in tokens])


def _mrr(scores: Scores) -> float:
    """Average the reciprocal ranks down to the tenth."""
    return float(reciprocal_ranks(scores).mean())


def _bilingual_line(encoder: Encoder, name: str, pairs: Sequence[Pair]) -> str:
    """Write accuracy@1 from Korean to English and back."""
    korean, english = zip(*pairs, strict=True)
    scores = similarities(encoder, korean, english)
    there = float((reciprocal_ranks(scores) == 1).mean())
    back = float((reciprocal_ranks(scores.T) == 1).mean())
    mixed = np.hstack([scores, similarities(encoder, korean, korean)])
    mixed[np.arange(len(pairs)), len(pairs) + np.arange(len(pairs))] = -1
    among_both = float((reciprocal_ranks(mixed) == 1).mean())
    return (
        f"{name}, {len(pairs)} held out: accuracy@1 Korean to English {there:.4f}, "
        f"English to Korean {back:.4f}, Korean to English among both languages {among_both:.4f}"
    )
