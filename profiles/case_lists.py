"""Owns the lists of cases: filtered, counted by stage, and a page at a time."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import JSON, ColumnElement, Connection, and_, cast, false, func, or_, select
from sqlalchemy import type_coerce as seen_as

from profiles import rows
from profiles import tables as t
from profiles.cases import STAGES, Case, CaseStage, read_case
from profiles.database import reading
from profiles.store import LONGEST_SEARCH, Store
from profiles.taxonomy import country_of, sectors
from profiles.text import is_clean

Due = Literal["overdue", "week", "none"]
"""When the next step is due: before today, within seven days, or on no day."""


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases are asked for; what is None or empty does not matter.

    Attributes:
        owner: whose; an empty text is nobody's.
        due: when the next step is due, seen from `today`.
        region: where the startup is; a country stands for all that is in it.
        sector: a sector of the startup, or one above it.
        programme: under which programme.
        partner: with which partner.
        text: words that the names of the startup and the partner hold together.
        stage: at which stage.
        today: the day that it is.
    """

    owner: str | None = None
    due: Due | None = None
    region: str | None = None
    sector: str | None = None
    programme: str | None = None
    partner: str | None = None
    text: str | None = None
    stage: CaseStage | None = None
    today: date = date.min


class Counted(NamedTuple):
    """How many cases stand at a stage, of startups of a sector or region."""

    stage: CaseStage
    code: str | None
    cases: int


def count_cases(store: Store, wanted: CaseFilter) -> dict[CaseStage, int]:
    """Count the cases of a filter by stage, whatever stage it names."""
    c = t.cases.c
    with reading(store.engine) as connection:
        where = _where(connection, wanted, with_stage=False)
        query = select(c.stage, func.count()).where(*where).group_by(c.stage)
        found: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
    return {stage: found.get(stage.value, 0) for stage in STAGES}


def count_overdue(store: Store, today: date) -> int:
    """Count the open cases whose next step was due before today."""
    with reading(store.engine) as connection:
        where = _where(connection, CaseFilter(due="overdue", today=today))
        counted = select(func.count()).select_from(t.cases).where(*where)
        return connection.execute(counted).scalar_one()


def list_cases(
    store: Store, wanted: CaseFilter, *, after: int | None = None, limit: int = 50
) -> list[Case]:
    """Read up to `limit` cases of a filter, those moved last first, after a case.

    After a case that is not there any more, it begins anew.
    """
    c = t.cases.c
    with reading(store.engine) as connection:
        where = _where(connection, wanted)
        if after is not None and 0 < after < 1 << 63:
            at = connection.execute(select(c.moved_at).where(c.id == after)).scalar()
            if at is not None:
                where += [
                    c.moved_at <= at,
                    or_(c.moved_at < at, and_(c.moved_at == at, c.id < after)),
                ]
        query = select(t.cases).where(*where).order_by(c.moved_at.desc(), c.id.desc())
        return [read_case(row) for row in connection.execute(query.limit(limit))]


def cases_by_number(
    store: Store, wanted: CaseFilter, *, after: int = 0, limit: int = 50
) -> list[Case]:
    """Read up to `limit` cases of a filter by their numbers, above a number: no move reorders."""
    c = t.cases.c
    with reading(store.engine) as connection:
        query = select(t.cases).where(*_where(connection, wanted), c.id > after).order_by(c.id)
        return [read_case(row) for row in connection.execute(query.limit(limit))]


def each_case(store: Store, wanted: CaseFilter) -> Iterator[Case]:
    """Read all cases of a filter, those moved last first, a batch in memory at a time."""
    after: int | None = None
    while batch := list_cases(store, wanted, after=after, limit=rows.BATCH):
        yield from batch
        after = batch[-1].id


def owners_of_cases(store: Store) -> list[str]:
    """Name those who look after a case, in the order of their names."""
    owner = t.cases.c.owner
    with reading(store.engine) as connection:
        query = select(owner).where(owner.is_not(None)).distinct()
        return sorted(str(one) for one in connection.execute(query).scalars())


