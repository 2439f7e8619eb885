"""Databases for the full forms of these tests, which run without pytest."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.conftest import _POSTGRES, _as_postgres, _new_database, free_port


@contextmanager
def databases(url: str | None) -> Iterator[dict[str, str]]:
    """Give the URL of an empty database by name: the one given, or one of each kind."""
    with ExitStack() as stack:
        if url is not None:
            yield {"given": url}
            return
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dari-crash-")))
        made = {"sqlite": f"sqlite:///{folder / 'dari.sqlite3'}"}
        if _POSTGRES is not None:
            made["postgresql"] = stack.enter_context(_server())
        yield made


@contextmanager
def _server() -> Iterator[str]:
    assert _POSTGRES is not None
    data, port = Path(f"/tmp/dari-crash-pg-{os.getpid()}-{time.time_ns()}"), free_port()
    options = f"-p {port} -k /tmp -c listen_addresses=127.0.0.1"
    pg_ctl = [_POSTGRES / "pg_ctl", "-D", data, "-w"]
    _as_postgres([_POSTGRES / "initdb", "-D", data, "-U", "dari", "-A", "trust", "-E", "UTF8"])
    try:
        _as_postgres([*pg_ctl, "-o", options, "-l", f"{data}.log", "start"])
        yield _new_database(f"postgresql+psycopg://dari@127.0.0.1:{port}/postgres")
        _as_postgres([*pg_ctl, "-m", "fast", "stop"])
    finally:
        _as_postgres(["rm", "-rf", data, f"{data}.log"])
