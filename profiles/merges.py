"""Owns the record of a merge: who became whom, what moved, and where a merged id leads now."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, update

from profiles import rows
from profiles import tables as t
from profiles.errors import DariError, FieldError, InvalidRecord, MergedId, UnknownId
from profiles.kinds import Side
from profiles.rules import named_in
from profiles.schema import Programme, Tie


class MergedMeanwhile(DariError):
    """Records that were read before a merge, or the undoing of one, which they do not know of."""


_ACTIVE = t.merges.c.undone_at.is_(None)


Fused = tuple[int, int, str, str, str, Mapping[str, int], Mapping[str, int], tuple[int, ...]]
"""A judged pair that was put together with a twin of its round, as `Moved` tells."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What a merge moved, named by ids and numbers alone: contents stay in the revisions.

    Attributes:
        created_at: when the dropped profile was made (ISO 8601).
        ties: (tie, end) for each end that was changed; an end is 'a' or 'b'.
        aside: (tie, the tie that says the same or None, its last revision) for each put aside.
        verdicts: (number, column, moment in ISO 8601) for each verdict that was changed.
        lists: (kind, id, ids before it) for each list that named the dropped profile; None in
            place of the ids where the kept one took its place, else those that stood before it.
        withdrawn: whether consent was withdrawn since; an address does not come back then.
        pairs: (pair, column) of each judged pair that names the kept profile since.
        fused: (pair, twin, column, round, other end, its systems, those of the twin before, its
            judgements) of each whose judgements became those of a twin of its round.
        cases: (case, column) of each case that names the kept profile since.
        cases_aside: (case, twin) of each case that stepped aside for the open one of its pair.
        entries: each entry of a cohort that names the kept profile since.
        entries_aside: (entry, twin) of each entry that stepped aside for one of its cohort.
    """

    created_at: str
    ties: tuple[tuple[str, str], ...] = ()
    aside: tuple[tuple[str, str | None, int], ...] = ()
    verdicts: tuple[tuple[int, str, str], ...] = ()
    lists: tuple[tuple[str, str, tuple[str, ...] | None], ...] = ()
    withdrawn: bool = False
    pairs: tuple[tuple[int, str], ...] = ()
    fused: tuple[Fused, ...] = ()
    cases: tuple[tuple[int, str], ...] = ()
    cases_aside: tuple[tuple[int, int], ...] = ()
    entries: tuple[int, ...] = ()
    entries_aside: tuple[tuple[int, int], ...] = ()

    def written(self) -> str:
        """Write it as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @property
    def records(self) -> set[tuple[str, str]]:
        """The (kind, id) of the records whose further merges must be undone before this one."""
        ties = {tie for tie, _ in self.ties}
        for tie, twin, _ in self.aside:
            ties |= {tie, twin or tie}
        profiles = {(kind, id) for kind, id, _ in self.lists if kind in tuple(Side)}
        pairs = {pair for pair, _ in self.pairs} | {id for one in self.fused for id in one[:2]}
        judged = {("pooled", str(pair)) for pair in pairs}
        of_cases = {case for case, _ in self.cases} | {id for one in self.cases_aside for id in one}
        cases = {("case", str(case)) for case in of_cases}
        of_entries = {*self.entries, *(id for one in self.entries_aside for id in one)}
        entries = {("entry", str(entry)) for entry in of_entries}
        return {("tie", tie) for tie in ties} | profiles | judged | cases | entries


@dataclass(frozen=True, slots=True)
class Merge:
    """One merge: `dropped` became `kept`; `undone_at` is None while that holds.

    `kept_revision` and `dropped_revision` are the revisions that it made, `undone_revision` the one
    of the kept profile that its undoing made. `moved` is None once it is undone.
    """

    number: int
    side: Side
    kept: str
    dropped: str
    at: datetime
    by: str
    kept_revision: int
    dropped_revision: int
    moved: Moved | None
    undone_at: datetime | None = None
    undone_by: str | None = None
    undone_revision: int | None = None


def read_merge(row: Any) -> Merge:
    """Read a row of the merges."""
    values = {**row._mapping, "side": Side(row.side)}
    return Merge(**{**values, "moved": _read_moved(row.moved) if row.moved else None})


def merge_of(connection: Connection, number: int | str) -> Merge:
    """Read one merge.

    Raises:
        InvalidRecord: if none has this number.
    """
    found = None
    if isinstance(number, int) and 0 < number < 1 << 63:
        wanted = select(t.merges).where(t.merges.c.number == number)
        found = connection.execute(wanted).one_or_none()
    if found is None:
        raise InvalidRecord([FieldError("merge", "merge_unknown", number)])
    return read_merge(found)


