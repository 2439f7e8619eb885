"""Owns the ZIPs of test sets and the run files that were brought, until a job has checked them."""

from __future__ import annotations

import secrets
import shutil
import time
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO

from evaluation.dataset import TestSet
from evaluation.errors import ShelfError
from evaluation.loading import load
from evaluation.run_files import read_run
from evaluation.runs import Run
from evaluation.shelf import Shelf, copied, members, unpack

MOST_RUN_BYTES = 64 << 20

_BROUGHT = ".brought-"
_UNWANTED_S = 60


class Received:
    """The ZIPs and run files that were brought to a home and wait beside its test sets."""

    def __init__(self, home: Path) -> None:
        self._shelf = Shelf(home)
        self._folder = self._shelf.sets

    def keep(self, name: str, packed: IO[bytes]) -> str:
        """Keep a ZIP that a job will check under `name`; give what the job calls it.

        Raises:
            ShelfError: if the name cannot be used, what the ZIP lists is no test set, or the disk
                refuses it.
        """
        self._shelf.free(name)
        try:
            with zipfile.ZipFile(packed) as archive:
                members(archive)
            packed.seek(0)
        # Broken, or packed in a way that zipfile does not know.
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise ShelfError("zip_broken", "ZIP") from error
        with self._brought(".zip") as out:
            shutil.copyfileobj(packed, out)
        return Path(out.name).name

    def keep_run(self, name: str, run: str, given: IO[bytes]) -> str:
        """Keep a run file that a job will check on the test set `name`; give what the job calls it.

        Raises:
            ShelfError: if there is no such test set, the run's name cannot be used, the file is too
                large, or the disk refuses it.
        """
        self._shelf.free_run(name, run)
        with self._brought(".run") as out:
            if copied(given, out, MOST_RUN_BYTES) > MOST_RUN_BYTES:
                raise ShelfError("run_large", run, limit=MOST_RUN_BYTES >> 20)
        return Path(out.name).name

    @contextmanager
    def _brought(self, suffix: str) -> Iterator[BinaryIO]:
        """Open a new file for what is brought; it goes again if that fails."""
        file = self._folder / f"{_BROUGHT}{secrets.token_hex(8)}{suffix}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with file.open("xb") as out:
                yield out
        except OSError as error:
            file.unlink(missing_ok=True)
            raise ShelfError("set_unwritable", self._folder, why=error.strerror or error) from error
        except ShelfError:
            file.unlink(missing_ok=True)
            raise

    def unpacked(self, brought: str, out: Path) -> TestSet:
        """Unpack a ZIP to a new folder, and check it as `load` does, leaks too.

        Raises:
            ShelfError: if it is not there any more, or cannot be used.
            DatasetError: if what it holds breaks the format.
            LeakError: if it knows its answers.
        """
        try:
            with (self._folder / Path(brought).name).open("rb") as packed:
                out.mkdir()
                unpack(packed, out)
        except FileNotFoundError as error:
            raise ShelfError("zip_gone", brought) from error
        return load(out)

    def checked_run(self, brought: str, name: str, out: Path, *, depth: int) -> Run:
        """Copy a run file to `out`, and check that it can be scored on the test set `name`.

        Raises:
            ShelfError: if it, or the test set, is not there any more.
            DatasetError: if the test set breaks the format.
            RunFileError: if the file breaks its form, or is of another test set; it calls the file
                as `out` does.
        """
        try:
            shutil.copyfile(self._folder / Path(brought).name, out)
        except FileNotFoundError as error:
            raise ShelfError("run_gone", out.stem) from error
        return read_run(out, test_set=load(self._shelf.folder(name)), depth=depth)

    def all(self) -> list[Path]:
        """Name what waits."""
        return sorted(self._folder.glob(f"{_BROUGHT}*"))

    def forget(self, wanted: Collection[str]) -> None:
        """Delete what was received a while ago and no job waits for: all but `wanted`."""
        for file in self.all():
            with suppress(FileNotFoundError):
                if file.name not in wanted and time.time() - file.stat().st_mtime > _UNWANTED_S:
                    file.unlink()
