"""Owns the ties of the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from sqlalchemy import Connection, func, or_, select

from profiles import merges, rows
from profiles import tables as t
from profiles.database import reading, writing
from profiles.kinds import TieKind
from profiles.schema import Tie
from profiles.store.connection import SYSTEM, Connected
from profiles.store.revising import held_record, refuse_stale
from profiles.text import is_clean
from profiles.vectors import Vectors


class Ties(Connected):
    """The dated relations between profiles."""

    def put_ties(
        self,
        entries: Sequence[tuple[Tie, Vectors]],
        *,
        new: bool = False,
        by: str = SYSTEM,
        base: int | None = None,
    ) -> int:
        """Write ties with the vectors of their subjects in one transaction; give the newest seq.

        Args:
            entries: the ties and the vectors of their subjects.
            new: refuse ids that exist.
            by: who makes the revisions.
            base: the revision that each tie was read at; another one is refused.

        Raises:
            IdTaken: if an id exists and `new` is set.
            InvalidRecord: if an end of a tie has been merged into another profile.
            StaleEdit: if a tie does not stand at revision `base`.
        """
        ties = [tie for tie, _ in entries]
        with writing(self._engine) as connection:
            _refuse_held(connection, ties, new=new, base=base)
            merges.refuse_merged(connection, [n for tie in ties for n in merges.named_by(tie)])
            unchanged = rows.write_ties(connection, ties, by)
            vectors = {tie.id: vectors for tie, vectors in entries}
            rows.write_vectors(connection, "tie", vectors, unchanged)
            return rows.log(connection, [("tie", tie.id) for tie, _ in entries])

    def remove_tie(self, id: str, *, by: str = SYSTEM, base: int) -> int:
        """Delete a tie that stands at revision `base`; give the newest seq.

        A line without content stays: that a tie of this id was removed, when, by whom.

        Raises:
            UnknownId: if there is none.
            StaleEdit: if it stands at another revision.
        """
        with writing(self._engine) as connection:
            held = rows.held_records(connection, t.ties, "tie", [id])
            refuse_stale([id], held, base)
            rows.write_vectors(connection, "tie", {id: Vectors("")})
            rows.delete_by(connection, t.ties, t.ties.c.id, [id])
            rows.forget_revisions(connection, "tie", [id], by)
            return rows.log(connection, [("tie", id)])

    def changed_ties(self, ties: Iterable[Tie], encoder_id: str) -> list[Tie]:
        """Keep the ties that the store lacks, holds differently, or has no vectors of."""
        wanted = {tie.id: tie for tie in ties}
        with reading(self._engine) as connection:
            found = rows.by_ids(connection, t.ties, t.ties.c.id, wanted)
            same = {row.id for row in found if row.payload == rows.payload(wanted[row.id])}
            encoded = rows.encoded(connection, ("tie",), wanted, encoder_id)
        return [
            tie
            for tie in wanted.values()
            if tie.id not in same or (tie.subject is not None and tie.id not in encoded)
        ]

    def ties_page(self, id: str, *, after: str | None = None, limit: int = 50) -> list[Tie]:
        """Read up to `limit` ties that have a profile as an end, by id, after an id."""
        found: dict[str, str] = {}
        if not is_clean(id):
            return []
        c = t.ties.c
        with reading(self._engine) as connection:
            for column in (c.a, c.b):
                later = (c.id > after,) if after is not None else ()
                query = select(c.id, c.payload).where(column == id, *later).order_by(c.id)
                found |= {row.id: row.payload for row in connection.execute(query.limit(limit))}
        return [Tie.model_validate_json(found[one]) for one in sorted(found)[:limit]]

    def count_ties_of(self, id: str) -> int:
        """Count the ties that have a profile as an end."""
        if not is_clean(id):
            return 0
        ends = or_(t.ties.c.a == id, t.ties.c.b == id)
        with reading(self._engine) as connection:
            counted = select(func.count()).select_from(t.ties).where(ends)
            return connection.execute(counted).scalar_one()

    def get_ties(self, ids: Collection[str]) -> dict[str, Tie]:
        """Read the ties that exist among `ids`."""
        with reading(self._engine) as connection:
            found = rows.by_ids(connection, t.ties, t.ties.c.id, ids)
            return {row.id: Tie.model_validate_json(row.payload) for row in found}

    def tie_with_revision(self, id: str) -> tuple[Tie, int]:
        """Read one tie, and the number of its revision.

        Raises:
            UnknownId: if there is none.
        """
        with reading(self._engine) as connection:
            row = held_record(connection, t.ties, "tie", id)
        return Tie.model_validate_json(row.payload), row.revision

    def ties(self) -> Iterator[Tie]:
        """Read all ties by id, a batch in memory at a time."""
        after = ""
        while batch := self._ties_after(after):
            yield from batch
            after = batch[-1].id

    def _ties_after(self, id: str) -> list[Tie]:
        query = select(t.ties.c.payload).where(t.ties.c.id > id).order_by(t.ties.c.id)
        with reading(self._engine) as connection:
            found = connection.execute(query.limit(rows.BATCH))
            return [Tie.model_validate_json(row.payload) for row in found]

    def ties_of_kind(self, kind: TieKind) -> list[Tie]:
        """Read all ties of a kind, by id."""
        c = t.ties.c
        query = select(c.payload).where(c.kind == kind.value).order_by(c.id)
        with reading(self._engine) as connection:
            found = connection.execute(query)
            return [Tie.model_validate_json(row.payload) for row in found]

    def count_ties(self) -> int:
        """Count all ties."""
        with reading(self._engine) as connection:
            return connection.execute(select(func.count()).select_from(t.ties)).scalar_one()


def _refuse_held(
    connection: Connection, ties: Sequence[Tie], *, new: bool, base: int | None
) -> None:
    """Refuse ties that exist where they must be new, or that do not stand at revision `base`."""
    if not new and base is None:
        return
    ids = [tie.id for tie in ties]
    held = rows.held_records(connection, t.ties, "tie", ids)
    if new and held:
        raise rows.taken_id(min(held))
    if base is not None:
        refuse_stale(ids, held, base)