def _read_moved(text: str) -> Moved:
    raw = json.loads(text)
    lists = ((kind, id, None if seen is None else tuple(seen)) for kind, id, seen in raw["lists"])
    return Moved(
        raw["created_at"],
        tuple((tie, end) for tie, end in raw["ties"]),
        tuple((tie, twin, number) for tie, twin, number in raw["aside"]),
        tuple((number, column, at) for number, column, at in raw["verdicts"]),
        tuple(lists),
        raw["withdrawn"],
        tuple((pair, column) for pair, column in raw.get("pairs", ())),  # older merges have none
        tuple((*one[:7], tuple(one[7])) for one in raw.get("fused", ())),
        tuple((case, column) for case, column in raw.get("cases", ())),
        tuple((case, twin) for case, twin in raw.get("cases_aside", ())),
        tuple(raw.get("entries", ())),
        tuple((entry, twin) for entry, twin in raw.get("entries_aside", ())),
    )


def active_after(connection: Connection, number: int) -> list[Merge]:
    """Read the merges after a number that hold, oldest first."""
    later = select(t.merges).where(_ACTIVE, t.merges.c.number > number)
    return [read_merge(row) for row in connection.execute(later.order_by(t.merges.c.number))]


def merges_naming(connection: Connection, ids: Collection[str]) -> list[Merge]:
    """Read the merges, undone ones too, that one of `ids` took part in, oldest first."""
    found = {
        row.number: read_merge(row)
        for column in (t.merges.c.kept, t.merges.c.dropped)
        for row in rows.by_ids(connection, t.merges, column, ids)
    }
    return [found[number] for number in sorted(found)]


def merges_into(connection: Connection, ids: Collection[str]) -> list[Merge]:
    """Read the merges that hold and made one of `ids` the kept profile, oldest first."""
    found = rows.by_ids(connection, t.merges, t.merges.c.kept, ids, _ACTIVE)
    return sorted((read_merge(row) for row in found), key=lambda one: one.number)


def states_around(
    connection: Connection, one: Merge
) -> tuple[rows.AnyProfile | None, rows.AnyProfile | None]:
    """Read the kept profile before and after a merge; None for one whose content was taken out."""
    r = t.revisions.c
    numbers = (one.kept_revision - 1, one.kept_revision)
    its = and_(r.kind == one.side.value, r.id == one.kept, r.number.in_(numbers))
    found = {row.number: row.payload for row in connection.execute(select(t.revisions).where(its))}
    before, after = (found.get(number) for number in numbers)
    return (
        rows.read_profile(one.side.value, before) if before else None,
        rows.read_profile(one.side.value, after) if after else None,
    )


def merging_state(connection: Connection) -> tuple[int, int]:
    """Tell where merging stands: another value once a profile is merged or a merge undone."""
    m = t.merges.c
    row = connection.execute(select(func.max(m.number), func.count(m.undone_at))).one()
    return row[0] or 0, row[1]


def refuse_new_merges(connection: Connection, seen: tuple[int, int]) -> None:
    """Refuse to write what was read where merging stood at `seen`.

    Raises:
        MergedMeanwhile: if a profile has been merged since, or a merge undone.
    """
    if (now := merging_state(connection)) != seen:
        raise MergedMeanwhile(
            value=f"merge {now[0]}",
            rule="Profiles have been merged, or a merge undone, since these were read.",
            remedy="Read them again.",
        )


