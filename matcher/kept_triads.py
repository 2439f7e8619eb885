"""Owns the triads that were chosen a moment ago, kept until anything that they rest on moves."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import TYPE_CHECKING

from profiles.places import open_cases

if TYPE_CHECKING:
    from matcher.sources import Sources
    from matcher.triads import Triads, TriadsAsked

MOST_KEPT = 8


class KeptTriads:
    """Keeps the last few outcomes of `triads_of`; its page, chart and files ask for the same.

    An outcome goes with the index as it stood (its `seq`), the ranker that spoke, the programme,
    the question, the day and the open cases of that day. Once the index has moved on, none is left.
    Threads may share one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state: tuple[object, int] | None = None
        self._found: OrderedDict[Hashable, Triads] = OrderedDict()

    def of(self, sources: Sources, programme_id: str, asked: TriadsAsked) -> Triads:
        """Give what `triads_of` gives; it chooses anew only where something has changed.

        Raises:
            UnknownId: if there is no such programme.
            InvalidRecord: as `triads_of`.
        """
        from matcher.triads import triads_of  # what is wired loads no more than it needs

        state = _state(sources)
        key = _key(sources, programme_id, asked)
        held = self._held(state, key)
        if held is not None:
            return held
        found = triads_of(sources, programme_id, asked)
        if _state(sources) == state:  # else somebody wrote meanwhile, and it may be of neither
            self._keep(state, key, found)
        return found

    def _held(self, state: tuple[object, int], key: Hashable) -> Triads | None:
        with self._lock:
            if self._state != state:
                self._state = state
                self._found.clear()
            if key in self._found:
                self._found.move_to_end(key)
            return self._found.get(key)

    def _keep(self, state: tuple[object, int], key: Hashable, found: Triads) -> None:
        with self._lock:
            if self._state == state:
                self._found[key] = found
                if len(self._found) > MOST_KEPT:
                    self._found.popitem(last=False)


def _state(sources: Sources) -> tuple[object, int]:
    index = sources.index
    return index, index.seq


def _key(sources: Sources, programme_id: str, asked: TriadsAsked) -> Hashable:
    on = sources.matchmaker.day(sources.store.programme(programme_id), asked.as_of)
    busy = frozenset(open_cases(sources.store, on).items())
    return programme_id, asked, on, sources.matchmaker.model_version, busy
