"""Owns the tables of the database."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Serial = BigInteger().with_variant(Integer, "sqlite")

profiles = Table(
    "profiles",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("side", String(10), nullable=False),
    Column("names", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("side IN ('startup', 'partner')", name="side"),
    Index("ix_profiles_side_id", "side", "id"),
)

programmes = Table(
    "programmes",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("payload", Text, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)

ties = Table(
    "ties",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("a", String(200), nullable=False, index=True),
    Column("b", String(200), nullable=False, index=True),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("payload", Text, nullable=False),
)

vectors = Table(
    "vectors",
    metadata,
    Column("owner_kind", String(10), primary_key=True),
    Column("owner_id", String(200), primary_key=True),
    Column("facet", String(10), primary_key=True),
    Column("encoder_id", String(200), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("query", String(200), nullable=False, index=True),
    Column("candidate", String(200), nullable=False, index=True),
    Column("label", String(10), nullable=False),
    Column("note", Text, nullable=False),
    Column("shown_rank", Integer),
    Column("model_version", String(200), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    CheckConstraint("label IN ('good', 'poor')", name="label"),
)

changes = Table(
    "changes",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("kind", String(10), nullable=False),
    Column("id", String(200), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    sqlite_autoincrement=True,
)
