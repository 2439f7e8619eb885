"""Jobs are taken once, die with their workers, and end once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from profiles import Store, rows
from profiles import tables as t
from profiles.database import writing
from profiles.jobs import (
    LEASE,
    MOST_ATTEMPTS,
    MOST_WAITING,
    Job,
    JobError,
    JobKind,
    JobState,
    LeaseLost,
    ahead_of,
    ask,
    beat,
    cancel,
    end,
    give_back,
    is_running,
    job,
    jobs,
    jobs_about,
    take,
)
from profiles.judges import erase_judge, held_of_judge


def asked(store: Store, name: str = "a", by: str = "kim") -> Job:
    return ask(store, JobKind.EVALUATE, {"test_set": name}, by=by)


def taken(store: Store, worker: str = "w") -> Job:
    found = take(store, worker)
    assert found is not None
    return found


def forget(store: Store, one: Job) -> None:
    """Let the worker of a job be silent for longer than its lease."""
    with writing(store.engine) as connection:
        late = rows.now() - LEASE - timedelta(seconds=5)
        its = update(t.jobs).where(t.jobs.c.id == one.id)
        connection.execute(its.values(beat_at=late))


def test_jobs_are_taken_in_turn_and_end_once(store: Store) -> None:
    first, second = asked(store), asked(store, "b")
    assert ahead_of(store, second) == 1
    mine = taken(store, "one")
    assert (mine.id, mine.state, mine.attempts) == (first.id, JobState.RUNNING, 1)
    other = taken(store, "two")
    assert other.id == second.id
    assert take(store, "three") is None
    assert beat(store, mine, "Measuring", 3, 7)
    seen = job(store, mine.id)
    assert (seen.what, seen.done, seen.total) == ("Measuring", 3, 7)
    put: list[int] = []
    done = end(store, mine, JobState.DONE, outcome={"n": 1}, publish=lambda: put.append(1))
    assert (done.state, done.outcome, done.worker, put) == (JobState.DONE, {"n": 1}, None, [1])
    with pytest.raises(LeaseLost):
        end(store, mine, JobState.FAILED, publish=lambda: put.append(2))
    assert put == [1]
    assert [one.id for one in jobs(store)] == [second.id, first.id]


def test_many_workers_never_share_a_job(store: Store) -> None:
    for number in range(8):
        asked(store, str(number))
    found: list[int] = []
    gate = threading.Barrier(4)

    def work(name: str) -> None:
        gate.wait()
        while (one := take(store, name)) is not None:
            found.append(one.id)

    crowd = [threading.Thread(target=work, args=(str(n),)) for n in range(4)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert sorted(found) == sorted(one.id for one in jobs(store))


def test_a_job_of_a_dead_worker_is_taken_up_and_the_dead_can_write_nothing(store: Store) -> None:
    asked(store)
    lost = taken(store, "dead")
    assert take(store, "living") is None
    assert is_running(store, lost.id, 1)
    forget(store, lost)
    assert not is_running(store, lost.id, 1)
    again = taken(store, "living")
    assert (again.id, again.attempts) == (lost.id, 2)
    for late in (
        lambda: beat(store, lost),
        lambda: end(store, lost, JobState.DONE),
        lambda: give_back(store, lost),
    ):
        with pytest.raises(LeaseLost):
            late()
    assert beat(store, again)


def test_a_job_whose_workers_die_again_and_again_has_failed(store: Store) -> None:
    asked(store)
    for _ in range(MOST_ATTEMPTS):
        forget(store, taken(store))
    assert take(store, "w") is None
    [found] = jobs(store)
    assert found.state is JobState.FAILED
    assert "ended 3 times" in found.error["en"][0]
    assert "3번 중단" in found.error["ko"][0]


def test_a_waiting_job_is_cancelled_at_once_a_running_one_by_its_worker(store: Store) -> None:
    waits = asked(store)
    assert cancel(store, waits.id, by="lee").state is JobState.CANCELLED
    assert take(store, "w") is None
    asked(store)
    mine = taken(store)
    assert cancel(store, mine.id, by="lee").is_cancelling
    assert beat(store, mine) is False
    assert end(store, mine, JobState.CANCELLED).cancelled_by == "lee"
    with pytest.raises(JobError, match="is over"):
        cancel(store, mine.id, by="lee")


def test_a_cancelled_job_of_a_dead_worker_is_over(store: Store) -> None:
    asked(store)
    mine = taken(store)
    cancel(store, mine.id, by="lee")
    forget(store, mine)
    assert take(store, "other") is None
    assert job(store, mine.id).state is JobState.CANCELLED
    asked(store)
    silent = taken(store)
    forget(store, silent)
    assert cancel(store, silent.id, by="lee").state is JobState.CANCELLED


def test_a_job_that_is_given_back_waits_without_an_attempt(store: Store) -> None:
    asked(store)
    give_back(store, taken(store))
    [found] = jobs(store)
    assert (found.state, found.attempts, found.worker) == (JobState.QUEUED, 0, None)
    mine = taken(store)
    cancel(store, mine.id, by="lee")
    give_back(store, mine)
    assert job(store, mine.id).state is JobState.CANCELLED


def test_too_many_that_wait_and_unknown_ones_are_refused(store: Store) -> None:
    for _ in range(MOST_WAITING):
        asked(store)
    with pytest.raises(JobError) as refused:
        asked(store)
    assert "20" in refused.value.told("ko")[0]
    for id in (0, -1, 10**30, 999):
        with pytest.raises(JobError, match="no job"):
            job(store, id)


def test_the_name_of_who_asked_is_held_and_can_be_erased(store: Store) -> None:
    first = asked(store, by="Kim")
    cancel(store, first.id, by="kim")
    asked(store, by="lee")
    assert [one.id for one in held_of_judge(store, "KIM").jobs] == [first.id]
    erase_judge(store, "kim")
    found = job(store, first.id)
    assert (found.by, found.cancelled_by) == ("erased-1", "erased-1")
    assert {one.by for one in jobs(store)} == {"erased-1", "lee"}


def test_a_name_goes_from_what_a_job_is_done_with(store: Store) -> None:
    arguments = {"cohort": 1, "by": "Kim", "rules": [{"reason": "Kim"}]}
    made = ask(store, JobKind.ASSIGN, arguments, by="Kim")
    other = ask(store, JobKind.SCHEDULE, {"event": 1, "by": "lee"}, by="lee")
    erase_judge(store, "kim")
    assert job(store, made.id).arguments == {**arguments, "by": "erased-1"}
    assert job(store, other.id).arguments == {"event": 1, "by": "lee"}


def test_jobs_are_found_by_what_they_are_about_however_many_came_since(store: Store) -> None:
    made = [
        ask(store, JobKind.ASSIGN, {"seconds": 1, "cohort": number}, by="kim").id
        for number in (1, 12, 1)
    ]
    for number in range(3, 8):
        ask(store, JobKind.ASSIGN, {"cohort": number, "seconds": 1}, by="kim")
    assert [one.id for one in jobs_about(store, JobKind.ASSIGN, "cohort", 1)] == made[::-2]
    assert [one.id for one in jobs_about(store, JobKind.ASSIGN, "cohort", 12)] == [made[1]]
    assert len(jobs_about(store, JobKind.ASSIGN, "cohort", 3)) == 1
    assert jobs_about(store, JobKind.EVALUATE, "cohort", 1) == []
