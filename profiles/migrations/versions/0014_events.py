"""Makes the events at which startups and partners meet, and the job that schedules them.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ID = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_BEFORE = ("evaluate", "train", "gate", "convert", "assign")
_KINDS = (*_BEFORE, "schedule")


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("programme", _ID),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed', 'confirmed', 'cancelled')", name=op.f("ck_events_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_events_programme"), "events", ["programme"])
    op.create_index(op.f("ix_events_starts"), "events", ["starts"])
    op.create_table(
        "event_people",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("event", _SERIAL, nullable=False),
        sa.Column("side", sa.String(1), nullable=False),
        sa.Column("profile", _ID),
        sa.Column("organisation", sa.String(200), nullable=False),
        sa.Column("called", sa.String(100), nullable=False),
        sa.Column("consent_at", _MOMENT),
        sa.Column("zone", sa.String(60)),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer()),
        sa.Column("away", sa.Text(), nullable=False),
        sa.Column("wishes", sa.Text(), nullable=False),
        sa.Column("link", sa.Integer(), nullable=False),
        sa.CheckConstraint("side IN ('a', 'b')", name=op.f("ck_event_people_side")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_people")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_event_people_event"), "event_people", ["event"])
    op.create_index(op.f("ix_event_people_profile"), "event_people", ["profile"])
    op.create_table(
        "event_meetings",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("event", _SERIAL, nullable=False),
        sa.Column("a", _SERIAL, nullable=False),
        sa.Column("b", _SERIAL, nullable=False),
        sa.Column("slot", sa.String(16), nullable=False),
        sa.Column("room", sa.String(80), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("uid", sa.String(100), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.CheckConstraint(
            "state IN ('planned', 'held', 'cancelled')", name=op.f("ck_event_meetings_state")
        ),
        sa.UniqueConstraint("event", "a", "b", name=op.f("uq_event_meetings_event_a_b")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_meetings")),
        sqlite_autoincrement=True,
    )
    for column in ("event", "a", "b"):
        op.create_index(op.f(f"ix_event_meetings_{column}"), "event_meetings", [column])
    op.create_table(
        "event_schedules",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("event", _SERIAL, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.UniqueConstraint("event", "number", name=op.f("uq_event_schedules_event_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_schedules")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_event_schedules_event"), "event_schedules", ["event"])
    _allow(_KINDS)


def downgrade() -> None:
    held = op.get_bind().execute(sa.text("SELECT count(*) FROM events")).scalar_one()
    if held:
        raise RuntimeError(f"{held} events would be lost: export their schedules first")
    op.get_bind().execute(sa.text("DELETE FROM jobs WHERE kind = 'schedule'"))
    _allow(_BEFORE)
    for table in ("event_schedules", "event_meetings", "event_people", "events"):
        op.drop_table(table)


def _allow(kinds: tuple[str, ...]) -> None:
    """Let jobs be of these kinds."""
    told = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("jobs", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.drop_constraint(op.f("ck_jobs_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_jobs_kind"), f"kind IN ({told})")
