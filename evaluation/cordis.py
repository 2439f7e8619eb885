"""Owns the conversion of CORDIS records (EU research projects) to a test set.

Source: CORDIS, European Union, CC BY 4.0, https://cordis.europa.eu.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from evaluation import dataset as names
from evaluation.cordis_source import Organisation, Project, Records, read_records
from evaluation.errors import ConversionError
from evaluation.masking import mask
from evaluation.messages import Said, both
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
from profiles.taxonomy import iso_region_name, map_external

CUT = date(2024, 7, 1)
UNTIL = date(2024, 12, 31)

LONGEST_SUBJECT = 1_500
LONGEST_SHARE = 1_000
SHARED_PROJECTS = 5

TRACKS: Mapping[str, frozenset[str]] = {
    "research": frozenset({"university", "research_institute"}),
    "large": frozenset({"conglomerate"}),
}
"""The partners that each track asks for, by kind."""

NEWCOMERS = "_new"
"""Ends the name of a track whose candidates have no past."""


def convert(
    source: Path,
    out: Path,
    *,
    cut: date = CUT,
    until: date = UNTIL,
    newcomers: bool = True,
    mask_names: bool = False,
    progress: Progress | None = None,
) -> Written:
    """Write a test set from `projects.csv` and `participations.csv`.

    A query is a startup (SME, private for profit) in a project that starts from `cut` to `until`,
    both included, and is no coordination action (CSA); what it seeks is the project's own text.
    Relevant are the project's other members: universities and research organisations in the
    track `research`, companies that are no SME in the track `large`. Candidates of a track are
    the partners of its kinds that took part in any project before the cut. Those that appear
    later are relevant and candidates in `research_new` and `large_new` (with `newcomers`): among
    partners with a past, a partner without one would be there only because it is an answer.

    The same source gives the same bytes.

    Args:
        source: the folder with the two CSV files.
        out: the folder to write; made if it is missing.
        cut: the first day that is not known.
        until: the last day on which a query's project starts.
        newcomers: whether to write the tracks of partners without a past.
        mask_names: whether to take the names of a project's members out of what is sought.
        progress: told of the way that has been gone.

    Returns:
        how much was written.

    Raises:
        ConversionError: if the source breaks its form, nothing is asked between the days, or
            `out` holds something else.
    """
    refuse_reversed(cut, until)
    tell = progress or silent
    tell("Reading CORDIS", 0, STEPS)
    conversion = _Conversion(read_records(source), cut, until, newcomers, mask_names)
    if not conversion.asked:
        raise ConversionError(
            value=f"{cut} to {until}",
            rule="No startup takes part in a project that starts between these days.",
            remedy="Choose other days; the records start and end with their projects.",
        )
    return write_test_set(out, conversion.files(), conversion.qrels(), conversion.about(), tell)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One query: a startup in a project, on a track."""

    project: Project
    startup: Organisation
    track: str
    relevant: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"{self.project.id}-{self.startup.pic}-{self.track}"


