"""Makes the drafts of startups, and the links by which people come back.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", _ID, nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("email", sa.String(400)),
        sa.Column("startup", _ID),
        sa.Column("base", sa.Integer()),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    op.create_index(op.f("ix_drafts_email"), "drafts", ["email"])
    op.create_index(op.f("ix_drafts_startup"), "drafts", ["startup"])
    op.create_index(op.f("ix_drafts_expires_at"), "drafts", ["expires_at"])
    op.create_table(
        "links",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("of", _ID, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("kind IN ('draft', 'startup')", name=op.f("ck_links_kind")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_links")),
    )
    op.create_index(op.f("ix_links_of"), "links", ["of"])
    op.create_index(op.f("ix_links_expires_at"), "links", ["expires_at"])


def downgrade() -> None:
    counted = sa.text("SELECT count(*) FROM drafts")
    if rows := op.get_bind().execute(counted).scalar_one():
        raise RuntimeError(
            f"{rows} drafts would be lost: let them be handed in or erase them first"
        )
    op.drop_table("links")
    op.drop_table("drafts")
