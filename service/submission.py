"""Owns the way of a startup that is handed in: an id, the schema, the writer."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence

from profiles import FieldError, InvalidRecord, Startup, validate
from profiles.rows import taken_id
from profiles.store import SYSTEM
from service.wiring import Dari

_PLAIN_ID = re.compile(r"(?!new$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What an id may be that comes from outside: it becomes a part of addresses and is logged."""

_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"


def new_id() -> str:
    """Make an id that nobody can guess: `s-` and 60 random bits in base32."""
    return "s-" + "".join(secrets.choice(_BASE32) for _ in range(12))


def submit(dari: Dari, raw: Mapping[str, object], *, by: str = SYSTEM) -> Startup:
    """Validate and keep a new startup as `by`; one without an id is given one.

    What merged profiles are now is staff's to know: a conflict of interest with one is kept as one
    with what it is now, and the startup is given back as it was handed in.

    Raises:
        InvalidRecord: with one error for each broken rule.
        IdTaken: if a profile with its id exists, or has been merged into another.
    """
    named = raw.get("id") not in (None, "")
    if named and not (isinstance(raw["id"], str) and _PLAIN_ID.fullmatch(raw["id"])):
        raise InvalidRecord([FieldError("id", "plain_id", raw["id"])])
    startup = validate(Startup, raw if named else {**raw, "id": new_id()})
    dari.writer.put(_followed(dari, startup), new=True, by=by)
    return startup


def _followed(dari: Dari, startup: Startup) -> Startup:
    into = dari.store.merged_into({startup.id, *startup.conflicts})
    if startup.id in into:
        raise taken_id(startup.id)
    conflicts = tuple(dict.fromkeys(into.get(id, id) for id in startup.conflicts))
    return startup.model_copy(update={"conflicts": conflicts})


def keep_sectors(dari: Dari, id: str, sectors: Sequence[str], *, by: str) -> None:
    """Give a startup that named no sector those that a person has confirmed.

    A startup that has sectors by now, or a choice of none, changes nothing.

    Raises:
        InvalidRecord: for a sector that the taxonomy lacks.
        UnknownId: if there is no such startup.
        StaleEdit: if somebody else changes it at this very moment.
    """
    startup, base = dari.store.get_with_revision(id)
    if sectors and not startup.sectors:
        told = startup.model_dump(mode="json", exclude_defaults=True)
        dari.writer.put(validate(Startup, {**told, "sectors": list(sectors)}), by=by, base=base)
