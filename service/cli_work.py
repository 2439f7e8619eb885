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
    """Have a worker run as a process of its own that ends with this one, however this one ends."""
    own = os.getpid()
    process = subprocess.Popen(
        [sys.executable, "-m", "service", "work", "--with-parent", str(own)],
        stdin=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        if os.getpid() == own:  # and not one of the server's, which are copies of this one
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, OSError):
        process.terminate()
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
