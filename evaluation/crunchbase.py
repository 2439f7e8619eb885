"""Owns the conversion of Crunchbase's records of 2013 (investments in companies) to a test set.

Source: Crunchbase, data before 2013-12-12, CC BY, https://www.crunchbase.com.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from evaluation import dataset as names
from evaluation.errors import ConversionError
from evaluation.messages import Said, both
from evaluation.naming import unused
from evaluation.source_files import source_rows
from evaluation.writing import (
    STEPS,
    Progress,
    Written,
    given,
    most_often,
    refuse_reversed,
    silent,
    write_test_set,
)
from profiles.taxonomy import iso_region_name, map_external, normalise_region

COMPANIES = "companies.csv"
INVESTMENTS = "investments.csv"
ACQUISITIONS = "acquisitions.csv"

CUT = date(2010, 1, 1)
UNTIL = date(2011, 12, 31)
FEWEST_EARLIER = 5

_REMEDY = f"The folder must hold {COMPANIES} and {INVESTMENTS} of Crunchbase, in UTF-8."

_COMPANY_COLUMNS = ("permalink", "name", "category_code", "state_code", "city", "founded_year")
_INVESTMENT_COLUMNS = ("permalink", "investor_name", "funded_when")
_ACQUISITION_COLUMNS = ("company_permalink", "acquirer_permalink", "acquired_at")


@dataclass(frozen=True, slots=True)
class Company:
    """A company of the United States: what Crunchbase says of it, without a text."""

    id: str
    name: str
    category: str
    region: str | None
    city: str
    founded: int | None


@dataclass(frozen=True, slots=True)
class Investment:
    """An investor's part in a round of a company; a round is its company and day."""

    company: str
    investor: str
    day: date

    @property
    def round(self) -> str:
        """The id of the round."""
        return f"{self.company}@{self.day}"


def convert_crunchbase(
    source: Path,
    out: Path,
    *,
    cut: date = CUT,
    until: date = UNTIL,
    progress: Progress | None = None,
) -> Written:
    """Write a test set from `companies.csv`, `investments.csv` and `acquisitions.csv`.

    A query is a company that takes money from `cut` to `until`, both included, from an investor
    that it had no money of before; it asks on the first such day. Relevant are all such investors
    with at least five earlier investments; candidates are all investors with as many, without
    those that had invested in the company before the cut. Known are the investments before the
    cut, and the acquisitions of one company by another.

    The same source gives the same bytes.

    Args:
        source: the folder with the CSV files; `acquisitions.csv` may be missing.
        out: the folder to write; made if it is missing.
        cut: the first day that is not known.
        until: the last day on which a query is asked.
        progress: told of the way that has been gone.

    Returns:
        how much was written.

    Raises:
        ConversionError: if the source breaks its form, nothing is asked between the days, or
            `out` holds something else.
    """
    refuse_reversed(cut, until)
    tell = progress or silent
    tell("Reading Crunchbase", 0, STEPS)
    conversion = _Conversion(_read(source), cut, until)
    if not conversion.asked:
        raise ConversionError(
            value=f"{cut} to {until}",
            rule="No company takes money of a known investor between these days.",
            remedy="Choose other days.",
        )
    return write_test_set(out, conversion.files(), conversion.qrels(), conversion.about(), tell)


@dataclass(frozen=True, slots=True)
class _Records:
    companies: Mapping[str, Company]
    investments: tuple[Investment, ...]
    acquisitions: tuple[tuple[str, str, date], ...]
    notes: tuple[Said, ...]


