"""Owns the baselines beside every system: chance, popularity, words, vectors, kNN, a rule."""

from __future__ import annotations

from collections import Counter
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

Floats = NDArray[np.float64]

Advance = Callable[[int], None]
"""Is told how many more queries have been answered."""

NEWEST_SUBJECTS = 20
"""How many subjects of its past speak for a partner that asks."""

SAME_SECTOR, NEAR_SECTOR, SAME_REGION, SAME_COUNTRY = 2.0, 1.0, 1.0, 0.5
"""The points of the sector-and-region rule."""

_LEAST = 1e-6
"""What popularity counts at most where it only parts equal scores."""

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
    def homes(self) -> Mapping[str, str | None]:
        """The region of each profile that may be listed, or where most of its past was.

        The latter, for one without a region, is that of most others whom it dealt with; of equally
        many the first by name.
        """
        known = {**self.test_set.startups, **self.test_set.partners}
        places: dict[str, Counter[str]] = {}
        for tie in self.ties:
            for end, other in ((tie.a, tie.b), (tie.b, tie.a)):
                if other in known and (region := known[other].region):
                    places.setdefault(end, Counter())[region] += 1
        return {
            id: profile.region or _most(places.get(id, Counter()))
            for id, profile in self.test_set.answers.items()
        }

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
    listing = _Listing(test_set)
    for past, queries in known or known_at(test_set):
        counts = listing.values(past.popularity)
        for query in queries:
            scores[query.id] = listing.best(counts, query, depth)
    return Run.of("popularity", scores)


def region_run(
    test_set: TestSet, *, depth: int, known: Sequence[tuple[Known, list[Query]]] | None = None
) -> Run:
    """Order candidates by popularity, those of the asker's region first, then of its country.

    A candidate without a region counts as being where most of its past was. Where the asker's
    region is not known, this is popularity.
    """
    scores: dict[str, dict[str, float]] = {}
    listing = _Listing(test_set)
    for past, queries in known or known_at(test_set):
        counts = listing.values(past.popularity)
        step = 2 * (1.0 + counts.max(initial=0.0))
        places = _Places([past.homes[id] for id in listing.ids])
        for query in queries:
            near = step * places.nearness(region_of(test_set, query))
            scores[query.id] = listing.best(counts + near, query, depth)
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

    The texts are those of `bm25_run`, each encoded on its own.
    """
    scores: dict[str, dict[str, float]] = {}
    vectors: dict[str, NDArray[np.float32]] = {}
    listing = _Listing(test_set)
    for past, queries in known or known_at(test_set):
        _encode(encoder, (text for texts in past.texts.values() for text in texts), vectors)
        asked = {query.id: past.asked(query) for query in queries}
        texts = list(dict.fromkeys(asked.values()))
        questions = dict(zip(texts, encoder.encode(texts, role="query"), strict=True))
        near = _Nearest(listing.ids, past.texts, vectors)
        for query in queries:
            found = near.cosines(questions[asked[query.id]])
            scores[query.id] = listing.best(found, query, depth)
    return Run.of("dense", scores)


def rule_run(
    test_set: TestSet, *, depth: int, known: Sequence[tuple[Known, list[Query]]] | None = None
) -> Run:
    """Order candidates by a rule of thumb: the same sector 2 points, a near one 1, the region 1.

    Half a point is for the same country in another or unknown region. Near is a sector's parent or
    child, and what the taxonomy calls related or complementary. A candidate without a region
    counts as being where most of its past was.
    """
    codes = {code: column for column, code in enumerate(sectors())}
    relation = np.array([[_points_of(a, b) for b in codes] for a in codes])
    listing = _Listing(test_set)
    has = np.zeros((len(listing.ids), len(codes)), dtype=bool)
    for row, id in enumerate(listing.ids):
        has[row, [codes[code] for code in test_set.answers[id].sectors]] = True
    points: dict[tuple[str, ...], Floats] = {(): np.zeros(len(listing.ids))}
    scores: dict[str, dict[str, float]] = {}
    for past, queries in known or known_at(test_set):
        places = _Places([past.homes[id] for id in listing.ids])
        for query in queries:
            own = sectors_of(test_set, query)
            if own not in points:
                best = relation[[codes[code] for code in own]].max(axis=0)
                points[own] = np.where(has, best, 0.0).max(axis=1, initial=0.0)
            near = places.nearness(region_of(test_set, query))
            scores[query.id] = listing.best(points[own] + near, query, depth)
    return Run.of("rule", scores)


def knn_run(
    test_set: TestSet, *, depth: int, known: Sequence[tuple[Known, list[Query]]] | None = None
) -> Run:
    """Order candidates by how much their past is shared with that of the asker's partners.

    Where startups ask investors this is co-investment: a candidate c scores the sum, over all b
    that the asker dealt with before, of |N(b) & N(c)| / sqrt(|N(b)| |N(c)|), where N are those of
    the asker's side that one dealt with before the day (item-based neighbours by cosine, Sarwar et
    al. 2001). Equal scores, and with them all for an asker without a past, are ordered by
    popularity.
    """
    scores: dict[str, dict[str, float]] = {}
    listing = _Listing(test_set)
    for past, queries in known or known_at(test_set):
        counts = listing.values(past.popularity)
        seldom = _LEAST * counts / (1.0 + counts.max(initial=0.0))
        shared = _Shared(past.ties, listing.ids)
        for query in queries:
            scores[query.id] = listing.best(shared.scores(query.asker) + seldom, query, depth)
    return Run.of("knn", scores)


class _Shared:
    """Who dealt with whom: e pairs of a profile of the asking side and one of n that are listed."""

    def __init__(self, ties: Iterable[Tie], listed: Sequence[str]) -> None:
        columns = {id: column for column, id in enumerate(listed)}
        pairs = {
            (other, columns[id])
            for tie in ties
            for id, other in ((tie.a, tie.b), (tie.b, tie.a))
            if id in columns and other not in columns
        }
        ordered = sorted(pairs)
        self._row = {id: row for row, id in enumerate(dict.fromkeys(id for id, _ in ordered))}
        self._rows = np.array([self._row[id] for id, _ in ordered], dtype=int)
        self._columns = np.array([column for _, column in ordered], dtype=int)
        sizes = np.bincount(self._columns, minlength=len(listed))
        self._damped = 1.0 / np.sqrt(np.maximum(sizes, 1))

    def scores(self, asker: str) -> Floats:
        """Give each listed profile's score for an asker, shape (n,); zeros for one without past."""
        if asker not in self._row:
            return np.zeros(len(self._damped))
        own = np.zeros(len(self._damped))
        dealt = self._columns[self._rows == self._row[asker]]
        own[dealt] = self._damped[dealt]
        weights = np.bincount(self._rows, weights=own[self._columns], minlength=len(self._row))
        reached = np.bincount(
            self._columns, weights=weights[self._rows], minlength=len(self._damped)
        )
        return reached * self._damped


