"""Owns the statements of the store: what is read and written, many rows at a time."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, or_, select, update

from profiles import tables as t
from profiles.errors import IdTaken, UnknownId
from profiles.kinds import Side
from profiles.schema import Partner, Profile, Programme, Startup, Tie
from profiles.text import is_clean
from profiles.vectors import Vectors

AnyProfile = Startup | Partner

BATCH = 500


def now() -> datetime:
    """Give the present moment (UTC)."""
    return datetime.now(UTC)


def payload(record: Profile | Programme | Tie) -> str:
    """Write a record as JSON: fields in the order of their names, none that is absent."""
    return written(record.model_dump(mode="json", exclude_defaults=True))


def written(values: Mapping[str, Any]) -> str:
    """Write values as JSON, in the order of their names."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def member(name: str, value: str) -> str:
    """Write a member of a record as it stands in its payload, and nowhere else in it.

    Within a text the double quotes of such words have a backslash before them.
    """
    return f"{json.dumps(name)}:{json.dumps(value, ensure_ascii=False)}"


def read_profile(side: str, text: str) -> AnyProfile:
    """Read a stored profile."""
    model = Startup if side == Side.STARTUP else Partner
    return model.stored(text)


def kind_of(record: AnyProfile | Tie) -> str:
    """Name the kind of a record as vectors and the change log do: a profile's is its side."""
    return "tie" if isinstance(record, Tie) else record.side.value


def unknown_id(id: str) -> UnknownId:
    """Make the error for an id that no profile has."""
    return UnknownId(
        value=id,
        rule="No profile has this id.",
        remedy="Look it up in the list of startups or partners.",
    )


def taken_id(id: str) -> IdTaken:
    """Make the error for an id that another profile has."""
    return IdTaken(
        value=id,
        rule="Another profile has this id already.",
        remedy="Choose another id.",
    )


def by_ids(
    connection: Connection,
    table: Table,
    column: Any,
    ids: Collection[str],
    *where: Any,
    only: Sequence[Any] = (),
) -> Iterator[Any]:
    """Read the rows whose `column` is among `ids`, whole or `only` some columns."""
    for some in batches(ids):
        its = select(*(only or (table,))).where(column.in_(some), *where)
        yield from connection.execute(its).all()


def batches(ids: Collection[str]) -> Iterator[list[str]]:
    """Give the ids that a query can ask for, each once, `BATCH` at a time."""
    ordered = sorted(id for id in set(ids) if is_clean(id))  # PostgreSQL refuses NUL in a query
    for start in range(0, len(ordered), BATCH):
        yield ordered[start : start + BATCH]


def sides(connection: Connection, ids: Collection[str]) -> dict[str, Side]:
    """Tell the side of each profile that exists among `ids`."""
    only = (t.profiles.c.id, t.profiles.c.side)
    rows = by_ids(connection, t.profiles, t.profiles.c.id, ids, only=only)
    return {row.id: Side(row.side) for row in rows}


def ties_of(connection: Connection, id: str) -> tuple[Tie, ...]:
    """Read the ties that a profile is an end of, by id."""
    ends = or_(t.ties.c.a == id, t.ties.c.b == id)
    found = connection.execute(select(t.ties.c.payload).where(ends).order_by(t.ties.c.id))
    return tuple(Tie.model_validate_json(row.payload) for row in found)


def encoded(
    connection: Connection, kinds: Sequence[str], ids: Collection[str], encoder_id: str
) -> set[str]:
    """Tell which of `ids` have vectors of an encoder."""
    where = (t.vectors.c.owner_kind.in_(kinds), t.vectors.c.encoder_id == encoder_id)
    owner = t.vectors.c.owner_id
    rows = by_ids(connection, t.vectors, owner, ids, *where, only=(owner,))
    return {row.owner_id for row in rows}


def held_profiles(
    connection: Connection, profiles: Iterable[AnyProfile], *, new: bool
) -> dict[str, Any]:
    """Read the rows held under the ids of profiles.

    Raises:
        IdTaken: for an id of the other side, one that stands twice, or one that exists if `new`.
    """
    wanted: dict[str, Side] = {}
    for profile in profiles:
        if profile.id in wanted:
            raise taken_id(profile.id)
        wanted[profile.id] = profile.side
    held: dict[str, Any] = {}
    for row in by_ids(connection, t.profiles, t.profiles.c.id, wanted):
        if new or Side(row.side) is not wanted[row.id]:
            raise taken_id(row.id)
        held[row.id] = row
    return held


def write_profiles(
    connection: Connection,
    profiles: Sequence[AnyProfile],
    held: Mapping[str, Any],
    by: str,
    *,
    touch: bool = False,
) -> set[str]:
    """Insert the profiles that are new, update those that differ from the rows `held`.

    With `touch`, each gets a new revision, whether it differs or not.

    Returns:
        The ids of those that are held as they were.
    """
    at = now()
    fresh = [profile for profile in profiles if profile.id not in held]
    erased = {
        side: newest(connection, side.value, [p.id for p in fresh if p.side is side])
        for side in Side
    }
    made: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for profile in profiles:
        text = payload(profile)
        row = held.get(profile.id)
        names = "\n".join([*profile.name.parts, *profile.aliases, profile.id]).casefold()
        values = {"names": names, "payload": text, "updated_at": at}
        if row is None:
            values |= {"revision": erased[profile.side].get(profile.id, 0) + 1, "created_at": at}
            made.append({"id": profile.id, "side": profile.side.value, **values})
        elif touch or row.payload != text:
            values |= {"revision": row.revision + 1, "side": row.side}
            changed.append({"key": profile.id, **values})
    if made:
        connection.execute(insert(t.profiles), made)
    if changed:
        connection.execute(update(t.profiles).where(t.profiles.c.id == bindparam("key")), changed)
    write_revisions(
        connection,
        [(r["side"], r.get("id") or r["key"], r["revision"], r["payload"]) for r in made + changed],
        by,
    )
    return held.keys() - {row["key"] for row in changed}


