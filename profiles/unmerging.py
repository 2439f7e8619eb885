"""Owns the undoing of a merge: both profiles stand by themselves again, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, select, update

from profiles import rows
from profiles import tables as t
from profiles.database import writing
from profiles.errors import FieldError, InvalidRecord
from profiles.fusing import unfuse, without_contact
from profiles.kinds import Side
from profiles.mentions import Mentions, VectorsOf, list_of, log, naming, put_list, write
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
        ties = [*_returning(connection, one, moved), *_restored(connection, moved)]
        _refuse_order(connection, one, moved, [dropped, *ties])
        kept = next(rows.by_ids(connection, t.profiles, t.profiles.c.id, [one.kept]))
        now = rows.read_profile(kept.side, kept.payload)
        split = _without_erased(connection, _split(connection, one, now))
        new = _restored_ids(connection, moved)
        vectors = {record.id: vectors_of(record) for record in (split, dropped)}
        subjects = {tie.id: vectors_of(tie) for tie in ties if tie.id in new}
        found = _back_in_lists(connection, one, moved)
        found.ties = ties
        found.verdicts = _move_verdicts_back(connection, one, moved)
        write(connection, found, by)
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


def _state(connection: Connection, kind: str, id: str, number: int) -> str | None:
    r = t.revisions.c
    one = and_(r.kind == kind, r.id == id, r.number == number)
    return connection.execute(select(r.payload).where(one)).scalar_one_or_none()


def _profile_state(connection: Connection, side: str, id: str, number: int) -> AnyProfile:
    text = _state(connection, side, id, number)
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


def _returning(connection: Connection, one: Merge, moved: Moved) -> list[Tie]:
    """Give the ties that go back to the dropped profile, as they are now else."""
    ends = dict(moved.ties)
    for id, twin, number in moved.aside:
        was = _tie_state(connection, id, number)
        if twin and was:  # a tie of this id that was put again since
            ends[id] = "a" if was.a == one.dropped else "b"
    back = []
    for row in rows.by_ids(connection, t.ties, t.ties.c.id, ends):
        tie = Tie.model_validate_json(row.payload)
        if getattr(tie, ends[tie.id]) == one.kept:
            back.append(tie.model_copy(update={ends[tie.id]: one.dropped}))
    return back


def _tie_state(connection: Connection, id: str, number: int) -> Tie | None:
    text = _state(connection, "tie", id, number)
    return None if text is None else Tie.model_validate_json(text)


def _restored_ids(connection: Connection, moved: Moved) -> set[str]:
    """Give the ids of the ties that were put aside and that nobody has put again."""
    aside = {tie for tie, _, _ in moved.aside}
    return aside - {row.id for row in rows.by_ids(connection, t.ties, t.ties.c.id, aside)}


def _restored(connection: Connection, moved: Moved) -> list[Tie]:
    new = _restored_ids(connection, moved)
    states = (_tie_state(connection, tie, no) for tie, _, no in moved.aside if tie in new)
    return [tie for tie in states if tie is not None]


def _refuse_order(
    connection: Connection, one: Merge, moved: Moved, coming: Sequence[AnyProfile | Tie]
) -> None:
    """Refuse to undo a merge before a later one that touches the same records."""
    own = moved.records | {(one.side.value, one.kept)}
    named = {id for record in coming for id in _others(record)} - {one.kept, one.dropped}
    for later in active_after(connection, one.number):
        sides = {(later.side.value, later.kept), (later.side.value, later.dropped)}
        theirs = (later.moved.records if later.moved else set()) | sides
        if own & theirs or later.dropped in named:
            params = {"later": later.number, "kept": later.kept, "dropped": later.dropped}
            raise InvalidRecord([FieldError("merge", "undo_order", one.number, params)])


def _others(record: AnyProfile | Tie) -> tuple[str, ...]:
    return (record.a, record.b) if isinstance(record, Tie) else record.conflicts


def _back_in_lists(connection: Connection, one: Merge, moved: Moved) -> Mentions:
    found = Mentions()
    seen = {(kind, id): before for kind, id, before in moved.lists}
    for kind, record in naming(connection, one.kept):
        ids = list_of(record)
        if (kind, record.id) not in seen or one.dropped in ids:
            continue
        before = seen[kind, record.id]
        if before is None:
            put_list(found, record, [one.dropped if id == one.kept else id for id in ids])
        else:
            place = max((ids.index(id) + 1 for id in before if id in ids), default=0)
            put_list(found, record, [*ids[:place], one.dropped, *ids[place:]])
    return found


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