@dataclass(frozen=True)
class _Conversion:
    """The records seen from the cut: what was known, what is asked, what was right."""

    records: _Records
    cut: date
    until: date

    @cached_property
    def past(self) -> list[Investment]:
        return [one for one in self.records.investments if one.day < self.cut]

    @cached_property
    def ids(self) -> Mapping[str, str]:
        """Ids of the investors that are known before the cut, by name."""
        found: dict[str, str] = {}
        taken = set(self.records.companies)
        for name in sorted({one.investor for one in self.past}):
            slug = "investor-" + (_slug(name) or "unnamed")
            found[name] = unused(slug, taken, "{name}-{n}")
            taken.add(found[name])
        return found

    @cached_property
    def candidates(self) -> frozenset[str]:
        """The names of the investors with at least five earlier investments."""
        counts = Counter(one.investor for one in self.past)
        return frozenset(name for name, count in counts.items() if count >= FEWEST_EARLIER)

    @cached_property
    def earlier(self) -> Mapping[str, frozenset[str]]:
        """The investors of each company before the cut."""
        found: dict[str, set[str]] = {}
        for one in self.past:
            found.setdefault(one.company, set()).add(one.investor)
        return {company: frozenset(investors) for company, investors in found.items()}

    @cached_property
    def asked(self) -> Mapping[str, list[Investment]]:
        """The investments that are answers, by company."""
        found: dict[str, list[Investment]] = {}
        for one in self.records.investments:
            if (
                self.cut <= one.day <= self.until
                and one.investor in self.candidates
                and one.investor not in self.earlier.get(one.company, ())
            ):
                found.setdefault(one.company, []).append(one)
        return dict(sorted(found.items()))

    def files(self) -> Iterator[tuple[str, Iterable[dict[str, Any]]]]:
        """Give the lines of each JSONL file."""
        known = self.earlier.keys() | self.asked.keys()
        yield names.STARTUPS, (_startup(self.records.companies[id]) for id in sorted(known))
        yield names.PARTNERS, (self._partner(name) for name in self.ids)
        yield names.TIES, self._ties(known)
        yield names.QUERIES, (self._query(company) for company in self.asked)
        yield (
            names.CANDIDATES,
            ({"query": company, "partners": self._listed(company)} for company in self.asked),
        )

    def qrels(self) -> dict[str, dict[str, int]]:
        """Give each query's relevant investors."""
        return {
            company: {self.ids[one.investor]: 1 for one in found}
            for company, found in self.asked.items()
        }

    def about(self) -> dict[str, Any]:
        """Give `dataset.json`."""
        return {
            "name": f"Crunchbase, companies that took money from {self.cut} to {self.until}",
            "cut": self.cut.isoformat(),
            "licence": "CC BY (Crunchbase, data before 2013-12-12)",
            "source": "Crunchbase, https://www.crunchbase.com",
            "language": "en",
            "cluster": both("cluster_company"),
            "split": "time",
            "notes": [
                *self.records.notes,
                both(
                    "note_crunchbase_candidates",
                    n=len(self.candidates),
                    of=len(self.ids),
                    fewest=FEWEST_EARLIER,
                ),
                both("note_crunchbase_text"),
            ],
        }

    def _listed(self, company: str) -> list[str]:
        open_ones = self.candidates - self.earlier.get(company, frozenset())
        return sorted(self.ids[name] for name in open_ones)

    def _partner(self, name: str) -> dict[str, Any]:
        sectors = most_often(self._sectors[name])
        return given(id=self.ids[name], name=name, kind="investor", sectors=sectors)

    @cached_property
    def _sectors(self) -> Mapping[str, list[str]]:
        """The sectors of all that each investor has invested in before the cut."""
        found: dict[str, list[str]] = {name: [] for name in self.ids}
        for one in self.past:
            found[one.investor] += _sectors(self.records.companies[one.company])
        return found

    def _query(self, company: str) -> dict[str, Any]:
        asks = self.records.companies[company]
        return given(
            id=company,
            startup=company,
            date=min(one.day for one in self.asked[company]).isoformat(),
            sectors=_sectors(asks),
            region=asks.region,
            cluster=company,
        )

    def _ties(self, known: Iterable[str]) -> Iterator[dict[str, Any]]:
        for one in self.past:
            yield {
                "startup": one.company,
                "partner": self.ids[one.investor],
                "kind": "investment",
                "date": one.day.isoformat(),
                "context": one.round,
                "subject": _told(self.records.companies[one.company]),
            }
        held = set(known)
        for company, acquirer, day in self.records.acquisitions:
            if day < self.cut and {company, acquirer} <= held and company != acquirer:
                yield {"a": acquirer, "b": company, "kind": "acquisition", "date": day.isoformat()}


def _startup(company: Company) -> dict[str, Any]:
    return given(
        id=company.id,
        name=company.name,
        summary=_told(company),
        region=company.region,
        sectors=_sectors(company),
        founded=company.founded,
    )


def _told(company: Company) -> str:
    """Say what is known of a company in a sentence."""
    what = f" in {company.category.replace('_', ' ')}" if company.category else ""
    state = iso_region_name(company.region, "en") if company.region else ""
    places = list(dict.fromkeys(filter(None, (company.city, state))))
    where = f", at {', '.join(places)}" if places else ""
    return f"{company.name} is a company{what}{where}."


def _sectors(company: Company) -> list[str]:
    return list(map_external("crunchbase2013", company.category)) if company.category else []


def _read(source: Path) -> _Records:
    counts: Counter[str] = Counter()
    companies = {one.id: one for one in _read_companies(source / COMPANIES)}
    investments = _read_investments(source / INVESTMENTS, companies, counts)
    acquisitions: list[tuple[str, str, date]] = []
    if (source / ACQUISITIONS).exists():
        for row in _rows(source / ACQUISITIONS, _ACQUISITION_COLUMNS):
            day = _day(row["acquired_at"])
            if day is None:
                counts["note_crunchbase_bought"] += 1
                continue
            ends = _id(row["company_permalink"]), _id(row["acquirer_permalink"])
            acquisitions.append((*ends, day))
    notes = tuple(both(key, n=count) for key, count in sorted(counts.items()))
    return _Records(companies, investments, tuple(sorted(acquisitions)), notes)


def _read_companies(path: Path) -> Iterator[Company]:
    for row in _rows(path, _COMPANY_COLUMNS):
        state = row["state_code"].strip()
        year = row["founded_year"].partition(".")[0]
        yield Company(
            id=_id(row["permalink"]),
            name=row["name"].strip(),
            category=row["category_code"].strip(),
            region=normalise_region(f"US-{state}") if state else None,
            city=row["city"].strip(),
            founded=int(year) if re.fullmatch(r"[12]\d{3}", year) else None,
        )


def _read_investments(
    path: Path, companies: Mapping[str, Company], counts: Counter[str]
) -> tuple[Investment, ...]:
    """Read the investments by day; an investor counts once in a round."""
    found: set[Investment] = set()
    for row in _rows(path, _INVESTMENT_COLUMNS):
        company, investor = _id(row["permalink"]), " ".join(row["investor_name"].split())
        day = _day(row["funded_when"])
        if day is None or not investor:
            counts["note_crunchbase_undated"] += 1
        elif company not in companies:
            counts["note_crunchbase_unknown"] += 1
        else:
            found.add(Investment(company, investor, day))
    return tuple(sorted(found, key=lambda one: (one.day, one.company, one.investor)))


def _rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    return (row for _, row in source_rows(path, columns, remedy=_REMEDY))


def _id(permalink: str) -> str:
    """Make an id of a permalink: /company/digg becomes digg."""
    return _slug(permalink.strip().removeprefix("/company/"))


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[^\w]+", "-", plain).strip("-")[:150]


def _day(text: str) -> date | None:
    """Read a day; None for what is none, which the caller counts and says."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None
