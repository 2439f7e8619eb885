"""Owns the import of a file: rows are read, checked against the store, encoded and written."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, cast

from index.writer import BATCH, Writer
from profiles import (
    AnyProfile,
    FieldError,
    IdTaken,
    InvalidRecord,
    Programme,
    Side,
    Store,
    Tie,
)
from profiles.errors import shorten
from profiles.importing import ColumnMap, ImportKind, Row, read_records
from profiles.merges import MergedMeanwhile, merged_error, named_by
from profiles.merging import with_merged

Progress = Callable[[int], None]
"""Told how many rows more are done."""

BY = "import"
"""Who makes the revisions of an import."""
MOST_KEPT = 50
"""How many rejected rows a report keeps to be shown; `import_file` tells of each as it comes."""
MOST_NAMES = 1_000
"""How many names of unknown fields a report keeps."""

_SIDES = {"startups": Side.STARTUP, "partners": Side.PARTNER}


@dataclass(slots=True)
class ImportReport:
    """What became of the rows of a file.

    `rejected` holds the first `MOST_KEPT` of the rows that were rejected, `rejections` counts all.
    `last_row` is the last row that was dealt with, and `stopped` tells that more would follow.
    """

    accepted: int = 0
    written: int = 0
    rejections: int = 0
    rejected: list[Row] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)
    last_row: int = 0
    stopped: bool = False

    @property
    def unchanged(self) -> int:
        """How many accepted rows the store held already."""
        return self.accepted - self.written

    def add(self, rows: Sequence[Row], written: int) -> None:
        """Add a batch of rows, of whose records so many were new or changed."""
        bad = [row for row in rows if row.errors]
        self.accepted += len(rows) - len(bad)
        self.written += written
        self.rejections += len(bad)
        self.rejected.extend(bad[: MOST_KEPT - len(self.rejected)])
        self.last_row = rows[-1].number
        for row in rows:
            for name in row.ignored:
                if name in self.ignored or len(self.ignored) < MOST_NAMES:
                    self.ignored[name] = self.ignored.get(name, 0) + 1


@dataclass(frozen=True, slots=True)
class _Batch:
    """Rows as they were read, and as they are after the store was asked."""

    read: list[Row]
    checked: list[Row]


def import_file(
    store: Store,
    writer: Writer,
    path: Path,
    kind: ImportKind,
    *,
    mapping: ColumnMap | None = None,
    check: bool = False,
    progress: Progress | None = None,
    rejected: Callable[[Row], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> ImportReport:
    """Import startups, partners, ties or programmes; a rejected row never stops the others.

    Each batch is one transaction, and the same file a second time changes nothing, so an import
    that was interrupted is simply run again.

    Args:
        store: where the records go.
        writer: writes them, with their vectors.
        path: a JSONL, CSV, XLSX or Parquet file.
        kind: what its rows are.
        mapping: which column gives which field.
        check: only check the rows, and count what would be written.
        progress: told how many rows more are done.
        rejected: told of each rejected row.
        stop: asked before each batch whether to stop there.

    Raises:
        UnreadableFile: if the file cannot be opened, is of another format, or in another encoding.
    """
    report = ImportReport()
    waiting: deque[_Batch] = deque()
    batches = _batches(read_records(path, kind, mapping=mapping))

    def checked(batch: list[Row]) -> list[Row]:
        return [_bounded(row) for row in _CHECKS[kind](store, batch, kind)]

    def records(again: Sequence[list[Row]]) -> Iterator[list[Any]]:
        for batch in chain(again, batches):
            if stop and stop():
                report.stopped = True
                return
            waiting.append(_Batch(batch, checked(batch)))
            yield [row.record for row in waiting[-1].checked if not row.errors]

    def write(again: Sequence[list[Row]]) -> None:
        written = _count if check else _write
        for changed in written(store, writer, kind, records(again)):
            rows = waiting.popleft().checked
            report.add(rows, changed)
            for row in rows:
                if row.errors and rejected:
                    rejected(row)
            if progress:
                progress(len(rows))

    _until_written(write, waiting, checked)
    return report


def _until_written(
    write: Callable[[Sequence[list[Row]]], None],
    waiting: deque[_Batch],
    check: Callable[[list[Row]], list[Row]],
) -> None:
    """Write all batches; what is refused is checked again, for the store has changed since.

    Raises:
        InvalidRecord: if the check finds nothing wrong with what was refused.
        IdTaken: likewise.
    """
    again: list[list[Row]] = []
    while True:
        try:
            return write(again)
        except MergedMeanwhile:
            again = [batch.read for batch in waiting]
        except (InvalidRecord, IdTaken):
            again = [batch.read for batch in waiting]
            if [check(batch) for batch in again] == [batch.checked for batch in waiting]:
                raise
        waiting.clear()


def _write(
    store: Store, writer: Writer, kind: ImportKind, batches: Iterable[list[Any]]
) -> Iterator[int]:
    """Write batches of records; yield how many of each were new or changed."""
    if kind == "programmes":
        for batch in batches:
            changed = _changed_programmes(store, batch)
            if changed:
                store.put_programmes(changed, by=BY)
            yield len(changed)
        return
    if kind == "ties":
        put = writer.put_tie_batches(batches, by=BY)
    else:
        put = writer.put_batches(batches, by=BY, merging=store.merging_state())
    for _, written in put:
        yield written


def _count(
    store: Store, writer: Writer, kind: ImportKind, batches: Iterable[list[Any]]
) -> Iterator[int]:
    """Count for each batch what would be written."""
    for batch in batches:
        if kind == "programmes":
            yield len(_changed_programmes(store, batch))
        else:
            changed = store.changed_ties if kind == "ties" else store.changed
            yield len(changed(batch, writer.space))


def _changed_programmes(store: Store, records: Sequence[Programme]) -> list[Programme]:
    held = {programme.id: programme for programme in store.programmes()}
    return [one for one in records if held.get(one.id) != one]


def _bounded(row: Row) -> Row:
    """Keep of a rejected row no more than is shown of it."""
    if not row.errors:
        return row
    errors = tuple(
        one
        if one.value is None or isinstance(one.value, int | float)
        else replace(one, value=shorten(one.value, 300))
        for one in row.errors
    )
    return replace(row, errors=errors)


def _check_profiles(store: Store, rows: list[Row], kind: ImportKind) -> list[Row]:
    sides = store.sides([row.id for row in rows if row.id])
    checked = [_own_side(row, sides, _SIDES[kind]) for row in _unmerged(store, rows)]
    return _regained(store, checked) if sides else checked


def _regained(store: Store, rows: list[Row]) -> list[Row]:
    """Give the rows what merges gave to their profiles, of which the file does not know."""
    said = [cast(AnyProfile, row.record) for row in rows if row.record]
    made = iter(with_merged(store, said))
    return [replace(row, record=next(made)) if row.record else row for row in rows]


def _unmerged(store: Store, rows: Sequence[Row]) -> list[Row]:
    """Refuse the rows that name a merged profile: the error names the one that it is now."""
    records = [cast(AnyProfile | Tie | Programme | None, row.record) for row in rows]
    named = [named_by(record) if record else [] for record in records]
    into = store.merged_into({id for one in named for _, id in one})
    return [_named_as_it_is(row, one, into) for row, one in zip(rows, named, strict=True)]


def _named_as_it_is(row: Row, named: list[tuple[str, str]], into: dict[str, str]) -> Row:
    wrong = tuple(merged_error(field, id, into[id]) for field, id in named if id in into)
    return replace(row, record=None, errors=wrong) if wrong else row


def _own_side(row: Row, sides: dict[str, Side], side: Side) -> Row:
    if row.id is None or sides.get(row.id, side) is side:
        return row
    return replace(row, record=None, errors=(FieldError("id", "id_taken", row.id),))


def _check_ties(store: Store, rows: list[Row], kind: ImportKind) -> list[Row]:
    rows = _unmerged(store, rows)
    ties = [cast(Tie, row.record) for row in rows if row.record]
    known = store.sides({end for tie in ties for end in (tie.a, tie.b)})
    return [_known_ids(row, known, ("a", "b")) for row in rows]


def _check_programmes(store: Store, rows: list[Row], kind: ImportKind) -> list[Row]:
    rows = _unmerged(store, rows)
    programmes = [cast(Programme, row.record) for row in rows if row.record]
    named = {id for programme in programmes for _, id in named_by(programme)}
    known = store.sides(named).keys()
    parts = {one.id for one in (*store.programmes(), *programmes)}
    return [_known_in_programme(row, known, parts) for row in rows]


def _known_in_programme(row: Row, known: Collection[str], parts: Collection[str]) -> Row:
    """Refuse a programme that names nobody known, or in its rules neither that nor a part."""
    programme = cast(Programme | None, row.record)
    if programme is None:
        return row
    lost = [(field, id) for field, id in named_by(programme) if id not in known]
    errors = [
        FieldError(field, "id_unknown", id)
        for field, id in lost
        if field == "partners" or id not in parts
    ]
    if programme.part_of and programme.part_of not in parts:
        errors.append(FieldError("part_of", "programme_unknown", programme.part_of))
    return replace(row, record=None, errors=tuple(errors)) if errors else row


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
