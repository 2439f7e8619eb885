"""Owns the giving out of a programme's places: applicants fitted, solved, explained, and kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from profiles import Programme, Store
from profiles.cohorts import (
    Cohort,
    CohortError,
    Entry,
    KeptDecision,
    cohort,
    decision,
    decline,
    entries_of,
    final_decision,
    finish,
    keep_decision,
)
from profiles.cohorts.opening import rules_of
from profiles.cohorts.values import OVER, EntryStage
from profiles.rules import Rule
from service.entrants import (
    AssigningError,
    check_eligibility,
    fitted_cohort,
    fitted_programme,
)
from service.turnout import turnout_of

if TYPE_CHECKING:
    from matcher.assignment import Contradiction, Solution, Tags
    from matcher.assignment.record import Record
    from matcher.fitting import Fitted
    from service.wiring import Dari

SECONDS = 60.0
"""How long a search may take where nothing else is asked for."""
MOST_SECONDS = 3_600.0
_PRICED = 0.5
"""What share of the time of the search the prices of rules may take."""

_STRANGE = "pairs"
"""What `check` says is broken where a pair is none of the record."""

Stop = Callable[[], bool]
Told = Callable[["Solution"], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a search may take, who may end it, and who is told of better solutions."""

    seconds: float = SECONDS
    stop: Stop = lambda: False
    progress: Told | None = None


@dataclass(frozen=True, slots=True)
class Assigned:
    """What came of giving out places.

    Attributes:
        programme: whose places they are.
        cohort: its cohort; None where the startups of the store were taken.
        fitted: what was solved, and why pairs are refused.
        record: all that the result rests on.
        contradiction: the rules that contradict each other, where there is no solution for that;
            None also where the time did not suffice to find them.
        prices: what the rules cost; None where nobody asked, or nothing was found.
        decision: the decision as it is kept; None where there is no cohort.
    """

    programme: Programme
    cohort: Cohort | None
    fitted: Fitted
    record: Record
    contradiction: Contradiction | None = None
    prices: Tags | None = None
    decision: KeptDecision | None = None

    @property
    def solution(self) -> Solution:
        """What the search answered."""
        return self.record.solution


def assign(
    dari: Dari,
    id: int,
    *,
    by: str,
    limits: Limits | None = None,
    without: Collection[str] = (),
    rules: Sequence[Rule] = (),
    priced: bool = True,
) -> Assigned:
    """Give out the places of a cohort, and keep the record as a draft of a decision.

    Eligibility is checked again first. With other rules the cohort's own stay as they are: that is
    how something is tried out.

    Args:
        dari: the installation.
        id: the cohort's number.
        by: who asks.
        limits: of the search.
        without: the ids of rules that are left out.
        rules: further rules; one with the id of another takes its place.
        priced: whether to reckon what each rule costs.

    Raises:
        AssigningError: if nobody stands at the stage at which places are given out.
        DariError: as the fitting does.
        UnknownCohort: if there is no such cohort.
    """
    held = cohort(dari.store, id)
    if held.state.value in ("intake", "screening"):
        check_eligibility(dari, id, by=by)
    fitted = fitted_cohort(dari, held, changed(held.rules, without, rules))
    about = {"programme": held.programme, "cohort": str(id)}
    turnout = turnout_of(dari.store, held)
    found = _solved(dari, fitted, about, by, limits or Limits(), priced=priced)
    record = replace(found.record, turnout=turnout)
    kept = keep_decision(dari.store, id, record.as_json(), digest=record.digest, by=by)
    return replace(found, cohort=held, decision=kept, record=record)


def assign_programme(
    dari: Dari,
    programme: str,
    *,
    by: str,
    limits: Limits | None = None,
    without: Collection[str] = (),
    rules: Sequence[Rule] = (),
    seed: int | None = None,
) -> Assigned:
    """Give out the places of a programme among the startups of the store that meet its rules.

    Raises:
        AssigningError: if nobody meets them.
        UnknownId: if there is no such programme.
    """
    own = dari.store.programme(programme)
    fitted = fitted_programme(dari, own, changed(rules_of(own), without, rules), seed)
    return _solved(dari, fitted, {"programme": programme}, by, limits or Limits())


def changed(
    rules: Sequence[Rule], without: Collection[str], more: Sequence[Rule]
) -> tuple[Rule, ...]:
    """Give rules without some, and with others in the place of those of the same id.

    Raises:
        AssigningError: if one that is left out is none of them.
    """
    known = {rule.id for rule in rules}
    if strange := sorted(set(without) - known):
        known_ids = ", ".join(sorted(known)) or "-"
        raise AssigningError("rules", "assign_no_rule", strange[0], known=known_ids)
    new = {rule.id: rule for rule in more}
    kept = [new.pop(rule.id, rule) for rule in rules if rule.id not in without]
    return (*kept, *new.values())


