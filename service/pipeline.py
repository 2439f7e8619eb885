"""Owns what the board of the pipeline shows: its columns, filters and tables."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from profiles import AnyProfile, Store, validate
from profiles.case_lists import CaseFilter, count_by, count_cases, each_case, list_cases
from profiles.cases import STAGES, Case, CaseStage, newest_cases_of
from profiles.cells import cut, write_cell
from profiles.fields import Id, Plain, RegionCode, SectorCode, Whole
from profiles.files import MOST_SHEET_ROWS, guarded
from profiles.record import Record
from profiles.validation import without_unknown_fields
from service import labels

IN_COLUMN = 12
IN_LIST = 50
MOST_EXPORTED = 20_000
NOBODY = "-"
"""What stands in an address for "nobody looks after it"."""


class BoardQuery(Record):
    """What a board is asked for, read from its address."""

    owner: Annotated[Plain, StringConstraints(max_length=100)] | None = None
    due: Literal["overdue", "week", "none"] | None = None
    region: RegionCode | None = None
    sector: SectorCode | None = None
    programme: Id | None = None
    partner: Id | None = None
    q: Annotated[Plain, StringConstraints(max_length=200)] | None = None
    stage: CaseStage | None = None
    after: Annotated[Whole, Field(ge=1)] | None = None

    def wanted(self, today: date, stage: CaseStage | None = None) -> CaseFilter:
        """Give the filter of cases, at a stage where one is named."""
        return CaseFilter(
            owner="" if self.owner == NOBODY else self.owner,
            due=self.due,
            region=self.region,
            sector=self.sector,
            programme=self.programme,
            partner=self.partner,
            text=self.q,
            stage=stage or self.stage,
            today=today,
        )

    @property
    def said(self) -> dict[str, str]:
        """What its address says beside the stage and the place in a list."""
        told = self.model_dump(exclude={"stage", "after"}, exclude_none=True, mode="json")
        return {name: str(value) for name, value in told.items()}


def read_board_query(args: Mapping[str, str]) -> BoardQuery:
    """Read what a board is asked for from an address; names that mean nothing here are passed over.

    Raises:
        InvalidRecord: with the fields that are wrong.
    """
    return validate(BoardQuery, without_unknown_fields(BoardQuery, args)[0])


@dataclass(frozen=True, slots=True)
class Column:
    """The cases of one stage that a board shows, and how many there are."""

    stage: CaseStage
    cases: tuple[Case, ...]
    total: int
    after: int | None


@dataclass(frozen=True, slots=True)
class Board:
    """The board: its columns, the profiles of their cases, and how many cases there are."""

    columns: tuple[Column, ...]
    counts: Mapping[CaseStage, int]
    profiles: Mapping[str, AnyProfile]

    @property
    def total(self) -> int:
        """How many cases the filters let through."""
        return sum(self.counts.values())

    def name(self, id: str, lang: str) -> str:
        """Name a profile in a language."""
        return name_of(self.profiles, id, lang)


def name_of(profiles: Mapping[str, AnyProfile], id: str, lang: str) -> str:
    """Name a profile in a language; by its id where it is gone."""
    found = profiles.get(id)
    return found.name.in_(lang) if found else id


def read_board(store: Store, query: BoardQuery, today: date) -> Board:
    """Read the columns of a board: all stages in part, or more of the one that is asked for."""
    counts = count_cases(store, query.wanted(today))
    shown = STAGES if query.stage is None else (query.stage,)
    limit = IN_COLUMN if query.stage is None else IN_LIST
    columns = []
    for stage in shown:
        wanted = query.wanted(today, stage)
        found = (
            list_cases(store, wanted, after=query.after, limit=limit + 1) if counts[stage] else []
        )
        after = found[limit - 1].id if len(found) > limit else None
        columns.append(Column(stage, tuple(found[:limit]), counts[stage], after))
    ids = ends_of(case for column in columns for case in column.cases)
    return Board(tuple(columns), counts, store.get_many(ids))


@dataclass(frozen=True, slots=True)
class ProfileCases:
    """The cases of a profile that its page shows, and how many there are."""

    profile: str
    cases: tuple[Case, ...]
    total: int
    others: Mapping[str, AnyProfile]

    def name(self, case: Case, lang: str) -> str:
        """Name the other end of a case."""
        other = case.partner if case.startup == self.profile else case.startup
        return name_of(self.others, other, lang)


def cases_on_page(store: Store, profile: str) -> ProfileCases:
    """Read the cases of a profile for its page, those moved last first."""
    found, total = newest_cases_of(store, profile, IN_COLUMN)
    return ProfileCases(profile, tuple(found), total, store.get_many(ends_of(found)))


def ends_of(cases: Iterable[Case]) -> set[str]:
    """Give the ids of the profiles that cases are of."""
    return {id for case in cases for id in (case.startup, case.partner)}


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cases stand at each stage, for each sector or region: a row of a table."""

    code: str | None
    name: str
    counts: Mapping[CaseStage, int]

    @property
    def total(self) -> int:
        """How many cases in all."""
        return sum(self.counts.values())


