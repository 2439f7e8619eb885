"""Makes the accounts of people.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ID = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("roles", sa.String(100), nullable=False),
        sa.Column("profile", _ID),
        sa.Column("password", sa.String(300)),
        sa.Column("uniquifier", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(600)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.Column("totp", sa.Text()),
        sa.Column("totp_counter", sa.BigInteger()),
        sa.Column("recovery", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_email")),
        sa.UniqueConstraint("uniquifier", name=op.f("uq_accounts_uniquifier")),
        sa.UniqueConstraint("subject", name=op.f("uq_accounts_subject")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_accounts_profile"), "accounts", ["profile"])


def downgrade() -> None:
    op.drop_table("accounts")
