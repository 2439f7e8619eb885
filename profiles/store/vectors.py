"""Owns the vectors of the store: those of profiles and of ties."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import true

from profiles import rows
from profiles import tables as t
from profiles.database import reading, writing
from profiles.kinds import Side
from profiles.rows import AnyProfile
from profiles.schema import Tie
from profiles.store.connection import Connected
from profiles.vectors import Vectors

_ENCODED = {**dict.fromkeys((side.value for side in Side), t.profiles), "tie": t.ties}


class VectorsOfRecords(Connected):
    """The vectors of profiles and ties, a set for each encoder."""

    def vectors(
        self, owner_kind: str, ids: Collection[str], encoder_id: str
    ) -> dict[str, dict[str, bytes]]:
        """Read vectors: owner id → facet → float16 bytes."""
        found: dict[str, dict[str, bytes]] = {}
        column = t.vectors.c.owner_id
        where = (t.vectors.c.owner_kind == owner_kind, t.vectors.c.encoder_id == encoder_id)
        with reading(self._engine) as connection:
            only = (column, t.vectors.c.facet, t.vectors.c.data)
            for row in rows.by_ids(connection, t.vectors, column, ids, *where, only=only):
                found.setdefault(row.owner_id, {})[row.facet] = row.data
        return found

    def put_vectors(self, entries: Sequence[tuple[AnyProfile | Tie, Vectors]]) -> int:
        """Write vectors of records as they were read; give how many still stand so.

        In one transaction. A record that has been changed, erased or merged since is left as it
        is; vectors of other encoders stay.
        """
        written = 0
        with writing(self._engine) as connection:
            for kind, table in _ENCODED.items():
                read = {one.id: (one, v) for one, v in entries if rows.kind_of(one) == kind}
                of_kind = table.c.side == kind if kind != "tie" else true()
                held = rows.by_ids(connection, table, table.c.id, read, of_kind)
                same = {r.id for r in held if r.payload == rows.payload(read[r.id][0])}
                vectors = {id: read[id][1] for id in read if id in same}
                rows.write_vectors(connection, kind, vectors, same)
                rows.log(connection, [(kind, id) for id in vectors])
                written += len(vectors)
        return written
