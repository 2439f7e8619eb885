"""Owns the tables of cohorts, their decisions, and reviews of these."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from profiles.tables.kinds import Id, Moment, Serial, metadata

reviews = Table(
    "reviews",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("profile", Id, nullable=False, index=True),
    Column("cohort", Serial),
    Column("kind", String(20), nullable=False),
    Column("words", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("asked_on", Date, nullable=False),
    Column("due", Date, nullable=False),
    Column("state", String(10), nullable=False),
    Column("extensions", Text, nullable=False),
    Column("answered_at", Moment),
    Column("answered_by", String(200)),
    Column("outcome", String(20)),
    Column("answer", Text, nullable=False),
    Column("entered_by", String(200)),
    CheckConstraint("kind IN ('explanation', 'review', 'refusal')", name="kind"),
    CheckConstraint("state IN ('asked', 'extended', 'answered')", name="state"),
    Index("ix_reviews_state_due", "state", "due"),
    sqlite_autoincrement=True,
)

cohorts = Table(
    "cohorts",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("programme", Id, nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("opens", Date),
    Column("closes", Date),
    Column("as_of", Date, nullable=False),
    Column("state", String(10), nullable=False),
    Column("rules", Text, nullable=False),
    Column("hosts", Text, nullable=False),
    Column("criteria", Text, nullable=False),
    Column("screenings", Integer, nullable=False),
    Column("seed", BigInteger),
    Column("revision", Integer, nullable=False),
    Column("by", String(200), nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint("state IN ('intake', 'screening', 'decided', 'dropped')", name="state"),
    CheckConstraint("screenings BETWEEN 0 AND 2", name="screenings"),
    sqlite_autoincrement=True,
)

cohort_entries = Table(
    "cohort_entries",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("cohort", Serial, nullable=False, index=True),
    Column("profile", Id, nullable=False, index=True),
    Column("stage", String(10), nullable=False),
    Column("wishes", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("refusals", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("host", Id),
    Column("reserve", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("aside", Serial),
    Column("applied_at", Moment, nullable=False),
    Column("by", String(200), nullable=False),
    Column("moved_at", Moment, nullable=False),
    Index(
        "uq_cohort_entries_one",
        "cohort",
        "profile",
        unique=True,
        sqlite_where=text("aside IS NULL"),
        postgresql_where=text("aside IS NULL"),
    ),
    sqlite_autoincrement=True,
)

cohort_scores = Table(
    "cohort_scores",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("entry", Serial, nullable=False, index=True),
    Column("screening", String(5), nullable=False),
    Column("assessor", String(200), nullable=False),
    Column("criterion", String(100), nullable=False),
    Column("points", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("entry", "screening", "assessor", "criterion"),
    CheckConstraint("screening IN ('first', 'final')", name="screening"),
    CheckConstraint("points BETWEEN 0 AND 100", name="points"),
    sqlite_autoincrement=True,
)

cohort_recusals = Table(
    "cohort_recusals",
    metadata,
    Column("entry", Serial, primary_key=True, autoincrement=False),
    Column("assessor", String(200), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("by", String(200), nullable=False),
    Column("at", Moment, nullable=False),
)

cohort_decisions = Table(
    "cohort_decisions",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("cohort", Serial, nullable=False, index=True),
    Column("record", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("state", String(10), nullable=False),
    Column("why", Text, nullable=False),
    Column("by", String(200), nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint("state IN ('draft', 'final', 'replaced')", name="state"),
    sqlite_autoincrement=True,
)

cohort_events = Table(
    "cohort_events",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("cohort", Serial, nullable=False, index=True),
    Column("entry", Serial, index=True),
    Column("kind", String(12), nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(200), nullable=False),
    Column("data", Text, nullable=False),
    sqlite_autoincrement=True,
)
