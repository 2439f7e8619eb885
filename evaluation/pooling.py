"""Owns pooling: which pairs several systems give to be judged, and in which order a judge sees."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256

import numpy as np

from evaluation.runs import Run

Pool = Mapping[tuple[str, str], Mapping[str, int]]
"""(query, candidate) → system → rank from 1, of all that one system at least has in its list."""


def pool(
    runs: Sequence[Run], depth: int, *, queries: Collection[str]
) -> dict[tuple[str, str], dict[str, int]]:
    """Join the first `depth` places of each run, for each of `queries` (depth-k pooling, TREC).

    What no system has among them is not judged (Sparck Jones and van Rijsbergen 1975; Voorhees
    2002). Equal scores stand in ascending order of id, as everywhere.

    Args:
        runs: lists of different names.
        depth: at least 1.
        queries: the queries that are pooled; a run may answer others, too.

    Returns:
        the pairs by query and candidate, each with the rank in every system that has it.
    """
    found: dict[tuple[str, str], dict[str, int]] = {}
    for query in sorted(queries):
        for run in runs:
            for rank, id in enumerate(run.ids(query)[:depth], start=1):
                found.setdefault((query, id), {})[run.name] = rank
    return {pair: found[pair] for pair in sorted(found)}


def generator_of(name: str, judge: str) -> np.random.Generator:
    """Give the generator of a judge in a round: another one for each, always the same."""
    digest = sha256(f"{name}\x00{judge}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def shuffled(
    pairs: Collection[tuple[str, str]], *, rng: np.random.Generator
) -> list[tuple[str, str]]:
    """Put (query, candidate) pairs in an order that tells nothing of any system's ranks.

    Queries come in random order, and the candidates of each in random order: who judges reads a
    query once. The order depends on `rng` and on which pairs there are, not on how they are given.
    """
    of: dict[str, list[str]] = {}
    for query, candidate in sorted(pairs):
        of.setdefault(query, []).append(candidate)
    queries = sorted(of)
    return [
        (queries[row], of[queries[row]][place])
        for row in rng.permutation(len(queries))
        for place in rng.permutation(len(of[queries[row]]))
    ]
