"""Owns the reading of CORDIS' CSV files: which project, which organisation, which side."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from evaluation.errors import ConversionError
from profiles.taxonomy import normalise_region

PROJECTS = "projects.csv"
PARTICIPATIONS = "participations.csv"

_PROJECT_COLUMNS = (
    "id", "title", "startDate", "fundingScheme", "objective", "euroSciVocPaths", "topic_title"
)  # fmt: skip
_PARTICIPATION_COLUMNS = (
    "projectID", "pic", "name", "SME", "activityType", "city", "country", "order", "role"
)  # fmt: skip

_COUNTRIES = {"UK": "GB", "EL": "GR"}
"""The European Union's own codes, by those of ISO 3166."""

_KINDS = {
    "HES": "university",
    "REC": "research_institute",
    "PRC": "conglomerate",
    "PUB": "public_agency",
    "OTH": "public_agency",
}
"""Partner kinds by CORDIS' activity types; PRC (private for profit) where it is no SME."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project: what it is about and when it started."""

    id: str
    title: str
    objective: str
    topic: str
    start: date
    coordinates: bool
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation, by its participant identification code (PIC)."""

    pic: str
    name: str
    city: str
    region: str | None
    kind: str | None

    @property
    def is_startup(self) -> bool:
        """Whether it is on the startups' side; it then has no partner kind."""
        return self.kind is None


@dataclass(frozen=True, slots=True)
class Records:
    """Projects by start and id, the members of each, its coordinator, and what was set aside."""

    projects: tuple[Project, ...]
    organisations: Mapping[str, Organisation]
    members: Mapping[str, tuple[Organisation, ...]]
    coordinators: Mapping[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of `participations.csv`."""

    project: str
    order: float
    is_coordinator: bool
    sme: bool | None
    activity: str
    organisation: Organisation


def read_records(source: Path) -> Records:
    """Read the two files of a folder.

    An organisation is on one side only, by the SME flag of its earliest project: a later flag
    is not known yet. A sole person (private, without an SME flag) is on neither side and left
    out. Where a project names an organisation twice, the coordinator's row is kept.

    Raises:
        ConversionError: if a file or a column is missing, or a line breaks the form.
    """
    counts: Counter[str] = Counter()
    projects = {project.id: project for project in _read_projects(source / PROJECTS, counts)}
    rows = _without_repeats(_read_participations(source / PARTICIPATIONS, projects, counts), counts)
    ordered = sorted(projects.values(), key=lambda project: (project.start, project.id))
    place = {project.id: number for number, project in enumerate(ordered)}
    organisations: dict[str, Organisation] = {}
    members: dict[str, list[Organisation]] = {project.id: [] for project in ordered}
    coordinators: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: (place[row.project], _seniority(row))):
        if row.activity == "PRC" and row.sme is None:
            counts["rows of sole persons (private, no SME flag), left out"] += 1
            continue
        organisation = organisations.setdefault(row.organisation.pic, row.organisation)
        members[row.project].append(organisation)
        coordinators.setdefault(row.project, organisation.pic)
    return Records(
        projects=tuple(ordered),
        organisations=organisations,
        members={id: tuple(found) for id, found in members.items()},
        coordinators=coordinators,
        notes=tuple(f"{what}: {count}" for what, count in sorted(counts.items())),
    )


def _seniority(row: _Row) -> tuple[bool, float, str]:
    """Order the members of a project: the coordinator, then as listed."""
    return not row.is_coordinator, row.order, row.organisation.pic


def _without_repeats(rows: Iterator[_Row], counts: Counter[str]) -> list[_Row]:
    kept: dict[tuple[str, str], _Row] = {}
    for row in rows:
        key = (row.project, row.organisation.pic)
        if key in kept:
            counts["organisations named twice in a project, the senior row kept"] += 1
        kept[key] = min(kept.get(key, row), row, key=_seniority)
    return list(kept.values())


def _read_projects(path: Path, counts: Counter[str]) -> Iterator[Project]:
    seen: set[str] = set()
    for number, row in _read_rows(path, _PROJECT_COLUMNS):
        if row["id"] in seen or not row["id"]:
            raise _broken(path, number, "id", row["id"], "The id is missing or stands twice.")
        seen.add(row["id"])
        start = _read_date(path, number, row["startDate"])
        if start is None:
            counts["projects without a start, left out"] += 1
            continue
        yield Project(
            id=row["id"],
            title=_tidy(row["title"]),
            objective=_tidy(row["objective"]),
            topic=_tidy(row["topic_title"]),
            start=start,
            coordinates="CSA" in row["fundingScheme"].upper().split("-"),
            fields=tuple(filter(None, map(str.strip, row["euroSciVocPaths"].split("|")))),
        )


def _read_date(path: Path, number: int, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise _broken(path, number, "startDate", text, "This is not a date.") from error


def _read_participations(
    path: Path, projects: Mapping[str, Project], counts: Counter[str]
) -> Iterator[_Row]:
    for number, row in _read_rows(path, _PARTICIPATION_COLUMNS):
        if not row["pic"] or not row["name"]:
            raise _broken(path, number, "pic", row["pic"], "The organisation has no code or name.")
        if row["activityType"] not in _KINDS:
            counts["rows of an unknown activity type, left out"] += 1
        elif row["projectID"] not in projects:
            counts["rows of unknown projects, left out"] += 1
        else:
            yield _read_row(row)


def _read_row(row: Mapping[str, str]) -> _Row:
    sme = {"true": True, "1": True, "false": False, "0": False}.get(row["SME"].lower())
    startup = row["activityType"] == "PRC" and sme is True
    return _Row(
        project=row["projectID"],
        order=_read_number(row["order"]),
        is_coordinator=row["role"] == "coordinator",
        sme=sme,
        activity=row["activityType"],
        organisation=Organisation(
            pic=row["pic"],
            name=_unquoted(row["name"]),
            city=_tidy(row["city"]),
            region=_region(row["country"]),
            kind=None if startup else _KINDS[row["activityType"]],
        ),
    )


def _read_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("inf")


def _region(country: str) -> str | None:
    """Read a country as ISO 3166 has it; None where it has none (Kosovo) or none is given."""
    code = _COUNTRIES.get(country.upper(), country.upper())
    return normalise_region(code) if code else None


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _unquoted(name: str) -> str:
    """Undo a second quoting: some names stand in quotes, with each quote in them doubled."""
    name = _tidy(name)
    if len(name) > 1 and name[0] == name[-1] == '"' and '""' in name:
        name = name[1:-1].replace('""', '"')
    return name.strip()


def _read_rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (number of the last line, column → cell) of a CSV file's rows.

    Raises:
        ConversionError: if the file is missing, not UTF-8, no CSV, or lacks a column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise _broken(path, 1, missing[0], reader.fieldnames, "The column is missing.")
            for row in reader:
                yield reader.line_num, {column: row[column] or "" for column in columns}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConversionError(
            value=path,
            rule=f"The file cannot be read ({getattr(error, 'strerror', None) or error}).",
            remedy=f"Give a folder with {PROJECTS} and {PARTICIPATIONS} of CORDIS, in UTF-8.",
        ) from error


def _broken(path: Path, number: int, column: str, value: object, rule: str) -> ConversionError:
    return ConversionError(
        value=value,
        rule=f"{path.name}, line {number}, {column}: {rule}",
        remedy="Mend the line, or fetch the file anew.",
    )
