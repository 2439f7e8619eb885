"""Owns the baselines that stand beside every system: chance, popularity, words, vectors, a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evaluation.dataset import Query, TestSet
from evaluation.runs import Run
from index import Encoder, LexicalIndex
from profiles import Profile, Startup, Tie
from profiles.taxonomy import country_of, sector_relation, sectors

Advance = Callable[[int], None]
"""Is told how many more queries have been answered."""

NEWEST_SUBJECTS = 20
"""How many subjects of its past speak for a partner that asks."""

SAME_SECTOR, NEAR_SECTOR, SAME_REGION, SAME_COUNTRY = 2.0, 1.0, 1.0, 0.5
"""The points of the sector-and-region rule."""

_NEAR = frozenset({"parent", "related", "complementary"})


class Known:
    """What is known of a test set before a day; every baseline of that day shares it."""

    def __init__(self, test_set: TestSet, horizon: date) -> None:
        self.test_set = test_set
        self.horizon = horizon

    @cached_property
    def ties(self) -> list[Tie]:
        """The ties dated before the day."""
        return self.test_set.ties_before(self.horizon)

    @cached_property
    def popularity(self) -> Mapping[str, int]:
        """Each profile's distinct contexts; a tie without a context is one of its own."""
        contexts: dict[str, set[tuple[str, str]]] = {}
        for tie in self.ties:
            context = ("tie", tie.id) if tie.context is None else ("context", tie.context)
            for end in (tie.a, tie.b):
                contexts.setdefault(end, set()).add(context)
        return {id: len(found) for id, found in contexts.items()}

    @cached_property
    def subjects(self) -> Mapping[str, list[str]]:
        """The distinct subjects of each profile's ties, oldest first."""
        found: dict[str, dict[str, None]] = {}
        for tie in self.ties:
            if tie.subject:
                for end in (tie.a, tie.b):
                    found.setdefault(end, {})[tie.subject.joined] = None
        return {id: list(texts) for id, texts in found.items()}

    @cached_property
    def texts(self) -> Mapping[str, list[str]]:
        """The distinct texts of each profile that may be listed: its own, then its subjects."""
        return {
            id: list(dict.fromkeys([*_texts(profile), *self.subjects.get(id, ())]))
            for id, profile in self.test_set.answers.items()
        }

    def asked(self, query: Query) -> str:
        """Give what a query is about: what is sought and the summary, or a partner's past."""
        asker = self.test_set.askers[query.asker]
        if isinstance(asker, Startup):
            texts = (query.seeking or asker.seeking, asker.summary)
            return "\n".join(text.joined for text in texts if text is not None)
        newest = self.subjects.get(asker.id, [])[-NEWEST_SUBJECTS:]
        return "\n".join([*_texts(asker), *newest])


def known_at(test_set: TestSet) -> list[tuple[Known, list[Query]]]:
    """Give what is known before each day on which is asked, with the queries of that day."""
    return [(Known(test_set, day), queries) for day, queries in test_set.horizons().items()]


def random_run(test_set: TestSet, *, rng: np.random.Generator, depth: int) -> Run:
    """Order each query's candidates by chance; queries are drawn for by id."""
    scores: dict[str, dict[str, float]] = {}
    for query in sorted(test_set.qrels):
        candidates = sorted(test_set.candidates_of(query))
        drawn = rng.permutation(len(candidates))[:depth]
        scores[query] = {candidates[row]: -float(rank) for rank, row in enumerate(drawn)}
    return Run.of("random", scores)


def popularity_run(
    test_set: TestSet, *, depth: int, known: Sequence[tuple[Known, list[Query]]] | None = None
) -> Run:
    """Order each query's candidates by what they did before: contexts, or ties without one."""
    scores: dict[str, dict[str, float]] = {}
    for past, queries in known or known_at(test_set):
        counts = past.popularity
        for query in queries:
            found = {id: float(counts.get(id, 0)) for id in test_set.candidates_of(query.id)}
            scores[query.id] = dict(_best(found, depth))
    return Run.of("popularity", scores)


def region_run(
    test_set: TestSet, *, depth: int, known: Sequence[tuple[Known, list[Query]]] | None = None
) -> Run:
    """Order candidates by popularity, those of the asker's region first, then of its country.

    Where the asker's region is not known, this is popularity.
    """
    scores: dict[str, dict[str, float]] = {}
    for past, queries in known or known_at(test_set):
        counts = past.popularity
        step = 1.0 + max(counts.values(), default=0)
        for query in queries:
            own = region_of(test_set, query)
            found = {
                id: counts.get(id, 0) + 2 * step * _nearness(own, test_set.answers[id].region)
                for id in test_set.candidates_of(query.id)
            }
            scores[query.id] = dict(_best(found, depth))
    return Run.of("popularity_region", scores)


