"""Owns the replacing of a record: what stands, what may be changed, one write on its revision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from profiles import (
    AnyProfile,
    FieldError,
    InvalidRecord,
    Partner,
    Programme,
    Record,
    Side,
    StaleEdit,
    Startup,
    Store,
    Tie,
    UnknownId,
    validate,
)
from profiles.exporting import PERSONAL
from profiles.merges import merged_error, named_by
from profiles.rows import payload, unknown_id
from service.wiring import Dari

Kind = Literal["startup", "partner", "tie", "programme"]
KINDS: tuple[Kind, ...] = ("startup", "partner", "tie", "programme")
LONGEST_MAKER = 100
_MOST_NAMESAKES = 100
"""How many ties may have the name of one; nobody edits so many to say something else."""

_MODELS: Mapping[Kind, type[Record]] = {
    "startup": Startup,
    "partner": Partner,
    "tie": Tie,
    "programme": Programme,
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it stands, and the number of its revision."""

    kind: Kind
    id: str
    record: Record
    revision: int


def read(store: Store, kind: Kind, id: str) -> Kept:
    """Read a record with the revision that an edit of it must name.

    Raises:
        UnknownId: if there is none of this kind.
    """
    record: Record
    if kind == "tie":
        record, revision = store.tie_with_revision(id)
    elif kind == "programme":
        record, revision = store.programme_with_revision(id)
    else:
        record, revision = store.get_with_revision(id)
        if record.side is not Side(kind):
            raise unknown_id(id)
    return Kept(kind, id, record, revision)


def state(store: Store, kind: Kind, id: str, number: int) -> Mapping[str, Any] | None:
    """Give what a record was at a revision; None where that is not known any more."""
    try:
        found = store.history(id)
    except UnknownId:
        return None
    return next((one.payload for one in found if (one.kind, one.number) == (kind, number)), None)


def replace(
    dari: Dari, kept: Kept, raw: Mapping[str, Any], *, base: int, by: str, own: bool = False
) -> Kept:
    """Put new values in the place of a record that was read at revision `base`.

    A startup's contact and consent stay as they are: only the startup itself gives them (`own`).

    Raises:
        StaleEdit: if the record has been changed since.
        InvalidRecord: with one error for each broken rule.
        UnknownId: if it has been erased meanwhile.
    """
    if kept.revision != base:
        held = kept.record.model_dump(mode="json", exclude_defaults=True)
        raise StaleEdit(kept.id, base, kept.revision, held)
    record = _validated(dari.store, kept, raw, own=own)
    _write(dari, kept.kind, record, base=base, by=by)
    changed = payload(cast(Any, record)) != payload(cast(Any, kept.record))
    return Kept(kept.kind, kept.id, record, base + changed)


def add_tie(dari: Dari, raw: Mapping[str, Any], *, by: str) -> Tie:
    """Keep a new tie between two profiles that exist.

    Raises:
        InvalidRecord: with one error for each broken rule.
        IdTaken: if the very tie is there already.
    """
    tie = validate(Tie, raw)
    refuse_unknown(dari.store, "tie", tie)
    tie = _named_anew(dari.store, tie)
    dari.writer.put_tie(tie, new=True, by=by)
    return tie


def remove(dari: Dari, kept: Kept, *, base: int, by: str) -> None:
    """Delete a tie or a programme that was read at revision `base`; profiles are erased instead.

    Raises:
        StaleEdit: if it has been changed since.
        UnknownId: if it is gone.
    """
    if kept.kind == "tie":
        dari.store.remove_tie(kept.id, by=by, base=base)
    else:
        dari.store.remove_programme(kept.id, by=by, base=base)


def _named_anew(store: Store, tie: Tie) -> Tie:
    """Give a tie another id where its own is that of one which was edited to say something else."""
    for id in (tie.id, *(f"{tie.id}-{number}" for number in range(2, _MOST_NAMESAKES))):
        held = store.get_ties([id]).get(id)
        if held is None or _name_of(held) == tie.id:
            return tie.model_copy(update={"id": id})
    return tie


def _name_of(tie: Tie) -> str:
    """Name a tie after what it says now."""
    return validate(Tie, {**tie.model_dump(mode="json"), "id": None}).id


def _validated(store: Store, kept: Kept, raw: Mapping[str, Any], *, own: bool = False) -> Record:
    fixed = () if own else sorted(PERSONAL)
    errors = [FieldError(name, "personal") for name in fixed if raw.get(name) is not None]
    if raw.get("id") not in (None, "", kept.id):
        errors.append(FieldError("id", "id_fixed", raw["id"]))
    given = {name: value for name, value in raw.items() if name not in fixed}
    if kept.kind == "startup" and not own:
        held = kept.record.model_dump(mode="json", include=set(PERSONAL), exclude_none=True)
        given |= held
    try:
        record = validate(_MODELS[kept.kind], {**given, "id": kept.id})
    except InvalidRecord as error:
        raise InvalidRecord([*errors, *error.errors]) from error
    if errors := [*errors, *_unknown_ids(store, kept.kind, record, kept.record)]:
        raise InvalidRecord(errors)
    return record


def _unknown_ids(
    store: Store, kind: Kind, record: Record, held: Record | None
) -> Iterator[FieldError]:
    """Find the ids of no profile that a record names, apart from those that it named before.

    A merged one is told by the id of the profile that it is now.
    """
    if isinstance(record, Programme):
        yield from _wrong_programmes(store, record)
    before = {id for _, id in _named(held)} if held else set()
    named = [(field, id) for field, id in _named(record) if id not in before]
    known = store.sides({id for _, id in named})
    lost = [(field, id) for field, id in named if id not in known]
    into = store.merged_into({id for _, id in lost})
    parts = {one.id for one in store.programmes()} if lost else set()
    for field, id in lost:
        if id in into:
            yield merged_error(field, id, into[id])
        elif not (field.startswith("rules.") and id in parts):
            yield FieldError(field, "id_unknown", id)


def _named(record: Record) -> list[tuple[str, str]]:
    """Give the (field, id) of the profiles that a tie or programme names, which must exist."""
    return named_by(record) if isinstance(record, (Tie, Programme)) else []


def _wrong_programmes(store: Store, record: Programme) -> Iterator[FieldError]:
    """Find what is wrong with the programme that one is a part of: it must be, and be no part."""
    if record.part_of is None:
        return
    umbrella = {one.id: one for one in store.programmes()}.get(record.part_of)
    if umbrella is None:
        yield FieldError("part_of", "programme_unknown", record.part_of)
    elif umbrella.part_of or umbrella.id == record.id:
        yield FieldError("part_of", "programme_part", record.part_of)


def refuse_unknown(store: Store, kind: Kind, record: Record) -> None:
    """Refuse a new record that names profiles which do not exist.

    Raises:
        InvalidRecord: with one error for each of them.
    """
    if unknown := list(_unknown_ids(store, kind, record, None)):
        raise InvalidRecord(unknown)


def _write(dari: Dari, kind: Kind, record: Record, *, base: int, by: str) -> None:
    if kind == "tie":
        dari.writer.put_tie(cast(Tie, record), by=by, base=base)
    elif kind == "programme":
        dari.store.put_programmes([cast(Programme, record)], by=by, base=base)
    else:
        dari.writer.put(cast(AnyProfile, record), by=by, base=base)
