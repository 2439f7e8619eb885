"""Owns the worker: it takes jobs from the database, and does each in a process of its own."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from profiles import DariError, Store
from profiles.jobs import (
    Job,
    JobError,
    JobKind,
    JobState,
    LeaseLost,
    beat,
    end,
    give_back,
    is_running,
    open_jobs,
    take,
    told_of,
)
from service.publishing import JOBS, folder_of, publish
from service.settings import Settings

__all__ = ["Worker", "folder_of", "is_alive"]

BEAT_S = 1.0
"""How often the worker says that it lives, and hears whether its job is cancelled."""

ALIVE_S = 20.0
"""How long ago a worker may have shown itself to count as alive."""

COMMAND = (sys.executable, "-m", "service.job_process")
"""What does a job."""

_IDLE_S = 1.0
_TROUBLE_S = 5.0
_PATIENCE_S = 5.0
_WORK = ".work-"
_ALIVE = ".alive-"

log = logging.getLogger("dari.worker")


def is_alive(home: Path) -> bool:
    """Tell whether a worker of this home has shown itself lately."""
    with suppress(OSError):
        now = time.time()
        return any(now - one.stat().st_mtime < ALIVE_S for one in (home / JOBS).glob(f"{_ALIVE}*"))
    return False


@dataclass(frozen=True, slots=True)
class _Ended:
    """How the process of a job ended: with a word of what came of it, or by itself."""

    said: dict[str, Any]
    status: int


class Worker:
    """Takes jobs, one at a time, until it is asked to stop.

    Whatever a job writes lies in one folder that goes when the job's process ends, however it
    ends; only what a done job made takes its place, by one rename, in the transaction that says so.

    Args:
        settings: of the installation.
        store: where the jobs are.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store
        self._folder = settings.home / JOBS
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Ask the worker to stop: its job waits again, for another."""
        self._stopped.set()

    def run(self, *, once: bool = False) -> None:
        """Work until asked to stop; with `once`, until nothing is left to do.

        Raises:
            OSError: if the home cannot be written.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            while not self._stopped.is_set():
                worked = self._tried()
                if once and not worked:
                    return
                if not worked:
                    self._stopped.wait(_IDLE_S)
        finally:
            self._alive.unlink(missing_ok=True)

    @property
    def _alive(self) -> Path:
        return self._folder / f"{_ALIVE}{self._name.replace(':', '-')}"

    def _tried(self) -> bool:
        """Do the next job; a database that does not answer is asked again later."""
        self._alive.touch()
        try:
            self._sweep()
            found = take(self._store, self._name)
            if found is not None:
                self._do(found)
            return found is not None
        except LeaseLost as error:
            log.warning("%s", error)
        except DariError as error:
            log.error("%s", error)
            self._stopped.wait(_TROUBLE_S)
        return False

    def _sweep(self) -> None:
        """Take away what workers left that were killed, and lists of workers that are gone."""
        for left in self._folder.glob(f"{_WORK}*"):
            id, _, attempt = left.name.removeprefix(_WORK).partition("-")
            known = id.isdigit() and attempt.isdigit()
            if not known or not is_running(self._store, int(id), int(attempt)):
                shutil.rmtree(left, ignore_errors=True)
        self._forget_received()
        for gone in self._folder.glob(f"{_ALIVE}*"):
            with suppress(OSError):
                if time.time() - gone.stat().st_mtime > 60 * ALIVE_S:
                    gone.unlink()

    def _forget_received(self) -> None:
        """Delete the ZIPs and run files whose jobs are over."""
        from evaluation import Received

        received = Received(self._settings.home)
        if received.all():
            open_ones = open_jobs(self._store, JobKind.CONVERT, JobKind.RUN)
            received.forget({str(one.arguments.get("file")) for one in open_ones})

    def _do(self, job: Job) -> None:
        log.info("Job %s (%s): begun by %s", job.id, job.kind.value, self._name)
        work = self._folder / f"{_WORK}{job.id}-{job.attempts}"
        shutil.rmtree(work, ignore_errors=True)
        (work / "out").mkdir(parents=True)
        try:
            with _Process(self._settings, job, work) as process:
                state = self._followed(job, process)
                if state is not None:
                    self._let_go(job, state)
                else:
                    self._finish(job, process.ended(), work / "out")
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _followed(self, job: Job, process: _Process) -> JobState | None:
        """Beat until the process ends (None), the job is cancelled, or the worker stops."""
        while not process.wait(BEAT_S):
            self._alive.touch()
            if not beat(self._store, job, *process.progress):
                return JobState.CANCELLED
            if self._stopped.is_set():
                return JobState.QUEUED
        return None

    def _let_go(self, job: Job, state: JobState) -> None:
        """End a job that is cancelled, or let it wait again; its process has been ended."""
        log.info("Job %s: %s", job.id, state.value)
        if state is JobState.CANCELLED:
            end(self._store, job, state)
        else:
            give_back(self._store, job)

    def _finish(self, job: Job, ended: _Ended, out: Path) -> None:
        if "outcome" in ended.said:
            self._publish(job, ended.said["outcome"], out)
            return
        error = ended.said.get("error")
        if error is None:
            crashed = "crashed" in ended.said or ended.status >= 0
            wrong = JobError("job", "job_crashed", job.id) if crashed else _killed(ended.status)
            error = told_of(wrong)
        log.error("Job %s: failed: %s", job.id, " ".join(error["en"]))
        end(self._store, job, JobState.FAILED, error=error)

    def _publish(self, job: Job, outcome: dict[str, Any], out: Path) -> None:
        """Put what came of a job in its place; what cannot be put there fails the job."""
        try:
            end(
                self._store,
                job,
                JobState.DONE,
                outcome=outcome,
                publish=lambda: publish(self._settings.home, job, out),
            )
            log.info("Job %s: done", job.id)
        except LeaseLost:
            raise
        except (DariError, OSError) as error:
            wrong = error if isinstance(error, DariError) else _unwritable(self._folder, error)
            end(self._store, job, JobState.FAILED, error=told_of(wrong))


