"""Owns the planner of regional pairings: which company a region is to be paired with, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from matcher.assignment import (
    UNIT,
    Aim,
    Applicant,
    Contradiction,
    Host,
    Instance,
    Solution,
    Status,
    explain_infeasible,
    groups_of,
    solve,
)
from matcher.phrases import phrase
from profiles import Partner, Store, Tie, TieKind
from profiles.errors import CodedError
from profiles.rules import Rule, RuleKind
from profiles.taxonomy import Names, region_name, sector_relation, sectors

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

SECONDS = 20.0


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
        return Names(region_name(self.code, "en"), region_name(self.code, "ko"))


@dataclass(frozen=True, slots=True)
class Row:
    """A region of a plan: whom it is to be paired with, and whom it is paired with on the day.

    Attributes:
        planned: the company of the plan; None where the plan gives none.
        held: the companies of the pairings that hold on the day, by id.
        fit: the points of the planned pair, in 1/1024.
        held_fit: those of the held pair that fits best; None where no pairing holds.
        grounds: what the fit of the planned pair is made of.
        held_grounds: the same of the held pair.
    """

    region: Region
    planned: Partner | None
    held: tuple[Partner, ...]
    fit: int
    held_fit: int | None
    grounds: tuple[Ground, ...]
    held_grounds: tuple[Ground, ...]

    @property
    def is_kept(self) -> bool:
        """Whether the plan is what holds on the day."""
        return self.planned is not None and self.planned in self.held

    @property
    def difference(self) -> int | None:
        """What the plan gains over what holds, in 1/1024 point; None where nothing holds."""
        return None if self.held_fit is None else self.fit - self.held_fit


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A plan of pairings; `contradiction` says why there is none where `rows` plan nothing."""

    as_of: date
    instance: Instance
    solution: Solution
    rows: tuple[Row, ...]
    contradiction: Contradiction | None = None

    @property
    def kept(self) -> int:
        """How many regions the plan leaves as they are on the day."""
        return sum(row.is_kept for row in self.rows)

    @property
    def compared(self) -> tuple[Row, ...]:
        """The regions that are paired on the day, with which a plan can be compared."""
        return tuple(row for row in self.rows if row.held)

    @property
    def gain(self) -> int:
        """What the plan gains over all that holds, in 1/1024 point."""
        return sum(row.difference or 0 for row in self.compared)


def plan_regions(
    store: Store,
    *,
    as_of: date,
    most: int = 2,
    keep: Iterable[str] = (),
    rules: Sequence[Rule] = (),
    seconds: float = SECONDS,
) -> Plan:
    """Plan which company each region is paired with.

    Each region gets one company, and each company one region at least.

    Args:
        store: with the centres, the companies, and the pairings that there ever were.
        as_of: the day whose pairings the plan is compared with, and whose past counts.
        most: the most regions of one company.
        keep: regions whose pairing of the day stays.
        rules: further rules, with regions as applicants and companies as hosts.
        seconds: how long the search may take.

    Raises:
        CodedError: if no pairing was ever made, so that regions and companies are not known.
    """
    grounds = _Grounds(store, as_of)
    kept = [_kept(grounds, region) for region in grounds.regions if region.code in set(keep)]
    instance = Instance(
        tuple(Applicant(one.code, groups_of(region=one.code)) for one in grounds.regions),
        tuple(Host(one.id, one.id, 1, most) for one in grounds.companies),
        grounds.fits(),
        (*(rule for rule in kept if rule), *rules),
    )
    solution = solve(instance, seconds=seconds, aims=(Aim.PLACED, Aim.WORST, Aim.TOTAL))
    failed = solution.status is Status.INFEASIBLE
    why = explain_infeasible(instance, seconds=seconds) if failed else None
    planned = dict(solution.pairs)
    rows = tuple(grounds.row(region, planned.get(region.code)) for region in grounds.regions)
    return Plan(as_of, instance, solution, rows, why)


