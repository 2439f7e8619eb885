"""Owns the fusion of evidence: how cosines, words and pasts become one score of a candidate."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from index.passages import Facet
from index.postings import Scores

WEIGHTS: Mapping[str, float] = {
    "text_is_is": 0.2,
    "text_seeks_offers": 0.2,
    "text_is_seeks": 0.2,
    "text_seeks_is": 0.2,
    "lexical": 0.4,
    "history_all": 0.5,
    "history_lexical": 1.0,
}
"""What each kind of evidence counts where candidates are ordered; chosen in docs/retrieval.md."""

HALVES: Mapping[str, float] = {"lexical": 20.0, "history_all": 1.0, "history_lexical": 1.0}
"""The values at which evidence that has no bound counts one half of its weight."""

FACET_PAIRS: Mapping[str, tuple[Facet, Facet]] = {
    "text_is_is": ("is", "is"),
    "text_seeks_offers": ("seeks", "offers"),
    "text_is_seeks": ("is", "seeks"),
    "text_seeks_is": ("seeks", "is"),
}
"""Evidence by name: the facet of the startup and the facet of the partner that are compared."""

_PAST = frozenset({"history", "history_all", "history_lexical"})

Evidence = Mapping[str, Scores]
"""By kind of evidence, what speaks for each of n candidates, shape (n,); NaN is unknown."""


def fuse(evidence: Evidence, weights: Mapping[str, float]) -> Scores:
    """Fuse evidence of n candidates to one score each, shape (n,).

    A cosine counts as it is, a sum s without a bound as s / (s + half of `HALVES`), so that weak
    evidence stays weak where nobody has a better one; what is unknown or below zero counts nothing.

    Weighted, they are added up; but the text of facets and history are two accounts of one thing,
    and count as the root of the sum of their squares: each alone in full, while beside a rich past
    a text adds little. More evidence never lowers a score.
    """
    text, history, others = (np.zeros(len(next(iter(evidence.values())))) for _ in range(3))
    for name, weight in weights.items():
        if name in evidence:
            account = text if name in FACET_PAIRS else history if name in _PAST else others
            account += weight * _bounded(name, np.fmax(evidence[name], 0.0))
    fused: Scores = np.hypot(text, history) + others
    return fused


def _bounded(name: str, values: Scores) -> Scores:
    return values / (values + HALVES[name]) if name in HALVES else values
