"""Keeps when an event was called off, also of one without meetings.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("off_at", sa.DateTime(timezone=True)))
    op.execute(
        "UPDATE events SET off_at = (SELECT MAX(m.changed_at) FROM event_meetings m "
        "WHERE m.event = events.id AND m.state = 'planned') WHERE state = 'cancelled'"
    )


def downgrade() -> None:
    op.drop_column("events", "off_at")
