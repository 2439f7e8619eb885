"""Databases for the full forms of these tests, which run without pytest."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.servers import POSTGRES, new_database, postgresql


@contextmanager
def databases(url: str | None) -> Iterator[dict[str, str]]:
    """Give the URL of an empty database by name: the one given, or one of each kind."""
    with ExitStack() as stack:
        if url is not None:
            yield {"given": url}
            return
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dari-crash-")))
        made = {"sqlite": f"sqlite:///{folder / 'dari.sqlite3'}"}
        if POSTGRES is not None:
            made["postgresql"] = new_database(stack.enter_context(postgresql()))
        yield made
