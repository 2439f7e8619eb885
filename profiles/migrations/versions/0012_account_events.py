"""Makes the log of sign-ins and of changes to accounts.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "account_events",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("account", _SERIAL),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", _SERIAL),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_events")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_account_events_account"), "account_events", ["account"])
    op.create_index(op.f("ix_account_events_at"), "account_events", ["at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_account_events_at"), table_name="account_events")
    op.drop_index(op.f("ix_account_events_account"), table_name="account_events")
    op.drop_table("account_events")
