"""Owns the tables of judging."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from profiles.tables.kinds import Id, Moment, Serial, metadata

judging_rounds = Table(
    "judging_rounds",
    metadata,
    Column("name", Id, primary_key=True),
    Column("instructions", Text, nullable=False),
    Column("judges", Integer, nullable=False),
    Column("depth", Integer, nullable=False),
    Column("systems", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("opened_by", String(200), nullable=False),
    Column("closed_at", Moment),
    Column("closed_by", String(200)),
    CheckConstraint("judges BETWEEN 1 AND 3", name="judges"),
)

pooled_pairs = Table(
    "pooled_pairs",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("round", Id, nullable=False),
    Column("startup", Id, nullable=False, index=True),
    Column("partner", Id, nullable=False, index=True),
    Column("systems", Text, nullable=False),
    UniqueConstraint("round", "startup", "partner"),
    sqlite_autoincrement=True,
)

judgements = Table(
    "judgements",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("pair", Serial, nullable=False, index=True),
    Column("judge", String(200), nullable=False, index=True),
    Column("role", String(10), nullable=False),
    Column("grade", Integer),
    Column("note", Text, nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint("role IN ('judge', 'final')", name="role"),
    CheckConstraint("grade BETWEEN 0 AND 3", name="grade"),
    sqlite_autoincrement=True,
)
