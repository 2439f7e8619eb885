"""The worker: one job at a time, and nothing left of one that is cancelled, killed or crashes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from profiles import Store, rows
from profiles import tables as t
from profiles.database import writing
from profiles.jobs import LEASE, Job, JobKind, JobState, ask, cancel, job, take
from service import cli_work
from service import worker as module
from service.settings import Settings
from service.worker import Worker, folder_of, is_alive

STUB = (sys.executable, str(Path(__file__).with_name("job_stub.py")))

Start = Callable[[], Worker]


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(home=tmp_path / "home", database_url=database_url)


@pytest.fixture
def start(settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start workers in threads, with the stand-in; they are stopped at the end."""
    monkeypatch.setattr(module, "COMMAND", STUB)
    monkeypatch.setattr(module, "BEAT_S", 0.1)
    monkeypatch.setattr(module, "_IDLE_S", 0.1)
    made: list[tuple[Worker, threading.Thread]] = []

    def begin() -> Worker:
        worker = Worker(settings, store)
        thread = threading.Thread(target=worker.run)
        thread.start()
        made.append((worker, thread))
        return worker

    yield begin
    for worker, _ in made:
        worker.stop()
    for _, thread in made:
        thread.join(20)
        assert not thread.is_alive()


def asked(store: Store, kind: JobKind = JobKind.EVALUATE, **arguments: Any) -> Job:
    return ask(store, kind, {"test_set": "a", **arguments}, by="kim")


