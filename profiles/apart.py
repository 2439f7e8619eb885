"""Owns the pairs that are kept apart for good, and the stored proposals of likely duplicates."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, tuple_

from profiles import rows
from profiles import tables as t
from profiles.database import reading, writing
from profiles.errors import FieldError, InvalidRecord
from profiles.fields import Id, Plain
from profiles.identity import POSSIBLE, Proposal, Reason, compare, firm_of
from profiles.kinds import Side
from profiles.merges import merged_ids, missing
from profiles.record import Record
from profiles.store import SYSTEM, Store
from profiles.text import Text
from profiles.validation import validate


@dataclass(frozen=True, slots=True)
class Apart:
    """Two profiles, `a` before `b` by id, of which somebody has said that they are two firms."""

    a: str
    b: str
    by: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A proposal as it was stored: the pair of one side, and when it was found."""

    side: Side
    proposal: Proposal
    found_at: datetime


class _Pair(Record):
    a: Id
    b: Id
    note: Plain | None = None


def keep_apart(store: Store, a: str, b: str, *, by: str = SYSTEM, note: str = "") -> Apart:
    """Keep two profiles of one side apart; a pair that is apart already gets the new note.

    Raises:
        InvalidRecord: if they are of two sides, or one and the same, or the note is too long.
        UnknownId: if there is no such profile.
    """
    pair = _pair(a, b, note)
    with writing(store.engine) as connection:
        _refuse_pair(connection, pair)
        _forget(connection, pair)
        made = Apart(pair.a, pair.b, by, rows.now(), pair.note or "")
        values = {name: getattr(made, name) for name in Apart.__slots__}
        connection.execute(insert(t.kept_apart).values(**values))
        p = t.proposals.c
        connection.execute(t.proposals.delete().where(p.a == pair.a, p.b == pair.b))
    return made


def withdraw_apart(store: Store, a: str, b: str) -> None:
    """Withdraw that two profiles are kept apart; where they are alike, they are proposed again.

    Raises:
        InvalidRecord: if they are not.
    """
    pair = _pair(a, b, "")
    with writing(store.engine) as connection:
        if not _forget(connection, pair):
            raise InvalidRecord([FieldError("b", "not_apart", pair.b, {"other": pair.a})])
    _propose_again(store, pair)


def apart_pairs(
    store: Store, *, limit: int = 50, after: tuple[datetime, str, str] | None = None
) -> list[Apart]:
    """Read up to `limit` pairs that are kept apart, the newest first, after one by (at, a, b)."""
    k = t.kept_apart.c
    newest = select(t.kept_apart).order_by(k.at.desc(), k.a, k.b)
    if after is not None:
        at, a, b = after
        newest = newest.where(or_(k.at < at, and_(k.at == at, tuple_(k.a, k.b) > (a, b))))
    with reading(store.engine) as connection:
        return [Apart(**row._mapping) for row in connection.execute(newest.limit(limit))]


def count_apart(store: Store) -> int:
    """Count the pairs that are kept apart."""
    with reading(store.engine) as connection:
        counted = select(func.count()).select_from(t.kept_apart)
        return connection.execute(counted).scalar_one()


def apart_of(connection: Connection, ids: Collection[str]) -> list[Apart]:
    """Read the pairs that are kept apart and name one of `ids`, in their order."""
    found = {
        (row.a, row.b): Apart(**row._mapping)
        for column in (t.kept_apart.c.a, t.kept_apart.c.b)
        for row in rows.by_ids(connection, t.kept_apart, column, ids)
    }
    return [found[pair] for pair in sorted(found)]


def apart_pair(store: Store, a: str, b: str) -> Apart | None:
    """Read that two profiles are kept apart, None where they are not."""
    one, other = sorted((a, b))
    k = t.kept_apart.c
    with reading(store.engine) as connection:
        row = connection.execute(select(t.kept_apart).where(k.a == one, k.b == other)).one_or_none()
    return Apart(**row._mapping) if row is not None else None


def keep_proposals(
    store: Store, proposals: Sequence[Proposal], sides: Collection[Side]
) -> list[Proposal]:
    """Store the proposals found among `sides` in the place of older ones, and give them.

    Pairs that are kept apart, or are so by what was merged into them, and pairs of which one is
    gone, are left out.
    """
    with writing(store.engine) as connection:
        refused = _refused(connection)
        of = rows.sides(connection, {id for one in proposals for id in (one.a, one.b)})
        left = [
            one
            for one in proposals
            if one.a in of and one.b in of and (one.a, one.b) not in refused
        ]
        at = rows.now()
        rows.delete_by(connection, t.proposals, t.proposals.c.side, [s.value for s in sides])
        made = [_values(one, of[one.a], at) for one in left]
        if made:
            connection.execute(insert(t.proposals), made)
    return left


