"""Owns the undoing of a merge: both profiles stand by themselves again, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select, update

from profiles import recasing, repooling, rows
from profiles import tables as t
from profiles.cohorts import upkeep
from profiles.database import writing
from profiles.errors import FieldError, InvalidRecord
from profiles.fusing import unfuse, without_contact
from profiles.kinds import Side
from profiles.mentions import (
    ENDS,
    Mentions,
    VectorsOf,
    lists_of,
    log,
    move_ties,
    naming,
    put,
    with_list,
    write,
)
from profiles.merges import Merge, Moved, active_after, merge_of, merged_ids, missing
from profiles.rows import AnyProfile
from profiles.schema import Tie
from profiles.store import SYSTEM, Store


def unmerge(store: Store, number: int, vectors_of: VectorsOf, *, by: str = SYSTEM) -> Merge:
    """Undo a merge in one transaction: both profiles stand by themselves again.

    The kept one loses what the merge gave it and nobody has changed since; the dropped one comes
    back as it was, with the ties, verdicts and places in lists that were its. What came later stays
    with the kept one. What has been erased or withdrawn meanwhile does not come back.

    Raises:
        InvalidRecord: if there is no such merge, it is undone, a later one must be undone first, or
            a list of ids would come to be too long.
    """
    with writing(store.engine) as connection:
        one = merge_of(connection, number)
        moved = _undoable(one)
        dropped = _without_erased(connection, _former(connection, one))
        aside = _put_aside(connection, moved)
        returning = _returning(connection, one, moved, aside)
        restored = _restored(connection, aside)
        ends = {id for tie in (*returning, *restored) for id in (tie.a, tie.b)}
        _refuse_order(connection, one, moved, ends.union(dropped.conflicts))
        kept = next(rows.by_ids(connection, t.profiles, t.profiles.c.id, [one.kept]))
        now = rows.read_profile(kept.side, kept.payload)
        split = _without_erased(connection, _split(connection, one, now))
        vectors = {record.id: vectors_of(record) for record in (split, dropped)}
        subjects = {tie.id: vectors_of(tie) for tie in restored}
        found = _back_in_lists(connection, one, moved)
        found.ties = restored
        found.verdicts = _move_verdicts_back(connection, one, moved)
        _give_back(connection, one, returning, by)
        repooling.move_back(connection, moved, one.kept, one.dropped)
        write(connection, found, by)
        recasing.move_cases_back(connection, moved, one.kept, one.dropped)
        upkeep.move_entries_back(connection, moved, one.kept, one.dropped)
        rows.write_profiles(connection, [split], {one.kept: kept}, by, touch=True)
        rows.write_profiles(connection, [dropped], {}, by)
        made = datetime.fromisoformat(moved.created_at)
        was = update(t.profiles).where(t.profiles.c.id == one.dropped)
        connection.execute(was.values(created_at=made))
        rows.write_vectors(connection, one.side.value, vectors)
        rows.write_vectors(connection, "tie", subjects)
        undone = update(t.merges).where(t.merges.c.number == number)
        connection.execute(
            undone.values(
                moved="",
                undone_at=rows.now(),
                undone_by=by,
                undone_revision=kept.revision + 1,
            )
        )
        log(connection, found, (kept.side, one.kept), (kept.side, one.dropped))
        return merge_of(connection, number)


def _undoable(one: Merge) -> Moved:
    if one.moved is None:
        raise InvalidRecord([FieldError("merge", "merge_undone", one.number)])
    return one.moved


def _profile_state(connection: Connection, side: str, id: str, number: int) -> AnyProfile:
    r = t.revisions.c
    one = and_(r.kind == side, r.id == id, r.number == number)
    text = connection.execute(select(r.payload).where(one)).scalar_one_or_none()
    if text is None:
        raise missing(connection, id)
    return rows.read_profile(side, text)


def _former(connection: Connection, one: Merge) -> AnyProfile:
    """Read the dropped profile as it was; without an address whose consent has been withdrawn."""
    number = one.dropped_revision - 1
    profile = _profile_state(connection, one.side.value, one.dropped, number)
    return without_contact(profile) if one.moved and one.moved.withdrawn else profile


def _without_erased(connection: Connection, profile: AnyProfile) -> AnyProfile:
    """Take the ids of what has been erased since out of a profile's conflicts."""
    ids = profile.conflicts
    known = {
        row.id
        for row in rows.by_ids(connection, t.revisions, t.revisions.c.id, ids)
        if row.kind in tuple(Side)
    }
    gone = known - rows.sides(connection, ids).keys() - merged_ids(connection, ids).keys()
    return profile.model_copy(update={"conflicts": tuple(id for id in ids if id not in gone)})


