"""Owns the merging of two profiles that are one firm, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, insert, or_, select

from profiles import recasing, repooling, rows
from profiles import tables as t
from profiles.cohorts import upkeep
from profiles.database import reading, writing
from profiles.errors import FieldError, InvalidRecord
from profiles.fusing import Choice, Difference, differing, fuse, regain
from profiles.kinds import Side
from profiles.mentions import VectorsOf, find_mentions, log, move, write_merged
from profiles.merges import (
    Merge,
    Moved,
    apart,
    family,
    merge_of,
    merged_ids,
    merges_into,
    merges_naming,
    missing,
    read_merge,
    states_around,
)
from profiles.revisions import StaleEdit, read_payload
from profiles.rows import AnyProfile
from profiles.rules import renamed
from profiles.schema import Programme, Tie
from profiles.store import SYSTEM, Store
from profiles.vectors import Vectors

_ID = t.profiles.c.id
Told = tuple[Literal["took in", "merged", "undone"], Merge]
"""What a merge did to a profile: it took the other in, was merged into it, or it was undone."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a merge would do: the profiles as they are, the fused one, and how much moves to it."""

    keep: AnyProfile
    drop: AnyProfile
    base: tuple[int, int]
    fused: AnyProfile
    differences: tuple[Difference, ...]
    ties: tuple[str, ...]
    aside: tuple[str, ...]
    verdicts: int
    lists: tuple[tuple[str, str], ...]


def plan(
    store: Store, keep: str, drop: str, *, choices: Mapping[str, Choice] | None = None
) -> Plan:
    """Say what merging `drop` into `keep` would do; change nothing.

    Raises:
        InvalidRecord: if the two cannot be merged, or a choice is none.
        UnknownId: if there is no such profile.
    """
    with reading(store.engine, repeatable=True) as connection:
        kept, dropped = _pair(connection, keep, drop)
        one, other = _read(kept), _read(dropped)
        found = find_mentions(connection, keep, drop)
        return Plan(
            one,
            other,
            (kept.revision, dropped.revision),
            fuse(one, other, choices or {}),
            tuple(differing(one, other)),
            tuple(tie for tie, _ in found.ends),
            tuple(tie for tie, _ in found.aside),
            len({number for number, _, _, _ in found.verdicts}),
            tuple((kind, id) for kind, id, _ in found.lists),
        )


def merge(
    store: Store,
    keep: str,
    drop: str,
    vectors_of: VectorsOf,
    *,
    by: str = SYSTEM,
    base: tuple[int, int] | None = None,
    choices: Mapping[str, Choice] | None = None,
) -> Merge:
    """Merge `drop` into `keep` in one transaction, as `fuse` says.

    Ties, verdicts, conflicts and programmes that name the dropped profile name the kept one. A tie
    between the two, and one that says what another says by then, is put aside until the undoing.

    Args:
        store: where both are.
        keep: the id that stays.
        drop: the id that leads to the kept one from now on.
        vectors_of: makes the vectors of the kept profile.
        by: who merges.
        base: the revisions of both that the person saw.
        choices: field → 'keep' or 'drop', whose value stands.

    Raises:
        InvalidRecord: if the two cannot be merged, or a choice is none.
        StaleEdit: if one of them has changed since `base`.
        UnknownId: if there is no such profile.
    """
    with writing(store.engine) as connection:
        kept, dropped = _pair(connection, keep, drop)
        for row, seen in zip((kept, dropped), base or (None, None), strict=True):
            _refuse_stale(row, seen)
        fused = fuse(_read(kept), _read(dropped), choices or {})
        vectors = vectors_of(fused)
        found = find_mentions(connection, keep, drop)
        judged = repooling.find(connection, kept.side, keep, drop)
        on_way = recasing.find_cases(connection, Side(kept.side), keep, drop)
        entered = upkeep.find_entries(connection, keep, drop)
        numbers = rows.newest(connection, "tie", [tie for tie, _ in found.aside])
        moved = Moved(
            created_at=dropped.created_at.isoformat(),
            ties=tuple(found.ends),
            aside=tuple((tie, twin, numbers[tie]) for tie, twin in found.aside),
            verdicts=tuple((number, column, at) for number, column, at, _ in found.verdicts),
            lists=tuple(found.lists),
            pairs=judged.pairs,
            fused=judged.fused,
            cases=on_way.cases,
            cases_aside=on_way.aside,
            entries=tuple(entered[0]),
            entries_aside=tuple(entered[1]),
        )
        repooling.move(connection, judged, keep)
        recasing.move_cases(connection, on_way, keep)
        upkeep.move_entries(connection, entered, keep)
        move(connection, found, keep, drop, by)
        _drop(connection, dropped, keep, by)
        rows.write_profiles(connection, [fused], {keep: kept}, by, touch=True)
        rows.write_vectors(connection, kept.side, {keep: vectors})
        _forget_refused_proposals(connection, keep, drop)
        made = insert(t.merges).values(
            side=kept.side,
            kept=keep,
            dropped=drop,
            at=rows.now(),
            by=by,
            kept_revision=kept.revision + 1,
            dropped_revision=dropped.revision + 1,
            moved=moved.written(),
        )
        number = connection.execute(made.returning(t.merges.c.number)).scalar_one()
        log(connection, found, (kept.side, keep), (kept.side, drop))
        return merge_of(connection, number)


