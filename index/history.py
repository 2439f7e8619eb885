"""Owns history as evidence: what each profile did with others, by the subjects of its ties."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import date

import numpy as np

from index.backend import Floats
from index.vectors import VectorIndex
from profiles import Tie, TieKind

_NOT_HISTORY = frozenset({TieKind.PAIRING, TieKind.CONFLICT})


class History:
    """Ties by id and by end, with one vector for each distinct subject."""

    def __init__(self, dimension: int) -> None:
        self._subjects = VectorIndex(dimension)
        self._ties: dict[str, Tie] = {}
        self._key_of: dict[str, str] = {}
        self._ties_of_key: dict[str, set[str]] = {}
        self._ties_of_end: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self._ties)

    @property
    def ties(self) -> Mapping[str, Tie]:
        """All ties by id."""
        return self._ties

    def put(self, tie: Tie, vector: Floats | None) -> None:
        """Add a tie, or replace it; `vector` (d,) is its subject's, None where it has none."""
        self.remove(tie.id)
        self._ties[tie.id] = tie
        for end in (tie.a, tie.b):
            self._ties_of_end.setdefault(end, set()).add(tie.id)
        if vector is None or tie.subject is None:
            return
        key = hashlib.sha256(tie.subject.joined.encode()).hexdigest()[:24]
        self._key_of[tie.id] = key
        self._ties_of_key.setdefault(key, set()).add(tie.id)
        if key not in self._subjects:
            self._subjects.put([key], vector[None, :])

    def remove(self, tie_id: str) -> None:
        """Drop a tie; an id that is not there is passed over."""
        tie = self._ties.pop(tie_id, None)
        if tie is None:
            return
        for end in (tie.a, tie.b):
            self._ties_of_end[end].discard(tie_id)
        key = self._key_of.pop(tie_id, None)
        if key is not None:
            self._ties_of_key[key].discard(tie_id)
            if not self._ties_of_key[key]:
                del self._ties_of_key[key]
                self._subjects.remove([key])

    def of(self, id: str, before: date, *, apart_from: str | None = None) -> list[Tie]:
        """Give what a profile did with others (not `apart_from`) before a day, by tie id.

        Pairings and conflicts are not deeds. A tie without a date counts as known.
        """
        found = (self._ties[tie_id] for tie_id in sorted(self._ties_of_end.get(id, ())))
        return [t for t in found if _is_past(t, before) and apart_from not in (t.a, t.b)]

    def between(self, a: str, b: str) -> list[Tie]:
        """Give all ties of any kind between two profiles, by id."""
        shared = self._ties_of_end.get(a, set()) & self._ties_of_end.get(b, set())
        return [self._ties[tie_id] for tie_id in sorted(shared)]

    def pairings(self, id: str, on: date) -> list[Tie]:
        """Give the policy pairings of a partner with regions that are valid on a day, by id.

        In a pairing `b` is the paired partner; `a` is the body that speaks for the region.
        """
        found = (self._ties[tie_id] for tie_id in sorted(self._ties_of_end.get(id, ())))
        return [t for t in found if t.kind is TieKind.PAIRING and t.b == id and t.holds(on)]

    def nearest(
        self, queries: Floats, k: int, before: date, *, among: Collection[str]
    ) -> dict[str, float]:
        """Score the profiles whose past subjects are nearest to any of q queries (q, d).

        Returns:
            id → greatest cosine, for ids `among`, from the k nearest subjects with a past tie.
        """
        if not len(queries) or not len(self._subjects):
            return {}
        keys = [
            key
            for key, ties in self._ties_of_key.items()
            if any(_is_past(self._ties[t], before) and self._touches(t, among) for t in ties)
        ]
        best: dict[str, float] = {}
        for found in self._subjects.search(queries, k, among=keys):
            for key, score in found:
                for tie in (self._ties[t] for t in self._ties_of_key[key]):
                    if _is_past(tie, before):
                        for end in {tie.a, tie.b}.intersection(among):
                            best[end] = max(score, best.get(end, -1.0))
        return best

    def similarity(
        self, queries: Floats, id: str, before: date, *, apart_from: str | None = None
    ) -> tuple[float, Tie] | None:
        """Give the greatest cosine of q queries (q, d) with a profile's past subjects, and its tie."""
        ties = [t for t in self.of(id, before, apart_from=apart_from) if t.id in self._key_of]
        if not ties or not len(queries):
            return None
        vectors = self._subjects.vectors([self._key_of[tie.id] for tie in ties])
        scores = (queries @ vectors.T).max(axis=0)
        best = int(np.argmax(scores))
        return float(scores[best]), ties[best]

    def vectors(self, id: str, before: date, *, newest: int) -> Floats:
        """Give the vectors (n, d) of a profile's newest past subjects."""
        ties = [t for t in self.of(id, before) if t.id in self._key_of]
        ties.sort(key=lambda t: (t.valid_from or date.min, t.id), reverse=True)
        keys = dict.fromkeys(self._key_of[t.id] for t in ties)
        return self._subjects.vectors(list(keys)[:newest])

    def vector(self, tie_id: str) -> Floats | None:
        """Give the vector (d,) of a tie's subject, None where it has none."""
        key = self._key_of.get(tie_id)
        found: Floats | None = self._subjects.vectors([key])[0] if key else None
        return found

    def _touches(self, tie_id: str, ids: Collection[str]) -> bool:
        tie = self._ties[tie_id]
        return tie.a in ids or tie.b in ids


def _is_past(tie: Tie, before: date) -> bool:
    return tie.kind not in _NOT_HISTORY and (tie.valid_from is None or tie.valid_from < before)