def _split(connection: Connection, one: Merge, now: AnyProfile) -> AnyProfile:
    before, after = (
        _profile_state(connection, one.side.value, one.kept, number)
        for number in (one.kept_revision - 1, one.kept_revision)
    )
    if one.moved and one.moved.withdrawn:
        before = without_contact(before)
    return unfuse(now, after, before)


def _put_aside(connection: Connection, moved: Moved) -> dict[str, Tie]:
    """Read the ties that were put aside, as they were then, by id; none that was erased since."""
    numbers, r = {tie: number for tie, _, number in moved.aside}, t.revisions.c
    only = (r.id, r.number, r.payload)
    found = rows.by_ids(connection, t.revisions, r.id, numbers, r.kind == "tie", only=only)
    return {
        row.id: Tie.model_validate_json(row.payload)
        for row in found
        if row.number == numbers[row.id] and row.payload
    }


def _returning(
    connection: Connection, one: Merge, moved: Moved, aside: Mapping[str, Tie]
) -> list[Any]:
    """Read id and ends of the ties that go back to the dropped profile."""
    ends = dict(moved.ties)
    for id, twin, _ in moved.aside:
        if twin and id in aside:  # a tie of this id that was put again since
            ends[id] = "a" if aside[id].a == one.dropped else "b"
    c = t.ties.c
    held = rows.by_ids(connection, t.ties, c.id, ends, only=(c.id, c.a, c.b))
    return [row for row in held if getattr(row, ends[row.id]) == one.kept]


def _restored(connection: Connection, aside: Mapping[str, Tie]) -> list[Tie]:
    """Give the ties that were put aside and that nobody has put again."""
    held = {row.id for row in rows.by_ids(connection, t.ties, t.ties.c.id, aside)}
    return [tie for id, tie in aside.items() if id not in held]


def _give_back(connection: Connection, one: Merge, ties: Sequence[Any], by: str) -> None:
    for end in ENDS:
        ids = [tie.id for tie in ties if getattr(tie, end) == one.kept]
        for start in range(0, len(ids), rows.BATCH):
            some = t.ties.c.id.in_(ids[start : start + rows.BATCH])
            move_ties(connection, some, end, one.kept, one.dropped, by)


def _refuse_order(connection: Connection, one: Merge, moved: Moved, named: set[str]) -> None:
    """Refuse to undo a merge before a later one that touches the same records.

    `named` are the ids that the records which come back name.
    """
    own = moved.records | {(one.side.value, one.kept)}
    others = named - {one.kept, one.dropped}
    for later in active_after(connection, one.number):
        sides = {(later.side.value, later.kept), (later.side.value, later.dropped)}
        theirs = (later.moved.records if later.moved else set()) | sides
        if own & theirs or later.dropped in others:
            params = {"later": later.number, "kept": later.kept, "dropped": later.dropped}
            raise InvalidRecord([FieldError("merge", "undo_order", one.number, params)])


def _back_in_lists(connection: Connection, one: Merge, moved: Moved) -> Mentions:
    found = Mentions()
    seen = {(kind, id): before for kind, id, before in moved.lists}
    for kind, record in naming(connection, one.kept):
        changed = record
        for name, ids in lists_of(kind, record).items():
            if (name, record.id) in seen and one.kept in ids and one.dropped not in ids:
                ids_again = _back_in(ids, one, seen[name, record.id])
                changed = with_list(changed, name, ids_again)
        if changed is not record:
            put(found, changed)
    return found


def _back_in(ids: tuple[str, ...], one: Merge, before: tuple[str, ...] | None) -> list[str]:
    """Give a list in which the dropped profile has its place again."""
    if before is None:
        return [one.dropped if id == one.kept else id for id in ids]
    place = max((ids.index(id) + 1 for id in before if id in ids), default=0)
    return [*ids[:place], one.dropped, *ids[place:]]


def _move_verdicts_back(
    connection: Connection, one: Merge, moved: Moved
) -> list[tuple[int, str, str, str]]:
    """Give the dropped profile its verdicts back; a number may be another verdict's by now."""
    held = {(number, at): column for number, column, at in moved.verdicts}
    back = []
    numbers = sorted({number for number, _ in held})
    for start in range(0, len(numbers), rows.BATCH):
        some = t.verdicts.c.id.in_(numbers[start : start + rows.BATCH])
        for row in connection.execute(select(t.verdicts).where(some)).all():
            at = row.at.isoformat()
            column = held.get((row.id, at), "")
            if column and getattr(row, column) == one.kept:
                its = update(t.verdicts).where(t.verdicts.c.id == row.id)
                connection.execute(its.values({column: one.dropped}))
                query = one.dropped if column == "query" else row.query
                back.append((row.id, column, at, query))
    return back
