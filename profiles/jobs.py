"""Owns the jobs: long pieces of work that a page starts, and that workers take one at a time."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import product
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from profiles import rows
from profiles import tables as t
from profiles.database import reading, writing
from profiles.errors import CodedError, DariError
from profiles.messages import message

if TYPE_CHECKING:
    from profiles.store import Store

LEASE = timedelta(seconds=30)
"""How long a job is its worker's after a beat; then the worker is taken for dead."""

MOST_ATTEMPTS = 3
"""How often a job is begun: one whose workers died as often has failed."""

MOST_WAITING = 20
"""How many jobs may wait at once."""


ERASED = "erased"
"""What stands in a job in the place of an erased profile."""


class JobKind(StrEnum):
    """What is done."""

    EVALUATE = "evaluate"
    TRAIN = "train"
    GATE = "gate"
    CONVERT = "convert"
    CHECK = "check"
    RUN = "run"
    ASSIGN = "assign"
    SCHEDULE = "schedule"


EVALUATING = frozenset(JobKind) - {JobKind.ASSIGN, JobKind.SCHEDULE}
"""The kinds that are of evaluators; the others are of staff."""


class JobState(StrEnum):
    """How far a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobError(CodedError):
    """What is wrong with a job or what it asks for, in Korean and English."""


class LeaseLost(DariError):
    """A job that another worker has taken meanwhile, or that has ended: this one must stop."""


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work.

    Attributes:
        id: its number.
        kind: what is done.
        arguments: what it is done with.
        by: who asked for it.
        state: how far it is.
        asked_at: when it was asked for; `started_at` and `ended_at` are None before they are.
        worker: the lease: who works on it now; None where nobody does.
        attempts: how often it has been begun.
        what: what is being done of it, `done` of `total`.
        cancelled_by: who wants it cancelled, or has cancelled it.
        outcome: what came of it in short; the rest is in its folder.
        error: why it failed: language → rule and remedy.
    """

    id: int
    kind: JobKind
    arguments: Mapping[str, Any]
    by: str
    state: JobState
    asked_at: datetime
    started_at: datetime | None = None
    beat_at: datetime | None = None
    ended_at: datetime | None = None
    worker: str | None = None
    attempts: int = 0
    what: str = ""
    done: int = 0
    total: int = 0
    cancelled_by: str | None = None
    outcome: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether nothing happens to it any more."""
        return self.state not in {JobState.QUEUED, JobState.RUNNING}

    @property
    def is_cancelling(self) -> bool:
        """Whether somebody wants it cancelled, and its worker has not yet let go of it."""
        return self.cancelled_by is not None and not self.is_over


def told_of(error: DariError) -> dict[str, tuple[str, str]]:
    """Give an error as a job keeps it: its rule and remedy in both languages."""
    return {lang: error.told(lang) for lang in ("en", "ko")}


def ask(store: Store, kind: JobKind, arguments: Mapping[str, Any], *, by: str) -> Job:
    """Ask for a piece of work; it waits until a worker takes it.

    Raises:
        JobError: if too many wait already.
    """
    values = {
        "kind": kind, "arguments": _text(arguments), "by": by, "state": JobState.QUEUED,
        "attempts": 0, "what": "", "done": 0, "total": 0, "outcome": "{}", "error": "{}",
    }  # fmt: skip
    with writing(store.engine) as connection:
        if _waiting(connection) >= MOST_WAITING:
            raise JobError("job", "job_queue_full", MOST_WAITING)
        made = insert(t.jobs).values(**values, asked_at=_now(connection)).returning(t.jobs.c.id)
        return _job(connection, connection.execute(made).scalar_one())


def jobs(
    store: Store, limit: int = 50, *, kinds: Collection[JobKind] = tuple(JobKind)
) -> list[Job]:
    """Read the newest jobs of some kinds, newest first."""
    wanted = select(t.jobs).where(t.jobs.c.kind.in_(kinds))
    newest = wanted.order_by(t.jobs.c.id.desc()).limit(limit)
    with reading(store.engine) as connection:
        return [_read(row) for row in connection.execute(newest)]


def jobs_about(
    store: Store, kind: JobKind, argument: str, value: int, limit: int = 200
) -> list[Job]:
    """Read the newest jobs of a kind of which an argument is a number, newest first."""
    j, told = t.jobs, _text({argument: value})[1:-1]
    ends = (f"{told},", f"{told}}}")
    about = or_(*(j.c.arguments.contains(end, autoescape=True) for end in ends))
    newest = select(j).where(j.c.kind == kind, about).order_by(j.c.id.desc()).limit(limit)
    with reading(store.engine) as connection:
        found = [_read(row) for row in connection.execute(newest)]
    return [one for one in found if one.arguments.get(argument) == value]


def open_jobs(store: Store, *kinds: JobKind) -> list[Job]:
    """Read the jobs of some kinds that are not over, the oldest first."""
    j = t.jobs.c
    its = select(t.jobs).where(j.kind.in_(kinds), j.state.in_((JobState.QUEUED, JobState.RUNNING)))
    with reading(store.engine) as connection:
        return [_read(row) for row in connection.execute(its.order_by(j.id))]


def job(store: Store, id: int) -> Job:
    """Read a job.

    Raises:
        JobError: if there is none of this number.
    """
    with reading(store.engine) as connection:
        return _job(connection, id)


def ahead_of(store: Store, one: Job) -> int:
    """Count the jobs that are done before a waiting one."""
    j = t.jobs.c
    before = and_(j.id < one.id, j.state.in_((JobState.QUEUED, JobState.RUNNING)))
    with reading(store.engine) as connection:
        found: int = connection.execute(select(func.count()).where(before)).scalar_one()
        return found


def take(store: Store, worker: str) -> Job | None:
    """Take the oldest job that waits, or whose worker is dead; None where there is none.

    Never does one have two workers: each lease is a word of its own, and whoever has lost it can
    write nothing more.

    Args:
        store: where the jobs are.
        worker: who takes it.
    """
    if not _has_work(store):
        return None
    with writing(store.engine) as connection:
        now = _now(connection)
        for row in connection.execute(_open_jobs(now)).all():
            if row.cancelled_by is not None:
                _set(connection, row.id, state=JobState.CANCELLED, ended_at=now, worker=None)
            elif row.attempts >= MOST_ATTEMPTS:
                _set(
                    connection, row.id, state=JobState.FAILED, ended_at=now, worker=None,
                    error=_text(_lost(row.attempts)),
                )  # fmt: skip
            else:
                lease = f"{worker} {secrets.token_hex(4)}"
                _set(
                    connection, row.id, state=JobState.RUNNING, started_at=now, beat_at=now,
                    worker=lease, attempts=row.attempts + 1, what="", done=0, total=0,
                )  # fmt: skip
                return _job(connection, row.id)
    return None


def beat(store: Store, one: Job, what: str = "", done: int = 0, total: int = 0) -> bool:
    """Say that the worker of a job lives, and how far it is; tell whether to go on.

    Returns:
        False where somebody wants the job cancelled.

    Raises:
        LeaseLost: if the job is another worker's by now, or over.
    """
    with writing(store.engine) as connection:
        held = _held(connection, one)
        now = _now(connection)
        _set(connection, one.id, beat_at=now, what=what, done=done, total=total)
        return held.cancelled_by is None


def end(
    store: Store,
    one: Job,
    state: JobState,
    *,
    outcome: Mapping[str, Any] | None = None,
    error: Mapping[str, tuple[str, str]] | None = None,
    publish: Callable[[], None] | None = None,
) -> Job:
    """End a job; a done one has what came of it published while nobody else can have it.

    Args:
        store: where the jobs are.
        one: the job as its worker took it.
        state: how it ends.
        outcome: what came of it, in short.
        error: why it failed.
        publish: puts the result in its place.

    Raises:
        LeaseLost: if the job is another worker's by now, or over; nothing is published then.
    """
    with writing(store.engine) as connection:
        _held(connection, one)
        if publish is not None:
            publish()
        _set(
            connection, one.id, state=state, ended_at=_now(connection), worker=None,
            outcome=_text(outcome or {}), error=_text(error or {}),
        )  # fmt: skip
        return _job(connection, one.id)


def give_back(store: Store, one: Job) -> None:
    """Let a job wait again whose worker is asked to stop; it does not count as an attempt.

    Raises:
        LeaseLost: if the job is another worker's by now, or over.
    """
    with writing(store.engine) as connection:
        held = _held(connection, one)
        ended = held.cancelled_by is not None
        _set(
            connection, one.id, worker=None, beat_at=None, started_at=None, what="", done=0,
            total=0, attempts=held.attempts - 1,
            state=JobState.CANCELLED if ended else JobState.QUEUED,
            ended_at=_now(connection) if ended else None,
        )  # fmt: skip


def cancel(store: Store, id: int, *, by: str) -> Job:
    """Cancel a job: one that waits at once, one that runs as soon as its worker hears of it.

    Raises:
        JobError: if there is none of this number, or it is over.
    """
    with writing(store.engine) as connection:
        found = _job(connection, id)
        if found.is_over:
            raise JobError("job", "job_over", id)
        now = _now(connection)
        at_once = found.state is JobState.QUEUED or _is_dead(found, now)
        ended = {"state": JobState.CANCELLED, "ended_at": now, "worker": None} if at_once else {}
        _set(connection, id, cancelled_by=by, **ended)
        return _job(connection, id)


def is_running(store: Store, id: int, attempt: int) -> bool:
    """Tell whether a job is in the hands of a living worker, for the given attempt."""
    j = t.jobs.c
    with reading(store.engine) as connection:
        alive = and_(j.state == JobState.RUNNING, j.beat_at >= _now(connection) - LEASE)
        its = select(j.id).where(j.id == id, j.attempts == attempt, alive)
        return connection.execute(its).first() is not None


def erase_names(connection: Connection, names: list[str], nobody: str) -> None:
    """Take persons' names out of all jobs."""
    for column in (t.jobs.c.by, t.jobs.c.cancelled_by):
        its = update(t.jobs).where(column.in_(names))
        connection.execute(its.values({column.name: nobody}))
    for id, arguments in _asked(connection, names).items():
        _set(connection, id, arguments=_text({**arguments, "by": nobody}))


