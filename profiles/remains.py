"""Owns what deleted data leaves behind in a database: its removal from disk, and the search."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy.exc import DBAPIError

from profiles import tables as t
from profiles.database import reading
from profiles.store import Store

Tell = Callable[[str], None]
"""Told, one sentence at a time, what is being waited for."""

PATIENCE_S = 60.0
_TOUCHED = (
    t.profiles,
    t.programmes,
    t.ties,
    t.vectors,
    t.verdicts,
    t.revisions,
    t.merges,
    t.kept_apart,
    t.proposals,
    t.judging_rounds,
    t.pooled_pairs,
    t.judgements,
    t.drafts,
    t.links,
    t.saved_views,
    t.cases,
    t.case_events,
    t.case_meetings,
    t.reviews,
    t.events,
    t.event_people,
    t.event_meetings,
    t.event_schedules,
    t.accounts,
    t.account_events,
    t.sessions,
    t.jobs,
    t.api_keys,
    t.replays,
    t.cohorts,
    t.cohort_entries,
    t.cohort_scores,
    t.cohort_recusals,
    t.cohort_decisions,
    t.cohort_events,
)
"""The tables that hold content: all but the change log, which is of ids and moments alone."""


def owners(store: Store, said: str) -> set[str]:
    """Give the ids of the records whose content, now or formerly, holds a text, in any case."""
    quoted = json.dumps(said, ensure_ascii=False)[1:-1]
    judged = t.pooled_pairs.c.id == t.judgements.c.pair
    pair = (t.cases.c.startup, t.cases.c.partner)
    happened, met = t.cases.c.id == t.case_events.c.case, t.cases.c.id == t.case_meetings.c.case
    entry, entrant = t.cohort_entries.c.id, (t.cohort_entries.c.profile,)
    places: tuple[tuple[Any, ...], ...] = (
        (t.profiles.c.payload, quoted, (t.profiles.c.id,)),
        (t.programmes.c.payload, quoted, (t.programmes.c.id,)),
        (t.ties.c.payload, quoted, (t.ties.c.a, t.ties.c.b)),
        (t.revisions.c.payload, quoted, (t.revisions.c.id,)),
        (t.verdicts.c.note, said, (t.verdicts.c.query, t.verdicts.c.candidate)),
        (t.kept_apart.c.note, said, (t.kept_apart.c.a, t.kept_apart.c.b)),
        (t.proposals.c.reasons, quoted, (t.proposals.c.a, t.proposals.c.b)),
        (t.drafts.c.payload, quoted, (t.drafts.c.id,)),
        (t.judgements.c.note, said, (t.pooled_pairs.c.startup, t.pooled_pairs.c.partner), judged),
        (t.cases.c.reasons, quoted, pair),
        (t.cases.c.declined_words, said, pair),
        (t.case_events.c.data, quoted, pair, happened),
        (t.case_meetings.c.place, said, pair, met),
        (t.reviews.c.words, said, (t.reviews.c.profile,)),
        (t.reviews.c.answer, said, (t.reviews.c.profile,)),
        (t.reviews.c.extensions, quoted, (t.reviews.c.profile,)),
        (t.accounts.c.email, said, (t.accounts.c.email,)),
        (t.cohort_entries.c.note, said, entrant),
        (t.cohort_entries.c.reason, said, entrant),
        (t.cohort_scores.c.reason, said, entrant, t.cohort_scores.c.entry == entry),
        (t.cohort_recusals.c.reason, said, entrant, t.cohort_recusals.c.entry == entry),
        (t.cohort_events.c.data, quoted, entrant, t.cohort_events.c.entry == entry),
        (t.event_people.c.organisation, said, (t.event_people.c.profile,)),
        (t.event_people.c.called, said, (t.event_people.c.profile,)),
    )
    found: set[str] = set()
    with reading(store._engine) as connection:
        for column, wanted, ids, *where in places:
            query = select(column, *ids).where(column.icontains(wanted, autoescape=True), *where)
            for content, *named in connection.execute(query):
                found.update(named if wanted.casefold() in content.casefold() else ())
    return found


def vector_owners(store: Store, data: bytes) -> set[str]:
    """Give the ids of the records that have a vector of the same bytes."""
    with reading(store._engine) as connection:
        query = select(t.vectors.c.owner_id).where(t.vectors.c.data == data)
        return {row.owner_id for row in connection.execute(query)}


def settle(
    store: Store, *, tell: Tell = lambda _: None, patience_s: float = PATIENCE_S
) -> list[str]:
    """Take what was deleted off the disk; give what could not be done, a sentence each.

    SQLite empties its write-ahead log; PostgreSQL rewrites the tables without their dead rows.
    Both must wait for those who still read what was deleted: up to `patience_s` seconds.
    """
    if store._engine.dialect.name == "sqlite":
        return _empty_log(store._engine, tell, patience_s)
    return _vacuum(store._engine, tell, patience_s)


def rebuild(store: Store) -> list[str]:
    """Write an SQLite file anew, without free pages; give what could not be done."""
    engine = store._engine
    if engine.dialect.name != "sqlite":
        return []
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        try:
            driver.execute("VACUUM")
        except sqlite3.OperationalError as error:
            return [f"The database file could not be written anew: {error}."]
    return _empty_log(engine, lambda _: None, PATIENCE_S)


def database_files(store: Store) -> list[str]:
    """Give the paths of an SQLite database with its side files; none for PostgreSQL."""
    url = store._engine.url
    if store._engine.dialect.name != "sqlite" or not url.database:
        return []
    return [f"{url.database}{suffix}" for suffix in ("", "-wal", "-shm", "-journal")]


def server_tables(store: Store) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Read PostgreSQL's tables, and what its statistics keep of them, as (name, blocks of bytes).

    Nothing comes of SQLite, whose file can be read itself. Texts are in UTF-8, binary columns
    as they are stored.
    """
    if store._engine.dialect.name != "postgresql":
        return
    with reading(store._engine) as connection:
        found = inspect(connection)
        quote = store._engine.dialect.identifier_preparer.quote
        names = [
            (schema, table)
            for schema in found.get_schema_names()
            if schema != "information_schema"
            for table in found.get_table_names(schema)
        ]
        driver: Any = connection.connection.driver_connection
        for schema, table in names:
            yield f"{schema}.{table}", _copied(driver, f"{quote(schema)}.{quote(table)}", "true")
        yield (
            "pg_catalog.pg_stats",
            _copied(driver, "pg_catalog.pg_stats", "schemaname <> 'pg_catalog'"),
        )


