"""Owns the leak checks: what a test set must not know is searched for before anything is run."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from evaluation.dataset import PARTNERS, QUERIES, TIES, Query, TestSet
from evaluation.errors import LeakError
from evaluation.messages import Said, both
from profiles import Profile, Startup, Text

TIE_AFTER_CUT = Said("a tie after the cut", "기준일 이후의 관계")
OWN_CONTEXT = Said("a query's own context", "질의 자신의 맥락")
BOTH_SIDES = Said("a startup on both sides of the split", "나눈 양쪽에 있는 스타트업")

QUOTED = 0.6
"""The share of a query's runs of words that another text holds where it quotes the query."""

_RUN = 8
_FEWEST_RUNS = 12

Runs = frozenset[int]


def check_leaks(test_set: TestSet, *, by_entity: bool) -> None:
    """Refuse a test set that knows its answers.

    Two kinds are looked for here; ties dated on or after the cut are refused as they are read.

    - A query's own context: a tie that counts for the query, joins the asker or a right partner,
      and bears the query's cluster as its context; or a text of a right partner, or the subject
      of a tie of it, that quotes what the query seeks.
    - A startup on both sides of the split, where the split is by entity: it asks and is in a tie
      as well, under its id or under another id with the same name.

    Raises:
        LeakError: naming the leak, and where it is.
    """
    _check_contexts(test_set)
    _check_quotes(test_set)
    if by_entity:
        _check_entities(test_set)


def _check_contexts(test_set: TestSet) -> None:
    for horizon, queries in test_set.horizons().items():
        ends: dict[str, dict[str, str]] = {}
        for tie in test_set.ties_before(horizon):
            if tie.context is not None:
                ends.setdefault(tie.context, {}).update({tie.a: tie.id, tie.b: tie.id})
        for query in queries:
            held = ends.get(query.cluster, {})
            for id in (query.asker, *_right(test_set, query)):
                if id in held:
                    raise LeakError(
                        OWN_CONTEXT,
                        file=TIES,
                        field="context",
                        value=query.cluster,
                        rule=both("leak_context", id=id, query=query.id),
                        remedy=both("leak_context_remedy"),
                    )


def _check_quotes(test_set: TestSet) -> None:
    """Search the texts of right partners, and the subjects of their ties, for the query's own."""
    profiles = {id: _runs(_texts(partner)) for id, partner in test_set.partners.items()}
    for horizon, queries in test_set.horizons().items():
        subjects = _subjects(test_set, horizon)
        for query in queries:
            sought = _runs([query.seeking] if query.seeking else [])
            if len(sought) < _FEWEST_RUNS:
                continue
            for partner in _right(test_set, query):
                if _quotes(profiles[partner], sought):
                    raise _quoted(query, partner, PARTNERS, partner)
                for tie, subject in subjects.get(partner, ()):
                    if _quotes(subject, sought):
                        raise _quoted(query, partner, TIES, tie)


def _subjects(test_set: TestSet, horizon: date) -> dict[str, list[tuple[str, Runs]]]:
    """Give the ties with a subject that are known of each profile before a day."""
    runs: dict[str, Runs] = {}
    found: dict[str, dict[str, str]] = {}
    for tie in test_set.ties_before(horizon):
        if tie.subject:
            text = tie.subject.joined
            if text not in runs:
                runs[text] = runs_of(text)
            for end in (tie.a, tie.b):
                found.setdefault(end, {})[text] = tie.id
    return {
        end: [(tie, runs[text]) for text, tie in subjects.items()]
        for end, subjects in found.items()
    }


def _quoted(query: Query, partner: str, file: str, where: str) -> LeakError:
    return LeakError(
        OWN_CONTEXT,
        file=file,
        value=where,
        rule=both("leak_quote", id=partner, query=query.id),
        remedy=both("leak_quote_remedy"),
    )


def quoted_among(texts: Iterable[Text], sought: Iterable[Text]) -> set[str]:
    """Give those texts that quote one of those sought, as `check_leaks` has it; joined."""
    of_run: dict[int, set[int]] = {}
    wanted = [runs_of(one.joined) for one in sought]
    for place, runs in enumerate(wanted):
        for run in runs if len(runs) >= _FEWEST_RUNS else ():
            of_run.setdefault(run, set()).add(place)
    found = set()
    for text in {one.joined for one in texts}:
        held = Counter(place for run in runs_of(text) for place in of_run.get(run, ()))
        if any(count >= QUOTED * len(wanted[place]) for place, count in held.items()):
            found.add(text)
    return found


def _check_entities(test_set: TestSet) -> None:
    known = {end for tie in test_set.ties for end in (tie.a, tie.b)}
    named: dict[str, str] = {}
    for id, startup in sorted(test_set.startups.items()):
        if id in known:
            named.setdefault(_name(startup), id)
    for query in test_set.queries:
        asker = test_set.startups[query.asker]
        other = asker.id if asker.id in known else named.get(_name(asker))
        if other is not None:
            raise LeakError(
                BOTH_SIDES,
                file=QUERIES,
                field="startup",
                value=query.id,
                rule=_on_both_sides(asker, other),
                remedy=both("leak_entity_remedy"),
            )


def _on_both_sides(asker: Startup, other: str) -> Said:
    if other == asker.id:
        return both("leak_entity", id=asker.id)
    return both("leak_entity_named", id=asker.id, other=other)


def _right(test_set: TestSet, query: Query) -> Iterator[str]:
    return (id for id, grade in sorted(test_set.qrels[query.id].items()) if grade > 0)


def _quotes(text: Runs, sought: Runs) -> bool:
    return len(text & sought) >= QUOTED * len(sought)


def _texts(profile: Profile) -> list[Text]:
    texts = (profile.summary, profile.offering, profile.seeking)
    return [text for text in texts if text is not None]


def _runs(texts: Iterable[Text]) -> Runs:
    return frozenset().union(*(runs_of(text.joined) for text in texts))


def runs_of(text: str) -> Runs:
    """Give the runs of eight words of a text, as numbers that hold within this process."""
    words = plain(text).split()
    return frozenset(hash(tuple(words[at : at + _RUN])) for at in range(len(words) - _RUN + 1))


def _name(startup: Startup) -> str:
    return plain(startup.name.joined)


def plain(text: str) -> str:
    """Fold case and width, and part words by single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
