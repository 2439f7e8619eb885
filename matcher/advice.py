"""Owns the advice which one of a programme's parts a startup is best to apply to."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from matcher.eligibility import Reason
from matcher.matchmaker import Matchmaker
from matcher.phrases import phrase
from profiles import Programme, Side, Startup, Store
from profiles.errors import CodedError
from profiles.taxonomy import Names

CLOSE = 5.0
"""Within how many points of its best part a startup may as well choose another one."""

LEAST = 20
"""Of fewer startups than these, nothing is told of competition."""

SAMPLE = 150
"""How many other startups are looked at; more are sampled, the same ones each time."""

_Z = 1.645
"""The quantile of an interval of 90 per cent."""


@dataclass(frozen=True, slots=True)
class Interval:
    """From the least to the most that something may be."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Competition:
    """How many other startups would choose a part.

    Attributes:
        sure: of those looked at, how many have no other part within `CLOSE` points of it.
        open: how many more have it within `CLOSE` points of their best.
        of: how many of those looked at may apply to any part.
        crowding: the share of applicants that this part draws over the share of places that it
            has, by an interval of 90 per cent: above 1 it is more crowded than the programme is
            in the mean. None where too few startups are known, or places are not.
    """

    sure: int
    open: int
    of: int
    crowding: Interval | None


