"""Owns the decided rounds of a programme as the ledger and waiting count them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profiles import AnyProfile, Store
from profiles.cohorts import (
    Cohort,
    Entry,
    EntryStage,
    cohorts,
    entries_of,
    final_decision,
)
from service.decision_today import places_today

if TYPE_CHECKING:
    from matcher.assignment import Applicant
    from matcher.assignment.exposure import Round

_BARRED = frozenset({EntryStage.APPLIED, EntryStage.REFUSED})


def decided_rounds(store: Store, programme: str | None, before: int | None = None) -> list[Round]:
    """Read the rounds with a final decision, oldest first, as their places stand by now.

    Args:
        store: where they are.
        programme: whose; those of all if None.
        before: the number of the cohort before which they were opened; all if None.
    """
    held = [one for one in reversed(cohorts(store, programme)) if before is None or one.id < before]
    return [made for one in held if (made := _round(store, one))]


def _round(store: Store, held: Cohort) -> Round | None:
    from matcher.assignment.exposure import Round
    from matcher.assignment.record import record_from_json

    final = final_decision(store, held.id)
    if final is None:
        return None
    record = record_from_json(final.record)
    ids = record.instance.applicant_ids
    inside = {*ids, *store.merged_into(ids).values()}
    entries = [one for one in entries_of(store, held.id) if one.profile not in inside]
    barred, screened = _others(store, entries)
    return Round(record, places_today(store, final, record).pairs, barred, screened)


def _others(
    store: Store, entries: list[Entry]
) -> tuple[tuple[Applicant, ...], tuple[Applicant, ...]]:
    """Give those who applied and did not come so far: not eligible, and out by a screening."""
    some = [one for one in entries if one.stage is not EntryStage.WITHDRAWN]
    profiles = store.get_many([one.profile for one in some])
    told = [(one, profiles[one.profile]) for one in some if one.profile in profiles]
    barred = tuple(_applicant(one, who) for one, who in told if one.stage in _BARRED)
    screened = tuple(_applicant(one, who) for one, who in told if one.stage not in _BARRED)
    return barred, screened


def _applicant(entry: Entry, profile: AnyProfile) -> Applicant:
    from matcher.assignment import Applicant, groups_of

    return Applicant(entry.profile, groups_of(region=profile.region), wishes=entry.wishes)
