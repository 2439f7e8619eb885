"""Makes merges, pairs that are kept apart, and stored proposals.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "merges",
        sa.Column("number", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("side", sa.String(10), nullable=False),
        sa.Column("kept", _ID, nullable=False),
        sa.Column("dropped", _ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("kept_revision", sa.Integer(), nullable=False),
        sa.Column("dropped_revision", sa.Integer(), nullable=False),
        sa.Column("moved", sa.Text(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.Column("undone_by", sa.String(200)),
        sa.Column("undone_revision", sa.Integer()),
        sa.CheckConstraint("side IN ('startup', 'partner')", name=op.f("ck_merges_side")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_merges")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_merges_kept"), "merges", ["kept"])
    op.create_index(op.f("ix_merges_dropped"), "merges", ["dropped"])
    op.create_table(
        "kept_apart",
        sa.Column("a", _ID, nullable=False),
        sa.Column("b", _ID, nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("a < b", name=op.f("ck_kept_apart_order")),
        sa.PrimaryKeyConstraint("a", "b", name=op.f("pk_kept_apart")),
    )
    op.create_index(op.f("ix_kept_apart_b"), "kept_apart", ["b"])
    op.create_table(
        "proposals",
        sa.Column("a", _ID, nullable=False),
        sa.Column("b", _ID, nullable=False),
        sa.Column("side", sa.String(10), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("a < b", name=op.f("ck_proposals_order")),
        sa.CheckConstraint("side IN ('startup', 'partner')", name=op.f("ck_proposals_side")),
        sa.PrimaryKeyConstraint("a", "b", name=op.f("pk_proposals")),
    )
    op.create_index(op.f("ix_proposals_b"), "proposals", ["b"])
    op.create_index(op.f("ix_proposals_score"), "proposals", ["score"])


def downgrade() -> None:
    _refuse_loss()
    op.drop_table("proposals")
    op.drop_table("kept_apart")
    op.drop_table("merges")


def _refuse_loss() -> None:
    """Refuse to go down where a merge could no longer be undone, or a verdict of staff be lost.

    Proposals can be found again, and a merge that has been undone leaves nothing to undo.
    """
    for table, where, remedy in (
        ("merges", "undone_at IS NULL", "undo them first"),
        ("kept_apart", "1 = 1", "withdraw them first"),
    ):
        counted = sa.text(f"SELECT count(*) FROM {table} WHERE {where}")  # noqa: S608 own names
        if rows := op.get_bind().execute(counted).scalar_one():
            raise RuntimeError(f"{rows} rows of {table} would be lost: {remedy}")