def regions_of_cases(store: Store) -> set[str]:
    """Name the regions of the startups that have a case, and their countries."""
    p = t.profiles.c
    with reading(store.engine) as connection:
        said = _said(connection, p.payload, "region")
        query = select(said).where(p.id.in_(select(t.cases.c.startup)), said.is_not(None))
        found = [str(one) for one in connection.execute(query.distinct()).scalars()]
    return {*found, *map(country_of, found)}


def count_by(store: Store, field: Literal["sector", "region"]) -> list[Counted]:
    """Count the cases by stage and by the startup's region, or by each of its top sectors.

    A startup of several top sectors counts in each; one that names none has the code None.
    """
    c, p = t.cases.c, t.profiles.c
    with reading(store.engine) as connection:
        told = _said(connection, p.payload, "region" if field == "region" else "sectors")
        of_startup = t.cases.join(t.profiles, p.id == c.startup)
        query = select(c.stage, told.label("told"), func.count().label("cases"))
        query = query.select_from(of_startup).where(c.aside.is_(None)).group_by(c.stage, told)
        found = connection.execute(query).all()
    counts: Counter[tuple[str, str | None]] = Counter()
    for row in found:
        codes = [row.told] if field == "region" else _tops(row.told)
        for code in codes:
            counts[row.stage, code] += row.cases
    return [Counted(CaseStage(stage), code, many) for (stage, code), many in counts.items()]


def _tops(told: str | None) -> list[str | None]:
    known = sectors()
    codes = [code for code in json.loads(told or "[]") if code in known]
    tops = dict.fromkeys(known[code].parent or code for code in codes)
    return list(tops) or [None]


def _where(
    connection: Connection, wanted: CaseFilter, *, with_stage: bool = True
) -> list[ColumnElement[bool]]:
    c = t.cases.c
    where: list[ColumnElement[bool]] = [c.aside.is_(None), *_due(wanted)]
    said: Mapping[str, str | None] = {"programme": wanted.programme, "partner": wanted.partner}
    for name, value in said.items():
        if value:
            where.append(c[name] == value if is_clean(value) else false())
    if wanted.owner is not None:
        its = c.owner == wanted.owner if wanted.owner else c.owner.is_(None)
        where.append(its if is_clean(wanted.owner) else false())
    if with_stage and wanted.stage is not None:
        where.append(c.stage == wanted.stage.value)
    where += _of_startup(connection, wanted)
    if wanted.text:
        where += _named(wanted.text)
    return where


def _due(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    due, closed = t.cases.c.due, t.cases.c.closed_at
    if wanted.due == "overdue":
        return [due < wanted.today, closed.is_(None)]
    if wanted.due == "week":
        return [due.between(wanted.today, wanted.today + timedelta(days=7)), closed.is_(None)]
    return [due.is_(None)] if wanted.due == "none" else []


def _of_startup(connection: Connection, wanted: CaseFilter) -> list[ColumnElement[bool]]:
    p = t.profiles.c
    where = []
    if wanted.region:
        said, place = _said(connection, p.payload, "region"), wanted.region
        where.append(or_(said == place, said.startswith(f"{place}-", autoescape=True)))
    if wanted.sector:
        below = [one.code for one in sectors().values() if wanted.sector in (one.code, one.parent)]
        named = _said(connection, p.payload, "sectors")
        where.append(
            or_(false(), *(named.contains(f'"{code}"', autoescape=True) for code in below))
        )
    if not where:
        return []
    return [t.cases.c.startup.in_(select(p.id).where(p.side == "startup", *where))]


def _named(text: str) -> list[ColumnElement[bool]]:
    """Ask that each word is in a name of the startup or of the partner."""
    text = unicodedata.normalize("NFC", text)
    if len(text) > LONGEST_SEARCH or not is_clean(text):
        return [false()]
    c, p = t.cases.c, t.profiles.c
    found = []
    for word in dict.fromkeys(text.casefold().split()):
        of_it = select(p.id).where(p.names.contains(word, autoescape=True))
        found.append(or_(c.startup.in_(of_it), c.partner.in_(of_it)))
    return found


def _said(connection: Connection, payload: Any, field: str) -> ColumnElement[str]:
    """Read a field of a profile within the database: a text, or a list as JSON."""
    is_server = connection.dialect.name == "postgresql"
    document: Any = cast(payload, JSON) if is_server else seen_as(payload, JSON)
    told: ColumnElement[str] = document[field].as_string()
    return told
