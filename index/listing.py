"""Owns the lists of profiles as they stand now.

A process holds what lists look at in columns, and follows the change log, as names do. Nothing
of it is kept: it is read from the database again after a restart.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from itertools import islice

from index.shelf import Asked, Listed, Shelf
from profiles import Side, Store
from profiles.store import ListedRow

_READ = 2_000


class Listing:
    """Follows the profiles of the store: what was written stands in the next list."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._begin()

    def ask(self, side: Side, asked: Asked) -> Listed:
        """Answer what is asked of a side, as it stands now.

        Raises:
            StoreError: if the database does not answer.
        """
        with self._lock:
            self._catch_up()
            return self._shelves[side].ask(asked)

    def among(self, side: Side, ids: Iterable[str], asked: Asked) -> list[str]:
        """Keep those of some ids that pass the filters, but have not all of the terms.

        Raises:
            StoreError: if the database does not answer.
        """
        with self._lock:
            self._catch_up()
            return self._shelves[side].among(ids, asked)

    def all_ids(self, side: Side, asked: Asked) -> list[str]:
        """Give all profiles of a side that pass, in the order that is asked for.

        Raises:
            StoreError: if the database does not answer.
        """
        with self._lock:
            self._catch_up()
            return self._shelves[side].all_ids(asked)

    def _begin(self) -> None:
        self._seq, self._fingerprint = 0, self._store.fingerprint(0)
        self._shelves = {side: Shelf(side) for side in Side}

    def _catch_up(self) -> None:
        while (newest := self._store.last_seq()) != self._seq:
            if self._store.fingerprint(self._seq) != self._fingerprint:
                self._begin()
            if self._seq == 0:  # what is read is of `newest` or later; what is later comes again
                rows = self._store.listed()
                while some := list(islice(rows, _READ)):
                    self._put(some)
                self._seq = newest
            else:
                changes = self._store.changes_after(self._seq)
                if not changes:
                    return
                self._apply({change.id for change in changes if change.kind in tuple(Side)})
                self._seq = changes[-1].seq
            self._fingerprint = self._store.fingerprint(self._seq)

    def _apply(self, ids: set[str]) -> None:
        held = list(self._store.listed(ids))
        sides = {one.id: one.side for one in held}
        for side, shelf in self._shelves.items():
            for id in ids:
                if sides.get(id) is not side:
                    shelf.remove(id)
        self._put(held)

    def _put(self, held: Sequence[ListedRow]) -> None:
        for side, shelf in self._shelves.items():
            shelf.put_many([one for one in held if one.side is side])
