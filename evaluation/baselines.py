"""Owns the baselines that stand beside every system: random, popularity and BM25."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date

import numpy as np

from evaluation.dataset import Query, TestSet
from evaluation.runs import Run
from index import LexicalIndex
from profiles import Profile, Tie

Advance = Callable[[int], None]
"""Is told how many more queries have been answered."""


def random_run(test_set: TestSet, *, rng: np.random.Generator, depth: int) -> Run:
    """Order each query's candidates by chance; queries are drawn for by id."""
    scores: dict[str, dict[str, float]] = {}
    for query in sorted(test_set.qrels):
        candidates = sorted(test_set.candidates_of(query))
        drawn = rng.permutation(len(candidates))[:depth]
        scores[query] = {candidates[row]: -float(rank) for rank, row in enumerate(drawn)}
    return Run.of("random", scores)


def popularity_run(test_set: TestSet, *, depth: int) -> Run:
    """Order each query's candidates by what they did before: contexts, or ties without one."""
    scores: dict[str, dict[str, float]] = {}
    for horizon, queries in test_set.horizons().items():
        counts = _popularity(test_set.ties_before(horizon))
        for query in queries:
            found = {id: float(counts.get(id, 0)) for id in test_set.candidates_of(query.id)}
            scores[query.id] = dict(_best(found, depth))
    return Run.of("popularity", scores)


def bm25_run(test_set: TestSet, *, depth: int, advance: Advance | None = None) -> Run:
    """Search each query's text among its candidates' texts and the subjects of their past ties.

    A partner's document is its name, texts and each distinct subject once; the query is what the
    startup seeks and its summary. Candidates that share no word with the query are left out.
    """
    scores: dict[str, dict[str, float]] = {}
    for horizon, queries in test_set.horizons().items():
        lexical = LexicalIndex(_documents(test_set, horizon))
        for query in queries:
            allowed = test_set.candidates_of(query.id)
            scores[query.id] = dict(lexical.search(_asked(test_set, query), depth, allowed))
            if advance is not None:
                advance(1)
    return Run.of("bm25", scores)


def _popularity(ties: Iterable[Tie]) -> Mapping[str, int]:
    """Count each end's distinct contexts; a tie without a context is one of its own."""
    contexts: dict[str, set[tuple[str, str]]] = {}
    for tie in ties:
        context = ("tie", tie.id) if tie.context is None else ("context", tie.context)
        for end in (tie.a, tie.b):
            contexts.setdefault(end, set()).add(context)
    return {id: len(found) for id, found in contexts.items()}


def _best(scores: Mapping[str, float], depth: int) -> list[tuple[str, float]]:
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:depth]


def _documents(test_set: TestSet, horizon: date) -> dict[str, str]:
    """Make the document of each partner as it is known before a day."""
    texts = {id: dict.fromkeys(_texts(partner)) for id, partner in test_set.partners.items()}
    for tie in test_set.ties_before(horizon):
        for end in (tie.a, tie.b):
            if tie.subject and end in texts:
                texts[end][tie.subject.joined] = None
    return {id: "\n".join(parts) for id, parts in texts.items()}


def _texts(profile: Profile) -> list[str]:
    texts = (profile.name, profile.summary, profile.offering, profile.seeking)
    return [text.joined for text in texts if text is not None]


def _asked(test_set: TestSet, query: Query) -> str:
    startup = test_set.startups[query.startup]
    texts = (query.seeking or startup.seeking, startup.summary)
    return "\n".join(text.joined for text in texts if text is not None)
