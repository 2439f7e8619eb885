"""Owns the profiles of the store: reading, listing and writing them."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, false, func, select

from profiles import merges, rows
from profiles import tables as t
from profiles.database import reading, writing
from profiles.kinds import Side
from profiles.revisions import Revision, read_revision
from profiles.rows import AnyProfile
from profiles.store.connection import SYSTEM, Connected
from profiles.store.revising import refuse_stale
from profiles.text import is_clean
from profiles.vectors import Vectors

LONGEST_SEARCH = 1_000


class ListedRow(NamedTuple):
    """A profile as lists see it: `names` in lower case, a line each, and its fields as stored."""

    id: str
    side: Side
    names: str
    created_at: datetime
    fields: Mapping[str, Any]


class Profiles(Connected):
    """The profiles of both sides."""

    def get(self, id: str) -> AnyProfile:
        """Read one profile of either side.

        Raises:
            UnknownId: if there is none; a `MergedId` if it has been merged into another.
        """
        return self.get_with_revision(id)[0]

    def get_with_revision(self, id: str) -> tuple[AnyProfile, int]:
        """Read one profile of either side, and the number of its revision.

        Raises:
            UnknownId: if there is none.
        """
        with reading(self._engine) as connection:
            row = next(rows.by_ids(connection, t.profiles, t.profiles.c.id, [id]), None)
            if row is None:
                raise merges.missing(connection, id)
        return rows.read_profile(row.side, row.payload), row.revision

    def get_many(self, ids: Collection[str]) -> dict[str, AnyProfile]:
        """Read the profiles that exist among `ids`."""
        if not ids:
            return {}
        with reading(self._engine) as connection:
            p = t.profiles.c
            found = rows.by_ids(connection, t.profiles, p.id, ids, only=(p.id, p.side, p.payload))
            return {row.id: rows.read_profile(row.side, row.payload) for row in found}

    def page(
        self,
        side: Side,
        *,
        after: str | None = None,
        limit: int = 50,
        text: str | None = None,
        ids: Collection[str] | None = None,
    ) -> list[AnyProfile]:
        """Read up to `limit` profiles of a side by id, after an id, whose names hold `text`.

        With `ids`, of which there are few, only those among them.

        Every word of `text` must be in a name, alias or id, in any case; no name holds a text of
        more than `LONGEST_SEARCH` characters.
        """
        where = [t.profiles.c.side == side.value, *_names_hold(text)]
        if ids is not None:
            where.append(t.profiles.c.id.in_(ids))
        if after is not None:
            where.append(t.profiles.c.id > after if is_clean(after) else false())
        query = select(t.profiles).where(and_(*where)).order_by(t.profiles.c.id).limit(limit)
        with reading(self._engine) as connection:
            found = connection.execute(query)
            return [rows.read_profile(row.side, row.payload) for row in found]

    def ids(self, side: Side) -> list[str]:
        """Give the ids of all profiles of a side, ascending."""
        query = select(t.profiles.c.id).where(t.profiles.c.side == side.value)
        with reading(self._engine) as connection:
            return list(connection.execute(query.order_by(t.profiles.c.id)).scalars())

    def unencoded(self, encoder_id: str) -> list[str]:
        """Give the ids of all profiles that have no vectors of an encoder, ascending."""
        p, v = t.profiles.c, t.vectors.c
        of_it = (v.owner_id == p.id, v.owner_kind == p.side, v.encoder_id == encoder_id)
        lacking = select(p.id).where(~exists().where(*of_it)).order_by(p.id)
        with reading(self._engine) as connection:
            return list(connection.execute(lacking).scalars())

    def each(self, side: Side, *, batch: int = rows.BATCH) -> Iterator[AnyProfile]:
        """Read all profiles of a side by id, a batch in memory at a time."""
        after: str | None = None
        while page := self.page(side, after=after, limit=batch):
            yield from page
            after = page[-1].id

    def count(self, side: Side, *, text: str | None = None) -> int:
        """Count the profiles of a side whose names hold `text`."""
        where = and_(t.profiles.c.side == side.value, *_names_hold(text))
        counted = select(func.count()).select_from(t.profiles).where(where)
        with reading(self._engine) as connection:
            return connection.execute(counted).scalar_one()

    def names(self, ids: Collection[str]) -> dict[str, tuple[Side, list[str]]]:
        """Give side, names and aliases, in lower case, of each profile that exists among `ids`."""
        with reading(self._engine) as connection:
            p = t.profiles.c
            found = rows.by_ids(connection, t.profiles, p.id, ids, only=(p.id, p.side, p.names))
            return {row.id: (Side(row.side), row.names.split("\n")[:-1]) for row in found}

    def listed(self, ids: Collection[str] | None = None) -> Iterator[ListedRow]:
        """Read what lists are ordered and counted by, of the profiles among `ids`, or of all."""
        p = t.profiles.c
        only = (p.id, p.side, p.names, p.payload, p.created_at)
        with reading(self._engine, repeatable=ids is None) as connection:
            if ids is not None:
                found = rows.by_ids(connection, t.profiles, p.id, ids, only=only)
            else:
                options = {"yield_per": rows.BATCH * 4}
                found = iter(connection.execute(select(*only), execution_options=options))
            for row in found:
                yield ListedRow(
                    row.id, Side(row.side), row.names, row.created_at, json.loads(row.payload)
                )

    def sides(self, ids: Collection[str]) -> dict[str, Side]:
        """Tell the side of each profile that exists among `ids`."""
        with reading(self._engine) as connection:
            return rows.sides(connection, ids)

    def merged_into(self, ids: Collection[str]) -> dict[str, str]:
        """Tell, for each of `ids` that has been merged, which profile it is now, along chains."""
        with reading(self._engine) as connection:
            return merges.merged_ids(connection, ids)

    def states(self, ids: Collection[str]) -> dict[str, list[Revision]]:
        """Read the states that each of some profiles has had, oldest first."""
        r = t.revisions.c
        found: dict[str, list[Revision]] = {id: [] for id in ids}
        with reading(self._engine) as connection:
            for row in rows.by_ids(connection, t.revisions, r.id, ids):
                if row.kind in tuple(Side):
                    found[row.id].append(read_revision(row))
        for of_one in found.values():
            of_one.sort(key=lambda one: one.number)
        return found

    def merging_state(self) -> tuple[int, int]:
        """Tell where merging stands: another value once a profile is merged or a merge undone."""
        with reading(self._engine) as connection:
            return merges.merging_state(connection)

    def changed(self, profiles: Iterable[AnyProfile], encoder_id: str) -> list[AnyProfile]:
        """Keep the profiles that the store lacks, holds differently, or has no vectors of."""
        wanted = {profile.id: profile for profile in profiles}
        with reading(self._engine) as connection:
            found = rows.by_ids(connection, t.profiles, t.profiles.c.id, wanted)
            same = {row.id for row in found if row.payload == rows.payload(wanted[row.id])}
            encoded = rows.encoded(connection, ("startup", "partner"), wanted, encoder_id)
        return [p for p in wanted.values() if p.id not in same or p.id not in encoded]

    def put_many(
        self,
        entries: Sequence[tuple[AnyProfile, Vectors]],
        *,
        new: bool = False,
        by: str = SYSTEM,
        base: int | None = None,
        merging: tuple[int, int] | None = None,
    ) -> int:
        """Write profiles with their vectors in one transaction; give the newest seq.

        Args:
            entries: the profiles and their vectors.
            new: refuse ids that exist.
            by: who makes the revisions.
            base: the revision that each profile was read at; another one is refused.
            merging: where merging stood when they were made; if it has gone on, they are refused.

        Raises:
            IdTaken: if an id belongs to the other side, or stands twice among the profiles, or
                exists and `new` is set.
            StaleEdit: if a profile does not stand at revision `base`.
            InvalidRecord: if a profile has the id of a merged one, or names one.
            MergedMeanwhile: if merging does not stand at `merging` any more.
        """
        profiles = [profile for profile, _ in entries]
        with writing(self._engine) as connection:
            if merging is not None:
                merges.refuse_new_merges(connection, merging)
            held = rows.held_profiles(connection, profiles, new=new)
            if base is not None:
                lost = partial(merges.missing, connection)
                refuse_stale([profile.id for profile in profiles], held, base, lost)
            merges.refuse_merged(connection, [n for one in profiles for n in merges.named_by(one)])
            unchanged = rows.write_profiles(connection, profiles, held, by)
            for side in Side:
                vectors = {p.id: v for p, v in entries if p.side is side}
                rows.write_vectors(connection, side.value, vectors, unchanged)
            return rows.log(connection, [(p.side.value, p.id) for p in profiles])


def _names_hold(text: str | None) -> list[ColumnElement[bool]]:
    text = unicodedata.normalize("NFC", text or "")
    if len(text) > LONGEST_SEARCH or not is_clean(text):
        return [false()]
    words = dict.fromkeys(text.casefold().split())
    return [t.profiles.c.names.contains(word, autoescape=True) for word in words]
