"""Makes the rounds of judging, their pooled pairs, and the judgements.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "judging_rounds",
        sa.Column("name", _ID, nullable=False),
        sa.Column("instructions", sa.Text(), nullable=False),
        sa.Column("judges", sa.Integer(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("systems", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(200), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("closed_by", sa.String(200)),
        sa.CheckConstraint("judges BETWEEN 1 AND 3", name=op.f("ck_judging_rounds_judges")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_judging_rounds")),
    )
    op.create_table(
        "pooled_pairs",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("round", _ID, nullable=False),
        sa.Column("startup", _ID, nullable=False),
        sa.Column("partner", _ID, nullable=False),
        sa.Column("systems", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pooled_pairs")),
        sa.UniqueConstraint(
            "round", "startup", "partner", name=op.f("uq_pooled_pairs_round_startup_partner")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_pooled_pairs_startup"), "pooled_pairs", ["startup"])
    op.create_index(op.f("ix_pooled_pairs_partner"), "pooled_pairs", ["partner"])
    op.create_table(
        "judgements",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("pair", _SERIAL, nullable=False),
        sa.Column("judge", sa.String(200), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("grade", sa.Integer()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('judge', 'final')", name=op.f("ck_judgements_role")),
        sa.CheckConstraint("grade BETWEEN 0 AND 3", name=op.f("ck_judgements_grade")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgements")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_judgements_pair"), "judgements", ["pair"])
    op.create_index(op.f("ix_judgements_judge"), "judgements", ["judge"])


def downgrade() -> None:
    counted = sa.text("SELECT count(*) FROM judgements")
    if rows := op.get_bind().execute(counted).scalar_one():
        raise RuntimeError(f"{rows} rows of judgements would be lost: export the rounds first")
    op.drop_table("judgements")
    op.drop_table("pooled_pairs")
    op.drop_table("judging_rounds")
