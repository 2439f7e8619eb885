"""Owns the verdict: what staff or a partner said of a shown match, and how it is kept."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, cast

from sqlalchemy import Connection, insert, or_, select, update

from profiles import rows
from profiles import tables as t


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement of one shown pair, with the rank shown and the model that ranked it."""

    query: str
    candidate: str
    label: Literal["good", "poor"]
    note: str
    shown_rank: int | None
    model_version: str
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


def write(connection: Connection, verdict: Verdict, by: str) -> None:
    """Insert a verdict, and the revision that tells who gave it, under the id of its query."""
    values = {name: getattr(verdict, name) for name in Verdict.__slots__}
    connection.execute(insert(t.verdicts).values(**values))
    said = {name: value for name, value in values.items() if name != "query"}
    text = rows.written({**said, "at": verdict.at.astimezone(UTC).isoformat()})
    number = rows.newest(connection, "verdict", [verdict.query]).get(verdict.query, 0) + 1
    rows.write_revisions(connection, [("verdict", verdict.query, number, text)], by)


def _last_said(connection: Connection, verdict: Verdict, by: str) -> Mapping[str, Any] | None:
    """Read what `by` has said last of the pair of a verdict; None where that is nothing."""
    r = t.revisions.c
    own = select(r.payload).where(r.kind == "verdict", r.id == verdict.query, r.by == by)
    for text in connection.execute(own.order_by(r.number.desc())).scalars():
        said = json.loads(text or "{}")
        if said.get("candidate") == verdict.candidate:
            return cast(Mapping[str, Any], said)
    return None


def is_repeated(connection: Connection, verdict: Verdict, by: str) -> bool:
    """Tell whether `by` has said the very same of this pair last."""
    said = _last_said(connection, verdict, by)
    told = set(Verdict.__slots__) - {"query", "at"}
    return said is not None and all(said.get(name) == getattr(verdict, name) for name in told)


def revisions_about(connection: Connection, ids: Collection[str]) -> list[Any]:
    """Read the revisions of the verdicts on the matches of profiles, and on them as matches."""
    r = t.revisions.c
    found: dict[tuple[str, int], Any] = {}
    for id in ids:
        named = r.payload.contains(f'"candidate":"{id}"', autoescape=True)
        query = select(t.revisions).where(r.kind == "verdict", or_(r.id == id, named))
        for row in connection.execute(query):
            if row.id == id or json.loads(row.payload)["candidate"] == id:
                found[row.id, row.number] = row
    return [found[key] for key in sorted(found)]


def forget(connection: Connection, ids: Collection[str]) -> None:
    """Delete the revisions of verdicts on profiles' matches, empty those on them as matches."""
    r = t.revisions.c
    for row in revisions_about(connection, ids):
        one = (r.kind == row.kind, r.id == row.id, r.number == row.number)
        connection.execute(update(t.revisions).where(*one).values(payload=None))
    rows.delete_by(connection, t.revisions, r.id, ids, r.kind == "verdict")
