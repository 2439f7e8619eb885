"""Owns how many took part in a cohort, counted from where its applications stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profiles import Store
from profiles.cohorts import Cohort, EntryStage, entries_of

if TYPE_CHECKING:
    from matcher.assignment.turnout import Turnout

_PASSED = {
    EntryStage.APPLIED: 0,
    EntryStage.REFUSED: 0,
    EntryStage.WITHDRAWN: 0,
    EntryStage.ELIGIBLE: 1,
    EntryStage.OUT_FIRST: 1,
    EntryStage.FIRST: 2,
    EntryStage.OUT_FINAL: 2,
    EntryStage.FINAL: 3,
}
"""How many steps, eligibility and screenings, are behind an application; by a decision all are."""


def turnout_of(store: Store, held: Cohort) -> Turnout:
    """Count who applied, and whom eligibility and each screening let through so far."""
    from matcher.assignment.turnout import Turnout

    stages = [one.stage for one in entries_of(store, held.id)]
    every = 1 + held.screenings
    behind = [_PASSED.get(stage, every) for stage in stages]
    eligible, *screened = (sum(one > step for one in behind) for step in range(every))
    withdrawn = stages.count(EntryStage.WITHDRAWN)
    return Turnout(len(stages), withdrawn, eligible, tuple(screened))
