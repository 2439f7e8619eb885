"""Owns retrieval: who is near a query by text, words and history, fused into one pool."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np

from index.areas import Areas, areas_for
from index.backend import Floats
from index.columns import Mask, Numbers, best_first
from index.encoder import Encoder
from index.filters import Filters
from index.follower import Follower
from index.fusion import FACET_PAIRS, WEIGHTS, Evidence, fuse
from index.leanings import Leanings
from index.middles import Middles, middles_for
from index.nearness import Near
from index.passages import Facet, document, passages
from index.postings import Scores
from index.rarity import telling
from index.search_index import SearchIndex
from index.vectors import Selection
from profiles import Profile, Side, Tie

_NEWEST_SUBJECTS = 64
_FEW = 1_000
"""Up to how many candidates all are compared; of more, the best by any evidence."""

_HELD_AGAINST_THE_PAST: tuple[Facet, ...] = ("is", "seeks")


@dataclass(frozen=True, slots=True)
class Query:
    """A profile that asks, with a vector (d,) for each of its facets, as of a day."""

    profile: Profile
    vectors: Mapping[Facet, Floats]
    text: str
    as_of: date

    @property
    def side(self) -> Side:
        """The side of the profile that asks."""
        return self.profile.side


@dataclass(frozen=True, slots=True)
class Candidate:
    """A profile near the query, with what speaks for it by kind of evidence; absent is unknown.

    Cosines of two facets, without their middles (`index.middles`), by the names of `FACET_PAIRS`;
    `lexical`, the BM25 score of its words, weighed by `index.rarity.telling`;
    `history`, the greatest cosine of a past subject, that of `tie`; `history_all` and
    `history_lexical`, the damped sums over all past subjects of cosines, and of BM25 scores for a
    word of the startup's text; `history_mean` the mean of the cosines, `history_top3` the sum of
    the three greatest by three, `history_word` the greatest BM25 score of one; `fused` what `fuse`
    makes of these. `neighbours` and `neighbours_linked` say how their circles meet, `kind_past`
    what share of the startup's partners is of this kind (`index.dealings`), `countries` how often
    their countries work together, against chance; `past_region` and `past_sector` count those of
    the startup's region and sectors whom the partner worked with; `focus` and `area` say how the
    past leans towards what is sought (`index.leanings`). What the two did with each other is in
    none.
    """

    id: str
    evidence: Mapping[str, float]
    tie: Tie | None = None


class Retriever:
    """Finds the pool of candidates for a query in an index that is up to date."""

    def __init__(
        self, follower: Follower, encoder: Encoder, *, weights: Mapping[str, float] = WEIGHTS
    ) -> None:
        self._follower = follower
        self._encoder = encoder
        self._weights = weights
        self._areas = areas_for(encoder.encoder_id)
        self._middles = middles_for(encoder.encoder_id)

    def query(self, profile: Profile, as_of: date) -> Query:
        """Encode a profile as a query; it need not be in the store."""
        texts = passages(profile)
        encoded = self._encoder.encode(list(texts.values()), role="query")
        vectors = dict(zip(texts, encoded, strict=True))
        return Query(profile, vectors, document(profile), as_of)

    def index(self, since: int | None = None) -> SearchIndex:
        """Give the index as it stands, or as one who knows the changes up to a seq has it."""
        return self._follower.catch_up() if since is None else self._follower.since(since)

    def retrieve(
        self, query: Query, pool: int, *, filters: Filters | None = None
    ) -> tuple[list[Candidate], SearchIndex]:
        """Find up to `pool` candidates on the other side that pass the filters, best fused first.

        Every admitted profile can be reached: where fewer than `pool` are near by any evidence,
        the rest follow by id. Gives the index beside them, as it stood for this answer.
        """
        look = self._look(query, filters)
        numbers, ids = look.compared(pool)
        evidence = look.evidence(numbers)
        evidence["fused"] = fuse(evidence, self._weights)
        best = best_first(evidence["fused"], pool, ids.__getitem__)
        chosen = {name: values[best] for name, values in evidence.items()}
        chosen |= look.company(numbers[best])
        leanings = look.leanings(numbers[best], self._areas)
        chosen |= {"focus": leanings.focus, "area": leanings.area}
        ties = look.ties(numbers[best])
        return _candidates([ids[place] for place in best], chosen, ties), look.index

    def evidence(
        self, query: Query, pool: int, *, filters: Filters | None = None
    ) -> tuple[list[str], Evidence]:
        """Give all n candidates that `retrieve` compares to choose a pool, by id, and why."""
        look = self._look(query, filters)
        numbers, ids = look.compared(pool)
        return ids, look.evidence(numbers)

    def _look(self, query: Query, filters: Filters | None) -> _Look:
        index = self._follower.catch_up()
        admitted = index.admitted(query.side.other, filters or Filters())
        if (own := index.roster.number(query.profile.id)) in admitted:
            admitted = admitted.without(own)
        look = _FromStartup if query.side is Side.STARTUP else _FromPartner
        return look(query, index, admitted, self._middles)


class _Look(ABC):
    """One look at the index for one query: who is near, and by what evidence."""

    def __init__(
        self, query: Query, index: SearchIndex, admitted: Selection, middles: Middles
    ) -> None:
        self.query, self.index, self.selection = query, index, admitted
        self.sought = {facet: middles.apart(one) for facet, one in query.vectors.items()}
        self.admitted: Mask = admitted.mask(len(index.roster))
        self.held = index.lexical[query.side.other]
        self._read: dict[Facet, tuple[Numbers, Floats]] = {}
        self.words = self.held.scores(query.text, partial(telling, list(index.lexical.values())))

    @abstractmethod
    def by_history(self, k: int) -> Iterable[Numbers]:
        """Give the numbers of the k best by each kind of history."""

    @abstractmethod
    def history(self, numbers: Numbers) -> Near:
        """Tell how near n candidates are by history."""

    @abstractmethod
    def leanings(self, numbers: Numbers, areas: Areas | None) -> Leanings:
        """Tell how the past of the partner of each of n pairs leans towards what is sought."""

    @abstractmethod
    def ties(self, numbers: Numbers) -> Sequence[Tie | None]:
        """Give for each of n candidates the past tie whose subject is nearest."""

    def compared(self, k: int) -> tuple[Numbers, list[str]]:
        """Give the numbers and ids of all n candidates that are compared, by id.

        Numbers depend on what was before; in the order of ids every process computes the same.
        """
        found = self.found(k)
        ids = self.index.roster.ids(found)
        order = sorted(range(len(ids)), key=ids.__getitem__)
        return found[order], [ids[place] for place in order]

    def found(self, k: int) -> Numbers:
        """Give the numbers of all who are among the k best by any evidence; of few, all."""
        everyone = np.flatnonzero(self.admitted)
        if len(everyone) <= max(k, _FEW):
            return everyone
        by_words = self.held.best(self.words, k, self.admitted)[0]
        found = np.concatenate([by_words, *self.by_text(k, everyone), *self.by_history(k)])
        return np.unique(found)

    def by_text(self, k: int, everyone: Numbers) -> Iterable[Numbers]:
        """Give the numbers of the k best by each pair of facets."""
        among = self._among(everyone)
        for own, theirs in _facets(self.query.side).values():
            if own in self.sought:
                held = self.index.facets[self.query.side.other, theirs]
                yield held.nearest(self.sought[own], k, among=among)

    def startups(self) -> Mask:
        """Mark who is a startup, by number of the roster."""
        return self.index.admitted(Side.STARTUP, Filters()).mask(len(self.index.roster))

    def _among(self, everyone: Numbers) -> Selection | None:
        """Give what to search among, None for the whole side."""
        return None if len(everyone) == len(self.held) else self.selection

    def evidence(self, numbers: Numbers) -> dict[str, Scores]:
        """Give all evidence for n candidates."""
        found = {}
        for name, (own, theirs) in _facets(self.query.side).items():
            if own in self.sought:
                vectors = self.vectors_at(theirs, numbers)
                found[name] = (vectors @ self.sought[own]).astype(np.float64)
        found["lexical"] = self.held.scores_at(self.words, numbers)
        near = self.history(numbers)
        return {
            **found,
            "history": near.nearest,
            "history_all": near.cosines,
            "history_lexical": near.words,
            "history_mean": near.mean,
            "history_top3": near.foremost,
            "history_word": near.word,
        }

    def vectors_at(self, facet: Facet, numbers: Numbers) -> Floats:
        """Give the vectors of a facet of n candidates (n, d); what was read once is kept."""
        held = self.index.facets[self.query.side.other, facet]
        if facet not in self._read:
            self._read[facet] = numbers, held.vectors_at(numbers)
        known, vectors = self._read[facet]
        if known is numbers:
            return vectors
        if not np.isin(numbers, known).all():
            return held.vectors_at(numbers)
        order = np.argsort(known)
        chosen: Floats = vectors[order[np.searchsorted(known, numbers, sorter=order)]]
        return chosen

    def company(self, numbers: Numbers) -> Evidence:
        """Give what the company that both keep says of n candidates."""
        profile, day = self.query.profile, self.query.as_of
        met = self.index.acquainted(profile, numbers, day)
        return {
            "neighbours": met.shared,
            "neighbours_linked": met.linked,
            "kind_past": met.kind,
            "countries": self.index.worked(profile, numbers, day),
            "past_region": self.index.like("region", profile, numbers, day),
            "past_sector": self.index.like("sector", profile, numbers, day),
        }


class _FromStartup(_Look):
    """A startup looks for partners: their pasts are held against what it is and seeks."""

    def __init__(
        self, query: Query, index: SearchIndex, admitted: Selection, middles: Middles
    ) -> None:
        super().__init__(query, index, admitted, middles)
        held = [query.vectors[facet] for facet in _HELD_AGAINST_THE_PAST if facet in query.vectors]
        self.vectors = np.array(held, np.float32)
        self.near = index.history.near(
            self.vectors, query.text, query.as_of, among=self.admitted, apart_from=query.profile.id
        )

    def by_history(self, k: int) -> Iterable[Numbers]:
        for values in (self.near.near.cosines, self.near.near.words):
            yield self._best_of(values, k)

    def _best_of(self, values: Scores, k: int) -> Numbers:
        """Give the numbers of the k whose pasts have the greatest values, above 0."""
        rows = np.flatnonzero(values > 0)
        known = self.near.numbers[rows]
        return known[best_first(values[rows], k, lambda place: self._id(known[place]))]

    def _id(self, number: int) -> str:
        return self.index.roster.id(number)

    def history(self, numbers: Numbers) -> Near:
        return self.near.of(numbers)

    def leanings(self, numbers: Numbers, areas: Areas | None) -> Leanings:
        id, day = self.query.profile.id, self.query.as_of
        if "seeks" not in self.query.vectors:
            return Leanings.unknown(len(numbers))
        sought, past = self.query.vectors["seeks"], self.index.history
        return past.leanings(
            sought, numbers, day, startups=self.startups(), areas=areas, apart_from=id
        )

    def ties(self, numbers: Numbers) -> Sequence[Tie | None]:
        id, day = self.query.profile.id, self.query.as_of
        return self.index.history.nearest_ties(self.vectors, numbers, day, apart_from=id)


class _FromPartner(_Look):
    """A partner looks for startups: they are held against its past."""

    def by_history(self, k: int) -> Iterable[Numbers]:
        id, day, past = self.query.profile.id, self.query.as_of, self.index.history
        subjects = past.vectors(id, day, newest=_NEWEST_SUBJECTS)
        among = self._among(np.flatnonzero(self.admitted))
        for facet in _HELD_AGAINST_THE_PAST:
            found = self.index.facets[Side.STARTUP, facet].search_any(subjects, k, among=among)
            yield self.index.roster.numbers(id for id, _ in found)
        words = self.held.scores("\n".join(past.texts(id, day, newest=_NEWEST_SUBJECTS)))
        yield self.held.best(words, k, self.admitted)[0]

    def _vectors(self, numbers: Numbers) -> list[Floats]:
        return [self.vectors_at(facet, numbers) for facet in _HELD_AGAINST_THE_PAST]

    def history(self, numbers: Numbers) -> Near:
        id, day, vectors = self.query.profile.id, self.query.as_of, self._vectors(numbers)
        return self.index.history.near_to(id, vectors, self.held, numbers, day)

    def leanings(self, numbers: Numbers, areas: Areas | None) -> Leanings:
        id, day = self.query.profile.id, self.query.as_of
        sought = self.vectors_at("seeks", numbers)
        return self.index.history.leanings_to(
            id, sought, numbers, day, startups=self.startups(), areas=areas
        )

    def ties(self, numbers: Numbers) -> Sequence[Tie | None]:
        id, day, vectors = self.query.profile.id, self.query.as_of, self._vectors(numbers)
        return self.index.history.nearest_ties_to(id, vectors, numbers, day)


def _candidates(ids: list[str], found: Evidence, ties: Sequence[Tie | None]) -> list[Candidate]:
    rows = (_Row(found, place) for place in range(len(ids)))
    return [Candidate(id, row, tie) for id, row, tie in zip(ids, rows, ties, strict=True)]


class _Row(Mapping[str, float]):
    """The evidence for one candidate, which stands in the columns of all."""

    __slots__ = ("columns", "place")

    def __init__(self, columns: Evidence, place: int) -> None:
        self.columns = columns
        self.place = place

    def __getitem__(self, name: str) -> float:
        value = float(self.columns[name][self.place])
        if value != value:  # NaN is what is unknown
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.columns if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def evidence_for(candidates: Sequence[Candidate]) -> Callable[[str, float], Scores]:
    """Make what gives one kind of evidence for n candidates by its name, shape (n,).

    Its second argument is what stands where that is unknown. The candidates of one retrieval share
    its columns, which are then read as they are.
    """
    rows = [one.evidence for one in candidates]
    ours = [row for row in rows if type(row) is _Row]  # isinstance would ask the abstract class
    if len(ours) < len(rows) or len({id(row.columns) for row in ours}) != 1:
        return lambda name, absent: np.array([row.get(name, absent) for row in rows], np.float64)
    columns, places = ours[0].columns, np.array([row.place for row in ours])

    def read(name: str, absent: float) -> Scores:
        values = columns[name][places] if name in columns else np.full(len(places), np.nan)
        return np.where(np.isnan(values), absent, values)

    return read


def with_evidence(candidates: Sequence[Candidate], more: Evidence) -> list[Candidate]:
    """Give n candidates with more evidence, or other, of shape (n,) each; NaN is unknown."""
    names = {name for columns in _columns_of(candidates) for name in columns}
    read = evidence_for(candidates)
    found = {name: read(name, np.nan) for name in sorted(names)} | dict(more)
    return _candidates([one.id for one in candidates], found, [one.tie for one in candidates])


def _columns_of(candidates: Sequence[Candidate]) -> Iterable[Iterable[str]]:
    rows = (one.evidence for one in candidates)
    held = (row.columns if isinstance(row, _Row) else row for row in rows)
    return {id(one): one for one in held}.values()


def _facets(side: Side) -> dict[str, tuple[Facet, Facet]]:
    """Give for each kind of evidence the facet of the query and that of the candidate."""
    if side is Side.STARTUP:
        return dict(FACET_PAIRS)
    return {name: (theirs, own) for name, (own, theirs) in FACET_PAIRS.items()}
