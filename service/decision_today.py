"""Owns how the places of a decision stand today, by the ids of its record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from profiles import Store
from profiles.cohorts import DecisionState, KeptDecision, aftermath, entries_of
from profiles.cohorts.values import OVER

if TYPE_CHECKING:
    from matcher.assignment.record import Record

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Today:
    """How the places of a decision stand.

    Attributes:
        pairs: (applicant, host), ascending, with those who have been erased and gave nothing back.
        out: the applicants of the record to whom no place can be given any more: they gave theirs
            back, withdrew, were erased, or are another one by now, which speaks for both.
    """

    pairs: tuple[Pair, ...]
    out: frozenset[str] = frozenset()


def places_today(store: Store, kept: KeptDecision, record: Record) -> Today:
    """Tell how the places of the decision that holds stand; of any other, what was decided."""
    if kept.state is not DecisionState.FINAL:
        return Today(record.pairs)
    now = _now(store, record)
    once, after = _once(record, now), aftermath(store, kept)
    stages = {one.profile: one.stage for one in entries_of(store, kept.cohort)}
    pairs = {(once.get(a, a), h) for a, h in after.pairs([(now[a], h) for a, h in record.pairs])}
    for one in after.handed:
        if one.left is None:  # which of those erased from there it was, nobody knows
            erased = (pair for pair in sorted(pairs) if pair[1] == one.host)
            pairs.discard(next((pair for pair in erased if pair[0] not in stages), ("", "")))
    gone = {id for id, at in now.items() if at not in stages or stages[at] in OVER}
    out = gone | {id for id, at in now.items() if once[at] != id}
    return Today(tuple(sorted(pairs)), frozenset(out))


def _now(store: Store, record: Record) -> dict[str, str]:
    """Give the profile that each applicant of a record is by now."""
    ids = record.instance.applicant_ids
    return {id: id for id in ids} | store.merged_into(ids)


def _once(record: Record, now: dict[str, str]) -> dict[str, str]:
    """Give the id in a record of each profile of now; of twins, of the one that has a place."""
    placed = {applicant for applicant, _ in record.pairs}
    order = sorted(now, key=lambda id: (id in placed, id == now[id]))
    return {now[id]: id for id in order}
