"""Owns the records that name a profile (ties, verdicts, lists), and how they name another one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from profiles import rows
from profiles import tables as t
from profiles.fusing import refuse_long
from profiles.revisions import merged_payload
from profiles.rows import AnyProfile
from profiles.rules import NAMING
from profiles.schema import Programme, Tie
from profiles.vectors import Vectors

ENDS = ("a", "b")
"""The ends of a tie."""

VectorsOf = Callable[[AnyProfile | Tie], Vectors]
"""Makes the vectors of a record; called within the transaction, before anything is written."""


@dataclass(slots=True)
class Mentions:
    """The records that name the dropped profile, and what becomes of them.

    Attributes:
        ties: ties to be written.
        ends: (tie, end) of those that move to the kept profile.
        aside: (tie, the one that says the same or None) of those that are put aside.
        verdicts: (number, column, moment, query) of each verdict that names the dropped profile.
        profiles: profiles to be written.
        programmes: programmes to be written.
        lists: (kind, id, ids before it or None) of each list that named the dropped profile.
    """

    ties: list[Tie] = field(default_factory=list)
    ends: list[tuple[str, str]] = field(default_factory=list)
    aside: list[tuple[str, str | None]] = field(default_factory=list)
    verdicts: list[tuple[int, str, str, str]] = field(default_factory=list)
    profiles: list[AnyProfile] = field(default_factory=list)
    programmes: list[Programme] = field(default_factory=list)
    lists: list[tuple[str, str, tuple[str, ...] | None]] = field(default_factory=list)


def find_mentions(connection: Connection, keep: str, drop: str) -> Mentions:
    """Find what names a profile that is to be dropped, and what it is to be once it is."""
    found = Mentions()
    _find_ties(connection, found, keep, drop)
    for column in ("query", "candidate"):
        of_it = select(t.verdicts).where(t.verdicts.c[column] == drop).order_by(t.verdicts.c.id)
        for row in connection.execute(of_it):
            query = keep if column == "query" else row.query
            found.verdicts.append((row.id, column, row.at.isoformat(), query))
    for kind, record in naming(connection, drop):
        if record.id in (keep, drop):
            continue  # what the two say of each other is `fuse`'s
        changed = record
        for name, ids in lists_of(kind, record).items():
            if drop in ids:
                before = ids[: ids.index(drop)] if keep in ids else None
                found.lists.append((name, record.id, before))
                changed = with_list(changed, name, [keep if id == drop else id for id in ids])
        put(found, changed)
    return found


def _find_ties(connection: Connection, found: Mentions, keep: str, drop: str) -> None:
    said = {_said(tie): tie["id"] for tie in reversed(_ties_of(connection, keep))}
    for tie in _ties_of(connection, drop):
        id, end = tie["id"], "a" if tie["a"] == drop else "b"
        new = {**tie, end: keep}
        if new["a"] == new["b"]:
            found.aside.append((id, None))
        elif (twin := said.setdefault(_said(new), id)) != id:
            found.aside.append((id, twin))
        else:
            found.ends.append((id, end))


def _ties_of(connection: Connection, id: str) -> list[dict[str, Any]]:
    """Read what a profile's ties say, by id: as JSON, for there may be a hundred thousand."""
    ends = or_(t.ties.c.a == id, t.ties.c.b == id)
    found = connection.execute(select(t.ties.c.payload).where(ends).order_by(t.ties.c.id))
    return [json.loads(text) for text in found.scalars()]


def _said(tie: Mapping[str, Any]) -> tuple[Any, ...]:
    """Give what a tie says: everything but its id and source; of its texts only the words."""
    return tuple(
        (name, tuple(value.values()) if isinstance(value, dict) else value)
        for name, value in tie.items()
        if name not in ("id", "source")
    )


def naming(connection: Connection, id: str) -> Iterator[tuple[str, AnyProfile | Programme]]:
    """Read the profiles and programmes whose lists name an id."""
    for row in _holding(connection, t.profiles, id):
        profile = rows.read_profile(row.side, row.payload)
        if id in profile.conflicts:
            yield row.side, profile
    for row in _holding(connection, t.programmes, id):
        programme = Programme.model_validate_json(row.payload)
        if any(id in ids for ids in lists_of("programme", programme).values()):
            yield "programme", programme


def _holding(connection: Connection, table: Table, id: str) -> Sequence[Any]:
    holds = table.c.payload.contains(f'"{id}"', autoescape=True)
    return connection.execute(select(table).where(holds).order_by(table.c.id)).all()


