"""Owns the tables of the records: profiles, programmes, ties, and what became of them."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from profiles.tables.kinds import Id, Moment, Serial, metadata

profiles = Table(
    "profiles",
    metadata,
    Column("id", Id, primary_key=True),
    Column("side", String(10), nullable=False),
    Column("names", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint("side IN ('startup', 'partner')", name="side"),
    Index("ix_profiles_side_id", "side", "id"),
    Index("ix_profiles_side_created_at", "side", "created_at"),
)

programmes = Table(
    "programmes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("payload", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

ties = Table(
    "ties",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("a", Id, nullable=False, index=True),
    Column("b", Id, nullable=False, index=True),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("payload", Text, nullable=False),
)

vectors = Table(
    "vectors",
    metadata,
    Column("owner_kind", String(10), primary_key=True),
    Column("owner_id", Id, primary_key=True),
    Column("facet", String(10), primary_key=True),
    Column("encoder_id", String(200), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("query", Id, nullable=False, index=True),
    Column("candidate", Id, nullable=False, index=True),
    Column("label", String(10), nullable=False),
    Column("note", Text, nullable=False),
    Column("shown_rank", Integer),
    Column("model_version", String(200), nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint("label IN ('good', 'poor')", name="label"),
)

changes = Table(
    "changes",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("kind", String(10), nullable=False),
    Column("id", Id, nullable=False),
    Column("at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

revisions = Table(
    "revisions",
    metadata,
    Column("kind", String(10), primary_key=True),
    Column("id", Id, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("by", String(200), nullable=False),
    Column("payload", Text),
)

merges = Table(
    "merges",
    metadata,
    Column("number", Serial, primary_key=True, autoincrement=True),
    Column("side", String(10), nullable=False),
    Column("kept", Id, nullable=False, index=True),
    Column("dropped", Id, nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("by", String(200), nullable=False),
    Column("kept_revision", Integer, nullable=False),
    Column("dropped_revision", Integer, nullable=False),
    Column("moved", Text, nullable=False),
    Column("undone_at", Moment),
    Column("undone_by", String(200)),
    Column("undone_revision", Integer),
    CheckConstraint("side IN ('startup', 'partner')", name="side"),
    sqlite_autoincrement=True,
)

kept_apart = Table(
    "kept_apart",
    metadata,
    Column("a", Id, primary_key=True),
    Column("b", Id, primary_key=True, index=True),
    Column("by", String(200), nullable=False),
    Column("at", Moment, nullable=False),
    Column("note", Text, nullable=False),
    CheckConstraint("a < b", name="order"),
)

proposals = Table(
    "proposals",
    metadata,
    Column("a", Id, primary_key=True),
    Column("b", Id, primary_key=True, index=True),
    Column("side", String(10), nullable=False),
    Column("score", Float, nullable=False, index=True),
    Column("reasons", Text, nullable=False),
    Column("found_at", Moment, nullable=False),
    CheckConstraint("a < b", name="order"),
    CheckConstraint("side IN ('startup', 'partner')", name="side"),
)
