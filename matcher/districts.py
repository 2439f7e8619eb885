"""Owns the proposal of further special districts: which province, for which technology, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product

import numpy as np

from matcher.assignment import (
    NOT_ELIGIBLE,
    UNIT,
    Aim,
    Applicant,
    Host,
    Instance,
    Solution,
    Status,
    groups_of,
    solve,
)
from matcher.phrases import phrase
from profiles import PartnerKind, Programme, Side, Store
from profiles.errors import CodedError
from profiles.kinds import ProgrammeKind, Support
from profiles.rules import Rule, RuleKind
from profiles.store import ListedRow
from profiles.taxonomy import Names, provinces, region_name, sectors

STRATEGIC = "strategic-technology"
"""The programme of the catalogue whose sectors are the national strategic technologies."""

CAPITAL = "balance"
"""The id of the rule that keeps districts out of the capital area."""

SECONDS = 20.0
_RESEARCH = (PartnerKind.RESEARCH_INSTITUTE, PartnerKind.UNIVERSITY, PartnerKind.HOSPITAL)
_COMPANIES = (PartnerKind.CONGLOMERATE, PartnerKind.GLOBAL_COMPANY)


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of those who make a district: the points of each one, and how many count at most."""

    code: str
    each: int
    most: int

    @property
    def name(self) -> Names:
        """What they are called."""
        return phrase(f"district.{self.code}")


