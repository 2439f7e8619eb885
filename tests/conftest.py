"""Fixtures that several floors share; what a machine lacks is named, and fails under CI=true."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from index import Encoder, load_encoder
from profiles import Store
from tests.servers import POSTGRES, new_database
from tests.servers import postgresql as server

_CHROMIUM = shutil.which("chromium")
_NEEDED = {
    "browser": (_CHROMIUM, "chromium (Debian: apt-get install chromium)"),
    "postgresql": (POSTGRES, "a PostgreSQL server (Debian: apt-get install postgresql)"),
}


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of all later collections of garbage.

    Only what a test makes is looked through from here on: hundreds of thousands of objects fewer.
    """
    gc.collect()
    gc.freeze()


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
def postgresql() -> Iterator[str]:
    """A PostgreSQL server of our own on a loopback port: the URL of its maintenance database."""
    with server("-c fsync=off") as url:
        yield url


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of SQLite with all tables, to be copied: a migration takes as long as many tests."""
    path = tmp_path_factory.mktemp("migrated") / "dari.sqlite3"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_database(postgresql: str) -> str:
    """The name of a database of PostgreSQL with all tables, to be copied."""
    url = new_database(postgresql)
    _migrate(url)
    return url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database, once of each kind: empty, but for who asks for a store as well."""
    ask, tables = request.getfixturevalue, "store" in request.fixturenames
    if request.param == "postgresql":
        return new_database(ask("postgresql"), ask("migrated_database") if tables else None)
    path = tmp_path / "dari.sqlite3"
    if tables:
        shutil.copy(ask("migrated_file"), path)
    return f"sqlite:///{path}"


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A migrated, empty store, once on each kind of database."""
    opened = Store.open(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(migrated_file: Path, tmp_path: Path) -> Iterator[Store]:
    """A migrated, empty store on SQLite."""
    path = tmp_path / "dari.sqlite3"
    if not path.exists():
        shutil.copy(migrated_file, path)
    opened = Store.open(f"sqlite:///{path}")
    yield opened
    opened.close()


def _migrate(url: str) -> None:
    """Make all tables in an empty database."""
    made = Store.open(url)
    made.migrate()
    made.close()


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The encoder that ships with Dari."""
    return load_encoder(None)