def pairings_on(store: Store, day: date) -> list[Tie]:
    """Give the pairings that hold on a day, by region and then by id."""
    found = [tie for tie in store.ties_of_kind(TieKind.PAIRING) if tie.region and tie.holds(day)]
    return sorted(found, key=lambda tie: (tie.region or "", tie.id))


def _kept(grounds: _Grounds, region: Region) -> Rule | None:
    hosts = tuple(one.id for one in grounds.held(region))[:1]
    if not hosts:
        return None
    said = phrase("plan.kept", region=region.name)
    return Rule.model_validate({
        "id": f"keep-{region.code}",
        "kind": RuleKind.FORCED,
        "applicants": (region.code,),
        "hosts": hosts,
        "reason": {"en": said.en, "ko": said.ko},
    })


class _Grounds:
    """What a store says of regions and companies as of a day."""

    def __init__(self, store: Store, as_of: date) -> None:
        ever = [tie for tie in store.ties_of_kind(TieKind.PAIRING) if tie.region]
        known = store.get_many({end for tie in ever for end in (tie.a, tie.b)})
        self._store, self._as_of = store, as_of
        self._partners = {id: one for id, one in known.items() if isinstance(one, Partner)}
        centres = {tie.region: self._partners[tie.a] for tie in ever if tie.a in self._partners}
        self.regions = [Region(code, centres[code]) for code in sorted(filter(None, centres))]
        ids = sorted({tie.b for tie in ever} & self._partners.keys())
        self.companies = [self._partners[id] for id in ids]
        if not self.regions or not self.companies:
            raise CodedError("pairing", "plan_no_pairing")

    @cached_property
    def _past(self) -> Mapping[tuple[str, str], Tie]:
        """The ties of each company with bodies of each region until the day; the oldest of each."""
        found: dict[tuple[str, str], Tie] = {}
        companies = {one.id for one in self.companies}
        for tie in sorted(self._store.ties(), key=lambda one: (str(one.valid_from), one.id)):
            if tie.kind in (TieKind.PAIRING, TieKind.CONFLICT) or not self._has_begun(tie):
                continue
            for company, other in ((tie.a, tie.b), (tie.b, tie.a)):
                region = self._regions_of.get(other)
                if company in companies and region:
                    found.setdefault((company, region), tie)
        return found

    @cached_property
    def _regions_of(self) -> Mapping[str, str]:
        ends = {end for tie in self._store.ties() for end in (tie.a, tie.b)}
        held = self._store.get_many(ends)
        return {id: one.region for id, one in held.items() if one.region}

    def _has_begun(self, tie: Tie) -> bool:
        return tie.valid_from is not None and tie.valid_from <= self._as_of

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

    def fits(self) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
        """Give the fit of each region (row) and company (column), shape (r, c), 1/1024 point."""
        points = [
            [self._points(one, company) for company in self.companies] for one in self.regions
        ]
        return np.array(points, np.int64)

    def _points(self, region: Region, company: Partner) -> int:
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

    def row(self, region: Region, planned: str | None) -> Row:
        """Make the row of a region whose company in the plan is given by its id."""
        company = self._partners.get(planned or "")
        held = self.held(region)
        best = max(held, key=lambda one: self._points(region, one), default=None)
        return Row(
            region,
            company,
            held,
            self._points(region, company) if company else 0,
            self._points(region, best) if best else None,
            self.of(region, company) if company else (),
            self.of(region, best) if best else (),
        )


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
    said = phrase("plan.fields" if shared else "plan.near_fields", fields=_named(shared or wanted))
    return Ground(points, said, region.centre.source)


def nearness(one: str, other: str) -> float:
    """Tell how near two sectors are, 0 to 1; the same one is 1."""
    return 1.0 if one == other else NEARNESS.get(sector_relation(one, other) or "", 0.0)


def _named(codes: Iterable[str]) -> Names:
    names = [sectors()[code].name for code in codes]
    return Names(", ".join(one.en for one in names), ", ".join(one.ko for one in names))


def _subject(tie: Tie) -> Names:
    told = tie.subject
    return Names(told.in_("en"), told.in_("ko")) if told else Names(tie.kind.value, tie.kind.value)
