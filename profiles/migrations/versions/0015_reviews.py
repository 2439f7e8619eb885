"""Makes the requests of startups about automated decisions.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ID = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("profile", _ID, nullable=False),
        sa.Column("cohort", _SERIAL),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("extensions", sa.Text(), nullable=False),
        sa.Column("answered_at", _MOMENT),
        sa.Column("answered_by", sa.String(200)),
        sa.Column("outcome", sa.String(20)),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('explanation', 'review', 'refusal')", name=op.f("ck_reviews_kind")
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'extended', 'answered')", name=op.f("ck_reviews_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_reviews_profile"), "reviews", ["profile"])
    op.create_index(op.f("ix_reviews_state_due"), "reviews", ["state", "due"])


def downgrade() -> None:
    op.drop_table("reviews")
