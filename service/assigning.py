"""Owns the giving out of a programme's places: applicants fitted, solved, explained, and kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from profiles import AnyProfile, Programme, Side, Startup, Store
from profiles.cohorts import (
    Cohort,
    Entry,
    KeptDecision,
    Refusal,
    cohort,
    cohorts,
    decision,
    decline,
    entries_of,
    final_decision,
    finish,
    keep_decision,
    mark,
)
from profiles.cohorts.opening import hosts_of, rules_of
from profiles.cohorts.values import CHECKED, EntryStage
from profiles.errors import CodedError
from profiles.rules import Rule

if TYPE_CHECKING:
    from matcher.assignment import Contradiction, Price, Solution
    from matcher.assignment.record import Record
    from matcher.fitting import Fitted, HostAsked
    from service.wiring import Dari

SECONDS = 60.0
"""How long a search may take where nothing else is asked for."""
MOST_SECONDS = 3_600.0
MOST_APPLICANTS = 10_000
"""Of how many startups of the store places are given out where there is no cohort."""
_PRICED = 0.5
"""What share of the time of the search the prices of rules may take."""

Stop = Callable[[], bool]
Told = Callable[["Solution"], None]


class AssigningError(CodedError):
    """Why places cannot be given out, in Korean and English."""


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
        contradiction: the rules that contradict each other, where there is no solution for that.
        prices: what the rules cost, the dearest first.
        decision: the decision as it is kept; None where there is no cohort.
    """

    programme: Programme
    cohort: Cohort | None
    fitted: Fitted
    record: Record
    contradiction: Contradiction | None = None
    prices: tuple[Price, ...] = ()
    decision: KeptDecision | None = None

    @property
    def solution(self) -> Solution:
        """What the search answered."""
        return self.record.solution


def check_eligibility(dari: Dari, id: int, *, by: str) -> list[Entry]:
    """Check all entries of a cohort against the rules of its programme; give those that changed.

    Raises:
        CohortError: if it is decided or given up.
        UnknownCohort: if there is no such cohort.
    """
    held = cohort(dari.store, id)
    entries = [one for one in entries_of(dari.store, id) if one.stage in CHECKED]
    profiles = dari.store.get_many([one.profile for one in entries])
    under = _programmes(dari.store)
    told = {
        one.profile: _refusals(held, profiles[one.profile], one.wishes, under)
        for one in entries
        if one.profile in profiles
    }
    return mark(dari.store, id, told, by=by)


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
    found = _solved(dari, fitted, about, by, limits or Limits(), priced=priced)
    kept = keep_decision(dari.store, id, found.record.as_json(), digest=found.record.digest, by=by)
    return replace(found, cohort=held, decision=kept)


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


def fitted_cohort(dari: Dari, held: Cohort, rules: Sequence[Rule] | None = None) -> Fitted:
    """Make the instance of those who stand where places are given out.

    Raises:
        AssigningError: if nobody does, or the cohort has no host.
    """
    from matcher.fitting import fitting

    entries = candidates(dari.store, held)
    profiles = dari.store.get_many([one.profile for one in entries])
    if not profiles:
        raise _nobody(held.name)
    return fitting(
        dari.matchmaker,
        list(profiles.values()),
        hosts_asked(dari.store, held.programme, held.hosts),
        programme=held.programme,
        as_of=held.as_of,
        rules=held.rules if rules is None else rules,
        seed=held.seed,
        waited=_waited(dari.store, held),
        wishes={one.profile: one.wishes for one in entries},
    )


def candidates(store: Store, held: Cohort) -> list[Entry]:
    """Give the entries that places are given out among; after a decision, all that it placed."""
    placed = (EntryStage.SELECTED, EntryStage.RESERVE, EntryStage.UNPLACED)
    return [one for one in entries_of(store, held.id) if one.stage in (held.candidates, *placed)]


def fitted_programme(
    dari: Dari, programme: Programme, rules: Sequence[Rule], seed: int | None = None
) -> Fitted:
    """Make the instance of the startups of the store that meet the rules of a programme.

    Raises:
        AssigningError: if none does, or it has no host.
    """
    from matcher.fitting import fitting

    under = _programmes(dari.store)
    hosts = hosts_of(programme, under.values())
    asked = hosts_asked(dari.store, programme.id, hosts)
    parts = [under[one.programme or programme.id] for one in asked]
    startups = [one for one in _startups(dari.store) if _meets_any(one, parts)]
    if not startups:
        raise _nobody(programme.id)
    day = _day_of(programme, dari.settings.today())
    return fitting(
        dari.matchmaker, startups, asked, programme=programme.id, as_of=day, rules=rules, seed=seed
    )


def hosts_asked(store: Store, programme: str, hosts: Sequence[str]) -> list[HostAsked]:
    """Give the hosts of a programme: a part with its first partner and its places, or a partner.

    Raises:
        AssigningError: if there is none, or a part has no partner.
    """
    from matcher.fitting import HostAsked

    under = _programmes(store)
    found = []
    for id in hosts:
        part = under.get(id)
        if part is None:
            found.append(HostAsked(id, id))
        elif part.partners:
            found.append(HostAsked(id, part.partners[0], id, high=part.places))
        else:
            raise AssigningError("hosts", "assign_no_partner", id)
    if not found:
        raise AssigningError("hosts", "assign_no_host", programme)
    return found


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


