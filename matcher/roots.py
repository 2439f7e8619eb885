"""Owns the grounds of regional pairings: what speaks for a region and a company, by the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matcher.assignment import UNIT
from matcher.phrases import phrase
from profiles import Partner, Store, Tie, TieKind
from profiles.errors import CodedError
from profiles.taxonomy import Names, region_names, sector_names, sector_relation

ROOT, PAST, FIELDS = 30, 10, 60
"""What a seat or site in the region, past work there, and common fields are worth at most, in
points; `docs/programmes.md` says why."""

NEARNESS: Mapping[str, float] = {
    "parent": 0.6,
    "related": 0.5,
    "complementary": 0.3,
    "sibling": 0.2,
}
"""What a sector near to one of a region's counts; the same one counts 1."""

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Ground:
    """A reason why a company fits a region: points in 1/1024, and what they rest on."""

    points: int
    phrase: Names
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """A region with the body that speaks for it."""

    code: str
    centre: Partner

    @property
    def name(self) -> Names:
        """The region's name."""
        return region_names([self.code])


def pairings_on(store: Store, day: date) -> list[Tie]:
    """Give the pairings that hold on a day, by region and then by id."""
    found = [tie for tie in store.ties_of_kind(TieKind.PAIRING) if tie.region and tie.holds(day)]
    return sorted(found, key=lambda tie: (tie.region or "", tie.id))


@dataclass(frozen=True, slots=True)
class Paired:
    """The pairings of a region around a day, each in the order in which they began.

    Attributes:
        held: those that hold on the day.
        ended: those that ended before it.
        coming: those that begin after it.
    """

    held: tuple[Tie, ...] = ()
    ended: tuple[Tie, ...] = ()
    coming: tuple[Tie, ...] = ()

    @property
    def speaking(self) -> tuple[Tie, ...]:
        """All that hold on the day, else the one that ended last, else the one that comes next."""
        return self.held or self.ended[-1:] or self.coming[:1]


def pairings_around(ties: Iterable[Tie], day: date) -> Paired:
    """Part the pairings of one region by whether they hold on a day, ended before or come after."""
    began = sorted(ties, key=lambda tie: (tie.valid_from or date.min, tie.id))
    ended = [tie for tie in began if tie.valid_to is not None and tie.valid_to < day]
    return Paired(
        tuple(tie for tie in began if tie.holds(day)),
        tuple(sorted(ended, key=lambda tie: (tie.valid_to or day, tie.id))),
        tuple(tie for tie in began if tie.valid_from is not None and tie.valid_from > day),
    )


def pairings_of(store: Store, region: str, day: date) -> Paired:
    """Give the pairings of a region around a day."""
    every = store.ties_of_kind(TieKind.PAIRING)
    return pairings_around((tie for tie in every if tie.region == region), day)


