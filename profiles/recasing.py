"""Owns what becomes of cases when two profiles are merged, and when that is undone."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, update

from profiles import rows
from profiles import tables as t
from profiles.case_moves import drop_lost_ties
from profiles.cases import STAGES, Case, cases_naming, open_of_pair, read_case
from profiles.kinds import Side
from profiles.merges import Moved


@dataclass(frozen=True, slots=True)
class Recased:
    """The cases that name a profile to be dropped, and those that step aside for a twin.

    A twin is the open case of the same pair once the kept profile stands in the other's place: of
    the two, the one that has come further stays, the older one where both have come as far.
    """

    cases: tuple[tuple[int, str], ...]
    aside: tuple[tuple[int, int], ...]


def find_cases(connection: Connection, side: Side, keep: str, drop: str) -> Recased:
    """Find the cases that name a profile which is to be merged into another one of its side."""
    moving = cases_naming(connection, [drop])
    own = [one for one in cases_naming(connection, [keep]) if _stands(one)]
    twins = {one.id_of(side.other): one for one in own}
    aside = []
    for one in filter(_stands, moving):
        twin = twins.get(one.id_of(side.other))
        if twin is not None:
            further = max(one, twin, key=lambda case: (STAGES.index(case.stage), -case.id))
            other = twin if further is one else one
            aside.append((other.id, further.id))
    return Recased(tuple((one.id, side.value) for one in moving), tuple(aside))


def move_cases(connection: Connection, found: Recased, keep: str) -> None:
    """Let the cases that were found name the kept profile, and the twins step aside."""
    for id, further in found.aside:
        _change(connection, id, aside=further)
    for id, column in found.cases:
        _change(connection, id, **{column: keep})
    _log(connection, [id for id, _ in (*found.cases, *found.aside)])


def move_cases_back(connection: Connection, moved: Moved, kept: str, dropped: str) -> None:
    """Give the dropped profile its cases back, and let those that stepped aside stand again.

    What has been erased since does not come back. Where the pair has another open case by then, it
    is that one for which the former stays aside.
    """
    for id, column in moved.cases:
        its = and_(t.cases.c.id == id, t.cases.c[column] == kept)
        connection.execute(update(t.cases).where(its).values({column: dropped}))
    for case in _held(connection, [id for id, _ in moved.cases_aside]):
        standing = open_of_pair(connection, case.startup, case.partner)
        _change(connection, case.id, aside=standing.id if standing else None)
    ids = [id for id, _ in (*moved.cases, *moved.cases_aside)]
    drop_lost_ties(connection, _held(connection, ids))
    _log(connection, ids)


def _stands(case: Case) -> bool:
    return case.is_open and case.aside is None


def _held(connection: Connection, ids: list[int]) -> list[Case]:
    found: list[Case] = []
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), rows.BATCH):
        some = t.cases.c.id.in_(ordered[start : start + rows.BATCH])
        found += map(read_case, connection.execute(t.cases.select().where(some)))
    return found


def _change(connection: Connection, id: int, **values: object) -> None:
    revision = t.cases.c.revision + 1
    its = update(t.cases).where(t.cases.c.id == id)
    connection.execute(its.values(**values, revision=revision))


def _log(connection: Connection, ids: list[int]) -> None:
    startups = {case.startup for case in _held(connection, ids)}
    rows.log(connection, [("case", id) for id in sorted(startups)])
