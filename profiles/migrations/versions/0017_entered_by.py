"""Keeps who entered what came by letter in a request about a decision.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reviews", sa.Column("entered_by", sa.String(200)))


def downgrade() -> None:
    op.drop_column("reviews", "entered_by")