class Grounds:
    """What a store says of regions and companies as of a day."""

    def __init__(self, store: Store, as_of: date) -> None:
        ever = [tie for tie in store.ties_of_kind(TieKind.PAIRING) if tie.region]
        known = store.get_many({end for tie in ever for end in (tie.a, tie.b)})
        self._store, self._as_of = store, as_of
        self._partners = {id: one for id, one in known.items() if isinstance(one, Partner)}
        self.regions = [*self._regions(ever)]
        ids = sorted({tie.b for tie in ever} & self._partners.keys())
        self.companies = [self._partners[id] for id in ids]
        if not self.regions or not self.companies:
            raise CodedError("pairing", "plan_no_pairing")

    def _regions(self, ever: Sequence[Tie]) -> Iterator[Region]:
        """Give the regions by code, each with the body that speaks for it on the day."""
        for code in sorted({tie.region for tie in ever if tie.region}):
            its = [tie for tie in ever if tie.region == code and tie.a in self._partners]
            for tie in pairings_around(its, self._as_of).speaking[:1]:
                yield Region(code, self._partners[tie.a])

    @cached_property
    def _past(self) -> Mapping[tuple[str, str], Tie]:
        """The ties of each company with bodies of each region until the day; the oldest of each."""
        found: dict[tuple[str, str], Tie] = {}
        for company in (one.id for one in self.companies):
            for tie in _by_day(_ties_of(self._store, company)):
                region = self._region_of.get(tie.b if tie.a == company else tie.a)
                if region and self._is_work(tie):
                    found.setdefault((company, region), tie)
        return found

    @cached_property
    def _region_of(self) -> Mapping[str, str]:
        """Where those are with whom the companies have ties."""
        ties = [tie for one in self.companies for tie in _ties_of(self._store, one.id)]
        held = self._store.get_many({end for tie in ties for end in (tie.a, tie.b)})
        return {id: one.region for id, one in held.items() if one.region}

    def _is_work(self, tie: Tie) -> bool:
        plain = tie.kind not in (TieKind.PAIRING, TieKind.CONFLICT)
        return plain and tie.valid_from is not None and tie.valid_from <= self._as_of

    @cached_property
    def _held(self) -> Mapping[str, tuple[Partner, ...]]:
        found: dict[str, list[Partner]] = {}
        for tie in pairings_on(self._store, self._as_of):
            if tie.region and tie.b in self._partners:
                found.setdefault(tie.region, []).append(self._partners[tie.b])
        return {region: tuple(companies) for region, companies in found.items()}

    def held(self, region: Region) -> tuple[Partner, ...]:
        """Give the companies that a region is paired with on the day."""
        return self._held.get(region.code, ())

    def fits(self) -> NDArray[np.int64]:
        """Give the fit of each region (row) and company (column), shape (r, c), 1/1024 point."""
        points = [[self.points(one, company) for company in self.companies] for one in self.regions]
        return np.array(points, np.int64)

    def points(self, region: Region, company: Partner) -> int:
        """Give the fit of a pair, in 1/1024 point."""
        return sum(ground.points for ground in self.of(region, company))

    def of(self, region: Region, company: Partner) -> tuple[Ground, ...]:
        """Give what the fit of a pair is made of; parts that are worth nothing are left out."""
        found = (
            _root(region, company),
            self._past_work(region, company),
            _fields(region, company),
        )
        return tuple(one for one in found if one is not None)

    def _past_work(self, region: Region, company: Partner) -> Ground | None:
        tie = self._past.get((company.id, region.code))
        if tie is None:
            return None
        said = phrase("plan.past", company=company.name, region=region.name, what=_subject(tie))
        return Ground(PAST * UNIT, said, tie.source)

    def company(self, id: str | None) -> Partner | None:
        """Give a company by its id; None for none."""
        return self._partners.get(id or "")


def _root(region: Region, company: Partner) -> Ground | None:
    if region.code not in (company.region, *company.sites):
        return None
    code = "plan.seat" if region.code == company.region else "plan.site"
    said = phrase(code, company=company.name, region=region.name)
    return Ground(ROOT * UNIT, said, company.source)


def _fields(region: Region, company: Partner) -> Ground | None:
    """Measure how much of the fields of a region a company covers, 0 to 1, by its nearest ones."""
    wanted = region.centre.sectors
    if not wanted or not company.sectors:
        return None
    near = {code: max(nearness(code, own) for own in company.sectors) for code in wanted}
    points = round(FIELDS * UNIT * sum(near.values()) / len(wanted))
    shared = [code for code in wanted if near[code] == 1]
    if not points:
        return None
    said = phrase(
        "plan.fields" if shared else "plan.near_fields", fields=sector_names(shared or wanted)
    )
    return Ground(points, said, region.centre.source)


def nearness(one: str, other: str) -> float:
    """Tell how near two sectors are, 0 to 1; the same one is 1."""
    return 1.0 if one == other else NEARNESS.get(sector_relation(one, other) or "", 0.0)


def _ties_of(store: Store, id: str) -> Iterator[Tie]:
    after: str | None = None
    while page := store.ties_page(id, after=after, limit=_PAGE):
        yield from page
        after = page[-1].id


def _by_day(ties: Iterable[Tie]) -> list[Tie]:
    return sorted(ties, key=lambda one: (str(one.valid_from), one.id))


def _subject(tie: Tie) -> Names:
    told = tie.subject
    return Names(told.in_("en"), told.in_("ko")) if told else Names(tie.kind.value, tie.kind.value)
