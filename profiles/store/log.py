"""Owns the revisions and the change log of the store."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import func, or_, select

from profiles import rows
from profiles import tables as t
from profiles.database import reading
from profiles.revisions import Revision, read_revision
from profiles.store.connection import Connected


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the change log: a record of `kind` ('startup', 'tie', ...) changed."""

    seq: int
    kind: str
    id: str


class Log(Connected):
    """Who changed what, and in which order."""

    def history(self, id: str) -> list[Revision]:
        """Read the revisions of the records of an id (a profile, tie or programme), oldest first.

        Those of one kind follow one another; the verdicts on a profile's matches are a kind too.

        Raises:
            UnknownId: if no record has or had this id.
        """
        with reading(self._engine) as connection:
            found = list(rows.by_ids(connection, t.revisions, t.revisions.c.id, [id]))
        if not found:
            raise rows.unknown_id(id)
        found.sort(key=lambda row: (row.kind, row.number))
        return [read_revision(row) for row in found]

    def last_seq(self) -> int:
        """Give the newest seq of the change log, 0 where it is empty."""
        with reading(self._engine) as connection:
            return connection.execute(select(func.max(t.changes.c.seq))).scalar() or 0

    def fingerprint(self, seq: int) -> str:
        """Tell this database from others: a hash over the first change and the change `seq`.

        What was built from the log up to `seq` fits a database if and only if both give the same.
        Of seq 0 it is empty: what holds nothing fits every database.
        """
        if seq == 0:
            return ""
        first = select(func.min(t.changes.c.seq)).scalar_subquery()
        query = select(t.changes).where(or_(t.changes.c.seq == first, t.changes.c.seq == seq))
        with reading(self._engine) as connection:
            found = list(connection.execute(query.order_by(t.changes.c.seq)))
        told = [f"{row.seq} {row.kind} {row.id} {row.at.isoformat()}" for row in found]
        there = bool(found) and found[-1].seq == seq
        return sha256("\n".join([str(there), *told]).encode()).hexdigest()

    def identity(self) -> str:
        """Name this database by a hash of its first change; one without any is "dari-store-empty".

        A backup that was restored keeps the name. What was learnt of the pairs of a store is known
        by it as its own.
        """
        with reading(self._engine) as connection:
            first = connection.execute(select(func.min(t.changes.c.seq))).scalar()
        return f"dari-store-{self.fingerprint(first)[:16] if first else 'empty'}"

    def ever_logged(self, ids: Collection[str]) -> set[str]:
        """Tell which of `ids` the change log names: records that are or were here."""
        with reading(self._engine) as connection:
            return {row.id for row in rows.by_ids(connection, t.changes, t.changes.c.id, ids)}

    def changes_after(self, seq: int, *, limit: int = 10_000) -> list[Change]:
        """Read up to `limit` changes after `seq`, in order."""
        query = select(t.changes).where(t.changes.c.seq > seq).order_by(t.changes.c.seq)
        with reading(self._engine) as connection:
            found = connection.execute(query.limit(limit))
            return [Change(row.seq, row.kind, row.id) for row in found]