def bm25_run(
    test_set: TestSet,
    *,
    depth: int,
    advance: Advance | None = None,
    known: Sequence[tuple[Known, list[Query]]] | None = None,
) -> Run:
    """Search each query's text among its candidates' texts and the subjects of their past ties.

    A candidate's document is its name, texts and each distinct subject once; the query is what the
    startup seeks and its summary, or a partner's texts and newest subjects. Candidates that share
    no word with the query are left out.
    """
    scores: dict[str, dict[str, float]] = {}
    for past, queries in known or known_at(test_set):
        lexical = LexicalIndex({id: "\n".join(texts) for id, texts in past.texts.items()})
        for query in queries:
            allowed = test_set.candidates_of(query.id)
            scores[query.id] = dict(lexical.search(past.asked(query), depth, allowed))
            if advance is not None:
                advance(1)
    return Run.of("bm25", scores)


def dense_run(
    test_set: TestSet,
    encoder: Encoder,
    *,
    depth: int,
    known: Sequence[tuple[Known, list[Query]]] | None = None,
) -> Run:
    """Order candidates by the cosine of the query's text and the nearest of their texts.

    The texts are those of `bm25_run`, each encoded on its own. Candidates without a text are left
    out, and queries without one answer nothing.
    """
    scores: dict[str, dict[str, float]] = {}
    vectors: dict[str, NDArray[np.float32]] = {}
    for past, queries in known or known_at(test_set):
        _encode(encoder, (text for texts in past.texts.values() for text in texts), vectors)
        ids, matrix, starts = _stacked(past.texts, vectors)
        asked = [past.asked(query) for query in queries]
        questions = encoder.encode(asked, role="query")
        for query, text, question in zip(queries, asked, questions, strict=True):
            near = np.maximum.reduceat(matrix @ question, starts) if text and ids else ()
            allowed = test_set.candidates_of(query.id)
            found = {id: float(s) for id, s in zip(ids, near, strict=False) if id in allowed}
            scores[query.id] = dict(_best(found, depth))
    return Run.of("dense", scores)


def rule_run(test_set: TestSet, *, depth: int) -> Run:
    """Order candidates by a rule of thumb: the same sector 2 points, a near one 1, the region 1.

    Half a point is for the same country in another or unknown region. Near is a sector's parent or
    child, and what the taxonomy calls related or complementary.
    """
    codes = {code: column for column, code in enumerate(sectors())}
    relation = np.array([[_points_of(a, b) for b in codes] for a in codes])
    ids = sorted(test_set.answers)
    has = np.zeros((len(ids), len(codes)), dtype=bool)
    for row, id in enumerate(ids):
        has[row, [codes[code] for code in test_set.answers[id].sectors]] = True
    rows = {id: row for row, id in enumerate(ids)}
    scores: dict[str, dict[str, float]] = {}
    for query in test_set.queries:
        own = [codes[code] for code in sectors_of(test_set, query)]
        best = relation[own].max(axis=0) if own else np.zeros(len(codes))
        sector = np.where(has, best, 0.0).max(axis=1, initial=0.0)
        region = region_of(test_set, query)
        found = {
            id: float(sector[rows[id]]) + _nearness(region, test_set.answers[id].region)
            for id in test_set.candidates_of(query.id)
        }
        scores[query.id] = dict(_best(found, depth))
    return Run.of("rule", scores)


def region_of(test_set: TestSet, query: Query) -> str | None:
    """Give the region that a query is asked from."""
    return query.region or test_set.askers[query.asker].region


def sectors_of(test_set: TestSet, query: Query) -> tuple[str, ...]:
    """Give the sectors that a query is about."""
    return query.sectors or test_set.askers[query.asker].sectors


def _nearness(own: str | None, other: str | None) -> float:
    if own is None or other is None:
        return 0.0
    if own == other:
        return SAME_REGION
    return SAME_COUNTRY if country_of(own) == country_of(other) else 0.0


def _points_of(a: str, b: str) -> float:
    relation = sector_relation(a, b)
    return SAME_SECTOR if relation == "same" else NEAR_SECTOR if relation in _NEAR else 0.0


def _best(scores: Mapping[str, float], depth: int) -> list[tuple[str, float]]:
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:depth]


def _texts(profile: Profile) -> list[str]:
    texts = (profile.name, profile.summary, profile.offering, profile.seeking)
    return [text.joined for text in texts if text is not None]


def _encode(
    encoder: Encoder, texts: Iterable[str], vectors: dict[str, NDArray[np.float32]]
) -> None:
    """Add the vectors of texts that have none yet."""
    new = list(dict.fromkeys(text for text in texts if text not in vectors))
    if new:
        vectors.update(zip(new, encoder.encode(new), strict=True))


def _stacked(
    texts: Mapping[str, Sequence[str]], vectors: Mapping[str, NDArray[np.float32]]
) -> tuple[list[str], NDArray[np.float32], NDArray[np.int64]]:
    """Stack the vectors of all texts; give the ids that have one, the rows, and where each starts.

    Returns:
        n ids, (t, d) rows, (n,) the first row of each id.
    """
    ids = [id for id, own in texts.items() if own]
    sizes = [len(texts[id]) for id in ids]
    rows = [vectors[text] for id in ids for text in texts[id]]
    matrix = np.stack(rows) if rows else np.zeros((0, 0), dtype=np.float32)
    return ids, matrix, np.cumsum([0, *sizes[:-1]]).astype(np.int64)