def held_records(
    connection: Connection, table: Table, kind: str, ids: Collection[str]
) -> dict[str, Any]:
    """Read id, payload and newest revision of the ties or programmes held under ids."""
    r = t.revisions.c
    own = select(func.max(r.number)).where(r.kind == kind, r.id == table.c.id)
    columns = (table.c.id, table.c.payload, own.scalar_subquery().label("revision"))
    some = table.c.id.in_(sorted(id for id in set(ids) if is_clean(id)))
    return {row.id: row for row in connection.execute(select(*columns).where(some))}


def write_ties(connection: Connection, ties: Sequence[Tie], by: str) -> set[str]:
    """Insert ties, or replace those of the same id; give the ids of those held as they were."""
    rows = [
        {
            "id": tie.id,
            "kind": tie.kind.value,
            "a": tie.a,
            "b": tie.b,
            "valid_from": tie.valid_from,
            "valid_to": tie.valid_to,
            "payload": payload(tie),
        }
        for tie in {tie.id: tie for tie in ties}.values()
    ]
    return _replace(connection, t.ties, rows, "tie", by)


def write_programmes(connection: Connection, programmes: Sequence[Programme], by: str) -> None:
    """Insert programmes, or replace those of the same id."""
    at = now()
    rows = [
        {"id": one.id, "payload": payload(one), "updated_at": at}
        for one in {one.id: one for one in programmes}.values()
    ]
    _replace(connection, t.programmes, rows, "programme", by)


def write_vectors(
    connection: Connection,
    kind: str,
    entries: Mapping[str, Vectors],
    unchanged: Collection[str] = (),
) -> None:
    """Replace the vectors of owners of one kind: id → vectors.

    Vectors of other encoders are of the text as it was, and go too; only those of `unchanged`
    owners stay.
    """
    v = t.vectors.c
    delete_by(
        connection, t.vectors, v.owner_id, entries.keys() - {*unchanged}, v.owner_kind == kind
    )
    for encoder_id in {vectors.encoder_id for vectors in entries.values()}:
        same = [id for id in unchanged if id in entries and entries[id].encoder_id == encoder_id]
        of_it = (v.owner_kind == kind, v.encoder_id == encoder_id)
        delete_by(connection, t.vectors, v.owner_id, same, *of_it)
    rows = [
        {
            "owner_kind": kind,
            "owner_id": id,
            "facet": facet,
            "encoder_id": vectors.encoder_id,
            "data": data,
        }
        for id, vectors in entries.items()
        for facet, data in vectors.facets.items()
    ]
    if rows:
        connection.execute(insert(t.vectors), rows)


def delete_by(
    connection: Connection, table: Table, column: Any, ids: Collection[Any], *where: Any
) -> None:
    """Delete the rows whose `column` is among `ids`."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), BATCH):
        connection.execute(delete(table).where(column.in_(ordered[start : start + BATCH]), *where))


def forget_revisions(connection: Connection, kind: str, ids: Collection[str], by: str) -> None:
    """Delete what revisions say of erased records; a line without content stays for each."""
    before = newest(connection, kind, ids)
    delete_by(connection, t.revisions, t.revisions.c.id, ids, t.revisions.c.kind == kind)
    write_revisions(connection, [(kind, id, before.get(id, 0) + 1, None) for id in ids], by)


def log(connection: Connection, changed: Sequence[tuple[str, str]]) -> int:
    """Add (kind, id) pairs to the change log; give its newest seq."""
    if changed:
        at = now()
        rows = [{"kind": kind, "id": id, "at": at} for kind, id in changed]
        connection.execute(insert(t.changes), rows)
    return connection.execute(select(func.max(t.changes.c.seq))).scalar() or 0


def _replace(
    connection: Connection, table: Table, rows: list[dict[str, Any]], kind: str, by: str
) -> set[str]:
    ids = [row["id"] for row in rows]
    held = {row.id: row.payload for row in by_ids(connection, table, table.c.id, ids)}
    changed = [row for row in rows if held.get(row["id"]) != row["payload"]]
    before = newest(connection, kind, [row["id"] for row in changed])
    delete_by(connection, table, table.c.id, [row["id"] for row in changed if row["id"] in held])
    if changed:
        connection.execute(insert(table), changed)
    write_revisions(
        connection,
        [(kind, row["id"], before.get(row["id"], 0) + 1, row["payload"]) for row in changed],
        by,
    )
    return {*ids} - {row["id"] for row in changed}


def newest(connection: Connection, kind: str, ids: Collection[str]) -> dict[str, int]:
    """Give the number of the newest revision of each record of a kind that has one."""
    ordered = sorted(ids)
    found: dict[str, int] = {}
    for start in range(0, len(ordered), BATCH):
        some = t.revisions.c.id.in_(ordered[start : start + BATCH])
        highest = select(t.revisions.c.id, func.max(t.revisions.c.number).label("number"))
        grouped = highest.where(t.revisions.c.kind == kind, some).group_by(t.revisions.c.id)
        found |= {row.id: row.number for row in connection.execute(grouped)}
    return found


def write_revisions(
    connection: Connection, made: Sequence[tuple[str, str, int, str | None]], by: str
) -> None:
    """Add revisions: (kind, id, number, payload) each."""
    if made:
        at = now()
        rows = [
            {"kind": kind, "id": id, "number": number, "at": at, "by": by, "payload": text}
            for kind, id, number, text in made
        ]
        connection.execute(insert(t.revisions), rows)