def decide(dari: Dari, id: int, *, why: str, by: str, base: int | None = None) -> Cohort:
    """Make a decision final: those with a pair are selected, and each host's reserve is ranked.

    Raises:
        AssigningError: if the search behind it found no pairs that keep the rules.
        CohortError: if the decision is old, or names who is no candidate any more.
        StaleEdit: if the cohort has been changed since `base`.
    """
    from matcher.assignment.alternates import reserves
    from matcher.assignment.record import record_from_json

    record = record_from_json(decision(dari.store, id).record)
    if not record.solution.levels:
        raise AssigningError("decision", "assign_nothing_found", id)
    waiting = reserves(record.instance, record.decided)
    return finish(dari.store, id, dict(record.pairs), waiting, why=why, by=by, base=base)


def hand_on(
    dari: Dari, id: int, profile: str, *, reason: str, by: str, base: int | None = None
) -> Entry | None:
    """Note that one who was selected declines; the first reserve that keeps all rules moves up.

    Raises:
        CohortError: if it has no place.
        StaleEdit: if its entry has been changed since `base`.
    """
    successor = _successor(dari.store, id, profile)
    said: dict[str, Any] = {"reason": reason, "by": by, "base": base}
    return decline(dari.store, id, profile, successor=successor, **said)


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

    def broken(pairs: Sequence[tuple[str, str]]) -> set[str]:
        tried = replace(record.solution, pairs=tuple(sorted(pairs)), levels=())
        return {one.rule_id for one in check(record.instance, tried)}

    before = broken([*staying, (profile, own.host)])
    reserve = [one for one in entries.values() if own.host in one.reserve]
    for one in sorted(reserve, key=lambda one: one.reserve[str(own.host)]):
        if broken([*staying, (one.profile, own.host)]) <= before:
            return one.profile
    return None


def _solved(
    dari: Dari,
    fitted: Fitted,
    about: Mapping[str, str],
    by: str,
    limits: Limits,
    *,
    priced: bool = True,
) -> Assigned:
    from matcher.assignment import Status, explain_infeasible, price_tags, solve
    from matcher.assignment.record import Record

    def ended() -> bool:
        return limits.stop()

    at, seconds = datetime.now(UTC), limits.seconds
    solution = solve(fitted.instance, seconds=seconds, stop=ended, progress=limits.progress)
    version, seq, day = fitted.model_version, fitted.seq, fitted.as_of
    record = Record(fitted.instance, solution, version, seq, day, by, at, seconds, about=about)
    made = Assigned(dari.store.programme(about["programme"]), None, fitted, record)
    if solution.status is Status.INFEASIBLE:
        why = explain_infeasible(fitted.instance, seconds=seconds, stop=ended)
        return replace(made, contradiction=why)
    if not (priced and solution.levels):
        return made
    share = seconds * _PRICED
    return replace(made, prices=price_tags(fitted.instance, solution, seconds=share, stop=ended))


def _refusals(
    held: Cohort, profile: AnyProfile, wishes: Sequence[str], under: Mapping[str, Programme]
) -> tuple[Refusal, ...]:
    """Give the rules that keep a profile from all parts that it may get; none: one is open."""
    parts = [under[id] for id in (wishes or held.hosts) if id in under]
    own = _reasons(profile, [under[held.programme]])
    found = [_reasons(profile, [part]) for part in parts]
    if own or not found or not all(found):
        return own
    return found[0] if wishes else tuple(dict.fromkeys(one for some in found for one in some))


def _reasons(profile: AnyProfile, programmes: Sequence[Programme]) -> tuple[Refusal, ...]:
    from matcher.eligibility import startup_refusals
    from matcher.fitting import as_startup

    startup = as_startup(profile)
    found = [one for programme in programmes for one in startup_refusals(startup, programme)]
    return tuple(Refusal(one.code, one.phrase.en, one.phrase.ko) for one in found)


def _meets_any(startup: Startup, parts: Sequence[Programme]) -> bool:
    return any(not _reasons(startup, [part]) for part in parts)


def _startups(store: Store) -> list[Startup]:
    """Read the startups of the store, at most `MOST_APPLICANTS`.

    Raises:
        AssigningError: if there are more.
    """
    if (number := store.count(Side.STARTUP)) > MOST_APPLICANTS:
        raise AssigningError("applicants", "assign_too_many", number, limit=MOST_APPLICANTS)
    return [one for one in store.each(Side.STARTUP) if isinstance(one, Startup)]


def _programmes(store: Store) -> dict[str, Programme]:
    return {one.id: one for one in store.programmes()}


def _waited(store: Store, held: Cohort) -> dict[str, int]:
    """Tell how many decided cohorts of the programme before this one left an applicant waiting."""
    from matcher.assignment.exposure import waiting
    from matcher.assignment.record import record_from_json

    before = [one for one in cohorts(store, held.programme) if one.id < held.id]
    finals = [final_decision(store, one.id) for one in reversed(before)]
    return dict(waiting([record_from_json(one.record) for one in finals if one]))


def _day_of(programme: Programme, today: date) -> date:
    """Give today, or the nearest day on which the programme runs."""
    if programme.valid_to and programme.valid_to < today:
        return programme.valid_to
    return max(today, programme.valid_from or today)


def _nobody(name: str) -> AssigningError:
    return AssigningError("applicants", "assign_nobody", name)
