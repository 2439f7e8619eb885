"""Owns what becomes of judged pairs when two profiles are merged, and when that is undone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, insert, select, update

from profiles import rows
from profiles import tables as t
from profiles.judgements import judgements_of, pairs_naming
from profiles.merges import Fused, Moved

_ENDS = ("startup", "partner")


@dataclass(frozen=True, slots=True)
class Repooled:
    """The pairs that name a profile to be dropped: those that move, and those that have a twin.

    A twin is the pair of the same round in which the kept profile stands in the other's place.
    """

    pairs: tuple[tuple[int, str], ...]
    fused: tuple[Fused, ...]


def find(connection: Connection, side: str, keep: str, drop: str) -> Repooled:
    """Find the pairs that name a profile which is to be merged into another one of its side."""
    other = _other(side)
    twins = {(one.round, getattr(one, other)): one for one in pairs_naming(connection, [keep])}
    pairs: list[tuple[int, str]] = []
    fused: list[Fused] = []
    for one in pairs_naming(connection, [drop]):
        end = getattr(one, other)
        twin = twins.get((one.round, end))
        if twin is None:
            pairs.append((one.id, side))
            continue
        given = tuple(judgement.id for judgement in judgements_of(connection, [one.id]))
        fused.append((one.id, twin.id, side, one.round, end, one.systems, twin.systems, given))
    return Repooled(tuple(pairs), tuple(fused))


def move(connection: Connection, found: Repooled, keep: str) -> None:
    """Let the pairs that were found name the kept profile; a twin takes the judgements over.

    Where one judge has judged both pairs, the newest grade counts, and the older one stays before
    it.
    """
    changed = []
    for id, column in found.pairs:
        its = update(t.pooled_pairs).where(t.pooled_pairs.c.id == id)
        connection.execute(its.values({column: keep}))
        changed.append(id)
    for id, twin, _, _, _, systems, twins, _ in found.fused:
        moved = update(t.judgements).where(t.judgements.c.pair == id)
        connection.execute(moved.values(pair=twin))
        _put_systems(connection, twin, _best(systems, twins))
        rows.delete_by(connection, t.pooled_pairs, t.pooled_pairs.c.id, [id])
        changed.append(twin)
    _log(connection, changed)


def move_back(connection: Connection, moved: Moved, kept: str, dropped: str) -> None:
    """Give the dropped profile its pairs back, with the judgements that were given of them.

    What has been erased since does not come back, and what was judged since stays where it is.
    """
    changed = [id for id, _ in moved.pairs]
    for id, column in moved.pairs:
        its = and_(t.pooled_pairs.c.id == id, t.pooled_pairs.c[column] == kept)
        connection.execute(update(t.pooled_pairs).where(its).values({column: dropped}))
    changed += [one[0] for one in moved.fused if _part(connection, one, dropped)]
    _log(connection, changed)


def _part(connection: Connection, one: Fused, dropped: str) -> bool:
    id, twin, column, name, end, systems, twins, given = one
    wanted = select(t.pooled_pairs.c.id).where(t.pooled_pairs.c.id == twin)
    if connection.execute(wanted).first() is None:
        return False
    values = {"id": id, "round": name, column: dropped, _other(column): end}
    made = insert(t.pooled_pairs).values(**values, systems=_written(systems))
    connection.execute(made)
    _put_systems(connection, twin, twins)
    j = t.judgements.c
    for start in range(0, len(given), rows.BATCH):
        its = and_(j.id.in_(given[start : start + rows.BATCH]), j.pair == twin)
        connection.execute(update(t.judgements).where(its).values(pair=id))
    return True


def _other(side: str) -> str:
    return _ENDS[1 - _ENDS.index(side)]


def _best(systems: Mapping[str, int], others: Mapping[str, int]) -> dict[str, int]:
    """Put two sets of ranks together; the better of two ranks of one system stands."""
    both = {**systems, **others}
    return {name: min(m[name] for m in (systems, others) if name in m) for name in sorted(both)}


def _put_systems(connection: Connection, pair: int, systems: Mapping[str, int]) -> None:
    its = update(t.pooled_pairs).where(t.pooled_pairs.c.id == pair)
    connection.execute(its.values(systems=_written(systems)))


def _written(systems: Mapping[str, int]) -> str:
    return json.dumps(dict(systems), ensure_ascii=False, separators=(",", ":"))


def _log(connection: Connection, pairs: list[int]) -> None:
    found: list[Any] = []
    for start in range(0, len(pairs), rows.BATCH):
        some = t.pooled_pairs.c.id.in_(pairs[start : start + rows.BATCH])
        found += connection.execute(select(t.pooled_pairs.c.startup).where(some)).scalars()
    rows.log(connection, [("judgement", id) for id in sorted(set(found))])
