"""Owns the watch over an SQLite file: one that vanishes or is replaced is noticed, not made anew.

SQLite itself goes on writing to a deleted file, and makes an empty one for the next connection:
what is acknowledged then is lost with the process.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from profiles.errors import StoreError

FileKey = tuple[int, int]


def watch_file(engine: Engine, path: Path) -> None:
    """Refuse every transaction of `engine` once the file that it first opened stands there no more.

    Raises:
        StoreError: at the checkout of a connection, before anything is read or written.
    """
    first: list[FileKey] = []

    def refuse_another() -> None:
        if first and _key(path) != first[0]:
            raise _gone(path)

    @event.listens_for(engine, "do_connect")
    def _before(_dialect: Any, _record: Any, _args: Any, _options: Any) -> None:
        refuse_another()

    @event.listens_for(engine, "connect")
    def _opened(_connection: Any, _record: Any) -> None:
        if not first and (key := _key(path)) is not None:
            first.append(key)

    @event.listens_for(engine, "checkout")
    def _used(_connection: Any, _record: Any, _proxy: Any) -> None:
        refuse_another()


def _key(path: Path) -> FileKey | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _gone(path: Path) -> StoreError:
    there = path.exists()
    happened = "been replaced by another one" if there else "vanished"
    return StoreError(
        value=path,
        rule=f"The file of the database has {happened} while Dari ran.",
        remedy="Put it back and start Dari again; or stop Dari and run `dari restore FILE`.",
    )