def forget_named(connection: Connection, ids: Collection[str]) -> None:
    """Put a word that tells nothing in the place of erased profiles in all jobs."""
    texts = (t.jobs.c.arguments, t.jobs.c.outcome, t.jobs.c.error)
    for column, id in product(texts, sorted(ids)):
        its = select(t.jobs.c.id, column).where(column.contains(id, autoescape=True))
        for number, text in connection.execute(its).all():
            _set(connection, number, **{column.name: _text(_without(json.loads(text), id))})


def _without(value: Any, id: str) -> Any:
    """Give a document without an id, also where sentences name it."""
    if isinstance(value, Mapping):
        return {key: _without(one, id) for key, one in value.items()}
    if isinstance(value, list):
        return [_without(one, id) for one in value]
    if isinstance(value, str):
        return re.sub(rf"(?<![\w-]){re.escape(id)}(?![a-zA-Z0-9_-])", ERASED, value)
    return value


def of_person(connection: Connection, names: list[str]) -> tuple[Job, ...]:
    """Read the jobs that somebody asked for or cancelled."""
    j = t.jobs.c
    its = select(t.jobs).where(or_(j.by.in_(names), j.cancelled_by.in_(names))).order_by(j.id)
    return tuple(_read(row) for row in connection.execute(its))