def lists_of(kind: str, record: AnyProfile | Programme) -> dict[str, tuple[str, ...]]:
    """Give the lists of ids of a record of a kind, by name: its own, and those of its rules."""
    if not isinstance(record, Programme):
        return {kind: record.conflicts}
    ruled = {
        f"rule {rule.id} {field}": getattr(rule, field) for rule in record.rules for field in NAMING
    }
    return {kind: record.partners, **ruled}


def with_list(
    record: AnyProfile | Programme, name: str, ids: Sequence[str]
) -> AnyProfile | Programme:
    """Give a record with these ids in one of its lists, each once.

    Raises:
        InvalidRecord: if they are more than a list holds; the error names the record.
    """
    once = tuple(dict.fromkeys(ids))
    if not isinstance(record, Programme):
        refuse_long(record.id, "conflicts", once)
        return record.model_copy(update={"conflicts": once})
    _, _, place = name.partition(" ")
    refuse_long(record.id, place or "partners", once)
    if not place:
        return record.model_copy(update={"partners": once})
    rule_id, field = place.rsplit(" ", 1)
    changed = [
        one.model_copy(update={field: once}) if one.id == rule_id else one for one in record.rules
    ]
    return record.model_copy(update={"rules": tuple(changed)})


def put(found: Mentions, record: AnyProfile | Programme) -> None:
    """Add a record to what is to be written."""
    if isinstance(record, Programme):
        found.programmes.append(record)
    else:
        found.profiles.append(record)


def move(connection: Connection, found: Mentions, keep: str, drop: str, by: str) -> None:
    """Let everything that was found name the kept profile; put aside what says nothing new."""
    for column in ("query", "candidate"):
        its = update(t.verdicts).where(t.verdicts.c[column] == drop)
        connection.execute(its.values({column: keep}))
    aside = dict(found.aside)
    rows.write_vectors(connection, "tie", {tie: Vectors("") for tie in aside})
    rows.delete_by(connection, t.ties, t.ties.c.id, aside)
    write_merged(connection, "tie", {tie: twin or keep for tie, twin in found.aside}, by)
    for end in ENDS:
        move_ties(connection, t.ties.c[end] == drop, end, drop, keep, by)
    write(connection, found, by)


def move_ties(
    connection: Connection, its: ColumnElement[bool], end: str, old: str, new: str, by: str
) -> None:
    """Let the ties of a condition, which all name `old` at an end, name `new` there.

    Each tie gets a revision and an entry of the change log; its vectors stay, for its subject does.
    Three statements do so, whatever the number of the ties.
    """
    at, r = literal(rows.now(), t.Moment()), t.revisions.c
    was, now = (rows.member(end, id) for id in (old, new))
    payload = func.replace(t.ties.c.payload, was, now)
    newest = select(func.max(r.number)).where(r.kind == "tie", r.id == t.ties.c.id)
    number = newest.scalar_subquery() + 1
    made = select(literal("tie"), t.ties.c.id, number, at, literal(by), payload).where(its)
    columns = ["kind", "id", "number", "at", "by", "payload"]
    connection.execute(insert(t.revisions).from_select(columns, made))
    logged = select(literal("tie"), t.ties.c.id, at).where(its).order_by(t.ties.c.id)
    connection.execute(insert(t.changes).from_select(["kind", "id", "at"], logged))
    connection.execute(update(t.ties).where(its).values({end: new, "payload": payload}))


def write(connection: Connection, found: Mentions, by: str) -> None:
    """Write the ties, profiles and programmes of what was found, with a revision each."""
    ids = [one.id for one in found.profiles]
    held = {row.id: row for row in rows.by_ids(connection, t.profiles, t.profiles.c.id, ids)}
    rows.write_ties(connection, found.ties, by)
    rows.write_profiles(connection, found.profiles, held, by)
    rows.write_programmes(connection, found.programmes, by)


def write_merged(connection: Connection, kind: str, into: Mapping[str, str], by: str) -> None:
    """Add the revisions that say into which id each record of a kind was merged."""
    newest = rows.newest(connection, kind, into)
    made = [(kind, id, newest[id] + 1, merged_payload(one)) for id, one in into.items()]
    rows.write_revisions(connection, made, by)


def log(connection: Connection, found: Mentions, *profiles: tuple[str, str]) -> None:
    """Tell the followers of every record that has changed."""
    ties = [*(tie.id for tie in found.ties), *(tie for tie, _ in found.aside)]
    queries = dict.fromkeys(query for _, _, _, query in found.verdicts)
    changed = [
        *(("tie", tie) for tie in ties),
        *(("programme", one.id) for one in found.programmes),
        *((one.side.value, one.id) for one in found.profiles),
        *(("verdict", query) for query in queries),
        *profiles,
    ]
    rows.log(connection, changed)
