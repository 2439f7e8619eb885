"""Owns the following of the change log: an index in memory that is never behind an answer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import cast

from index.encoder import Encoder
from index.filters import facts_of
from index.passages import Facet, document
from index.search_index import Entry, SearchIndex
from index.snapshot import SnapshotError, load_newest, save, standing
from index.writer import read_vector, read_vectors, vector_space
from profiles import AnyProfile, Change, DariError, Side, Store, Tie

_LOG = logging.getLogger(__name__)
_AT_ONCE = 2_000
"""How many changes are read and applied at a time."""


class MissingVectors(DariError):
    """Records in the store that have no vectors of the encoder in use."""


class Follower:
    """Holds a `SearchIndex` and brings it up to the change log before each answer."""

    def __init__(self, store: Store, encoder: Encoder, snapshots: Path | None = None) -> None:
        self._store = store
        self._snapshots = snapshots
        self._lock = threading.Lock()
        self._encoder = encoder
        self._index = self._start()
        self._read_at = self._index.seq if len(self._index.facts) else None
        self._fingerprint = store.fingerprint(self._index.seq)

    def since(self, seq: int) -> SearchIndex:
        """Give the index if it holds the changes up to a seq, else after it caught up."""
        return self._index if self._index.seq >= seq else self.catch_up()

    def catch_up(self) -> SearchIndex:
        """Apply every change that the index has missed, and give it.

        Where the log is not the one that was followed (another database was put in place), the
        index is built anew.

        Raises:
            MissingVectors: if a record was written under another encoder.
            StoreError: if the database does not answer.
        """
        with self._lock:
            while (newest := self._store.last_seq()) != self._index.seq:
                if self._store.fingerprint(self._index.seq) != self._fingerprint:
                    _LOG.warning("the database is another one: the index is built anew")
                    self._index, self._fingerprint, self._read_at = self._empty(), "", None
                self._follow(newest)
            return self._index

    def write_snapshot(self) -> Path | None:
        """Write what the index holds to disk, so that the next process starts fast.

        Returns:
            The folder of the snapshot, None where this follower keeps none.

        Raises:
            SnapshotError: if it cannot be written.
            MissingVectors: if a record was written under another encoder.
            StoreError: if the database does not answer.
        """
        if self._snapshots is None:
            return None
        self.catch_up()
        with self._lock:
            return save(self._index, self._snapshots, self._documents, self._fingerprint)

    def save_snapshot(self) -> Path | None:
        """Write a snapshot if that can be done; a failure is logged, and whoever asked goes on.

        The one that this follower has read is left as it stands while nothing has come after it.
        """
        try:
            return self._read() or self.write_snapshot()
        except DariError as error:
            _LOG.warning("no snapshot was written: %s", error)
            return None

    def _read(self) -> Path | None:
        """Find the snapshot of the index as it is now, if that is the one which was read."""
        if self._snapshots is None or self.catch_up().seq != self._read_at:
            return None
        return standing(self._index, self._snapshots)

    def _documents(self, ids: Collection[str]) -> dict[str, str]:
        return {id: document(profile) for id, profile in self._store.get_many(ids).items()}

    def _empty(self) -> SearchIndex:
        return SearchIndex(self._encoder.dimension, vector_space(self._encoder))

    def _start(self) -> SearchIndex:
        empty = self._empty()
        if self._snapshots is None:
            return empty
        fingerprint = self._store.fingerprint
        try:
            found = load_newest(self._snapshots, empty.space, empty.dimension, fingerprint)
        except SnapshotError as error:
            _LOG.warning("snapshot not used, the index is built anew: %s", error)
            return empty
        return found or empty

    def _follow(self, newest: int) -> None:
        changes = self._store.changes_after(self._index.seq)
        if not changes:
            return
        with self._index.growing():
            for start in range(0, len(changes), _AT_ONCE):
                self._apply_some(changes[start : start + _AT_ONCE], newest)

    def _apply_some(self, changes: list[Change], newest: int) -> None:
        try:
            self._apply(changes)
        except MissingVectors:
            # A record that is erased and made again while it is read seems to have none.
            if self._store.last_seq() == newest:
                raise
            self._apply(changes)

    def _apply(self, changes: list[Change]) -> None:
        self._apply_profiles({
            side: {change.id for change in changes if change.kind == side.value} for side in Side
        })
        self._apply_ties({change.id for change in changes if change.kind == "tie"})
        # Both move together: after a failure later on, what was applied so far still counts.
        seq = changes[-1].seq
        self._fingerprint = self._store.fingerprint(seq)
        self._index.seq = seq

    def _apply_profiles(self, changed: dict[Side, set[str]]) -> None:
        # Vectors first: a profile that is erased between the two readings is then simply gone.
        ids = set().union(*changed.values())
        vectors = self._vectors_of(changed, ids)
        found = self._store.get_many(ids)
        _refuse_missing(found.keys() - vectors.keys(), self._index.space)
        for id in ids - found.keys():
            self._index.remove(id)
        there = sorted(found)
        self._index.put_many(_entries([found[id] for id in there], [vectors[id] for id in there]))

    def _vectors_of(
        self, changed: dict[Side, set[str]], ids: set[str]
    ) -> dict[str, dict[str, bytes]]:
        """Read the vectors of ids, each first on the side that its change names.

        An id may be of the other side by now: erased, and made again there.
        """
        found: dict[str, dict[str, bytes]] = {}
        for wanted in (changed, dict.fromkeys(Side, ids)):
            for side, some in wanted.items():
                if left := some - found.keys():
                    found |= self._store.vectors(side.value, left, self._index.space)
        return found

    def _apply_ties(self, ids: set[str]) -> None:
        vectors = self._store.vectors("tie", ids, self._index.space)
        found = self._store.get_ties(ids)
        _refuse_missing(_with_subject(found.values()) - vectors.keys(), self._index.space)
        for id in sorted(ids):
            if id not in found:
                self._index.history.remove(id)
                continue
            data = vectors.get(id, {}).get("subject")
            self._index.history.put(found[id], read_vector(data) if data else None)


def _entries(profiles: list[AnyProfile], data: list[dict[str, bytes]]) -> list[Entry]:
    """Make the entries of profiles with their stored vectors, which are read all at once."""
    stored = [one for facets in data for one in facets.values()]
    vectors = iter(read_vectors(stored) if stored else ())
    return [
        Entry(
            profile.id,
            facts_of(profile),
            document(profile),
            {cast(Facet, facet): next(vectors) for facet in facets},
        )
        for profile, facets in zip(profiles, data, strict=True)
    ]


def _with_subject(ties: Iterable[Tie]) -> set[str]:
    return {tie.id for tie in ties if tie.subject}


def _refuse_missing(ids: set[str], space: str) -> None:
    if ids:
        raise MissingVectors(
            value=", ".join(sorted(ids)[:5]),
            rule=f"{len(ids)} records have no vectors of the encoder in use ({space}).",
            remedy="Run `dari init` once with the present settings: it encodes what is missing.",
        )
