"""Owns the past as a teacher: earlier test sets that are made of the ties of one set alone.

What is asked in them, is known in them and was right follows the set's own way: the same tracks,
the same kinds of candidates, the same fields in a query.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from evaluation.dataset import TIES, Query, TestSet
from evaluation.errors import DatasetError
from evaluation.forgetting import Forgetting, drawn_from_contexts, only_of, shared_sectors
from evaluation.leaks import check_leaks, quoted_among
from evaluation.messages import both
from evaluation.store_source import OUTCOMES
from profiles import AnyProfile, Partner, Startup, Text, Tie

QUARTERS = 8
"""How many quarters before the cut may be asked about."""

KNOWN = 0.5
"""The share of all contexts that must lie before a window by time, so that it has a past."""

ENOUGH = 0.3
"""The share of all contexts that windows by time must hold; with less, folds are made."""

FOLDS = 8

STRAYS = 100
"""Of so many candidates one may have done less than what is asked of all."""

_MONTHS = 3


def windows(test_set: TestSet) -> list[TestSet]:
    """Make earlier test sets of the ties of a set; training and tuning see nothing else.

    A *context* is a project or round; ties without one are a context for each startup and day.
    Each startup of a context of the window asks once in each track for what its ties say
    (`subject`), and right are its partners there, graded by the kind of tie.

    Windows are the quarters before the cut, at most eight, for as long as half of all contexts
    lie before them; known is what lies before the window. Where these hold less than three
    tenths of all contexts, they are folds instead: the contexts are dealt out to eight parts by
    chance, and a part is asked about at the cut, with the seven others as what is known.

    Never is one context alone left out: its absence would tell what the answer is, for it makes
    the counts of the right partners fall, and of nobody else.

    Nothing of a window's contexts is known in it: no tie, no sentence of a profile that stands in
    what they were about, and no sector that they alone speak for. The leak checks of
    `evaluation.leaks` are run on each window.

    Raises:
        DatasetError: if no startup began anything with a partner before the cut.
        LeakError: if a window knows its answers all the same.
    """
    past = _Past(test_set)
    by_time = list(past.quarters())
    held = sum(len(one.asked) for one in by_time)
    parts = by_time if held >= ENOUGH * len(past.contexts) else past.folds()
    found = [window for part in parts if (window := past.window(part)).queries]
    for window in found:
        check_leaks(window, by_entity=False)
    if not found:
        raise DatasetError(
            file=TIES,
            value=test_set.name,
            rule=both("past_empty"),
            remedy=both("past_empty_remedy"),
        )
    return found


@dataclass(frozen=True, slots=True)
class _Context:
    """What began together: a project, a round, or what a startup began on one day."""

    id: str
    day: date
    ties: tuple[Tie, ...]

    @property
    def members(self) -> set[str]:
        return {end for tie in self.ties for end in (tie.a, tie.b)}


@dataclass(frozen=True, slots=True)
class _Part:
    """The contexts that are asked about and those that are known then."""

    name: str
    cut: date
    asked: Sequence[_Context]
    known: Sequence[_Context]
    by_time: bool


@dataclass(frozen=True, slots=True)
class _Track:
    """Who may be listed on a track: their kinds, and what they must have done before."""

    name: str | None
    kinds: frozenset[str | None]
    fewest: int
    """In how many contexts a candidate must have been."""
    newcomers: bool
    """Whether candidates are those who come up later, and have done nothing yet."""
    apart: bool
    """Whether those whom the startup has worked with are left out."""


class _Past:
    """The ties of a test set, seen as contexts."""

    def __init__(self, test_set: TestSet) -> None:
        self.set = test_set
        self.profiles: dict[str, AnyProfile] = {**test_set.startups, **test_set.partners}
        self.standing = [tie for tie in test_set.ties if tie.kind not in OUTCOMES]
        """Ties that are no deed: pairings by policy, conflicts."""

    @cached_property
    def contexts(self) -> list[_Context]:
        """All contexts before the cut, by day and id."""
        grouped: dict[str, list[Tie]] = {}
        for tie in self.set.ties_before(self.set.cut):
            if tie.kind in OUTCOMES:
                grouped.setdefault(self._context(tie), []).append(tie)
        found = [
            _Context(id, min(tie.valid_from or date.min for tie in ties), tuple(ties))
            for id, ties in grouped.items()
        ]
        return sorted(found, key=lambda context: (context.day, context.id))

    def _context(self, tie: Tie) -> str:
        if tie.context is not None:
            return tie.context
        own = tie.a if tie.a in self.set.startups else tie.b
        return f"{own}@{tie.valid_from}"

    @cached_property
    def sectors(self) -> Mapping[str, tuple[str, ...]]:
        """The sectors of each context, as far as its members tell."""
        longest = max((len(one.sectors) for one in self.profiles.values()), default=0)
        return {
            context.id: shared_sectors(
                (self.profiles[id] for id in sorted(context.members) if id in self.profiles),
                longest,
            )
            for context in self.contexts
        }

    @cached_property
    def drawn(self) -> tuple[bool, bool]:
        """Whether the sectors of startups, and those of partners, were drawn from contexts."""
        told = self._sectors_of(self.contexts)
        return (
            drawn_from_contexts(self.set.startups, told),
            drawn_from_contexts(self.set.partners, told),
        )

    def _sectors_of(self, contexts: Iterable[_Context]) -> dict[str, list[tuple[str, ...]]]:
        found: dict[str, list[tuple[str, ...]]] = {}
        for context in contexts:
            for id in context.members:
                found.setdefault(id, []).append(self.sectors[context.id])
        return found

    @cached_property
    def tracks(self) -> list[_Track]:
        """The tracks of the set's own queries, and whom they are answered from."""
        counts = _counts(self.contexts)
        met = _met(self.set.ties)
        grouped: dict[str | None, list[Query]] = {}
        for query in self.set.queries:
            grouped.setdefault(query.track, []).append(query)
        return [
            self._track(name, queries, counts, met)
            for name, queries in sorted(grouped.items(), key=lambda item: item[0] or "")
        ]

    def _track(
        self,
        name: str | None,
        queries: Sequence[Query],
        counts: Mapping[str, int],
        met: Mapping[str, set[str]],
    ) -> _Track:
        listed = [(query.asker, self.set.candidates_of(query.id)) for query in queries]
        everyone = frozenset[str]().union(*(ids for _, ids in listed))
        kinds = frozenset(_kind(self.set.partners[id]) for id in everyone)
        done = [counts.get(id, 0) for id in everyone]
        others = [
            counts.get(id, 0)
            for id, one in self.set.partners.items()
            if _kind(one) in kinds and id not in everyone
        ]
        fewest = _fewest(done, others)
        missing = [
            id in ids
            for asker, ids in listed
            for id in met.get(asker, set()) & self.set.partners.keys()
            if counts.get(id, 0) >= fewest and _kind(self.set.partners[id]) in kinds
        ]
        newcomers = max(done, default=0) == 0 and bool(counts)
        return _Track(name, kinds, fewest, newcomers, bool(missing) and not any(missing))

    def quarters(self) -> Iterator[_Part]:
        """Give the quarters before the cut that have a past and something to ask about."""
        end = self.set.cut
        for number in range(1, QUARTERS + 1):
            start = _months_before(self.set.cut, _MONTHS * number)
            known = [one for one in self.contexts if one.day < start]
            if not known or len(known) < KNOWN * len(self.contexts):
                return
            asked = [one for one in self.contexts if start <= one.day < end]
            if asked:
                yield _Part(f"from {start}", start, asked, known, by_time=True)
            end = start

    def folds(self) -> Iterator[_Part]:
        """Deal the contexts out by chance, the same for the same ids; give each share once."""
        dealt = sorted(self.contexts, key=lambda one: hashlib.sha256(one.id.encode()).digest())
        count = min(FOLDS, len(dealt))
        for number in range(count if count > 1 else 0):
            asked = dealt[number::count]
            known = [one for place, one in enumerate(dealt) if place % count != number]
            name = f"fold {number + 1} of {count}"
            yield _Part(name, self.set.cut, asked, known, by_time=False)

    def window(self, part: _Part) -> TestSet:
        """Make the test set in which some contexts are asked about and others are known."""
        subjects = [text for context in part.asked for text in _subjects(context)]
        quoting = quoted_among(
            [text for context in part.known for text in _subjects(context)], subjects
        )
        known = [
            context
            for context in part.known
            if not any(text.joined in quoting for text in _subjects(context))
        ]
        startups, partners = self._as_known(known, Forgetting(subjects))
        asking = _Asking(self, part, known)
        asked = list(asking.all())
        wanted = asking.reachable | {end for context in known for end in context.members}
        standing = [tie for tie in self.standing if tie.valid_from and tie.valid_from < part.cut]
        ties = [*standing, *(tie for context in known for tie in context.ties)]
        return replace(
            self.set,
            name=f"{self.set.name}, {part.name}",
            source=self.set.population,
            cut=part.cut,
            startups=startups,
            partners={id: one for id, one in partners.items() if id in wanted},
            ties=tuple(sorted(ties, key=lambda tie: (tie.valid_from or date.min, tie.id))),
            queries=tuple(query for query, _, _ in asked),
            qrels={query.id: right for query, right, _ in asked},
            candidates={query.id: ids for query, _, ids in asked},
            notes=(),
        )

    def _as_known(
        self, known: Iterable[_Context], forgetting: Forgetting
    ) -> tuple[dict[str, Startup], dict[str, Partner]]:
        """Give the profiles without what only later contexts say."""
        told = self._sectors_of(known)
        of_startups, of_partners = self.drawn
        startups = {id: forgetting.profile(one) for id, one in self.set.startups.items()}
        partners = {id: forgetting.profile(one) for id, one in self.set.partners.items()}
        if of_startups:
            startups = {id: only_of(one, told.get(id, ())) for id, one in startups.items()}
        if of_partners:
            partners = {id: only_of(one, told.get(id, ())) for id, one in partners.items()}
        return startups, partners


