"""Owns the records that a matchmaker has read; they are kept until anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from profiles import AnyProfile, Programme, Store

_MOST_KEPT = 20_000


class Records:
    """Reads profiles and programmes, and keeps them for as long as the change log stands still.

    One `seq` of the change log has one content, so nothing that is kept can be out of date, and
    what was erased is dropped by the next answer.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seq = -1
        self._profiles: Mapping[str, AnyProfile] = {}
        self._programmes: Sequence[Programme] | None = None

    def profiles(self, ids: Iterable[str], seq: int) -> Mapping[str, AnyProfile]:
        """Give the profiles that exist among `ids`, as of a seq of the change log."""
        self._forget_before(seq)
        kept, wanted = self._profiles, list(ids)
        missing = [id for id in wanted if id not in kept]
        if missing:
            if len(kept) + len(missing) > _MOST_KEPT:
                kept = {}
                missing = wanted
            kept = self._profiles = {**kept, **self._store.get_many(missing)}
        return {id: kept[id] for id in wanted if id in kept}

    def programmes(self, seq: int) -> Sequence[Programme]:
        """Give all programmes by id, as of a seq of the change log."""
        self._forget_before(seq)
        if self._programmes is None:
            self._programmes = self._store.programmes()
        return self._programmes

    def _forget_before(self, seq: int) -> None:
        if seq != self._seq:
            self._seq, self._profiles, self._programmes = seq, {}, None
