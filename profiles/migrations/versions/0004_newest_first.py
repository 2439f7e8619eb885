"""Lists the newest profiles by an index, and gives older verdicts the revision that they lack.

Revision ID: 0004
Revises: 0003
"""

import json
from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_VERDICTS = sa.table(
    "verdicts",
    *(sa.column(name) for name in ("id", "query", "candidate", "label", "note", "shown_rank")),
    sa.column("model_version"),
    sa.column("at", sa.DateTime(timezone=True)),
)
_REVISIONS = sa.table(
    "revisions",
    *(sa.column(name) for name in ("kind", "id", "number", "by", "payload")),
    sa.column("at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    op.create_index("ix_profiles_side_created_at", "profiles", ["side", "created_at"])
    _tell_of_older_verdicts()


def downgrade() -> None:
    op.drop_index("ix_profiles_side_created_at", table_name="profiles")


def _tell_of_older_verdicts() -> None:
    """Add a revision for each verdict that was given before verdicts had one.

    Its moment is that of the verdict; who gave it was not kept. They come before those that are
    there, whose numbers grow.
    """
    bind, r = op.get_bind(), _REVISIONS.c
    known = sa.select(r.payload).where(r.kind == "verdict", r.payload.is_not(None))
    statements = [json.loads(text) for text in bind.execute(known).scalars()]
    told = {(one.get("at"), one.get("label"), one.get("model_version")) for one in statements}
    older: dict[str, list[dict[str, object]]] = {}
    for row in bind.execute(sa.select(_VERDICTS).order_by(_VERDICTS.c.at, _VERDICTS.c.id)):
        said = dict(row._mapping)
        query, at = said.pop("query"), _utc(said["at"])
        del said["id"]
        if (at.isoformat(), said["label"], said["model_version"]) in told:
            continue
        text = json.dumps(
            {**said, "at": at.isoformat()},
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )
        made = {"kind": "verdict", "id": query, "at": at, "by": "before revisions", "payload": text}
        older.setdefault(query, []).append(made)
    for query, made in older.items():
        its = sa.and_(r.kind == "verdict", r.id == query)
        shifted = sa.update(_REVISIONS).where(its)
        bind.execute(shifted.values(number=-(r.number + len(made))))  # no two have one number
        bind.execute(shifted.values(number=-r.number))
        numbered = [{**one, "number": number} for number, one in enumerate(made, start=1)]
        bind.execute(sa.insert(_REVISIONS), numbered)


def _utc(moment):
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
