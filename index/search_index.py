"""Owns what a process holds in memory to search: vectors, words, facts and history."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b

import numpy as np

from index.backend import Floats
from index.columns import Mask, Numbers, Roster
from index.dealings import Acquainted, Worked
from index.filters import FactColumns, Facts, Filters, codes_of, facts_of, kind_code
from index.history import History
from index.lexical import LexicalIndex
from index.passages import PROFILE_FACETS, Facet
from index.postings import Scores, Vocabulary
from index.vectors import Selection, VectorIndex
from profiles import Profile, Side

MOST_KEPT = 32
"""How many filters are kept with what passes them: those that were asked last."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index keeps of one profile: facts, words, and a vector (d,) for each facet."""

    id: str
    facts: Facts
    document: str
    vectors: Mapping[Facet, Floats]


@dataclass(slots=True)
class SearchIndex:
    """The searchable state of one process; `seq` is the newest change that it holds.

    `roster` numbers the profiles of both sides; words, history and filters go by these numbers.
    Of a document only the words are kept, and a digest by which `verify` knows it again.
    """

    dimension: int
    space: str
    seq: int = 0
    facts: dict[str, Facts] = field(default_factory=dict)
    documents: dict[str, int] = field(default_factory=dict)
    facets: dict[tuple[Side, Facet], VectorIndex] = field(default_factory=dict)
    lexical: dict[Side, LexicalIndex] = field(default_factory=dict)
    roster: Roster = field(default_factory=Roster)
    history: History = field(init=False)
    _columns: FactColumns = field(default_factory=FactColumns)
    _worked: tuple[tuple[int, int, int, date], Worked] | None = None
    _kept: dict[tuple[Side, Filters], Selection] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        vocabulary = Vocabulary()
        self.history = History(self.dimension, roster=self.roster, vocabulary=vocabulary)
        for side in Side:
            self.lexical[side] = LexicalIndex(roster=self.roster, vocabulary=vocabulary)
            for facet in PROFILE_FACETS:
                self.facets[side, facet] = VectorIndex(self.dimension, roster=self.roster)

    def put(self, entry: Entry) -> None:
        """Add a profile, or replace it."""
        self.put_many([entry])

    def put_many(self, entries: Sequence[Entry]) -> None:
        """Add profiles of different ids, or replace them."""
        for entry in entries:
            self.remove(entry.id)
        self._put_facts(entries)
        for entry in entries:
            self.documents[entry.id] = digest_of(entry.document)
            self.lexical[entry.facts.side].put(entry.id, entry.document)
        for (side, facet), held in self.facets.items():
            there = [e for e in entries if e.facts.side is side and facet in e.vectors]
            if there:
                held.put([e.id for e in there], np.stack([e.vectors[facet] for e in there]))

    @contextmanager
    def growing(self) -> Iterator[None]:
        """Make codes of vectors once, after a block that puts many profiles."""
        with ExitStack() as stack:
            for held in self.facets.values():
                stack.enter_context(held.growing())
            yield

    def remove(self, id: str) -> None:
        """Drop a profile; an id that is not there is passed over."""
        facts = self.facts.pop(id, None)
        if facts is None:
            return
        del self.documents[id]
        self._remove_facts(self.roster.number(id))
        self.lexical[facts.side].remove(id)
        for facet in PROFILE_FACETS:
            self.facets[facts.side, facet].remove([id])
        self.roster.release(id)

    def admitted(self, side: Side, filters: Filters) -> Selection:
        """Give the profiles of a side that pass the filters, by number of the roster.

        For the filters that were asked last they are kept, and follow each change.
        """
        with self._lock:
            kept = self._kept.pop((side, filters), None)
            if kept is None:
                kept = Selection(self._passing(side, filters, np.arange(len(self.roster))))
            self._kept[side, filters] = kept
            if len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            return kept

    def regions(self, side: Side) -> frozenset[str]:
        """Give the regions where any profile of a side is, and their countries."""
        with self._lock:
            return self._columns.regions(side)

    def acquainted(self, profile: Profile, candidates: Numbers, before: date) -> Acquainted:
        """Tell how the circles of n others meet a profile's, as `History.acquainted` does."""
        kinds = self._columns.kinds(len(self.roster))
        kind = kind_code(facts_of(profile).kind)
        return self.history.acquainted(profile.id, candidates, before, kinds, kind)

    def worked(self, profile: Profile, candidates: Numbers, before: date) -> Scores:
        """Tell how often those of n others' countries worked with those of a profile's, shape (n,).

        It is held against chance, without what the profile itself did with each of them, as
        `Worked.against_chance` says; where one works in several countries, the best of them counts.
        It is NaN where no country is known.
        """
        with self._lock:
            here = self._columns.countries_of(facts_of(profile))
            facts = (self.facts[id] for id in self.roster.ids(candidates.tolist()))
            there = [self._columns.countries_of(one) for one in facts]
            place, size = self._columns.countries(len(self.roster))
            state = self.history.changes, self._columns.moves, size, before
            if self._worked is None or self._worked[0] != state:
                self._worked = state, self.history.worked(place, size, before)
            worked = self._worked[1]
        together = self.history.together(profile.id, candidates, before)
        return worked.best(here, there, together)

    def like(self, field: str, profile: Profile, candidates: Numbers, before: date) -> Scores:
        """Count whom the partner of each of n pairs dealt with who is like its startup, shape (n,).

        Like it is who lies in its region or has one of its sectors, as `field` says ("region" or
        "sector"). The startup itself is not counted. It is NaN where the startup does not say, or
        nobody does whom the partner dealt with.
        """
        with self._lock:
            if profile.side is Side.PARTNER:
                circle = self.history.circle(profile.id, before)
                return self._like_candidates(field, circle, candidates)
            codes = codes_of(facts_of(profile), field)
            whose, other = self.history.circles(candidates, before)
            apart = other != self.roster.number(profile.id)
            whose, other = whose[apart], other[apart]
            told = whose[self._columns.told(field, other)]
            alike = whose[self._columns.alike(field, codes, other)]
        size = len(candidates)
        return _counted(
            np.bincount(alike, minlength=size), np.bincount(told, minlength=size), codes
        )

    def _like_candidates(self, field: str, circle: Numbers, candidates: Numbers) -> Scores:
        """Count who of a partner's circle is like each of n startups, without that one itself."""
        counts: dict[frozenset[str], int] = {}
        told = int(np.count_nonzero(self._columns.told(field, circle)))
        found = np.full(len(candidates), np.nan)
        if not told:
            return found
        itself = np.isin(candidates, circle)
        for row, id in enumerate(self.roster.ids(candidates.tolist())):
            codes = codes_of(self.facts[id], field)
            if codes not in counts:
                counts[codes] = int(np.count_nonzero(self._columns.alike(field, codes, circle)))
            if codes and told > itself[row]:
                found[row] = counts[codes] - itself[row]
        return found

    def _put_facts(self, entries: Sequence[Entry]) -> None:
        with self._lock:
            for entry in entries:
                self.facts[entry.id] = entry.facts
                self._columns.put(self.roster.hold(entry.id), entry.facts)
            numbers = self.roster.numbers(entry.id for entry in entries)
            for (side, filters), kept in self._kept.items():
                kept.mark(numbers, self._passing(side, filters, numbers))

    def _remove_facts(self, number: int) -> None:
        with self._lock:
            self._columns.remove(number)
            for kept in self._kept.values():
                kept.mark(np.array([number]), False)

    def _passing(self, side: Side, filters: Filters, numbers: Numbers) -> Mask:
        """Mark which of n profiles, by number, are of a side and pass the filters, shape (n,)."""
        passed = self._columns.admitted(side, filters, numbers)
        return passed if filters.ids is None else passed & self.roster.mask(filters.ids)[numbers]


def _counted(alike: Numbers, told: Numbers, codes: frozenset[str]) -> Scores:
    return np.where((told > 0) & bool(codes), alike, np.nan)


def digest_of(document: str) -> int:
    """Give 64 bits by which a document is known again."""
    return int.from_bytes(blake2b(document.encode("utf-8", "replace"), digest_size=8).digest())
