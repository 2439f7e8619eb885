"""Owns the one truth: profiles, programmes, ties, vectors, verdicts, revisions, the change log."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    and_,
    false,
    func,
    or_,
    select,
    true,
)

from profiles import merges, rows
from profiles import tables as t
from profiles.database import forget, is_migrated, migrate, open_engine, reading, writing
from profiles.errors import UnknownId
from profiles.kinds import Side
from profiles.revisions import Revision, StaleEdit, read_payload, read_revision
from profiles.rows import AnyProfile
from profiles.schema import Programme, Tie
from profiles.text import is_clean
from profiles.vectors import Vectors
from profiles.verdicts import Verdict

LONGEST_SEARCH = 1_000
SYSTEM = "system"
"""Who makes a revision where no person does."""


_ENCODED = {**dict.fromkeys((side.value for side in Side), t.profiles), "tie": t.ties}


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the change log: a record of `kind` ('startup', 'tie', ...) changed."""

    seq: int
    kind: str
    id: str


class Store:
    """Reads and writes the database.

    Every write adds a revision of each record that it changes, and an entry of the change log, in
    its own transaction.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str) -> Store:
        """Open the database at `url`.

        Raises:
            StoreError: if the URL is none that Dari can use.
        """
        return cls(open_engine(url))

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def migrate(self) -> None:
        """Bring the schema up to the newest revision."""
        migrate(self._engine)

    @property
    def engine(self) -> Engine:
        """The connections to the database, for the other modules of this floor."""
        return self._engine

    @property
    def is_migrated(self) -> bool:
        """Whether the schema stands at the newest revision."""
        return is_migrated(self._engine)

    # Profiles

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

    def newest(
        self, side: Side, *, after: str | None = None, limit: int = 50, text: str | None = None
    ) -> list[AnyProfile]:
        """Read profiles as `page` does, but those that were entered last first.

        After an id that is not there any more, it begins anew.
        """
        p = t.profiles.c
        query = select(t.profiles).where(p.side == side.value, *_names_hold(text))
        with reading(self._engine) as connection:
            if after is not None and is_clean(after):
                at = connection.execute(select(p.created_at).where(p.id == after)).scalar()
                if at is not None:
                    later = and_(p.created_at == at, p.id > after)
                    query = query.where(or_(p.created_at < at, later))
            found = connection.execute(query.order_by(p.created_at.desc(), p.id).limit(limit))
            return [rows.read_profile(row.side, row.payload) for row in found]

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

    def sides(self, ids: Collection[str]) -> dict[str, Side]:
        """Tell the side of each profile that exists among `ids`."""
        with reading(self._engine) as connection:
            return rows.sides(connection, ids)

    def merged_into(self, ids: Collection[str]) -> dict[str, str]:
        """Tell, for each of `ids` that has been merged, which profile it is now, along chains."""
        with reading(self._engine) as connection:
            return merges.merged_ids(connection, ids)

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
    ) -> int:
        """Write profiles with their vectors in one transaction; give the newest seq.

        Args:
            entries: the profiles and their vectors.
            new: refuse ids that exist.
            by: who makes the revisions.
            base: the revision that each profile was read at; another one is refused.

        Raises:
            IdTaken: if an id belongs to the other side, or stands twice among the profiles, or
                exists and `new` is set.
            StaleEdit: if a profile does not stand at revision `base`.
            InvalidRecord: if a profile has the id of a merged one, or names one.
        """
        profiles = [profile for profile, _ in entries]
        with writing(self._engine) as connection:
            held = rows.held_profiles(connection, profiles, new=new)
            if base is not None:
                lost = partial(merges.missing, connection)
                _refuse_stale([profile.id for profile in profiles], held, base, lost)
            merges.refuse_merged(connection, [n for one in profiles for n in merges.named_by(one)])
            unchanged = rows.write_profiles(connection, profiles, held, by)
            for side in Side:
                vectors = {p.id: v for p, v in entries if p.side is side}
                rows.write_vectors(connection, side.value, vectors, unchanged)
            return rows.log(connection, [(p.side.value, p.id) for p in profiles])

    def erase(self, id: str, *, by: str = SYSTEM) -> int:
        """Delete a profile with its revisions, vectors, ties and verdicts; give the newest seq.

        What has been merged into it goes, too. What stays is a line without content for each: that
        a record of this id was erased, when, by whom; of each verdict on it as a match of others,
        that it was given.

        Raises:
            UnknownId: if there is none.
        """
        with writing(self._engine) as connection:
            side = rows.sides(connection, [id]).get(id)
            if side is None:
                raise merges.missing(connection, id)
            family = merges.family(connection, id)
            of_it = or_(t.ties.c.a == id, t.ties.c.b == id)
            ties = {row.id for row in connection.execute(select(t.ties.c.id).where(of_it))}
            ties |= merges.aside_ties(connection, family)
            for kind, ids in (("tie", sorted(ties)), (side.value, family)):
                rows.write_vectors(connection, kind, {one: Vectors("") for one in ids})
                rows.forget_revisions(connection, kind, ids, by)
            rows.delete_by(connection, t.ties, t.ties.c.id, ties)
            rows.forget_verdicts(connection, family)
            for column in (t.verdicts.c.query, t.verdicts.c.candidate):
                rows.delete_by(connection, t.verdicts, column, [id])
            rows.delete_by(connection, t.profiles, t.profiles.c.id, [id])
            merges.empty_revisions(connection, merges.once_in(connection, family))
            merges.forget_merges(connection, family)
            changed = [("tie", tie) for tie in sorted(ties)]
            seq = rows.log(connection, [*changed, *((side.value, one) for one in family)])
        forget(self._engine)
        return seq

    # Ties

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

    def ties_of(self, ids: Collection[str]) -> list[Tie]:
        """Read the ties that have an end among `ids`, by id."""
        with reading(self._engine) as connection:
            found = {
                row.id: row.payload
                for column in (t.ties.c.a, t.ties.c.b)
                for row in rows.by_ids(connection, t.ties, column, ids)
            }
        return [Tie.model_validate_json(found[id]) for id in sorted(found)]

    def ties_page(self, id: str, *, after: str | None = None, limit: int = 50) -> list[Tie]:
        """Read up to `limit` ties that have a profile as an end, by id, after an id."""
        found: dict[str, str] = {}
        c = t.ties.c
        with reading(self._engine) as connection:
            for column in (c.a, c.b):
                later = (c.id > after,) if after is not None else ()
                query = select(c.id, c.payload).where(column == id, *later).order_by(c.id)
                found |= {row.id: row.payload for row in connection.execute(query.limit(limit))}
        return [Tie.model_validate_json(found[one]) for one in sorted(found)[:limit]]

    def count_ties_of(self, id: str) -> int:
        """Count the ties that have a profile as an end."""
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
        row = self._held(t.ties, "tie", id)
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

    def count_ties(self) -> int:
        """Count all ties."""
        with reading(self._engine) as connection:
            return connection.execute(select(func.count()).select_from(t.ties)).scalar_one()

    # Programmes

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
                _refuse_stale(ids, held, base)
            merges.refuse_merged(connection, named)
            rows.write_programmes(connection, programmes, by)
            return rows.log(connection, [("programme", one.id) for one in programmes])

    def programmes(self) -> list[Programme]:
        """Read all programmes by id."""
        with reading(self._engine) as connection:
            found = connection.execute(select(t.programmes).order_by(t.programmes.c.id))
            return [Programme.model_validate_json(row.payload) for row in found]

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
        row = self._held(t.programmes, "programme", id)
        return Programme.model_validate_json(row.payload), row.revision

    def _held(self, table: Table, kind: str, id: str) -> Any:
        with reading(self._engine) as connection:
            row = rows.held_records(connection, table, kind, [id]).get(id)
        if row is None:
            raise _unknown(id, kind)
        return row

    # Vectors

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

    # Verdicts

    def add_verdict(self, verdict: Verdict, *, by: str = SYSTEM) -> int:
        """Keep a verdict as `by`, with its revision; give the newest seq.

        What has been merged is judged as what it is now. What `by` has said last of the pair, and
        says again word by word, is kept once.
        """
        with writing(self._engine) as connection:
            into = merges.merged_ids(connection, [verdict.query, verdict.candidate])
            query, candidate = (into.get(id, id) for id in (verdict.query, verdict.candidate))
            said = replace(verdict, query=query, candidate=candidate)
            if rows.is_repeated(connection, said, by):
                return rows.log(connection, [])
            rows.write_verdict(connection, said, by)
            return rows.log(connection, [("verdict", query)])

    def verdicts(self, query: str) -> list[Verdict]:
        """Read the verdicts on the matches of one profile, oldest first."""
        with reading(self._engine) as connection:
            found = list(rows.by_ids(connection, t.verdicts, t.verdicts.c.query, [query]))
        found.sort(key=lambda row: row.id)
        return [
            Verdict(**{name: getattr(row, name) for name in Verdict.__slots__}) for row in found
        ]

    # Revisions and the change log

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
        _refuse_stale(ids, held, base)


def _refuse_stale(
    ids: Iterable[str],
    held: Mapping[str, Any],
    base: int,
    lost: Callable[[str], UnknownId] = rows.unknown_id,
) -> None:
    """Refuse records that do not stand at revision `base`; `lost` makes the error of a gone one."""
    for id in ids:
        row = held.get(id)
        if row is None:
            raise lost(id)
        if row.revision != base:
            raise StaleEdit(id, base, row.revision, read_payload(row.payload) or {})


def _unknown(id: str, kind: str) -> UnknownId:
    return UnknownId(
        value=id,
        rule=f"No {kind} has this id.",
        remedy=f"Look it up in the list of {kind}s.",
    )


def _names_hold(text: str | None) -> list[ColumnElement[bool]]:
    text = unicodedata.normalize("NFC", text or "")
    if len(text) > LONGEST_SEARCH or not is_clean(text):
        return [false()]
    words = dict.fromkeys(text.casefold().split())
    return [t.profiles.c.names.contains(word, autoescape=True) for word in words]