def merged_ids(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Tell, for each of `ids` that has been merged, which profile it is now, along chains."""
    steps: dict[str, str] = {}
    asked = set(ids)
    while asked:
        found = rows.by_ids(connection, t.merges, t.merges.c.dropped, asked, _ACTIVE)
        fresh = {row.dropped: row.kept for row in found}
        steps |= fresh
        asked = set(fresh.values()) - steps.keys()
    return {id: _end(id, steps) for id in set(ids) & steps.keys()}


def _end(id: str, steps: dict[str, str]) -> str:
    while id in steps:
        id = steps[id]
    return id


def family(connection: Connection, id: str) -> list[str]:
    """Give a profile's id and the ids that have been merged into it, along chains, by id."""
    known: set[str] = set()
    asked = {id}
    while asked:
        known |= asked
        found = rows.by_ids(connection, t.merges, t.merges.c.kept, asked, _ACTIVE)
        asked = {row.dropped for row in found} - known
    return sorted(known)


def missing(connection: Connection, id: str) -> UnknownId:
    """Make the error for an id that no profile has: of a merged one it names what it is now."""
    into = merged_ids(connection, [id]).get(id)
    return rows.unknown_id(id) if into is None else MergedId(id, into)


def refuse_merged(connection: Connection, named: Iterable[tuple[str, str]]) -> None:
    """Refuse (field, id) pairs whose ids have been merged.

    Raises:
        InvalidRecord: with an error for each, which names the kept id.
    """
    fields = list(named)
    into = merged_ids(connection, {id for _, id in fields})
    if into:
        wrong = [(field, id) for field, id in fields if id in into]
        raise InvalidRecord([merged_error(field, id, into[id]) for field, id in wrong])


def merged_error(field: str, id: str, into: str) -> FieldError:
    """Make the error of a field that names a merged id."""
    return FieldError(field, "id_merged", id, {"into": into})


def named_by(record: rows.AnyProfile | Tie | Programme) -> list[tuple[str, str]]:
    """Give the (field, id) pairs of profiles that a record names, itself included."""
    if isinstance(record, Tie):
        return [("a", record.a), ("b", record.b)]
    if isinstance(record, Programme):
        return [*(("partners", id) for id in record.partners), *named_in(record.rules)]
    return [("id", record.id), *(("conflicts", id) for id in record.conflicts)]


def aside_ties(connection: Connection, ids: Collection[str]) -> set[str]:
    """Give the ties that merges of `ids` have put aside, and nobody has put again."""
    found = merges_naming(connection, ids)
    aside = {tie for one in found if one.moved for tie, _, _ in one.moved.aside}
    return aside - {row.id for row in rows.by_ids(connection, t.ties, t.ties.c.id, aside)}


def once_in(connection: Connection, ids: Collection[str]) -> list[Any]:
    """Read the revisions of others from the time when one of `ids` was merged into them.

    Undone merges count, along chains: such a revision may say what the merged profile said.
    """
    open_end = datetime.max.replace(tzinfo=UTC)
    asked = [(id, 0, open_end) for id in ids]
    found: dict[tuple[str, str, int], Any] = {}
    while asked:
        id, after, until = asked.pop()
        for one in merges_naming(connection, [id]):
            if one.dropped == id and one.undone_at and one.number > after and one.at < until:
                asked.append((one.kept, one.number, one.undone_at))
                found |= {(r.kind, r.id, r.number): r for r in _while_merged(connection, one)}
    return [found[key] for key in sorted(found)]


def _while_merged(connection: Connection, one: Merge) -> list[Any]:
    r = t.revisions.c
    last = (one.undone_revision or 0) - 1
    its = and_(r.kind == one.side.value, r.id == one.kept)
    between = its & r.number.between(one.kept_revision, last)
    return list(connection.execute(select(t.revisions).where(between)))


def empty_revisions(connection: Connection, found: Iterable[Any]) -> None:
    """Take the content out of revisions; their lines stay."""
    r = t.revisions.c
    for one in found:
        its = and_(r.kind == one.kind, r.id == one.id, r.number == one.number)
        connection.execute(update(t.revisions).where(its).values(payload=None))


def forget_merges(connection: Connection, ids: Collection[str]) -> None:
    """Delete the merges, proposals and kept-apart pairs that name erased ids."""
    for table, columns in (
        (t.merges, (t.merges.c.kept, t.merges.c.dropped)),
        (t.proposals, (t.proposals.c.a, t.proposals.c.b)),
        (t.kept_apart, (t.kept_apart.c.a, t.kept_apart.c.b)),
    ):
        for column in columns:
            rows.delete_by(connection, table, column, ids)


def apart(connection: Connection, one: Collection[str], other: Collection[str]) -> bool:
    """Tell whether any id of one family is kept apart from any of the other."""
    a, b = t.kept_apart.c.a, t.kept_apart.c.b
    either = or_(a.in_(one) & b.in_(other), a.in_(other) & b.in_(one))
    return connection.execute(select(a).where(either).limit(1)).first() is not None


def withdrawn(connection: Connection, ids: Collection[str]) -> None:
    """Note that consent was withdrawn of what has been merged into `ids` and is among them."""
    for one in merges_naming(connection, ids):
        if one.moved is not None and one.dropped in ids:
            moved = replace(one.moved, withdrawn=True).written()
            its = update(t.merges).where(t.merges.c.number == one.number)
            connection.execute(its.values(moved=moved))
