"""Owns the ZIPs of test sets that were brought, until a job has unpacked and checked them."""

from __future__ import annotations

import secrets
import shutil
import time
import zipfile
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import IO

from evaluation.dataset import TestSet
from evaluation.errors import ShelfError
from evaluation.loading import load
from evaluation.shelf import Shelf, members, unpack

_BROUGHT = ".brought-"
_UNWANTED_S = 60


class Received:
    """The ZIPs that were brought to a home and wait beside its test sets."""

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
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            brought = self._folder / f"{_BROUGHT}{secrets.token_hex(8)}.zip"
            with brought.open("xb") as out:
                shutil.copyfileobj(packed, out)
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise ShelfError("zip_broken", "ZIP", why=str(error)) from error
        except OSError as error:
            raise ShelfError("set_unwritable", self._folder, why=error.strerror or error) from error
        return brought.name

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

    def all(self) -> list[Path]:
        """Name what waits."""
        return sorted(self._folder.glob(f"{_BROUGHT}*"))

    def forget(self, wanted: Collection[str]) -> None:
        """Delete what was received a while ago and no job waits for: all but `wanted`."""
        for file in self.all():
            with suppress(FileNotFoundError):
                if file.name not in wanted and time.time() - file.stat().st_mtime > _UNWANTED_S:
                    file.unlink()
