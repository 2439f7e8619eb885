"""Owns the test sets and run files of an installation: what stands there, and what is brought."""

from __future__ import annotations

import shutil
import stat
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from evaluation.dataset import (
    CANDIDATES,
    DATASET,
    PARTNERS,
    QRELS,
    QUERIES,
    STARTUPS,
    TIES,
    TestSet,
)
from evaluation.errors import ShelfError
from evaluation.loading import load
from profiles.durable import sync

TEST_SETS, RUNS = "testsets", "runs"
FILES = (DATASET, STARTUPS, PARTNERS, TIES, QUERIES, QRELS, CANDIDATES)

MOST_BYTES = 512 << 20
"""How much a test set may hold when it is unpacked."""
MOST_MEMBERS = 100
MOST_RATIO = 200
"""How many bytes a byte of a ZIP may unpack to: JSON Lines come to twenty at most."""
MOST_SETS = 100

_CHUNK = 1 << 16
_FREE = 1 << 20
_ADDING = ".adding-"
_LEFT_S = 3_600
_LONGEST = 60
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


@dataclass(frozen=True, slots=True)
class Shelved:
    """A test set's folder, by the name of the folder."""

    name: str
    path: Path

    @property
    def size(self) -> int:
        """How many bytes its files have."""
        return sum(file.stat().st_size for name in FILES if (file := self.path / name).is_file())


class Shelf:
    """The test sets of a home, with the run files that were brought for each.

    Whatever is added is first written beside, and takes its place by one rename.
    """

    def __init__(self, home: Path) -> None:
        self.sets, self._runs = home / TEST_SETS, home / RUNS

    def all(self) -> list[Shelved]:
        """List the folders that say of themselves that they are test sets, by name."""
        if not self.sets.is_dir():
            return []
        found = (path for path in self.sets.iterdir() if (path / DATASET).is_file())
        named = [Shelved(one.name, one) for one in found if _is_name(one.name)]
        return sorted(named, key=lambda one: one.name)

    def folder(self, name: str) -> Path:
        """Give the folder of a test set.

        Raises:
            ShelfError: if there is none of this name.
        """
        if not _is_name(name) or not (self.sets / name / DATASET).is_file():
            raise ShelfError("set_unknown", name)
        return self.sets / name

    def free(self, name: str) -> Path:
        """Give the place of a test set that is to come.

        Raises:
            ShelfError: if the name is none, or is taken, or there are too many.
        """
        if not _is_name(name):
            raise ShelfError("set_name", name)
        if (self.sets / name).exists():
            raise ShelfError("set_taken", name)
        if len(self.all()) >= MOST_SETS:
            raise ShelfError("set_many", MOST_SETS)
        return self.sets / name

    def add(self, name: str, packed: BinaryIO) -> TestSet:
        """Unpack a ZIP, check it as `load` does, leaks too, and put it on the shelf.

        Raises:
            ShelfError: if the name or the ZIP cannot be used.
            DatasetError: if what it holds breaks the format.
            LeakError: if it knows its answers.
        """
        place = self.free(name)
        with self.beside() as work:
            unpack(packed, work)
            found = load(work)
            self.put(work, place)
        return found

    @contextmanager
    def beside(self) -> Iterator[Path]:
        """Make a folder beside the test sets that goes again, unless it has been put elsewhere.

        Raises:
            ShelfError: if the disk refuses it.
        """
        try:
            self.sets.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._sweep()
            work = Path(tempfile.mkdtemp(prefix=_ADDING, dir=self.sets))
        except OSError as error:
            raise ShelfError("set_unwritable", self.sets, why=error.strerror or error) from error
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _sweep(self) -> None:
        """Take away what was left by who was killed while adding something."""
        for left in self.sets.glob(f"{_ADDING}*"):
            if time.time() - left.stat().st_mtime > _LEFT_S:
                shutil.rmtree(left, ignore_errors=True)

    def put(self, work: Path, place: Path) -> None:
        """Give a folder its place by one rename.

        Raises:
            ShelfError: if somebody has taken the name meanwhile, or the disk refuses it.
        """
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            work.rename(place)
            sync(place.parent)
        except OSError as error:
            raise ShelfError("set_unwritable", place, why=error.strerror or error) from error

    def drop(self, name: str) -> None:
        """Delete a test set with its run files.

        Raises:
            ShelfError: if there is none of this name.
        """
        folder = self.folder(name)
        if folder.is_symlink():
            folder.unlink()  # what an operator has put elsewhere stays there
        else:
            gone = Path(tempfile.mkdtemp(prefix=_ADDING, dir=self.sets))
            folder.rename(gone / name)
            shutil.rmtree(gone, ignore_errors=True)
        shutil.rmtree(self._runs / name, ignore_errors=True)

    def runs(self, name: str) -> list[Path]:
        """List the run files that were brought for a test set, by name."""
        folder = self._runs / self.folder(name).name
        return sorted(path for path in folder.glob("*.run") if path.is_file())

    def run(self, name: str, run: str) -> Path:
        """Give a run file.

        Raises:
            ShelfError: if there is none of this name.
        """
        found = {path.stem: path for path in self.runs(name)}
        if run not in found:
            raise ShelfError("run_unknown", run)
        return found[run]

    def free_run(self, name: str, run: str) -> Path:
        """Give the place of a run file of a test set that is to come.

        Raises:
            ShelfError: if there is no such test set, or the name is none, or is taken.
        """
        if not _is_name(run):
            raise ShelfError("run_name", run)
        place = self._runs / self.folder(name).name / f"{run}.run"
        if place.exists():
            raise ShelfError("run_taken", run)
        return place

    def drop_run(self, name: str, run: str) -> None:
        """Delete a run file.

        Raises:
            ShelfError: if there is none of this name.
        """
        self.run(name, run).unlink(missing_ok=True)


