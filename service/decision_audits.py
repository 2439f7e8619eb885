"""Owns the audits of a kept decision: stability, envy, prices, rehearsals, replay and shares."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from service.deciding import DecisionError, Shown
from service.decision_rounds import decided_rounds
from service.decision_today import Today

if TYPE_CHECKING:
    from matcher.assignment import Solution, Tags
    from matcher.assignment.envy import Envy
    from matcher.assignment.exposure import Ledger
    from matcher.assignment.record import Replayed
    from matcher.assignment.rehearsal import Expected, Rehearsal
    from service.wiring import Dari

MOST_AUDITED = 20
"""Of how many applicants a page tells which places they would rather have."""

MOST_ENVIED = 3
"""How many places it tells of each of them; of one that is looked at alone, all."""

PAGE_SECONDS = 10.0
"""How long a page may search."""

REPLAY_SECONDS = 60.0
"""Up to which limit of the search a page replays a record; beyond it `dari replay` does."""

MOST_DECLINES = 100


@dataclass(frozen=True, slots=True)
class Audit:
    """What the audits of stability and envy found.

    Attributes:
        blocking: how many pairs block the assignment.
        stable: how many would be placed, and the sum of their fits in points, were the matching
            stable.
        envied: who would rather have which place, of at most `MOST_AUDITED` applicants.
        audited: the applicants that were looked at.
    """

    blocking: int
    stable: tuple[int, float]
    envied: tuple[Envy, ...]
    audited: tuple[str, ...]


def audit(shown: Shown, of: str | None = None) -> Audit:
    """Hold a decision against stability, and tell whom it leaves with something better in sight.

    Args:
        shown: the decision.
        of: the applicant that is looked at; by default the first of those who have a place in a
            blocking pair, then of those without a place.
    """
    from matcher.assignment.envy import envy_of
    from matcher.assignment.stability import blocking_pairs, deferred_acceptance

    instance, decided = shown.record.instance, shown.record.decided
    left = shown.record.left
    blocking = [one for one in blocking_pairs(instance, decided) if one.applicant not in left]
    placed = {a for a, _ in decided.pairs}
    order = [one.applicant for one in blocking]
    order += [id for id in instance.applicant_ids if id not in placed and id not in left]
    looked = [of] if of else list(dict.fromkeys(order))[:MOST_AUDITED]
    stable = deferred_acceptance(instance)
    sums = (len(stable.pairs), _points(shown, stable))
    envied = envy_of(shown.record, looked, most=None if of else MOST_ENVIED)
    return Audit(len(blocking), sums, envied, tuple(looked))


def prices_of(shown: Shown) -> Tags:
    """Tell what the rules cost, within the time that a page has."""
    from matcher.assignment import price_tags

    return price_tags(shown.record.instance, shown.record.solution, seconds=PAGE_SECONDS)


def rehearsed(shown: Shown, today: Today, declines: Collection[str]) -> Rehearsal:
    """Rehearse that applicants say no, from the places as they stand today.

    Raises:
        DecisionError: if there are too many, or one of them has no place.
    """
    from matcher.assignment.rehearsal import rehearse

    before = _standing(shown, today)
    placed = {a for a, _ in before.pairs}
    if strange := sorted(set(declines) - placed):
        raise DecisionError("declines", "decision_unplaced", strange[0])
    if len(declines) > MOST_DECLINES:
        raise DecisionError("declines", "decision_declines", len(declines), most=MOST_DECLINES)
    instance, seconds = shown.record.instance, PAGE_SECONDS / 3
    barred = shown.record.no_reserve
    return rehearse(instance, before, declines, out=today.out, barred=barred, seconds=seconds)


def expected(shown: Shown, today: Today, percent: int, rounds: int = 8) -> Expected:
    """Rehearse declines drawn by chance, the same for the same decision.

    Raises:
        DecisionError: if the per cent is not 1 to 90.
    """
    import numpy as np

    from matcher.assignment.rehearsal import expected_loss

    if not 1 <= percent <= 90:
        raise DecisionError("rate", "decision_rate", percent)
    return expected_loss(
        shown.record.instance,
        _standing(shown, today),
        rate=percent / 100,
        rounds=rounds,
        generator=np.random.default_rng(shown.kept.id),
        out=today.out,
        barred=shown.record.no_reserve,
        seconds=PAGE_SECONDS / rounds / 3,
    )


def replayed(shown: Shown) -> Replayed:
    """Decide again from the document as it is kept.

    Raises:
        DecisionError: if the search was given more time than a page has.
    """
    from matcher.assignment.record import replay

    if shown.record.seconds > REPLAY_SECONDS:
        raise DecisionError("decision", "decision_long", shown.record.seconds)
    return replay(shown.kept.record)


def ledger_of(dari: Dari, programme: str | None) -> Ledger:
    """Count how applicants and places are shared over the decided rounds."""
    from matcher.assignment.exposure import exposure

    return exposure(decided_rounds(dari.store, programme))


def _standing(shown: Shown, today: Today) -> Solution:
    pairs = tuple(pair for pair in today.pairs if pair[0] not in today.out)
    return replace(shown.record.decided, pairs=pairs, levels=())


def _points(shown: Shown, solution: Solution) -> float:
    from matcher.assignment import UNIT
    from matcher.assignment.stability import made

    instance = shown.record.instance
    return int(instance.fits[made(instance, solution)].sum()) / UNIT
