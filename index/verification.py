"""Owns the proof that an index says what the database says, row by row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np

from index.encoder import Encoder
from index.filters import facts_of
from index.follower import Follower, MissingVectors
from index.halves import halved
from index.passages import PROFILE_FACETS, Facet, document, passages, subject_passage
from index.search_index import SearchIndex, digest_of
from index.snapshot import SnapshotError, load_newest
from index.writer import read_vector, vector_space
from profiles import AnyProfile, Side, Store, Tie
from profiles.consistency import faults

BATCH = 500
COSINE = 1 - 1e-5
"""The least cosine of a stored vector with a fresh one; rounding to float16 takes 1.2e-7 of it."""

_ROUNDS = 5

Where = Literal["database", "index", "snapshot"]
Progress = Callable[[str, int, int], None]
"""Told what is being compared, how many of it are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which a copy, or the database itself, is not what it should be."""

    where: Where
    kind: str
    id: str
    what: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What was compared and what differed; `snapshot` is None where there is none."""

    seq: int
    profiles: int
    ties: int
    snapshot: str | None
    differences: tuple[Difference, ...]

    def as_json(self) -> dict[str, Any]:
        """Give plain values for JSON."""
        return {
            "seq": self.seq,
            "profiles": self.profiles,
            "ties": self.ties,
            "snapshot": self.snapshot,
            "differences": [
                {"where": one.where, "kind": one.kind, "id": one.id, "what": one.what}
                for one in self.differences
            ],
        }


def verify(
    store: Store,
    encoder: Encoder,
    snapshots: Path | None = None,
    *,
    progress: Progress | None = None,
) -> Verification:
    """Compare the tables with each other, and an index and the newest snapshot with the tables.

    The index is one that a follower builds now; what the snapshot holds is brought up to the
    change log first, as a starting worker does. Stored vectors are compared with fresh ones.
    Somebody may write meanwhile: what seems to differ is looked at again.

    Raises:
        StoreError: if the database does not answer.
    """
    tell = progress or (lambda what, done, total: None)
    found = [Difference("database", f.kind, f.id, f.what) for f in faults(store)]
    try:
        fresh = Follower(store, encoder)
        index = fresh.catch_up()
    except MissingVectors as error:
        found.append(Difference("index", "vectors", str(error.value), error.rule))
        return Verification(store.last_seq(), 0, 0, None, tuple(found))
    found += _Comparison(store, encoder, fresh, "index", tell).differences()
    name, bad = _snapshot_state(store, index, snapshots)
    found += bad
    if name and not bad:
        follower = Follower(store, encoder, snapshots)
        found += _Comparison(store, encoder, follower, "snapshot", tell).differences()
    return Verification(index.seq, len(index.facts), len(index.history), name, tuple(found))


def _snapshot_state(
    store: Store, index: SearchIndex, folder: Path | None
) -> tuple[str | None, list[Difference]]:
    """Name the state of the newest snapshot, and what is wrong with it as a whole."""
    if folder is None:
        return None, []
    try:
        held = load_newest(folder, index.space, index.dimension, store.fingerprint)
    except SnapshotError as error:
        name = Path(str(error.value)).name
        return name, [Difference("snapshot", "snapshot", name, error.rule)]
    return (f"seq {held.seq}", []) if held is not None else (None, [])


