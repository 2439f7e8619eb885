"""Owns the revision: one state of a record, with who made it and when."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from profiles.errors import DariError

PUBLIC = "public "
"""How the names begin under which the doors write that are open to everybody."""

_MERGED = "merged_into"


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of a profile, tie or programme; `payload` is None where it was deleted.

    `number` counts from 1 for each record; `by` names who made it, `at` when (UTC). Of kind
    'verdict' each revision is a statement of its own, under the id of the profile that asked; its
    `payload` is None where it has been forgotten. That a record was merged is a revision, too.
    """

    kind: str
    id: str
    number: int
    at: datetime
    by: str
    payload: Mapping[str, Any] | None

    @property
    def is_public(self) -> bool:
        """Whether it came by the public form or the public API, where nobody has signed in."""
        return self.by.startswith(PUBLIC)

    @property
    def merged_into(self) -> str | None:
        """The id that the record has been merged into by this revision; None by any other."""
        into: str | None = (self.payload or {}).get(_MERGED)
        return into


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What a revision did to one field; None where the field was or became absent."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Step:
    """A revision with what it changed; a verdict or a merge changes no field of its own."""

    revision: Revision
    changes: tuple[FieldChange, ...]


class StaleEdit(DariError):
    """An edit of a record that somebody else has changed since it was read.

    `payload` is what stands now, at revision `held`.
    """

    def __init__(self, id: str, base: int, held: int, payload: Mapping[str, Any]) -> None:
        self.id, self.base, self.held, self.payload = id, base, held, payload
        super().__init__(
            value=f"{id}, revision {base}",
            rule=f"The record has been changed since it was read: it stands at revision {held}.",
            remedy="Compare the two versions, and make the edit again on the newer one.",
        )


def read_payload(text: str | None) -> Mapping[str, Any] | None:
    """Read a stored payload."""
    read: Mapping[str, Any] | None = json.loads(text) if text is not None else None
    return read


def merged_payload(into: str) -> str:
    """Write what the revision of a merged record says: into which id."""
    return json.dumps({_MERGED: into}, ensure_ascii=False, separators=(",", ":"))


def read_revision(row: Any) -> Revision:
    """Read a row of the table of revisions."""
    return Revision(row.kind, row.id, row.number, row.at, row.by, read_payload(row.payload))


def differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[FieldChange, ...]:
    """Compare two states of a record, field by field in the order of their names."""
    old, new = before or {}, after or {}
    return tuple(
        FieldChange(name, old.get(name), new.get(name))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    )


def step(one: Revision, before: Mapping[str, Any] | None) -> Step:
    """Tell what a revision changed of the state before it."""
    if one.kind == "verdict" or one.merged_into:
        return Step(one, ())
    return Step(one, differences(before, one.payload))


def steps(revisions: Iterable[Revision]) -> list[Step]:
    """Tell of each revision what it changed; those of one record must follow one another."""
    before: dict[tuple[str, str], Mapping[str, Any] | None] = {}
    told = []
    for one in revisions:
        record = (one.kind, one.id)
        told.append(step(one, before.get(record)))
        if one.kind != "verdict" and not one.merged_into:
            before[record] = one.payload
    return told