def tallies(store: Store, by: Literal["sector", "region"], unknown: str) -> list[Tally]:
    """Count the cases of each sector or region by stage, those with the most cases first."""
    counts: dict[str | None, Counter[CaseStage]] = {}
    for one in count_by(store, by):
        counts.setdefault(one.code, Counter())[one.stage] += one.cases
    name = labels.sector if by == "sector" else labels.region
    made = [Tally(code, name(code) if code else unknown, held) for code, held in counts.items()]
    return sorted(made, key=lambda one: (one.code is None, -one.total, one.name))


def table_rows(
    store: Store, query: BoardQuery, today: date, lang: str
) -> tuple[list[list[Any]], bool]:
    """Give the rows of the board's table under its filters, and whether some are left out."""
    found = list(islice(each_case(store, query.wanted(today)), MOST_EXPORTED + 1))
    cases = found[:MOST_EXPORTED]
    profiles = store.get_many(ends_of(cases))
    return [_row(one, profiles, lang) for one in cases], len(found) > len(cases)


def _row(case: Case, profiles: Mapping[str, AnyProfile], lang: str) -> list[Any]:
    startup = profiles.get(case.startup)
    sectors = labels.sector_list(startup.sectors) if startup else ""
    region = labels.region(startup.region) if startup and startup.region else ""
    return [
        case.id,
        name_of(profiles, case.startup, lang),
        case.startup,
        name_of(profiles, case.partner, lang),
        case.partner,
        labels.term("case_stages", case.stage),
        case.owner or "",
        case.due,
        region,
        sectors,
        case.programme or "",
        labels.term("case_answers", case.startup_answer),
        labels.term("case_answers", case.partner_answer),
        labels.term("case_outcomes", case.outcome) if case.outcome else "",
        labels.term("case_declines", case.declined_reason) if case.declined_reason else "",
        case.declined_words,
        case.shown_rank,
        case.model_version,
        case.opened_at.date(),
        case.moved_at.date(),
        case.closed_at.date() if case.closed_at else None,
    ]


def as_csv(head: Sequence[str], table: Collection[Sequence[Any]]) -> bytes:
    """Write a table that Korean Excel opens right: UTF-8 with its mark, formulas disarmed."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(head)
    for row in table:
        writer.writerow(["" if one is None else guarded(str(one)) for one in row])
    return stream.getvalue().encode("utf-8-sig")


def as_xlsx(head: Sequence[str], table: Collection[Sequence[Any]], name: str) -> bytes:
    """Write a table as a sheet: days as days, numbers as numbers, a text never as a formula."""
    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet(name[:31])
    day, bold = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"bold": True})
    for column, title in enumerate(head):
        sheet.write_string(0, column, title, bold)
    for number, row in enumerate(islice(table, MOST_SHEET_ROWS), start=1):
        for column, value in enumerate(row):
            told = cut(value) if isinstance(value, str) else value
            write_cell(sheet, number, column, told, day=day)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(table), 1), len(head) - 1)
    book.close()
    return stream.getvalue()
