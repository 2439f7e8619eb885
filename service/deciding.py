"""Owns what is told of a kept decision: who got which place, the audits of it, and the notices."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from profiles import Programme, Startup
from profiles.cohorts import (
    Cohort,
    DecisionState,
    Entry,
    EntryStage,
    KeptDecision,
    cohort,
    cohorts,
    decision,
    decisions_of,
    entries_of,
    final_decision,
    keep_decision,
)
from profiles.errors import CodedError
from profiles.taxonomy import Names
from profiles.text import Text

if TYPE_CHECKING:
    from matcher.assignment import Broken, Price, Solution
    from matcher.assignment.envy import Envy
    from matcher.assignment.exposure import Ledger
    from matcher.assignment.lottery import Certificate
    from matcher.assignment.notices import Known, Notice
    from matcher.assignment.record import Record, Replayed
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


class DecisionError(CodedError):
    """What cannot be done with a decision, in Korean and English."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A kept decision, read, with what those in it are called."""

    kept: KeptDecision
    cohort: Cohort
    programme: Programme
    record: Record
    names: Mapping[str, Names]

    @property
    def domain(self) -> str:
        """What the lottery is for, as its certificate tells."""
        return domain_of(self.cohort)

    def name(self, id: str) -> Names:
        """Give what an applicant or a host is called; its id where it is not held any more."""
        return self.names.get(id) or Names(id, id)

    def rule(self, id: str) -> Names:
        """Say a rule of the decision in words; its id where it is not one of its own."""
        from matcher.assignment import rule_words

        rules = {one.id: one for one in self.record.instance.rules}
        if id not in rules:
            return Names(id, id)
        said = {lang: rule_words(rules[id], self._in(lang)).in_(lang) for lang in ("en", "ko")}
        return Names(**said)

    def _in(self, lang: str) -> Callable[[str], str]:
        return lambda id: self.name(id).in_(lang)


@dataclass(frozen=True, slots=True)
class Placed:
    """One who has a place: the points that it fits by, and whether a person gave it."""

    id: str
    points: float
    is_overridden: bool


@dataclass(frozen=True, slots=True)
class HostRow:
    """What a host takes: its places (None: unbounded), who has one, and the reserve in order."""

    id: str
    places: int | None
    placed: tuple[Placed, ...]
    reserve: tuple[str, ...]


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


def show(dari: Dari, id: int) -> Shown:
    """Read a decision.

    Raises:
        CohortError: if there is none.
    """
    from matcher.assignment.record import record_from_json

    kept = decision(dari.store, id)
    held = cohort(dari.store, kept.cohort)
    record = record_from_json(kept.record)
    return Shown(
        kept, held, dari.store.programme(held.programme), record, _names(dari, record, held)
    )


def host_rows(shown: Shown) -> list[HostRow]:
    """Give each host with those who have its places and its reserve, by name of the host."""
    from matcher.assignment import UNIT, preferences
    from matcher.assignment.alternates import RESERVE, reserves

    instance, decided = shown.record.instance, shown.record.decided
    reserve = reserves(instance, decided, RESERVE)
    row = {id: n for n, id in enumerate(instance.applicant_ids)}
    overridden = {one.applicant for one in shown.record.overrides}
    most = preferences.places(instance)
    found = []
    for column, host in enumerate(instance.hosts):
        mine = [a for a, h in decided.pairs if h == host.id]
        points = {a: int(instance.fits[row[a], column]) / UNIT for a in mine}
        placed = [Placed(a, points[a], a in overridden) for a in mine]
        ordered = tuple(sorted(placed, key=lambda one: (-one.points, one.id)))
        bounded = None if host.high is None and most[column] == len(row) else int(most[column])
        found.append(HostRow(host.id, bounded, ordered, reserve[host.id]))
    return found


def broken(shown: Shown) -> list[Broken]:
    """List the rules that the decision breaks: by an override, or as the record was kept."""
    from matcher.assignment import check

    return check(shown.record.instance, shown.record.decided)


def audit(shown: Shown, of: str | None = None) -> Audit:
    """Hold a decision against stability, and tell whom it leaves with something better in sight.

    Args:
        shown: the decision.
        of: the applicant that is looked at; by default the first of those who have a place in a
            blocking pair, then of those without a place.
    """
    from matcher.assignment.envy import envy
    from matcher.assignment.stability import blocking_pairs, deferred_acceptance

    instance, decided = shown.record.instance, shown.record.decided
    blocking = blocking_pairs(instance, decided)
    placed = {a for a, _ in decided.pairs}
    order = [one.applicant for one in blocking]
    order += [id for id in instance.applicant_ids if id not in placed]
    looked = [of] if of else list(dict.fromkeys(order))[:MOST_AUDITED]
    stable = deferred_acceptance(instance)
    sums = (len(stable.pairs), _points(shown, stable))
    envied = envy(instance, decided, looked, most=None if of else MOST_ENVIED)
    return Audit(len(blocking), sums, envied, tuple(looked))


def certificate_of(shown: Shown) -> Certificate | None:
    """Give the certificate of the lottery; None where ids break ties."""
    from matcher.assignment.lottery import certificate

    instance = shown.record.instance
    if instance.seed is None:
        return None
    return certificate(instance.applicant_ids, instance.seed, shown.domain)


