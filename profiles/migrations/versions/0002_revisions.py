"""Makes the revisions, and starts them with what is there.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "revisions",
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("id", sa.String(200, collation=_binary()), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("payload", sa.Text()),
        sa.PrimaryKeyConstraint("kind", "id", "number", name=op.f("pk_revisions")),
    )
    quoted = op.get_bind().dialect.identifier_preparer.quote
    into = f"INSERT INTO revisions (kind, id, number, at, {quoted('by')}, payload)"
    for select in (
        "SELECT side, id, revision, updated_at, 'before revisions', payload FROM profiles",
        "SELECT 'tie', id, 1, CURRENT_TIMESTAMP, 'before revisions', payload FROM ties",
        "SELECT 'programme', id, 1, updated_at, 'before revisions', payload FROM programmes",
    ):
        op.execute(f"{into} {select}")


def downgrade() -> None:
    op.drop_table("revisions")


def _binary() -> str | None:
    return "C" if op.get_bind().dialect.name == "postgresql" else None