def stored_proposals(
    store: Store,
    *,
    limit: int = 50,
    offset: int = 0,
    after: tuple[float, str, str] | None = None,
) -> list[Stored]:
    """Read stored proposals whose profiles are both there, the likeliest first.

    Those that come after one, by (score, a, b), where `after` is given.
    """
    p = t.proposals.c
    ordered = _present(select(t.proposals)).order_by(p.score.desc(), p.a, p.b)
    if after is not None:
        score, a, b = after
        same = and_(p.score == score, tuple_(p.a, p.b) > (a, b))
        ordered = ordered.where(or_(p.score < score, same))
    with reading(store.engine) as connection:
        found = connection.execute(ordered.limit(limit).offset(offset))
        return [_read(row) for row in found]


def proposals_of(connection: Connection, ids: Collection[str]) -> list[Stored]:
    """Read the stored proposals that name one of `ids`, by their pairs."""
    found = {
        (row.a, row.b): _read(row)
        for column in (t.proposals.c.a, t.proposals.c.b)
        for row in rows.by_ids(connection, t.proposals, column, ids)
    }
    return [found[pair] for pair in sorted(found)]


def count_proposals(store: Store) -> int:
    """Count the stored proposals whose profiles are both there."""
    with reading(store.engine) as connection:
        counted = _present(select(func.count()).select_from(t.proposals))
        return int(connection.execute(counted).scalar_one())


def stored_proposal(store: Store, a: str, b: str) -> Stored | None:
    """Read the stored proposal of a pair, None where it was not proposed."""
    one, other = sorted((a, b))
    wanted = select(t.proposals).where(t.proposals.c.a == one, t.proposals.c.b == other)
    with reading(store.engine) as connection:
        row = connection.execute(wanted).one_or_none()
    return _read(row) if row is not None else None


def _pair(a: str, b: str, note: str) -> _Pair:
    if a == b:
        raise InvalidRecord([FieldError("b", "merge_self", b)])
    one, other = sorted((a, b))
    return validate(_Pair, {"a": one, "b": other, "note": note})


def _propose_again(store: Store, pair: _Pair) -> None:
    held = store.get_many([pair.a, pair.b])
    if len(held) < 2:
        return
    side = held[pair.a].side
    score, reasons = compare(firm_of(held[pair.a]), firm_of(held[pair.b]))
    if score < POSSIBLE or held[pair.b].side is not side:
        return
    found = _values(Proposal(pair.a, pair.b, score, reasons), side, rows.now())
    with writing(store.engine) as connection:
        p = t.proposals.c
        connection.execute(t.proposals.delete().where(p.a == pair.a, p.b == pair.b))
        connection.execute(insert(t.proposals).values(**found))


def _values(one: Proposal, side: Side, at: datetime) -> dict[str, Any]:
    """Give the row of a proposal."""
    return {
        "a": one.a,
        "b": one.b,
        "side": side.value,
        "score": one.score,
        "reasons": _written(one.reasons),
        "found_at": at,
    }


def _refuse_pair(connection: Connection, pair: _Pair) -> None:
    sides = rows.sides(connection, [pair.a, pair.b])
    for id in (pair.a, pair.b):
        if id not in sides:
            raise missing(connection, id)
    if sides[pair.a] is not sides[pair.b]:
        raise InvalidRecord([FieldError("b", "merge_sides", pair.b, {"other": pair.a})])


def _forget(connection: Connection, pair: _Pair) -> int:
    k = t.kept_apart.c
    gone = connection.execute(t.kept_apart.delete().where(k.a == pair.a, k.b == pair.b))
    return gone.rowcount


def _refused(connection: Connection) -> set[tuple[str, str]]:
    """Give the pairs that are kept apart, by the ids that they are now."""
    pairs = connection.execute(select(t.kept_apart.c.a, t.kept_apart.c.b)).all()
    into = merged_ids(connection, {id for pair in pairs for id in pair})
    now = ((into.get(a, a), into.get(b, b)) for a, b in pairs)
    return {(a, b) if a < b else (b, a) for a, b in now}


def _present(query: Any) -> Any:
    p = t.proposals.c
    for column in (p.a, p.b):
        query = query.where(select(t.profiles.c.id).where(t.profiles.c.id == column).exists())
    return query


def _written(reasons: Iterable[Reason]) -> str:
    said = [{"code": one.code, "en": one.text.en, "ko": one.text.ko} for one in reasons]
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _read(row: Row[Any]) -> Stored:
    reasons = tuple(
        Reason(one["code"], Text(en=one["en"], ko=one["ko"])) for one in json.loads(row.reasons)
    )
    return Stored(Side(row.side), Proposal(row.a, row.b, row.score, reasons), row.found_at)
