"""Owns the process that does one job: it is told what by its stdin, and tells how far by stdout.

`python -m service.job_process`; it ends when its stdin does, that is, with the worker.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any, TextIO

_NICE = 10
_PAUSE_S = 0.2
"""How often progress is told at most."""


def main() -> None:
    """Do the job that the first line of stdin tells of."""
    told = _own_stdout()
    given = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_worker, daemon=True).start()
    os.nice(_NICE)  # pages come first
    told.write(json.dumps(_done(given, told), ensure_ascii=False) + "\n")
    told.flush()


def _own_stdout() -> TextIO:
    """Keep stdout for what the worker is told; whatever else is printed goes to stderr."""
    kept = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return kept


def _end_with_worker() -> None:
    """End at once when the worker does: nobody would take what comes of the work."""
    sys.stdin.read()
    os._exit(1)


def _done(given: dict[str, Any], told: TextIO) -> dict[str, Any]:
    from profiles import DariError
    from profiles.jobs import JobKind, told_of
    from service.settings import Settings
    from service.work import do

    tell = _Telling(told)
    try:
        settings = Settings(**given["settings"])
        outcome = do(JobKind(given["kind"]), settings, given["arguments"], Path(given["out"]), tell)
    except DariError as error:
        return {"error": told_of(error)}
    except Exception:
        traceback.print_exc()
        return {"crashed": True}
    return {"outcome": outcome}


class _Telling:
    """Tells the worker how far the work is, now and then."""

    def __init__(self, told: TextIO) -> None:
        self._told = told
        self._what, self._at = "", 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if what == self._what and done < total and now - self._at < _PAUSE_S:
            return
        self._what, self._at = what, now
        self._told.write(json.dumps({"progress": [what, done, total]}) + "\n")
        self._told.flush()


if __name__ == "__main__":
    main()
