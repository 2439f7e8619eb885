"""Servers for tests and benchmarks: PostgreSQL from Debian's binaries, and our pages."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

POSTGRES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
"""The folder of the binaries; None where there are none."""


@contextmanager
def postgresql(*options: str) -> Iterator[str]:
    """Start a server on a loopback port; give the URL of its maintenance database."""
    assert POSTGRES is not None
    data = Path(tempfile.mkdtemp(prefix="dari-pg-", dir="/tmp"))
    if os.getuid() == 0:
        shutil.chown(data, "postgres")
    port = free_port()
    told = " ".join((f"-p {port} -k {data} -c listen_addresses=127.0.0.1", *options))
    control = [POSTGRES / "pg_ctl", "-D", data / "db", "-w"]
    made = ["-U", "dari", "-A", "trust", "-E", "UTF8"]
    try:
        _as_postgres([POSTGRES / "initdb", "-D", data / "db", *made])
        _as_postgres([*control, "-o", told, "-l", data / "log", "start"])
        try:
            yield f"postgresql+psycopg://dari@127.0.0.1:{port}/postgres"
        finally:
            _as_postgres([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(data)


def new_database(url: str, template: str | None = None) -> str:
    """Make a database beside the maintenance database at `url`, empty or a copy; give its URL."""
    import psycopg

    name = f"dari_{time.time_ns()}"
    copied = f" TEMPLATE {template}" if template else ""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}{copied}")
    return url.replace("/postgres", f"/{name}")


def free_port() -> int:
    """Find a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_postgres(command: list[str | Path]) -> None:
    """Run a command as an ordinary user: a PostgreSQL server refuses to run as root."""
    words = [str(word) for word in command]
    if os.getuid() == 0:
        pwd.getpwnam("postgres")
        words = ["runuser", "-u", "postgres", "--", *words]
    done = subprocess.run(words, capture_output=True, text=True, cwd="/tmp", check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)}:\n{done.stdout}\n{done.stderr}")


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application by threads of this process; give its address."""
    running = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()
