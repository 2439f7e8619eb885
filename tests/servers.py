"""Servers for tests and benchmarks: PostgreSQL from Debian’s binaries, and our own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
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


@contextmanager
def serving(home: Path, log: Path) -> Iterator[str]:
    """Run `dari serve` as people do, with two workers, until Ctrl+C; give its address.

    Args:
        home: where its database is.
        log: the file that gets what it prints.

    Raises:
        TimeoutError: if it does not answer within a minute.
    """
    port = free_port()
    command = [sys.executable, "-m", "service", "serve", "--port", str(port), "--workers", "2"]
    environment = {**os.environ, "DARI_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    with log.open("w") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=20)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("the server did not come up")
