"""Owns how long a search may take: in steps that every machine counts alike, and by the clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

_LOOK_EVERY = 0.05
_STEPS_PER_SECOND = 0.5
"""Deterministic seconds of CP-SAT granted for each second: they end before the clock does."""


def _never() -> bool:
    return False


@dataclass
class Effort:
    """What a search may still spend.

    Attributes:
        seconds: by the clock, in all.
        stopped: tells whether somebody wants it to end.
        steps: deterministic seconds that are left; they alone end a search on a quiet machine.
    """

    seconds: float
    stopped: Callable[[], bool] = _never
    steps: float = 0.0
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.steps = self.seconds * _STEPS_PER_SECOND

    @property
    def spent(self) -> float:
        """Seconds by the clock since it began."""
        return time.monotonic() - self.began

    @property
    def left(self) -> float:
        """Seconds by the clock that are left, 0 or more."""
        return max(self.seconds - self.spent, 0.0)

    @property
    def over(self) -> bool:
        """Whether the search has to end."""
        return self.steps <= 0 or self.left <= 0 or self.stopped()

    @contextmanager
    def watched(self, end: Callable[[], None]) -> Iterator[None]:
        """Call `end` from another thread as soon as somebody wants the search to end."""
        done = Event()

        def watch() -> None:
            while not done.wait(_LOOK_EVERY):
                if self.stopped():
                    end()

        watcher = Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()
