"""Owns the reading of revisions: those of a record, and of the ties and verdicts of a profile."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, or_, select

from profiles import rows
from profiles import tables as t
from profiles.database import reading
from profiles.merges import family
from profiles.revisions import Revision, read_revision
from profiles.schema import Tie
from profiles.store import Store


def profile_history(store: Store, id: str) -> list[Revision]:
    """Read the revisions of a profile, of its ties and of the verdicts by and on it.

    What has been merged into it counts as its own. Those of one record follow one another, oldest
    first. Of an erased profile one line is left.

    Raises:
        UnknownId: if no record has or had this id.
    """
    kinds = {one.kind for one in store.history(id)} - {"verdict"}
    with reading(store.engine, repeatable=True) as connection:
        ids = family(connection, id)
        own = [one for kind in sorted(kinds) for one in revisions_of(connection, kind, ids)]
        ties = tie_revisions(connection, ids, ties_of(connection, id))
        return [*own, *ties, *verdict_revisions(connection, ids)]


def revisions_of(connection: Connection, kind: str, ids: Collection[str]) -> tuple[Revision, ...]:
    """Read the revisions of records of one kind, by id and number."""
    column = t.revisions.c.id
    found = rows.by_ids(connection, t.revisions, column, ids, t.revisions.c.kind == kind)
    return tuple(sorted(map(read_revision, found), key=lambda r: (r.id, r.number)))


def ties_of(connection: Connection, id: str) -> tuple[Tie, ...]:
    """Read the ties that a profile is an end of, by id."""
    ends = or_(t.ties.c.a == id, t.ties.c.b == id)
    found = connection.execute(select(t.ties.c.payload).where(ends).order_by(t.ties.c.id))
    return tuple(Tie.model_validate_json(row.payload) for row in found)


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
    return tuple(map(read_revision, rows.verdict_revisions(connection, ids)))


def naming(connection: Connection, id: str, kinds: Collection[str]) -> Iterator[Revision]:
    """Read the revisions of these kinds whose content holds an id as a whole value."""
    r = t.revisions.c
    holds = r.payload.contains(f'"{id}"', autoescape=True)
    query = select(t.revisions).where(r.kind.in_(kinds), holds)
    found = connection.execute(query.order_by(r.kind, r.id, r.number))
    return map(read_revision, found)
