"""Owns the reading of CORDIS' CSV files: which project, which organisation, which side."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from evaluation.messages import Said, both
from evaluation.source_files import broken, source_rows
from profiles.taxonomy import normalise_region

PROJECTS = "projects.csv"
PARTICIPATIONS = "participations.csv"

_PROJECT_COLUMNS = (
    "id", "title", "startDate", "fundingScheme", "objective", "euroSciVocPaths", "topic_title"
)  # fmt: skip
_PARTICIPATION_COLUMNS = (
    "projectID", "pic", "name", "SME", "activityType", "city", "country", "order", "role"
)  # fmt: skip

_REMEDY = f"Give a folder with {PROJECTS} and {PARTICIPATIONS} of CORDIS, in UTF-8."

_SHORT = "shortName"

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
    """Projects by start and id, the members of each, its coordinator, and what was set aside.

    `names` are all names, long and short, that an organisation has in any project, by code.
    """

    projects: tuple[Project, ...]
    organisations: Mapping[str, Organisation]
    members: Mapping[str, tuple[Organisation, ...]]
    coordinators: Mapping[str, str]
    names: Mapping[str, frozenset[str]]
    notes: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of `participations.csv`."""

    project: str
    order: float
    is_coordinator: bool
    sme: bool | None
    activity: str
    short_name: str
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
    every = list(_read_participations(source / PARTICIPATIONS, projects, counts))
    rows = _without_repeats(every, counts)
    ordered = sorted(projects.values(), key=lambda project: (project.start, project.id))
    place = {project.id: number for number, project in enumerate(ordered)}
    organisations: dict[str, Organisation] = {}
    members: dict[str, list[Organisation]] = {project.id: [] for project in ordered}
    coordinators: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: (place[row.project], _seniority(row))):
        if row.activity == "PRC" and row.sme is None:
            counts["note_cordis_persons"] += 1
            continue
        organisation = organisations.setdefault(row.organisation.pic, row.organisation)
        members[row.project].append(organisation)
        coordinators.setdefault(row.project, organisation.pic)
    return Records(
        projects=tuple(ordered),
        organisations=organisations,
        members={id: tuple(found) for id, found in members.items()},
        coordinators=coordinators,
        names=_names(every),
        notes=tuple(both(key, n=count) for key, count in sorted(counts.items())),
    )


def _names(rows: Iterable[_Row]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.organisation.pic, set()).update((
            row.organisation.name,
            row.short_name,
        ))
    return {pic: frozenset(filter(None, names)) for pic, names in found.items()}


def _seniority(row: _Row) -> tuple[bool, float, str]:
    """Order the members of a project: the coordinator, then as listed."""
    return not row.is_coordinator, row.order, row.organisation.pic


def _without_repeats(rows: Iterable[_Row], counts: Counter[str]) -> list[_Row]:
    kept: dict[tuple[str, str], _Row] = {}
    for row in rows:
        key = (row.project, row.organisation.pic)
        if key in kept:
            counts["note_cordis_repeats"] += 1
        kept[key] = min(kept.get(key, row), row, key=_seniority)
    return list(kept.values())


def _read_projects(path: Path, counts: Counter[str]) -> Iterator[Project]:
    seen: set[str] = set()
    for number, row in source_rows(path, _PROJECT_COLUMNS, remedy=_REMEDY):
        if row["id"] in seen or not row["id"]:
            raise broken(path, number, "id", row["id"], "The id is missing or stands twice.")
        seen.add(row["id"])
        start = _read_date(path, number, row["startDate"])
        if start is None:
            counts["note_cordis_no_start"] += 1
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
        raise broken(path, number, "startDate", text, "This is not a date.") from error


def _read_participations(
    path: Path, projects: Mapping[str, Project], counts: Counter[str]
) -> Iterator[_Row]:
    for number, row in source_rows(path, _PARTICIPATION_COLUMNS, remedy=_REMEDY, also=(_SHORT,)):
        if not row["pic"] or not row["name"]:
            raise broken(path, number, "pic", row["pic"], "The organisation has no code or name.")
        if row["activityType"] not in _KINDS:
            counts["note_cordis_activity"] += 1
        elif row["projectID"] not in projects:
            counts["note_cordis_unknown"] += 1
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
        short_name=_tidy(row[_SHORT]),
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
