"""Owns the import of a file: rows are read, checked against the store, encoded and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, cast

from index.writer import BATCH, Writer
from profiles import FieldError, Programme, Side, Store, Tie
from profiles.importing import ImportKind, Row, read_records

Progress = Callable[[int], None]
"""Told how many rows more are done."""

_SIDES = {"startups": Side.STARTUP, "partners": Side.PARTNER}


@dataclass(slots=True)
class ImportReport:
    """What became of the rows of a file."""

    accepted: int = 0
    written: int = 0
    rejected: list[Row] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)

    @property
    def unchanged(self) -> int:
        """How many accepted rows the store held already."""
        return self.accepted - self.written


def import_file(
    store: Store,
    writer: Writer,
    path: Path,
    kind: ImportKind,
    *,
    progress: Progress | None = None,
) -> ImportReport:
    """Import startups, partners, ties or programmes; a rejected row never stops the others.

    Each batch is one transaction, and the same file a second time changes nothing, so an import
    that was interrupted is simply run again.

    Raises:
        UnreadableFile: if the file cannot be opened, is of another format, or in another encoding.
    """
    report = ImportReport()
    for batch in _batches(read_records(path, kind)):
        checked = _CHECKS[kind](store, batch, kind)
        for row in checked:
            for name in row.ignored:
                report.ignored[name] = report.ignored.get(name, 0) + 1
        good = [row for row in checked if not row.errors]
        report.rejected.extend(row for row in checked if row.errors)
        report.accepted += len(good)
        report.written += _write(store, writer, kind, [row.record for row in good])
        if progress:
            progress(len(batch))
    return report


def _write(store: Store, writer: Writer, kind: ImportKind, records: Sequence[Any]) -> int:
    if not records:
        return 0
    if kind == "ties":
        return writer.put_ties(records)
    if kind == "programmes":
        held = {programme.id: programme for programme in store.programmes()}
        changed = [one for one in records if held.get(one.id) != one]
        if changed:
            store.put_programmes(changed)
        return len(changed)
    return writer.put_many(records)


def _check_profiles(store: Store, rows: list[Row], kind: ImportKind) -> list[Row]:
    sides = store.sides([row.record.id for row in rows if row.record])  # type: ignore[attr-defined]
    return [_own_side(row, sides, _SIDES[kind]) for row in rows]


def _own_side(row: Row, sides: dict[str, Side], side: Side) -> Row:
    id = getattr(row.record, "id", "")
    if row.record is None or sides.get(id, side) is side:
        return row
    return replace(row, record=None, errors=(FieldError("id", "id_taken", id),))


def _check_ties(store: Store, rows: list[Row], kind: ImportKind) -> list[Row]:
    ties = [cast(Tie, row.record) for row in rows if row.record]
    known = store.sides({end for tie in ties for end in (tie.a, tie.b)})
    return [_known_ids(row, known, ("a", "b")) for row in rows]


def _check_programmes(store: Store, rows: list[Row], kind: ImportKind) -> list[Row]:
    programmes = [cast(Programme, row.record) for row in rows if row.record]
    known = store.sides({id for programme in programmes for id in programme.partners})
    return [_known_ids(row, known, ("partners",)) for row in rows]


def _known_ids(row: Row, known: dict[str, Side], fields: Sequence[str]) -> Row:
    if row.record is None:
        return row
    named = [(name, id) for name in fields for id in _ids(getattr(row.record, name))]
    errors = tuple(FieldError(n, "id_unknown", id) for n, id in named if id not in known)
    return replace(row, record=None, errors=errors) if errors else row


def _ids(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


_CHECKS: dict[str, Callable[[Store, list[Row], ImportKind], list[Row]]] = {
    "startups": _check_profiles,
    "partners": _check_profiles,
    "ties": _check_ties,
    "programmes": _check_programmes,
}


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH)):
        yield batch
