"""Fixtures that several floors share; what a machine lacks is named, and fails under CI=true."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from index import Encoder, load_encoder
from profiles import Store

_CHROMIUM = shutil.which("chromium")
_POSTGRES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
_NEEDED = {
    "browser": (_CHROMIUM, "chromium (Debian: apt-get install chromium)"),
    "postgresql": (_POSTGRES, "a PostgreSQL server (Debian: apt-get install postgresql)"),
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, (found, what) in _NEEDED.items():
        if item.get_closest_marker(marker) and found is None:
            missing = f"missing on this machine: {what}"
            if os.environ.get("CI") == "true":
                pytest.fail(missing, pytrace=False)
            pytest.skip(missing)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's chromium."""
    assert _CHROMIUM is not None
    return _CHROMIUM


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of our own on a loopback port: the URL of its maintenance database."""
    assert _POSTGRES is not None
    data = Path(f"/tmp/dari-pg-{os.getpid()}-{time.time_ns()}")
    port = free_port()
    options = f"-p {port} -k /tmp -c listen_addresses=127.0.0.1 -c fsync=off"
    _as_postgres([_POSTGRES / "initdb", "-D", data, "-U", "dari", "-A", "trust", "-E", "UTF8"])
    _as_postgres([
        _POSTGRES / "pg_ctl",
        "-D",
        data,
        "-w",
        "-o",
        options,
        "-l",
        f"{data}.log",
        "start",
    ])
    try:
        yield f"postgresql+psycopg://dari@127.0.0.1:{port}/postgres"
    finally:
        _as_postgres([_POSTGRES / "pg_ctl", "-D", data, "-m", "immediate", "stop"])
        _as_postgres(["rm", "-rf", data, f"{data}.log"])


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'dari.sqlite3'}"
    return _new_database(request.getfixturevalue("postgresql"))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A migrated, empty store, once on each kind of database."""
    opened = Store.open(database_url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """A migrated, empty store on SQLite."""
    opened = Store.open(f"sqlite:///{tmp_path / 'dari.sqlite3'}")
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The encoder that ships with Dari."""
    return load_encoder(None)


def free_port() -> int:
    """Find a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _new_database(url: str) -> str:
    import psycopg

    name = f"dari_{time.time_ns()}"
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return url.replace("/postgres", f"/{name}")


def _as_postgres(command: list[str | Path]) -> None:
    """Run a command as an ordinary user: a PostgreSQL server refuses to run as root."""
    words = [str(word) for word in command]
    if os.getuid() == 0:
        pwd.getpwnam("postgres")
        words = ["runuser", "-u", "postgres", "--", *words]
    done = subprocess.run(words, capture_output=True, text=True, cwd="/tmp", check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)}:\n{done.stdout}\n{done.stderr}")
