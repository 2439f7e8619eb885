"""Owns the connection to the database: engines, transactions and migrations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from select import POLLIN, poll
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeGuard

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidatePoolError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from profiles.discretion import hide_values
from profiles.errors import StoreError
from profiles.presence import watch_file

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

_WRITE_LOCK = 0x64617269
BUSY_TIMEOUT_MS = 30_000
_TRIED_AFTER_S = 1.0
_MAPPED = 1 << 30
"""How many bytes of a SQLite file are read in place, without a copy of each page."""


def open_engine(url: str) -> Engine:
    """Make an engine for SQLite (WAL, foreign keys, synchronous=FULL) or PostgreSQL.

    Raises:
        StoreError: if the URL is none that Dari can use, or the folder cannot be made.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise ArgumentError("unsupported database")
        if parsed.get_backend_name() == "sqlite" and _is_path(parsed.database):
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            Path(parsed.database).touch(mode=0o600)
        # An error that is logged must not carry a profile's text.
        engine = create_engine(parsed, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError(
            value=re.sub(r"(//[^:/@]*):[^@]*@", r"\1:***@", url),
            rule="The database URL is none that Dari can use.",
            remedy="Give sqlite:////absolute/path.sqlite3 or postgresql://user@host/name.",
        ) from error
    except OSError as error:
        raise StoreError(
            value=url,
            rule=f"The folder of the database, or its file, cannot be written: {error.strerror}.",
            remedy="Choose a folder that can be written (DARI_HOME).",
        ) from error
    hide_values(engine)
    if engine.dialect.name == "postgresql":
        _try_rested(engine)
    if engine.dialect.name == "sqlite":
        _configure_sqlite(engine)
        if _is_path(engine.url.database):
            watch_file(engine, Path(engine.url.database).resolve())
    return engine


def _try_rested(engine: Engine) -> None:
    """Try a connection before it is used again, where it has rested or the server said something.

    A server that was started again has closed those it had: that lies ready to be read. The way
    of SQLAlchemy itself would ask the server each time, and a page reads some ten times.
    """

    @event.listens_for(engine, "checkin")
    def _rest(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = monotonic()

    @event.listens_for(engine, "checkout")
    def _try(connection: Any, record: Any, _proxy: Any) -> None:
        rested = monotonic() - record.info.get("rests_since", monotonic())
        try:
            if rested >= _TRIED_AFTER_S or _is_told(connection.fileno()):
                engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error


def _is_told(file: int) -> bool:
    """Tell whether something lies ready to be read from a socket."""
    waiting = poll()
    waiting.register(file, POLLIN)
    return bool(waiting.poll(0))


def _is_path(database: str | None) -> TypeGuard[str]:
    return bool(database) and not str(database).startswith(("file:", ":memory:"))


def _configure_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            "foreign_keys=ON",
            "synchronous=FULL",
            "secure_delete=ON",
            f"mmap_size={_MAPPED}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("dari_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that writes; writers take turns, so `changes.seq` grows in commit order.

    Raises:
        StoreError: if the database cannot be reached or written.
    """
    with _named_errors(engine), engine.connect() as opened:
        connection = opened.execution_options(dari_writes=True)
        with connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:k)"), {"k": _WRITE_LOCK})
            yield connection


@contextmanager
def reading(engine: Engine, *, repeatable: bool = False) -> Iterator[Connection]:
    """Let somebody read; if `repeatable`, all that is read is of one and the same moment.

    On PostgreSQL each statement sees its own moment, and runs without a transaction: whoever needs
    several of them to agree, or streams rows (`yield_per`), asks for a repeatable reading. Those
    of SQLite always are.

    Raises:
        StoreError: if the database cannot be reached or read.
    """
    with _named_errors(engine), engine.connect() as opened:
        connection = opened
        if engine.dialect.name == "postgresql":
            level = "REPEATABLE READ" if repeatable else "AUTOCOMMIT"
            connection = opened.execution_options(isolation_level=level)
        with connection.begin():
            yield connection


@contextmanager
def _named_errors(engine: Engine) -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        raise StoreError(
            value=engine.url.render_as_string(hide_password=True),
            rule=f"The database does not answer as it should: {getattr(error, 'orig', error)}.",
            remedy=(
                "Check that it is there, that it and its folder (DARI_HOME) can be written, "
                "and that the disk has room."
            ),
        ) from error


def forget(engine: Engine) -> None:
    """Empty SQLite's write-ahead log, so that what was deleted is on disk no more.

    Raises:
        StoreError: if a reader still holds the log after half a minute.
    """
    if engine.dialect.name != "sqlite":
        return
    with _named_errors(engine), engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        raise StoreError(
            value=engine.url.render_as_string(hide_password=True),
            rule="It is erased, but a reader still holds the write-ahead log with its old pages.",
            remedy="Stop what reads for long; the log is emptied at the next erasure or restart.",
        )


def migrate(engine: Engine) -> None:
    """Bring the schema up to the newest revision.

    Raises:
        StoreError: if the database cannot be reached or written, or a newer Dari has made it.
    """
    with writing(engine) as connection:
        upgrade(connection)


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the schema up to a revision, in the transaction of the connection.

    Raises:
        StoreError: if a newer Dari has made it.
    """
    from alembic import command
    from alembic.util import CommandError

    config = alembic_config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise StoreError(
            value=connection.engine.url.render_as_string(hide_password=True),
            rule=f"The database has a schema that this Dari does not know: {error}.",
            remedy="Use the version of Dari that made it, or another database.",
        ) from error


def is_migrated(engine: Engine) -> bool:
    """Tell whether the schema stands at the newest revision."""
    with reading(engine) as connection:
        return schema_revision(connection) == newest_revision()


def schema_revision(connection: Connection) -> str | None:
    """Give the revision that the schema stands at, None before the first."""
    # Asked at every start, so without Alembic, whose import takes longer than the answer.
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def newest_revision() -> str | None:
    """Give the newest revision of the schema that this Dari knows."""
    scripts = files("profiles").joinpath("migrations", "versions").iterdir()
    numbers = [one.name.partition("_")[0] for one in scripts if one.name.endswith(".py")]
    return max((number for number in numbers if number.isdigit()), default=None)


def known_revisions() -> list[str]:
    """Give the revisions of the schema that this Dari knows, the newest first."""
    return [script.revision for script in _scripts().walk_revisions()]


def _scripts() -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(alembic_config())


def alembic_config() -> Any:
    """Make Alembic's configuration for the migrations that ship with the project."""
    from alembic.config import Config

    config = Config()
    location = str(Path(__file__).parent / "migrations").replace("%", "%%")
    config.set_main_option("script_location", location)
    return config
