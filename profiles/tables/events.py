"""Owns the tables of events."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from profiles.tables.kinds import Id, Moment, Serial, metadata

events = Table(
    "events",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("programme", Id, index=True),
    Column("payload", Text, nullable=False),
    Column("starts", Date, nullable=False, index=True),
    Column("state", String(10), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("off_at", Moment),
    CheckConstraint("state IN ('proposed', 'confirmed', 'cancelled')", name="state"),
    sqlite_autoincrement=True,
)

event_people = Table(
    "event_people",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("event", Serial, nullable=False, index=True),
    Column("side", String(1), nullable=False),
    Column("profile", Id, index=True),
    Column("organisation", String(200), nullable=False),
    Column("called", String(100), nullable=False),
    Column("consent_at", Moment),
    Column("zone", String(60)),
    Column("online", Boolean, nullable=False),
    Column("least", Integer, nullable=False),
    Column("most", Integer),
    Column("away", Text, nullable=False),
    Column("wishes", Text, nullable=False),
    Column("link", Integer, nullable=False),
    CheckConstraint("side IN ('a', 'b')", name="side"),
    sqlite_autoincrement=True,
)

event_meetings = Table(
    "event_meetings",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("event", Serial, nullable=False, index=True),
    Column("a", Serial, nullable=False, index=True),
    Column("b", Serial, nullable=False, index=True),
    Column("slot", String(16), nullable=False),
    Column("room", String(80), nullable=False),
    Column("state", String(10), nullable=False),
    Column("uid", String(100), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("changed_at", Moment, nullable=False),
    UniqueConstraint("event", "a", "b"),
    CheckConstraint("state IN ('planned', 'held', 'cancelled')", name="state"),
    sqlite_autoincrement=True,
)

event_schedules = Table(
    "event_schedules",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("event", Serial, nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(200), nullable=False),
    Column("record", Text, nullable=False),
    UniqueConstraint("event", "number"),
    sqlite_autoincrement=True,
)
