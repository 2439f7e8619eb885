"""Owns the way from profiles to an instance: who applies, who takes, and how well they fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from matcher.appraising import Appraised
from matcher.assignment import NOT_ELIGIBLE, UNIT, Applicant, Host, Instance, groups_of
from matcher.eligibility import Reason
from matcher.matchmaker import Matchmaker
from matcher.phrases import phrase
from profiles import AnyProfile, InvalidRecord, Startup, validate
from profiles.errors import FieldError
from profiles.rules import Rule

Fits = NDArray[np.int64]

_SHARED = (
    *("id", "name", "aliases", "summary", "offering", "seeking", "region"),
    *("sectors", "seeks", "offers", "conflicts"),
)
"""What a partner that applies for itself says as a startup does."""


@dataclass(frozen=True, slots=True)
class HostAsked:
    """One who takes applicants, as it is asked for.

    Attributes:
        id: its own among the hosts.
        partner: the partner's id.
        programme: the part of the programme under which it takes them; None for the whole.
        low: the least that it takes.
        high: the most; the places that the partner has left bound it as well.
    """

    id: str
    partner: str
    programme: str | None = None
    low: int = 0
    high: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """An instance, and what it was made of.

    Attributes:
        instance: what is to be solved; a pair that is refused has fit -1.
        refusals: (applicant, host) → why the pair is refused.
        model_version: the ranker that the fits are of.
        seq: the state of the change log that all was read at.
        as_of: the day whose pairings, conflicts and past count.
    """

    instance: Instance
    refusals: Mapping[tuple[str, str], tuple[Reason, ...]]
    model_version: str
    seq: int
    as_of: date


def fitting(
    matchmaker: Matchmaker,
    applicants: Sequence[AnyProfile],
    hosts: Sequence[HostAsked],
    *,
    programme: str | None,
    as_of: date,
    rules: Sequence[Rule] = (),
    seats: int = 1,
    seed: int | None = None,
    waited: Mapping[str, int] | None = None,
    wishes: Mapping[str, Sequence[str]] | None = None,
) -> Fitted:
    """Make the instance of applicants and hosts; each fit is the score that `why` tells.

    Args:
        matchmaker: scores the pairs.
        applicants: startups, and partners that apply for themselves.
        hosts: who takes them.
        programme: whose rules hold where a host names no part of it.
        as_of: the day that counts.
        rules: by which places are given out.
        seats: how many hosts an applicant gets at most.
        seed: by what ties are broken.
        waited: applicant → how many rounds it was left waiting.
        wishes: applicant → the hosts that it applies to, the dearest first; it gets no other one.

    Raises:
        InvalidRecord: if a partner that applies says nothing of itself.
        UnknownId: if there is no such partner or programme.
        AppraisalError: if there is nobody on a side, or the store is written to all the time.
    """
    wished = wishes or {}
    rows = sorted(applicants, key=lambda one: one.id)
    columns = sorted(hosts, key=lambda one: one.id)
    places = [(one.partner, one.programme or programme) for one in columns]
    found = matchmaker.appraise([as_startup(one) for one in rows], places, as_of=as_of)
    refused = {(rows[a].id, columns[h].id): why for (a, h), why in found.reasons.items()}
    for one in rows:
        asked = set(wished.get(one.id, ()))
        others = [host.id for host in columns if asked and host.id not in asked]
        refused |= {
            (one.id, host): (*refused.get((one.id, host), ()), _unasked()) for host in others
        }
    instance = Instance(
        tuple(_applicant(one, waited or {}, wished) for one in rows),
        tuple(_host(one, found, column) for column, one in enumerate(columns)),
        _fits(found, rows, columns, refused),
        tuple(rules),
        seats,
        seed,
    )
    return Fitted(instance, refused, found.model_version, found.seq, as_of)


def as_startup(profile: AnyProfile) -> Startup:
    """Read one who applies as a startup: a partner by the texts and facts that both have.

    Raises:
        InvalidRecord: if a partner says nothing of itself.
    """
    if isinstance(profile, Startup):
        return profile
    if not (profile.summary or profile.offering or profile.seeking):
        raise InvalidRecord([FieldError("profile", "cohort_no_text", profile.id)])
    dumped = profile.model_dump(include=set(_SHARED), exclude_defaults=True)
    return validate(Startup, dumped)


def groups_of_profile(profile: AnyProfile) -> dict[str, frozenset[str]]:
    """Tell the groups that the rules of an assignment see a profile in."""
    return groups_of(
        region=profile.region,
        sector_codes=profile.sectors,
        stage=profile.stage if isinstance(profile, Startup) else None,
        kind="startup" if isinstance(profile, Startup) else profile.kind,
    )


def _unasked() -> Reason:
    return Reason("unasked", phrase("refusal.unasked"))


def _applicant(
    profile: AnyProfile, waited: Mapping[str, int], wishes: Mapping[str, Sequence[str]]
) -> Applicant:
    id = profile.id
    return Applicant(id, groups_of_profile(profile), waited.get(id, 0), tuple(wishes.get(id, ())))


def _host(asked: HostAsked, found: Appraised, column: int) -> Host:
    bounds = [one for one in (asked.high, found.rooms[column].left) if one is not None]
    return Host(asked.id, asked.partner, asked.low, min(bounds, default=None))


def _fits(
    found: Appraised,
    rows: Sequence[AnyProfile],
    columns: Sequence[HostAsked],
    refused: Mapping[tuple[str, str], object],
) -> Fits:
    """Give the scores in 1/1024 point, shape (n, m), int64; -1 where a pair is refused."""
    exact = np.round(np.nan_to_num(found.points, nan=NOT_ELIGIBLE / UNIT) * UNIT).astype(np.int64)
    number_of = {one.id: row for row, one in enumerate(rows)}
    column_of = {one.id: column for column, one in enumerate(columns)}
    for applicant, host in refused:
        exact[number_of[applicant], column_of[host]] = NOT_ELIGIBLE
    return exact