@dataclass(frozen=True, slots=True)
class Option:
    """One part of the programme, for one startup.

    Attributes:
        fit: the points of the startup with the company of the part; None where it may not apply.
        refusals: why it may not.
        share: the part's share of all places, 0 to 1; None where places are not known.
        worth: fit, divided by crowding where that is above 1; by fit alone where it is not known.
    """

    part: Programme
    fit: float | None
    refusals: tuple[Reason, ...]
    share: float | None
    competition: Competition
    worth: Interval | None
    reasons: tuple[Names, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """The parts of a programme for a startup, the best to apply to first."""

    startup: Startup
    programme: Programme
    as_of: date
    options: tuple[Option, ...]
    sampled: int
    model_version: str
    seq: int

    @property
    def best(self) -> Option | None:
        """The part to apply to; None where the startup may apply to none."""
        first = self.options[0]
        return first if first.fit is not None else None


def umbrellas(store: Store) -> list[Programme]:
    """Give the programmes that have parts, by id."""
    held = store.programmes()
    whole = {one.part_of for one in held}
    return [one for one in held if one.id in whole]


def parts_of(store: Store, programme: str) -> list[Programme]:
    """Give the parts of a programme that name a partner, by id."""
    return [one for one in store.programmes() if one.part_of == programme and one.partners]


def advise(
    matchmaker: Matchmaker, store: Store, startup: Startup, programme: str, *, as_of: date
) -> Advice:
    """Tell which part of a programme a startup is best to apply to.

    Args:
        matchmaker: scores the startup, and those that it competes with.
        store: with the programmes and the startups.
        startup: who asks; it need not be kept.
        programme: the id of a programme with parts, of which a startup applies to one.
        as_of: the day that counts.

    Raises:
        UnknownId: if there is no such programme.
        CodedError: if it has no parts.
        AppraisalError: if the store is written to all the time.
    """
    whole = store.programme(programme)
    parts = parts_of(store, programme)
    if not parts:
        raise CodedError("programme", "advice_no_parts", programme)
    others = _others(store, startup.id)
    places = [(part.partners[0], part.id) for part in parts]
    found = matchmaker.appraise([startup, *others], places, as_of=as_of)
    shut = np.array([part.places == 0 for part in parts])
    points = np.where(shut, np.nan, found.points)
    rivals = _rivals(points[1:])
    of = int(np.isfinite(points[1:]).any(axis=1).sum())
    shares = _shares(parts)
    options = [
        _option(
            part,
            float(points[0, column]),
            (_no_places(),) if shut[column] else found.reasons.get((0, column), ()),
            shares[column],
            tuple(int(n) for n in rivals[:, column]),
            of,
        )
        for column, part in enumerate(parts)
    ]
    ordered = tuple(sorted(options, key=_rank))
    return Advice(startup, whole, as_of, ordered, len(others), found.model_version, found.seq)


def _no_places() -> Reason:
    """Say that a part gives no places this time."""
    return Reason("no_places", phrase("advice.no_places"))


def _shares(parts: Sequence[Programme]) -> list[float | None]:
    """Give the share of all places that each part has; None where those of any are not known."""
    known = [part.places for part in parts if part.places is not None]
    if len(known) < len(parts) or not sum(known):
        return [None] * len(parts)
    return [places / sum(known) for places in known]


def _others(store: Store, id: str) -> list[Startup]:
    """Give the other startups, or a sample of them that is the same each time."""
    others = [one for one in store.ids(Side.STARTUP) if one != id]
    others.sort(key=lambda one: hashlib.sha256(one.encode()).digest())
    held = store.get_many(others[:SAMPLE])
    return [one for _, one in sorted(held.items()) if isinstance(one, Startup)]


def _rivals(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Count by part who would surely choose it, and who might, shape (2, m), from points (n, m)."""
    best = np.where(np.isfinite(points), points, -np.inf).max(axis=1, initial=-np.inf)
    near = np.isfinite(points) & (points >= best[:, None] - CLOSE)
    alone = near.sum(axis=1) == 1
    return np.stack([(near & alone[:, None]).sum(axis=0), (near & ~alone[:, None]).sum(axis=0)])


def _option(
    part: Programme,
    fit: float,
    refusals: tuple[Reason, ...],
    share: float | None,
    rivals: tuple[int, ...],
    of: int,
) -> Option:
    sure, might = rivals
    competition = Competition(sure, might, of, _crowding(sure, might, of, share))
    own = None if math.isnan(fit) else fit
    worth = None if own is None else _worth(own, competition.crowding)
    reasons = tuple(_reasons(part, own, share, competition))
    return Option(part, own, refusals, share, competition, worth, reasons)


def _crowding(sure: int, might: int, of: int, share: float | None) -> Interval | None:
    if of < LEAST or not share:
        return None
    return Interval(wilson(sure, of).low / share, wilson(sure + might, of).high / share)


def wilson(k: int, n: int) -> Interval:
    """Give the interval of 90 per cent of a share of which k of n are known (Wilson, 1927)."""
    middle = (k + _Z**2 / 2) / (n + _Z**2)
    half = _Z / (n + _Z**2) * math.sqrt(k * (n - k) / n + _Z**2 / 4)
    return Interval(max(middle - half, 0.0), min(middle + half, 1.0))


def _worth(fit: float, crowding: Interval | None) -> Interval:
    if crowding is None:
        return Interval(fit, fit)
    return Interval(fit / max(crowding.high, 1.0), fit / max(crowding.low, 1.0))


def _reasons(
    part: Programme, fit: float | None, share: float | None, found: Competition
) -> Sequence[Names]:
    told = []
    if fit is not None:
        told.append(phrase("advice.fit", points=f"{fit:.1f}"))
    if share is None:
        told.append(phrase("advice.places_unknown"))
    else:
        told.append(phrase("advice.places", places=part.places, share=f"{100 * share:.0f}"))
    if part.places_assumed:
        told.append(phrase("advice.places_assumed"))
    told.append(phrase("advice.rivals", sure=found.sure, open=found.open, of=found.of))
    if found.of < LEAST:
        told.append(phrase("advice.few", of=found.of, least=LEAST))
    elif found.crowding:
        low, high = (f"{value:.1f}" for value in (found.crowding.low, found.crowding.high))
        told.append(phrase("advice.crowding", low=low, high=high))
    return told


def _rank(one: Option) -> tuple[bool, float, float, str]:
    if one.worth is None:
        return (True, 0.0, 0.0, one.part.id)
    middle = (one.worth.low + one.worth.high) / 2
    return (False, -middle, -one.worth.low, one.part.id)