def decide(
    dari: Dari,
    id: int,
    *,
    why: str,
    by: str,
    base: int | None = None,
    cohort: int | None = None,
    replace: bool = False,
    while_open: bool = False,
) -> Cohort:
    """Make a decision final: those with a pair are selected, and each host's reserve is ranked.

    Args:
        dari: the installation.
        id: the decision's number.
        why: what the one who decides says.
        by: who decides.
        base: the revision of the cohort that the person saw.
        cohort: the number of the cohort that it must be of; of any if not given.
        replace: whether it may take the place of a decision that holds.
        while_open: whether it may be made final though startups may still apply.

    Raises:
        AssigningError: if the search behind it found no pairs that keep the rules, or an applicant
            has several.
        CohortError: if there is none, it is of another cohort, old, or names who is no candidate
            any more, another one holds and is not to be replaced, or startups may still apply and
            that is not confirmed.
        StaleEdit: if the cohort has been changed since `base`.
    """
    from matcher.assignment.alternates import reserves_of
    from matcher.assignment.record import record_from_json

    kept = decision(dari.store, id)
    if cohort not in (None, kept.cohort):
        raise CohortError("decision", "cohort_no_decision", id)
    record = record_from_json(kept.record)
    if not record.solution.levels:
        raise AssigningError("decision", "assign_nothing_found", id)
    if several := [one for one, count in Counter(a for a, _ in record.pairs).items() if count > 1]:
        raise AssigningError("decision", "assign_one_host", several[0])
    waiting = reserves_of(record, _over(dari.store, kept.cohort, record))
    said: dict[str, Any] = {"why": why, "by": by, "base": base, "replace": replace}
    said |= {"today": dari.settings.today(), "while_open": while_open}
    return finish(dari.store, id, dict(record.pairs), waiting, **said)


def _over(store: Store, cohort: int, record: Record) -> list[tuple[str, str]]:
    """Give the pairs that nobody can make any more: who withdrew or declined is no reserve."""
    gone = {one.profile for one in entries_of(store, cohort) if one.stage in OVER}
    over = gone.intersection(record.instance.applicant_ids)
    return [(id, host) for id in sorted(over) for host in record.instance.host_ids]


def hand_on(
    dari: Dari, id: int, profile: str, *, reason: str, by: str, base: int | None = None
) -> Entry | None:
    """Note that one who was selected declines; the first reserve that keeps all rules moves up.

    Returns:
        The entry that moved up; None where no reserve keeps all rules: the place stays free.

    Raises:
        CohortError: if it has no place.
        StaleEdit: if its entry has been changed since `base`.
    """
    successor = _successor(dari.store, id, profile)
    said: dict[str, Any] = {"reason": reason, "by": by, "base": base}
    up = successor is not None
    return decline(dari.store, id, profile, successor=successor, hand_over=up, **said)


def _successor(store: Store, id: int, profile: str) -> str | None:
    """Find the first reserve of a host with whom all rules that hold now hold still."""
    from matcher.assignment import check
    from matcher.assignment.record import record_from_json

    entries = {one.profile: one for one in entries_of(store, id)}
    final, own = final_decision(store, id), entries.get(profile)
    if final is None or own is None or own.host is None:
        return None
    record = record_from_json(final.record)
    held = {one.profile: one.host for one in entries.values() if one.stage is EntryStage.SELECTED}
    staying = [(who, at) for who, at in held.items() if at is not None and who != profile]
    once = _once(store, (*record.instance.applicant_ids, *record.instance.host_ids))

    def broken(pairs: Sequence[tuple[str, str]]) -> set[str]:
        recorded = sorted((once.get(who, who), once.get(at, at)) for who, at in pairs)
        tried = replace(record.solution, pairs=tuple(recorded), levels=())
        return {one.rule_id for one in check(record.instance, tried)}

    before = broken([*staying, (profile, own.host)])
    barred, host = set(record.no_reserve), once.get(own.host, own.host)
    reserve = [
        one
        for one in entries.values()
        if own.host in one.reserve and (once.get(one.profile, one.profile), host) not in barred
    ]
    for one in sorted(reserve, key=lambda one: one.reserve[str(own.host)]):
        after = broken([*staying, (one.profile, own.host)])
        if after <= before - {_STRANGE}:
            return one.profile
    return None


def _once(store: Store, recorded: Sequence[str]) -> dict[str, str]:
    """Give the id that a record has for what is a profile now; of twins, its own one."""
    now = store.merged_into(recorded)
    return {now[id]: id for id in recorded if id in now} | {id: id for id in recorded}


def _solved(
    dari: Dari,
    fitted: Fitted,
    about: Mapping[str, str],
    by: str,
    limits: Limits,
    *,
    priced: bool = True,
) -> Assigned:
    from matcher.assignment import (
        NotContradictory,
        Status,
        explain_infeasible,
        price_tags,
        solve,
    )
    from matcher.assignment.record import Record

    def ended() -> bool:
        return limits.stop()

    at, seconds = datetime.now(UTC), limits.seconds
    solution = solve(fitted.instance, seconds=seconds, stop=ended, progress=limits.progress)
    version, seq, day = fitted.model_version, fitted.seq, fitted.as_of
    record = Record(fitted.instance, solution, version, seq, day, by, at, seconds, about=about)
    made = Assigned(dari.store.programme(about["programme"]), None, fitted, record)
    if solution.status is Status.INFEASIBLE:
        try:
            why = explain_infeasible(fitted.instance, seconds=seconds, stop=ended)
        except NotContradictory:  # the status is proven all the same; only the why took too long
            return made
        return replace(made, contradiction=why)
    if not (priced and solution.levels):
        return made
    share = seconds * _PRICED
    return replace(made, prices=price_tags(fitted.instance, solution, seconds=share, stop=ended))
