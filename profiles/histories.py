"""Owns the reading of revisions: those of a record, and of the ties and verdicts of a profile."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    and_,
    func,
    or_,
    select,
    tuple_,
    union_all,
)

from profiles import rows, verdicts
from profiles import tables as t
from profiles.database import reading
from profiles.kinds import Side
from profiles.merges import family
from profiles.revisions import Revision, Step, read_revision, step
from profiles.schema import Tie
from profiles.store import Store
from profiles.text import is_clean


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """A part of a history, newest first, and how many steps there are in all."""

    steps: tuple[Step, ...]
    total: int


def history_page(store: Store, kind: str, id: str, *, offset: int = 0, limit: int) -> HistoryPage:
    """Read a part of the history of a record of one kind, newest first.

    To that of a profile belong what has been merged into it, its ties and the verdicts by and on
    it; of an erased one a line is left. Only the revisions of the part are read, with those before.

    Raises:
        UnknownId: if no record of this kind has or had this id.
    """
    if not is_clean(id):
        raise rows.unknown_id(id)
    with reading(store.engine, repeatable=True) as connection:
        r = t.revisions.c
        wanted = select(r.id).where(r.kind == kind, r.id == id).limit(1)
        if connection.execute(wanted).first() is None:
            raise rows.unknown_id(id)
        keys = (
            _keys_of_profile(connection, id)
            if kind in tuple(Side)
            else _keys(r.kind == kind, r.id == id)
        )
        total = connection.execute(select(func.count()).select_from(keys.subquery())).scalar_one()
        k = keys.subquery().c
        ordered = select(k.kind, k.id, k.number).order_by(
            k.at.desc(), k.kind, k.id, k.number.desc()
        )
        found = connection.execute(ordered.limit(limit).offset(offset)).all()
        return HistoryPage(_steps(connection, [tuple(row) for row in found]), total)


def _keys(*where: Any) -> Select[Any]:
    r = t.revisions.c
    return select(r.kind, r.id, r.number, r.at).where(*where)


def _keys_of_profile(connection: Connection, id: str) -> CompoundSelect[Any]:
    r = t.revisions.c
    ids = family(connection, id)
    own_ties = select(t.ties.c.id).where(or_(t.ties.c.a == id, t.ties.c.b == id))
    ends = [_holds(field, one) for field in ("a", "b") for one in ids]
    judged = [_holds("candidate", one) for one in ids]
    return union_all(
        _keys(r.kind.in_(tuple(Side)), r.id.in_(ids)),
        _keys(r.kind == "tie", or_(r.id.in_(own_ties), *ends)),
        _keys(r.kind == "verdict", or_(r.id.in_(ids), *judged)),
    )


def _holds(field: str, id: str) -> ColumnElement[bool]:
    """Tell, in SQL, whether a payload's field is an id; LIKE alone would fold its case."""
    said = rows.member(field, id)
    payload = t.revisions.c.payload
    return and_(payload.contains(said, autoescape=True), func.replace(payload, said, "") != payload)


def _steps(connection: Connection, keys: Sequence[tuple[str, str, int]]) -> tuple[Step, ...]:
    """Read revisions with what each has changed."""
    found = _read(connection, keys)
    wanted = {key: (key[0], key[1], key[2] - 1) for key in keys if key[0] != "verdict"}
    before = _read(connection, wanted.values())
    # The state before one that came back by an undoing is the one before its merge.
    skipped = {key: (*key[:2], key[2] - 1) for key, one in before.items() if one.merged_into}
    earlier = _read(connection, skipped.values())
    told = []
    for key in keys:
        former = wanted.get(key, key)  # a verdict has none before it, and is told as it stands
        one = earlier.get(skipped[former]) if former in skipped else before.get(former)
        told.append(step(found[key], one.payload if one else None))
    return tuple(told)


def _read(
    connection: Connection, keys: Iterable[tuple[str, str, int]]
) -> dict[tuple[str, str, int], Revision]:
    """Read the revisions that there are of some (kind, id, number)."""
    r = t.revisions.c
    asked = sorted(set(keys))
    found = {}
    for start in range(0, len(asked), rows.BATCH):
        some = tuple_(r.kind, r.id, r.number).in_(asked[start : start + rows.BATCH])
        for row in connection.execute(select(t.revisions).where(some)):
            found[row.kind, row.id, row.number] = read_revision(row)
    return found


def revisions_of(connection: Connection, kind: str, ids: Collection[str]) -> tuple[Revision, ...]:
    """Read the revisions of records of one kind, by id and number."""
    column = t.revisions.c.id
    found = rows.by_ids(connection, t.revisions, column, ids, t.revisions.c.kind == kind)
    return tuple(sorted(map(read_revision, found), key=lambda r: (r.id, r.number)))


def tie_revisions(
    connection: Connection, ids: Collection[str], ties: Collection[Tie]
) -> tuple[Revision, ...]:
    """Read the revisions of a profile's ties, and those in which its ids were ends of others."""
    own = revisions_of(connection, "tie", [tie.id for tie in ties])
    known = {tie.id for tie in ties}
    former = {
        (revision.id, revision.number): revision
        for id in ids
        for revision in former_tie_revisions(connection, id, known)
    }
    return (*own, *(former[key] for key in sorted(former)))


def former_tie_revisions(
    connection: Connection, id: str, own: Collection[str]
) -> tuple[Revision, ...]:
    """Read the revisions in which a tie that is now of others had the profile as an end."""
    return tuple(
        revision
        for revision in naming(connection, id, ("tie",))
        if revision.id not in own
        and id in ((revision.payload or {}).get("a"), (revision.payload or {}).get("b"))
    )


def verdict_revisions(connection: Connection, ids: Collection[str]) -> tuple[Revision, ...]:
    """Read the revisions of the verdicts on the matches of profiles, and on them as matches."""
    return tuple(map(read_revision, verdicts.revisions_about(connection, ids)))


def naming(connection: Connection, id: str, kinds: Collection[str]) -> Iterator[Revision]:
    """Read the revisions of these kinds whose content holds an id as a whole value."""
    r = t.revisions.c
    holds = r.payload.contains(f'"{id}"', autoescape=True)
    query = select(t.revisions).where(r.kind.in_(kinds), holds)
    found = connection.execute(query.order_by(r.kind, r.id, r.number))
    return map(read_revision, found)
