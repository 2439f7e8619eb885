"""Owns the tables of who may come in, and of what they have begun and saved."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Integer,
    String,
    Table,
    Text,
)

from profiles.tables.kinds import Id, Moment, Serial, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("roles", String(100), nullable=False),
    Column("profile", Id, index=True),
    Column("password", String(300)),
    Column("uniquifier", String(64), nullable=False, unique=True),
    Column("subject", String(600), unique=True),
    Column("created_at", Moment, nullable=False),
    Column("confirmed_at", Moment),
    Column("disabled_at", Moment),
    Column("totp", Text),
    Column("totp_counter", BigInteger),
    Column("recovery", Text, nullable=False),
    Column("version", Integer, nullable=False),
    sqlite_autoincrement=True,
)

account_events = Table(
    "account_events",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("account", Serial, index=True),
    Column("kind", String(12), nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("by", Serial),
    Column("data", Text, nullable=False),
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("account", Serial, nullable=False, index=True),
    Column("handle", String(64), nullable=False, unique=True),
    Column("uniquifier", String(64), nullable=False),
    Column("device", String(40), nullable=False),
    Column("since", Moment, nullable=False, index=True),
    Column("seen", Moment, nullable=False),
    sqlite_autoincrement=True,
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("payload", Text, nullable=False),
    Column("email", String(400), index=True),
    Column("startup", Id, index=True),
    Column("base", Integer),
    Column("made_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)

links = Table(
    "links",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("of", Id, nullable=False, index=True),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("used_at", Moment),
    CheckConstraint("kind IN ('draft', 'startup')", name="kind"),
)

saved_views = Table(
    "saved_views",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("side", String(10), nullable=False),
    Column("name", String(200), nullable=False),
    Column("asked", Text, nullable=False),
    Column("owner", String(200), nullable=False, index=True),
    Column("shared", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint("side IN ('startup', 'partner')", name="side"),
    sqlite_autoincrement=True,
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("prefix", String(20), primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("name", String(100), nullable=False),
    Column("scopes", String(200), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", String(200), nullable=False),
    Column("expires_at", Moment),
    Column("last_used", Moment),
    Column("revoked_at", Moment),
    Column("revoked_by", String(200)),
)

replays = Table(
    "replays",
    metadata,
    Column("caller", String(100), primary_key=True),
    Column("route", String(64), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("begun_at", Moment, nullable=False, index=True),
    Column("status", Integer),
    Column("headers", Text),
    Column("body", Text),
)