def until(told: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not told():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_over(store: Store, one: Job) -> bool:
    return job(store, one.id).is_over


def left(settings: Settings) -> list[str]:
    """Name what stands in the folder of jobs, but for the signs of life."""
    folder = settings.home / "jobs"
    return sorted(one.name for one in folder.iterdir() if not one.name.startswith(".alive-"))


def runs(pid: int) -> bool:
    try:
        return "job_stub" in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


def silence(store: Store, one: Job) -> None:
    with writing(store.engine) as connection:
        its = update(t.jobs).where(t.jobs.c.id == one.id)
        connection.execute(its.values(beat_at=rows.now() - 2 * LEASE))


def test_what_a_done_job_made_takes_its_place(
    settings: Settings, store: Store, start: Start
) -> None:
    one = asked(store)
    assert not is_alive(settings.home)
    start()
    until(lambda: is_over(store, one))
    found = job(store, one.id)
    assert (found.state, found.outcome) == (JobState.DONE, {"n": 1})
    assert (folder_of(settings.home, one.id) / "half").exists()
    until(lambda: left(settings) == [str(one.id)])
    assert is_alive(settings.home)


def test_a_cancelled_job_ends_within_seconds_and_leaves_nothing(
    settings: Settings, store: Store, start: Start, tmp_path: Path
) -> None:
    one = asked(store, sleep=60, log=str(tmp_path / "log"))
    start()
    until(lambda: job(store, one.id).what == "Asking Dari")
    begun = time.monotonic()
    cancel(store, one.id, by="lee")
    until(lambda: is_over(store, one))
    assert time.monotonic() - begun < 5
    assert job(store, one.id).state is JobState.CANCELLED
    until(lambda: left(settings) == [])
    assert not runs(int((tmp_path / "log").read_text()))


def test_a_worker_that_stops_lets_its_job_wait_again(
    settings: Settings, store: Store, start: Start
) -> None:
    one = asked(store, sleep=60)
    worker = start()
    until(lambda: job(store, one.id).what == "Asking Dari")
    worker.stop()
    until(lambda: job(store, one.id).state is JobState.QUEUED)
    assert job(store, one.id).attempts == 0
    until(lambda: left(settings) == [])
    assert not is_alive(settings.home)


@pytest.mark.parametrize(
    ("end", "said", "korean"),
    [
        ("refuse", "Too little.", "적습니다."),
        ("crash", "nothing foresaw", "예상하지 못한"),
        ("kill", "SIGKILL", "SIGKILL"),
    ],
)
def test_a_job_that_fails_says_why_and_leaves_nothing(
    settings: Settings, store: Store, start: Start, end: str, said: str, korean: str
) -> None:
    one = asked(store, end=end)
    start()
    until(lambda: is_over(store, one))
    found = job(store, one.id)
    assert found.state is JobState.FAILED
    assert said in found.error["en"][0]
    assert korean in found.error["ko"][0]
    until(lambda: left(settings) == [])


def test_two_workers_do_each_job_once(
    settings: Settings, store: Store, start: Start, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    made = [asked(store, log=str(log), sleep=0.2) for _ in range(6)]
    start()
    start()
    until(lambda: all(is_over(store, one) for one in made), 60)
    assert {job(store, one.id).state for one in made} == {JobState.DONE}
    assert {job(store, one.id).attempts for one in made} == {1}
    assert len(log.read_text().split()) == 6
    until(lambda: left(settings) == sorted(str(one.id) for one in made))


def test_a_worker_that_has_lost_its_job_publishes_nothing(
    settings: Settings, store: Store, start: Start
) -> None:
    one = asked(store, sleep=1)
    start()
    until(lambda: job(store, one.id).what == "Asking Dari")
    with writing(store.engine) as connection:
        its = update(t.jobs).where(t.jobs.c.id == one.id)
        connection.execute(its.values(worker="another", attempts=2))
    until(lambda: left(settings) == [])
    time.sleep(1.5)
    assert job(store, one.id).state is JobState.RUNNING
    assert left(settings) == []


def test_a_converted_set_takes_its_place_unless_its_name_was_taken_meanwhile(
    settings: Settings, store: Store, start: Start
) -> None:
    first = asked(store, JobKind.CONVERT, name="own")
    second = asked(store, JobKind.CONVERT, name="own")
    start()
    until(lambda: is_over(store, second))
    assert job(store, first.id).state is JobState.DONE
    assert "already" in job(store, second.id).error["en"][0]
    assert [one.name for one in (settings.home / "testsets").iterdir()] == ["own"]
    until(lambda: left(settings) == [])


def test_a_checked_run_takes_its_place_unless_its_name_was_taken_meanwhile(
    settings: Settings, store: Store, start: Start
) -> None:
    (settings.home / "testsets" / "a").mkdir(parents=True)
    (settings.home / "testsets" / "a" / "dataset.json").write_text("{}")
    first = asked(store, JobKind.RUN, run="theirs", file=".brought-1.run")
    second = asked(store, JobKind.RUN, run="theirs", file=".brought-2.run")
    start()
    until(lambda: is_over(store, second))
    assert job(store, first.id).state is JobState.DONE
    assert "already" in job(store, second.id).error["en"][0]
    assert (settings.home / "runs" / "a" / "theirs.run").read_text() == "half"
    until(lambda: left(settings) == [])


def test_a_killed_worker_takes_its_process_along_and_another_goes_on(
    settings: Settings, store: Store, start: Start, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    one = asked(store, sleep=2, log=str(log))
    code = (
        "import sys; from service import worker as w; from service.settings import Settings;"
        "from profiles import Store; w.COMMAND = tuple(sys.argv[1:3]);"
        "s = Settings(); w.Worker(s, Store.open(s.database)).run()"
    )
    own = {"DARI_HOME": str(settings.home), "DARI_DATABASE_URL": str(settings.database_url)}
    with subprocess.Popen([sys.executable, "-c", code, *STUB], env={**os.environ, **own}) as killed:
        until(lambda: job(store, one.id).what == "Asking Dari", 60)
        pid = int(log.read_text())
        killed.send_signal(signal.SIGKILL)
    until(lambda: not runs(pid))
    assert left(settings) == [f".work-{one.id}-1"]
    assert take(store, "too soon") is None
    silence(store, one)
    start()
    until(lambda: is_over(store, one), 60)
    found = job(store, one.id)
    assert (found.state, found.attempts) == (JobState.DONE, 2)
    until(lambda: left(settings) == [str(one.id)])


def test_the_servers_worker_ends_with_it_even_when_that_is_killed(tmp_path: Path) -> None:
    code = "import time\nfrom service.cli_work import beside\nwith beside(): time.sleep(60)"
    home = tmp_path / "home"
    own = {"DARI_HOME": str(home), "DARI_DATABASE_URL": f"sqlite:///{tmp_path / 'jobs.sqlite3'}"}
    with subprocess.Popen([sys.executable, "-c", code], env={**os.environ, **own}) as server:
        until(lambda: is_alive(home), 60)
        [alive] = (home / "jobs").glob(".alive-*")
        pid = int(alive.name.rsplit("-", 1)[1])
        server.send_signal(signal.SIGKILL)
    until(lambda: not alive.exists())
    until(lambda: not Path(f"/proc/{pid}").exists())


def test_a_killed_worker_is_started_again(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARI_HOME", str(settings.home))
    monkeypatch.setenv("DARI_DATABASE_URL", settings.database)
    monkeypatch.setattr(cli_work, "_AGAIN_S", 0.1)
    seen: list[int] = []
    with cli_work.beside():
        for _ in range(2):
            pid = wait_for_worker(settings.home, seen)
            seen.append(pid)
            os.kill(pid, signal.SIGKILL)
        last = wait_for_worker(settings.home, seen)
    assert not Path(f"/proc/{last}").exists()


def wait_for_worker(home: Path, but: list[int]) -> int:
    """Give the process of a worker that is none of those seen before."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        names = [one.name for one in (home / "jobs").glob(".alive-*")]
        fresh = {int(name.rsplit("-", 1)[1]) for name in names} - {*but}
        if fresh:
            return fresh.pop()
        time.sleep(0.1)
    raise AssertionError("no worker has shown itself")