class _Listing:
    """Orders all n profiles that may be listed, by id, for queries that allow some of them."""

    def __init__(self, test_set: TestSet) -> None:
        self.ids = sorted(test_set.answers)
        self._test_set = test_set
        self._row = {id: row for row, id in enumerate(self.ids)}
        self._allowed: dict[frozenset[str], NDArray[np.int64]] = {}

    def values(self, found: Mapping[str, float]) -> Floats:
        """Give a value of each profile, shape (n,); 0 where there is none."""
        return np.array([found.get(id, 0) for id in self.ids], dtype=np.float64)

    def best(self, scores: Floats, query: Query, depth: int) -> dict[str, float]:
        """Give the best of those that a query allows, by score (n,) descending, then by id."""
        allowed = self._test_set.candidates_of(query.id)
        if allowed not in self._allowed:
            self._allowed[allowed] = np.array(sorted(map(self._row.__getitem__, allowed)), int)
        rows = self._allowed[allowed]
        order = rows[np.argsort(-scores[rows], kind="stable")[:depth]]
        return {self.ids[row]: float(scores[row]) for row in order}


class _Places:
    """Tells how near n profiles are to a region, by theirs."""

    def __init__(self, regions: Sequence[str | None]) -> None:
        self._regions = regions
        self._near: dict[str | None, Floats] = {}

    def nearness(self, region: str | None) -> Floats:
        """Give the points for being near a region, shape (n,)."""
        if region not in self._near:
            self._near[region] = np.array([_nearness(region, place) for place in self._regions])
        return self._near[region]


class _Nearest:
    """Tells how near the nearest text of each of n profiles is; each text is compared once."""

    def __init__(
        self,
        ids: Sequence[str],
        texts: Mapping[str, Sequence[str]],
        vectors: Mapping[str, NDArray[np.float32]],
    ) -> None:
        distinct = list(dict.fromkeys(text for id in ids for text in texts[id]))
        place = {text: at for at, text in enumerate(distinct)}
        self._matrix = np.stack([vectors[text] for text in distinct])
        self._places = np.array([place[text] for id in ids for text in texts[id]], dtype=int)
        sizes = [len(texts[id]) for id in ids]
        self._starts = np.cumsum([0, *sizes[:-1]])

    def cosines(self, question: NDArray[np.float32]) -> Floats:
        """Give the highest cosine of each profile's texts, shape (n,)."""
        near = (self._matrix @ question)[self._places]
        return np.maximum.reduceat(near, self._starts).astype(np.float64)


def region_of(test_set: TestSet, query: Query) -> str | None:
    """Give the region that a query is asked from."""
    return query.region or test_set.askers[query.asker].region


def sectors_of(test_set: TestSet, query: Query) -> tuple[str, ...]:
    """Give the sectors that a query is about."""
    return query.sectors or test_set.askers[query.asker].sectors


def _most(counts: Mapping[str, int]) -> str | None:
    return min(counts, key=lambda name: (-counts[name], name), default=None)


def _nearness(own: str | None, other: str | None) -> float:
    if own is None or other is None:
        return 0.0
    if own == other:
        return SAME_REGION
    return SAME_COUNTRY if country_of(own) == country_of(other) else 0.0


def _points_of(a: str, b: str) -> float:
    relation = sector_relation(a, b)
    return SAME_SECTOR if relation == "same" else NEAR_SECTOR if relation in _NEAR else 0.0


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
