"""Owns the tables of the database."""

from __future__ import annotations

from profiles.tables.cases import case_events, case_meetings, cases, jobs
from profiles.tables.events import event_meetings, event_people, event_schedules, events
from profiles.tables.judging import judgements, judging_rounds, pooled_pairs
from profiles.tables.kinds import Id, Moment, metadata
from profiles.tables.people import (
    account_events,
    accounts,
    api_keys,
    drafts,
    links,
    replays,
    saved_views,
    sessions,
)
from profiles.tables.records import (
    changes,
    kept_apart,
    merges,
    profiles,
    programmes,
    proposals,
    revisions,
    ties,
    vectors,
    verdicts,
)
from profiles.tables.rounds import (
    cohort_decisions,
    cohort_entries,
    cohort_events,
    cohort_recusals,
    cohort_scores,
    cohorts,
    reviews,
)

__all__ = [
    "Id",
    "Moment",
    "account_events",
    "accounts",
    "api_keys",
    "case_events",
    "case_meetings",
    "cases",
    "changes",
    "cohort_decisions",
    "cohort_entries",
    "cohort_events",
    "cohort_recusals",
    "cohort_scores",
    "cohorts",
    "drafts",
    "event_meetings",
    "event_people",
    "event_schedules",
    "events",
    "jobs",
    "judgements",
    "judging_rounds",
    "kept_apart",
    "links",
    "merges",
    "metadata",
    "pooled_pairs",
    "profiles",
    "programmes",
    "proposals",
    "replays",
    "reviews",
    "revisions",
    "saved_views",
    "sessions",
    "ties",
    "vectors",
    "verdicts",
]