class _Asking:
    """Makes the queries of a window, with what was right and who may be listed."""

    def __init__(self, past: _Past, part: _Part, known: Sequence[_Context]) -> None:
        self._past, self._part = past, part
        self._set = past.set
        self._seeking = any(query.seeking for query in self._set.queries)
        self._sectors = any(query.sectors for query in self._set.queries)
        self._region = any(query.region for query in self._set.queries)
        self._met = _met(tie for context in known for tie in context.ties)
        counts = _counts(known)
        later = {end for context in part.asked for end in context.members} - counts.keys()
        self._candidates = {
            track.name: frozenset(
                id
                for id, partner in self._set.partners.items()
                if _kind(partner) in track.kinds
                and (id in later if track.newcomers else counts.get(id, 0) >= track.fewest)
            )
            for track in past.tracks
        }
        self.reachable = frozenset[str]().union(*self._candidates.values())

    def all(self) -> Iterator[tuple[Query, dict[str, int], frozenset[str]]]:
        """Give each query with what was right and who may be listed."""
        for context in self._part.asked:
            for startup, right in sorted(self._right(context).items()):
                for track in self._past.tracks:
                    ids = self._candidates[track.name]
                    if track.apart and (met := self._met.get(startup, set()) & ids):
                        ids -= met
                    found = {id: grade for id, grade in sorted(right.items()) if id in ids}
                    if found:
                        yield self._query(context, startup, track), found, ids

    def _right(self, context: _Context) -> dict[str, dict[str, int]]:
        """Give the partners of each startup of a context, by grade."""
        found: dict[str, dict[str, int]] = {}
        for tie in context.ties:
            startup, partner = (tie.a, tie.b) if tie.a in self._set.startups else (tie.b, tie.a)
            if startup in self._set.startups and partner in self._set.partners:
                right = found.setdefault(startup, {})
                right[partner] = max(right.get(partner, 0), OUTCOMES[tie.kind])
        return found

    def _query(self, context: _Context, startup: str, track: _Track) -> Query:
        named = f"-{track.name}" if track.name else ""
        subjects = _subjects(context, startup) or _subjects(context)
        own = self._set.startups[startup]
        drawn = self._past.drawn[0]
        return Query(
            id=f"{context.id}-{startup}{named}",
            asker=startup,
            date=context.day if self._part.by_time else self._part.cut,
            cluster=context.id,
            seeking=subjects[0] if subjects and self._seeking else None,
            sectors=(self._past.sectors[context.id] if drawn else own.sectors)
            if self._sectors
            else (),
            region=own.region if self._region else None,
            track=track.name,
        )


