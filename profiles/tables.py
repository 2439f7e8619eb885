"""Owns the tables of the database."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect

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

Id = String(200).with_variant(String(200, collation="C"), "postgresql")
"""An id, compared by its code points on every database."""


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, aware when it is read; SQLite itself forgets the time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment in UTC; one without a time zone is an error of the caller."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment in UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


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
    Column("id", _Serial, primary_key=True, autoincrement=True),
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
    Column("seq", _Serial, primary_key=True, autoincrement=True),
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
    Column("number", _Serial, primary_key=True, autoincrement=True),
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
    Column("id", _Serial, primary_key=True, autoincrement=True),
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
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("pair", _Serial, nullable=False, index=True),
    Column("judge", String(200), nullable=False, index=True),
    Column("role", String(10), nullable=False),
    Column("grade", Integer),
    Column("note", Text, nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint("role IN ('judge', 'final')", name="role"),
    CheckConstraint("grade BETWEEN 0 AND 3", name="grade"),
    sqlite_autoincrement=True,
)

saved_views = Table(
    "saved_views",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
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

cases = Table(
    "cases",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("startup", Id, nullable=False, index=True),
    Column("partner", Id, nullable=False, index=True),
    Column("stage", String(12), nullable=False),
    Column("path", String(100), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("owner", String(200)),
    Column("due", Date),
    Column("programme", Id),
    Column("asked", String(10), nullable=False),
    Column("shown_rank", Integer),
    Column("model_version", String(200), nullable=False),
    Column("reasons", Text, nullable=False),
    Column("released_at", Moment),
    Column("startup_answer", String(10), nullable=False),
    Column("partner_answer", String(10), nullable=False),
    Column("startup_link", Integer, nullable=False),
    Column("partner_link", Integer, nullable=False),
    Column("outcome", String(20)),
    Column("declined_reason", String(20)),
    Column("declined_words", Text, nullable=False),
    Column("aside", _Serial),
    Column("opened_at", Moment, nullable=False),
    Column("opened_by", String(200), nullable=False),
    Column("moved_at", Moment, nullable=False),
    Column("closed_at", Moment),
    CheckConstraint("asked IN ('startup', 'partner')", name="asked"),
    Index("ix_cases_stage_moved_at_id", "stage", "moved_at", "id"),
    Index(
        "uq_cases_open_pair",
        "startup",
        "partner",
        unique=True,
        sqlite_where=text("closed_at IS NULL AND aside IS NULL"),
        postgresql_where=text("closed_at IS NULL AND aside IS NULL"),
    ),
    sqlite_autoincrement=True,
)

case_events = Table(
    "case_events",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("case", _Serial, nullable=False, index=True),
    Column("kind", String(12), nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(200), nullable=False),
    Column("data", Text, nullable=False),
    sqlite_autoincrement=True,
)

case_meetings = Table(
    "case_meetings",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("case", _Serial, nullable=False, index=True),
    Column("uid", String(100), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("starts", String(16), nullable=False),
    Column("zone", String(60), nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("place", Text, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("cancelled_at", Moment),
    sqlite_autoincrement=True,
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
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
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("account", _Serial, index=True),
    Column("kind", String(12), nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("by", _Serial),
    Column("data", Text, nullable=False),
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("account", _Serial, nullable=False, index=True),
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
jobs = Table(
    "jobs",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("kind", String(20), nullable=False),
    Column("arguments", Text, nullable=False),
    Column("by", String(200), nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("asked_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("beat_at", Moment),
    Column("ended_at", Moment),
    Column("worker", String(200)),
    Column("attempts", Integer, nullable=False),
    Column("what", Text, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("cancelled_by", String(200)),
    Column("outcome", Text, nullable=False),
    Column("error", Text, nullable=False),
    CheckConstraint(
        "kind IN ('evaluate', 'train', 'gate', 'convert', 'check', 'run', 'assign', 'schedule')",
        name="kind",
    ),
    CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"),
    sqlite_autoincrement=True,
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("profile", Id, nullable=False, index=True),
    Column("cohort", _Serial),
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
    CheckConstraint("kind IN ('explanation', 'review', 'refusal')", name="kind"),
    CheckConstraint("state IN ('asked', 'extended', 'answered')", name="state"),
    Index("ix_reviews_state_due", "state", "due"),
    sqlite_autoincrement=True,
)

cohorts = Table(
    "cohorts",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
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
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("cohort", _Serial, nullable=False, index=True),
    Column("profile", Id, nullable=False, index=True),
    Column("stage", String(10), nullable=False),
    Column("wishes", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("refusals", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("host", Id),
    Column("reserve", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("aside", _Serial),
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
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("entry", _Serial, nullable=False, index=True),
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
    Column("entry", _Serial, primary_key=True, autoincrement=False),
    Column("assessor", String(200), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("by", String(200), nullable=False),
    Column("at", Moment, nullable=False),
)

cohort_decisions = Table(
    "cohort_decisions",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("cohort", _Serial, nullable=False, index=True),
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
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("cohort", _Serial, nullable=False, index=True),
    Column("entry", _Serial, index=True),
    Column("kind", String(12), nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(200), nullable=False),
    Column("data", Text, nullable=False),
    sqlite_autoincrement=True,
)

events = Table(
    "events",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("programme", Id, index=True),
    Column("payload", Text, nullable=False),
    Column("starts", Date, nullable=False, index=True),
    Column("state", String(10), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("made_by", String(200), nullable=False),
    CheckConstraint("state IN ('proposed', 'confirmed', 'cancelled')", name="state"),
    sqlite_autoincrement=True,
)

event_people = Table(
    "event_people",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("event", _Serial, nullable=False, index=True),
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
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("event", _Serial, nullable=False, index=True),
    Column("a", _Serial, nullable=False, index=True),
    Column("b", _Serial, nullable=False, index=True),
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
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("event", _Serial, nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(200), nullable=False),
    Column("record", Text, nullable=False),
    UniqueConstraint("event", "number"),
    sqlite_autoincrement=True,
)