class _Process:
    """The process of a job, what it has told, and its end with the `with`."""

    def __init__(self, settings: Settings, job: Job, work: Path) -> None:
        self._given = {
            "settings": json.loads(settings.model_dump_json()),
            "kind": job.kind.value,
            "arguments": dict(job.arguments),
            "out": str(work / "out"),
        }
        self._work = work
        self.progress: tuple[str, int, int] = ("", 0, 0)
        self._said: dict[str, Any] = {}

    def __enter__(self) -> _Process:
        self._process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "TMPDIR": str(self._work)},
            start_new_session=True,
        )
        with suppress(BrokenPipeError):
            self._stdin.write(json.dumps(self._given) + "\n")
            self._stdin.flush()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    @property
    def _stdin(self) -> Any:
        return self._process.stdin

    def _read(self) -> None:
        for line in self._process.stdout or ():
            with suppress(ValueError):
                said = json.loads(line)
                if "progress" in said:
                    self.progress = tuple(said["progress"])
                else:
                    self._said = said

    def wait(self, seconds: float) -> bool:
        """Wait for the end, but no longer than that; tell whether it has come."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
            return True
        return False

    def ended(self) -> _Ended:
        """Give what the process said last, and how it ended."""
        status = self._process.wait()
        self._reader.join(_PATIENCE_S)
        return _Ended(self._said, status)

    def __exit__(self, *_: object) -> None:
        """End the process with whatever it has started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join(_PATIENCE_S)
        with suppress(BrokenPipeError):
            self._stdin.close()
        if self._process.stdout:
            self._process.stdout.close()


def _killed(status: int) -> JobError:
    return JobError("job", "job_killed", signal.Signals(-status).name)


def _unwritable(folder: Path, error: OSError) -> DariError:
    from evaluation import ShelfError

    return ShelfError("set_unwritable", folder, why=error.strerror or error)
