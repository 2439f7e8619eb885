"""Measures a trained encoder on what training never saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.encoder import Encoder
from index.training.bilingual import read_choice, read_descriptions, sector_descriptions
from index.training.corpus import Corpus, HeldOut, Pair

Scores = NDArray[np.floating[Any]]


DESCRIPTIONS_TO_CHOOSE = 60
"""The first so many descriptions were looked at while the training was being chosen."""


def evaluation_lines(encoder: Encoder, corpus: Corpus) -> Iterator[str]:
    """Yield one line per figure: first those that may choose the training, then the test's."""
    descriptions = [(korean, english) for korean, english, _ in read_descriptions()]
    to_choose = {
        "descriptions": descriptions[:DESCRIPTIONS_TO_CHOOSE],
        "descriptions written to choose": read_choice(),
    }
    yield from _lines_of(encoder, "choice", corpus.choice, to_choose)
    others = {
        "sector descriptions": sector_descriptions(),
        "descriptions": descriptions,
        "descriptions never looked at": descriptions[DESCRIPTIONS_TO_CHOOSE:],
    }
    yield from _lines_of(encoder, "test", corpus.test, others)


def _lines_of(
    encoder: Encoder, part: str, held_out: HeldOut, others: Mapping[str, Sequence[Pair]]
) -> Iterator[str]:
    """Write the figures of one part: SBIR against BM25, then Korean-English accuracy."""
    if held_out.sbir:
        titles, abstracts = zip(*held_out.sbir, strict=True)
        ours = similarities(encoder, titles, abstracts)
        yield f"{part}: SBIR title to abstract, {len(titles)}: MRR@10 {_mrr(ours):.4f}, " + (
            f"BM25 {_mrr(bm25_scores(titles, abstracts)):.4f}"
        )
    sets = {"KSIC names": held_out.ksic, "catalogue passages": held_out.catalogue, **others}
    for name, pairs in sets.items():
        if pairs:
            yield f"{part}: {_bilingual_line(encoder, name, pairs)}"


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
        f"{name}, {len(pairs)}: accuracy@1 Korean to English {there:.4f}, "
        f"English to Korean {back:.4f}, Korean to English among both languages {among_both:.4f}"
    )
