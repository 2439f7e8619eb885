"""Owns the ledger of exposure: over decisions, who applied and who got places, and who waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matcher.assignment.instance import NOT_ELIGIBLE, Applicant
from matcher.assignment.record import Record

HOME = "KR"


@dataclass(frozen=True, slots=True)
class Row:
    """What came to one region, or one partner, over all decisions.

    Attributes:
        key: the region (ISO 3166, of a country where the applicant is abroad and tells no more) or
            the partner; None: the region is unknown.
        applied: how many applied from there; for a partner, how many were eligible for it or asked
            for it.
        placed: how many of them got a place; for a partner, how many places it gave.
        applied_share: the share of all who applied, 0 to 1; placed_share: of all places.
    """

    key: str | None
    applied: int
    placed: int
    applied_share: float
    placed_share: float

    @property
    def difference(self) -> float:
        """By how much the share of the places exceeds that of those who applied, -1 to 1."""
        return self.placed_share - self.applied_share


@dataclass(frozen=True, slots=True)
class Ledger:
    """The rows by region and by partner, the most applicants first, the unknown last.

    Attributes:
        decisions: how many decisions were counted.
    """

    decisions: int
    regions: tuple[Row, ...]
    partners: tuple[Row, ...]


def exposure(decisions: Sequence[Record]) -> Ledger:
    """Count over decisions how applicants and places are shared; who applies twice counts twice.

    Shares are of what was decided, overrides included.
    """
    applied: Counter[str | None] = Counter()
    placed: Counter[str | None] = Counter()
    asked: Counter[str | None] = Counter()
    given: Counter[str | None] = Counter()
    for record in decisions:
        got = {applicant for applicant, _ in record.pairs}
        applied.update(region_of(one) for one in record.instance.applicants)
        placed.update(region_of(one) for one in record.instance.applicants if one.id in got)
        asked.update(_asked(record))
        partner = {one.id: one.partner for one in record.instance.hosts}
        given.update(partner[host] for _, host in record.pairs)
    return Ledger(len(decisions), _rows(applied, placed), _rows(asked, given))


def waiting(decisions: Sequence[Record]) -> dict[str, int]:
    """Count for everyone the last decisions in a row, oldest first, that left it without a place.

    Who was eligible nowhere was not left waiting, and is not counted for that decision. What is
    counted becomes `Applicant.waited` of the next cohort.
    """
    waited: dict[str, int] = {}
    for record in decisions:
        got = {applicant for applicant, _ in record.pairs}
        eligible = [bool((row > NOT_ELIGIBLE).any()) for row in record.instance.fits]
        for one, could in zip(record.instance.applicants, eligible, strict=True):
            waited[one.id] = 0 if one.id in got else waited.get(one.id, 0) + could
    return waited


def region_of(one: Applicant) -> str | None:
    """Tell an applicant's region, or its country where it is abroad; None where it is unknown."""
    known = sorted(one.groups.get("region", ())) or sorted(one.groups.get("country", ()))
    return known[0] if known and known[0] != HOME else None


def _asked(record: Record) -> Iterable[str]:
    """Name the partner once for each applicant that was eligible for it or asked for it."""
    for a, one in enumerate(record.instance.applicants):
        yield from {
            host.partner
            for h, host in enumerate(record.instance.hosts)
            if record.instance.fits[a, h] > NOT_ELIGIBLE or host.id in one.wishes
        }


def _rows(applied: Counter[str | None], placed: Counter[str | None]) -> tuple[Row, ...]:
    every, all_placed = max(applied.total(), 1), max(placed.total(), 1)
    rows = [
        Row(key, applied[key], placed[key], applied[key] / every, placed[key] / all_placed)
        for key in {*applied, *placed}
    ]
    return tuple(sorted(rows, key=lambda row: (row.key is None, -row.applied, row.key or "")))