def with_merged(store: Store, said: Sequence[AnyProfile]) -> list[AnyProfile]:
    """Give profiles, as a file says them, what merges that hold have given to those of their ids.

    A file that was written before a merge, or by another program, does not know of it: what the
    merge gave stays where it still stands, as `fusing.regain` says.
    """
    with reading(store.engine, repeatable=True) as connection:
        ids = [one.id for one in said]
        made: dict[str, list[Merge]] = {}
        for one in merges_into(connection, ids):
            made.setdefault(one.kept, []).append(one)
        held = {row.id: _read(row) for row in rows.by_ids(connection, t.profiles, _ID, made)}
        return [
            _regained(connection, one, held[one.id], made[one.id]) if one.id in held else one
            for one in said
        ]


def _regained(
    connection: Connection, said: AnyProfile, now: AnyProfile, merges: Sequence[Merge]
) -> AnyProfile:
    for one in merges:
        before, after = states_around(connection, one)
        if before is not None and after is not None and said.side is one.side:
            into = merged_ids(connection, after.conflicts)
            said = regain(said, now, before, follow(after, into))
    return said


def merges_of(store: Store, id: str) -> list[Merge]:
    """Read the merges that a profile took part in, undone ones too, oldest first."""
    with reading(store.engine) as connection:
        return merges_naming(connection, [id])


def merged_into(store: Store, ids: Sequence[str]) -> dict[str, list[str]]:
    """Give the ids that have been merged into each of `ids`, along chains, where there are any."""
    with reading(store.engine) as connection:
        kept = {one.kept for one in merges_into(connection, ids)}
        return {id: [one for one in family(connection, id) if one != id] for id in sorted(kept)}


def merges_told(id: str, merges: Iterable[Merge]) -> dict[tuple[str, str, int], Told]:
    """Tell which revisions of a profile its merges and their undoings made.

    Returns:
        (kind, id, number of the revision) → what happened, and the merge.
    """
    told: dict[tuple[str, str, int], Told] = {}
    for one in merges:
        is_kept = one.kept == id
        made = one.kept_revision if is_kept else one.dropped_revision
        told[one.side, id, made] = ("took in" if is_kept else "merged"), one
        if one.undone_revision:
            told[one.side, id, one.undone_revision if is_kept else made + 1] = "undone", one
    return told


def recent_merges(store: Store, limit: int = 20, *, before: int | None = None) -> list[Merge]:
    """Read the newest merges, undone ones too; those with a number below `before` if given."""
    newest = select(t.merges).order_by(t.merges.c.number.desc()).limit(limit)
    if before is not None:
        newest = newest.where(t.merges.c.number < before)
    with reading(store.engine) as connection:
        return [read_merge(row) for row in connection.execute(newest)]


def find_merge(store: Store, named: str) -> Merge:
    """Read a merge by the id that was dropped, or by its number.

    Raises:
        InvalidRecord: if there is none.
    """
    with reading(store.engine) as connection:
        by_id = [m for m in merges_naming(connection, [named]) if m.dropped == named]
        if by_id:
            return by_id[-1]
        return merge_of(connection, int(named) if named.isascii() and named.isdigit() else named)


def follow(record: Tie | Programme | AnyProfile, into: Mapping[str, str]) -> Any:
    """Give a record whose names of merged profiles are the ids that these are now.

    A list keeps each id once, and no profile stands in its own list. A tie may come to have one
    profile at both ends: then it says nothing any more.
    """
    if isinstance(record, Tie):
        ends = {"a": into.get(record.a, record.a), "b": into.get(record.b, record.b)}
        return record.model_copy(update=ends)
    name = "partners" if isinstance(record, Programme) else "conflicts"
    ids = dict.fromkeys(into.get(id, id) for id in getattr(record, name))
    changed: dict[str, object] = {name: tuple(id for id in ids if id != record.id)}
    if isinstance(record, Programme):
        changed["rules"] = renamed(record.rules, into)
    return record.model_copy(update=changed)


def _pair(connection: Connection, keep: str, drop: str) -> tuple[Any, Any]:
    """Read the rows of two profiles that may be merged."""
    if keep == drop:
        raise InvalidRecord([FieldError("drop", "merge_self", drop)])
    held = {
        row.id: row for row in rows.by_ids(connection, t.profiles, t.profiles.c.id, [keep, drop])
    }
    for id in (keep, drop):
        if id not in held:
            raise missing(connection, id)
    if held[keep].side != held[drop].side:
        raise InvalidRecord([FieldError("drop", "merge_sides", drop, {"other": keep})])
    if apart(connection, family(connection, keep), family(connection, drop)):
        raise InvalidRecord([FieldError("drop", "kept_apart", drop, {"other": keep})])
    return held[keep], held[drop]


def _read(row: Any) -> AnyProfile:
    return rows.read_profile(row.side, row.payload)


def _refuse_stale(row: Any, seen: int | None) -> None:
    if seen is not None and row.revision != seen:
        raise StaleEdit(row.id, seen, row.revision, read_payload(row.payload) or {})


def _drop(connection: Connection, dropped: Any, keep: str, by: str) -> None:
    rows.write_vectors(connection, dropped.side, {dropped.id: Vectors("")})
    rows.delete_by(connection, t.profiles, t.profiles.c.id, [dropped.id])
    write_merged(connection, dropped.side, {dropped.id: keep}, by)


def _forget_refused_proposals(connection: Connection, keep: str, drop: str) -> None:
    """Take back the proposals of the kept profile and those that are apart from the dropped one."""
    a, b = t.kept_apart.c.a, t.kept_apart.c.b
    ids = family(connection, drop)
    pairs = connection.execute(select(a, b).where(or_(a.in_(ids), b.in_(ids)))).all()
    others = {id for pair in pairs for id in pair} - set(ids)
    for other in others | set(merged_ids(connection, others).values()):
        one, two = sorted((keep, other))
        p = t.proposals.c
        connection.execute(t.proposals.delete().where(p.a == one, p.b == two))
