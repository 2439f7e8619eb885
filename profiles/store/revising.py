"""Owns what an edit must name: the revision that it was made on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table

from profiles import rows
from profiles.errors import UnknownId, UnknownRecord
from profiles.revisions import StaleEdit, read_payload


def refuse_stale(
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


_UNKNOWN = {"tie": "tie_unknown", "programme": "programme_unknown"}


def held_record(connection: Connection, table: Table, kind: str, id: str) -> Any:
    """Read id, payload and newest revision of one tie or programme.

    Raises:
        UnknownId: if there is none.
    """
    row = rows.held_records(connection, table, kind, [id]).get(id)
    if row is None:
        raise _unknown(id, kind)
    return row


def _unknown(id: str, kind: str) -> UnknownId:
    return UnknownRecord(id, _UNKNOWN[kind])