@dataclass(frozen=True)
class _Conversion:
    """The records seen from the cut: what was known, what is asked, what was right."""

    records: Records
    cut: date
    until: date
    newcomers: bool
    mask_names: bool

    @cached_property
    def past(self) -> list[Project]:
        return [project for project in self.records.projects if project.start < self.cut]

    @cached_property
    def asking(self) -> list[Project]:
        """The projects that queries come from: within the days, no coordination actions."""
        return [
            project
            for project in self.records.projects
            if self.cut <= project.start <= self.until and not project.coordinates
        ]

    @cached_property
    def known(self) -> Mapping[str, list[Project]]:
        """Each organisation's projects before the cut, oldest first."""
        found: dict[str, list[Project]] = {}
        for project in self.past:
            for member in self.records.members[project.id]:
                found.setdefault(member.pic, []).append(project)
        return found

    @cached_property
    def tracks(self) -> Mapping[str, frozenset[str]]:
        """The candidates of each track."""
        later = {
            member.pic for project in self.asking for member in self.records.members[project.id]
        }
        tracks = {}
        for name, kinds in TRACKS.items():
            of_kind = {o.pic for o in self.records.organisations.values() if o.kind in kinds}
            tracks[name] = frozenset(of_kind & self.known.keys())
            if self.newcomers:
                tracks[name + NEWCOMERS] = frozenset((of_kind & later) - self.known.keys())
        return tracks

    @cached_property
    def asked(self) -> list[_Asked]:
        return sorted(self._asked(), key=lambda asked: asked.id)

    def _asked(self) -> Iterator[_Asked]:
        for project in self.asking:
            members = self.records.members[project.id]
            for startup in (member for member in members if member.is_startup):
                for track, candidates in self.tracks.items():
                    relevant = sorted(m.pic for m in members if m.pic in candidates)
                    if relevant:
                        yield _Asked(project, startup, track, tuple(relevant))

    def files(self) -> Iterator[tuple[str, Iterable[dict[str, Any]]]]:
        """Give the lines of each JSONL file."""
        yield names.STARTUPS, map(self._startup, self._organisations(startups=True))
        yield names.PARTNERS, map(self._partner, self._organisations(startups=False))
        yield names.TIES, self._ties()
        yield names.QUERIES, map(self._query, self.asked)
        listed = {track: sorted(candidates) for track, candidates in self.tracks.items()}
        yield (
            names.CANDIDATES,
            ({"query": asked.id, "partners": listed[asked.track]} for asked in self.asked),
        )

    def qrels(self) -> dict[str, dict[str, int]]:
        """Give each query's relevant partners."""
        return {asked.id: dict.fromkeys(asked.relevant, 1) for asked in self.asked}

    def about(self) -> dict[str, Any]:
        """Give `dataset.json`."""
        return {
            "name": f"CORDIS, startups in projects from {self.cut} to {self.until}",
            "cut": self.cut.isoformat(),
            "licence": "CC BY 4.0",
            "source": "CORDIS, (c) European Union, https://cordis.europa.eu",
            "language": "en",
            "cluster": both("cluster_project"),
            "notes": [*self.records.notes, *self._newcomer_notes(), *self._mask_notes()],
        }

    def _newcomer_notes(self) -> Iterator[Said]:
        for name, kinds in TRACKS.items():
            members = [
                member.pic in self.known
                for project in self.asking
                if any(m.is_startup for m in self.records.members[project.id])
                for member in self.records.members[project.id]
                if member.kind in kinds
            ]
            yield both(
                "note_cordis_newcomers" if self.newcomers else "note_cordis_newcomers_out",
                track=name,
                new=members.count(False),
                n=len(members),
                where=name + NEWCOMERS,
            )

    def _mask_notes(self) -> Iterator[Said]:
        if self.mask_names:
            sought = {asked.project.id: _sought(asked.project) for asked in self.asked}
            count = sum(sought[id] != text for id, text in self._masked.items())
            yield both("note_cordis_masked", n=count, of=len(sought))

    def _query(self, asked: _Asked) -> dict[str, Any]:
        project = asked.project
        return given(
            id=asked.id,
            startup=asked.startup.pic,
            date=project.start.isoformat(),
            seeking=self._masked[project.id] if self.mask_names else _sought(project),
            sectors=_sectors(project),
            region=asked.startup.region,
            cluster=project.id,
            track=asked.track,
        )

    @cached_property
    def _masked(self) -> Mapping[str, str]:
        """What each project that is asked for seeks, without the names of its members."""
        return {
            project.id: mask(
                _sought(project),
                {
                    name
                    for member in self.records.members[project.id]
                    for name in self.records.names[member.pic]
                },
            )
            for project in {asked.project.id: asked.project for asked in self.asked}.values()
        }

    def _organisations(self, *, startups: bool) -> list[Organisation]:
        """Give those of one side that are known before the cut, asked for, or asking."""
        wanted = self.known.keys() | {asked.startup.pic for asked in self.asked}
        wanted |= {pic for candidates in self.tracks.values() for pic in candidates}
        found = (self.records.organisations[pic] for pic in sorted(wanted))
        return [organisation for organisation in found if organisation.is_startup is startups]

    def _startup(self, organisation: Organisation) -> dict[str, Any]:
        return {**self._profile(organisation), "summary": self._summary(organisation)}

    def _partner(self, organisation: Organisation) -> dict[str, Any]:
        return {**self._profile(organisation), "kind": organisation.kind}

    def _profile(self, organisation: Organisation) -> dict[str, Any]:
        past = self.known.get(organisation.pic, ())
        often = most_often(code for project in past for code in _sectors(project))
        return given(
            id=organisation.pic,
            name=organisation.name,
            region=organisation.region,
            sectors=often,
        )

    def _summary(self, organisation: Organisation) -> str:
        """Say where a startup is, and what its newest projects before the cut were about."""
        where = [
            organisation.city,
            iso_region_name(organisation.region, "en") if organisation.region else "",
        ]
        said = [f"{organisation.name} is a small or medium-sized company"]
        said[0] += f" in {', '.join(filter(None, where))}." if any(where) else "."
        newest = reversed(self.known.get(organisation.pic, [])[-SHARED_PROJECTS:])
        said += [_about_project(project, LONGEST_SHARE) for project in newest]
        return "\n".join(said)

    def _ties(self) -> Iterator[dict[str, Any]]:
        for project in self.past:
            coordinator = self.records.coordinators.get(project.id, "")
            for ends in _pairs(self.records.members[project.id], coordinator):
                yield given(
                    **ends,
                    kind="collaboration",
                    date=project.start.isoformat(),
                    context=project.id,
                    subject=_about_project(project, LONGEST_SUBJECT),
                )


def _pairs(members: Iterable[Organisation], coordinator: str) -> Iterator[dict[str, str]]:
    """Join each startup with each partner, and whoever is then alone with the coordinator."""
    ordered = sorted(members, key=lambda member: member.pic)
    startups = [member for member in ordered if member.is_startup]
    partners = [member for member in ordered if not member.is_startup]
    if startups and partners:
        for startup in startups:
            yield from ({"startup": startup.pic, "partner": other.pic} for other in partners)
    else:
        for member in ordered:
            if member.pic != coordinator:
                yield {"a": coordinator, "b": member.pic}


def _sought(project: Project) -> str:
    return ". ".join(filter(None, (project.title, project.objective, project.topic)))


def _sectors(project: Project) -> list[str]:
    """Map a project's EuroSciVoc paths to sectors, without repeats."""
    return list(
        dict.fromkeys(code for path in project.fields for code in map_external("euroscivoc", path))
    )


def _about_project(project: Project, limit: int) -> str:
    return _bounded(f"{project.title}. {project.objective}", limit)


def _bounded(text: str, limit: int) -> str:
    """Cut a text at a word's end, at most `limit` characters long."""
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= limit else text[: limit - 1].rsplit(" ", 1)[0] + "…"
