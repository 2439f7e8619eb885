"""Owns the other side of a test set: partners ask, and startups are listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from evaluation.dataset import Query, TestSet
from evaluation.messages import Said, both
from evaluation.naming import unused
from profiles import Side, Startup, Text
from profiles.text import LONGEST_TEXT

Group = tuple[str | None, date]
"""A track, and the day before which a tie must lie to be used."""


def turn(test_set: TestSet) -> TestSet:
    """Turn the judgements round: each partner that was right for a startup asks for startups.

    A partner asks once for each track and horizon (the query's day or the cut, whichever is
    earlier) in which it is relevant to some query. Its candidates are the startups of those
    queries that it was a candidate of, each with what it sought there; relevant to the degree
    of the highest judgement are those whose queries it was an answer to. The cluster is the one
    that most of its relevant queries belong to (of equally many the first by name): partners of
    one project or round are not independent.

    A tie between a startup and a partner that is itself an answer lies after the horizon of that
    query, so no query sees it here either.
    """
    groups: dict[Group, list[Query]] = {}
    for query in test_set.queries:
        groups.setdefault((query.track, min(query.date, test_set.cut)), []).append(query)
    queries: dict[str, Query] = {}
    qrels: dict[str, dict[str, int]] = {}
    candidates: dict[str, frozenset[str]] = {}
    for (track, horizon), asked in groups.items():
        names = _names(test_set, asked)
        for partner in names:
            # Two tracks may differ in white space alone.
            id = unused(_id(partner, track, horizon), queries, "{name}|{n}")
            queries[id] = _query(id, partner, track, horizon, names[partner])
            qrels[id] = _judged(test_set, partner, asked)
            reached = (one.asker for one in asked if partner in test_set.candidates_of(one.id))
            candidates[id] = frozenset(reached)
    return replace(
        test_set,
        startups=_as_they_ask(test_set),
        queries=tuple(queries[id] for id in sorted(queries)),
        qrels={id: qrels[id] for id in sorted(qrels)},
        candidates=_shared(candidates),
        side=Side.PARTNER,
        notes=(*test_set.notes, *_notes(test_set, queries)),
    )


def _names(test_set: TestSet, asked: Iterable[Query]) -> dict[str, list[str]]:
    """Give the clusters of the queries that each partner is relevant to, by partner id."""
    clusters: dict[str, list[str]] = {}
    for query in asked:
        for partner, grade in test_set.qrels[query.id].items():
            if grade > 0 and partner in test_set.candidates_of(query.id):
                clusters.setdefault(partner, []).append(query.cluster)
    return dict(sorted(clusters.items()))


def _id(partner: str, track: str | None, horizon: date) -> str:
    """Name a turned query; without white space, as TREC files need it."""
    return "|".join([partner, *(["_".join(track.split())] if track else []), horizon.isoformat()])


def _query(id: str, partner: str, track: str | None, horizon: date, clusters: list[str]) -> Query:
    counts = Counter(clusters)
    cluster = min(counts, key=lambda name: (-counts[name], name))
    return Query(id=id, asker=partner, date=horizon, cluster=cluster, track=track)


def _judged(test_set: TestSet, partner: str, asked: Iterable[Query]) -> dict[str, int]:
    """Give the highest judgement of a partner and each startup; only candidates are judged."""
    judged: dict[str, int] = {}
    for query in asked:
        grade = test_set.qrels[query.id].get(partner)
        if grade is not None and partner in test_set.candidates_of(query.id):
            judged[query.asker] = max(grade, judged.get(query.asker, 0))
    return dict(sorted(judged.items()))


def _as_they_ask(test_set: TestSet) -> dict[str, Startup]:
    """Give every startup with what it sought on the first horizon on which it asks.

    What it sought on a later one must not be seen on an earlier one.
    """
    asked: dict[str, list[Query]] = {}
    for queries in test_set.horizons().values():
        here: dict[str, list[Query]] = {}
        for query in queries:
            here.setdefault(query.asker, []).append(query)
        asked = here | asked
    return {
        id: _with(startup, asked[id]) if id in asked else startup
        for id, startup in test_set.startups.items()
    }


def _with(startup: Startup, queries: Iterable[Query]) -> Startup:
    queries = list(queries)
    sought = list(dict.fromkeys(query.seeking for query in queries if query.seeking))
    said = {
        "seeking": _together(sought),
        "sectors": tuple(dict.fromkeys(code for query in queries for code in query.sectors)),
        "region": next((query.region for query in queries if query.region), None),
    }
    return startup.model_copy(update={name: value for name, value in said.items() if value})


def _together(texts: list[Text]) -> Text | None:
    """Join texts, each language on its own, as long as a text may be."""
    parts = {
        lang: "\n".join(filter(None, (getattr(text, lang) for text in texts)))[:LONGEST_TEXT]
        for lang in ("en", "ko")
    }
    return Text(**parts) if any(parts.values()) else None


def _shared(candidates: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    same: dict[frozenset[str], frozenset[str]] = {}
    return {id: same.setdefault(listed, listed) for id, listed in sorted(candidates.items())}


def _notes(test_set: TestSet, queries: Mapping[str, Query]) -> list[Said]:
    partners = len({query.asker for query in queries.values()})
    counts = {"queries": len(queries), "partners": partners, "of": len(test_set.queries)}
    return [both("note_turned", **counts)]
