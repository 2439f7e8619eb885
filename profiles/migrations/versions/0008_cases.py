"""Makes the cases: pairs on their way, with their events and meetings.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("closed_at IS NULL AND aside IS NULL")


def upgrade() -> None:
    op.create_table(
        "cases",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("startup", _ID, nullable=False),
        sa.Column("partner", _ID, nullable=False),
        sa.Column("stage", sa.String(12), nullable=False),
        sa.Column("path", sa.String(100), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(200)),
        sa.Column("due", sa.Date()),
        sa.Column("programme", _ID),
        sa.Column("asked", sa.String(10), nullable=False),
        sa.Column("shown_rank", sa.Integer()),
        sa.Column("model_version", sa.String(200), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True)),
        sa.Column("startup_answer", sa.String(10), nullable=False),
        sa.Column("partner_answer", sa.String(10), nullable=False),
        sa.Column("startup_link", sa.Integer(), nullable=False),
        sa.Column("partner_link", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(20)),
        sa.Column("declined_reason", sa.String(20)),
        sa.Column("declined_words", sa.Text(), nullable=False),
        sa.Column("aside", _SERIAL),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(200), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("asked IN ('startup', 'partner')", name=op.f("ck_cases_asked")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_cases_startup"), "cases", ["startup"])
    op.create_index(op.f("ix_cases_partner"), "cases", ["partner"])
    op.create_index("ix_cases_stage_moved_at_id", "cases", ["stage", "moved_at", "id"])
    op.create_index(
        "uq_cases_open_pair",
        "cases",
        ["startup", "partner"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_table(
        "case_events",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("case", _SERIAL, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_events")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_case_events_case"), "case_events", ["case"])
    op.create_table(
        "case_meetings",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("case", _SERIAL, nullable=False),
        sa.Column("uid", sa.String(100), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("starts", sa.String(16), nullable=False),
        sa.Column("zone", sa.String(60), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_meetings")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_case_meetings_case"), "case_meetings", ["case"])


def downgrade() -> None:
    counted = sa.text("SELECT count(*) FROM cases")
    if rows := op.get_bind().execute(counted).scalar_one():
        raise RuntimeError(f"{rows} cases would be lost: export the pipeline first")
    op.drop_table("case_meetings")
    op.drop_table("case_events")
    op.drop_table("cases")
