"""Owns the following of the change log: an index in memory that is never behind an answer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from pathlib import Path

from index.encoder import Encoder
from index.filters import facts_of
from index.passages import document
from index.search_index import Entry, SearchIndex
from index.snapshot import SnapshotError, discard, load_newest, save
from index.writer import read_vector, vector_space
from profiles import AnyProfile, Change, DariError, Side, Store, Tie

_LOG = logging.getLogger(__name__)
_PROFILE_KINDS = frozenset(side.value for side in Side)


class MissingVectors(DariError):
    """Records in the store that have no vectors of the encoder in use."""


class Follower:
    """Holds a `SearchIndex` and brings it up to the change log before each answer."""

    def __init__(self, store: Store, encoder: Encoder, snapshots: Path | None = None) -> None:
        self._store = store
        self._snapshots = snapshots
        self._lock = threading.Lock()
        self._index = self._start(SearchIndex(encoder.dimension, vector_space(encoder)))

    def catch_up(self) -> SearchIndex:
        """Apply every change that the index has missed, and give it.

        Raises:
            MissingVectors: if a record was written under another encoder.
            StoreError: if the database does not answer.
        """
        with self._lock:
            while self._store.last_seq() > self._index.seq:
                self._apply(self._store.changes_after(self._index.seq))
            return self._index

    def save_snapshot(self) -> Path | None:
        """Write what the index holds to disk, so that the next process starts fast."""
        if self._snapshots is None:
            return None
        index = self.catch_up()
        with self._lock:
            return save(index, self._snapshots)

    def _start(self, empty: SearchIndex) -> SearchIndex:
        if self._snapshots is None:
            return empty
        try:
            found = load_newest(self._snapshots, empty.space, empty.dimension)
        except SnapshotError as error:
            _LOG.warning("snapshot not used, the index is built anew: %s", error)
            return empty
        if found is not None and found.seq > self._store.last_seq():
            _LOG.warning("snapshot dropped: it is ahead of the database (seq %d)", found.seq)
            discard(self._snapshots)
            return empty
        return found or empty

    def _apply(self, changes: list[Change]) -> None:
        profiles = {change.id for change in changes if change.kind in _PROFILE_KINDS}
        ties = {change.id for change in changes if change.kind == "tie"}
        self._apply_profiles(profiles)
        self._apply_ties(ties)
        self._index.seq = changes[-1].seq

    def _apply_profiles(self, ids: set[str]) -> None:
        # Vectors first: a profile that is erased between the two readings is then simply gone.
        vectors = {
            id: facets
            for side in Side
            for id, facets in self._store.vectors(side.value, ids, self._index.space).items()
        }
        found = self._store.get_many(ids)
        _refuse_missing(found.keys() - vectors.keys(), self._index.space)
        for id in sorted(ids):
            if id in found:
                self._index.put(_entry(found[id], vectors[id]))
            else:
                self._index.remove(id)

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


def _entry(profile: AnyProfile, data: dict[str, bytes]) -> Entry:
    vectors = {facet: read_vector(bytes_) for facet, bytes_ in data.items()}
    return Entry(profile.id, facts_of(profile), document(profile), vectors)  # type: ignore[arg-type]


def _with_subject(ties: Iterable[Tie]) -> set[str]:
    return {tie.id for tie in ties if tie.subject}


def _refuse_missing(ids: set[str], space: str) -> None:
    if ids:
        raise MissingVectors(
            value=", ".join(sorted(ids)[:5]),
            rule=f"{len(ids)} records have no vectors of the encoder in use ({space}).",
            remedy="Run `dari init` once with the present settings: it encodes what is missing.",
        )