def _fewest(done: Sequence[int], others: Sequence[int]) -> int:
    """Tell how much a candidate must have done, by what candidates and others of the kinds did.

    Where all others did less than any candidate, that is the rule; else a past is all that is
    asked for, if candidates have one. One candidate in a hundred may have done less: whose past
    left no tie would else let all in that have none.
    """
    least = sorted(done)[len(done) // STRAYS] if done else 0
    most = max(others, default=-1)
    return most + 1 if most < least else min(least, 1)


def _kind(partner: Partner) -> str | None:
    return partner.kind.value if partner.kind else None


def _subjects(context: _Context, of: str | None = None) -> list[Text]:
    """Give the distinct subjects of a context, or of those of its ties that join one profile."""
    texts = (tie.subject for tie in context.ties if of is None or of in (tie.a, tie.b))
    return list({text.joined: text for text in texts if text is not None}.values())


def _counts(contexts: Iterable[_Context]) -> Counter[str]:
    """Count the contexts of each profile."""
    return Counter(id for context in contexts for id in context.members)


def _met(ties: Iterable[Tie]) -> dict[str, set[str]]:
    """Give for each profile those that it did something with."""
    found: dict[str, set[str]] = {}
    for tie in ties:
        if tie.kind in OUTCOMES:
            found.setdefault(tie.a, set()).add(tie.b)
            found.setdefault(tie.b, set()).add(tie.a)
    return found


def _months_before(day: date, months: int) -> date:
    """Give the day some months before; of a month that is too short the last one."""
    from calendar import monthrange

    whole = day.year * 12 + day.month - 1 - months
    year, month = divmod(whole, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
