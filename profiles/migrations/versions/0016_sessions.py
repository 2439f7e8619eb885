"""Makes the open sessions of accounts, and the jobs that check a test set or a run file.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_BEFORE = ("evaluate", "train", "gate", "convert", "assign", "schedule")
_NEW = ("check", "run")


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("account", _SERIAL, nullable=False),
        sa.Column("handle", sa.String(64), nullable=False),
        sa.Column("uniquifier", sa.String(64), nullable=False),
        sa.Column("device", sa.String(40), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("seen", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("handle", name=op.f("uq_sessions_handle")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_sessions_account"), "sessions", ["account"])
    op.create_index(op.f("ix_sessions_since"), "sessions", ["since"])
    _allow((*_BEFORE, *_NEW))


def downgrade() -> None:
    op.get_bind().execute(sa.text("DELETE FROM jobs WHERE kind IN ('check', 'run')"))
    _allow(_BEFORE)
    op.drop_table("sessions")


def _allow(kinds: tuple[str, ...]) -> None:
    """Let jobs be of these kinds."""
    told = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("jobs", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.drop_constraint(op.f("ck_jobs_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_jobs_kind"), f"kind IN ({told})")