def domain_of(held: Cohort) -> str:
    """Say what the lottery of a cohort is for."""
    return f"cohort {held.id}"


def promise_of(held: Cohort) -> str | None:
    """Give the promise of the seed of a cohort; None where it has no seed."""
    from matcher.assignment.lottery import promise

    return None if held.seed is None else promise(held.seed, domain_of(held))


def is_told(dari: Dari, held: Cohort) -> bool:
    """Whether the seed may be told: a decision has been made."""
    return any(one.state is not DecisionState.DRAFT for one in decisions_of(dari.store, held.id))


def prices_of(shown: Shown) -> tuple[Price, ...]:
    """Tell what the rules cost, within the time that a page has."""
    from matcher.assignment import price_tags

    return price_tags(shown.record.instance, shown.record.solution, seconds=PAGE_SECONDS)


def rehearsed(shown: Shown, declines: Collection[str]) -> Rehearsal:
    """Rehearse that applicants say no.

    Raises:
        DecisionError: if there are too many, or one of them has no place.
    """
    from matcher.assignment.rehearsal import rehearse

    placed = {a for a, _ in shown.record.pairs}
    if strange := sorted(set(declines) - placed):
        raise DecisionError("declines", "decision_unplaced", strange[0])
    if len(declines) > MOST_DECLINES:
        raise DecisionError("declines", "decision_declines", len(declines), most=MOST_DECLINES)
    instance, decided = shown.record.instance, shown.record.decided
    return rehearse(instance, decided, declines, seconds=PAGE_SECONDS / 3)


def expected(shown: Shown, percent: int, rounds: int = 8) -> Expected:
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
        shown.record.decided,
        rate=percent / 100,
        rounds=rounds,
        generator=np.random.default_rng(shown.kept.id),
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


def override(
    dari: Dari, id: int, applicant: str, hosts: Sequence[str], *, why: str, by: str
) -> KeptDecision:
    """Decide otherwise for one applicant: the record with the override is kept as a new draft.

    Raises:
        CohortError: if there is no such decision.
        FileError: if the applicant or host is not in it, or there is no reason.
    """
    from matcher.assignment.record import Override

    shown = show(dari, id)
    given = Override(by, datetime.now(UTC), applicant, tuple(sorted(set(hosts))), why.strip())
    record = shown.record.overridden(given)
    document, digest = record.as_json(), record.digest
    return keep_decision(dari.store, shown.cohort.id, document, digest=digest, by=by)


def notices_of(dari: Dari, shown: Shown) -> tuple[Notice, ...]:
    """Write the notices of all who applied and got no place."""
    from matcher.assignment.notices import refusals

    def name(id: str) -> Names:
        return shown.name(id) if id in shown.names else shown.rule(id)

    programme = _both(shown.programme.name)
    known = _known(entries_of(dari.store, shown.cohort.id))
    return refusals(shown.record, name, programme=programme, known=known)


def ledger_of(dari: Dari, programme: str | None) -> Ledger:
    """Count how applicants and places are shared over the final decisions, oldest first."""
    from matcher.assignment.exposure import exposure
    from matcher.assignment.record import record_from_json

    finals = [
        final_decision(dari.store, one.id) for one in reversed(cohorts(dari.store, programme))
    ]
    return exposure([record_from_json(one.record) for one in finals if one])


def contact_of(dari: Dari, id: str) -> str | None:
    """Give the address that a startup may be written to; None where there is none."""
    found = dari.store.get_many([id]).get(id)
    return found.contact if isinstance(found, Startup) else None


def _known(entries: Sequence[Entry]) -> Known:
    from matcher.assignment.notices import Known

    out = (EntryStage.OUT_FIRST, EntryStage.OUT_FINAL)
    barred = {
        one.profile: [Names(part.en, part.ko) for part in one.refusals]
        for one in entries
        if one.stage is EntryStage.REFUSED
    }
    screened = {
        one.profile: [Names(one.reason, one.reason)]
        for one in entries
        if one.stage in out and one.reason
    }
    return Known(barred=barred, screened=screened)


def _names(dari: Dari, record: Record, held: Cohort) -> dict[str, Names]:
    """Look up what everyone is called: a host that is a part of a programme by the part's name."""
    instance = record.instance
    partners = {one.id: one.partner for one in instance.hosts}
    entered = [one.profile for one in entries_of(dari.store, held.id)]
    ids = [*instance.applicant_ids, *entered, *partners.values()]
    profiles = dari.store.get_many(ids)
    names = {id: _both(one.name) for id, one in profiles.items()}
    names |= {host: names[one] for host, one in partners.items() if one in names}
    parts = {one.id: one for one in dari.store.programmes()}
    return names | {host: _both(parts[host].name) for host in partners if host in parts}


def _both(text: Text) -> Names:
    return Names(text.in_("en"), text.in_("ko"))


def _points(shown: Shown, solution: Solution) -> float:
    from matcher.assignment import UNIT
    from matcher.assignment.stability import made

    instance = shown.record.instance
    return int(instance.fits[made(instance, solution)].sum()) / UNIT
