"""Owns the search of an installation for the traces of what was erased: files and tables."""

from __future__ import annotations

import gzip
import io
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from service.traces import Needles, Trace

if TYPE_CHECKING:
    from profiles import Store

_CHUNK = 1 << 20
_DEEPEST = 4
_SPOOL = 64 << 20
_TABLES = "tables of PostgreSQL"


@dataclass(frozen=True, slots=True)
class Finding:
    """A trace that was found: in which place and file, and the ids of others that it is of."""

    place: str
    where: str
    what: str
    also_of: tuple[str, ...] = ()


@dataclass(slots=True)
class Proof:
    """What was searched (place → files or tables, bytes), and what was found there."""

    traces: int = 0
    searched: dict[str, tuple[int, int]] = field(default_factory=dict)
    found: list[Finding] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def remains(self) -> list[Finding]:
        """What was found and belongs to nobody else."""
        return [one for one in self.found if not one.also_of]

    @property
    def is_clean(self) -> bool:
        """Whether everything could be searched, and nothing of the erased profile was found."""
        return not self.remains and not self.unread

    def as_json(self) -> dict[str, Any]:
        """Give the proof as plain values for JSON."""
        return {
            "clean": self.is_clean,
            "traces": self.traces,
            "searched": [
                {"place": place, "files": files, "bytes": size}
                for place, (files, size) in self.searched.items()
            ],
            "found": [
                {"where": one.where, "what": one.what, "also_of": list(one.also_of)}
                for one in self.found
            ],
            "unread": self.unread,
            "notes": self.notes,
        }


def search(store: Store, home: Path, traces: Sequence[Trace]) -> Proof:
    """Search every file below `home`, the database's files and PostgreSQL's tables for traces."""
    from profiles.remains import database_files, server_tables

    needles = Needles(traces)
    proof = Proof(traces=len(traces))
    owners = _Owners(store, traces)
    own = [Path(path) for path in database_files(store)]
    for path in _files(home, own):
        place, where = _place(path, home, own)
        named, _ = needles.search([os.fsencode(path)])
        proof.found += owners.findings(place, f"name of {where}", named)
        try:
            for inner, blocks in _contents(path):
                found, size = needles.search(blocks)
                _add(proof, place, size if not inner else 0, 0 if inner else 1)
                proof.found += owners.findings(place, f"{where}{inner}", found)
        except FileNotFoundError:
            continue  # it was deleted while others were read
        except Exception as error:  # whatever a file is, one that cannot be read is named
            proof.unread.append(f"{where}: {type(error).__name__}: {error}")
    for table, blocks in server_tables(store):
        found, size = needles.search(blocks)
        _add(proof, _TABLES, size, 1)
        proof.found += owners.findings(_TABLES, f"table {table}", found)
    return proof


class _Owners:
    """Looks up, once for each trace, who else the database holds it of."""

    def __init__(self, store: Store, traces: Sequence[Trace]) -> None:
        self._store, self._traces = store, traces
        self._known: dict[int, tuple[str, ...]] = {}

    def findings(self, place: str, where: str, found: set[int]) -> Iterator[Finding]:
        for number in sorted(found):
            if number not in self._known:
                self._known[number] = self._look_up(self._traces[number])
            yield Finding(place, where, self._traces[number].what, self._known[number])

    def _look_up(self, trace: Trace) -> tuple[str, ...]:
        from profiles.remains import owners, vector_owners

        if trace.vector is not None:
            return tuple(sorted(vector_owners(self._store, trace.vector)))
        return tuple(sorted(owners(self._store, trace.text or "")))


def _files(home: Path, own: Sequence[Path]) -> Iterator[Path]:
    """Give every file below `home`, and the database's own where they stand elsewhere."""
    seen = set()
    for folder, _folders, names in os.walk(home):
        for name in sorted(names):
            path = Path(folder) / name
            seen.add(path.resolve())
            if path.is_file():
                yield path
    yield from (path for path in own if path.resolve() not in seen and path.exists())


def _place(path: Path, home: Path, own: Sequence[Path]) -> tuple[str, str]:
    """Name the place that a file is counted under, and the file itself."""
    try:
        where = path.relative_to(home)
    except ValueError:
        where = path
    if path.resolve() in {one.resolve() for one in own}:
        return "database", str(where)
    return (f"{where.parts[0]}/" if len(where.parts) > 1 else "other files"), str(where)


def _add(proof: Proof, place: str, size: int, files: int) -> None:
    before = proof.searched.get(place, (0, 0))
    proof.searched[place] = (before[0] + files, before[1] + size)


def _contents(path: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Give what a file holds as blocks of bytes: as it stands, then what is packed within it."""
    with path.open("rb") as stream:
        yield "", _blocks(stream)
        stream.seek(0)
        yield from _unpacked(stream, "", 0)


def _unpacked(stream: IO[bytes], name: str, depth: int) -> Iterator[tuple[str, Iterator[bytes]]]:
    head = stream.read(8)
    stream.seek(0)
    if depth >= _DEEPEST:
        return
    for magic, unpack in _FORMATS.items():
        if head.startswith(magic):
            yield from unpack(stream, name, depth)


def _unzipped(stream: IO[bytes], name: str, depth: int) -> Iterator[tuple[str, Iterator[bytes]]]:
    with zipfile.ZipFile(stream) as archive:
        for member in archive.infolist():
            with archive.open(member) as packed:
                yield from _member(packed, f"{name}!{member.filename}", depth)


def _gunzipped(stream: IO[bytes], name: str, depth: int) -> Iterator[tuple[str, Iterator[bytes]]]:
    with gzip.open(stream) as packed:
        yield from _member(packed, f"{name}!unpacked", depth)


def _member(packed: Any, name: str, depth: int) -> Iterator[tuple[str, Iterator[bytes]]]:
    with tempfile.SpooledTemporaryFile(_SPOOL) as held:
        for block in _blocks(packed):
            held.write(block)
        held.seek(0)
        yield name, _blocks(held)
        held.seek(0)
        yield from _unpacked(held, name, depth + 1)


def _of_array(stream: IO[bytes], name: str, _depth: int) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Give an array of numbers as float32 and float16 by rows, where its own bytes are not so."""
    array = np.load(stream, allow_pickle=False)
    if array.dtype.kind != "f":
        return
    for kind in ("<f4", "<f2"):
        if array.dtype != np.dtype(kind) or not array.flags.c_contiguous:
            with np.errstate(over="ignore"):
                yield f"{name}!{kind}", iter([np.ascontiguousarray(array).astype(kind).tobytes()])


def _of_table(stream: IO[bytes], name: str, _depth: int) -> Iterator[tuple[str, Iterator[bytes]]]:
    import polars as pl

    text = io.BytesIO()
    pl.read_parquet(stream).select(pl.selectors.exclude(pl.selectors.binary())).write_ndjson(text)
    yield f"{name}!rows", iter([text.getvalue()])


def _blocks(stream: Any) -> Iterator[bytes]:
    while block := stream.read(_CHUNK):
        yield block


_FORMATS: dict[bytes, Callable[[IO[bytes], str, int], Iterator[tuple[str, Iterator[bytes]]]]] = {
    b"PK\x03\x04": _unzipped,
    b"\x1f\x8b": _gunzipped,
    b"\x93NUMPY": _of_array,
    b"PAR1": _of_table,
}
