"""Owns the planner of regional pairings: which company a region is to be paired with, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from matcher.assignment import (
    Aim,
    Applicant,
    Contradiction,
    Host,
    Instance,
    NotContradictory,
    Solution,
    Status,
    explain_infeasible,
    groups_of,
    solve,
)
from matcher.phrases import phrase
from matcher.roots import Ground, Grounds, Region
from profiles import Partner, Store
from profiles.rules import Rule, RuleKind
from profiles.taxonomy import Names

SECONDS = 20.0

_MARKED = re.compile("\x02([^\x03]*)\x03")
"""An id whose name differs by language, in a sentence that is made once for both."""


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
    """A plan of pairings.

    Attributes:
        rows: the regions by code; they plan nothing where no plan was found.
        seconds: how long the search, and then that for the contradiction, might take.
        contradiction: the rules that contradict each other where no plan keeps all; None also
            where that is proven, but which rules they are was not found in time.
    """

    as_of: date
    instance: Instance
    solution: Solution
    rows: tuple[Row, ...]
    seconds: float
    contradiction: Contradiction | None = None

    @property
    def is_planned(self) -> bool:
        """Whether a plan was found."""
        return self.solution.status in (Status.OPTIMAL, Status.FEASIBLE)

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
    grounds = Grounds(store, as_of)
    kept = [_kept(grounds, region) for region in grounds.regions if region.code in set(keep)]
    instance = Instance(
        tuple(Applicant(one.code, groups_of(region=one.code)) for one in grounds.regions),
        tuple(Host(one.id, one.id, 1, most) for one in grounds.companies),
        grounds.fits(),
        (*(rule for rule in kept if rule), *rules),
    )
    solution = solve(instance, seconds=seconds, aims=(Aim.PLACED, Aim.WORST, Aim.TOTAL))
    failed = solution.status is Status.INFEASIBLE
    why = _contradiction(instance, grounds, seconds) if failed else None
    return Plan(as_of, instance, solution, _rows(grounds, solution), seconds, why)


def _contradiction(instance: Instance, grounds: Grounds, seconds: float) -> Contradiction | None:
    """Find the rules that contradict; None where the time ended before it was proven again."""
    try:
        found = explain_infeasible(instance, seconds=seconds, name=_marked)
    except NotContradictory:
        return None
    names = {one.code: one.name for one in grounds.regions}
    names |= {one.id: Names(one.name.in_("en"), one.name.in_("ko")) for one in grounds.companies}
    told = tuple(replace(one, said=_named(one.said, names)) for one in found.relaxations)
    return replace(found, said=_named(found.said, names), relaxations=told)


def _marked(id: str) -> str:
    return f"\x02{id}\x03"


def _named(said: Names, names: Mapping[str, Names]) -> Names:
    """Put the name of each language in the place of each id that is marked."""
    en = _MARKED.sub(lambda found: names[found[1]].en, said.en)
    ko = _MARKED.sub(lambda found: names[found[1]].ko, said.ko)
    return Names(en, ko)


def _kept(grounds: Grounds, region: Region) -> Rule | None:
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


def _rows(grounds: Grounds, solution: Solution) -> tuple[Row, ...]:
    planned = dict(solution.pairs)
    return tuple(
        _row(grounds, region, grounds.company(planned.get(region.code)))
        for region in grounds.regions
    )


def _row(grounds: Grounds, region: Region, company: Partner | None) -> Row:
    held = grounds.held(region)
    best = max(held, key=lambda one: grounds.points(region, one), default=None)
    return Row(
        region,
        company,
        held,
        grounds.points(region, company) if company else 0,
        grounds.points(region, best) if best else None,
        grounds.of(region, company) if company else (),
        grounds.of(region, best) if best else (),
    )
