"""Owns the snapshot of a search index on disk: it only makes start-up fast."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from index.filters import shared_facts
from index.search_index import Entry, SearchIndex
from profiles import DariError, PartnerKind, Side, Tie
from profiles.durable import sync

FORMAT = 3
_MANIFEST = "manifest.json"
_ENTRIES = "profiles.jsonl"
_TIES = "ties.jsonl"
_VECTORS = "vectors.npy"
_WRITING = ".writing-"
_FILES = (_ENTRIES, _TIES, _VECTORS)
_NAME = re.compile(r".+-d\d+-seq(\d+)")
_DEAD_AFTER_SECONDS = 3_600
_PIECE = 2_000

Documents = Callable[[Collection[str]], Mapping[str, str]]
"""Gives the documents of those profiles among some ids that are there."""


class SnapshotError(DariError):
    """A snapshot that is truncated, changed or of another make."""


def save(index: SearchIndex, folder: Path, documents: Documents, fingerprint: str = "") -> Path:
    """Write a snapshot to a temporary folder, sync it, rename it into place, drop older ones.

    Where a newer one stands by then, that one is kept and given: it may lack, on purpose, what has
    been erased since.

    Args:
        index: what is written.
        folder: where the snapshots stand.
        documents: gives the documents of profiles by id; one that it lacks is erased by now.
        fingerprint: `Store.fingerprint` of the database at the index's seq.

    Raises:
        SnapshotError: if it cannot be written; the older one then stands as it was.
    """
    target = _target(index, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (newest := _newest(folder, target)) != target:
            return newest
        work = Path(tempfile.mkdtemp(prefix=_WRITING, dir=folder))
        try:
            _write(index, work, documents, fingerprint)
            if (newest := _newest(folder, target)) != target:
                return newest
            if target.exists():
                shutil.rmtree(target)
            work.rename(target)
            sync(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise SnapshotError(
            value=str(folder),
            rule=f"The snapshot cannot be written: {error.strerror or error}.",
            remedy="Free space, or let the folder be written; only the next start is slower.",
        ) from error
    newest = _newest(folder, target)  # another process may have put it there at the same time
    older = [p for p in _snapshots(folder) if p != newest and _seq_of(p) <= _seq_of(newest)]
    for other in [*older, *_dead(folder)]:
        shutil.rmtree(other, ignore_errors=True)
    return newest


def standing(index: SearchIndex, folder: Path) -> Path | None:
    """Find the snapshot of an index at its seq, None where none stands; sweep what is dead."""
    path = _target(index, folder)
    if not path.is_dir():
        return None
    for dead in _dead(folder):
        shutil.rmtree(dead, ignore_errors=True)
    return path


def _target(index: SearchIndex, folder: Path) -> Path:
    return folder / f"{_prefix(index.space, index.dimension)}{index.seq}"


def discard(folder: Path) -> None:
    """Delete every snapshot, half-written ones too, so that nothing erased lives on in one.

    Raises:
        SnapshotError: if one cannot be deleted.
    """
    try:
        if folder.is_dir():
            for snapshot in [*_snapshots(folder), *folder.glob(f"{_WRITING}*")]:
                shutil.rmtree(snapshot)
    except FileNotFoundError:
        return discard(folder)  # another process has dropped it first
    except OSError as error:
        raise SnapshotError(
            value=error.filename or str(folder),
            rule=f"A snapshot cannot be deleted, and may hold what was erased: {error.strerror}.",
            remedy="Delete the folder of the snapshots by hand; nothing else is kept in it.",
        ) from error


def load_newest(
    folder: Path, space: str, dimension: int, fingerprint: Callable[[int], str] | None = None
) -> SearchIndex | None:
    """Read the newest snapshot of this space and dimension, or None where there is none.

    Args:
        folder: where the snapshots stand.
        space: the name of the encoder and the passage version.
        dimension: of the vectors.
        fingerprint: `Store.fingerprint` of the database that the snapshot must be of.

    Raises:
        SnapshotError: if it is truncated, changed, of another make or of another database.
    """
    try:
        prefix = _prefix(space, dimension)
        found = [p for p in _snapshots(folder) if p.name.startswith(prefix)]
        if not found:
            return None
        newest = max(found, key=_seq_of)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _bad(folder, f"its folder cannot be read ({error.strerror})") from error
    try:
        return _read(newest, space, dimension, fingerprint)
    except (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise _bad(newest, f"it cannot be read ({type(error).__name__}: {error})") from error


def _write(index: SearchIndex, folder: Path, documents: Documents, fingerprint: str) -> None:
    with _Vectors.into(folder / _VECTORS, index.dimension) as vectors:
        with (folder / _ENTRIES).open("w", encoding="utf-8") as stream:
            for ids in _pieces(index.facts):
                texts = documents(ids)
                stream.writelines(_entry_lines(index, texts, vectors))
        with (folder / _TIES).open("w", encoding="utf-8") as stream:
            for tie in index.history.ties.values():
                vector = index.history.vector(tie.id)
                row = -1 if vector is None else vectors.append(vector[None, :])
                stream.write(f"{row}\t{tie.model_dump_json(exclude_defaults=True)}\n")
    manifest = {
        "format": FORMAT,
        "space": index.space,
        "dimension": index.dimension,
        "seq": index.seq,
        "database": fingerprint,
        "sha256": {name: _digest(folder / name) for name in _FILES},
    }
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    for name in (_MANIFEST, *_FILES):
        sync(folder / name)


def _entry_lines(index: SearchIndex, texts: Mapping[str, str], vectors: _Vectors) -> Iterator[str]:
    """Write the lines of profiles, and their vectors facet by facet."""
    rows: dict[str, dict[str, int]] = {id: {} for id in texts}
    for (side, facet), held in index.facets.items():
        there = [id for id in texts if index.facts[id].side is side and id in held]
        first = vectors.append(held.vectors(there)) if there else 0
        for row, id in enumerate(there, start=first):
            rows[id][facet] = row
    for id, text in texts.items():
        facts = index.facts[id]
        line = {
            "id": id,
            "side": facts.side,
            "kind": facts.kind,
            "regions": sorted(facts.regions),
            "sectors": sorted(facts.sectors),
            "document": text,
            "rows": rows[id],
        }
        yield json.dumps(line, ensure_ascii=False) + "\n"


class _Vectors:
    """An .npy file of float32 rows that grows: its head is written when all of them are there."""

    def __init__(self, stream: BinaryIO, dimension: int) -> None:
        self._dimension = dimension
        self._count = 0
        self._stream = stream

    @classmethod
    @contextmanager
    def into(cls, path: Path, dimension: int) -> Iterator[_Vectors]:
        """Make a file, and end it when all rows are in it."""
        with path.open("wb") as stream:
            vectors = cls(stream, dimension)
            vectors._write_head()
            yield vectors
            stream.seek(0)
            vectors._write_head()

    def append(self, vectors: np.ndarray[Any, Any]) -> int:
        """Write n rows (n, d); give the number of the first."""
        self._stream.write(np.ascontiguousarray(vectors, dtype="<f4").data)
        self._count += len(vectors)
        return self._count - len(vectors)

    def _write_head(self) -> None:
        # numpy leaves room in it for the greatest number of rows, so its size stays the same.
        shape = (self._count, self._dimension)
        head = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._stream, head)


def _read(
    folder: Path, space: str, dimension: int, fingerprint: Callable[[int], str] | None
) -> SearchIndex:
    manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    if (manifest["format"], manifest["space"], manifest["dimension"]) != (FORMAT, space, dimension):
        raise _bad(folder, "it is of another encoder, passage version, dimension or format")
    if manifest["seq"] != _seq_of(folder):
        raise _bad(folder, "its manifest and its name speak of different changes")
    if fingerprint and manifest["database"] != fingerprint(manifest["seq"]):
        raise _bad(folder, "it is of another database, or of another past of this one")
    for name in _FILES:
        if _digest(folder / name) != manifest["sha256"][name]:
            raise _bad(folder, f"{name} is not what was written")
    index = SearchIndex(dimension, space, seq=manifest["seq"])
    with index.growing():
        for lines in _pieces(_lines(folder / _ENTRIES)):
            # Opened anew for each piece, so that what was read does not stay in memory.
            vectors = _opened(folder)
            index.put_many([_entry(json.loads(line), vectors) for line in lines])
    vectors = _opened(folder)
    for line in _lines(folder / _TIES):
        row, _, payload = line.partition("\t")
        vector = vectors[int(row)] if int(row) >= 0 else None
        index.history.put(Tie.model_validate_json(payload), vector)
    return index


def _opened(folder: Path) -> np.ndarray[Any, Any]:
    """Open the vectors where they lie; as a plain array, of which a row is taken in no time."""
    return np.asarray(np.load(folder / _VECTORS, mmap_mode="r", allow_pickle=False))


def _entry(raw: dict[str, Any], vectors: np.ndarray[Any, Any]) -> Entry:
    facts = shared_facts(
        Side(raw["side"]),
        PartnerKind(raw["kind"]) if raw["kind"] else None,
        tuple(raw["regions"]),
        tuple(raw["sectors"]),
    )
    rows = {facet: vectors[row] for facet, row in raw["rows"].items()}
    return Entry(raw["id"], facts, raw["document"], rows)


def _pieces(values: Iterable[str]) -> Iterator[list[str]]:
    stream = iter(values)
    while piece := list(islice(stream, _PIECE)):
        yield piece


def _snapshots(folder: Path) -> list[Path]:
    return [p for p in folder.iterdir() if p.is_dir() and _NAME.fullmatch(p.name)]


def _newest(folder: Path, target: Path) -> Path:
    """Give the newest snapshot, `target` itself where none is newer than that is or will be."""
    return max([target, *_snapshots(folder)], key=_seq_of)


def _dead(folder: Path) -> list[Path]:
    """Find the temporary folders that killed processes have left."""
    before = time.time() - _DEAD_AFTER_SECONDS
    left = [p for p in folder.glob(f"{_WRITING}*") if p.is_dir()]
    return [p for p in left if p.stat().st_mtime < before]


def _prefix(space: str, dimension: int) -> str:
    name = "".join(c if c.isalnum() or c in "._-" else "_" for c in space)
    return f"{name}-d{dimension}-seq"


def _seq_of(snapshot: Path) -> int:
    return int(snapshot.name.rpartition("-seq")[2])


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as stream:
        yield from stream


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _bad(folder: Path, why: str) -> SnapshotError:
    return SnapshotError(
        value=str(folder),
        rule=f"The snapshot is not used: {why}.",
        remedy="Nothing is lost: the index is built anew from the database.",
    )
