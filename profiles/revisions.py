"""Owns the revision: one state of a record, with who made it and when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from profiles.errors import DariError


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of a profile, tie or programme; `payload` is None where it was deleted.

    `number` counts from 1 for each record; `by` names who made it, `at` when (UTC).
    """

    kind: str
    id: str
    number: int
    at: datetime
    by: str
    payload: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What a revision did to one field; None where the field was or became absent."""

    field: str
    before: Any
    after: Any


class StaleEdit(DariError):
    """An edit of a profile that somebody else has changed since it was read."""

    def __init__(self, id: str, base: int, held: int, payload: Mapping[str, Any]) -> None:
        self.id, self.base, self.held, self.payload = id, base, held, payload
        super().__init__(
            value=f"{id}, revision {base}",
            rule=f"The profile has been changed since it was read: it stands at revision {held}.",
            remedy="Compare the two versions, and make the edit again on the newer one.",
        )


def read_payload(text: str | None) -> Mapping[str, Any] | None:
    """Read a stored payload."""
    read: Mapping[str, Any] | None = json.loads(text) if text is not None else None
    return read


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
