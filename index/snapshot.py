"""Owns the snapshot of a search index on disk: it only makes start-up fast."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from index.filters import Facts
from index.passages import PROFILE_FACETS
from index.search_index import Entry, SearchIndex
from profiles import DariError, PartnerKind, Side, Tie

FORMAT = 2
_MANIFEST = "manifest.json"
_ENTRIES = "profiles.jsonl"
_TIES = "ties.jsonl"
_VECTORS = "vectors.npy"
_WRITING = ".writing-"
_FILES = (_ENTRIES, _TIES, _VECTORS)
_NAME = re.compile(r".+-d\d+-seq(\d+)")
_DEAD_AFTER_SECONDS = 3_600


class SnapshotError(DariError):
    """A snapshot that is truncated, changed or of another make."""


def save(index: SearchIndex, folder: Path, fingerprint: str = "") -> Path:
    """Write a snapshot to a temporary folder, sync it, rename it into place, drop older ones.

    Where a newer one stands already, that one is kept and nothing is written: it may lack, on
    purpose, what has been erased since.

    Args:
        index: what is written.
        folder: where the snapshots stand.
        fingerprint: `Store.fingerprint` of the database at the index's seq.

    Raises:
        SnapshotError: if it cannot be written; the older one then stands as it was.
    """
    target = folder / f"{_prefix(index.space, index.dimension)}{index.seq}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        newer = [other for other in _snapshots(folder) if _seq_of(other) > index.seq]
        if newer:
            return max(newer, key=_seq_of)
        work = Path(tempfile.mkdtemp(prefix=_WRITING, dir=folder))
        try:
            _write(index, work, fingerprint)
            if target.exists():
                shutil.rmtree(target)
            work.rename(target)
            _sync(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise SnapshotError(
            value=str(folder),
            rule=f"The snapshot cannot be written: {error.strerror or error}.",
            remedy="Free space, or let the folder be written; only the next start is slower.",
        ) from error
    for other in [*_snapshots(folder), *_dead(folder)]:
        if other != target:
            shutil.rmtree(other, ignore_errors=True)
    return target


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


def _write(index: SearchIndex, folder: Path, fingerprint: str) -> None:
    vectors: list[np.ndarray[Any, Any]] = []
    with (folder / _ENTRIES).open("w", encoding="utf-8") as stream:
        for id, facts in index.facts.items():
            stream.write(
                json.dumps(_entry_line(index, id, facts, vectors), ensure_ascii=False) + "\n"
            )
    with (folder / _TIES).open("w", encoding="utf-8") as stream:
        for tie in index.history.ties.values():
            row = _append(vectors, index.history.vector(tie.id))
            stream.write(f"{row}\t{tie.model_dump_json(exclude_defaults=True)}\n")
    stacked = np.stack(vectors) if vectors else np.empty((0, index.dimension), np.float32)
    np.save(folder / _VECTORS, stacked, allow_pickle=False)
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
        _sync(folder / name)


def _entry_line(
    index: SearchIndex, id: str, facts: Facts, vectors: list[np.ndarray[Any, Any]]
) -> dict[str, Any]:
    rows = {}
    for facet in PROFILE_FACETS:
        held = index.facets[facts.side, facet]
        if id in held:
            rows[facet] = _append(vectors, held.vectors([id])[0])
    return {
        "id": id,
        "side": facts.side,
        "kind": facts.kind,
        "regions": sorted(facts.regions),
        "sectors": sorted(facts.sectors),
        "document": index.documents[id],
        "rows": rows,
    }


def _append(vectors: list[np.ndarray[Any, Any]], vector: np.ndarray[Any, Any] | None) -> int:
    if vector is None:
        return -1
    vectors.append(vector)
    return len(vectors) - 1


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
    vectors = np.load(folder / _VECTORS, allow_pickle=False)
    for line in _lines(folder / _ENTRIES):
        index.put(_entry(json.loads(line), vectors))
    for line in _lines(folder / _TIES):
        row, _, payload = line.partition("\t")
        vector = vectors[int(row)] if int(row) >= 0 else None
        index.history.put(Tie.model_validate_json(payload), vector)
    return index


def _entry(raw: dict[str, Any], vectors: np.ndarray[Any, Any]) -> Entry:
    facts = Facts(
        side=Side(raw["side"]),
        kind=PartnerKind(raw["kind"]) if raw["kind"] else None,
        regions=frozenset(raw["regions"]),
        sectors=frozenset(raw["sectors"]),
    )
    rows = {facet: vectors[row] for facet, row in raw["rows"].items()}
    return Entry(raw["id"], facts, raw["document"], rows)


def _snapshots(folder: Path) -> list[Path]:
    return [p for p in folder.iterdir() if p.is_dir() and _NAME.fullmatch(p.name)]


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


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _bad(folder: Path, why: str) -> SnapshotError:
    return SnapshotError(
        value=str(folder),
        rule=f"The snapshot is not used: {why}.",
        remedy="Nothing is lost: the index is built anew from the database.",
    )