def _asked(connection: Connection, names: list[str]) -> dict[int, dict[str, Any]]:
    """Read what the jobs are done with that name one of some persons as who asked."""
    its = select(t.jobs.c.id, t.jobs.c.arguments).where(t.jobs.c.arguments.contains('"by"'))
    read = {row.id: json.loads(row.arguments) for row in connection.execute(its)}
    return {id: arguments for id, arguments in read.items() if arguments.get("by") in names}


def _has_work(store: Store) -> bool:
    """Look first, without the lock of those who write."""
    with reading(store.engine) as connection:
        found = connection.execute(_open_jobs(_now(connection)).limit(1))
        return found.first() is not None


def _open_jobs(now: datetime) -> Any:
    j = t.jobs.c
    dead = and_(j.state == JobState.RUNNING, j.beat_at < now - LEASE)
    return select(t.jobs).where(or_(j.state == JobState.QUEUED, dead)).order_by(j.id)


def _is_dead(one: Job, now: datetime) -> bool:
    return one.beat_at is not None and one.beat_at < now - LEASE


def _lost(attempts: int) -> dict[str, tuple[str, str]]:
    params = {"value": str(attempts)}
    return {
        lang: (
            message("job_lost", "rule", lang, params),
            message("job_lost", "remedy", lang, params),
        )
        for lang in ("en", "ko")
    }


def _waiting(connection: Connection) -> int:
    its = select(func.count()).where(t.jobs.c.state == JobState.QUEUED)
    found: int = connection.execute(its).scalar_one()
    return found


def _held(connection: Connection, one: Job) -> Job:
    """Read a job that is still its worker's."""
    held = _job(connection, one.id)
    if held.state is not JobState.RUNNING or held.worker != one.worker:
        raise LeaseLost(
            value=f"job {one.id} of {one.worker}",
            rule="This job is not this worker's any more.",
            remedy="Nothing needs to be done: another worker has it, or it is over.",
        )
    return held


def _set(connection: Connection, id: int, **values: object) -> None:
    connection.execute(update(t.jobs).where(t.jobs.c.id == id).values(**values))


def _now(connection: Connection) -> datetime:
    """Give the database's own time where machines share it: their clocks may differ."""
    if connection.dialect.name == "postgresql":
        found: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return found
    return rows.now()


def _job(connection: Connection, id: int) -> Job:
    row = None
    if 0 < id < 1 << 63:
        row = connection.execute(select(t.jobs).where(t.jobs.c.id == id)).one_or_none()
    if row is None:
        raise JobError("job", "job_unknown", id)
    return _read(row)


def _read(row: Any) -> Job:
    values = dict(row._mapping)
    for name in ("arguments", "outcome", "error"):
        values[name] = json.loads(values[name])
    values["error"] = {lang: tuple(told) for lang, told in values["error"].items()}
    return Job(**{**values, "kind": JobKind(row.kind), "state": JobState(row.state)})


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