SORTS = (
    Sort("startups", 8, 5),
    Sort("exempt", 8, 3),
    Sort("research", 6, 3),
    Sort("companies", 6, 3),
)
"""40 points for startups, 24 for those that seek exemption from regulation, 18 for institutes,
universities and hospitals, 18 for companies: 100 at most."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A province and a strategic sector, with those who would make the district.

    Attributes:
        members: by the code of `SORTS`, the ids of the profiles of it, ascending.
        because: why it is not proposed; None where it is, or where others only fit better.
    """

    region: str
    sector: str
    members: Mapping[str, tuple[str, ...]]
    because: Names | None = None

    @property
    def points(self) -> int:
        """What speaks for it, in points, 0 to 100."""
        return sum(sort.each * min(len(self.members[sort.code]), sort.most) for sort in SORTS)

    @property
    def name(self) -> Names:
        """The province and the sector."""
        code, field = self.region, sectors()[self.sector].name
        return Names(
            f"{region_name(code, 'en')}: {field.en}", f"{region_name(code, 'ko')}: {field.ko}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """Districts that are proposed, the best first, and those that are not.

    Attributes:
        chosen: the candidates of the solution.
        others: the best candidate of each further province, with why it is left.
        balanced: whether the capital area was left out.
        seconds: how long the search might take.
    """

    as_of: date
    instance: Instance
    solution: Solution
    chosen: tuple[Candidate, ...]
    others: tuple[Candidate, ...]
    balanced: bool
    seconds: float = SECONDS


def propose_districts(
    store: Store,
    *,
    as_of: date,
    most: int = 3,
    balanced: bool = True,
    left_out: Collection[str] = (),
    seconds: float = SECONDS,
) -> Proposal:
    """Propose further districts: no province twice, no sector twice, where startups are.

    A province that has a district on the day gets no other one. First as many as are asked for are
    sought, then the weakest of them is made as strong as it can be, then their sum.

    Args:
        store: with startups, partners, districts and the strategic technologies.
        as_of: the day whose districts count.
        most: the most districts that are proposed.
        balanced: whether the capital area is left out.
        left_out: provinces that are left out, by code.
        seconds: how long the search may take.

    Raises:
        CodedError: if the store does not hold the strategic technologies.
        ValueError: for a province that there is not.
    """
    if unknown := set(left_out) - provinces().keys():
        raise ValueError(f"no such province: {sorted(unknown)}")
    found = _candidates(store)
    taken = _taken(store.programmes(), as_of)
    free = [one for one in found if one.region not in taken and one.region not in left_out]
    instance = _instance(free, _rules(most, balanced))
    solution = solve(instance, seconds=seconds, aims=(Aim.PLACED, Aim.WORST, Aim.TOTAL))
    pairs = set(solution.pairs)
    chosen = [one for one in free if (one.region, one.sector) in pairs]
    out = _left_out(taken, left_out, balanced)
    others = tuple(
        replace(one, because=out.get(one.region) or _beaten(one, chosen, solution))
        for one in _others(found, chosen)
    )
    return Proposal(
        as_of, instance, solution, tuple(_best_first(chosen)), others, balanced, seconds
    )


def _rules(most: int, balanced: bool) -> tuple[Rule, ...]:
    asked: list[Mapping[str, object]] = [{"id": "districts", "kind": RuleKind.TOTAL, "high": most}]
    if balanced:
        said = phrase("district.balance")
        area = {"group": "area:capital", "high": 0, "reason": {"en": said.en, "ko": said.ko}}
        asked.append({"id": CAPITAL, "kind": RuleKind.QUOTA, **area})
    return tuple(map(Rule.model_validate, asked))


def _instance(candidates: Sequence[Candidate], rules: tuple[Rule, ...]) -> Instance:
    rows = sorted({one.region for one in candidates})
    columns = sorted({one.sector for one in candidates})
    fits = np.full((len(rows), len(columns)), NOT_ELIGIBLE, np.int64)
    for one in candidates:
        fits[rows.index(one.region), columns.index(one.sector)] = one.points * UNIT
    return Instance(
        tuple(Applicant(code, groups_of(region=code)) for code in rows),
        tuple(Host(code, code, 0, 1) for code in columns),
        fits,
        rules,
    )


def _candidates(store: Store) -> list[Candidate]:
    """Give each province and strategic sector in which a startup works, by both codes."""
    wanted = _strategic(store)
    members: dict[tuple[str, str], dict[str, list[str]]] = {}
    for one in store.listed():
        for at in product(_places(one), wanted & set(one.fields.get("sectors", ()))):
            kept = members.setdefault(at, {sort.code: [] for sort in SORTS})
            for code in _sorts_of(one):
                kept[code].append(one.id)
    return [
        Candidate(region, sector, {code: tuple(sorted(held)) for code, held in kept.items()})
        for (region, sector), kept in sorted(members.items())
        if kept["startups"]
    ]


def _strategic(store: Store) -> set[str]:
    named = next((one for one in store.programmes() if one.id == STRATEGIC), None)
    if named is None or not named.sectors:
        raise CodedError("programme", "district_no_strategic", STRATEGIC)
    return set(named.sectors)


def _places(one: ListedRow) -> set[str]:
    return {one.fields.get("region"), *one.fields.get("sites", ())} & provinces().keys()


def _sorts_of(one: ListedRow) -> Iterable[str]:
    if one.side is Side.STARTUP:
        exempt = Support.REGULATORY_EXEMPTION in one.fields.get("seeks", ())
        return ("startups", "exempt") if exempt else ("startups",)
    kind = one.fields.get("kind")
    if kind in _RESEARCH:
        return ("research",)
    return ("companies",) if kind in _COMPANIES else ()


def _taken(programmes: Iterable[Programme], day: date) -> dict[str, Programme]:
    return {
        region: one
        for one in programmes
        if one.kind is ProgrammeKind.SPECIAL_DISTRICT
        and (one.valid_from is None or one.valid_from <= day)
        and (one.valid_to is None or day <= one.valid_to)
        for region in one.regions
    }


def _others(found: Sequence[Candidate], chosen: Sequence[Candidate]) -> list[Candidate]:
    """Give the best candidate of each province without a chosen one, the best first."""
    regions = {one.region for one in chosen}
    best: dict[str, Candidate] = {}
    for one in _best_first([one for one in found if one.region not in regions]):
        best.setdefault(one.region, one)
    return list(best.values())


def _left_out(
    taken: Mapping[str, Programme], left_out: Collection[str], balanced: bool
) -> dict[str, Names]:
    """Say of each province that is not looked at why."""
    capital = [code for code in provinces() if "capital" in groups_of(region=code).get("area", ())]
    found = dict.fromkeys(capital, phrase("district.balance")) if balanced else {}
    found |= dict.fromkeys(left_out, phrase("district.left_out"))
    return found | {
        region: phrase("district.taken", programme=one.name) for region, one in taken.items()
    }


def _beaten(one: Candidate, chosen: Sequence[Candidate], solution: Solution) -> Names:
    """Say what stands before a candidate that was looked at; unknown if the search did not end."""
    if solution.status is not Status.OPTIMAL:
        return phrase("district.unsettled")
    given = one.sector in {other.sector for other in chosen}
    return phrase("district.sector_given" if given else "district.others_fit_better")


def _best_first(candidates: Iterable[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda one: (-one.points, one.region, one.sector))
