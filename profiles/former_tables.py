"""Owns the tables as each revision of the schema has them, the older ones too."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Integer,
    MetaData,
    Table,
    create_engine,
    event,
    text,
)

from profiles import tables as t
from profiles.database import known_revisions, newest_revision, schema_revision, upgrade
from profiles.errors import StoreError

_VERSION = "alembic_version"


def held_tables(connection: Connection) -> tuple[str, Sequence[Table]]:
    """Give the revision that a database stands at, and its tables.

    Raises:
        StoreError: if it holds nothing of Dari, or a schema that this Dari does not know.
    """
    revision = schema_revision(connection)
    if revision is None or revision not in known_revisions():
        raise StoreError(
            value=connection.engine.url.render_as_string(hide_password=True),
            rule=f"The database has no schema that this Dari knows (it has {revision}).",
            remedy="Name the right one (DARI_HOME, DARI_DATABASE_URL), or update Dari.",
        )
    return revision, tables_at(revision)


@cache
def tables_at(revision: str) -> Sequence[Table]:
    """Give the tables of a revision, as the migrations up to it make them.

    Args:
        revision: one of `known_revisions`.
    """
    if revision == newest_revision():
        return t.metadata.sorted_tables
    then = MetaData()
    event.listen(then, "column_reflect", _generic)
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        upgrade(connection, revision)
        then.reflect(connection)
    engine.dispose()
    return [table for table in then.sorted_tables if table.name != _VERSION]


def make_tables(connection: Connection, revision: str) -> None:
    """Make the tables of a revision in place of today's, which are dropped with what they hold."""
    t.metadata.drop_all(connection)
    connection.execute(text(f"DROP TABLE {_VERSION}"))
    upgrade(connection, revision)


def _generic(_inspector: object, _table: object, column: Any) -> None:
    """Read a column of SQLite as one that every database has."""
    kind = column["type"].as_generic()
    if isinstance(kind, DateTime):
        kind = t.Moment()
    if isinstance(kind, Integer):
        kind = BigInteger()
    column["type"] = kind