def _copied(driver: Any, table: str, where: str) -> Iterator[bytes]:
    rows = f"SELECT * FROM {table} WHERE {where}"  # noqa: S608 the names are quoted
    query = f"COPY ({rows}) TO STDOUT (FORMAT binary)"
    with driver.cursor() as cursor, cursor.copy(query) as copy:
        for block in copy:
            yield bytes(block)


def _empty_log(engine: Engine, tell: Tell, patience_s: float) -> list[str]:
    until = time.monotonic() + patience_s
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        waited = driver.execute("PRAGMA busy_timeout").fetchone()[0]
        driver.execute("PRAGMA busy_timeout=500")
        try:
            while driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                tell("Other processes read the write-ahead log; trying again ...")
                if time.monotonic() >= until:
                    return [
                        "Other processes still read the write-ahead log, which holds what was "
                        "deleted: it is emptied when the last of them has closed the database."
                    ]
                time.sleep(0.5)
        finally:
            driver.execute(f"PRAGMA busy_timeout={waited}")
    return []


def _vacuum(engine: Engine, tell: Tell, patience_s: float) -> list[str]:
    left = _await_readers(engine, tell, patience_s)
    told: list[str] = []
    with engine.connect() as opened:
        connection = opened.execution_options(isolation_level="AUTOCOMMIT")
        driver: Any = connection.connection.driver_connection

        def keep(notice: Any) -> None:
            told.append(str(notice.message_primary))

        driver.add_notice_handler(keep)
        try:
            connection.exec_driver_sql(f"SET lock_timeout = {int(1_000 * patience_s) + 1}")
            for table in _TOUCHED:
                left += _vacuum_one(connection, table.name)
            connection.exec_driver_sql("RESET lock_timeout")
        finally:
            driver.remove_notice_handler(keep)
    return [*left, *(f"PostgreSQL says: {notice}." for notice in told)]


def _vacuum_one(connection: Connection, table: str) -> list[str]:
    try:
        connection.exec_driver_sql(f"VACUUM (FULL, ANALYZE) {table}")
    except DBAPIError as error:
        connection.exec_driver_sql(f"VACUUM (ANALYZE) {table}")
        why = re.sub(r"\s+", " ", str(error.orig)).strip()
        return [f"Table {table} was cleaned, but not written anew: {why}."]
    return []


def _await_readers(engine: Engine, tell: Tell, patience_s: float) -> list[str]:
    """Wait until nobody reads a state of the PostgreSQL database from before now."""
    older = text(
        "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND datname = current_database() AND age(backend_xmin) >= age(CAST(:x AS xid))"
    )
    until = time.monotonic() + patience_s
    with engine.connect() as opened:
        connection = opened.execution_options(isolation_level="AUTOCOMMIT")
        mine = text("SELECT CAST(CAST(pg_current_xact_id() AS xid) AS text)")
        now = connection.execute(mine).scalar_one()
        while connection.execute(older, {"x": now}).scalar_one():
            tell("Other transactions read an older state of the database; trying again ...")
            if time.monotonic() >= until:
                return [
                    "Other transactions still read an older state of the database: dead rows that "
                    "they see stay on the server's disk until the next VACUUM."
                ]
            time.sleep(0.5)
    return []
