"""Owns the ledger of exposure: over decisions, who applied and who got places, and who waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from matcher.assignment.instance import NOT_ELIGIBLE, Applicant
from matcher.assignment.record import Record

HOME = "KR"


@dataclass(frozen=True, slots=True)
class Round:
    """A decided round.

    Attributes:
        record: of its final decision.
        pairs: (applicant, host) as they stand by now; those that were decided if None.
        barred: those who applied, and are in no record because no rule of eligibility lets them.
        screened: those who are in none because a screening took them out.
    """

    record: Record
    pairs: tuple[tuple[str, str], ...] | None = None
    barred: tuple[Applicant, ...] = ()
    screened: tuple[Applicant, ...] = ()

    @property
    def held(self) -> tuple[tuple[str, str], ...]:
        """The pairs as they stand."""
        return self.record.pairs if self.pairs is None else self.pairs


@dataclass(frozen=True, slots=True)
class Row:
    """What came to one region, or one partner, over all decisions.

    Attributes:
        key: the region (ISO 3166, of a country where the applicant is abroad and tells no more) or
            the partner; None: the region is unknown.
        applied: how many applied from there; for a partner, how many asked for it, or named no
            wish.
        eligible: how many of them met the rules somewhere; for a partner, how many met them there,
            of those among whom places were given out.
        placed: how many of them have a place; for a partner, how many places of it are taken.
        applied_share: the share of all who applied, 0 to 1; placed_share: of all places.
    """

    key: str | None
    applied: int
    eligible: int
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


def exposure(rounds: Sequence[Round]) -> Ledger:
    """Count over rounds how applicants and places are shared; who applies twice counts twice.

    Places are those that stand by now: overrides, declines and who moved up included.
    """
    regions, partners = _Counts(), _Counts()
    for one in rounds:
        _count_regions(regions, one)
        _count_partners(partners, one)
    return Ledger(len(rounds), regions.rows(), partners.rows())


def waiting(rounds: Sequence[Round]) -> dict[str, int]:
    """Count for everyone the last rounds in a row, oldest first, that left it without a place.

    Who was eligible nowhere was not left waiting, and is not counted for that round; who gave its
    place back had one, and who moved up from the reserve has one. What is counted becomes
    `Applicant.waited` of the next cohort.
    """
    waited: dict[str, int] = {}
    for round_ in rounds:
        instance = round_.record.instance
        got = {applicant for applicant, _ in (*round_.record.pairs, *round_.held)}
        got |= round_.record.left
        for one, could in zip(instance.applicants, _eligible(round_.record), strict=True):
            waited[one.id] = 0 if one.id in got else waited.get(one.id, 0) + could
    return waited


class _Counts:
    """How many applied, were eligible and have a place, by key."""

    def __init__(self) -> None:
        self.applied: Counter[str | None] = Counter()
        self.eligible: Counter[str | None] = Counter()
        self.placed: Counter[str | None] = Counter()

    def rows(self) -> tuple[Row, ...]:
        """Give the rows, the most applicants first, the unknown last."""
        every, places = max(self.applied.total(), 1), max(self.placed.total(), 1)
        rows = [
            Row(
                *(key, self.applied[key], self.eligible[key], self.placed[key]),
                *(self.applied[key] / every, self.placed[key] / places),
            )
            for key in {*self.applied, *self.eligible, *self.placed}
        ]
        return tuple(sorted(rows, key=lambda row: (row.key is None, -row.applied, row.key or "")))


def _eligible(record: Record) -> list[bool]:
    """Tell of each applicant of a record whether it was eligible anywhere."""
    return [bool((row > NOT_ELIGIBLE).any()) for row in record.instance.fits]


def _count_regions(counts: _Counts, round_: Round) -> None:
    inside = round_.record.instance.applicants
    got = {applicant for applicant, _ in round_.held}
    could = [one for one, can in zip(inside, _eligible(round_.record), strict=True) if can]
    counts.applied.update(map(region_of, (*inside, *round_.barred, *round_.screened)))
    counts.eligible.update(map(region_of, (*could, *round_.screened)))
    counts.placed.update(region_of(one) for one in inside if one.id in got)


def _count_partners(counts: _Counts, round_: Round) -> None:
    instance = round_.record.instance
    partner = {one.id: one.partner for one in instance.hosts}
    for one in (*instance.applicants, *round_.barred, *round_.screened):
        counts.applied.update({partner[at] for at in one.wishes or partner if at in partner})
    for row in instance.fits:
        hosts = zip(instance.hosts, row, strict=True)
        counts.eligible.update({host.partner for host, fit in hosts if fit > NOT_ELIGIBLE})
    counts.placed.update(partner[host] for _, host in round_.held if host in partner)


def region_of(one: Applicant) -> str | None:
    """Tell an applicant's region, or its country where it is abroad; None where it is unknown."""
    known = sorted(one.groups.get("region", ())) or sorted(one.groups.get("country", ()))
    return known[0] if known and known[0] != HOME else None
