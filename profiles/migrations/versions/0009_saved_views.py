"""Makes the saved views of the lists.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("side", sa.String(10), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("side IN ('startup', 'partner')", name=op.f("ck_saved_views_side")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_saved_views_owner"), "saved_views", ["owner"])


def downgrade() -> None:
    counted = sa.text("SELECT count(*) FROM saved_views")
    if rows := op.get_bind().execute(counted).scalar_one():
        raise RuntimeError(f"{rows} saved views would be lost: note their addresses first")
    op.drop_table("saved_views")
