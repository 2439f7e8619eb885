"""Owns the one truth: profiles, programmes, ties, vectors, verdicts and the change log."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    and_,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    update,
)

from profiles import tables as t
from profiles.database import forget, is_migrated, migrate, open_engine, reading, writing
from profiles.errors import IdTaken, UnknownId
from profiles.kinds import Side
from profiles.schema import Partner, Profile, Programme, Startup, Tie
from profiles.text import is_clean
from profiles.verdicts import Verdict

LONGEST_SEARCH = 1_000

_BATCH = 500

AnyProfile = Startup | Partner


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the change log: a record of `kind` ('startup', 'tie', ...) changed."""

    seq: int
    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Vectors:
    """The vectors of one owner under one encoder: facet → little-endian float16 bytes."""

    encoder_id: str
    facets: Mapping[str, bytes] = field(default_factory=dict)


class Store:
    """Reads and writes the database; every write adds to the change log in its transaction."""

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
    def is_migrated(self) -> bool:
        """Whether the schema stands at the newest revision."""
        return is_migrated(self._engine)

    # Profiles

    def get(self, id: str) -> AnyProfile:
        """Read one profile of either side.

        Raises:
            UnknownId: if there is none.
        """
        found = self.get_many([id])
        if id not in found:
            raise unknown_id(id)
        return found[id]

    def get_many(self, ids: Collection[str]) -> dict[str, AnyProfile]:
        """Read the profiles that exist among `ids`."""
        with reading(self._engine) as connection:
            rows = _by_ids(connection, t.profiles, t.profiles.c.id, ids)
            return {row.id: _profile(row.side, row.payload) for row in rows}

    def page(
        self,
        side: Side,
        *,
        after: str | None = None,
        limit: int = 50,
        text: str | None = None,
    ) -> list[AnyProfile]:
        """Read up to `limit` profiles of a side by id, after an id, whose names hold `text`.

        Every word of `text` must be in a name, alias or id, in any case; no name holds a text of
        more than `LONGEST_SEARCH` characters.
        """
        where = [t.profiles.c.side == side.value, *_names_hold(text)]
        if after is not None:
            where.append(t.profiles.c.id > after if is_clean(after) else false())
        query = select(t.profiles).where(and_(*where)).order_by(t.profiles.c.id).limit(limit)
        with reading(self._engine) as connection:
            return [_profile(row.side, row.payload) for row in connection.execute(query)]

    def each(self, side: Side, *, batch: int = _BATCH) -> Iterator[AnyProfile]:
        """Read all profiles of a side by id, a batch in memory at a time."""
        after: str | None = None
        while page := self.page(side, after=after, limit=batch):
            yield from page
            after = page[-1].id

    def count(self, side: Side, *, text: str | None = None) -> int:
        """Count the profiles of a side whose names hold `text`."""
        where = and_(t.profiles.c.side == side.value, *_names_hold(text))
        with reading(self._engine) as connection:
            return connection.execute(
                select(func.count()).select_from(t.profiles).where(where)
            ).scalar_one()

    def sides(self, ids: Collection[str]) -> dict[str, Side]:
        """Tell the side of each profile that exists among `ids`."""
        with reading(self._engine) as connection:
            return _sides(connection, ids)

    def changed(self, profiles: Iterable[AnyProfile], encoder_id: str) -> list[AnyProfile]:
        """Keep the profiles that the store lacks, holds differently, or has no vectors of."""
        wanted = {profile.id: profile for profile in profiles}
        with reading(self._engine) as connection:
            rows = _by_ids(connection, t.profiles, t.profiles.c.id, wanted)
            same = {row.id for row in rows if row.payload == _payload(wanted[row.id])}
            encoded = _encoded(connection, ("startup", "partner"), wanted, encoder_id)
        return [p for p in wanted.values() if p.id not in same or p.id not in encoded]

    def put_many(self, entries: Sequence[tuple[AnyProfile, Vectors]], *, new: bool = False) -> int:
        """Write profiles with their vectors in one transaction; give the newest seq.

        Raises:
            IdTaken: if an id belongs to the other side, or stands twice among the profiles, or
                exists and `new` is set.
        """
        with writing(self._engine) as connection:
            held = _held(connection, entries, new)
            for profile, vectors in entries:
                if held.get(profile.id) != _payload(profile):
                    _write_profile(connection, profile)
                _write_vectors(connection, profile.side.value, profile.id, vectors)
            return _log(connection, [(p.side.value, p.id) for p, _ in entries])

    def erase(self, id: str) -> int:
        """Delete a profile with its vectors, ties and verdicts; give the newest seq.

        Raises:
            UnknownId: if there is none.
        """
        with writing(self._engine) as connection:
            side = _sides(connection, [id]).get(id)
            if side is None:
                raise unknown_id(id)
            gone = select(t.ties.c.id).where(or_(t.ties.c.a == id, t.ties.c.b == id))
            tie_ids = [row.id for row in connection.execute(gone)]
            _delete_vectors(connection, "tie", tie_ids)
            _delete_vectors(connection, side.value, [id])
            connection.execute(delete(t.ties).where(or_(t.ties.c.a == id, t.ties.c.b == id)))
            of_it = or_(t.verdicts.c.query == id, t.verdicts.c.candidate == id)
            connection.execute(delete(t.verdicts).where(of_it))
            connection.execute(delete(t.profiles).where(t.profiles.c.id == id))
            logged = [("tie", tie_id) for tie_id in tie_ids]
            seq = _log(connection, [*logged, (side.value, id)])
        forget(self._engine)
        return seq

    # Ties

    def put_ties(self, entries: Sequence[tuple[Tie, Vectors]]) -> int:
        """Write ties with the vectors of their subjects in one transaction; give the newest seq."""
        with writing(self._engine) as connection:
            for tie, vectors in entries:
                _write_tie(connection, tie)
                _write_vectors(connection, "tie", tie.id, vectors)
            return _log(connection, [("tie", tie.id) for tie, _ in entries])

    def changed_ties(self, ties: Iterable[Tie], encoder_id: str) -> list[Tie]:
        """Keep the ties that the store lacks, holds differently, or has no vectors of."""
        wanted = {tie.id: tie for tie in ties}
        with reading(self._engine) as connection:
            rows = _by_ids(connection, t.ties, t.ties.c.id, wanted)
            same = {row.id for row in rows if row.payload == _payload(wanted[row.id])}
            encoded = _encoded(connection, ("tie",), wanted, encoder_id)
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
                for row in _by_ids(connection, t.ties, column, ids)
            }
        return [Tie.model_validate_json(found[id]) for id in sorted(found)]

    def get_ties(self, ids: Collection[str]) -> dict[str, Tie]:
        """Read the ties that exist among `ids`."""
        with reading(self._engine) as connection:
            rows = _by_ids(connection, t.ties, t.ties.c.id, ids)
            return {row.id: Tie.model_validate_json(row.payload) for row in rows}

    def ties(self) -> Iterator[Tie]:
        """Read all ties by id."""
        with reading(self._engine) as connection:
            for row in connection.execute(select(t.ties.c.payload).order_by(t.ties.c.id)):
                yield Tie.model_validate_json(row.payload)

    def count_ties(self) -> int:
        """Count all ties."""
        with reading(self._engine) as connection:
            return connection.execute(select(func.count()).select_from(t.ties)).scalar_one()

    # Programmes

    def put_programmes(self, programmes: Sequence[Programme]) -> int:
        """Write programmes in one transaction; give the newest seq."""
        with writing(self._engine) as connection:
            for programme in programmes:
                values = {"payload": _payload(programme), "updated_at": _now()}
                _upsert(connection, t.programmes, {"id": programme.id}, values)
            return _log(connection, [("programme", one.id) for one in programmes])

    def programmes(self) -> list[Programme]:
        """Read all programmes by id."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(t.programmes).order_by(t.programmes.c.id))
            return [Programme.model_validate_json(row.payload) for row in rows]

    def programme(self, id: str) -> Programme:
        """Read one programme.

        Raises:
            UnknownId: if there is none.
        """
        with reading(self._engine) as connection:
            row = next(_by_ids(connection, t.programmes, t.programmes.c.id, [id]), None)
        if row is None:
            raise UnknownId(
                value=id,
                rule="No programme has this id.",
                remedy="Choose one from the list of programmes.",
            )
        return Programme.model_validate_json(row.payload)

    # Vectors

    def vectors(
        self, owner_kind: str, ids: Collection[str], encoder_id: str
    ) -> dict[str, dict[str, bytes]]:
        """Read vectors: owner id → facet → float16 bytes."""
        found: dict[str, dict[str, bytes]] = {}
        column = t.vectors.c.owner_id
        where = (t.vectors.c.owner_kind == owner_kind, t.vectors.c.encoder_id == encoder_id)
        with reading(self._engine) as connection:
            for row in _by_ids(connection, t.vectors, column, ids, *where):
                found.setdefault(row.owner_id, {})[row.facet] = row.data
        return found

    # Verdicts

    def add_verdict(self, verdict: Verdict) -> int:
        """Keep a verdict; give the newest seq."""
        with writing(self._engine) as connection:
            values = {name: getattr(verdict, name) for name in Verdict.__slots__}
            connection.execute(insert(t.verdicts).values(**values))
            return _log(connection, [("verdict", verdict.query)])

    def verdicts(self, query: str) -> list[Verdict]:
        """Read the verdicts on the matches of one profile, oldest first."""
        with reading(self._engine) as connection:
            rows = list(_by_ids(connection, t.verdicts, t.verdicts.c.query, [query]))
        rows.sort(key=lambda row: row.id)
        return [Verdict(**{name: getattr(row, name) for name in Verdict.__slots__}) for row in rows]

    # Change log

    def last_seq(self) -> int:
        """Give the newest seq of the change log, 0 where it is empty."""
        with reading(self._engine) as connection:
            return connection.execute(select(func.max(t.changes.c.seq))).scalar() or 0

    def ever_logged(self, ids: Collection[str]) -> set[str]:
        """Tell which of `ids` the change log names: records that are or were here."""
        with reading(self._engine) as connection:
            return {row.id for row in _by_ids(connection, t.changes, t.changes.c.id, ids)}

    def changes_after(self, seq: int, *, limit: int = 10_000) -> list[Change]:
        """Read up to `limit` changes after `seq`, in order."""
        query = select(t.changes).where(t.changes.c.seq > seq).order_by(t.changes.c.seq)
        with reading(self._engine) as connection:
            rows = connection.execute(query.limit(limit))
            return [Change(row.seq, row.kind, row.id) for row in rows]


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


def _now() -> datetime:
    return datetime.now(UTC)


def _profile(side: str, payload: str) -> AnyProfile:
    model = Startup if side == Side.STARTUP else Partner
    return model.model_validate_json(payload)


def _payload(record: Profile | Programme | Tie) -> str:
    values = record.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _names_hold(text: str | None) -> list[ColumnElement[bool]]:
    text = unicodedata.normalize("NFC", text or "")
    if len(text) > LONGEST_SEARCH or not is_clean(text):
        return [false()]
    words = dict.fromkeys(text.casefold().split())
    return [t.profiles.c.names.contains(word, autoescape=True) for word in words]


def _by_ids(
    connection: Connection, table: Table, column: Any, ids: Collection[str], *where: Any
) -> Iterator[Any]:
    ordered = sorted(id for id in set(ids) if is_clean(id))  # PostgreSQL refuses NUL in a query
    for start in range(0, len(ordered), _BATCH):
        some = column.in_(ordered[start : start + _BATCH])
        yield from connection.execute(select(table).where(some, *where))


def _sides(connection: Connection, ids: Collection[str]) -> dict[str, Side]:
    rows = _by_ids(connection, t.profiles, t.profiles.c.id, ids)
    return {row.id: Side(row.side) for row in rows}


def _encoded(
    connection: Connection, kinds: Sequence[str], ids: Collection[str], encoder_id: str
) -> set[str]:
    where = (t.vectors.c.owner_kind.in_(kinds), t.vectors.c.encoder_id == encoder_id)
    rows = _by_ids(connection, t.vectors, t.vectors.c.owner_id, ids, *where)
    return {row.owner_id for row in rows}


def _held(
    connection: Connection, entries: Sequence[tuple[AnyProfile, Vectors]], new: bool
) -> dict[str, str]:
    """Give the payloads held under the ids; refuse ids that are taken."""
    ids: dict[str, Side] = {}
    for profile, _ in entries:
        if profile.id in ids:
            raise taken_id(profile.id)
        ids[profile.id] = profile.side
    held: dict[str, str] = {}
    for row in _by_ids(connection, t.profiles, t.profiles.c.id, ids):
        if new or Side(row.side) is not ids[row.id]:
            raise taken_id(row.id)
        held[row.id] = row.payload
    return held


def _write_profile(connection: Connection, profile: AnyProfile) -> None:
    names = "\n".join([*profile.name.parts, *profile.aliases, profile.id]).casefold()
    values = {"names": names, "payload": _payload(profile), "updated_at": _now()}
    revised = (
        update(t.profiles)
        .where(t.profiles.c.id == profile.id)
        .values(**values, revision=t.profiles.c.revision + 1)
    )
    if connection.execute(revised).rowcount == 0:
        first = {"id": profile.id, "side": profile.side.value, "created_at": _now(), "revision": 1}
        connection.execute(insert(t.profiles).values(**first, **values))


def _write_tie(connection: Connection, tie: Tie) -> None:
    values = {
        "kind": tie.kind.value,
        "a": tie.a,
        "b": tie.b,
        "valid_from": tie.valid_from,
        "valid_to": tie.valid_to,
        "payload": _payload(tie),
    }
    _upsert(connection, t.ties, {"id": tie.id}, values)


def _upsert(
    connection: Connection, table: Table, key: dict[str, Any], values: dict[str, Any]
) -> None:
    where = [table.c[name] == value for name, value in key.items()]
    if connection.execute(update(table).where(*where).values(**values)).rowcount == 0:
        connection.execute(insert(table).values(**key, **values))


def _write_vectors(connection: Connection, kind: str, id: str, vectors: Vectors) -> None:
    _delete_vectors(connection, kind, [id])
    rows = [
        {
            "owner_kind": kind,
            "owner_id": id,
            "facet": facet,
            "encoder_id": vectors.encoder_id,
            "data": data,
        }
        for facet, data in vectors.facets.items()
    ]
    if rows:
        connection.execute(insert(t.vectors), rows)


def _delete_vectors(connection: Connection, kind: str, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), _BATCH):
        some = t.vectors.c.owner_id.in_(ids[start : start + _BATCH])
        connection.execute(delete(t.vectors).where(t.vectors.c.owner_kind == kind, some))


def _log(connection: Connection, changed: Sequence[tuple[str, str]]) -> int:
    if changed:
        rows = [{"kind": kind, "id": id, "at": _now()} for kind, id in changed]
        connection.execute(insert(t.changes), rows)
    return connection.execute(select(func.max(t.changes.c.seq))).scalar() or 0
