"""Owns what the law asks of the database: what is held, erasure, withdrawal, and idle profiles."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Timer
from typing import Any

from sqlalchemy import Connection, Table, and_, or_, select, update

from profiles import accounts, drafts, links, reviews, rows
from profiles import tables as t
from profiles.accounts import Account
from profiles.apart import Apart, Stored, apart_of, proposals_of
from profiles.cases import HeldCase, about_cases
from profiles.cohorts import HeldEntry
from profiles.cohorts.upkeep import about_entries
from profiles.database import reading, writing
from profiles.drafts import Draft
from profiles.event_meetings import EventMeeting, meetings_naming
from profiles.event_rows import Participant, people_naming
from profiles.histories import (
    former_tie_revisions,
    naming,
    revisions_of,
    tie_revisions,
    verdict_revisions,
)
from profiles.judgements import Judged, about
from profiles.kinds import Side
from profiles.links import Link
from profiles.merges import Merge, family, merges_naming, missing, once_in, withdrawn
from profiles.remains import Tell
from profiles.reviews import Review
from profiles.revisions import Revision, read_revision
from profiles.rows import AnyProfile
from profiles.rules import NAMING, without
from profiles.schema import Programme, Startup, Tie
from profiles.store import SYSTEM, Change, Store
from profiles.verdicts import Verdict

_NOTICE_S = 2.0
_NAMED_IN = {
    "startup": ("conflicts",),
    "partner": ("conflicts",),
    "programme": ("partners", "rules"),
}
"""The fields by which records of each kind name profiles, beside their own ids."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """A field of another record that names a profile; `revision` is None where it does so now."""

    kind: str
    id: str
    field: str
    revision: int | None


@dataclass(frozen=True, slots=True)
class HeldVector:
    """A stored vector of a profile or of one of its ties."""

    owner_kind: str
    owner_id: str
    facet: str
    encoder_id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Held:
    """Everything that the database holds about one profile, and what has been merged into it."""

    profile: AnyProfile
    revisions: tuple[Revision, ...]
    ties: tuple[Tie, ...]
    tie_revisions: tuple[Revision, ...]
    verdicts: tuple[Verdict, ...]
    verdict_revisions: tuple[Revision, ...]
    vectors: tuple[HeldVector, ...]
    appearances: tuple[Appearance, ...]
    changes: tuple[tuple[datetime, Change], ...]
    merges: tuple[Merge, ...] = ()
    apart: tuple[Apart, ...] = ()
    proposals: tuple[Stored, ...] = ()
    judged: tuple[Judged, ...] = ()
    edits: tuple[Draft, ...] = ()
    links: tuple[Link, ...] = ()
    cases: tuple[HeldCase, ...] = ()
    accounts: tuple[Account, ...] = ()
    reviews: tuple[Review, ...] = ()
    entries: tuple[HeldEntry, ...] = ()
    participants: tuple[Participant, ...] = ()
    event_meetings: tuple[EventMeeting, ...] = ()


@dataclass(frozen=True, slots=True)
class Idle:
    """A startup that nobody has changed, judged or worked on in a case since `last`."""

    id: str
    name: str
    last: datetime


def held(store: Store, id: str) -> Held:
    """Read everything that is held about a profile, personal data and verdict notes included.

    Raises:
        UnknownId: if there is none.
    """
    with reading(store._engine, repeatable=True) as connection:
        row = _row(connection, id)
        ids = family(connection, id)
        ties = rows.ties_of(connection, id)
        owners = ((row.side, [id]), ("tie", [tie.id for tie in ties]))
        people = tuple(people_naming(connection, ids))
        return Held(
            profile=rows.read_profile(row.side, row.payload),
            revisions=revisions_of(connection, row.side, ids),
            ties=ties,
            tie_revisions=tie_revisions(connection, ids, ties),
            verdicts=_verdicts_of(connection, id),
            verdict_revisions=verdict_revisions(connection, ids),
            vectors=tuple(
                HeldVector(v.owner_kind, v.owner_id, v.facet, v.encoder_id, v.data)
                for kind, ids in owners
                for v in rows.by_ids(
                    connection, t.vectors, t.vectors.c.owner_id, ids, t.vectors.c.owner_kind == kind
                )
            ),
            appearances=(
                *_appearances(connection, id),
                *(seen for one in ids for seen in _former_appearances(connection, one, ids)),
            ),
            changes=_changes_of(connection, ids),
            merges=tuple(merges_naming(connection, ids)),
            apart=tuple(apart_of(connection, ids)),
            proposals=tuple(proposals_of(connection, ids)),
            judged=about(connection, ids),
            edits=drafts.about(connection, ids),
            links=links.about(connection, ids),
            cases=about_cases(connection, ids),
            accounts=tuple(accounts.accounts_for(connection, ids)),
            reviews=reviews.about(connection, ids),
            entries=about_entries(connection, ids),
            participants=people,
            event_meetings=tuple(meetings_naming(connection, [one.id for one in people])),
        )


def erase(
    store: Store, id: str, *, by: str = SYSTEM, tell: Tell = lambda _: None
) -> tuple[Appearance, ...]:
    """Erase a profile, and take its id out of conflicts and programmes; give where it stood.

    What has been merged into it is erased with it. Each record that named it gets a revision.
    Revisions of ties that it once was an end of lose their content. Ids stay in older revisions of
    others, and in the audit line.

    Raises:
        UnknownId: if there is none; a `MergedId` names what it has been merged into.
    """
    ids, named = _remove_mentions(store, id, by)
    waiting = "Waiting for other processes that read or write the database ..."
    notice = Timer(_NOTICE_S, tell, [waiting])
    notice.start()
    try:
        store.erase(id, by=by)
    finally:
        notice.cancel()
    return (*named, *_remove_mentions(store, id, by, ids)[1])


def withdraw(store: Store, id: str, *, by: str = SYSTEM) -> int:
    """Remove a startup's contact and consent, and its address from every older revision.

    Drafts that would change it go, for they hold the address, too.

    Returns:
        How many revisions held an address. When and to which wording was consented stays in them.

    Raises:
        UnknownId: if there is none.
    """
    with writing(store._engine) as connection:
        row = _row(connection, id)
        profile = rows.read_profile(row.side, row.payload)
        if isinstance(profile, Startup) and (profile.contact or profile.consent):
            without = profile.model_copy(update={"contact": None, "consent": None})
            rows.write_profiles(connection, [without], {id: row}, by)
        scrubbed = 0
        ids = family(connection, id)
        withdrawn(connection, ids)
        drafts.forget_edits(connection, ids)
        own = revisions_of(connection, row.side, ids)
        known = {one.payload.get("contact") for one in own if one.payload}
        others = map(read_revision, once_in(connection, ids))
        lent = [one for one in others if (one.payload or {}).get("contact") in known]
        for revision in (*own, *lent):
            payload = dict(revision.payload or {})
            if payload.pop("contact", None) is not None:
                _rewrite(connection, revision, payload)
                scrubbed += 1
        rows.log(connection, [(row.side, id)])
    return scrubbed


def idle(store: Store, since: datetime) -> list[Idle]:
    """Give the startups without revision, verdict, event of a case or entry from `since` on."""
    p, r, v = t.profiles.c, t.revisions.c, t.verdicts.c
    c, e = t.cases.c, t.case_events.c
    changed = select(r.id).where(r.kind == Side.STARTUP.value, r.id == p.id, r.at >= since).exists()
    judged = select(v.id).where(or_(v.query == p.id, v.candidate == p.id), v.at >= since).exists()
    its = (c.startup == p.id, e.case == c.id, e.at >= since)
    worked = select(e.id).where(*its).exists()
    n = t.cohort_entries.c
    applied = select(n.id).where(n.profile == p.id, n.moved_at >= since).exists()
    still = and_(~changed, ~judged, ~worked, ~applied)
    quiet = and_(p.side == Side.STARTUP.value, p.updated_at < since, still)
    with reading(store._engine) as connection:
        found = list(connection.execute(select(t.profiles).where(quiet).order_by(p.id)))
        last = _last_active(connection, [row.id for row in found])
    return [
        Idle(row.id, _name(row.payload), max(row.updated_at, last.get(row.id, row.updated_at)))
        for row in found
    ]


def _row(connection: Connection, id: str) -> Any:
    row = next(rows.by_ids(connection, t.profiles, t.profiles.c.id, [id]), None)
    if row is None:
        raise missing(connection, id)
    return row


def _verdicts_of(connection: Connection, id: str) -> tuple[Verdict, ...]:
    of_it = or_(t.verdicts.c.query == id, t.verdicts.c.candidate == id)
    found = connection.execute(select(t.verdicts).where(of_it).order_by(t.verdicts.c.id))
    return tuple(
        Verdict(**{name: getattr(row, name) for name in Verdict.__slots__}) for row in found
    )


def _changes_of(
    connection: Connection, ids: Collection[str]
) -> tuple[tuple[datetime, Change], ...]:
    found = rows.by_ids(connection, t.changes, t.changes.c.id, ids)
    ordered = sorted(found, key=lambda row: row.seq)
    return tuple((row.at, Change(row.seq, row.kind, row.id)) for row in ordered)


def _named_rows(connection: Connection, table: Table, id: str) -> list[Any]:
    query = select(table).where(table.c.payload.contains(f'"{id}"', autoescape=True))
    return list(connection.execute(query.order_by(table.c.id)))


def _appearances(connection: Connection, id: str) -> Iterator[Appearance]:
    for row in _named_rows(connection, t.profiles, id):
        yield from _fields_naming(row.side, row.id, json.loads(row.payload), id)
    for row in _named_rows(connection, t.programmes, id):
        yield from _fields_naming("programme", row.id, json.loads(row.payload), id)


def _fields_naming(
    kind: str, id: str, payload: Mapping[str, Any], named: str, revision: int | None = None
) -> Iterator[Appearance]:
    """Give the fields of what a record says that name a profile."""
    for field in _NAMED_IN[kind]:
        held = payload.get(field, ())
        rules = [one for one in held if isinstance(one, dict)]
        ids = [id for rule in rules for part in NAMING for id in rule.get(part, ())]
        if named in (ids if rules else held):
            yield Appearance(kind, id, field, revision)


def _former_appearances(
    connection: Connection, id: str, own: Collection[str]
) -> Iterator[Appearance]:
    for revision in naming(connection, id, tuple(_NAMED_IN)):
        if revision.id not in own:
            said = revision.payload or {}
            yield from _fields_naming(revision.kind, revision.id, said, id, revision.number)


def _remove_mentions(
    store: Store, id: str, by: str, known: Collection[str] | None = None
) -> tuple[Collection[str], tuple[Appearance, ...]]:
    """Take a profile out of others, and what was merged into it (`known`, where it is gone)."""
    with writing(store._engine) as connection:
        if known is None:
            _row(connection, id)
        ids = family(connection, id) if known is None else known
        named = tuple(_appearances(connection, id))
        _free_profiles(connection, [one.id for one in named if one.kind != "programme"], id, by)
        _free_programmes(connection, {one.id for one in named if one.kind == "programme"}, id, by)
        own = {tie.id for tie in rows.ties_of(connection, id)}
        for revision in [r for one in ids for r in former_tie_revisions(connection, one, own)]:
            _rewrite(connection, revision, None)
        rows.log(connection, list(dict.fromkeys((one.kind, one.id) for one in named)))
    return ids, named


def _free_profiles(connection: Connection, ids: Collection[str], id: str, by: str) -> None:
    held = {row.id: row for row in rows.by_ids(connection, t.profiles, t.profiles.c.id, ids)}
    freed = []
    for row in held.values():
        profile = rows.read_profile(row.side, row.payload)
        left = tuple(one for one in profile.conflicts if one != id)
        freed.append(profile.model_copy(update={"conflicts": left}))
    rows.write_profiles(connection, freed, held, by)


def _free_programmes(connection: Connection, ids: Collection[str], id: str, by: str) -> None:
    freed = []
    for row in rows.by_ids(connection, t.programmes, t.programmes.c.id, ids):
        programme = Programme.model_validate_json(row.payload)
        left = tuple(one for one in programme.partners if one != id)
        rules = without(programme.rules, id)
        freed.append(programme.model_copy(update={"partners": left, "rules": rules}))
    rows.write_programmes(connection, freed, by)


def _rewrite(connection: Connection, revision: Revision, payload: Mapping[str, Any] | None) -> None:
    r = t.revisions.c
    text = None
    if payload is not None:
        text = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    one = (r.kind == revision.kind, r.id == revision.id, r.number == revision.number)
    connection.execute(update(t.revisions).where(*one).values(payload=text))


def _last_active(connection: Connection, ids: Collection[str]) -> dict[str, datetime]:
    last: dict[str, datetime] = {}
    r, v = t.revisions.c, t.verdicts.c
    for table, column, where in (
        (t.revisions, r.id, (r.kind == Side.STARTUP.value,)),
        (t.verdicts, v.query, ()),
        (t.verdicts, v.candidate, ()),
    ):
        for row in rows.by_ids(connection, table, column, ids, *where):
            key = getattr(row, column.name)
            last[key] = max(row.at, last.get(key, row.at))
    for held in about_cases(connection, ids):
        for event in held.events:
            key = held.case.startup
            last[key] = max(event.at, last.get(key, event.at))
    for entry in (one.entry for one in about_entries(connection, ids)):
        last[entry.profile] = max(entry.moved_at, last.get(entry.profile, entry.moved_at))
    return last


def _name(payload: str) -> str:
    name = json.loads(payload)["name"]
    return str(name.get("en") or name.get("ko"))
