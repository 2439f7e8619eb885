"""Owns the `work` command: a worker on its own, which does what pages have asked for."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from service.console import read_settings

if TYPE_CHECKING:
    from profiles import Store
    from service.worker import Worker

_PATIENCE_S = 15
_LOOK_S = 0.5
_AGAIN_S = 1.0
_LONGEST_AGAIN_S = 60.0


@click.command()
@click.option("--once", is_flag=True, help="End when nothing is left to do.")
@click.option("--with-parent", type=int, hidden=True, help="End with the process of this number.")
def work(once: bool, with_parent: int | None) -> None:
    """Do the evaluations and trainings that pages have asked for, one at a time.

    `dari serve` starts such a worker itself; this one may run beside it, or on a second machine
    that shares the database and DARI_HOME. It can be stopped at any time: its job waits then.
    """
    from service.wiring import make_home
    from service.worker import Worker

    settings = read_settings()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    make_home(settings.home)
    store = _migrated(settings.database)
    worker = Worker(settings, store)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    if with_parent is not None:
        threading.Thread(target=_stop_with, args=(with_parent, worker), daemon=True).start()
    try:
        worker.run(once=once)
    finally:
        store.close()


def _migrated(url: str) -> Store:
    from profiles import Store

    store = Store.open(url)
    if not store.is_migrated:
        store.migrate()
    return store


def _stop_with(parent: int, worker: Worker) -> None:
    """Stop when the parent is gone: a pipe would not tell, for the server's copies hold it, too."""
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    worker.stop()


@contextmanager
def beside() -> Iterator[None]:
    """Have a worker run as a process of its own that ends with this one, however this one ends.

    One that dies is started again, after a while that grows as long as it keeps dying at once.
    """
    own, keeper = os.getpid(), _Keeper()
    keeper.start()
    try:
        yield
    finally:
        if os.getpid() == own:  # and not one of the server's, which are copies of this one
            keeper.stop()


class _Keeper(threading.Thread):
    """Starts the worker, and starts it again whenever it has ended by itself."""

    def __init__(self) -> None:
        super().__init__(name="keeper of the worker", daemon=True)
        self._parent = str(os.getpid())
        self._stopped, self._lock = threading.Event(), threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Keep a worker alive until `stop`."""
        pause = _AGAIN_S
        while (process := self._begin()) is not None:
            begun = time.monotonic()
            while process.poll() is None and not self._stopped.wait(_LOOK_S):
                pass
            if not self._stopped.is_set():
                has_lasted = time.monotonic() - begun > _LONGEST_AGAIN_S
                pause = _AGAIN_S if has_lasted else pause
                click.echo(f"The worker has ended; it starts again in {pause:g} s.", err=True)
                self._stopped.wait(pause)
                pause = min(2 * pause, _LONGEST_AGAIN_S)

    def stop(self) -> None:
        """End the worker, for good."""
        self._stopped.set()
        with self._lock:
            if self._process is not None:
                _end(self._process)

    def _begin(self) -> subprocess.Popen[bytes] | None:
        """Start a worker, unless all is to stop."""
        with self._lock:
            if self._stopped.is_set():
                return None
            command = [sys.executable, "-m", "service", "work", "--with-parent", self._parent]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
            return self._process


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, OSError):
        process.terminate()
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