def unpack(packed: BinaryIO, out: Path) -> None:
    """Write the files of a test set that a ZIP holds to a folder, and nothing else.

    They may stand in one folder of the ZIP. What else it holds is refused, as are links, paths that
    lead elsewhere, and a ZIP that unpacks to more than it should; sizes are counted as bytes come,
    for what a ZIP says of itself may be a lie.

    Raises:
        ShelfError: naming what is wrong.
    """
    try:
        with zipfile.ZipFile(packed) as archive:
            left = min(MOST_BYTES, _FREE + MOST_RATIO * _length(packed))
            for name, member in members(archive).items():
                with archive.open(member) as stream, (out / name).open("xb") as file:
                    left -= copied(stream, file, left)
                if left < 0:
                    raise ShelfError("zip_bomb", name, limit=MOST_BYTES >> 20)
    # What zipfile raises of a broken, cut, encrypted or oddly packed archive.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ShelfError("zip_broken", "ZIP") from error
    except OSError as error:
        raise ShelfError("set_unwritable", out, why=error.strerror or error) from error


def members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Give the members that are files of a test set, by the names of the files."""
    entries = archive.infolist()
    if len(entries) > MOST_MEMBERS:
        raise ShelfError("zip_members", len(entries), limit=MOST_MEMBERS)
    found: dict[str, zipfile.ZipInfo] = {}
    folders = set()
    for entry in entries:
        path = _path(entry)
        if entry.is_dir() or path.parts[0] == "__MACOSX" or path.name.startswith("."):
            continue
        if path.name not in FILES or len(path.parts) > 2:
            raise ShelfError("zip_stranger", entry.filename, files=", ".join(FILES))
        if path.name in found:
            raise ShelfError("zip_twice", entry.filename)
        if entry.flag_bits & 1:
            raise ShelfError("zip_secret", entry.filename)
        found[path.name] = entry
        folders.add(path.parent)
    if DATASET not in found or len(folders) != 1:
        raise ShelfError("zip_empty", DATASET)
    return found


def _path(entry: zipfile.ZipInfo) -> PurePosixPath:
    """Read the path of a member; one that leads out of the folder, or a link, is refused."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    name = entry.filename
    path = PurePosixPath(name)
    tricky = "\\" in name or ":" in name or not name.isprintable() or not path.parts
    if tricky or path.is_absolute() or ".." in path.parts:
        raise ShelfError("zip_path", name)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise ShelfError("zip_link", name)
    return path


def _length(packed: BinaryIO) -> int:
    here = packed.tell()
    length = packed.seek(0, 2)
    packed.seek(here)
    return length


def copied(source: IO[bytes], target: IO[bytes], most: int) -> int:
    """Copy until the source ends or one chunk more than `most` bytes have come; count them."""
    count = 0
    while count <= most and (chunk := source.read(_CHUNK)):
        count += len(chunk)
        target.write(chunk)
    return count


def _is_name(name: str) -> bool:
    """Tell whether a name can be that of a folder on every disk, and of an address."""
    return 0 < len(name) <= _LONGEST and name[0].isalnum() and _LETTERS.issuperset(name)
