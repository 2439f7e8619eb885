"""Owns the programmes of the store."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import select

from profiles import merges, rows
from profiles import tables as t
from profiles.cohorts.upkeep import refuse_used
from profiles.database import reading, writing
from profiles.schema import Programme
from profiles.store.connection import SYSTEM, Connected
from profiles.store.revising import held_record, refuse_stale


class Programmes(Connected):
    """The schemes under which pairs are made."""

    def put_programmes(
        self, programmes: Sequence[Programme], *, by: str = SYSTEM, base: int | None = None
    ) -> int:
        """Write programmes in one transaction; give the newest seq.

        Args:
            programmes: what to write.
            by: who makes the revisions.
            base: the revision that each programme was read at; another one is refused.

        Raises:
            InvalidRecord: if a partner of one has been merged into another profile.
            StaleEdit: if a programme does not stand at revision `base`.
        """
        named = [name for one in programmes for name in merges.named_by(one)]
        with writing(self._engine) as connection:
            if base is not None:
                ids = [one.id for one in programmes]
                held = rows.held_records(connection, t.programmes, "programme", ids)
                refuse_stale(ids, held, base)
            merges.refuse_merged(connection, named)
            rows.write_programmes(connection, programmes, by)
            return rows.log(connection, [("programme", one.id) for one in programmes])

    def add_programme(self, programme: Programme, *, by: str = SYSTEM) -> int:
        """Write a programme that is new; give the newest seq.

        Raises:
            IdTaken: if its id exists.
            InvalidRecord: if a partner of it has been merged into another profile.
        """
        with writing(self._engine) as connection:
            if rows.held_records(connection, t.programmes, "programme", [programme.id]):
                raise rows.taken_id(programme.id)
            merges.refuse_merged(connection, merges.named_by(programme))
            rows.write_programmes(connection, [programme], by)
            return rows.log(connection, [("programme", programme.id)])

    def remove_programme(self, id: str, *, by: str = SYSTEM, base: int) -> int:
        """Delete a programme that stands at revision `base`; give the newest seq.

        A line without content stays: that a programme of this id was removed, when, by whom.

        Raises:
            CohortError: if cohorts of it are held.
            UnknownId: if there is none.
            StaleEdit: if it stands at another revision.
        """
        with writing(self._engine) as connection:
            held = rows.held_records(connection, t.programmes, "programme", [id])
            refuse_stale([id], held, base)
            refuse_used(connection, id)
            rows.delete_by(connection, t.programmes, t.programmes.c.id, [id])
            rows.forget_revisions(connection, "programme", [id], by)
            return rows.log(connection, [("programme", id)])

    def programmes(self) -> list[Programme]:
        """Read all programmes by id."""
        with reading(self._engine) as connection:
            found = connection.execute(select(t.programmes).order_by(t.programmes.c.id))
            return [_read(row.payload) for row in found]

    def programme(self, id: str) -> Programme:
        """Read one programme.

        Raises:
            UnknownId: if there is none.
        """
        return self.programme_with_revision(id)[0]

    def programme_with_revision(self, id: str) -> tuple[Programme, int]:
        """Read one programme, and the number of its revision.

        Raises:
            UnknownId: if there is none.
        """
        with reading(self._engine) as connection:
            row = held_record(connection, t.programmes, "programme", id)
        return Programme.model_validate_json(row.payload), row.revision


@lru_cache(maxsize=1 << 10)
def _read(payload: str) -> Programme:
    """Read a stored programme; those that nobody has changed are read once in a process."""
    return Programme.model_validate_json(payload)
