"""Owns who stands in a round: eligibility, hosts, and the instance that is made of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from profiles import AnyProfile, Programme, Side, Startup, Store
from profiles.cohorts import (
    Cohort,
    Entry,
    Refusal,
    cohort,
    entries_of,
    mark,
)
from profiles.cohorts.opening import hosts_of
from profiles.cohorts.values import CHECKED, EntryStage
from profiles.errors import CodedError
from profiles.rules import Rule
from service.decision_rounds import decided_rounds

if TYPE_CHECKING:
    from matcher.fitting import Fitted, HostAsked
    from service.wiring import Dari

MOST_APPLICANTS = 10_000
"""Of how many startups of the store places are given out where there is no cohort."""


class AssigningError(CodedError):
    """Why places cannot be given out, in Korean and English."""


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

    found = waiting(decided_rounds(store, held.programme, before=held.id))
    now = store.merged_into(found.keys())
    return {now.get(id, id): times for id, times in found.items()}


def _day_of(programme: Programme, today: date) -> date:
    """Give today, or the nearest day on which the programme runs."""
    if programme.valid_to and programme.valid_to < today:
        return programme.valid_to
    return max(today, programme.valid_from or today)


def _nobody(name: str) -> AssigningError:
    return AssigningError("applicants", "assign_nobody", name)
