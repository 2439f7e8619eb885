"""Makes the cohorts with their entries, scores and decisions, and lets jobs assign places.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_ID = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_ASIDE = sa.text("aside IS NULL")
_KINDS = ("evaluate", "train", "gate", "convert")


def upgrade() -> None:
    _make_cohorts()
    _make_scores()
    _make_decisions()
    _allow_jobs((*_KINDS, "assign"))


def _make_cohorts() -> None:
    op.create_table(
        "cohorts",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("programme", _ID, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("opens", sa.Date()),
        sa.Column("closes", sa.Date()),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("hosts", sa.Text(), nullable=False),
        sa.Column("criteria", sa.Text(), nullable=False),
        sa.Column("screenings", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger()),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.CheckConstraint(
            "state IN ('intake', 'screening', 'decided', 'dropped')", name=op.f("ck_cohorts_state")
        ),
        sa.CheckConstraint("screenings BETWEEN 0 AND 2", name=op.f("ck_cohorts_screenings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohorts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_cohorts_programme"), "cohorts", ["programme"])
    op.create_table(
        "cohort_entries",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("cohort", _SERIAL, nullable=False),
        sa.Column("profile", _ID, nullable=False),
        sa.Column("stage", sa.String(10), nullable=False),
        sa.Column("wishes", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("refusals", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("host", _ID),
        sa.Column("reserve", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("aside", _SERIAL),
        sa.Column("applied_at", _MOMENT, nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("moved_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohort_entries")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_cohort_entries_cohort"), "cohort_entries", ["cohort"])
    op.create_index(op.f("ix_cohort_entries_profile"), "cohort_entries", ["profile"])
    op.create_index(
        "uq_cohort_entries_one",
        "cohort_entries",
        ["cohort", "profile"],
        unique=True,
        sqlite_where=_ASIDE,
        postgresql_where=_ASIDE,
    )


def _make_scores() -> None:
    op.create_table(
        "cohort_scores",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("entry", _SERIAL, nullable=False),
        sa.Column("screening", sa.String(5), nullable=False),
        sa.Column("assessor", sa.String(200), nullable=False),
        sa.Column("criterion", sa.String(100), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.CheckConstraint(
            "screening IN ('first', 'final')", name=op.f("ck_cohort_scores_screening")
        ),
        sa.CheckConstraint("points BETWEEN 0 AND 100", name=op.f("ck_cohort_scores_points")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohort_scores")),
        sa.UniqueConstraint(
            "entry",
            "screening",
            "assessor",
            "criterion",
            name=op.f("uq_cohort_scores_entry_screening_assessor_criterion"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_cohort_scores_entry"), "cohort_scores", ["entry"])
    op.create_table(
        "cohort_recusals",
        sa.Column("entry", _SERIAL, autoincrement=False, nullable=False),
        sa.Column("assessor", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("entry", "assessor", name=op.f("pk_cohort_recusals")),
    )


def _make_decisions() -> None:
    op.create_table(
        "cohort_decisions",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("cohort", _SERIAL, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'final', 'replaced')", name=op.f("ck_cohort_decisions_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohort_decisions")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_cohort_decisions_cohort"), "cohort_decisions", ["cohort"])
    op.create_table(
        "cohort_events",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("cohort", _SERIAL, nullable=False),
        sa.Column("entry", _SERIAL),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohort_events")),
        sqlite_autoincrement=True,
    )
    for column in ("cohort", "entry"):
        op.create_index(op.f(f"ix_cohort_events_{column}"), "cohort_events", [column])


def _allow_jobs(kinds: tuple[str, ...]) -> None:
    """Check jobs for other kinds; SQLite, which cannot change a check, writes the table anew."""
    check = "kind IN ({})".format(", ".join(f"'{kind}'" for kind in kinds))
    name, kept = op.f("ck_jobs_kind"), {"sqlite_autoincrement": True}
    with op.batch_alter_table("jobs", table_kwargs=kept) as jobs:
        jobs.drop_constraint(name, type_="check")
        jobs.create_check_constraint(name, check)


def downgrade() -> None:
    counted = sa.text("SELECT count(*) FROM cohorts")
    if rows := op.get_bind().execute(counted).scalar_one():
        raise RuntimeError(f"{rows} cohorts would be lost: export their decisions first")
    op.execute("DELETE FROM jobs WHERE kind = 'assign'")
    _allow_jobs(_KINDS)
    for table in ("events", "decisions", "recusals", "scores", "entries"):
        op.drop_table(f"cohort_{table}")
    op.drop_table("cohorts")