class _Comparison:
    """Compares what one follower holds with the database."""

    def __init__(
        self, store: Store, encoder: Encoder, follower: Follower, where: Where, tell: Progress
    ) -> None:
        self._store, self._encoder, self._follower = store, encoder, follower
        self._where, self._tell = where, tell
        self._space = vector_space(encoder)

    def differences(self) -> Iterator[Difference]:
        newest = self._store.last_seq()
        index = self._follower.catch_up()
        if index.seq < newest:
            what = f"it stands at change {index.seq} of {newest}"
            yield Difference(self._where, "changes", str(index.seq), what)
        ids = {id for side in Side for id in _ids(self._store.each(side))} | index.facts.keys()
        yield from self._settled(ids, self._profiles, f"{self._where}: profiles")
        ties = set(_ids(self._store.ties())) | index.history.ties.keys()
        yield from self._settled(ties, self._ties, f"{self._where}: ties")
        yield from self._strays(self._follower.catch_up())

    def _settled(
        self, ids: Collection[str], compare: Callable[..., Iterable[Difference]], what: str
    ) -> Iterator[Difference]:
        """Compare a batch at a time; what differs while somebody writes is compared again."""
        done = 0
        self._tell(what, 0, len(ids))
        for batch in _batches(sorted(ids)):
            wanted: Sequence[str] = batch
            found: list[Difference] = []
            for _ in range(_ROUNDS):
                before = self._follower.catch_up().seq
                found = list(compare(self._follower.catch_up(), wanted))
                wanted = sorted({one.id for one in found})
                if not wanted or self._store.last_seq() == before:
                    break
            yield from found
            done += len(batch)
            self._tell(what, done, len(ids))

    def _profiles(self, index: SearchIndex, ids: Sequence[str]) -> Iterator[Difference]:
        held = self._store.get_many(ids)
        stored: dict[str, dict[str, bytes]] = {}
        for side in Side:
            of_side = [id for id, profile in held.items() if profile.side is side]
            stored |= self._store.vectors(side.value, of_side, self._space)
        texts = {id: passages(profile) for id, profile in held.items()}
        yield from self._stored(texts, stored)
        for id in ids:
            kind = held[id].side.value if id in held else "profile"
            for what in _profile_faults(index, id, held.get(id), stored.get(id, {})):
                yield Difference(self._where, kind, id, what)

    def _ties(self, index: SearchIndex, ids: Sequence[str]) -> Iterator[Difference]:
        held = self._store.get_ties(ids)
        stored = self._store.vectors("tie", ids, self._space)
        subjects = {id: subject_passage(tie) for id, tie in held.items()}
        texts: dict[str, Mapping[Facet, str]] = {
            id: {"subject": subject} if subject else {} for id, subject in subjects.items()
        }
        yield from self._stored(texts, stored)
        for id in ids:
            for what in _tie_faults(index, id, held.get(id), stored.get(id, {})):
                yield Difference(self._where, "tie", id, what)

    def _stored(
        self, texts: Mapping[str, Mapping[Facet, str]], stored: Mapping[str, Mapping[str, bytes]]
    ) -> Iterator[Difference]:
        """Compare stored vectors with fresh ones; once is enough, whatever is compared else."""
        if self._where != "index":
            return
        for id, fresh in self._encoded(texts).items():
            for what in _stored_faults(stored.get(id, {}), fresh):
                yield Difference("database", "vectors", id, what)

    def _encoded(
        self, texts: Mapping[str, Mapping[Facet, str]]
    ) -> dict[str, dict[str, np.ndarray[Any, Any]]]:
        flat = [(id, facet, text) for id, of_id in texts.items() for facet, text in of_id.items()]
        vectors = self._encoder.encode([text for _, _, text in flat], role="passage")
        made: dict[str, dict[str, np.ndarray[Any, Any]]] = {id: {} for id in texts}
        for (id, facet, _), vector in zip(flat, vectors, strict=True):
            made[id][facet] = vector
        return made

    def _strays(self, index: SearchIndex) -> Iterator[Difference]:
        """Find what the parts of an index hold of profiles that the index itself does not."""
        for side in Side:
            ids = {id for id, facts in index.facts.items() if facts.side is side}
            for facet in PROFILE_FACETS:
                for id in sorted(set(index.facets[side, facet].ids) - ids):
                    yield Difference(self._where, side.value, id, f"a stray vector of '{facet}'")
            words = len(index.lexical[side])
            if words != len(ids):
                what = f"lexical search holds {words} documents of {len(ids)}"
                yield Difference(self._where, side.value, "*", what)


def _profile_faults(
    index: SearchIndex,
    id: str,
    profile: AnyProfile | None,
    stored: Mapping[str, bytes],
) -> Iterator[str]:
    if profile is None or id not in index.facts:
        if (profile is None) != (id not in index.facts):
            yield "it is held, but not indexed" if profile else "it is indexed, but not held"
        return
    if index.facts[id] != facts_of(profile):
        yield "its facts differ"
    if index.documents[id] != digest_of(document(profile)):
        yield "its document differs"
    for facet in PROFILE_FACETS:
        held = index.facets[profile.side, facet]
        indexed = held.vectors([id])[0] if id in held else None
        yield from _indexed_faults(facet, indexed, stored.get(facet), exact=True)


def _tie_faults(
    index: SearchIndex, id: str, tie: Tie | None, stored: Mapping[str, bytes]
) -> Iterator[str]:
    indexed = index.history.ties.get(id)
    if tie is None or indexed is None:
        if tie is not indexed:
            yield "it is held, but not indexed" if tie else "it is indexed, but not held"
        return
    if indexed != tie:
        yield "its facts differ"
    # Ties with the same subject share one vector, which may come from another encoding of it.
    vector = index.history.vector(id)
    yield from _indexed_faults("subject", vector, stored.get("subject"), exact=False)


def _stored_faults(
    stored: Mapping[str, bytes], fresh: Mapping[str, np.ndarray[Any, Any]]
) -> Iterator[str]:
    for facet in sorted(stored.keys() - fresh.keys()):
        yield f"a vector of '{facet}' is stored, but there is no text for it"
    for facet, vector in fresh.items():
        if facet not in stored:
            yield f"the vector of '{facet}' is not stored"
        elif len(stored[facet]) != 2 * len(vector):
            yield f"the stored vector of '{facet}' has {len(stored[facet])} bytes"
        elif not _near(read_vector(stored[facet]), vector):
            yield f"the stored vector of '{facet}' is not that of its text"


def _indexed_faults(
    facet: str, indexed: np.ndarray[Any, Any] | None, data: bytes | None, *, exact: bool
) -> Iterator[str]:
    if indexed is None or data is None:
        if (indexed is None) != (data is None):
            said = "stored, but not indexed" if data is not None else "indexed, but not stored"
            yield f"the vector of '{facet}' is {said}"
        return
    stored = halved(read_vector(data))
    same = indexed.shape == stored.shape
    if not same or not (np.array_equal(indexed, stored) if exact else _near(indexed, stored)):
        yield f"the indexed vector of '{facet}' is not the stored one"


def _near(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    lengths = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
    if lengths == 0:
        return not one.any() and not other.any()
    return float(one @ other) / lengths >= COSINE


def _ids(records: Iterable[AnyProfile | Tie]) -> Iterator[str]:
    return (record.id for record in records)


def _batches(ids: Sequence[str]) -> Iterator[list[str]]:
    stream = iter(ids)
    while batch := list(islice(stream, BATCH)):
        yield batch
