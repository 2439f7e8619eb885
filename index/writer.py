"""Owns the writing of records with their vectors: every text is encoded once, here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import TypeVar

import numpy as np

from index.encoder import Encoder
from index.passages import PASSAGE_VERSION, Facet, passages, subject_passage
from profiles import AnyProfile, Side, Store, Tie, Vectors

BATCH = 1_000

T = TypeVar("T")
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

    def put(self, profile: AnyProfile, *, new: bool = False) -> int:
        """Write one profile; give the newest seq.

        Raises:
            IdTaken: if the id belongs to the other side, or exists and `new` is set.
        """
        return self._store.put_many(self._with_vectors([profile]), new=new)

    def put_many(self, profiles: Iterable[AnyProfile], *, progress: Progress | None = None) -> int:
        """Write profiles, a transaction for each batch; give how many were new or changed.

        Raises:
            IdTaken: if an id belongs to the other side.
        """
        written = 0
        for batch in _batches(profiles):
            changed = self._store.changed(batch, self.space)
            if changed:
                self._store.put_many(self._with_vectors(changed))
            written += len(changed)
            if progress:
                progress(len(batch))
        return written

    def put_ties(self, ties: Iterable[Tie], *, progress: Progress | None = None) -> int:
        """Write ties, a transaction for each batch; give how many were new or changed."""
        written = 0
        for batch in _batches(ties):
            changed = self._store.changed_ties(batch, self.space)
            if changed:
                self._store.put_ties(self._ties_with_vectors(changed))
            written += len(changed)
            if progress:
                progress(len(batch))
        return written

    def encode_missing(self, *, progress: Progress | None = None) -> int:
        """Encode whatever has no vectors of this encoder yet; give how many records that were."""
        written = sum(self.put_many(self._store.each(side), progress=progress) for side in Side)
        return written + self.put_ties(list(self._store.ties()), progress=progress)

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


def read_vector(data: bytes) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Read a stored vector, shape (d,), normalised again after its rounding to float16."""
    vector = np.frombuffer(data, dtype="<f2").astype(np.float32)
    length = float(np.linalg.norm(vector))
    return vector / np.float32(length) if length > 0 else vector


def _batches(records: Iterable[T]) -> Iterable[list[T]]:
    stream = iter(records)
    while batch := list(islice(stream, BATCH)):
        yield batch
