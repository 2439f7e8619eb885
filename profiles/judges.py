"""Owns what is held under the name of one of the staff: reading it, and taking the name out.

That is what judging holds, and beside it saved views, jobs, cases, keys of the API and requests
about decisions.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import Connection, or_, select, update

from profiles import api_keys, case_people, event_makers, jobs, reviews
from profiles import tables as t
from profiles.api_keys import ApiKey
from profiles.cases import Case
from profiles.cohorts import Cohort, upkeep
from profiles.database import forget, reading, writing
from profiles.judgements import (
    Judgement,
    JudgingError,
    Pooled,
    Round,
    read_judgement,
    read_pair,
    read_round,
)
from profiles.reviews import Review
from profiles.store import Store
from profiles.views import SavedView, forget_views_of, owned_by

_ERASED = "erased-"


@dataclass(frozen=True, slots=True)
class HeldOfJudge:
    """All that is held under the name of one person of the staff, but for histories of profiles.

    Attributes:
        names: the spellings of the name.
        judgements: each with its pair, oldest first.
        rounds: the rounds that the person opened or closed.
        views: the views of lists that the person has saved.
        jobs: the evaluations and trainings that the person asked for or cancelled.
        cases: the cases that the person looks or looked after, or did something to.
        keys: the keys of the API that the person made or revoked.
        cohorts: the cohorts that the person opened, scored in or did something to.
        reviews: the requests about decisions that the person entered, extended or answered.
        events: the events that the person opened or scheduled.
    """

    names: tuple[str, ...]
    judgements: tuple[tuple[Pooled, Judgement], ...]
    rounds: tuple[Round, ...]
    views: tuple[SavedView, ...] = ()
    jobs: tuple[jobs.Job, ...] = ()
    cases: tuple[Case, ...] = ()
    keys: tuple[ApiKey, ...] = ()
    cohorts: tuple[Cohort, ...] = ()
    reviews: tuple[Review, ...] = ()
    events: tuple[event_makers.Did, ...] = ()


def held_of_judge(store: Store, name: str) -> HeldOfJudge:
    """Read what is held under a person's name, whatever the case of its letters.

    Raises:
        JudgingError: if nothing is held under this name.
    """
    with reading(store.engine, repeatable=True) as connection:
        names = _spellings(connection, name)
        j, p, r = t.judgements, t.pooled_pairs, t.judging_rounds.c
        wanted = select(j).where(j.c.judge.in_(names)).order_by(j.c.id)
        given = [read_judgement(row) for row in connection.execute(wanted)]
        its = select(j.c.pair).where(j.c.judge.in_(names))
        pairs = connection.execute(select(p).where(p.c.id.in_(its)))
        of = {row.id: read_pair(row) for row in pairs}
        by = or_(r.opened_by.in_(names), r.closed_by.in_(names))
        found = connection.execute(select(t.judging_rounds).where(by).order_by(r.name))
        rounds = tuple(read_round(row) for row in found)
        said = tuple((of[one.pair], one) for one in given)
        views, asked = owned_by(connection, names), jobs.of_person(connection, names)
        worked, made = (
            case_people.of_person(connection, names),
            api_keys.of_person(connection, names),
        )
        ran, looked = upkeep.of_person(connection, names), reviews.of_person(connection, names)
        did = event_makers.of_person(connection, names)
        return HeldOfJudge(tuple(names), said, rounds, views, asked, worked, made, ran, looked, did)


def erase_judge(store: Store, name: str) -> int:
    """Take a person's name and notes out of judging; give how many judgements were theirs.

    The grades stay under a name that tells nothing, so that rounds keep what they found: one that
    no other judge has, the same for all grades of the person. Views of lists that were the person's
    alone go; those that staff share stay under that name, and so do jobs, cases and keys.

    Raises:
        JudgingError: if nothing is held under this name.
    """
    with writing(store.engine) as connection:
        names = _spellings(connection, name)
        j, r = t.judgements.c, t.judging_rounds.c
        nobody = _free(connection)
        its = update(t.judgements).where(j.judge.in_(names))
        gone = connection.execute(its.values(judge=nobody, note=""))
        for column in (r.opened_by, r.closed_by):
            by = update(t.judging_rounds).where(column.in_(names))
            connection.execute(by.values({column.name: nobody}))
        forget_views_of(connection, names, nobody)
        jobs.erase_names(connection, names, nobody)
        case_people.erase_names(connection, names, nobody)
        api_keys.erase_names(connection, names, nobody)
        upkeep.erase_names(connection, names, nobody)
        reviews.erase_names(connection, names, nobody)
        event_makers.erase_names(connection, names, nobody)
    forget(store.engine)
    return gone.rowcount


def is_used_name(store: Store, name: str) -> bool:
    """Tell whether anything is held under a name, whatever the case of its letters."""
    with reading(store.engine) as connection:
        return name.casefold() in {one.casefold() for one in _names(connection)}


def _names(connection: Connection) -> set[str]:
    j, r, work = t.judgements.c, t.judging_rounds.c, t.jobs.c
    found: set[Any] = set(case_people.owners_once(connection))
    found |= upkeep.names_of_staff(connection)
    found |= reviews.makers(connection)
    for column in (
        *(j.judge, r.opened_by, r.closed_by),
        *(t.saved_views.c.owner, work.by, work.cancelled_by),
        *(t.cases.c.owner, t.cases.c.opened_by, t.case_events.c.by),
        *(t.api_keys.c.created_by, t.api_keys.c.revoked_by),
        *(t.events.c.made_by, t.event_schedules.c.by),
    ):
        found |= set(connection.execute(select(column).distinct()).scalars())
    return {name for name in found if name}


def _spellings(connection: Connection, name: str) -> list[str]:
    plain = " ".join(name.split()).casefold()
    names = sorted(one for one in _names(connection) if one.casefold() == plain)
    if not names:
        raise JudgingError("judge", "judge_unknown", name)
    return names


def _free(connection: Connection) -> str:
    names = _names(connection)
    return next(f"{_ERASED}{number}" for number in count(1) if f"{_ERASED}{number}" not in names)
