"""Owns what is told of single pairs of a list: their place, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from index import Filters, SearchIndex
from matcher.additive import Ranker
from matcher.counterfactual import Change, Why
from matcher.eligibility import Reason
from matcher.filling import meeting
from matcher.matchlist import Abstention, Match, MatchList, Probability
from matcher.phrases import phrase
from matcher.pool import Asked, Pool, Ranked, found_in, other_of
from matcher.rescoring import BEST, Bench, Looked, helpful
from matcher.standing import ANYBODY
from profiles.rows import unknown_id


@dataclass(frozen=True, slots=True)
class Named:
    """Where a candidate that somebody named stands beside a list.

    `match` has the score, contributions and unknowns; its rank is 0 where it is refused
    (`reasons`) or was not among those that were ranked. `place` is where its score would stand
    among them; None where it is refused. `filtered` says that the filters of the list keep it out.
    """

    match: Match
    reasons: tuple[Reason, ...]
    place: int | None
    filtered: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """A list, and candidates beside it; `ranked` is how many were ranked."""

    found: MatchList
    named: tuple[Named, ...]
    ranked: int


@dataclass(frozen=True, slots=True)
class Told:
    """What `beside` found, before it is put together as a list."""

    matches: list[Match]
    looked: list[Looked]
    named: tuple[Named, ...]
    ranked: int
    copies: Mapping[str, str]
    index: SearchIndex


def why(pool: Pool, asked: Asked, ranker: Ranker, candidate: str, k: int) -> Why:
    """Tell all of one pair: score, rank, refusals, and what would change them.

    Raises:
        UnknownId: if the candidate is there no more.
    """
    looked, index = pool.looked_at(asked, 0 if asked.refusals else k)
    found = found_in(asked.query, looked, candidate)
    target = found or _alone(pool, asked, candidate)
    meet = meeting(index, asked.query.as_of)
    pairs = [one.pair for one in (looked if found else [*looked, target])]
    ranked = pool.scored(ranker, pairs, (), len(pairs), index)
    side = asked.query.side
    bench = Bench(looked, target, side, ranker, found is not None, meet, ranked.copies)
    match = pool.explained(asked, ranked.only(candidate), index.seq)[0]
    told = {id: first for id, first in ranked.copies.items() if id == candidate}
    return Why(
        query=asked.profile,
        programme=asked.programme,
        as_of=asked.query.as_of,
        match=_standing_at(match, bench.rank),
        reasons=target.reasons,
        pool=len(looked),
        in_pool=found is not None,
        changes=bench.changes(),
        model_version=ranker.version,
        index_seq=index.seq,
        notes=tuple(pool.told_of_copies(told, index.seq)),
    )


def beside(pool: Pool, asked: Asked, ranker: Ranker, candidates: Sequence[str], k: int) -> Told:
    """Make a list, and tell where some candidates stand beside it.

    Raises:
        UnknownId: if a candidate is there no more.
    """
    looked, index = pool.looked_at(asked, 0 if asked.refusals else k)
    held = {other_of(asked.query, one.pair).id: one for one in looked}
    others = {id: _alone(pool, asked, id) for id in candidates if id not in held}
    free = [] if asked.refusals else [one for one in looked if not one.reasons]
    among = [one.pair for one in free]
    named = {id: held[id] if id in held else others[id] for id in candidates}
    aside = [one.pair for id, one in named.items() if one.reasons or id in others]
    aside = [pair for pair in aside if pair not in among]
    refused = [other_of(asked.query, one.pair).id for one in looked if one.reasons]
    ranked = pool.scored(ranker, [*among, *aside], refused, len(among) + len(aside), index)
    order = [row for row in ranked.order if row < len(among)]
    shown = replace(ranked, order=order[:k])
    place_of = {ranked.ids[row]: place for place, row in enumerate(order, start=1)}
    matches = pool.explained(asked, shown, index.seq)
    return Told(
        matches,
        looked,
        tuple(
            _named(pool, asked, ranked, named[id], id, place_of, index, order, id in others)
            for id in candidates
        ),
        len(among),
        {id: first for id, first in ranked.copies.items() if id in candidates},
        index,
    )


def _named(
    pool: Pool,
    asked: Asked,
    ranked: Ranked,
    one: Looked,
    id: str,
    place_of: Mapping[str, int],
    index: SearchIndex,
    order: Sequence[int],
    outside: bool,
) -> Named:
    match = pool.explained(asked, ranked.only(id), index.seq)[0]
    reasons = (*one.reasons, *asked.refusals) if not one.reasons else one.reasons
    place = place_of.get(id)
    if place is None and not reasons:
        score, others = match.score, ranked.scores[list(order)]
        place = 1 + int((others > score).sum())
    rank = place if not outside and not reasons else None
    filtered = outside and not _passes(pool, asked, id)
    return Named(_standing_at(match, rank), reasons, place, filtered)


def _passes(pool: Pool, asked: Asked, id: str) -> bool:
    """Tell whether the filters let a candidate through."""
    ids = asked.filters.ids
    if ids is not None and id not in ids:
        return False
    narrowed = replace(asked, filters=replace(asked.filters, ids=frozenset({id})), pool=1)
    return bool(pool.looked_at(narrowed, 0)[0])


def most_helpful(pool: Pool, asked: Asked, ranker: Ranker) -> tuple[Change, ...]:
    """Tell which empty fields of a profile, filled in, would raise the head of its list most."""
    looked, index = pool.looked_at(asked, BEST)
    pairs = [one.pair for one in looked]
    copies = pool.scored(ranker, pairs, (), len(pairs), index).copies
    return helpful(looked, asked.query.side, ranker, meeting(index, asked.query.as_of), copies)


def _alone(pool: Pool, asked: Asked, candidate: str) -> Looked:
    """Look at one candidate that is not in the pool.

    Raises:
        UnknownId: if it is there no more.
    """
    only = Filters(ids=frozenset({candidate}))
    looked, _ = pool.looked_at(replace(asked, filters=only, wanted=ANYBODY, pool=1), 0)
    found = found_in(asked.query, looked, candidate)
    if found is None:
        raise unknown_id(candidate)
    return found


def _standing_at(match: Match, rank: int | None) -> Match:
    """Give a match its rank; 0, and no probability, where no list would show it."""
    likely = match.probability
    if rank is None and isinstance(likely, Probability):
        likely = Abstention((phrase("probability.unlisted"),))
    return replace(match, rank=rank or 0, probability=likely)
