"""Owns the lottery of a cohort as it is told: its promise, and the certificate once it is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profiles.cohorts import Cohort, DecisionState, decisions_of
from service.deciding import Shown, domain_of

if TYPE_CHECKING:
    from matcher.assignment.lottery import Certificate
    from service.wiring import Dari


def certificate_of(shown: Shown) -> Certificate | None:
    """Give the certificate of the lottery; None where ids break ties."""
    from matcher.assignment.lottery import certificate

    instance = shown.record.instance
    if instance.seed is None:
        return None
    return certificate(instance.applicant_ids, instance.seed, shown.domain)


def promise_of(held: Cohort) -> str | None:
    """Give the promise of the seed of a cohort; None where it has no seed."""
    from matcher.assignment.lottery import promise

    return None if held.seed is None else promise(held.seed, domain_of(held))


def is_told(dari: Dari, held: Cohort) -> bool:
    """Whether the seed may be told: a decision has been made."""
    return any(one.state is not DecisionState.DRAFT for one in decisions_of(dari.store, held.id))
