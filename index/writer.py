"""Owns the writing of records with their vectors: every text is encoded once, here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

import numpy as np

from index.backend import Floats
from index.encoder import Encoder, normalised
from index.passages import PASSAGE_VERSION, Facet, passages, subject_passage
from profiles import AnyProfile, Side, Store, Tie, Vectors
from profiles.fusing import Choice
from profiles.merges import Merge
from profiles.merging import merge
from profiles.store import SYSTEM
from profiles.unmerging import unmerge

BATCH = 1_000

T = TypeVar("T")
Kept = TypeVar("Kept", bound=AnyProfile | Tie)
Entry = TypeVar("Entry")
Progress = Callable[[int], None]
"""Told how many records more are done."""


def vector_space(encoder: Encoder) -> str:
    """Name what vectors must share to be compared: the encoder and the passage version."""
    return f"{encoder.encoder_id}/p{PASSAGE_VERSION}"


class Writer:
    """Writes profiles and ties to the store together with their vectors."""

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._store = store
        self._encoder = encoder

    @property
    def space(self) -> str:
        """The space of the vectors that this writer makes."""
        return vector_space(self._encoder)

    def put(
        self,
        profile: AnyProfile,
        *,
        new: bool = False,
        by: str = SYSTEM,
        base: int | None = None,
    ) -> int:
        """Write one profile as `by`; give the newest seq.

        Raises:
            IdTaken: if the id belongs to the other side, or exists and `new` is set.
            StaleEdit: if `base` is given and the profile stands at another revision.
        """
        return self._store.put_many(self._with_vectors([profile]), new=new, by=by, base=base)

    def put_many(
        self,
        profiles: Iterable[AnyProfile],
        *,
        by: str = SYSTEM,
        progress: Progress | None = None,
    ) -> int:
        """Write profiles as `by`, a transaction a batch; give how many were new or changed.

        Raises:
            IdTaken: if an id belongs to the other side.
        """
        return _total(self.put_batches(_batches(profiles), by=by), progress)

    def put_ties(
        self, ties: Iterable[Tie], *, by: str = SYSTEM, progress: Progress | None = None
    ) -> int:
        """Write ties as `by`, a transaction a batch; give how many were new or changed."""
        return _total(self.put_tie_batches(_batches(ties), by=by), progress)

    def put_tie(
        self, tie: Tie, *, new: bool = False, by: str = SYSTEM, base: int | None = None
    ) -> int:
        """Write one tie as `by`; give the newest seq.

        Raises:
            IdTaken: if the id exists and `new` is set.
            StaleEdit: if `base` is given and the tie stands at another revision.
        """
        return self._store.put_ties(self._ties_with_vectors([tie]), new=new, by=by, base=base)

    def put_batches(
        self,
        batches: Iterable[Sequence[AnyProfile]],
        *,
        by: str = SYSTEM,
        merging: tuple[int, int] | None = None,
    ) -> Iterator[tuple[int, int]]:
        """Write batches of profiles as `by`, and yield (size, how many were new or changed).

        Each batch is one transaction. While one is encoded, the next is taken from `batches`.

        Raises:
            IdTaken: if an id belongs to the other side.
            MergedMeanwhile: if merging does not stand at `merging` any more.
        """
        return _overlapped(
            batches,
            lambda batch: self._store.changed(batch, self.space),
            self._with_vectors,
            lambda entries: _all_of(entries, self._store.put_many(entries, by=by, merging=merging)),
        )

    def put_tie_batches(
        self, batches: Iterable[Sequence[Tie]], *, by: str = SYSTEM
    ) -> Iterator[tuple[int, int]]:
        """Write batches of ties as `put_batches` writes profiles."""
        return _overlapped(
            batches,
            lambda batch: self._store.changed_ties(batch, self.space),
            self._ties_with_vectors,
            lambda entries: _all_of(entries, self._store.put_ties(entries, by=by)),
        )

    def merge(
        self,
        keep: str,
        drop: str,
        *,
        by: str = SYSTEM,
        base: tuple[int, int] | None = None,
        choices: Mapping[str, Choice] | None = None,
    ) -> Merge:
        """Merge the profile `drop` into `keep` as `by`; see `profiles.merging.merge`.

        Raises:
            InvalidRecord: if the two cannot be merged, or a choice is none.
            StaleEdit: if one of them has changed since the revisions `base`.
            UnknownId: if there is no such profile.
        """
        of = self._vectors_of
        return merge(self._store, keep, drop, of, by=by, base=base, choices=choices)

    def unmerge(self, number: int, *, by: str = SYSTEM) -> Merge:
        """Undo a merge as `by`; see `profiles.unmerging.unmerge`.

        Raises:
            InvalidRecord: if there is no such merge, it is undone, or a later one comes first.
        """
        return unmerge(self._store, number, self._vectors_of, by=by)

    def encode_missing(self, *, progress: Progress | None = None) -> int:
        """Encode whatever has no vectors of this encoder yet; give how many records that were.

        Vectors alone are written: a record that somebody changes, erases or merges meanwhile stays
        as it is, with the vectors of that write.
        """
        lacking = self._store.unencoded(self.space)
        known = sum(self._store.count(side) for side in Side) - len(lacking)
        encoded = _overlapped(
            ([*self._store.get_many(ids).values()] for ids in _batches(lacking)),
            lambda batch: self._store.changed(batch, self.space),
            self._with_vectors,
            self._store.put_vectors,
        )
        subjects = _overlapped(
            _batches(self._store.ties()),
            lambda batch: self._store.changed_ties(batch, self.space),
            self._ties_with_vectors,
            self._store.put_vectors,
        )
        return _total(chain([(max(known, 0), 0)], encoded, subjects), progress)

    def _vectors_of(self, record: AnyProfile | Tie) -> Vectors:
        if isinstance(record, Tie):
            return self._ties_with_vectors([record])[0][1]
        return self._with_vectors([record])[0][1]

    def _with_vectors(self, profiles: Sequence[AnyProfile]) -> list[tuple[AnyProfile, Vectors]]:
        texts = [passages(profile) for profile in profiles]
        return list(zip(profiles, self._encode(texts), strict=True))

    def _ties_with_vectors(self, ties: Sequence[Tie]) -> list[tuple[Tie, Vectors]]:
        subjects = [subject_passage(tie) for tie in ties]
        texts: list[Mapping[Facet, str]] = [{"subject": s} if s else {} for s in subjects]
        return list(zip(ties, self._encode(texts), strict=True))

    def _encode(self, texts: Sequence[Mapping[Facet, str]]) -> list[Vectors]:
        distinct = list(dict.fromkeys(text for facets in texts for text in facets.values()))
        encoded = self._encoder.encode(distinct, role="passage").astype("<f2")
        data = {text: row.tobytes() for text, row in zip(distinct, encoded, strict=True)}
        return [
            Vectors(self.space, {facet: data[text] for facet, text in facets.items()})
            for facets in texts
        ]


def read_vector(data: bytes) -> Floats:
    """Read a stored vector, shape (d,), normalised again after its rounding to float16."""
    vector: Floats = read_vectors([data])[0]
    return vector


def read_vectors(data: Sequence[bytes]) -> Floats:
    """Read n stored vectors of one dimension as (n, d), each as `read_vector` reads it.

    Raises:
        ValueError: if they are of different dimensions.
    """
    if len({len(one) for one in data}) > 1:
        raise ValueError("the vectors are of different dimensions")
    stacked = np.frombuffer(b"".join(data), dtype="<f2").reshape(len(data), -1)
    return normalised(stacked.astype(np.float32))


def _overlapped(
    batches: Iterable[Sequence[Kept]],
    changed: Callable[[Sequence[Kept]], list[Kept]],
    encode: Callable[[Sequence[Kept]], list[Entry]],
    write: Callable[[list[Entry]], int],
) -> Iterator[tuple[int, int]]:
    """Encode each batch in a thread while the last one is written and the next one made.

    Yields the size of each batch and how many of it `write` says that it wrote. Writing and reading
    stay here and in order. A batch with an id of the one before it waits until that is written.
    """

    def finished(size: int, encoding: Future[list[Entry]]) -> tuple[int, int]:
        entries = encoding.result()
        return size, write(entries) if entries else 0

    waiting: tuple[int, Future[list[Entry]]] | None = None
    ids: set[str] = set()
    with ThreadPoolExecutor(1, thread_name_prefix="encode") as pool:
        for batch in batches:
            before, ids = ids, {one.id for one in batch}
            if waiting is not None and before & ids:
                yield finished(*waiting)
                waiting = None
            ready = len(batch), pool.submit(encode, changed(batch))
            if waiting is not None:
                yield finished(*waiting)
            waiting = ready
        if waiting is not None:
            yield finished(*waiting)


def _all_of(entries: Sequence[object], seq: int) -> int:
    """Give how many entries a write that ended with `seq` wrote: it writes all or raises."""
    return len(entries)


def _total(done: Iterable[tuple[int, int]], progress: Progress | None) -> int:
    written = 0
    for size, changed in done:
        written += changed
        if progress:
            progress(size)
    return written


def _batches(records: Iterable[T]) -> Iterable[list[T]]:
    stream = iter(records)
    while batch := list(islice(stream, BATCH)):
        yield batch
